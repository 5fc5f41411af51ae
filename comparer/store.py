"""What the product asks of its database, as a protocol: `app.py` hands in the one from `storage/`.

Ids are opaque strings and appear only here, never in `comparer.records`. Every write is on disk when its call
returns. Every call may raise `StoreError`; an unknown id raises `InputError`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from comparer.records import Answer, CellCount, Picture, Preference, Rating, TestItem


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is fixed when a conversation begins. `order` holds the model keys from left to right."""

    lineup: str
    order: tuple[str, ...]
    item: str = ""
    blind: bool = False
    reviewer: str = ""


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer with its id; a retried model has several in one turn, oldest first."""

    id: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A question with its new pictures and the answers that it got, in the order in which they were made."""

    id: str
    question: str
    pictures: tuple[Picture, ...]
    answers: tuple[StoredAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A conversation with all its turns. `revealed`: the names of a blind one have been shown."""

    id: str
    conversation: Conversation
    revealed: bool
    created_at: datetime
    turns: tuple[StoredTurn, ...] = ()


@dataclass(frozen=True, slots=True)
class RatingFilter:
    """Which ratings count. Empty means all."""

    lineup: str = ""
    precision: str = ""
    reviewers: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    blind_only: bool = False
    model_ids: tuple[str, ...] = ()
    """Only answers of these weights."""
    without_conversation: str = ""
    """Leave out one conversation: the one whose models the reader must not recognise yet."""


ALL_RATINGS = RatingFilter()


@dataclass(frozen=True, slots=True)
class RatedAnswer:
    """One rated answer as the export shows it: one row per answer and reviewer."""

    rating_id: str
    conversation_id: str
    turn_id: str
    answer_id: str
    item: str
    lineup: str
    question: str
    pictures: tuple[str, ...]
    answer: Answer
    rating: Rating
    rated_at: datetime
    preferred: bool | None
    """Whether this reviewer liked this answer best; None without a vote."""


@dataclass(frozen=True, slots=True)
class CastVote:
    """One reviewer's vote on the answers of one turn. `item` is empty where the turn belongs to none."""

    turn_id: str
    conversation_id: str
    case_key: str
    """The same pictures and questions so far have the same key, whoever asked them."""
    item: str
    lineup: str
    order: tuple[str, ...]
    """Model keys from left to right."""
    choice: str
    """The preferred model's key, "tie" or "none"."""
    reviewer: str
    blind: bool
    at: datetime


class Store(Protocol):
    """The database as the product sees it. Safe to call from several threads."""

    def items(self) -> tuple[TestItem, ...]:
        """The test items, in the order in which they are shown."""

    def set_threshold(self, item: str, threshold: float) -> None:
        """Change the pass rate (0..1) that an item needs."""

    def save_picture(self, content: bytes, width: int, height: int, suffix: str) -> Picture:
        """Keep a normalised picture under the SHA-256 of its bytes; the same picture is kept once."""

    def begin(self, conversation: Conversation) -> str:
        """Begin a conversation; returns its id."""

    def conversation(self, conversation_id: str) -> StoredConversation:
        """A conversation with all its turns and answers."""

    def add_turn(self, conversation_id: str, question: str, pictures: Sequence[Picture]) -> str:
        """Add a question; returns the turn's id."""

    def add_answer(self, turn_id: str, answer: Answer) -> str:
        """Add one model's answer to a turn; returns its id."""

    def reveal(self, conversation_id: str) -> None:
        """Note that the names of a blind conversation have been shown: later ratings are not blind."""

    def rate(self, answer_id: str, rating: Rating) -> str:
        """Keep a reviewer's rating (one per reviewer and answer; a change keeps the old one); returns its id."""

    def ratings(self, turn_id: str, reviewer: str) -> dict[str, Rating]:
        """A reviewer's own ratings of one turn's answers, by answer id."""

    def prefer(self, turn_id: str, preference: Preference) -> str:
        """Keep which answer a reviewer likes best (one per reviewer and turn); returns its id."""

    def is_blind(self, turn_id: str) -> bool:
        """Whether the names of this turn's models are hidden now (a blind conversation, not yet revealed)."""

    def turn_of(self, answer_id: str) -> str:
        """The id of the turn that an answer belongs to."""

    def counts(self, ratings: RatingFilter = ALL_RATINGS) -> tuple[CellCount, ...]:
        """Cases, ratings and passes of every model on every item that has ratings."""

    def rated_answers(self, ratings: RatingFilter = ALL_RATINGS) -> Iterator[RatedAnswer]:
        """All rated answers, oldest rating first."""

    def close(self) -> None:
        """Let go of the database."""
