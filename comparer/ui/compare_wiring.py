"""Which event of the Compare tab runs which handler, and what it may change."""

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.blocks import Block

from comparer.ui.compare_handlers import CompareHandlers
from comparer.ui.compare_layout import CompareTab
from comparer.ui.compare_state import CompareState
from comparer.ui.fit_tab import FitHandlers, FitTab
from comparer.ui.gallery_handlers import GalleryHandlers
from comparer.ui.i18n import Updates
from comparer.ui.rating_handlers import RatingHandlers
from comparer.ui.remedy_handlers import RemedyHandlers

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
ASKING: dict[str, Any] = {**QUIET, "concurrency_id": "question", "concurrency_limit": None}
"""All at once: models are waited for where everybody sees it, and the gate limits how many questions there are."""
RATING: dict[str, Any] = {**QUIET, "concurrency_id": "rating", "concurrency_limit": 1}
"""One rating event at a time: two of one reviewer must take effect in the order in which they were given."""
TO_QUESTION = "() => matchMedia('(pointer: fine)').matches && document.querySelector('#question textarea').focus()"
"""Runs in the browser once a question is in the box, so that Enter sends it; a phone's keyboard would only rise."""


def wire_asking(
    tab: CompareTab,
    handlers: CompareHandlers,
    gallery: GalleryHandlers,
    remedies: RemedyHandlers,
    reviewer: gr.Textbox,
) -> None:
    """Connect picture, question and conversation; call inside `gr.Blocks`."""
    sampling = [tab.temperature, tab.max_new_tokens, tab.max_image_tokens]
    streaming: list[Block] = [
        *handlers.shown, *handlers.chats, *handlers.notes, tab.question, tab.send, tab.stop
    ]  # fmt: skip
    gr.on(
        [tab.send.click, tab.question.submit],
        handlers.ask,
        [tab.question, tab.picture, tab.item, tab.blind, tab.policy, *sampling, reviewer, tab.state],
        streaming,
        **ASKING,
    )
    for position, column in enumerate(tab.columns):
        column.retry.click(_retry(handlers, position), [*sampling, tab.state], streaming, **ASKING)
        for remedy, button in column.remedies.buttons.items():
            button.click(remedies.asking_again(remedy, position), tab.state, streaming, **ASKING)
    tab.stop.click(handlers.stop, None, None, queue=False, **QUIET)
    tab.new.click(handlers.new, [tab.blind, tab.state], streaming, **QUIET)
    tab.blind.input(handlers.preview_blind, [tab.blind, tab.state], handlers.shown, **QUIET)
    tab.picture.upload(handlers.check_picture, [tab.picture, tab.state], [tab.picture, tab.state], **QUIET)
    tab.address.submit(handlers.fetch, [tab.address, tab.state], [tab.picture, tab.address], **QUIET)
    taken = [*streaming, tab.picture, tab.item, tab.example, *tab.suggestions]
    tab.gallery.select(gallery.choose, [tab.blind, tab.state], taken, **QUIET)
    for place, starter in enumerate(tab.starters.buttons):
        starter.click(_start(gallery, place), [tab.blind, tab.state], taken, **QUIET).then(js=TO_QUESTION)
    for suggestion in tab.suggestions:
        suggestion.click(_same, suggestion, tab.question, queue=False, **QUIET).then(js=TO_QUESTION)


def wire_rating(
    tab: CompareTab, handlers: CompareHandlers, rating: RatingHandlers, fit: FitTab, fit_handlers: FitHandlers,
    reviewer: gr.Textbox,
) -> None:  # fmt: skip
    """Connect ratings and votes, and the score table that they change; call inside `gr.Blocks`."""
    rated = [*handlers.shown, *handlers.notes, *fit_handlers.shown]
    given = [reviewer, tab.state, fit.filter.value]

    def then_table(handler: Callable[..., Updates]) -> Callable[..., Updates]:
        def run(*values: Any) -> Updates:
            *mine, state, shown = values
            return handler(*mine, state) | fit_handlers.show(shown, state)

        return run

    for position, column in enumerate(tab.columns):
        for button, acceptable in ((column.accept, True), (column.refuse, False)):
            button.click(then_table(_rate(rating, position, acceptable)), given, rated, **RATING)
        gr.on(
            [column.reasons.input, column.note.blur, column.note.submit],
            then_table(_explain(rating, position)),
            [column.reasons, column.note, *given],
            rated,
            **RATING,
        )
        column.best.click(then_table(_vote(rating, "ABCDEF"[position])), given, rated, **RATING)
    for button, best in ((tab.tie, "tie"), (tab.none, "none")):
        button.click(then_table(_vote(rating, best)), given, rated, **RATING)
    gr.on(
        [reviewer.blur, reviewer.submit],
        rating.change_reviewer,
        [reviewer, tab.state],
        handlers.shown,
        **RATING,
    )


def _start(gallery: GalleryHandlers, starter: int) -> Callable[..., Updates]:
    def start(blind: bool, state: CompareState, request: gr.Request) -> Updates:
        return gallery.start(starter, blind, state, request)

    return start


def _same(value: str) -> str:
    return value


def _retry(handlers: CompareHandlers, position: int) -> Callable[..., Any]:
    async def retry(
        temperature: float,
        max_new_tokens: float,
        max_image_tokens: float,
        state: CompareState,
        request: gr.Request,
    ) -> Any:
        async for updates in handlers.retry(position, temperature, max_new_tokens, max_image_tokens, state, request):
            yield updates

    return retry


def _rate(rating: RatingHandlers, position: int, acceptable: bool) -> Callable[..., Updates]:
    def rate(reviewer: str | None, state: CompareState) -> Updates:
        return rating.rate(position, acceptable, reviewer, state)

    return rate


def _explain(rating: RatingHandlers, position: int) -> Callable[..., Updates]:
    def explain(reasons: list[str], note: str, reviewer: str | None, state: CompareState) -> Updates:
        return rating.explain(position, reasons, note, reviewer, state)

    return explain


def _vote(rating: RatingHandlers, best: str) -> Callable[..., Updates]:
    def vote(reviewer: str | None, state: CompareState) -> Updates:
        return rating.vote(best, reviewer, state)

    return vote
