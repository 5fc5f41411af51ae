"""Reads from the database, the lineup and the shipped files what the cost of a lineup is reckoned from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from comparer.bench.measurements import shipped_measurements
from comparer.cost.fits import ModelMemory, model_memory
from comparer.cost.footprint import Workload
from comparer.cost.kept import kept_plan, kept_prices, stated_cards
from comparer.cost.measured import NEWEST, measured
from comparer.cost.plan import Plan
from comparer.cost.view import CostView, Facts, cost_view
from comparer.cost.wording import sentence
from comparer.engines.identity import model_identity
from comparer.errors import LoadError
from comparer.fit.score_table import score_table
from comparer.lineup import Lineup, ModelSpec
from comparer.records import CellCount, Precision
from comparer.run_store import RunStore
from comparer.store import RatingFilter, Store

Counts = Callable[[RatingFilter], tuple[CellCount, ...]]


def read_facts(
    store: Store,
    runs: RunStore,
    lineup: Lineup,
    ratings: RatingFilter,
    *,
    model_ids: Sequence[str] = (),
    plan: Plan | None = None,
) -> Facts:
    """Everything that the cost part rests on, now. Raises StoreError, `PriceError` and `InputError`.

    `model_ids` are those of the lineup's models in their order, where somebody knows them already; `plan` is the one
    to reckon with, by default the team's.
    """
    plan = plan or kept_plan(store, lineup.name) or Plan()
    items, prices = store.items(), kept_prices(store)
    plan = _possible(plan, {item.key for item in items}, {gpu.key for gpu in prices.table.gpus})
    ids = dict(zip(lineup.keys, model_ids or map(model_identity, lineup.models), strict=True))
    answers = store.newest_answers(NEWEST, list(dict.fromkeys(ids.values())))

    def counts(wanted: RatingFilter) -> tuple[CellCount, ...]:
        return runs.automatic_counts(wanted) if plan.judge == "checks" else store.counts(wanted)

    return Facts(
        lineup=lineup,
        model_ids=ids,
        plan=plan,
        prices=prices,
        stated=stated_cards(store),
        answers=answers,
        measured=measured(answers),
        shipped=shipped_measurements(),
        memory={spec.key: memory_of(spec, plan.workload) for spec in lineup.models},
        table=score_table(items, lineup.keys, counts(ratings)),
        rated=_rated(lineup, ratings, {answer.precision for answer in answers}, counts),
    )


def _possible(plan: Plan, items: set[str], gpus: set[str]) -> Plan:
    """The plan without needs that name an item or a card that is gone."""
    needs = plan.needs
    kept = replace(
        needs,
        items=tuple(key for key in needs.items if key in items),
        gpus=tuple(key for key in needs.gpus if key in gpus),
    )
    return replace(plan, needs=kept)


def _rated(
    lineup: Lineup, ratings: RatingFilter, precisions: set[str], counts: Counts
) -> Mapping[str, frozenset[Precision]]:
    """At which precision each model has been judged."""
    rated: dict[str, set[Precision]] = {key: set() for key in lineup.keys}
    known = precisions | {spec.precision for spec in lineup.models}
    for precision in known if not ratings.precision else {ratings.precision}:
        for count in counts(replace(ratings, precision=precision)):
            if count.cases and count.model in rated:
                rated[count.model].add(cast(Precision, precision))
    return {key: frozenset(found) for key, found in rated.items()}


def memory_of(spec: ModelSpec, workload: Workload) -> ModelMemory:
    """What a model needs; unknown, with the reason, where its configuration cannot be used."""
    try:
        return model_memory(spec, workload)
    except LoadError:
        return ModelMemory(
            spec.key, spec.label, None, workload, {}, {}, sentence("cost.memory_no_config", label=spec.label)
        )


def kept_cost(
    store: Store, runs: RunStore, lineup: Lineup, ratings: RatingFilter, *, model_ids: Sequence[str] = ()
) -> CostView | None:
    """The cost of a lineup for an export: None while nobody has set anything of it or changed a price."""
    if kept_plan(store, lineup.name) is None and not kept_prices(store).edited:
        return None
    return cost_view(read_facts(store, runs, lineup, ratings, model_ids=model_ids))


def current_plan(store: Store, lineup: str) -> Plan:
    """What the cost of a lineup is reckoned from: as people have set it, else what the product takes for granted."""
    return kept_plan(store, lineup) or Plan()
