"""What the cost views rest on, to read: for those who may not set it, and so do not see the inputs."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from comparer.cost.plan import Plan
from comparer.fit.recommendation import item_name
from comparer.records import TestItem
from comparer.texts import Language, text
from comparer.ui.cost_inputs import shown_in

NOTHING = "–"


def plan_said_html(
    plan: Plan,
    names: Sequence[str],
    language: Language,
    *,
    cards: Mapping[str, str] = {},
    items: Sequence[TestItem] = (),
) -> str:
    """The named inputs with what stands in them; the page shows it only where the inputs are hidden.

    `cards` are names by key. Of what is empty it is said what that means.
    """
    values = shown_in(plan)
    called = {item.key: item_name(item, language) for item in items}
    known: Mapping[str, Mapping[str, str]] = {"gpus": cards, "items": called}
    between = "、" if language == "zh" else ", "

    def said(name: str) -> str:
        value: Any = values[name]
        if name == "judge":
            return text(f"suites.judge_{value}", language)
        if name == "modes":
            return between.join(text(f"cost.mode_{mode}", language) for mode in value) or NOTHING
        if value is None or value == []:
            return text(f"cost.unset_{name}", language)
        if isinstance(value, list):
            return between.join(known[name].get(key, key) for key in value)
        return f"{value:,}"

    pairs = "".join(
        f"<div><dt>{escape(text(_label(name), language))}</dt><dd>{escape(said(name))}</dd></div>" for name in names
    )
    return f"<dl class='plan-said'>{pairs}</dl>"


def _label(name: str) -> str:
    return "suites.judge" if name == "judge" else f"cost.input_{name}"
