"""What a run asks next, given what it has. Pure: the same ledger gives the same batches in every process.

A whole run goes model by model, smallest first, so that each is loaded once; a staged run asks what its plan wants,
again of the smallest model that has work. Cases come in the order that the staged plan draws by lot: what a paused
run has of an item is then a fair sample of it.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from comparer.records import TestItem
from comparer.run_records import RunCase, RunRequest
from comparer.suites.ledger import Ledger
from comparer.suites.staged import NextCases, PlannedCase, StagedPlan, next_cases, staged_plan

WINDOW = 8
"""So many batches of cases are sorted by length together: rows of one batch are then padded little."""


class Unit(NamedTuple):
    """One repeat of a case, asked of one model turn by turn."""

    model: str
    case: str
    repeat: int


class Work(NamedTuple):
    """What to ask now: batches of units of one model and repeat each. With `batches` empty and nothing `awaited`
    there is nothing left to ask."""

    batches: tuple[tuple[Unit, ...], ...]
    awaited: bool = False
    """Whether more is asked once people have rated answers."""


def plan_of(request: RunRequest, cases: Iterable[RunCase], items: Iterable[TestItem]) -> StagedPlan:
    """The order of the run's cases with the thresholds of their items as they stand now."""
    planned = [PlannedCase(case.id, case.item, case.key) for case in cases]
    return staged_plan([model.key for model in request.models], items, planned)


def next_work(request: RunRequest, plan: StagedPlan, ledger: Ledger, aside: Collection[str] = frozenset()) -> Work:
    """The next batches, all of one model; models put `aside` are asked nothing."""
    if request.plan == "whole":
        return Work(_whole(request, plan, ledger, aside))
    following = next_staged(request, plan, ledger)
    for model in plan.models:
        cases = [case for key, case in following.run if key == model]
        if cases and model not in aside:
            return Work(_batches(request, ledger, model, cases))
    return Work((), awaited=not following.run and bool(following.awaited))


def next_staged(request: RunRequest, plan: StagedPlan, ledger: Ledger) -> NextCases:
    """What the staged plan wants next."""
    return next_cases(plan, ledger.outcomes, batch=look_every(request.batch, plan), lost=ledger.lost)


def look_every(batch: int, plan: StagedPlan) -> int:
    """After how many cases of an item a staged run looks at their outcomes: a batch, or a hundredth of the item."""
    return max(batch, max(map(len, plan.cases.values()), default=0) // 100)


def _whole(
    request: RunRequest, plan: StagedPlan, ledger: Ledger, aside: Collection[str]
) -> tuple[tuple[Unit, ...], ...]:
    for model in plan.models:
        if model not in aside:
            left = (case for case in _by_turns(plan) if (model, case) not in ledger.outcomes)
            if cases := list(islice(left, request.batch * WINDOW)):
                return _batches(request, ledger, model, cases)
    return ()


def _by_turns(plan: StagedPlan) -> Iterator[str]:
    """The cases of all items in their order, an item's share at a time: no item waits for the end of another."""
    places = sorted(
        ((place + 1) / len(cases), number, place)
        for number, cases in enumerate(plan.cases.values())
        for place in range(len(cases))
    )
    items = list(plan.cases.values())
    return (items[number][place].case for _, number, place in places)


def _batches(request: RunRequest, ledger: Ledger, model: str, cases: Sequence[str]) -> tuple[tuple[Unit, ...], ...]:
    """The open repeats of `cases`, those of like length together; one batch has one repeat, hence one seed."""
    by_length = sorted(cases, key=lambda case: _length(ledger.cases[case])) if request.batch > 1 else cases
    found = []
    for repeat in range(request.repeats):
        units = [Unit(model, case, repeat) for case in by_length if repeat in ledger.open_repeats(model, case)]
        found += [tuple(units[start : start + request.batch]) for start in range(0, len(units), request.batch)]
    return tuple(found)


def _length(case: RunCase) -> tuple[int, int, int]:
    """Turns first, so that a batch stays whole to its last turn; then pixels, then characters."""
    pixels = sum(picture.width * picture.height for picture in case.pictures)
    return len(case.turns), pixels, sum(len(turn.question) for turn in case.turns)
