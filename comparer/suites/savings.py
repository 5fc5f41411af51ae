"""What a staged run saves beside a whole one: expected before its start, and counted after it.

Seconds are model-seconds, the time that a model is at work on its answers; money is that time at the price of its
hardware. Loading and idle time are not in it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from comparer.fit.intervals import PRIOR
from comparer.records import CellCount
from comparer.suites.staged import CellState, StagedPlan, Tally, cells_to_run, settled_by

if TYPE_CHECKING:
    from numpy.random import Generator

SIMULATIONS = 200
"""Shares saved are then right within about 3 percentage points."""


class ModelCost(NamedTuple):
    """What one model takes for a case."""

    seconds: float
    """For one case, all its turns together."""
    per_hour: float = 0.0
    """Price of an hour of its hardware, in any currency, the same for all models."""


class Beta(NamedTuple):
    """What is believed of a pass rate: as if `passed` cases had been passed and `failed` failed. Both above 0."""

    passed: float
    failed: float


class Usage(NamedTuple):
    """What a run takes."""

    model_seconds: float
    money: float


@dataclass(frozen=True, slots=True)
class Saving:
    """A staged run beside the whole one."""

    staged: Usage
    whole: Usage

    @property
    def share_of_seconds(self) -> float:
        """Share of the whole run's model-seconds that the staged run leaves out, 0..1; 0 when there are none."""
        return _share_saved(self.staged.model_seconds, self.whole.model_seconds)

    @property
    def share_of_money(self) -> float:
        """Share of the whole run's money that the staged run leaves out, 0..1; 0 when it costs nothing."""
        return _share_saved(self.staged.money, self.whole.money)


@dataclass(frozen=True, slots=True)
class ExpectedSaving(Saving):
    """The same as a forecast: `staged` is the mean over the simulated runs."""

    low: float
    high: float
    """Share of model-seconds left out in the 5th and the 95th of 100 runs."""


def expected_saving(
    plan: StagedPlan,
    costs: Mapping[str, ModelCost],
    seen: Iterable[CellCount] = (),
    priors: Mapping[str, Beta] | None = None,
    *,
    batch: int = 1,
    simulations: int = SIMULATIONS,
    seed: int = 0,
) -> ExpectedSaving:
    """Play the staged run with pass rates drawn from what is believed and seen of each model on each item.

    `priors` say what is believed of a model; without one it is the verdict's own prior, which knows next to nothing,
    so that `low` and `high` lie far apart. `batch` is that of the run: it looks at the outcomes so often. Outcomes
    of different models are drawn apart, though the same cases are hard for all of them; what each model is asked
    hangs on the others by their verdicts alone.
    Raises KeyError for a model without a cost, and ValueError for no simulations or a batch below 1.
    """
    if simulations < 1 or batch < 1:
        raise ValueError(f"{simulations} simulations, batches of {batch}")
    import numpy as np

    dice = np.random.default_rng(seed)
    beliefs = _beliefs(plan, seen, priors or {})
    whole = _usage({model: sum(map(len, plan.cases.values())) for model in plan.models}, costs)
    runs = [_usage(_played(plan, beliefs, batch, dice), costs) for _ in range(simulations)]
    mean = Usage(fmean(run.model_seconds for run in runs), fmean(run.money for run in runs))
    shares = [_share_saved(run.model_seconds, whole.model_seconds) for run in runs]
    low, high = np.quantile(shares, [0.05, 0.95])
    return ExpectedSaving(mean, whole, float(low), float(high))


def saving(plan: StagedPlan, seconds: Mapping[tuple[str, str], float], costs: Mapping[str, ModelCost]) -> Saving:
    """What a staged run saved, from the measured `seconds` of what it ran, by model and case.

    A case that was left out is taken to last as long as the model's others of that item, without any as its others
    of all items, and without any of these as `costs` say. Raises KeyError for a model without a cost.
    """
    by_item: dict[tuple[str, str], list[float]] = defaultdict(list)
    by_model: dict[str, list[float]] = defaultdict(list)
    missing: dict[tuple[str, str], int] = defaultdict(int)
    for item, cases in plan.cases.items():
        for model in plan.models:
            measured = [seconds[model, one.case] for one in cases if (model, one.case) in seconds]
            by_item[model, item] += measured
            by_model[model] += measured
            missing[model, item] = len(cases) - len(measured)
    spent = {model: sum(by_model[model]) for model in plan.models}
    whole = dict(spent)
    for (model, item), count in missing.items():
        whole[model] += count * fmean(by_item[model, item] or by_model[model] or [costs[model].seconds])
    return Saving(_priced(spent, costs), _priced(whole, costs))


def _beliefs(plan: StagedPlan, seen: Iterable[CellCount], priors: Mapping[str, Beta]) -> dict[tuple[str, str], Beta]:
    """What is believed of every item and model: the prior, and the counts on top."""
    counts = {(count.item, count.model): count for count in seen}
    beliefs = {}
    for item in plan.cases:
        for model in plan.models:
            prior, count = priors.get(model, Beta(*PRIOR)), counts.get((item, model))
            passed, cases = (count.passed, count.cases) if count else (0.0, 0)
            beliefs[item, model] = Beta(prior.passed + passed, prior.failed + cases - passed)
    return beliefs


def _played(
    plan: StagedPlan, beliefs: Mapping[tuple[str, str], Beta], batch: int, dice: "Generator"
) -> dict[str, int]:
    """Cases that each model runs in one made-up staged run."""
    played: dict[tuple[str, str], CellState] = {}
    ran = {model: sum(case.key for cases in plan.cases.values() for case in cases) for model in plan.models}
    while cells := cells_to_run(plan, lambda item, model: played.get((item, model), "open")):
        for item, model in cells:
            rate = dice.beta(*beliefs[item, model])
            passes = (dice.random(len(plan.cases[item])) < rate).tolist()
            played[item, model], at = _play_cell(plan, item, passes, batch)
            ran[model] += sum(not case.key for case in plan.cases[item][:at])
    return ran


def _play_cell(plan: StagedPlan, item: str, passes: list[bool], batch: int) -> tuple[CellState, int]:
    """How one model's run of an item ends when `passes` is what it would give, and after how many cases in order."""
    cases, threshold = plan.cases[item], plan.thresholds[item]
    keys = [case.key for case in cases]
    passed = [0, *accumulate(passes)]
    keys_passed = [0, *accumulate(key and each for key, each in zip(keys, passes, strict=True))]
    keys_run = [0, *accumulate(keys)]
    others = [number for number, key in enumerate(keys) if not key]
    for at in (*others[::batch], len(cases)):  # key cases are there already and belong to no batch
        ahead = Tally(keys_run[-1] - keys_run[at], keys_passed[-1] - keys_passed[at])
        settled = settled_by(Tally(at, passed[at]), ahead, len(cases), threshold)
        if settled:
            return settled, at
    return "short", len(cases)


def _usage(ran: Mapping[str, int], costs: Mapping[str, ModelCost]) -> Usage:
    return _priced({model: count * costs[model].seconds for model, count in ran.items()}, costs)


def _priced(seconds: Mapping[str, float], costs: Mapping[str, ModelCost]) -> Usage:
    money = sum(each * costs[model].per_hour / 3600 for model, each in seconds.items())
    return Usage(sum(seconds.values()), money)


def _share_saved(staged: float, whole: float) -> float:
    return 1 - staged / whole if whole else 0.0
