"""What the cost rests on, as those read it who may not set it."""

from dataclasses import replace

import pytest

from comparer.cost.plan import Plan
from comparer.records import TestItem
from comparer.texts import Language
from comparer.ui.cost_inputs import changed, shown_in
from comparer.ui.cost_plan_said import plan_said_html


def test_every_value_is_said_and_what_an_empty_one_means() -> None:
    plan = changed(changed(Plan(), "requests_a_day", 12000), "utilisation", 70)
    html = plan_said_html(plan, ("requests_a_day", "utilisation", "output_tokens", "judge"), "en")
    assert "<dt>Requests a day</dt><dd>12,000</dd>" in html and "<dt>Utilisation, %</dt><dd>70</dd>" in html
    assert "<dt>Tokens an answer</dt><dd>as measured</dd>" in html and "empty" not in html
    assert "People’s ratings" in html


def test_cards_items_and_ways_of_renting_have_their_names() -> None:
    plan = Plan()
    plan = replace(
        plan, needs=replace(plan.needs, gpus=("l4", "gone"), items=("manual", "own"), modes=("on_demand",))
    )
    item = TestItem("own", "A <b> of ours", "我们的", 0.8)
    html = plan_said_html(plan, ("gpus", "items", "modes"), "en", cards={"l4": "NVIDIA L4"}, items=[item])
    assert "NVIDIA L4, gone" in html and "manual, A &lt;b&gt; of ours" in html and "<b>" not in html
    assert "manual、我们的" in plan_said_html(plan, ("items",), "zh", items=[item])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nobody_who_cannot_fill_it_in_reads_what_to_leave_empty(language: Language) -> None:
    """A plan in which nothing is set, and one with a number that is nought."""
    html = plan_said_html(Plan(), tuple(shown_in(Plan())), language)
    assert not [word for word in ("empty", "none:", "留空", "不选") if word in html]
    assert "<dd></dd>" not in html
    assert "<dd>0</dd>" in plan_said_html(changed(Plan(), "idle_timeout_s", 0), ("idle_timeout_s",), language)
