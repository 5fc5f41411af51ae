"""The answers behind one cell of the score table, worst first, a page at a time."""

from dataclasses import dataclass, replace

import gradio as gr
from gradio.blocks import Block

from comparer.fit.recommendation import item_name
from comparer.palette import COLOURS
from comparer.store import RatedCase, RatingFilter
from comparer.texts import Language
from comparer.ui.answer_rendering import answers_html
from comparer.ui.context import Context
from comparer.ui.i18n import Localizer, Updates

PAGE = 20
MOST = 200
"""So many cases may be open at once; whoever wants all of them takes the export."""
TO_ANSWERS = (
    "() => requestAnimationFrame(() => { const title = document.querySelector('#answers-title'); "
    "title?.scrollIntoView({ block: 'start', behavior: 'smooth' }); title?.focus({ preventScroll: true }); })"
)
"""Runs in the browser once the answers are there, so that keyboard and screen reader go on from their title."""


@dataclass(frozen=True, slots=True)
class OpenCell:
    """The cell whose answers are open, and what has been read of them."""

    item: str
    model: str
    lineup: str
    cases: tuple[RatedCase, ...] = ()
    next: str = ""


@dataclass(frozen=True)
class AnswersPanel:
    """The components; `opened` holds an `OpenCell`, or None while nothing is open."""

    opened: gr.State
    body: gr.HTML
    more: gr.Button
    close: gr.Button


def build_answers(texts: Localizer) -> AnswersPanel:
    """Lay the panel out; nothing of it is seen while no cell is open."""
    body = gr.HTML(elem_id="cell-answers")
    with gr.Row(elem_id="answers-tools"):
        more = texts.add(gr.Button, {"value": "fit.answers_more"}, size="sm", visible=False, elem_id="answers-more")
        close = texts.add(
            gr.Button, {"value": "fit.answers_close"}, size="sm", visible=False, elem_id="answers-close"
        )
    return AnswersPanel(gr.State(None), body, more, close)


class AnswersHandlers:
    """Opens, extends and redraws the panel. All may raise `ComparerError`."""

    def __init__(self, context: Context, panel: AnswersPanel) -> None:
        self._context = context
        self._panel = panel

    @property
    def shown(self) -> list[Block]:
        """What `show` changes."""
        panel = self._panel
        return [panel.opened, panel.body, panel.more, panel.close]

    def open(self, item: str, model: str, ratings: RatingFilter, language: Language) -> Updates:
        """The first page of a cell's answers; nothing for a model that is no column of the page."""
        if model not in self._context.of(ratings.lineup).lineup.keys:
            return self.show(None, language)
        return self.show(self._read(OpenCell(item, model, ratings.lineup), ratings, PAGE), language)

    def more(self, opened: OpenCell | None, ratings: RatingFilter, language: Language) -> Updates:
        """The next page below those that are open."""
        if opened is None or not opened.next:
            return self.show(opened, language)
        return self.show(self._read(opened, ratings, PAGE), language)

    def again(self, opened: OpenCell | None, ratings: RatingFilter, language: Language) -> Updates:
        """The open answers as the ratings and the filter stand now."""
        if opened is None:
            return self.show(None, language)
        fresh = replace(opened, cases=(), next="")
        return self.show(self._read(fresh, ratings, max(PAGE, len(opened.cases))), language)

    def show(self, opened: OpenCell | None, language: Language) -> Updates:
        """What has been read, in the page's language; an item that is no longer in use closes the panel."""
        names = {item.key: item_name(item, language) for item in self._context.store.items()}
        if opened is None or opened.item not in names:
            opened, html = None, ""
        else:
            context = self._context.of(opened.lineup)
            label = context.spec(opened.model).label
            colour = COLOURS[context.lineup.keys.index(opened.model)]
            html = answers_html(label, colour, names[opened.item], opened.cases, language)
        panel = self._panel
        return {
            panel.opened: opened,
            panel.body: html,
            panel.more: gr.update(visible=opened is not None and bool(opened.next) and len(opened.cases) < MOST),
            panel.close: gr.update(visible=opened is not None),
        }

    def _read(self, opened: OpenCell, ratings: RatingFilter, limit: int) -> OpenCell:
        page = self._context.store.cases(opened.item, opened.model, ratings, after=opened.next, limit=limit)
        return replace(opened, cases=(*opened.cases, *page.cases), next=page.next)
