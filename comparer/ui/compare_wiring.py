"""Which event of the Compare tab runs which handler, and what it may change."""

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.blocks import Block

from comparer.texts import Language
from comparer.ui.compare_handlers import CompareHandlers
from comparer.ui.compare_layout import CompareTab
from comparer.ui.compare_state import CompareState
from comparer.ui.fit_tab import FitHandlers, FitTab
from comparer.ui.i18n import Updates

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def wire_compare(
    tab: CompareTab,
    handlers: CompareHandlers,
    fit: FitTab,
    fit_handlers: FitHandlers,
    reviewer: gr.Textbox,
    language: gr.State,
) -> None:
    """Connect the tab's components; call inside `gr.Blocks`."""
    sampling = [tab.temperature, tab.max_new_tokens, tab.max_image_tokens]
    streaming: list[Block] = [*handlers.shown, *handlers.chats, tab.question, tab.send, tab.stop]
    gr.on(
        [tab.send.click, tab.question.submit],
        handlers.ask,
        [tab.question, tab.picture, tab.item, tab.blind, tab.policy, *sampling, reviewer, language, tab.state],
        streaming,
        concurrency_id="ask",
        concurrency_limit=16,
        **QUIET,
    )
    tab.stop.click(handlers.stop, None, None, queue=False, **QUIET)
    tab.new.click(handlers.new, language, [*streaming, *handlers.notes], **QUIET)
    tab.picture.upload(handlers.check_picture, [tab.picture, language], tab.picture, **QUIET)
    tab.address.submit(handlers.fetch, [tab.address, language], [tab.picture, tab.address], **QUIET)
    tab.gallery.select(
        handlers.choose_example,
        language,
        [tab.picture, tab.item, tab.example, *tab.suggestions],
        **QUIET,
    )
    for suggestion in tab.suggestions:
        suggestion.click(lambda shown: shown, suggestion, tab.question, queue=False, **QUIET)

    rated = [*handlers.shown, fit.advice, fit.table]
    rating_inputs = [reviewer, language, tab.state, fit.blind_only]
    for position, column in enumerate(tab.columns):
        column.retry.click(
            _retry(handlers, position),
            [*sampling, language, tab.state],
            streaming,
            concurrency_id="ask",
            **QUIET,
        )
        given = [column.reasons, column.note, *rating_inputs]
        column.accept.click(_rate(handlers, fit_handlers, position, True), given, rated, **QUIET)
        refuse = _rate(handlers, fit_handlers, position, False)
        gr.on([column.refuse.click, column.reasons.input, column.note.blur], refuse, given, rated, **QUIET)
        column.best.click(
            _vote(handlers, "ABCDEF"[position]), [reviewer, language, tab.state], handlers.shown, **QUIET
        )
    for button, best in ((tab.tie, "tie"), (tab.none, "none")):
        button.click(_vote(handlers, best), [reviewer, language, tab.state], handlers.shown, **QUIET)
    tab.reveal.click(handlers.reveal, [language, tab.state], handlers.shown, **QUIET)


def _retry(handlers: CompareHandlers, position: int) -> Callable[..., Any]:
    async def retry(
        temperature: float,
        max_new_tokens: float,
        max_image_tokens: float,
        language: Language,
        state: CompareState,
        request: gr.Request,
    ) -> Any:
        async for updates in handlers.retry(
            position, temperature, max_new_tokens, max_image_tokens, language, state, request
        ):
            yield updates

    return retry


def _rate(handlers: CompareHandlers, fit: FitHandlers, position: int, acceptable: bool) -> Callable[..., Updates]:
    def rate(
        reasons: list[str], note: str, reviewer: str, language: Language, state: CompareState, blind_only: bool
    ) -> Updates:
        updates = handlers.rate(position, acceptable, reasons, note, reviewer, language, state)
        return updates | fit.show(blind_only, language)

    return rate


def _vote(handlers: CompareHandlers, best: str) -> Callable[..., Updates]:
    def vote(reviewer: str, language: Language, state: CompareState) -> Updates:
        return handlers.vote(best, reviewer, language, state)

    return vote
