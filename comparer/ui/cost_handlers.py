"""What happens on the panels "Cost" and "The choice". What is set there holds for everybody and goes into the report.

Handlers return `{component: value}` and raise `ComparerError`; the wiring says it in the visitor's language.
"""

import threading
from collections.abc import Mapping
from typing import Any

import gradio as gr
from gradio.blocks import Block

from comparer.cost.kept import forget_plan, keep_plan
from comparer.cost.reading import current_plan, read_facts
from comparer.cost.view import CostView, Facts, card_for, cost_view
from comparer.texts import Language
from comparer.ui.compare_state import CompareState
from comparer.ui.context import Context
from comparer.ui.cost_choice_rendering import choice_html
from comparer.ui.cost_inputs import changed, shown_in
from comparer.ui.cost_panel import ChoicePanel, CostPanel, gpu_choices, item_choices
from comparer.ui.cost_plan_said import plan_said_html
from comparer.ui.cost_rendering import cost_html
from comparer.ui.i18n import Updates

_one_change_at_a_time = threading.Lock()


def set_inputs(context: Context, given: Mapping[str, Any]) -> None:
    """Set some of the plan for everybody. Raises `ComparerError`; then nothing is changed."""
    with _one_change_at_a_time:
        plan = current_plan(context.store, context.lineup.name)
        for name, value in given.items():
            plan = changed(plan, name, value)
        keep_plan(context.store, context.lineup.name, plan)


def facts_of(context: Context, state: CompareState) -> Facts:
    """What the cost of this lineup rests on, without a conversation whose models this visitor must not know yet."""
    hidden = state.conversation_id if state.hidden else ""
    ratings = context.ratings(without_conversation=hidden)
    return read_facts(context.store, context.runs, context.lineup, ratings, model_ids=context.model_ids)


class CostHandlers:
    """Handlers of one page's panel "Cost"."""

    def __init__(self, context: Context, panel: CostPanel) -> None:
        self._context = context
        self._panel = panel

    @property
    def shown(self) -> list[Block]:
        """What `show` changes."""
        panel = self._panel
        return [*panel.inputs.values(), *panel.gpus.values(), *panel.seconds.values(), panel.told]

    def show(self, state: CompareState) -> Updates:
        """Inputs and figures as they stand now."""
        facts = facts_of(self._context, state)
        panel, values = self._panel, shown_in(facts.plan)
        updates: Updates = {component: gr.update(value=values[name]) for name, component in panel.inputs.items()}
        choices = gpu_choices(facts.prices.table.gpus)
        for spec in self._context.lineup.models:
            gpu, _ = card_for(facts, spec)
            updates[panel.gpus[spec.key]] = gr.update(choices=choices, value=gpu.key)
            updates[panel.seconds[spec.key]] = gr.update(value=facts.plan.model(spec.key).seconds)
        return updates | self._tell(facts, state.language)

    @property
    def changing(self) -> list[Block]:
        """What `change` changes."""
        return [self._panel.told, *self._panel.seconds.values()]

    def change(self, name: str, value: Any, state: CompareState) -> Updates:
        """Set one input, and tell what follows. Others stay as they are, for somebody may be typing there.

        Seconds are those of one card: with them the card beside them is meant, and another card begins without.
        """
        what, _, key = name.partition(":")
        cleared: Updates = {}
        given = {name: value}
        if what == "gpu":
            cleared = {self._panel.seconds[key]: gr.update(value=None)}
        if what == "seconds":
            gpu, chosen = card_for(facts_of(self._context, state), self._context.spec(key))
            given = given if chosen else {f"gpu:{key}": gpu.key, **given}
        set_inputs(self._context, given)
        return cleared | self._tell(facts_of(self._context, state), state.language)

    def forget(self, state: CompareState) -> Updates:
        """Reckon from what the product takes for granted again."""
        forget_plan(self._context.store, self._context.lineup.name)
        return self.show(state)

    def _tell(self, facts: Facts, language: Language) -> Updates:
        said = plan_said_html(facts.plan, tuple(self._panel.inputs), language)
        return {self._panel.told: said + cost_html(cost_view(facts, with_flips=False), language)}


class ChoiceHandlers:
    """Handlers of one page's panel "The choice"."""

    def __init__(self, context: Context, panel: ChoicePanel) -> None:
        self._context = context
        self._panel = panel

    @property
    def shown(self) -> list[Block]:
        """What `show` changes."""
        return [*self._panel.inputs.values(), self._panel.told]

    def show(self, state: CompareState) -> Updates:
        """Inputs and decision as they stand now."""
        facts = facts_of(self._context, state)
        values = shown_in(facts.plan)
        choices = {
            "items": item_choices(self._context, state.language),
            "gpus": gpu_choices(facts.prices.table.gpus),
        }
        updates: Updates = {}
        for name, component in self._panel.inputs.items():
            offered: dict[str, Any] = {"choices": choices[name]} if name in choices else {}
            updates[component] = gr.update(value=values[name], **offered)
        return updates | self._tell(cost_view(facts), state.language)

    def change(self, name: str, value: Any, state: CompareState) -> Updates:
        """Set one need, and tell what follows."""
        set_inputs(self._context, {name: value})
        return self._tell(cost_view(facts_of(self._context, state)), state.language)

    def _tell(self, view: CostView, language: Language) -> Updates:
        cards = {gpu.key: gpu.name for gpu in view.facts.prices.table.gpus}
        items = [row.item for row in view.facts.table.rows]
        said = plan_said_html(view.facts.plan, tuple(self._panel.inputs), language, cards=cards, items=items)
        return {self._panel.told: said + choice_html(view, language)}
