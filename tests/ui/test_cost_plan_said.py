"""What the cost rests on, as those read it who may not set it."""

from dataclasses import replace

from comparer.cost.plan import Plan
from comparer.records import TestItem
from comparer.ui.cost_inputs import changed
from comparer.ui.cost_plan_said import plan_said_html


def test_every_value_is_said_and_what_an_empty_one_means() -> None:
    plan = changed(changed(Plan(), "requests_a_day", 12000), "utilisation", 70)
    html = plan_said_html(plan, ("requests_a_day", "utilisation", "output_tokens", "judge"), "en")
    assert "<dt>Requests a day</dt><dd>12,000</dd>" in html and "<dt>Utilisation, %</dt><dd>70</dd>" in html
    assert "<dd>– <span class='muted'>empty: as measured</span></dd>" in html
    assert "People’s ratings" in html


def test_cards_items_and_ways_of_renting_have_their_names() -> None:
    plan = Plan()
    plan = replace(
        plan, needs=replace(plan.needs, gpus=("l4", "gone"), items=("manual", "own"), modes=("on_demand",))
    )
    item = TestItem("own", "A <b> of ours", "我们的", 0.8)
    html = plan_said_html(plan, ("gpus", "items", "modes"), "en", cards={"l4": "NVIDIA L4"}, items=[item])
    assert "NVIDIA L4, gone" in html and "manual, A &lt;b&gt; of ours" in html and "<b>" not in html
    assert "我们的" in plan_said_html(plan, ("items",), "zh", items=[item])
