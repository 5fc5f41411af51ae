"""Below the score table: charts, and how sure all of it is. Nothing is computed or drawn before it is opened."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.events import Dependency

from comparer.charts import CHARTS, all_charts
from comparer.errors import ComparerError
from comparer.fit.findings import findings, what_was_used
from comparer.palette import Theme
from comparer.store import RatingFilter
from comparer.texts import Language, text
from comparer.ui import plots
from comparer.ui.context import Context
from comparer.ui.i18n import Localizer, Updates
from comparer.ui.insight_rendering import findings_html
from comparer.ui.plots import WITH_THEME, theme_of

Asked = Callable[..., tuple[RatingFilter, Language]]
"""From the values of the tab's filter to the ratings that it leaves, and the page's language."""

_EVENTS: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "minimal",
    "concurrency_id": "insight",
    "concurrency_limit": 1,  # a second one would only wait for the same figures, and take the processor from models
}


@dataclass(frozen=True)
class InsightPanel:
    """Every component that a handler touches. `plots` are in the order of `CHARTS`."""

    charts: gr.Accordion
    plots: tuple[gr.Plot, ...]
    sure: gr.Accordion
    findings: gr.HTML
    opened: gr.State
    theme: gr.Textbox
    redraw: gr.Button
    """Pressed by the page's script when the ground changes."""


@dataclass(frozen=True, slots=True)
class View:
    """What is open, and on which ground it is drawn."""

    opened: frozenset[str] = frozenset()
    """Of "charts" and "sure"."""
    theme: Theme = "light"


def build_insight(texts: Localizer) -> InsightPanel:
    """Lay the panel out, closed."""
    add = texts.add
    with (
        add(gr.Accordion, {"label": "sure.charts"}, open=False, elem_id="insight-charts") as charts,
        gr.Row(elem_id="charts", equal_height=False),
    ):
        plots = tuple(_chart(texts, name) for name in CHARTS)
    with add(gr.Accordion, {"label": "sure.title"}, open=False, elem_id="insight-sure") as sure:
        told = add(gr.HTML, {"value": _waiting}, elem_id="findings")
    return InsightPanel(
        charts=charts,
        plots=plots,
        sure=sure,
        findings=told,
        opened=gr.State(frozenset()),
        theme=gr.Textbox("light", visible="hidden"),
        redraw=gr.Button(visible="hidden", elem_id="insight-redraw"),
    )


def _chart(texts: Localizer, name: str) -> gr.Plot:
    with gr.Column(min_width=340, elem_classes=["chart"]):
        texts.add(gr.HTML, {"value": partial(_caption, name)})
        return gr.Plot(show_label=False, container=False, elem_id=f"chart-{name}", buttons=[])


def _caption(name: str, language: Language) -> str:
    title, note = text(f"report.chart_{name}", language), text(f"report.note_{name}", language)
    return f"<h3>{escape(title)}</h3><p>{escape(note)}</p>"


def _waiting(language: Language) -> str:
    return f"<p class='fit-legend'>{escape(text('sure.waiting', language))}</p>"


class InsightHandlers:
    """Handlers of one page's panel."""

    def __init__(self, context: Context, panel: InsightPanel) -> None:
        self._context = context
        self._panel = panel

    @property
    def shown(self) -> list[Block]:
        """What `show` changes."""
        return [*self._panel.plots, self._panel.findings]

    def show(self, ratings: RatingFilter, language: Language, view: View = View()) -> Updates:
        """What is open, as those ratings stand now; what is closed stays as it is."""
        updates: Updates = {self._panel.findings: gr.skip()}  # an update of nothing at all is an error to Gradio
        try:
            if "charts" in view.opened:
                updates |= self._draw(ratings, language, view.theme)
            if "sure" in view.opened:
                updates |= self._tell(ratings, language)
        except ComparerError as error:
            gr.Warning(error.sentence(language))
        return updates

    def _draw(self, ratings: RatingFilter, language: Language, theme: Theme) -> Updates:
        context = self._context.of(ratings.lineup)
        table, evidence = context.score_table(ratings), context.evidence(ratings)
        figures = all_charts(table, evidence, language, theme, context.labels)
        return {plot: plots.plot(figures[name]) for plot, name in zip(self._panel.plots, CHARTS, strict=True)}

    def _tell(self, ratings: RatingFilter, language: Language) -> Updates:
        context = self._context.of(ratings.lineup)
        evidence = context.evidence(ratings)
        told = findings(evidence, language, context.labels)
        return {self._panel.findings: findings_html(told, what_was_used(evidence, language), language)}


def wire_insight(
    panel: InsightPanel,
    handlers: InsightHandlers,
    *,
    after: Sequence[Dependency],
    inputs: Sequence[Block],
    asked: Asked,
) -> None:
    """Draw what is opened, and draw anew `after` the events that changed what the table shows; inside `gr.Blocks`.

    `inputs` are the components of the tab's filter, whose values `asked` gets.
    """
    given = [panel.theme, panel.opened, *inputs]

    def draw(theme: str, opened: frozenset[str], *values: Any) -> Updates:
        return handlers.show(*asked(*values), View(opened, theme_of(theme)))

    def opening(section: str) -> Callable[..., Updates]:
        def run(theme: str, opened: frozenset[str], *values: Any) -> Updates:
            drawn = handlers.show(*asked(*values), View(frozenset({section}), theme_of(theme)))
            return {panel.opened: opened | {section}, **drawn}

        return run

    def closing(section: str) -> Callable[[frozenset[str]], frozenset[str]]:
        return lambda opened: opened - {section}

    for section, accordion in (("charts", panel.charts), ("sure", panel.sure)):
        accordion.expand(opening(section), given, [panel.opened, *handlers.shown], js=WITH_THEME, **_EVENTS)
        accordion.collapse(closing(section), panel.opened, panel.opened, **_EVENTS)
    panel.redraw.click(draw, given, handlers.shown, js=WITH_THEME, **_EVENTS)
    for event in after:
        event.then(draw, given, handlers.shown, js=WITH_THEME, **_EVENTS)
