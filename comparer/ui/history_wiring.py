"""Which event of the History tab runs which handler, and what it may change."""

from collections.abc import Callable
from typing import Any, NamedTuple

import gradio as gr
from gradio.blocks import Block

from comparer.ui.add_to_suite import wire_add
from comparer.ui.compare_wiring import QUIET
from comparer.ui.context import Context
from comparer.ui.downloads import fetch_file
from comparer.ui.history_handlers import Given, HistoryHandlers
from comparer.ui.history_layout import HistoryTab
from comparer.ui.i18n import Updates
from comparer.ui.reopening import Reopening

TO_READING = """() => setTimeout(() => {
  const focused = document.activeElement?.closest('#history-list');
  if (!focused?.offsetParent) document.querySelector('#history-reading h2')?.focus();
}, 200)"""
"""Runs in the browser once a conversation is shown: a list that is no longer in sight hands its focus on."""
TO_KEEP = "() => setTimeout(() => document.querySelector('#history-keep')?.focus(), 200)"
"""Enter twice deletes nothing."""
FROM_ADDRESS = "() => document.dispatchEvent(new CustomEvent('open-address'))"
"""Runs in the browser once the page knows its reader: opens what the address names; see `dashboard.js`."""


class Shown(NamedTuple):
    """The handler that shows the tab anew, its inputs and its outputs."""

    handler: Callable[..., Updates]
    inputs: list[Block]
    outputs: list[Block]


def wire_history(
    context: Context, tab: HistoryTab, page: gr.Tab, tabs: gr.Tabs, reopening: Reopening, reviewer: gr.Textbox
) -> Shown:
    """Connect the tab, and the hidden box that opens whatever conversation's id is put into it, from any tab.

    Call inside `gr.Blocks`, outside of the tabs. Returns what shows it again, for events of other places."""
    handlers = HistoryHandlers(context, tab, tabs, reopening)
    filters, compare = tab.filters, reopening.tab
    sought = [
        filters.text, filters.item, filters.lineup, filters.reviewer, filters.rated, filters.source,
        filters.since, filters.until,
    ]  # fmt: skip
    inputs: list[Block] = [*sought, reviewer, tab.state, compare.state]
    everywhere = list(dict.fromkeys([*handlers.listed, *handlers.read]))
    show = _given(handlers.show)
    gr.on([page.select, reviewer.submit, reviewer.blur], show, inputs, handlers.shown, **QUIET)
    gr.on(
        [filters.text.submit, tab.search.click, filters.since.change, filters.until.change]
        + [
            choice.input for choice in (filters.item, filters.lineup, filters.reviewer, filters.rated, filters.source)
        ],
        _given(handlers.search),
        inputs,
        handlers.listed,
        **QUIET,
    )
    tab.clear.click(lambda: ["", "", "", "", "", "", None, None], None, sought, queue=False, **QUIET).then(
        _given(handlers.search), inputs, handlers.listed, **QUIET
    )
    tab.older.click(_given(handlers.older), inputs, handlers.listed, **QUIET)
    tab.newer.click(_given(handlers.newer), inputs, handlers.listed, **QUIET)
    opener = gr.Textbox(visible="hidden", elem_id="open-conversation", label="open-conversation")

    def open_conversation(conversation_id: str, *values: Any) -> Updates:
        return handlers.open_conversation(conversation_id, Given(*values))

    opener.change(open_conversation, [opener, *inputs], [*handlers.read, tabs], **QUIET).then(js=TO_READING)
    tab.back.click(_given(handlers.close), inputs, handlers.read, **QUIET)

    def resume(request: gr.Request, *values: Any) -> Updates:
        return handlers.resume(Given(*values), request)

    tab.resume.click(resume, inputs, [*reopening.outputs, tabs, tab.state], **QUIET)
    for button, format_name in ((tab.markdown, "markdown"), (tab.json, "json")):
        button.click(_write(handlers, format_name), inputs, tab.file, **QUIET).success(
            None, tab.file, None, js=fetch_file("conversation-file")
        )
    tab.star.click(_given(handlers.star), inputs, [*handlers.listed, tab.star], **QUIET)
    tab.delete.click(_given(handlers.ask_to_delete), inputs, handlers.read, **QUIET).then(js=TO_KEEP)
    tab.keep.click(handlers.keep, None, tab.confirm, queue=False, **QUIET)

    def delete(request: gr.Request, *values: Any) -> Updates:
        return handlers.delete(Given(*values), request)

    tab.delete_for_good.click(delete, inputs, [*everywhere, *reopening.begun_anew], **QUIET)
    at_hand: list[Block] = [tab.state, compare.state]
    wire_add(
        context, tab.add_case, tab.add_form, at_hand, lambda state, _: state.opened, [opener.change, tab.back.click]
    )
    return Shown(show, inputs, handlers.shown)


def _given(handler: Callable[[Given], Updates]) -> Callable[..., Updates]:
    def run(*values: Any) -> Updates:
        return handler(Given(*values))

    return run


def _write(handlers: HistoryHandlers, format_name: str) -> Callable[..., str | None]:
    def write(*values: Any) -> str | None:
        return handlers.write(format_name, Given(*values))

    return write
