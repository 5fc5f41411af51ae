"""What happens in the Compare tab: ask, stop, retry, begin anew, bring a picture.

Handlers yield or return `{component: value}`; whatever went wrong becomes a sentence in the visitor's language and
leaves what they typed where it was. Rating is in `rating_handlers`, the gallery in `gallery_handlers`.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import gradio as gr
from gradio.blocks import Block
from gradio.processing_utils import save_file_to_cache

from comparer.dialogue import Snapshot
from comparer.engines.cancel import CancelToken
from comparer.errors import AccessError, ComparerError, InputError
from comparer.fetching import fetch_picture
from comparer.pictures import normalise
from comparer.records import Picture, Policy, Sampling
from comparer.store import StoredConversation
from comparer.texts import text
from comparer.ui import rendering
from comparer.ui.compare_layout import CompareTab
from comparer.ui.compare_state import CompareState, View
from comparer.ui.context import Context
from comparer.ui.i18n import Updates
from comparer.ui.page import Changes
from comparer.ui.present import present_person
from comparer.ui.remedies import remedy_updates, ways_out
from comparer.ui.streaming import UPDATES_PER_S, paced

LONG_ANSWER = 8_000
"""Characters on the page past which the browser is updated half as often."""

Begin = Callable[[CancelToken], Iterator[Snapshot]]


def sampling_of(temperature: float, max_new_tokens: float, max_image_tokens: float) -> Sampling:
    """The sliders' values, in the order in which they are wired."""
    return Sampling(
        max_new_tokens=int(max_new_tokens), temperature=float(temperature), max_image_tokens=int(max_image_tokens)
    )


class CompareHandlers:
    """Handlers of one page; everything that lasts is in the store or in the session's `CompareState`."""

    def __init__(self, context: Context, tab: CompareTab) -> None:
        self._context = context
        self._tab = tab

    # --- what the page shows ---------------------------------------------------------------------------

    @property
    def shown(self) -> list[Block]:
        """Everything that `show` may change without the chats: the outputs of most events."""
        tab = self._tab
        parts: list[Block] = [tab.state, tab.starters.row, tab.switcher, tab.status, tab.voting, tab.tie, tab.none]
        for column in tab.columns:
            parts += [column.header, column.tiles, column.rating, column.accept, column.refuse]
            parts += [column.why, column.best, column.remedies.row, *column.remedies.buttons.values()]
        return parts

    @property
    def chats(self) -> list[Block]:
        """The chats, from left to right."""
        return [column.chat for column in self._tab.columns]

    @property
    def notes(self) -> list[Block]:
        """Reasons and notes of all columns."""
        return [part for column in self._tab.columns for part in (column.reasons, column.note)]

    def fresh(self, before: CompareState, blind: bool = False) -> CompareState:
        """The state of a session that has asked nothing; the checked picture of the one before it stays."""
        return CompareState(
            order=self._context.lineup.keys,
            language=before.language,
            blind=blind,
            checked=before.checked,
            unvoted=before.secretive,
        )

    def show(self, state: CompareState, conversation: StoredConversation | None = None) -> Updates:
        """Everything that depends on the state, in its language; chats only when `conversation` is given."""
        tab = self._tab
        state = state.latest
        view = View(self._context, state, state.language)
        updates: Updates = {
            tab.state: state,
            tab.starters.row: gr.update(visible=self._context.lineup.demo and not state.turn_id),
            tab.switcher: view.switcher(),
            tab.status: rendering.status(view.vote()),
            tab.voting: gr.update(visible=state.over),
        }
        for position, column in enumerate(tab.columns):
            rating = view.rating(position)
            accepted, refused = (bool(rating and rating.acceptable is wanted) for wanted in (True, False))
            rateable = state.column(position).rateable
            updates[column.header] = view.header(position)
            updates[column.tiles] = view.tiles(position)
            updates[column.rating] = gr.update(visible=bool(state.turn_id) and state.column(position).over)
            updates[column.accept] = gr.update(variant="primary" if accepted else "secondary", visible=rateable)
            updates[column.refuse] = gr.update(variant="stop" if refused else "secondary", visible=rateable)
            updates[column.why] = gr.update(visible=refused)
            updates[column.best] = gr.update(
                value=rendering.letter(position) if state.hidden else view.name(position),
                variant="primary" if state.vote == rendering.letter(position) else "secondary",
            )
            updates |= remedy_updates(column.remedies, ways_out(self._context, state, position))
            if conversation is not None:
                updates[column.chat] = view.chat(conversation, position)
        for button, vote in ((tab.tie, "tie"), (tab.none, "none")):
            updates[button] = gr.update(variant="primary" if state.vote == vote else "secondary")
        return updates

    def _busy(self, busy: bool) -> Updates:
        return {self._tab.send: gr.update(visible=not busy), self._tab.stop: gr.update(visible=busy)}

    def _clean(self, state: CompareState) -> Updates:
        """The page of a conversation that has not begun."""
        return self.show(state) | {chat: [] for chat in self.chats} | self._without_notes()

    def _without_notes(self) -> Updates:
        updates: Updates = {column.reasons: [] for column in self._tab.columns}
        return updates | {column.note: "" for column in self._tab.columns}

    # --- asking ----------------------------------------------------------------------------------------

    async def ask(
        self,
        question: str | None,
        picture: str | None,
        item: str,
        blind: bool,
        policy: Policy,
        temperature: float,
        max_new_tokens: float,
        max_image_tokens: float,
        reviewer: str | None,
        state: CompareState,
        request: gr.Request,
    ) -> AsyncIterator[Updates]:
        """Ask all models; yields the page at a steady rate until the last one has ended.

        Another test item or another blind switch than the conversation began with begins a new one.
        """
        state = state.latest
        if state.conversation_id and (item, blind) != (state.item, state.blind):
            gr.Info(text("compare.item_changed", state.language))
            state.successor = self.fresh(state, blind)
            state = state.successor
            yield self._clean(state)
        sampling = sampling_of(temperature, max_new_tokens, max_image_tokens)

        def begin(cancel: CancelToken) -> Iterator[Snapshot]:
            dialogue = self._context.dialogue
            dialogue.check_question(question or "")
            pictures = () if picture == state.sent_picture else self._kept(picture, state)
            if not state.conversation_id:
                if not pictures:
                    raise InputError("picture_missing")
                state.conversation_id = dialogue.begin(item, blind, reviewer or "")
                kept = self._context.store.conversation(state.conversation_id).conversation
                state.order, state.blind, state.item = kept.order, blind, item
            for snapshot in dialogue.ask(state.conversation_id, question or "", pictures, sampling, policy, cancel):
                state.sent_picture = picture or state.sent_picture
                yield snapshot

        async for updates in self.stream(begin, sampling, state, request, asked=True):
            yield updates

    async def retry(
        self,
        position: int,
        temperature: float,
        max_new_tokens: float,
        max_image_tokens: float,
        state: CompareState,
        request: gr.Request,
    ) -> AsyncIterator[Updates]:
        """Ask one model the last question again."""
        state = state.latest
        sampling = sampling_of(temperature, max_new_tokens, max_image_tokens)

        def begin(cancel: CancelToken) -> Iterator[Snapshot]:
            model = state.order[position]
            return self._context.dialogue.retry(state.conversation_id, model, sampling, cancel)

        async for updates in self.stream(begin, sampling, state, request, asked=False):
            yield updates

    async def stream(
        self, begin: Begin, sampling: Sampling, state: CompareState, request: gr.Request, asked: bool
    ) -> AsyncIterator[Updates]:
        """Run a question within its visitor's limits and show it; nothing but a sentence beyond them."""
        try:
            with self._context.asking(sampling):
                async for updates in self._run(begin, state, request, asked):
                    yield updates
        except AccessError as error:
            gr.Warning(error.sentence(state.language))
            yield {self._tab.state: state.latest}

    async def _run(
        self, begin: Begin, state: CompareState, request: gr.Request, asked: bool
    ) -> AsyncIterator[Updates]:
        """Run a question under this session's stop signal and show its snapshots."""
        session = request.session_hash or ""
        cancel = self._context.running.begin(session)
        if cancel is None:
            gr.Info(text("compare.still_running", state.language))
            yield {self._tab.state: state.latest}
            return
        conversation: StoredConversation | None = None
        changes = Changes()
        yield {self._tab.state: state.latest} | self._busy(True)
        try:
            async for snapshot, kept in paced(lambda: self._with_conversation(begin(cancel)), _pace):
                if state.successor is not None:
                    break
                first = conversation is None and asked
                if first:
                    state.columns, state.ratings, state.vote = {}, {}, ""
                if conversation is None and kept.hidden:
                    self._context.blind_questions.asked(present_person(self._context.access), kept.id)
                conversation = kept
                state.turn_id = snapshot.turn_id
                for column in snapshot.columns:
                    state.columns[column.model] = column
                updates = self.show(state, conversation) | self._busy(True)
                if first:  # only once: the next question may be typed while this one is answered
                    updates |= {self._tab.question: ""} | self._without_notes()
                yield changes.of(updates)
        except ComparerError as error:
            gr.Warning(error.sentence(state.language))
        finally:
            self._context.running.end(session, cancel)
        if conversation is not None and not state.hidden:
            self._context.blind_questions.over(present_person(self._context.access))
        if state.successor is None:
            yield self.show(state, conversation) | self._busy(False)
        elif not state.successor.conversation_id:  # an update under way when New was pressed may have come after it
            yield self._clean(state.successor) | self._busy(False)

    def _with_conversation(self, snapshots: Iterator[Snapshot]) -> Iterator[tuple[Snapshot, StoredConversation]]:
        """Each snapshot with its conversation, which is read once, here in the worker's thread."""
        conversation: StoredConversation | None = None
        for snapshot in snapshots:
            conversation = conversation or self._context.store.conversation(snapshot.conversation_id)
            yield snapshot, conversation

    def stop(self, request: gr.Request) -> None:
        """Stop all columns of this session's question."""
        self._context.stop(request.session_hash or "")

    def new(self, blind: bool, state: CompareState, request: gr.Request) -> Updates:
        """Begin a new conversation; the picture stays."""
        self._context.stop(request.session_hash or "")
        return self.begin_anew(blind, state) | self._busy(False) | {self._tab.question: ""}

    def begin_anew(self, blind: bool, state: CompareState) -> Updates:
        """The page of a conversation that has not begun, in place of the one that is shown."""
        state = state.latest
        state.successor = self.fresh(state, blind)
        return self._clean(state.successor)

    def preview_blind(self, blind: bool, state: CompareState) -> Updates:
        """Hide or show the names at once, as long as nothing has been asked."""
        state = state.latest
        if state.conversation_id:
            return {self._tab.state: state.latest}
        state.blind = blind
        return self.show(state)

    # --- pictures --------------------------------------------------------------------------------------

    def _kept(self, picture: str | None, state: CompareState) -> tuple[Picture, ...]:
        """The uploaded file as it is kept; read anew only when it was not checked before."""
        if not picture:
            return ()
        if state.checked is None or state.checked[0] != picture:
            limit = self._context.max_picture_bytes
            with self._context.looking():
                normalised = normalise(Path(picture), max_bytes=limit)
            for notice in normalised.notices:
                gr.Info(text(f"notice.{notice}", state.language))
            state.checked = picture, self._context.dialogue.keep_picture(normalised)
        return (state.checked[1],)

    def check_picture(self, picture: str | None, state: CompareState) -> Updates:
        """Say at once what is wrong with a picture, or what had to be changed in it."""
        state = state.latest
        try:
            self._kept(picture, state)
        except ComparerError as error:
            gr.Warning(error.sentence(state.language))
            return {self._tab.picture: None, self._tab.state: state.latest}
        return {self._tab.state: state.latest}

    def fetch(self, address: str | None, state: CompareState) -> Updates:
        """Fetch a picture from the web address."""
        if not (address or "").strip():
            return {self._tab.address: gr.skip()}  # Gradio takes an empty dict for a missing value
        try:
            with self._context.looking():
                content = fetch_picture(address or "", self._context.max_picture_bytes)
                picture = self._context.dialogue.keep_picture(normalise(content, address or ""))
        except ComparerError as error:
            gr.Warning(error.sentence(state.language))
            return {self._tab.address: gr.skip()}
        shown = save_file_to_cache(picture.path, cache_dir=self._tab.picture.GRADIO_CACHE)
        return {self._tab.picture: shown, self._tab.address: ""}


def _pace(value: tuple[Snapshot, StoredConversation]) -> float:
    """Updates a second: long pages are drawn half as often."""
    length = sum(len(column.text) for column in value[0].columns)
    return UPDATES_PER_S / 2 if length > LONG_ANSWER else UPDATES_PER_S
