"""The panel "Compare runs" of the Test suites tab: what another lineup or precision changes. Knows no handlers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import gradio as gr

from comparer.fit.run_comparison import KINDS
from comparer.run_records import Run
from comparer.texts import Language, text
from comparer.ui.context import Context
from comparer.ui.drift_panel import MOST_RUNS
from comparer.ui.i18n import Localizer
from comparer.ui.run_panel import Choices, judge_choices
from comparer.ui.run_rendering import run_choice
from comparer.ui.view_address import MOST_CANDIDATES, ComparisonLooking, SideChoice

PAGE = 10


@dataclass(frozen=True)
class ComparisonPanel:
    """Every component of the panel that a handler touches."""

    looking: gr.State
    reference: gr.Dropdown
    candidates: gr.Dropdown
    judge: gr.Radio
    head: gr.HTML
    filters: gr.Row
    shown: gr.Dropdown
    kind: gr.Dropdown
    download: gr.Button
    file: gr.DownloadButton
    count: gr.HTML
    changes: gr.HTML
    pager: gr.Row
    before: gr.Button
    after: gr.Button


def build_comparison_panel(texts: Localizer) -> ComparisonPanel:
    """Lay the panel out, empty."""
    add = texts.add
    looking = gr.State(ComparisonLooking(), time_to_live=86_400)
    add(gr.HTML, {"value": _about}, elem_id="versus-about")
    with gr.Row(elem_id="versus-sides", elem_classes=["view-filters"]):
        reference = add(
            gr.Dropdown, {"label": "versus.reference"}, choices=[], value=None, elem_id="versus-reference"
        )
        candidates = add(
            gr.Dropdown,
            {"label": "versus.candidates"},
            choices=[],
            value=[],
            multiselect=True,
            max_choices=MOST_CANDIDATES,
            elem_id="versus-candidates",
        )
        judge = add(
            gr.Radio, {"label": "suites.judge", "choices": judge_choices}, value="checks", elem_id="versus-judge"
        )
    head = gr.HTML(elem_id="versus-head")
    with gr.Row(visible=False, elem_id="versus-filters", elem_classes=["view-filters"]) as filters:
        shown = add(
            gr.Dropdown, {"label": "versus.shown"}, choices=[], value=None, filterable=False, elem_id="versus-shown"
        )
        kind = add(
            gr.Dropdown,
            {"label": "versus.kind", "choices": kind_choices},
            value="",
            filterable=False,
            elem_id="versus-kind",
        )
        download = add(gr.Button, {"value": "versus.download"}, size="md", elem_id="versus-download")
    count = gr.HTML(elem_id="versus-count")
    changes = gr.HTML(elem_id="versus-changes")
    with gr.Row(visible=False, elem_id="versus-pager") as pager:
        before = add(gr.Button, {"value": "grid.page_before"}, size="sm", elem_id="versus-before")
        after = add(gr.Button, {"value": "grid.page_after"}, size="sm", elem_id="versus-after")
    file = gr.DownloadButton(elem_id="versus-file", visible="hidden")
    return ComparisonPanel(
        looking, reference, candidates, judge, head, filters, shown, kind, download, file, count, changes, pager,
        before, after,
    )  # fmt: skip


def _about(language: Language) -> str:
    return f"<p class='plan-about'>{text('versus.about', language)}</p>"


def kind_choices(language: Language, counts: Mapping[str, int] = MappingProxyType({})) -> Choices:
    """Which changes are listed, with how many each choice has; the empty one is all of them."""
    keys = [("", "all"), *((kind, kind) for kind in KINDS)]
    return [
        (text(f"versus.kind_{name}", language) + (f" ({counts[kind]})" if counts else ""), kind)
        for kind, name in keys
    ]


def answered_runs(context: Context) -> tuple[Run, ...]:
    """The newest runs with answers, newest first."""
    return tuple(run for run in context.runs.listed(limit=MOST_RUNS) if run.answers)


def side_choices(runs: Sequence[Run], language: Language, suite: str = "") -> Choices:
    """Every model of these runs, or of those of one suite, the largest model of each run first."""
    return [
        (f"{model.label} · {run_choice(run, language)}", str(SideChoice(run.id, model.key)))
        for run in runs
        if not suite or run.request.suite == suite
        for model in reversed(run.request.models)
    ]


def first_looking(runs: Sequence[Run], wanted: str = "") -> ComparisonLooking:
    """What to compare where nobody has said it: the models of one run with its last, largest or most exact one.

    `wanted` is a run that somebody looks at; else the newest of one model at several precisions, else the newest of
    several models. With nothing but runs of one model it is the newest against the one before of the same suite.
    """
    several = [run for run in runs if len(run.request.models) > 1]
    chosen = next((run for run in several if run.id == wanted), None)
    chosen = chosen or next((run for run in several if is_of_precisions(run)), None) or next(iter(several), None)
    if chosen is not None:
        *others, last = chosen.request.models
        candidates = tuple(SideChoice(chosen.id, model.key) for model in reversed(others))
        return ComparisonLooking(SideChoice(chosen.id, last.key), candidates[:MOST_CANDIDATES])
    for newer in runs:
        earlier = next(
            (run for run in runs[runs.index(newer) + 1 :] if run.request.suite == newer.request.suite), None
        )
        if earlier is not None:
            return ComparisonLooking(_only(earlier), (_only(newer),))
    return ComparisonLooking(_only(runs[0]) if runs else None)


def is_of_precisions(run: Run) -> bool:
    """Whether the run asked one model at several precisions."""
    models = run.request.models
    return len({model.model_id for model in models}) == 1 and len({model.precision for model in models}) > 1


def _only(run: Run) -> SideChoice:
    return SideChoice(run.id, run.request.models[-1].key)
