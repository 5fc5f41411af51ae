"""The cost views without a browser: what is set there, what follows from it, and what nobody may read out of them."""

import json
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from comparer.cost.kept import keep_plan, kept_plan, kept_prices, stated_cards
from comparer.cost.plan import ModelPlan, Plan
from comparer.cost.view import cost_view
from comparer.engines.scripted_engine import Script
from comparer.errors import InputError
from comparer.records import Answer, Metrics, Rating
from comparer.settings import Settings
from comparer.store import Conversation
from comparer.ui.compare_state import CompareState
from comparer.ui.context import Context
from comparer.ui.cost_choice_rendering import choice_html
from comparer.ui.cost_figures import distribution_html, figure_html
from comparer.ui.cost_handlers import ChoiceHandlers, CostHandlers
from comparer.ui.cost_inputs import changed, shown_in
from comparer.ui.cost_models_panel import ModelsHandlers
from comparer.ui.cost_models_rendering import shipped_html
from comparer.ui.cost_prices_panel import PricesHandlers
from comparer.ui.cost_rendering import cost_html
from comparer.ui.hardware_tab import HardwareTab, build_hardware_tab
from comparer.ui.i18n import Localizer
from tests.conftest import MakeDialogue
from tests.cost.views import H100, answers, facts, shipped


class Tab:
    """The tab on a store of its own."""

    def __init__(self, context: Context) -> None:
        self.context = context
        with gr.Blocks():
            self.parts: HardwareTab = build_hardware_tab(context, Localizer())
        self.models = ModelsHandlers(context, self.parts.models)
        self.cost = CostHandlers(context, self.parts.cost)
        self.choice = ChoiceHandlers(context, self.parts.choice)
        self.prices = PricesHandlers(context, self.parts.prices)
        self.state = CompareState(order=context.lineup.keys)

    def told(self, **changes: Any) -> str:
        for name, value in changes.items():
            html = self.cost.change(name.replace("__", ":"), value, self.state)[self.parts.cost.told]
        return str(html)


@pytest.fixture
def tab(make_dialogue: MakeDialogue, tmp_path: Path) -> Tab:
    dialogue = make_dialogue(Script(), Script(), Script())
    return Tab(Context(Settings(data_dir=tmp_path / "data"), dialogue.lineup, dialogue, dialogue.store))


def happened(**data: str) -> Any:
    """What the browser sends along with an event."""
    return SimpleNamespace(**data)


def monthly(html: str, model: str, mode: str = "on_demand") -> str:
    card = html.partition(f"data-model='{model}'")[2].partition("</section>")[0]
    found = re.search(rf"data-mode='{mode}'.*?<summary[^>]*>(.*?)</summary>", card)
    assert found
    return found[1]


def test_typed_seconds_and_requests_come_to_a_cost_that_everybody_sees(tab: Tab) -> None:
    shown = tab.cost.show(tab.state)
    assert shown[tab.parts.cost.inputs["requests_a_day"]]["value"] == 1000
    assert monthly(shown[tab.parts.cost.told], "small") == "unknown"
    proposed = shown[tab.parts.cost.gpus["small"]]["value"]
    html = tab.told(seconds__small=0.8)
    assert "Assumed" in html and monthly(html, "small") == "$386.90" and monthly(html, "medium") == "unknown"
    plan = kept_plan(tab.context.store, tab.context.lineup.name)
    assert plan is not None and plan.model("small") == ModelPlan(proposed, 0.8) and proposed == "t4"
    # 100,000 a day: 12,500 in the busiest hour / (4,500 * 0.7) is four cards.
    assert monthly(tab.told(requests_a_day=100_000), "small") == "$1,547.60"
    assert set(shown) == set(tab.cost.shown)


def test_choosing_another_card_does_not_carry_typed_seconds_over(tab: Tab) -> None:
    tab.told(seconds__small=0.8)
    html = tab.told(gpu__small="h100")
    assert monthly(html, "small") == "unknown"
    assert tab.cost.show(tab.state)[tab.parts.cost.seconds["small"]]["value"] is None
    assert monthly(tab.told(seconds__small=0.4), "small") == "$2,912.70"


def test_a_price_that_is_edited_shows_in_cost_choice_and_file_and_can_be_reset(tab: Tab) -> None:
    tab.told(seconds__small=0.8)
    tab.prices.set_price(happened(gpu="t4", name="on_demand", value="1.00"), "en")
    said = tab.prices.set_price(happened(gpu="t4", name="reserved", value="0.5"), "en")
    table = said[tab.parts.prices.table]
    assert "value='1.00'" in table and "set on this page" in table and "edited" in table
    assert "T4 16 GB" in said[tab.parts.prices.notice]
    html = tab.cost.show(tab.state)[tab.parts.cost.told]
    assert monthly(html, "small") == "$730.00" and monthly(html, "small", "reserved") == "$365.00"
    assert "$730.00" in tab.choice.show(tab.state)[tab.parts.choice.told]
    rows = json.loads(Path(tab.prices.write("json")).read_text("utf-8"))
    assert rows[0]["on_demand_per_hour"] == "1.00" and rows[0]["edited"] and not rows[1]["edited"]
    assert "set on this page" in Path(tab.prices.write("csv")).read_text("utf-8-sig")
    named = tab.prices.set_price(happened(gpu="t4", name="source", value="a <b>quote</b>"), "en")
    assert "a &lt;b&gt;quote" in named[tab.parts.prices.table] and "value='1.00'" in named[tab.parts.prices.table]
    tab.prices.reset_price(happened(gpu="t4"), "en")
    assert monthly(tab.cost.show(tab.state)[tab.parts.cost.told], "small") == "$386.90"
    with pytest.raises(InputError):
        tab.prices.set_price(happened(gpu="t4", name="on_demand", value="much"), "en")
    assert kept_prices(tab.context.store).edited == frozenset()


def test_a_device_stands_for_the_card_that_people_say(tab: Tab) -> None:
    store, lineup = tab.context.store, tab.context.lineup
    turn = store.add_turn(store.begin(Conversation(lineup.name, lineup.keys, "manual")), "?", [])
    served = Answer("small", "x", "stop", Metrics(e2e_s=2.0), "small", "bf16", "http://gpu-1:8001/v1")
    store.add_answer(turn, served)
    store.add_answer(turn, replace(served, device="cpu", metrics=Metrics(e2e_s=9.0)))
    html = tab.cost.show(tab.state)[tab.parts.cost.told]
    assert "Measured on http://gpu-1:8001/v1: not priced" in html and "never priced as if it had been a card" in html
    assert monthly(html, "small") == "unknown"
    table = tab.prices.show("en")[tab.parts.prices.table]
    assert "data-device='http://gpu-1:8001/v1'" in table and "data-device='cpu'" not in table
    tab.prices.state_card(happened(device="http://gpu-1:8001/v1", gpu="l4"), "en")
    assert stated_cards(store) == {"http://gpu-1:8001/v1": "l4"}
    html = tab.cost.show(tab.state)[tab.parts.cost.told]
    assert "Measured here" in html and monthly(html, "small") == "$584.00"


def test_a_blind_conversation_gives_nothing_away(tab: Tab) -> None:
    store, lineup = tab.context.store, tab.context.lineup
    before = tab.cost.show(tab.state)[tab.parts.cost.told], tab.models.show("en")[tab.parts.models.told]
    tab.state.conversation_id = store.begin(Conversation(lineup.name, lineup.keys, "manual", blind=True))
    tab.state.blind = True
    answer = Answer("small", "x", "stop", Metrics(e2e_s=2.0, weights_bytes=5), "small", "bf16", "cpu")
    kept = store.add_answer(store.add_turn(tab.state.conversation_id, "?", []), answer)
    store.rate(kept, Rating(False, blind=True))
    assert tab.cost.show(tab.state)[tab.parts.cost.told] == before[0]
    assert tab.models.show("en")[tab.parts.models.told] == before[1]
    assert "no ratings on" in tab.choice.show(tab.state)[tab.parts.choice.told]
    store.reveal(tab.state.conversation_id)
    tab.state.revealed = True
    assert tab.cost.show(tab.state)[tab.parts.cost.told] != before[0]


def test_one_input_changes_one_thing_and_what_cannot_be_changes_nothing(tab: Tab) -> None:
    store, name = tab.context.store, tab.context.lineup.name
    keep_plan(store, name, Plan(at_a_time=7))
    tab.told(utilisation=50, active_hours=None, cold_start_s=30)
    plan = kept_plan(store, name)
    assert plan is not None and plan.at_a_time == 7
    assert (plan.load.utilisation, plan.load.active_hours, plan.load.cold_start_s) == (Decimal("0.5"), 24, 30)
    for field, value in (("utilisation", 0), ("seconds:small", -1), ("peak_factor", 200), ("at_a_time", 0)):
        with pytest.raises(InputError):
            tab.cost.change(field, value, tab.state)
    assert kept_plan(store, name) == plan
    tab.cost.forget(tab.state)
    assert kept_plan(store, name) is None


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("requests_a_day", 50.0, 50),
        ("requests_a_day", None, None),
        ("utilisation", 65, 65),
        ("idle_timeout_s", None, 300),
        ("output_tokens", 12.5, 12.5),
        ("budget", 99.9, 99.9),
        ("latency_limit_s", 2, 2.0),
        ("modes", ["reserved", "on_demand", "odd"], ["on_demand", "reserved"]),
        ("items", ["manual"], ["manual"]),
        ("gpus", None, []),
        ("judge", "checks", "checks"),
        ("picture_tokens", 256, 256),
        ("context_tokens", None, 8192),
        ("session_hours", 2, 2.0),
    ],
)
def test_what_is_typed_is_what_is_shown(name: str, value: Any, shown: Any) -> None:
    assert shown_in(changed(Plan(), name, value))[name] == shown


def test_needs_narrow_the_choice(tab: Tab) -> None:
    html = tab.choice.change("gpus", ["l4"], tab.state)[tab.parts.choice.told]
    assert "L4 24 GB" in html and "H100" not in html
    assert "people's ratings" in html.replace("&#x27;", "'")
    html = tab.choice.change("judge", "checks", tab.state)[tab.parts.choice.told]
    assert "automatic checks" in html
    offered = tab.choice.show(tab.state)[tab.parts.choice.inputs["items"]]["choices"]
    assert ("Product manual parsing", "manual") in offered


def test_models_of_no_known_architecture_say_so_and_shipped_measurements_are_missed(tab: Tab) -> None:
    shown = tab.models.show("en")
    html = shown[tab.parts.models.told]
    assert set(shown) == set(tab.models.shown)
    assert html.count("does not run in this program") == 3
    assert "no graphics card could be used so far" in html and "demo figures" in html


# --- pure rendering -----------------------------------------------------------------------------------


def test_every_figure_opens_its_formula_without_a_mouse() -> None:
    view = cost_view(facts(answers("8B", H100, 1.0, 2.0)), with_flips=False)
    html = cost_html(view, "en")
    made = view.models[1].estimate
    assert figure_html(made.requests_an_hour, "en") in html
    figure = figure_html(made.requests_an_hour, "en")
    assert figure.startswith("<details") and figure.count("1 at a time × 3,600 s ÷ 1.5 s") == 2
    assert "Measured here" in html and "driver" in html and "95% within 2.00 s" in html
    assert html.count("class='unknown'") and "demo figures" not in html


def test_the_articles_claims_are_marked_as_such_with_what_they_rest_on() -> None:
    html = cost_html(cost_view(facts(), with_flips=False), "en").partition("id='cost-article'")[2]
    assert "Reference 2026-01-10" in html and "$5,000" in html and "$1,825.00" in html
    assert "226.4 h" in html and "2.74" in html and "not the same thing" in html
    assert "参考 2026-01-10" in cost_html(cost_view(facts(), with_flips=False), "zh")


def test_the_choice_says_that_it_rests_on_an_assumption() -> None:
    plan = Plan(models={"8B": ModelPlan("a10g", 1.5)})
    known = facts(plan=plan, rated={"8B": frozenset({"bf16"}), "4B": frozenset({"bf16"})})
    budget = replace(known, plan=replace(plan, needs=replace(plan.needs, budget_a_month=Decimal(800))))
    html = choice_html(cost_view(budget), "en")
    assert "Qwen3-VL 8B at bf16 on A10G 24 GB" in html and "seconds that somebody typed" in html
    assert "$737.30 a month, on demand." in html and html.count("<li>All prices") == 2
    assert "大" not in html and "选型结论" in choice_html(cost_view(budget), "zh")


def test_names_from_outside_are_no_markup() -> None:
    nasty = "<b>x</b>' onmouseover='y"
    known = facts(answers("8B", f"http://{nasty}", 1.0), stated={nasty: "l4"})
    assert "<b>x" not in cost_html(cost_view(known, with_flips=False), "en")
    assert "onmouseover='" not in cost_html(cost_view(known, with_flips=False), "en")


def test_a_distribution_is_drawn_and_told() -> None:
    view = cost_view(facts(answers("8B", H100, *[1.0] * 19, 4.0)), with_flips=False)
    speed = view.models[1].speed
    assert speed is not None
    html = distribution_html(speed.latencies, "en")
    assert html.count("<rect") == 2 and html.count("<line") == 2
    assert "20 answers: median 1.00 s, 95% within 1.00 s, longest 4.00 s" in html


def test_shipped_measurements_are_shown_with_their_card_and_day() -> None:
    html = shipped_html([shipped()], "en")
    assert "Measured on NVIDIA H100 80GB HBM3" in html and "2026-12-01" in html and "torch 2.13.0" in html
    assert "8B/bf16/decode" in html and "random weights" in html and "comparer bench gpu" not in html
