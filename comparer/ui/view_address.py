"""What somebody looks at on the tabs within "Test suites" beside "Run", as an address.

`/?tab=suites&on=cases`, `/?tab=suites&on=rate`, `/?tab=suites&on=drift&run=ID&judge=people&all=1` and
`/?tab=suites&on=compare-runs&base=ID:MODEL&with=ID:MODEL&with=ID:MODEL&judge=people&kind=regression&page=2`;
what is as at first is left out.
"""

from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import urlencode

from comparer.fit.run_comparison import KINDS, ChangeKind
from comparer.run_records import Judge
from comparer.ui.run_address import known_form, page_number, said_in

Within = Literal["run", "cases", "rate", "drift", "compare-runs"]
"""The tabs within "Test suites"."""
MOST_CANDIDATES = 5


@dataclass(frozen=True, slots=True)
class DriftLooking:
    """Whose conversations are followed, and who says whether an answer was acceptable."""

    run: str = ""
    judge: Judge = "checks"
    all_runs: bool = False
    """With the other runs of the same suite on the same models."""


@dataclass(frozen=True, slots=True)
class SideChoice:
    """One model in one run."""

    run: str
    model: str

    def __str__(self) -> str:
        return f"{self.run}:{self.model}"


@dataclass(frozen=True, slots=True)
class ComparisonLooking:
    """Which runs stand beside which, and what of the changes is shown."""

    reference: SideChoice | None = None
    candidates: tuple[SideChoice, ...] = ()
    judge: Judge = "checks"
    shown: str = ""
    """The candidate whose changes are listed, by its words; empty: the first."""
    kind: ChangeKind | None = None
    page: int = 1


def side_choice(said: str) -> SideChoice | None:
    """`"ID:MODEL"` as a choice; None for what is none."""
    run, colon, model = said.partition(":")
    return SideChoice(run, model) if colon and model and known_form(run) and len(model) <= 80 else None


def change_kind(said: str) -> ChangeKind | None:
    """A kind of change by its name; None, for all of them, for what is none."""
    return next((kind for kind in KINDS if kind == said), None)


def within(query: str) -> Within:
    """Which of the tabs within an address leads to."""
    on = said_in(query).get("on", [""])[-1]
    return next((name for name in get_args(Within) if name == on), "run")


def plain_address(on: Within) -> str:
    """The query of the page's address for a tab within that says no more than its name."""
    return _query(on, [])


def drift_address(looking: DriftLooking) -> str:
    """The query of the page's address."""
    judge = "" if looking.judge == "checks" else looking.judge
    return _query("drift", [("run", looking.run), ("judge", judge), ("all", "1" if looking.all_runs else "")])


def comparison_address(looking: ComparisonLooking) -> str:
    """The query of the page's address."""
    return _query(
        "compare-runs",
        [
            ("base", str(looking.reference or "")),
            *(("with", str(candidate)) for candidate in looking.candidates),
            ("judge", "" if looking.judge == "checks" else looking.judge),
            ("shown", looking.shown),
            ("kind", looking.kind or ""),
            ("page", "" if looking.page == 1 else str(looking.page)),
        ],
    )


def read_drift(query: str) -> DriftLooking:
    """What an address asks to look at; what cannot be is left out."""
    said = {name: values[-1] for name, values in said_in(query).items()}
    return DriftLooking(known_form(said.get("run", "")), _judge(said.get("judge", "")), said.get("all") == "1")


def read_comparison(query: str) -> ComparisonLooking:
    """What an address asks to look at; what cannot be is left out."""
    said = said_in(query)
    last = {name: values[-1] for name, values in said.items()}
    candidates = [choice for each in said.get("with", []) if (choice := side_choice(each))]
    return ComparisonLooking(
        reference=side_choice(last.get("base", "")),
        candidates=tuple(dict.fromkeys(candidates))[:MOST_CANDIDATES],
        judge=_judge(last.get("judge", "")),
        shown=last.get("shown", ""),
        kind=change_kind(last.get("kind", "")),
        page=page_number(last.get("page", "")),
    )


def _judge(said: str) -> Judge:
    return "people" if said == "people" else "checks"


def _query(on: Within, values: list[tuple[str, str]]) -> str:
    return "?" + urlencode([("tab", "suites"), ("on", on), *((name, value) for name, value in values if value)])
