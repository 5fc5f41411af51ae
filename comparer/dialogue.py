"""One question asked in a conversation: from the store to the engines and back, as a stream of snapshots.

The conversation's truth is in the store; nothing is remembered here between two questions, so any process can go on
with any conversation. Knows nothing of the page.
"""

import logging
import random
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from types import MappingProxyType
from typing import Literal

from comparer.admission import Admission
from comparer.comparison import Comparison
from comparer.draft import Draft
from comparer.engines import Engine
from comparer.engines.cancel import CancelToken
from comparer.engines.processing import without_oldest
from comparer.errors import InputError, StoreError
from comparer.lineup import Lineup
from comparer.pictures import NormalisedPicture
from comparer.records import (
    Failed,
    Failure,
    Finished,
    Loaded,
    Loading,
    Metrics,
    Picture,
    Policy,
    Queued,
    Request,
    Sampling,
    Started,
    StopReason,
    StreamEvent,
    Tokens,
    Turn,
    ratable,
)
from comparer.store import MAX_QUESTION, Conversation, Store, StoredAnswer, StoredConversation, StoredTurn

log = logging.getLogger(__name__)

ColumnState = Literal["idle", "queued", "loading", "thinking", "streaming", "done", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class Column:
    """One model's answer as it stands. `answer_id` is there once the answer is kept."""

    model: str
    state: ColumnState = "idle"
    text: str = ""
    metrics: Metrics = field(default_factory=Metrics)
    stop_reason: StopReason | None = None
    failure: Failure | None = None
    dropped_turns: int = 0
    answer_id: str = ""
    sampling: Sampling = field(default_factory=Sampling)
    """How it was drawn."""
    loading: Loading | None = None
    """How far its model's load has come, while the state is "loading"."""
    ahead: int = 0
    """How many questions of others are answered first, while it is queued."""

    @property
    def over(self) -> bool:
        """Whether no more events will come."""
        return self.state in {"done", "stopped", "failed"}

    @property
    def rateable(self) -> bool:
        """Whether the answer is kept and can be judged; an empty one that ended by itself can."""
        return bool(self.answer_id) and ratable(self.stop_reason or "error", self.text)


_STATES: Mapping[StopReason, ColumnState] = MappingProxyType(
    {"stop": "done", "length": "done", "cancelled": "stopped", "error": "failed"}
)


def kept_column(kept: StoredAnswer) -> Column:
    """An answer of the store as the column that it was when it ended."""
    answer = kept.answer
    return Column(
        model=answer.model,
        state=_STATES[answer.stop_reason],
        text=answer.text,
        metrics=answer.metrics,
        stop_reason=answer.stop_reason,
        failure=answer.failure,
        dropped_turns=answer.dropped_turns,
        answer_id=kept.id,
        sampling=answer.sampling,
    )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All columns of one turn, from left to right."""

    conversation_id: str
    turn_id: str
    columns: tuple[Column, ...]


class Dialogue:
    """Asks a lineup's engines in conversations kept by a store. One object serves all visitors."""

    def __init__(
        self,
        lineup: Lineup,
        engines: Sequence[Engine],
        store: Store,
        comparison: Comparison | None = None,
        admission: Admission | None = None,
    ) -> None:
        self.lineup = lineup
        self.engines = {engine.spec.key: engine for engine in engines}
        self.store = store
        self.admission = admission or Admission()
        self._comparison = comparison or Comparison()

    def waiting(self, model: str) -> int:
        """How many columns are in the line for the device of `model`, the served one included."""
        return self._comparison.waiting(self.engines[model].device)

    def preload(self) -> None:
        """Load all models in the background, so that the first question does not wait for it."""

        def load() -> None:
            for engine, error in self._comparison.load(tuple(self.engines.values())):
                if error is not None:  # the column says it again when it is asked
                    log.warning("%s was not loaded: %s", engine.spec.label, error)

        threading.Thread(target=load, name="preload", daemon=True).start()

    def load(self, model: str) -> None:
        """Bring a model into memory in its device's turn. Raises `EngineError`."""
        for _, error in self._comparison.load((self.engines[model],)):
            if error is not None:
                raise error

    def begin(self, item: str = "", blind: bool = False, reviewer: str = "") -> str:
        """Begin a conversation; a blind one draws the order of its columns. Returns its id.

        Raises `InputError` where its first question would not be let in.
        """
        self.admission.check()
        order = list(self.lineup.keys)
        if blind:
            random.SystemRandom().shuffle(order)
        return self.store.begin(Conversation(self.lineup.name, tuple(order), item, blind, reviewer))

    def keep_picture(self, picture: NormalisedPicture) -> Picture:
        """Keep a normalised picture and return where it lies."""
        return self.store.save_picture(picture.content, picture.width, picture.height, ".webp")

    @staticmethod
    def check_question(question: str) -> None:
        """Raise InputError `question_empty` or `question_too_long`: before anything is begun or kept for it."""
        length = len(question.strip())
        if not length:
            raise InputError("question_empty")
        if length > MAX_QUESTION:
            raise InputError("question_too_long", length=length, limit=MAX_QUESTION)

    def ask(
        self,
        conversation_id: str,
        question: str,
        pictures: Sequence[Picture] = (),
        sampling: Sampling = Sampling(),
        policy: Policy = "fair",
        cancel: CancelToken | None = None,
    ) -> Iterator[Snapshot]:
        """Ask all models the next question of a conversation. Raises `InputError` before anything is kept.

        Answers are kept as they end, those that failed or were stopped too; the last snapshot has all their ids.
        """
        question = question.strip()
        self.check_question(question)
        conversation = self._conversation(conversation_id)
        if not pictures and not any(turn.pictures for turn in conversation.turns):
            raise InputError("picture_missing")
        cancel = cancel or CancelToken()
        with self.admission.question(cancel):
            turn_id = self.store.add_turn(conversation_id, question, pictures)
            turn = StoredTurn(turn_id, question, tuple(pictures))
            yield from self._run(conversation, turn, conversation.conversation.order, sampling, policy, cancel)

    def retry(
        self,
        conversation_id: str,
        model: str,
        sampling: Sampling = Sampling(),
        cancel: CancelToken | None = None,
        most_turns: int | None = None,
    ) -> Iterator[Snapshot]:
        """Ask one model the last question again; the earlier answer and its ratings stay in the store.

        With `most_turns` it sees no more than so many turns, this one included.
        """
        conversation = self._conversation(conversation_id)
        if not conversation.turns:
            raise InputError("nothing_to_retry")
        *earlier, turn = conversation.turns
        before = replace(conversation, turns=tuple(earlier))
        cancel = cancel or CancelToken()
        with self.admission.question(cancel):
            yield from self._run(before, turn, (model,), sampling, "fair", cancel, most_turns)

    def _conversation(self, conversation_id: str) -> StoredConversation:
        conversation = self.store.conversation(conversation_id)
        missing = [model for model in conversation.conversation.order if model not in self.engines]
        if missing:
            raise InputError("lineup_changed", lineup=conversation.conversation.lineup, missing=", ".join(missing))
        pictures = [picture for turn in conversation.turns for picture in turn.pictures]
        if not all(picture.is_here and picture.path.is_file() for picture in pictures):
            raise InputError("picture_not_here")
        return conversation

    def _run(
        self,
        conversation: StoredConversation,
        turn: StoredTurn,
        models: Sequence[str],
        sampling: Sampling,
        policy: Policy,
        cancel: CancelToken,
        most_turns: int | None = None,
    ) -> Iterator[Snapshot]:
        engines = [self.engines[model] for model in models]
        order = conversation.conversation.order
        left_out = max(0, len(conversation.turns) + 1 - (most_turns or sys.maxsize))
        columns = [_Column(engine, order.index(engine.spec.key), sampling, left_out) for engine in engines]
        drafts = [column.draft for column in columns]
        requests = [
            Request(_without_first(_turns(conversation, turn, draft.model), left_out), draft.sampling)
            for draft in drafts
        ]
        shown = [column.shown() for column in columns]
        for update in self._comparison.run(engines, requests, policy, cancel):
            column = columns[update.column]
            column.add(update.event, update.contended)
            if isinstance(update.event, Finished | Failed):
                self._keep(turn.id, column)
            shown[update.column] = column.shown()  # this one only: tokens come by the thousand
            yield Snapshot(conversation.id, turn.id, tuple(shown))

    def _keep(self, turn_id: str, column: "_Column") -> None:
        try:
            column.answer_id = self.store.add_answer(turn_id, column.draft.answer())
        except StoreError as error:  # the text stays on screen, says that it is not kept, and cannot be rated
            column.add(Failed(perf_counter(), error.code, error.parameters))


def _turns(conversation: StoredConversation, turn: StoredTurn, model: str) -> tuple[Turn, ...]:
    """The conversation as `model` has seen it: its own last answer in every earlier turn that it answered."""
    turns = []
    for earlier in conversation.turns:
        texts = [kept.answer.text for kept in earlier.answers if kept.answer.model == model and kept.answer.text]
        turns.append(Turn(earlier.question, earlier.pictures, texts[-1] if texts else ""))
    return (*turns, Turn(turn.question, turn.pictures))


def _without_first(turns: tuple[Turn, ...], count: int) -> tuple[Turn, ...]:
    for _ in range(min(count, len(turns) - 1)):
        turns = without_oldest(turns)
    return turns


class _Column:
    """A draft with what its column shows of it."""

    def __init__(self, engine: Engine, position: int, sampling: Sampling, left_out: int = 0) -> None:
        self.draft = Draft(engine, position, sampling, left_out)
        self.answer_id = ""
        self._loading: Loading | None = None
        self._state: ColumnState = "idle"
        self._ahead = 0

    def add(self, event: StreamEvent, contended: bool = False) -> None:
        self.draft.add(event, contended)
        match event:
            case Queued():
                self._state, self._ahead = "queued", event.ahead
            case Loading():
                self._state, self._loading = "loading", event
            case Loaded() | Started():
                self._state = "thinking"
            case Tokens():
                self._state = "streaming" if self.draft.text else "thinking"  # reasoning adds no text
            case Finished():
                self._state = _STATES[event.stop_reason]
            case Failed():
                self._state = "failed"

    def shown(self) -> Column:
        draft = self.draft
        return Column(
            draft.model,
            self._state,
            draft.text,
            draft.metrics,
            draft.stop_reason,
            draft.failure,
            draft.dropped_turns,
            self.answer_id,
            draft.sampling,
            self._loading if self._state == "loading" else None,
            self._ahead if self._state == "queued" else 0,
        )
