"""The panel "Long conversations" of the Test suites tab: after how many turns a model goes wrong. No handlers."""

from dataclasses import dataclass

import gradio as gr

from comparer.run_records import Run, RunModel
from comparer.texts import Language, text
from comparer.ui.context import Context
from comparer.ui.i18n import Localizer
from comparer.ui.run_panel import Choices, judge_choices
from comparer.ui.run_rendering import run_choice
from comparer.ui.view_address import DriftLooking

MOST_RUNS = 200
"""Of the newest runs, those are offered that have long conversations."""


@dataclass(frozen=True)
class DriftPanel:
    """Every component of the panel that a handler touches."""

    looking: gr.State
    run: gr.Dropdown
    judge: gr.Radio
    all_runs: gr.Checkbox
    head: gr.HTML
    plot: gr.Plot
    below: gr.HTML
    theme: gr.Textbox
    redraw: gr.Button
    """Pressed by the page's script when the ground changes."""


def build_drift_panel(texts: Localizer) -> DriftPanel:
    """Lay the panel out, empty."""
    add = texts.add
    looking = gr.State(DriftLooking(), time_to_live=86_400)
    add(gr.HTML, {"value": _about}, elem_id="drift-about")
    with gr.Row(elem_id="drift-filters", elem_classes=["view-filters"]):
        run = add(gr.Dropdown, {"label": "drift.run"}, choices=[], value=None, filterable=True, elem_id="drift-run")
        judge = add(
            gr.Radio, {"label": "suites.judge", "choices": judge_choices}, value="checks", elem_id="drift-judge"
        )
        all_runs = add(
            gr.Checkbox, {"label": "drift.all_runs", "info": "drift.all_runs_hint"}, value=False, elem_id="drift-all"
        )
    head = gr.HTML(elem_id="drift-head")
    plot = gr.Plot(show_label=False, container=False, elem_id="drift-plot", buttons=[], visible=False)
    below = gr.HTML(elem_id="drift-below")
    theme = gr.Textbox("light", visible="hidden")
    redraw = gr.Button(visible="hidden", elem_id="drift-redraw")
    return DriftPanel(looking, run, judge, all_runs, head, plot, below, theme, redraw)


def _about(language: Language) -> str:
    return f"<p class='plan-about'>{text('drift.about', language)}</p>"


def long_runs(context: Context) -> tuple[Run, ...]:
    """The newest runs with answers and with conversations of several turns, newest first."""
    return tuple(run for run in context.runs.listed(limit=MOST_RUNS) if run.answers and has_long_cases(run))


def has_long_cases(run: Run) -> bool:
    """Whether some case has several turns: the run then has more answers than cases, models and repeats make."""
    return run.planned > run.cases * len(run.request.models) * run.request.repeats


def run_choices(runs: tuple[Run, ...], language: Language) -> Choices:
    """The runs by suite, lineup and time."""
    return [(run_choice(run, language), run.id) for run in runs]


def same_models(one: Run, other: Run) -> bool:
    """Whether two runs asked the same suite of the same models, whole."""

    def models(run: Run) -> list[tuple[str, str, str]]:
        return [_identity(model) for model in run.request.models]

    plans = {one.request.plan, other.request.plan}
    return one.request.suite == other.request.suite and plans == {"whole"} and models(one) == models(other)


def _identity(model: RunModel) -> tuple[str, str, str]:
    return model.key, model.model_id, model.precision
