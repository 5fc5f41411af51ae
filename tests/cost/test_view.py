"""The whole view: what each model costs, the session, and the choice, from the same facts."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from comparer.cost.kept import KeptPrices
from comparer.cost.load import Load
from comparer.cost.measured import last_session
from comparer.cost.needs import Needs
from comparer.cost.plan import ModelPlan, Plan
from comparer.cost.telling import assumptions, flip_says, groups, reasons, said_once
from comparer.cost.view import cost_view
from comparer.cost.wording import sentence

from .questions import PRICES
from .views import BEGIN, H100, LINEUP, answers, facts

LABELS = LINEUP.labels
ARTICLE = Plan(
    load=Load(1000, 24, 1, 1),
    models={
        "4B": ModelPlan("t4", 0.8),
        "8B": ModelPlan("a10g", 1.5),
        "30B-A3B": ModelPlan("a100-80g", 3.2),
    },
)


def test_each_model_is_reckoned_on_its_own_card() -> None:
    view = cost_view(facts(plan=ARTICLE), with_flips=False)
    monthly = [one.estimate.modes["on_demand"].monthly.shown("en") for one in view.models]
    assert monthly == ["$386.90", "$737.30", "$1,825.00"]
    assert [one.estimate.requests_an_hour.shown("en") for one in view.models] == ["4,500", "2,400", "1,125"]
    assert view.flips == () and view.session is None and view.session_costs == ()


def test_a_price_that_is_edited_changes_cost_and_choice() -> None:
    plan = replace(ARTICLE, needs=Needs(budget_a_month=Decimal(700)))
    dear = cost_view(facts(plan=plan))
    assert dear.decision.chosen is None
    edited = PRICES.with_prices("a10g", Decimal("0.50"), None, "ours", BEGIN.date())
    cheap = cost_view(facts(plan=plan, prices=KeptPrices(edited, frozenset({"a10g"}))))
    chosen = cheap.decision.chosen
    assert chosen is not None and chosen.option[:3] == ("8B", "bf16", "a10g")  # 730 h * 0.50 = 365.00
    assert cheap.decision.outcome == "chosen_so_far"  # nothing is known of smaller precisions
    told = [flip_says(flip, plan, "en", LABELS) for flip in cheap.flips]
    assert any(line.startswith("All prices × 1.92") for line in told)  # 700 / 365
    assert any(line.startswith("All thresholds +") for line in told)


def test_the_length_of_measured_answers_gives_a_price_by_tokens() -> None:
    view = cost_view(facts(answers("8B", H100, 1.0)), with_flips=False)
    middle = view.models[1]
    assert middle.gpu.key == "h100" and not middle.chosen
    assert middle.estimate.modes["on_demand"].per_million_tokens.value is not None
    assert view.models[0].estimate.modes["on_demand"].monthly.value is None


def test_a_session_ends_with_a_pause_of_half_an_hour() -> None:
    given = [*answers("8B", "cpu", *[1.0] * 10), *answers("4B", "cpu", *[1.0] * 31, minutes=39.5)]
    session = last_session(given)
    assert session is not None and session.answers == 31 and session.hours == pytest.approx(0.5)
    joined = last_session([*given, *answers("4B", "cpu", 1.0, minutes=30)])
    assert joined is not None and joined.answers == 42 and joined.begin == BEGIN
    assert joined.end - joined.begin == timedelta(minutes=69.5)
    assert last_session([]) is None


def test_a_session_costs_its_hours_and_typed_ones_come_first() -> None:
    view = cost_view(facts(answers("4B", "cpu", *[1.0] * 31), ARTICLE), with_flips=False)
    cost = view.session_costs[0][1]
    assert view.session_hours == pytest.approx(0.5)
    assert cost.session.value == pytest.approx(0.265) and cost.month_reserved.value is None
    typed = cost_view(facts(plan=replace(ARTICLE, session_hours=2.0)), with_flips=False)
    assert [cost.session.shown("en") for _, cost in typed.session_costs] == ["$1.06", "$2.02", "$5.00"]


def test_options_of_one_model_and_precision_stand_together() -> None:
    view = cost_view(facts(plan=ARTICLE))
    found = groups(view.decision)
    assert sum(len(group.options) for group in found) == len(view.decision.judged)
    small = next(group for group in found if (group.model, group.precision) == ("4B", "bf16"))
    assert small.standing == "out" and len(small.options) == len(PRICES.gpus)
    said = reasons(view.decision, small, "en", LABELS)
    assert said[0] == "Qwen3-VL 4B at bf16 falls short on: Product manual parsing."
    assert len(said) == len(set(said))
    chosen = next(group for group in found if view.decision.chosen in group.options)
    assert (chosen.model, chosen.precision, chosen.standing) == ("8B", "nf4", "enough") and chosen.cheapest is None
    larger = next(group for group in found if (group.model, group.precision) == ("8B", "bf16"))
    assert larger.cheapest is not None and larger.cheapest.gpu.key == "a10g"  # the only one with seconds


def test_what_is_lacking_on_several_cards_is_said_once() -> None:
    names = {"model": "8B", "precision": "nf4"}
    on = [sentence("cost.needs_latency", gpu=gpu, **names) for gpu in ("T4", "L4", "T4")]
    other = sentence("cost.needs_items")
    assert said_once([on[0], other, *on[1:]], "en", LABELS) == (
        "No answers of Qwen3-VL 8B at nf4 were measured alone on T4, L4.",
        "There is no test item that must pass. Add one first.",
    )


def test_what_the_figures_take_for_granted_is_named() -> None:
    told = dict(assumptions(Plan(load=Load(1234, 8, 2, Decimal("0.5"))), "en"))
    assert told["Requests a day"] == "1,234" and told["Utilisation, %"] == "50%"
    assert told["Cold start, s"] == "unknown"
