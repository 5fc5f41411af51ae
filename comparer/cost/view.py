"""The cost of a lineup as one value: what was read, and what follows from it. Pure.

Page and export show the same view, so that both say the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from comparer.bench.measurements import Measurements
from comparer.cost.choice import Decision, decide
from comparer.cost.devices import is_processor, standing
from comparer.cost.estimate import Estimate, estimate
from comparer.cost.fits import Fit, ModelMemory, fit
from comparer.cost.kept import KeptPrices
from comparer.cost.latency import Latencies
from comparer.cost.measured import Measured, Session, Where, last_session
from comparer.cost.needs import Option, Question
from comparer.cost.plan import Plan
from comparer.cost.prices import Gpu
from comparer.cost.sensitivity import Flip, flips
from comparer.cost.session import SessionCost, session_cost
from comparer.cost.speeds import Sources, Speed, lacks_length, measured_here, speed_of, with_length
from comparer.cost.wording import sentence
from comparer.fit.score_table import ScoreTable
from comparer.lineup import Lineup, ModelSpec
from comparer.records import Precision
from comparer.store import TimedAnswer


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read."""

    lineup: Lineup
    model_ids: Mapping[str, str]
    """Which weights stand behind each model, by its key."""
    plan: Plan
    prices: KeptPrices
    stated: Mapping[str, str]
    """By device, the key of the card that people say it is."""
    answers: Sequence[TimedAnswer]
    measured: Mapping[Where, Measured]
    shipped: Sequence[Measurements]
    memory: Mapping[str, ModelMemory]
    table: ScoreTable
    rated: Mapping[str, frozenset[Precision]]

    @property
    def sources(self) -> Sources:
        """What speeds come from."""
        return Sources(self.measured, self.stated, self.shipped, self.prices.table)

    @property
    def devices(self) -> tuple[str, ...]:
        """Every device that answers were measured on, processors last."""
        return tuple(sorted({where.device for where in self.measured}, key=lambda name: (is_processor(name), name)))

    def speed(self, spec: ModelSpec, precision: Precision, gpu: Gpu) -> Speed | None:
        """How fast a model answers there; None: unknown."""
        return speed_of(spec, self.model_ids[spec.key], precision, gpu, self.plan, self.sources)

    def lacks_length(self, spec: ModelSpec, gpu: Gpu) -> bool:
        """Whether the card was measured, and only the length of answers is missing to tell their seconds."""
        model_id = self.model_ids[spec.key]
        return lacks_length(spec, model_id, spec.precision, gpu, self.plan, self.sources)

    def fit(self, spec: ModelSpec, precision: Precision, gpu: Gpu) -> Fit | None:
        """Whether a card holds a model; where its memory is unknown, that it ran there is enough, else None."""
        memory = self.memory[spec.key]
        if precision in memory.predictions:
            return fit(memory, precision, gpu, self.prices.table.gpus)
        if measured_here(self.model_ids[spec.key], precision, gpu, self.sources) is not None:
            return Fit(gpu, "fits", 0, sentence("cost.ran_there", gpu=gpu.name), (), ())
        return None

    def not_priced(self, spec: ModelSpec) -> Mapping[str, Measured]:
        """By device, what was measured of a model at its precision on devices that stand for no card."""
        return {
            where.device: one
            for where, one in self.measured.items()
            if (where.model_id, where.precision) == (self.model_ids[spec.key], spec.precision)
            and one.latencies.count
            and standing(where.device, self.prices.table, self.stated) is None
        }


@dataclass(frozen=True, slots=True)
class ModelCost:
    """What one model costs on the card that is chosen for it."""

    spec: ModelSpec
    gpu: Gpu
    chosen: bool
    """Whether people chose the card."""
    fit: Fit | None
    speed: Speed | None
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class CostView:
    """All that the cost part says."""

    facts: Facts
    models: tuple[ModelCost, ...]
    decision: Decision
    flips: tuple[Flip, ...]
    session: Session | None
    """The last one, as the answers tell of it."""
    session_hours: float | None
    """As typed, else as told."""
    session_costs: tuple[tuple[ModelCost, SessionCost], ...]
    """For each model, its card rented for the session."""


def cost_view(facts: Facts, *, with_flips: bool = True) -> CostView:
    """Everything that follows from the facts. Raises `InputError` for needs that name what there is not."""
    models = tuple(_model_cost(facts, spec) for spec in facts.lineup.models)
    question = question_of(facts)
    session = last_session(facts.answers)
    hours = facts.plan.session_hours
    if hours is None and session is not None:
        hours = session.hours
    costs = () if hours is None else tuple((one, session_cost(hours, one.gpu)) for one in models)
    turned = flips(question) if with_flips else ()
    return CostView(facts, models, decide(question), turned, session, hours, costs)


def _model_cost(facts: Facts, spec: ModelSpec) -> ModelCost:
    gpu, chosen = card_for(facts, spec)
    speed = facts.speed(spec, spec.precision, gpu)
    load = with_length(facts.plan, speed).load
    made = estimate(load, speed.latencies if speed else Latencies(()), gpu)
    return ModelCost(spec, gpu, chosen, facts.fit(spec, spec.precision, gpu), speed, made)


def card_for(facts: Facts, spec: ModelSpec) -> tuple[Gpu, bool]:
    """The card that a model is reckoned on, and whether people chose it.

    Else the one that it was measured on, the one that its lineup names, or the cheapest that holds it.
    """
    table = facts.prices.table
    said = facts.plan.model(spec.key).gpu
    for gpu in table.gpus:
        if gpu.key == said:
            return gpu, True
    for gpu in table.gpus:
        speed = facts.speed(spec, spec.precision, gpu)
        if speed is not None and speed.source == "measured":
            return gpu, False
    named = next((gpu for gpu in table.gpus if gpu.key == spec.card.price_key), None)
    return named or _cheapest(facts, spec), False


def _cheapest(facts: Facts, spec: ModelSpec) -> Gpu:
    gpus = facts.prices.table.gpus
    holding = [gpu for gpu in gpus if (one := facts.fit(spec, spec.precision, gpu)) is not None and one.fits]
    priced = [gpu for gpu in holding if gpu.on_demand_per_hour is not None]
    return min(priced, key=lambda gpu: gpu.on_demand_per_hour or 0, default=next(iter(holding or gpus)))


def question_of(facts: Facts) -> Question:
    """What the choice is made from."""
    plan = facts.plan
    options = [
        _option(facts, spec, precision, gpu)
        for spec in facts.lineup.models
        for precision in _precisions(facts, spec)
        for gpu in facts.prices.table.gpus
    ]
    return Question(facts.table, facts.rated, options, facts.prices.table, plan.load, plan.needs)


def _precisions(facts: Facts, spec: ModelSpec) -> tuple[Precision, ...]:
    """A model's own precision and what it could be run at; only its own where the lineup names the others itself."""
    same = [other for other in facts.lineup.models if other.model == spec.model]
    memory = facts.memory[spec.key]
    if len(same) > 1 or not memory.predictions:
        return (spec.precision,)
    return tuple(memory.predictions)


def _option(facts: Facts, spec: ModelSpec, precision: Precision, gpu: Gpu) -> Option:
    prediction = facts.memory[spec.key].predictions.get(precision)
    speed = facts.speed(spec, precision, gpu)
    return Option(
        model=spec.key,
        precision=precision,
        gpu=gpu.key,
        fit=facts.fit(spec, precision, gpu),
        weights_bytes=prediction.weights_bytes if prediction else None,
        latencies=speed.latencies if speed else Latencies(()),
    )
