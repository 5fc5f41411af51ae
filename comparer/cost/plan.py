"""What the cost of a lineup is reckoned from: load, room, needs, and the card and speed of each model."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, cast, get_args

from comparer.cost.estimate import MODES, Mode
from comparer.cost.footprint import MOST_AT_A_TIME, Workload
from comparer.cost.load import Load
from comparer.cost.needs import LONGEST_S, SHORTEST_S, Needs
from comparer.cost.wording import lies_within
from comparer.errors import InputError
from comparer.run_records import Judge

MOST_SESSION_HOURS = 10_000


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """What people say of one model."""

    gpu: str = ""
    """Key of the card it is to run on; empty: what is nearest at hand."""
    seconds: float | None = None
    """Of one answer on that card, typed by somebody: an assumption. None: as it was measured."""

    def __post_init__(self) -> None:
        """Raises `InputError` for seconds that no answer takes."""
        if self.seconds is not None and not lies_within(self.seconds, SHORTEST_S, LONGEST_S):
            raise InputError(
                "latency_limit_unusable", value=str(self.seconds), least=SHORTEST_S, most=f"{LONGEST_S:.0f}"
            )


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that people set; the rest is measured or predicted."""

    load: Load = field(default_factory=Load)
    workload: Workload = field(default_factory=Workload)
    needs: Needs = field(default_factory=Needs)
    judge: Judge = "people"
    """Whose verdicts the choice goes by."""
    models: Mapping[str, ModelPlan] = field(default_factory=dict)
    """By the key in the lineup."""
    at_a_time: int = 1
    """How many answers a card makes at a time where the seconds were typed."""
    session_hours: float | None = None
    """How long the test session took; None: as the answers say."""

    def __post_init__(self) -> None:
        """Raises `InputError` for what cannot be."""
        if not 1 <= self.at_a_time <= MOST_AT_A_TIME:
            raise InputError("concurrency_unusable", value=self.at_a_time, most=MOST_AT_A_TIME)
        if self.session_hours is not None and not lies_within(self.session_hours, 0, MOST_SESSION_HOURS):
            raise InputError("session_unusable", value=str(self.session_hours), most=MOST_SESSION_HOURS)

    def model(self, key: str) -> ModelPlan:
        """What is said of a model."""
        return self.models.get(key, ModelPlan())


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """As it is kept: decimals as text, so that they stay as they were typed."""
    return {
        "load": {name: _written(value) for name, value in asdict(plan.load).items()},
        "workload": asdict(plan.workload),
        "needs": {name: _written(value) for name, value in asdict(plan.needs).items()},
        "judge": plan.judge,
        "models": {key: asdict(model) for key, model in plan.models.items()},
        "at_a_time": plan.at_a_time,
        "session_hours": plan.session_hours,
    }


def plan_from_json(content: Mapping[str, Any]) -> Plan:
    """A plan as it was kept. Raises KeyError, TypeError, ValueError or `InputError` for what is none."""
    needs, load = content["needs"], content["load"]
    budget = needs["budget_a_month"]
    requests = load["requests_a_day"]
    return Plan(
        load=Load(
            requests_a_day=None if requests is None else int(requests),
            **{name: _number(value) for name, value in load.items() if name != "requests_a_day"},
        ),
        workload=Workload(**content["workload"]),
        needs=Needs(
            items=tuple(needs["items"]),
            budget_a_month=None if budget is None else Decimal(budget),
            gpus=tuple(needs["gpus"]),
            latency_limit_s=needs["latency_limit_s"],
            within=needs["within"],
            modes=known_modes(needs["modes"]),
        ),
        judge=cast(Judge, content["judge"]) if content["judge"] in get_args(Judge) else "people",
        models={key: ModelPlan(**model) for key, model in content["models"].items()},
        at_a_time=content["at_a_time"],
        session_hours=content["session_hours"],
    )


def known_modes(names: Sequence[str]) -> tuple[Mode, ...]:
    """The ways of renting that there are, of those named."""
    return tuple(mode for mode in MODES if mode in names)


def _written(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else list(value) if isinstance(value, tuple) else value


def _number(value: Any) -> Any:
    return Decimal(value) if isinstance(value, str) else value
