"""The panels "Cost" and "The choice": their inputs, and where what follows from them is shown. Knows no handlers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import gradio as gr
from gradio.blocks import Block

from comparer.cost.estimate import MODES
from comparer.cost.prices import Gpu
from comparer.fit.recommendation import item_name
from comparer.texts import Language, text
from comparer.ui.context import Context
from comparer.ui.cost_figures import colour
from comparer.ui.cost_inputs import number
from comparer.ui.i18n import Localizer
from comparer.ui.rights import EDITORS
from comparer.ui.run_panel import Choices, judge_choices


@dataclass(frozen=True)
class CostPanel:
    """Every component of "Cost" that a handler touches; inputs by what they say of the plan."""

    inputs: dict[str, Block]
    gpus: dict[str, gr.Dropdown]
    """By the key of the model."""
    seconds: dict[str, gr.Number]
    forget: gr.Button
    told: gr.HTML


@dataclass(frozen=True)
class ChoicePanel:
    """The same of "The choice"."""

    inputs: dict[str, Block]
    told: gr.HTML


def build_cost_panel(context: Context, texts: Localizer) -> CostPanel:
    """Lay the panel out, empty."""
    add = texts.add
    inputs: dict[str, Block] = {}
    add(gr.HTML, {"value": _about})
    with gr.Row(elem_classes=["view-filters", EDITORS]):
        inputs["requests_a_day"] = number(texts, "requests_a_day")
        for name in ("active_hours", "peak_factor", "utilisation"):
            inputs[name] = number(texts, name, whole=False)
    with add(gr.Accordion, {"label": "cost.more_inputs"}, open=False, elem_id="cost-more", elem_classes=[EDITORS]):
        with gr.Row(elem_classes=["view-filters", EDITORS]):
            for name in ("output_tokens", "cold_start_s", "idle_timeout_s"):
                inputs[name] = number(texts, name, whole=False)
            inputs["at_a_time"] = number(texts, "at_a_time")
            inputs["session_hours"] = number(texts, "session_hours", whole=False)
        forget = add(gr.Button, {"value": "cost.forget_plan"}, size="sm", elem_id="cost-forget")
    gpus, seconds = {}, {}
    with gr.Row(elem_id="cost-models-said", elem_classes=[EDITORS]):
        for place, spec in enumerate(context.lineup.models):
            with gr.Column(min_width=220):
                add(gr.HTML, {"value": _heading(spec.label, place)})
                with gr.Row():
                    gpus[spec.key] = add(
                        gr.Dropdown,
                        {"label": "cost.input_gpu"},
                        choices=[],
                        value=None,
                        filterable=False,
                        min_width=110,
                        elem_id=f"cost-gpu-{place}",
                    )
                    seconds[spec.key] = add(
                        gr.Number,
                        {"label": "cost.input_seconds", "placeholder": "cost.as_measured"},
                        min_width=90,
                        elem_id=f"cost-seconds-{place}",
                    )
        add(gr.HTML, {"value": _seconds_hint}, elem_id="cost-seconds-hint")
    return CostPanel(inputs, gpus, seconds, forget, gr.HTML(elem_id="cost-told"))


def _about(language: Language) -> str:
    return f"<p class='plan-about'>{escape(text('cost.about', language))}</p>"


def _heading(label: str, place: int) -> Callable[[Language], str]:
    html = f"<h3 class='cost-head {colour(place)}'><span class='dot' aria-hidden='true'></span>{escape(label)}</h3>"
    return lambda _language: html


def _seconds_hint(language: Language) -> str:
    return f"<p class='plan-about'>{escape(text('cost.hint_seconds', language))}</p>"


def build_choice_panel(texts: Localizer) -> ChoicePanel:
    """Lay the panel out, empty."""
    add = texts.add
    inputs: dict[str, Block] = {}
    add(gr.HTML, {"value": _about})
    with gr.Row(elem_classes=["view-filters", EDITORS]):
        inputs["judge"] = add(
            gr.Radio, {"label": "suites.judge", "choices": judge_choices}, value="people", elem_id="cost-judge"
        )
        inputs["items"] = add(
            gr.Dropdown,
            {"label": "cost.input_items", "info": "cost.hint_items"},
            choices=[],
            value=[],
            multiselect=True,
            elem_id="cost-items",
        )
        inputs["gpus"] = add(
            gr.Dropdown,
            {"label": "cost.input_gpus", "info": "cost.hint_gpus"},
            choices=[],
            value=[],
            multiselect=True,
            elem_id="cost-gpus",
        )
    with gr.Row(elem_classes=["view-filters", EDITORS]):
        inputs["budget"] = number(texts, "budget", whole=False)
        inputs["latency_limit_s"] = number(texts, "latency_limit_s", whole=False)
        inputs["modes"] = add(
            gr.CheckboxGroup,
            {"label": "cost.input_modes", "choices": mode_choices},
            value=["on_demand"],
            elem_id="cost-modes",
        )
    return ChoicePanel(inputs, gr.HTML(elem_id="cost-choice"))


def mode_choices(language: Language) -> Choices:
    """The ways of renting."""
    return [(text(f"cost.mode_{mode}", language), mode) for mode in MODES]


def gpu_choices(gpus: Sequence[Gpu]) -> Choices:
    """The cards of the price table."""
    return [(gpu.name, gpu.key) for gpu in gpus]


def item_choices(context: Context, language: Language) -> Choices:
    """The test items in use."""
    return [(item_name(item, language), item.key) for item in context.store.items()]
