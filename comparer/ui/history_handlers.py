"""What happens in the History tab: find, page, open, continue, take away, delete.

Handlers return `{component: value}`; whatever went wrong becomes a sentence in the visitor's language and leaves the
page as it was.
"""

import re
from dataclasses import replace
from typing import Any, NamedTuple

import gradio as gr
from gradio.blocks import Block

from comparer.errors import ComparerError, InputError
from comparer.export.conversation_file import write_conversation
from comparer.store import ConversationSummary, HistorySearch
from comparer.texts import Language, text
from comparer.transcript import Transcript, read_transcript
from comparer.ui import history_rendering
from comparer.ui.compare_state import CompareState
from comparer.ui.context import Context
from comparer.ui.days import beginning, end, read_day
from comparer.ui.downloads import download_folder
from comparer.ui.history_layout import HistoryState, HistoryTab, item_choices, lineup_choices, reviewer_choices
from comparer.ui.i18n import Updates
from comparer.ui.reopening import Reopening, check_can_continue

PAGE = 25
MAX_ID = 64
_NO_ID = re.compile(r"[^0-9A-Za-z_-]")


class Given(NamedTuple):
    """What every handler gets: the filters as they stand, who reads, and what this browser session remembers."""

    text: str | None
    item: str | None
    lineup: str | None
    reviewer: str | None
    rated: str | None
    source: str | None
    since: str | None
    until: str | None
    own: str | None
    """The reader's own name."""
    history: HistoryState
    compare: CompareState

    @property
    def language(self) -> Language:
        return self.compare.latest.language

    @property
    def own_name(self) -> str:
        return (self.own or "").strip()


def sought_by(given: Given) -> HistorySearch:
    """The filters as a search; both days count. Raises InputError `date_unusable`."""
    return HistorySearch(
        text=given.text or "",
        item=given.item or "",
        lineup=given.lineup or "",
        reviewer=given.reviewer or "",
        since=beginning(read_day(given.since or "")),
        until=end(read_day(given.until or "")),
        rated=None if not given.rated else given.rated == "rated",
        of_runs=None if not given.source else given.source == "runs",
    )


def star_button(starred: bool, language: Language, **properties: Any) -> Any:
    """The button that stars a conversation, as it stands."""
    return gr.update(value=text("history.unstar" if starred else "history.star", language), **properties)


class HistoryHandlers:
    """Handlers of one page's History tab."""

    def __init__(self, context: Context, tab: HistoryTab, tabs: gr.Tabs, reopening: Reopening) -> None:
        self._context = context
        self._tab = tab
        self._tabs = tabs
        self._reopening = reopening

    # --- what the page shows ---------------------------------------------------------------------------

    @property
    def listed(self) -> list[Block]:
        """What the search and the pages change."""
        tab = self._tab
        return [tab.state, tab.count, tab.list, tab.newer, tab.older]

    @property
    def read(self) -> list[Block]:
        """What opening and closing a conversation change."""
        tab = self._tab
        return [tab.state, tab.tools, tab.resume, tab.star, tab.delete, tab.confirm, tab.question, tab.reading]

    @property
    def shown(self) -> list[Block]:
        """What `show` changes."""
        filters = self._tab.filters
        return list(dict.fromkeys([*self.listed, *self.read, filters.item, filters.lineup, filters.reviewer]))

    def show(self, given: Given) -> Updates:
        """Choices, list and opened conversation as they are kept now, in the page's language."""
        language, filters = given.language, self._tab.filters
        try:
            choices = {
                filters.item: gr.update(choices=item_choices(self._context, language)),
                filters.lineup: gr.update(choices=lineup_choices(self._context, language)),
                filters.reviewer: gr.update(choices=reviewer_choices(self._context, language, given.own_name)),
            }
            updates = self._page(given, given.history)
        except ComparerError as error:
            gr.Warning(error.sentence(language))
            return {self._tab.state: given.history}
        listed: HistoryState = updates[self._tab.state]  # it knows where the next page begins
        if not listed.opened:
            return choices | updates | self._closed(listed, language)
        try:
            return choices | updates | self._opened(given._replace(history=listed), listed.opened)
        except ComparerError:  # deleted meanwhile by somebody else: the list says so by itself
            return choices | updates | self._closed(listed, language)

    def _page(self, given: Given, state: HistoryState) -> Updates:
        """The list from the last of the state's cursors on. Raises ComparerError."""
        tab, language = self._tab, given.language
        page = self._context.store.search(sought_by(given), after=state.cursors[-1], limit=PAGE)
        before = PAGE * (len(state.cursors) - 1)
        items = history_rendering.item_names(self._context, language)
        return {
            tab.state: replace(state, next=page.next),
            tab.count: history_rendering.count_html(page, before, language),
            tab.list: history_rendering.list_html(page, state.opened, items, language),
            tab.newer: gr.update(visible=before > 0),
            tab.older: gr.update(visible=bool(page.next)),
        }

    def _turn_to(self, given: Given, cursors: tuple[str, ...]) -> Updates:
        try:
            return self._page(given, replace(given.history, cursors=cursors))
        except ComparerError as error:
            gr.Warning(error.sentence(given.language))
            return {self._tab.state: given.history}

    # --- find ------------------------------------------------------------------------------------------

    def search(self, given: Given) -> Updates:
        """The first page of what is sought."""
        return self._turn_to(given, ("",))

    def older(self, given: Given) -> Updates:
        """The next page."""
        state = given.history
        return self._turn_to(given, (*state.cursors, state.next) if state.next else state.cursors)

    def newer(self, given: Given) -> Updates:
        """The page before."""
        return self._turn_to(given, given.history.cursors[:-1] or ("",))

    # --- read ------------------------------------------------------------------------------------------

    def open_conversation(self, conversation_id: str | None, given: Given) -> Updates:
        """Show a conversation in the read view, from wherever its id comes: a row, another tab, an address.

        The first word is the id; the page puts a number behind it, so that to open it once more is a change.
        """
        # An id is letters and digits; a link that was copied with a bracket or a full stop is still the link.
        wanted = _NO_ID.sub("", next(iter((conversation_id or "").split()), ""))[:MAX_ID]
        try:
            updates = self._opened(given, wanted)
        except ComparerError as error:
            gr.Warning(error.sentence(given.language))
            updates = {self._tab.state: given.history}
        return updates | {self._tabs: gr.Tabs(selected="history")}

    def close(self, given: Given) -> Updates:
        """Back to the list."""
        return self._closed(given.history, given.language)

    def _opened(self, given: Given, conversation_id: str) -> Updates:
        tab = self._tab
        transcript = read_transcript(self._context.store, conversation_id, given.own_name)
        summary = self._context.store.summary(conversation_id)
        obstacle = None
        try:
            check_can_continue(self._context, transcript.conversation)
        except InputError as error:
            obstacle = error
        reading = history_rendering.Reading(self._context, transcript, summary, given.language)
        return {
            tab.state: replace(given.history, opened=conversation_id),
            tab.tools: gr.update(visible=True),
            tab.resume: gr.update(visible=obstacle is None),
            tab.star: star_button(summary.starred, given.language, visible=self._may_change(summary)),
            tab.delete: gr.update(visible=self._may_delete(summary)),
            tab.confirm: gr.update(visible=False),
            tab.reading: reading.html(obstacle),
        }

    def _may_delete(self, summary: ConversationSummary) -> bool:
        """Whether the button is of use to the reader: the database asks again."""
        access = self._context.access
        own = summary.owner == access.visitor.key
        return access.may("conversations.delete_others") or own

    def _may_change(self, summary: ConversationSummary) -> bool:
        access = self._context.access
        mine = summary.owner == access.visitor.key or access.may("conversations.read_others")
        lasting = self._context.settings.retention_days is not None  # else nothing is ever deleted by itself
        return lasting and mine and access.may("conversations.star")

    def star(self, given: Given) -> Updates:
        """Keep the opened conversation when old ones are deleted, or no longer."""
        opened, language = given.history.opened, given.language
        try:
            starred = not self._context.store.summary(opened).starred
            self._context.store.star(opened, starred)
        except ComparerError as error:
            gr.Warning(error.sentence(language))
            return {self._tab.state: given.history}
        gr.Info(text("history.starred" if starred else "history.unstarred", language))
        return {self._tab.star: star_button(starred, language)} | self._turn_to(given, given.history.cursors)

    def _closed(self, state: HistoryState, language: Language) -> Updates:
        tab = self._tab
        return {
            tab.state: replace(state, opened=""),
            tab.tools: gr.update(visible=False),
            tab.confirm: gr.update(visible=False),
            tab.reading: history_rendering.nothing_opened_html(language),
        }

    # --- continue and take away ------------------------------------------------------------------------

    def resume(self, given: Given, request: gr.Request) -> Updates:
        """Continue the opened conversation in the Compare tab; does nothing while a question of this tab runs."""
        if self._context.running.runs(request.session_hash or ""):
            gr.Info(text("compare.still_running", given.language))
            return {self._tab.state: given.history}
        try:
            return self._reopening.resume(self._transcript(given), given.compare) | {
                self._tabs: gr.Tabs(selected="compare")
            }
        except ComparerError as error:
            gr.Warning(error.sentence(given.language))
            return {self._tab.state: given.history}

    def write(self, format_name: str, given: Given) -> str | None:
        """Write the opened conversation to a file and return where the browser can fetch it."""
        try:
            transcript = self._transcript(given)
            summary = self._context.store.summary(given.history.opened)
            reading = history_rendering.Reading(self._context, transcript, summary, given.language)
            return str(write_conversation(reading.file, format_name, download_folder()))
        except ComparerError as error:
            gr.Warning(error.sentence(given.language))
            return None

    def _transcript(self, given: Given) -> Transcript:
        return read_transcript(self._context.store, given.history.opened, given.own_name)

    # --- delete ----------------------------------------------------------------------------------------

    def ask_to_delete(self, given: Given) -> Updates:
        """Say what goes with the opened conversation before it is deleted."""
        try:
            summary = self._context.store.summary(given.history.opened)
        except ComparerError as error:
            gr.Warning(error.sentence(given.language))
            return {self._tab.state: given.history}
        return {
            self._tab.confirm: gr.update(visible=True),
            self._tab.question: history_rendering.confirm_html(summary, given.language),
        }

    def keep(self) -> Updates:
        """Delete nothing."""
        return {self._tab.confirm: gr.update(visible=False)}

    def delete(self, given: Given, request: gr.Request) -> Updates:
        """Delete the opened conversation; the Compare tab begins a new one when it was open there."""
        opened, state = given.history.opened, given.compare.latest
        in_compare = bool(opened) and state.conversation_id == opened
        if in_compare and self._context.running.runs(request.session_hash or ""):
            gr.Info(text("compare.still_running", given.language))
            return {self._tab.state: given.history}
        try:
            summary = self._context.store.summary(opened)
            self._context.store.delete_conversation(opened)
        except ComparerError as error:
            gr.Warning(error.sentence(given.language))
            return {self._tab.state: given.history}
        gr.Info(text("history.deleted", given.language, ratings=summary.ratings))
        history = replace(given.history, opened="")
        updates = self._closed(history, given.language) | self._turn_to(
            given._replace(history=history), history.cursors
        )
        return updates | self._reopening.begin_anew(state) if in_compare else updates
