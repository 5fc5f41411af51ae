"""What a run has come to: the score table of its own cases, its recommendation, what a staged plan saved.

Reads the database and computes; nothing is kept. What has not been measured stays unknown.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import NamedTuple

from comparer.fit.recommendation import Recommendation, recommend
from comparer.fit.score_table import ScoreTable, score_table, with_closed
from comparer.records import TestItem
from comparer.run_records import Judge, Run, RunAnswer, RunCase, RunModel
from comparer.run_store import RunStore
from comparer.store import Store
from comparer.suites.instability import Instability, instability
from comparer.suites.ledger import Ledger
from comparer.suites.planning import look_every, plan_of
from comparer.suites.savings import ExpectedSaving, ModelCost, Saving, Usage, expected_saving, saving
from comparer.suites.staged import (
    PlannedCase,
    SameDecision,
    StagedPlan,
    closed_cells,
    representative_counts,
    same_decision,
)
from comparer.suites.staged import staged_plan as staged_plan_of

PriceOf = Callable[[str], float | None]
"""What an hour of a device costs, by what answers call it; None: not known."""


def no_price(device: str) -> float | None:  # noqa: ARG001 - as every `PriceOf`
    """Nothing is known of any price."""
    return None


MOST_EARLIER = 200
"""Of the newest runs earlier ones of the same suite are sought."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """One run as it stands; a run that is not over has the table of what it has so far."""

    run: Run
    judged_by: Judge
    table: ScoreTable
    recommendation: Recommendation
    instability: Mapping[str, Instability]
    """By model; of runs with repeats."""
    saving: Saving | None
    """Of a staged run beside the whole one; None for another, and while a model has never been measured."""
    unpriced: tuple[str, ...]
    """The devices that keep the saving's money from being known: they have no price, or a model ran on several of
    different prices. Empty: it is known."""
    whole: Run | None
    """Beside a staged run: the newest finished whole one of the same cases and checkpoints; None without any."""
    same: SameDecision | None
    """Whether both decide the same."""

    @property
    def priced(self) -> bool:
        """Whether the saving's money means something."""
        return self.saving is not None and not self.unpriced

    @property
    def full_run_model_seconds(self) -> float | None:
        """What the whole run takes: as it was measured, else at the staged run's own pace; None while not known."""
        if self.run.request.plan == "whole":
            return self.run.model_seconds if self.run.answers == self.run.planned else None
        return self.saving.whole.model_seconds if self.saving else None


def run_report(
    runs: RunStore, store: Store, run_id: str, *, judge: Judge | None = None, price: PriceOf = no_price
) -> RunReport:
    """What a run has come to, judged by checks or people (None: as the run itself goes by). Raises `InputError`."""
    run, cases, answers = runs.run(run_id), runs.cases(run_id), runs.answers(run_id)
    judged_by = judge or run.request.judge
    items = _items(store, cases)
    plan = plan_of(run.request, cases, items)
    ledger = Ledger(cases, run.request.repeats, judged_by, answers)
    table = _table(run, items, plan, ledger)
    staged = run.request.plan == "staged"
    rates = _rates(runs, run, plan, ledger, answers) if staged else None
    whole = _whole_beside(runs, run, cases) if staged else None
    return RunReport(
        run=run,
        judged_by=judged_by,
        table=table,
        recommendation=recommend(table),
        instability=instability(answers, run.request.repeats) if run.request.repeats > 1 else {},
        saving=None if rates is None else _beside(saving(plan, ledger.seconds, _priced(rates, price)), whole),
        unpriced=() if rates is None else _unpriced(rates, price),
        whole=whole,
        same=None if whole is None else _same_decision(runs, whole, cases, items, judged_by, table),
    )


def forecast(
    runs: RunStore,
    suite: str,
    items: Iterable[TestItem],
    cases: Iterable[PlannedCase],
    models: Sequence[RunModel],
    *,
    batch: int = 1,
    repeats: int = 1,
    price: PriceOf = no_price,
) -> ExpectedSaving | None:
    """What a staged run is expected to save, from the newest earlier runs of this suite on these models.

    None where one of the models has not been measured on it: nothing is guessed from its size.
    """
    plan = staged_plan_of([model.key for model in models], items, cases)
    earlier = _Earlier(runs, suite)
    rates, seen = {}, []
    for model in models:
        measured = earlier.measured(model)
        if measured is None:
            return None
        rates[model.key] = _Rate(measured.seconds * repeats, measured.devices)
        seen += [count for count in measured.ledger.counts() if count.model == model.key]
    return expected_saving(plan, _priced(rates, price), seen, batch=look_every(batch, plan))


def _items(store: Store, cases: Iterable[RunCase]) -> list[TestItem]:
    asked = {case.item for case in cases}
    return [item for item in store.items(include_archived=True) if item.key in asked]


def _table(run: Run, items: Sequence[TestItem], plan: StagedPlan, ledger: Ledger) -> ScoreTable:
    staged = run.request.plan == "staged"
    if not staged:
        return score_table(items, plan.models, ledger.counts())
    table = score_table(items, plan.models, representative_counts(plan, ledger.outcomes))
    return with_closed(table, closed_cells(plan, ledger.outcomes))


class _Rate(NamedTuple):
    """What a model takes for a case, and on which devices that was measured."""

    seconds: float
    devices: frozenset[str]

    def per_hour(self, price: PriceOf) -> float | None:
        """The price of its hardware; None where a device has none, and for devices of different prices."""
        prices = {price(device) for device in self.devices}
        return next(iter(prices)) if len(prices) == 1 else None


def _priced(rates: Mapping[str, _Rate], price: PriceOf) -> dict[str, ModelCost]:
    """Seconds and prices by model; no money at all where one price is missing, since a part of it says nothing."""
    known = not _unpriced(rates, price)
    return {
        key: ModelCost(rate.seconds, (rate.per_hour(price) or 0.0) if known else 0.0) for key, rate in rates.items()
    }


def _unpriced(rates: Mapping[str, _Rate], price: PriceOf) -> tuple[str, ...]:
    devices = {device for rate in rates.values() if rate.per_hour(price) is None for device in rate.devices}
    return tuple(sorted(devices))


def _devices(answers: Iterable[RunAnswer], model: str) -> frozenset[str]:
    return frozenset(one.answer.device for one in answers if one.place.model == model)


def _rates(
    runs: RunStore, run: Run, plan: StagedPlan, ledger: Ledger, answers: Sequence[RunAnswer]
) -> dict[str, _Rate] | None:
    """Seconds of a case by model: its own, else those of an earlier run; None where neither is known."""
    own = ledger.seconds
    earlier = _Earlier(runs, run.request.suite, without=run.id)
    rates = {}
    for model in run.request.models:
        seconds = [each for (key, _), each in own.items() if key == model.key]
        devices = _devices(answers, model.key)
        if not seconds and plan.cases:
            measured = earlier.measured(model)
            if measured is None:
                return None
            seconds, devices = [measured.seconds * run.request.repeats], measured.devices
        rates[model.key] = _Rate(fmean(seconds), devices)
    return rates


@dataclass(frozen=True, slots=True)
class _Measured:
    """A model in an earlier run: model-seconds of one repeat of a case, and how it did."""

    seconds: float
    ledger: Ledger
    devices: frozenset[str]


class _Earlier:
    """The earlier runs of a suite, the newest first; each is read once."""

    def __init__(self, runs: RunStore, suite: str, without: str = "") -> None:
        self._runs = runs
        self._found = [
            run
            for run in runs.listed(limit=MOST_EARLIER)
            if run.request.suite == suite and run.id != without and run.answers
        ]
        self._ledgers: dict[str, Ledger] = {}
        self._answers: dict[str, tuple[RunAnswer, ...]] = {}

    def measured(self, model: RunModel) -> _Measured | None:
        """The model in the newest of these runs that has a whole case of it."""
        for run in self._found:
            if any(_same_model(model, other) for other in run.request.models):
                ledger = self._ledger(run)
                seconds = [each for (key, _), each in ledger.seconds.items() if key == model.key]
                if seconds:
                    devices = _devices(self._answers[run.id], model.key)
                    return _Measured(fmean(seconds) / run.request.repeats, ledger, devices)
        return None

    def _ledger(self, run: Run) -> Ledger:
        if run.id not in self._ledgers:
            answers = self._answers[run.id] = self._runs.answers(run.id)
            self._ledgers[run.id] = Ledger(self._runs.cases(run.id), run.request.repeats, run.request.judge, answers)
        return self._ledgers[run.id]


def _same_model(one: RunModel, other: RunModel) -> bool:
    return (one.key, one.model_id, one.precision) == (other.key, other.model_id, other.precision)


def _whole_beside(runs: RunStore, run: Run, cases: Sequence[RunCase]) -> Run | None:
    """The newest finished whole run that asked the same of the same models."""
    request = run.request
    for other in runs.listed(limit=MOST_EARLIER):
        its = other.request
        alike = (its.suite, its.lineup, its.models, its.sampling, its.repeats) == (
            request.suite,
            request.lineup,
            request.models,
            request.sampling,
            request.repeats,
        )
        if its.plan == "whole" and other.state == "finished" and alike and runs.cases(other.id) == cases:
            return other
    return None


def _beside(estimated: Saving, whole: Run | None) -> Saving:
    """The saving beside what the whole run took when it was made, rather than what it would take at this pace."""
    if whole is None or not estimated.whole.model_seconds:
        return estimated
    measured_s = whole.model_seconds
    money = estimated.whole.money * measured_s / estimated.whole.model_seconds
    return replace(estimated, whole=Usage(measured_s, money))


def _same_decision(
    runs: RunStore,
    whole: Run,
    cases: Sequence[RunCase],
    items: Sequence[TestItem],
    judged_by: Judge,
    table: ScoreTable,
) -> SameDecision:
    ledger = Ledger(cases, whole.request.repeats, judged_by, runs.answers(whole.id))
    return same_decision(table, score_table(items, table.models, ledger.counts()))
