"""What happens in the Compare tab: ask, stop, rate, vote, reveal, retry, begin anew.

Handlers yield or return `{component: value}`; whatever went wrong becomes a sentence in the visitor's language and
leaves what they typed where it was.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import gradio as gr
from gradio.blocks import Block

from comparer.dialogue import Snapshot
from comparer.engines.cancel import CancelToken
from comparer.errors import ComparerError, InputError
from comparer.fetching import fetch_picture
from comparer.pictures import normalise
from comparer.records import Choice, Picture, Policy, Preference, Rating, Sampling
from comparer.store import StoredConversation
from comparer.texts import Language, text
from comparer.ui import rendering
from comparer.ui.compare_layout import CompareTab
from comparer.ui.compare_state import CompareState, View
from comparer.ui.context import Context
from comparer.ui.examples import examples
from comparer.ui.i18n import Updates
from comparer.ui.streaming import UPDATES_PER_S, paced

LONG_ANSWER = 8_000
"""Characters past which the browser is updated half as often."""


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
        parts: list[Block] = [tab.state, tab.switcher, tab.status, tab.reveal, tab.voting, tab.tie, tab.none]
        for column in tab.columns:
            parts += [column.header, column.tiles, column.rating, column.accept, column.refuse]
            parts += [column.why, column.best]
        return parts

    @property
    def chats(self) -> list[Block]:
        """The chats, from left to right."""
        return [column.chat for column in self._tab.columns]

    @property
    def notes(self) -> list[Block]:
        """Reasons and notes of all columns."""
        return [part for column in self._tab.columns for part in (column.reasons, column.note)]

    def fresh(self) -> CompareState:
        """The state of a session that has asked nothing."""
        return CompareState(order=self._context.lineup.keys)

    def show(
        self, state: CompareState, language: Language, conversation: StoredConversation | None = None
    ) -> Updates:
        """Everything that depends on the state; chats only when `conversation` is given."""
        tab = self._tab
        view = View(self._context, state, language)
        updates: Updates = {
            tab.state: state,
            tab.switcher: view.switcher(),
            tab.status: rendering.status(view.vote()),
            tab.reveal: gr.update(visible=state.hidden and state.over),
            tab.voting: gr.update(visible=state.over),
        }
        for position, column in enumerate(tab.columns):
            rating = view.rating(position)
            rateable = bool(state.column(position).answer_id and state.column(position).text)
            updates[column.header] = view.header(position)
            updates[column.tiles] = view.tiles(position)
            accepted, refused = (bool(rating and rating.acceptable is wanted) for wanted in (True, False))
            updates[column.rating] = gr.update(visible=bool(state.turn_id) and state.column(position).over)
            updates[column.accept] = gr.update(variant="primary" if accepted else "secondary", visible=rateable)
            updates[column.refuse] = gr.update(variant="stop" if refused else "secondary", visible=rateable)
            updates[column.why] = gr.update(visible=refused)
            updates[column.best] = gr.update(
                value=rendering.letter(position) if state.hidden else view.name(position),
                variant="primary" if state.vote == rendering.letter(position) else "secondary",
            )
            if conversation is not None:
                updates[column.chat] = view.chat(conversation, position)
        for button, vote in ((tab.tie, "tie"), (tab.none, "none")):
            updates[button] = gr.update(variant="primary" if state.vote == vote else "secondary")
        return updates

    # --- asking ----------------------------------------------------------------------------------------

    async def ask(
        self,
        question: str,
        picture: str | None,
        item: str,
        blind: bool,
        policy: Policy,
        temperature: float,
        max_new_tokens: float,
        max_image_tokens: float,
        reviewer: str,
        language: Language,
        state: CompareState,
        request: gr.Request,
    ) -> AsyncIterator[Updates]:
        """Ask all models; yields the page at a steady rate until the last one has ended."""
        sampling = Sampling(
            max_new_tokens=int(max_new_tokens),
            temperature=float(temperature),
            max_image_tokens=int(max_image_tokens),
        )
        store = self._context.store

        def begin(cancel: CancelToken) -> Iterator[Snapshot]:
            if not question.strip():
                raise InputError("question_empty")
            pictures = self._new_pictures(picture, state)
            if not state.conversation_id:
                if not pictures:
                    raise InputError("picture_missing")
                state.conversation_id = self._context.dialogue.begin(item, blind, reviewer)
                kept = store.conversation(state.conversation_id).conversation
                state.order, state.blind, state.item = kept.order, blind, item
            state.sent_picture = picture or state.sent_picture
            return self._context.dialogue.ask(state.conversation_id, question, pictures, sampling, policy, cancel)

        async for updates in self._stream(begin, state, language, request, asked=True):
            yield updates

    async def retry(
        self,
        position: int,
        temperature: float,
        max_new_tokens: float,
        max_image_tokens: float,
        language: Language,
        state: CompareState,
        request: gr.Request,
    ) -> AsyncIterator[Updates]:
        """Ask one model the last question again."""
        sampling = Sampling(
            max_new_tokens=int(max_new_tokens),
            temperature=float(temperature),
            max_image_tokens=int(max_image_tokens),
        )

        def begin(cancel: CancelToken) -> Iterator[Snapshot]:
            model = state.order[position]
            return self._context.dialogue.retry(state.conversation_id, model, sampling, cancel)

        async for updates in self._stream(begin, state, language, request, asked=False):
            yield updates

    async def _stream(
        self,
        begin: Callable[[CancelToken], Iterator[Snapshot]],
        state: CompareState,
        language: Language,
        request: gr.Request,
        asked: bool,
    ) -> AsyncIterator[Updates]:
        """Run a question under this session's stop signal and show its snapshots."""
        session = request.session_hash or ""
        cancel = self._context.running.begin(session)
        if cancel is None:
            gr.Info(text("compare.still_running", language))
            yield {self._tab.state: state}
            return
        conversation: StoredConversation | None = None
        rate = UPDATES_PER_S
        try:
            async for snapshot in paced(lambda: begin(cancel), rate):
                if conversation is None:
                    conversation = self._context.store.conversation(snapshot.conversation_id)
                    if asked:
                        state.columns, state.ratings, state.vote = {}, {}, ""
                    state.turn_id = snapshot.turn_id
                for column in snapshot.columns:
                    state.columns[column.model] = column
                updates = self.show(state, language, conversation) | self._busy(True)
                if asked:
                    updates[self._tab.question] = ""
                yield updates
        except ComparerError as error:
            gr.Warning(error.sentence(language))
        finally:
            self._context.running.end(session, cancel)
        yield self.show(state, language, conversation) | self._busy(False)

    def _busy(self, busy: bool) -> Updates:
        return {
            self._tab.send: gr.update(visible=not busy),
            self._tab.stop: gr.update(visible=busy),
        }

    def _new_pictures(self, picture: str | None, state: CompareState) -> tuple[Picture, ...]:
        if not picture or picture == state.sent_picture:
            return ()
        return (self._context.dialogue.keep_picture(normalise(Path(picture))),)

    def stop(self, request: gr.Request) -> None:
        """Stop all columns of this session's question."""
        self._context.running.stop(request.session_hash or "")

    def new(self, language: Language, request: gr.Request) -> Updates:
        """Begin a new conversation; the picture stays."""
        self._context.running.stop(request.session_hash or "")
        updates = self.show(self.fresh(), language) | self._busy(False)
        updates |= {column.chat: [] for column in self._tab.columns}
        updates |= {column.reasons: [] for column in self._tab.columns}
        updates |= {column.note: "" for column in self._tab.columns}
        return updates | {self._tab.question: ""}

    # --- pictures --------------------------------------------------------------------------------------

    def check_picture(self, picture: str | None, language: Language) -> str | None:
        """Say at once what is wrong with a picture, or what had to be changed in it."""
        if not picture:
            return None
        try:
            for notice in normalise(Path(picture)).notices:
                gr.Info(text(f"notice.{notice}", language))
        except ComparerError as error:
            gr.Warning(error.sentence(language))
            return None
        return picture

    def fetch(self, address: str, language: Language) -> Updates:
        """Fetch a picture from the web address."""
        if not address.strip():
            return {}
        try:
            content = fetch_picture(address, self._context.settings.max_upload_mb * 1_000_000)
            picture = self._context.dialogue.keep_picture(normalise(content, address))
        except ComparerError as error:
            gr.Warning(error.sentence(language))
            return {}
        return {self._tab.picture: str(picture.path), self._tab.address: ""}

    def choose_example(self, language: Language, choice: gr.SelectData) -> Updates:
        """Put a gallery picture, its test item and its sample questions in place."""
        example = examples()[choice.index]
        return {
            self._tab.picture: str(example.path),
            self._tab.item: example.item,
            **self.suggest(choice.index, language),
        }

    def suggest(self, index: int, language: Language) -> Updates:
        """The sample questions of a gallery picture on the buttons above the question."""
        questions = examples()[index].questions[language] if 0 <= index < len(examples()) else ()
        updates: Updates = {self._tab.example: index}
        for n, button in enumerate(self._tab.suggestions):
            updates[button] = gr.update(value=questions[n] if n < len(questions) else "", visible=n < len(questions))
        return updates

    # --- rating ----------------------------------------------------------------------------------------

    def rate(
        self,
        position: int,
        acceptable: bool,
        reasons: list[str] | None,
        note: str | None,
        reviewer: str,
        language: Language,
        state: CompareState,
    ) -> Updates:
        """Keep this reviewer's verdict on one column."""
        column = state.column(position)
        if not column.answer_id:
            gr.Info(text("error.nothing_to_rate", language))
            return {self._tab.state: state}
        rating = Rating(
            acceptable,
            reviewer,
            reasons=() if acceptable else tuple(reasons or ()),
            note=note or "",
            blind=state.hidden,
        )
        try:
            self._context.store.rate(column.answer_id, rating)
        except ComparerError as error:
            gr.Warning(error.sentence(language))
            return self.show(state, language)
        state.ratings[column.answer_id] = rating
        updates = self.show(state, language)
        sentence = text("compare.rated" if state.item else "compare.not_counted", language)
        return updates | {self._tab.status: rendering.status(sentence)}

    def vote(self, best: str, reviewer: str, language: Language, state: CompareState) -> Updates:
        """Keep which column is best (a letter), "tie" or "none"; reveals the names of a blind conversation."""
        if not state.over:
            gr.Info(text("compare.no_answer_yet", language))
            return {self._tab.state: state}
        choice: Choice = "tie" if best == "tie" else "none" if best == "none" else "answer"
        answer_id = state.column("ABCDEF".index(best)).answer_id if choice == "answer" else ""
        try:
            self._context.store.prefer(state.turn_id, Preference(choice, answer_id, reviewer, blind=state.hidden))
        except ComparerError as error:
            gr.Warning(error.sentence(language))
            return self.show(state, language)
        state.vote = best
        return self.reveal(language, state)

    def reveal(self, language: Language, state: CompareState) -> Updates:
        """Show which model is which; later ratings in this conversation are no longer blind."""
        if state.hidden:
            try:
                self._context.store.reveal(state.conversation_id)
            except ComparerError as error:
                gr.Warning(error.sentence(language))
                return self.show(state, language)
            state.revealed = True
        return self.show(state, language)
