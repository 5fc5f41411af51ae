"""A staged run: the smallest model first, a larger one only where that cannot decide. Sees scores of cases, 0..1.

Asking a larger model only the cases that the smaller one failed would make the larger look bad: those are the hard
cases. So a model is never asked cases because of what another one made of them. All models go through an item's cases
in one random order, and what is decided is only how far each goes; its pass rate is that of the cases so far.

- An item is closed for a model when it *meets* the threshold and, going by its scores so far, the whole item would
  say so too with a chance of at least `CONFIDENCE`; or when it cannot meet any more, even by passing all the rest.
- A larger model begins an item when it is closed for all smaller ones and none of them meets it.
- The smallest model that could be recommended for all items together is then asked where only smaller ones were.
- Key cases are run on every model, and count when their turn in the order comes.

So the staged run never passes over a model that the whole run would have found enough. It can only differ where the
verdict "meets" would have been lost again among the cases left out.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import fsum
from typing import Literal, NamedTuple

from comparer.fit.intervals import PRIOR, verdict
from comparer.fit.recommendation import recommend
from comparer.fit.score_table import ScoreTable
from comparer.records import CellCount, TestItem
from comparer.suites.queue import lot

Pair = tuple[str, str]
"""Model and case."""
Outcomes = Mapping[Pair, float | None]
"""The score of each case, 0..1. What is missing has not been run; None has been, and nothing has judged it yet."""

CONFIDENCE = 0.95
"""How sure it is to be that the whole item would confirm "meets" before the rest of its cases is left out.

Simulated for pass rates of 60, 80 and 93 % against a threshold of 80 %, costs of 1 : 1.6 : 3, 100 cases of which 10
are key, batches of 5 (250 runs): the same decision in 97 % of runs for 55 % of the whole run's model-seconds. At 0.97
it is 98 % for 58 %. With 60 cases at 0.95 it is 98 % for 55 %; with 200, in batches of 10, 99 % for 49 %.
"""


class PlannedCase(NamedTuple):
    """A case of the suite. A key case is run on every model."""

    case: str
    item: str
    key: bool = False


@dataclass(frozen=True, slots=True)
class StagedPlan:
    """What may be run: models smallest first, and of each item the threshold and the cases in their order."""

    models: tuple[str, ...]
    thresholds: Mapping[str, float]
    cases: Mapping[str, tuple[PlannedCase, ...]]

    @property
    def too_small(self) -> tuple[str, ...]:
        """Items that no model could be shown to meet by passing every case: they are run whole on every model."""
        return tuple(
            item for item, cases in self.cases.items() if fewest_passes(len(cases), self.thresholds[item]) is None
        )


class NextCases(NamedTuple):
    """What to run now, and what to have judged first. With both empty the staged run is over."""

    run: tuple[Pair, ...]
    """Model and case: key cases first, then item by item in the order of its cases."""
    awaited: tuple[tuple[str, str], ...]
    """Model and item whose unknown outcomes come before any more is run there."""


def staged_plan(
    models: Sequence[str], items: Iterable[TestItem], cases: Iterable[PlannedCase], seed: int = 0
) -> StagedPlan:
    """Plan the run of `cases` on `models`, smallest first; items without cases are left out.

    Raises ValueError for a case that comes twice or belongs to none of the items.
    """
    drawn = sorted(cases, key=lambda case: (lot(seed, case.case), case.case))
    thresholds = {item.key: item.threshold for item in items}
    keys = [case.case for case in drawn]
    strange = {case.case for case in drawn if case.item not in thresholds}
    strange |= {key for key, following in pairwise(keys) if key == following}
    if strange:
        raise ValueError(f"cases that come twice or have no item: {', '.join(sorted(strange))}")
    by_item = {item: tuple(case for case in drawn if case.item == item) for item in thresholds}
    return StagedPlan(tuple(models), thresholds, {item: found for item, found in by_item.items() if found})


def next_cases(
    plan: StagedPlan, outcomes: Outcomes, *, batch: int | None = None, lost: Collection[Pair] = frozenset()
) -> NextCases:
    """What is still to be run, given what has come out so far.

    `batch` bounds how many cases of one model on one item may be under way or unknown at a time; None: a whole item
    at once, which saves nothing within it. `lost` are unknown outcomes that nothing will ever judge, such as answers
    that failed: they hold up neither the next batch nor the next larger model.
    """
    progress = {
        (item, model): _progress(plan, outcomes, item, model, lost) for item in plan.cases for model in plan.models
    }

    def state(item: str, model: str) -> CellState:
        now = progress[item, model]
        if now.settled:
            return now.settled
        return "open" if now.left or now.unknown else "short"

    to_run = dict.fromkeys(
        (model, case.case)
        for cases in plan.cases.values()
        for model in plan.models
        for case in cases
        if case.key and (model, case.case) not in outcomes
    )
    awaited = []
    for item, model in cells_to_run(plan, state):
        now = progress[item, model]
        room = len(now.left) if batch is None else max(0, batch - now.unknown)
        following = [(model, case) for case in now.left[:room]]
        to_run |= dict.fromkeys(following)
        if not following:
            awaited.append((model, item))
    return NextCases(tuple(to_run), tuple(awaited))


def representative_counts(plan: StagedPlan, outcomes: Outcomes) -> tuple[CellCount, ...]:
    """Counts for the score table: of each model the judged cases up to the first one it was not run on.

    A key case that was run ahead of its turn does not count yet: key cases are chosen, and a pass rate to which they
    alone contribute is theirs and not the item's.
    """
    found = []
    for item in plan.cases:
        for model in plan.models:
            judged, passed = _progress(plan, outcomes, item, model).in_order
            if judged:
                found.append(CellCount(item, model, cases=judged, ratings=judged, passed=passed))
    return tuple(found)


def closed_cells(plan: StagedPlan, outcomes: Outcomes) -> frozenset[tuple[str, str]]:
    """Item and model of the cells that cannot meet the threshold any more, even by passing all the rest."""
    return frozenset(
        (item, model)
        for item in plan.cases
        for model in plan.models
        if _progress(plan, outcomes, item, model).settled == "short"
    )


@dataclass(frozen=True, slots=True)
class SameDecision:
    """Whether two tables say the same: (first, second) of what differs."""

    items: Mapping[str, tuple[str | None, str | None]]
    """The smallest sufficient model of each item for which it is not the same."""
    recommended: tuple[str | None, str | None]

    @property
    def same(self) -> bool:
        """Whether every item and the recommendation agree."""
        return not self.items and self.recommended[0] == self.recommended[1]


def same_decision(staged: ScoreTable, full: ScoreTable) -> SameDecision:
    """Compare the decisions of a staged and a whole run; an item that one table lacks is not decided there."""
    tables = [{row.item.key: row.smallest_sufficient for row in table.rows} for table in (staged, full)]
    pairs = {item: (tables[0].get(item), tables[1].get(item)) for item in (*tables[0], *tables[1])}
    return SameDecision(
        items={item: pair for item, pair in pairs.items() if pair[0] != pair[1]},
        recommended=(recommend(staged).model, recommend(full).model),
    )


# --- the rule ----------------------------------------------------------------------------------------

Settled = Literal["meets", "short"]
CellState = Literal["meets", "short", "open"]
"""Of one model on one item; "short": closed without having been shown to meet it."""


class Tally(NamedTuple):
    """Judged cases, and the sum of their scores: 0 <= passed <= cases."""

    cases: int
    passed: float

    @property
    def failed(self) -> float:
        """What the cases lack to having all been passed."""
        return self.cases - self.passed


class _Progress(NamedTuple):
    """One model on one item. `in_order` are the judged cases up to the first one that was not run."""

    in_order: Tally
    unknown: int
    left: tuple[str, ...]
    settled: Settled | None


def _progress(
    plan: StagedPlan, outcomes: Outcomes, item: str, model: str, lost: Collection[Pair] = frozenset()
) -> _Progress:
    pairs = [(model, case.case) for case in plan.cases[item]]
    run = next((place for place, pair in enumerate(pairs) if pair not in outcomes), len(pairs))
    in_order, ahead = (_tally(outcomes, part) for part in (pairs[:run], pairs[run:]))
    left = tuple(case for model, case in pairs if (model, case) not in outcomes)
    unknown = sum(outcomes.get(pair, 0.0) is None and pair not in lost for pair in pairs)
    settled = settled_by(in_order, ahead, len(pairs), plan.thresholds[item])
    return _Progress(in_order, unknown, left, settled)


def _tally(outcomes: Outcomes, pairs: Sequence[Pair]) -> Tally:
    scores = [score for pair in pairs if (score := outcomes.get(pair)) is not None]
    return Tally(len(scores), fsum(scores))


def cells_to_run(plan: StagedPlan, state: Callable[[str, str], CellState]) -> list[tuple[str, str]]:
    """Item and model of the cells to go on with."""
    wanted, enough = [], []
    for item in plan.cases:
        model = next((model for model in plan.models if state(item, model) != "short"), None)
        if model is None:
            continue
        if state(item, model) == "open":
            wanted.append((item, model))
        else:
            enough.append(plan.models.index(model))
    if wanted or len(enough) < len(plan.cases):
        return wanted  # while an item has no sufficient model there is none for all items either
    for model in plan.models[max(enough, default=0) :]:
        if all(state(item, model) != "short" for item in plan.cases):
            return [(item, model) for item in plan.cases if state(item, model) == "open"]
    return []


@lru_cache(maxsize=100_000)
def settled_by(in_order: Tally, ahead: Tally, cases: int, threshold: float) -> Settled | None:
    """Whether an item of `cases` is closed for a model; `ahead`: key cases judged before their turn.

    The chance that the rest confirms "meets" is beta-binomial, from the verdict's own prior and the scores in order:
    as if each case left out were passed or failed as a whole. Shares of the same mean spread less, so where scores
    are fractions the chance is rather higher.
    """
    if fewest_passes(cases, threshold) is None:
        return None
    left = cases - in_order.cases - ahead.cases
    needed = fewest_passes(cases, threshold, in_order.passed + ahead.passed, left)
    if needed is None:
        return "short"
    if verdict(in_order.passed, in_order.cases, threshold) != "meets":
        return None
    from scipy.stats import betabinom

    chance = betabinom.sf(needed - 1, left, PRIOR[0] + in_order.passed, PRIOR[1] + in_order.failed)
    return "meets" if chance >= CONFIDENCE else None


@lru_cache(maxsize=100_000)
def fewest_passes(cases: int, threshold: float, scored: float = 0.0, left: int | None = None) -> int | None:
    """How many of the `left` cases (None: of all) must be passed for the verdict "meets", the others having `scored`.

    None when passing all of them is too little.
    """
    left = cases if left is None else left
    if verdict(scored + left, cases, threshold) != "meets":
        return None
    too_few, enough = -1, left
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if verdict(scored + middle, cases, threshold) == "meets":
            enough = middle
        else:
            too_few = middle
    return enough
