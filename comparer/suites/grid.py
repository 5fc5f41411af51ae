"""What came of a run, case by model: outcomes, filters and counts. No wording, no database.

A case's automatic score is the mean of its checked turns' scores over all repeats; what people say stands beside it
and is never mixed in.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal, NamedTuple, get_args

from comparer.records import CellCount
from comparer.run_records import Place, RunAnswer, RunCase

Outcome = Literal["passed", "partial", "failed", "unjudged", "error", "missing"]
"""Of one model on one case, by checks alone: all checked answers passed, some, or none; "unjudged" has no check or
none that could be applied, "error" has nothing but answers that failed, "missing" has not been asked."""
Show = Literal["all", "failures", "differing", "unrated", "errors"]
SHOWN: tuple[Show, ...] = get_args(Show)


class Brief(NamedTuple):
    """What the grid remembers of an answer."""

    score: float | None
    passed: bool
    error: bool
    ratings: int
    accepted: int
    words: int
    """Hash of its text without white space around it, for telling answers apart."""


def brief(answer: RunAnswer) -> Brief:
    """The part of an answer that the grid is made of."""
    score = answer.score
    return Brief(
        score=None if score is None else score.score,
        passed=score is not None and score.passed,
        error=answer.answer.failure is not None,
        ratings=answer.ratings,
        accepted=answer.accepted,
        words=hash(answer.answer.text.strip()),
    )


@dataclass(frozen=True, slots=True)
class GridCell:
    """One model on one case, all turns and repeats together."""

    outcome: Outcome = "missing"
    score: float | None = None
    """0..1; None where nothing is judged."""
    answers: int = 0
    errors: int = 0
    unrated: int = 0
    """Answers that ended without an error and that nobody has rated."""
    ratings: int = 0
    accepted: int = 0
    words: tuple[int, ...] = ()
    """What was answered, as hashes in the order of repeats and turns."""
    complete: bool = False
    """Whether every turn of every repeat has its answer."""


@dataclass(frozen=True, slots=True)
class GridRow:
    """One case; `cells` holds every model of the run, smallest first."""

    case: RunCase
    cells: Mapping[str, GridCell]

    @property
    def differs(self) -> bool:
        """Whether the models that were asked fare differently by checks; without checks, whether they say otherwise."""
        asked = [cell for cell in self.cells.values() if cell.outcome != "missing"]
        outcomes = {(cell.outcome, cell.score) for cell in asked}
        return len(outcomes) > 1 or (outcomes == {("unjudged", None)} and len({cell.words for cell in asked}) > 1)

    def fits(self, show: Show) -> bool:
        """Whether the row is among those to be shown. A failure is a check that failed or a person who refused."""
        cells = self.cells.values()
        if show == "failures":
            return any(cell.outcome in {"failed", "partial"} or cell.accepted < cell.ratings for cell in cells)
        if show == "differing":
            return self.differs
        if show == "unrated":
            return any(cell.unrated for cell in cells)
        return show == "all" or any(cell.errors for cell in cells)

    def holds(self, words: str) -> bool:
        """Whether the case's id, a question or a reference has these words in it; upper and lower case are the same."""
        sought = words.casefold()
        texts = (self.case.id, *(part for turn in self.case.turns for part in (turn.question, turn.reference)))
        return any(sought in part.casefold() for part in texts)


@dataclass(frozen=True, slots=True)
class RunGrid:
    """A run as it stood when it was read; rows in the order of its cases, `models` smallest first."""

    models: tuple[str, ...]
    rows: tuple[GridRow, ...]

    def rows_for(self, show: Show = "all", item: str = "", words: str = "") -> tuple[GridRow, ...]:
        """The rows that fit all three; an empty one asks for nothing."""
        words = words.strip()
        return tuple(
            row
            for row in self.rows
            if (not item or row.case.item == item) and row.fits(show) and (not words or row.holds(words))
        )

    @property
    def items(self) -> tuple[str, ...]:
        """The items that have cases, in the order of the cases."""
        return tuple(dict.fromkeys(row.case.item for row in self.rows))

    @property
    def counts(self) -> tuple[CellCount, ...]:
        """Judged cases of every model on every item, by checks alone, for a score table of a whole run."""
        scores: dict[tuple[str, str], list[float]] = {}
        for row in self.rows:
            for model, cell in row.cells.items():
                if cell.complete and cell.score is not None:
                    scores.setdefault((row.case.item, model), []).append(cell.score)
        return tuple(
            CellCount(item, model, cases=len(found), ratings=len(found), passed=sum(found))
            for (item, model), found in scores.items()
        )


def run_grid(
    models: Sequence[str], cases: Iterable[RunCase], answers: Mapping[Place, Brief], repeats: int = 1
) -> RunGrid:
    """The grid of a run's cases; answers of other models and cases are left out."""
    by_cell: dict[tuple[str, str], list[tuple[Place, Brief]]] = {}
    for place, answer in answers.items():
        by_cell.setdefault((place.case, place.model), []).append((place, answer))
    rows = (
        GridRow(
            case, {model: _cell(by_cell.get((case.id, model), ()), repeats * len(case.turns)) for model in models}
        )
        for case in cases
    )
    return RunGrid(tuple(models), tuple(rows))


def _cell(found: Sequence[tuple[Place, Brief]], expected: int) -> GridCell:
    """A cell of the answers that are there, of so many that are `expected`."""
    if not found:
        return _EMPTY
    answers = [answer for _, answer in sorted(found, key=lambda each: each[0])]
    judged = [answer for answer in answers if answer.score is not None]
    errors = sum(answer.error for answer in answers)
    return GridCell(
        outcome=_outcome(answers, judged, errors),
        score=fmean(answer.score for answer in judged if answer.score is not None) if judged else None,
        answers=len(answers),
        errors=errors,
        unrated=sum(not answer.error and not answer.ratings for answer in answers),
        ratings=sum(answer.ratings for answer in answers),
        accepted=sum(answer.accepted for answer in answers),
        words=tuple(answer.words for answer in answers),
        complete=len(answers) >= expected,
    )


_EMPTY = GridCell()


def _outcome(answers: Sequence[Brief], judged: Sequence[Brief], errors: int) -> Outcome:
    if errors == len(answers):
        return "error"
    if not judged:
        return "unjudged"
    passed = sum(answer.passed for answer in judged)
    return "passed" if passed == len(judged) else "partial" if passed else "failed"
