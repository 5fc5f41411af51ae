"""What the product asks of its database, as a protocol: `app.py` hands in the one from `storage/`.

Ids are opaque strings and appear only here, never in `comparer.records`. Every write is on disk when its call
returns. Every call may raise `StoreError`; an unknown id raises `InputError`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

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


class GivenRating(NamedTuple):
    """One rating on a test item as statistics read it: without the texts and the pictures."""

    item: str
    model: str
    case_key: str
    """The same wherever the same pictures and questions have come so far."""
    answer_id: str
    reviewer: str
    acceptable: bool
    blind: bool
    rated_at: datetime
    e2e_s: float | None
    contended: bool
    stop_reason: str


@dataclass(frozen=True, slots=True)
class HistorySearch:
    """Which conversations are sought. Empty means all that have a question."""

    text: str = ""
    """Part of a question or an answer; A-Z and a-z are the same."""
    item: str = ""
    lineup: str = ""
    reviewer: str = ""
    """Who began it or rated something in it."""
    since: datetime | None = None
    """Begun then or later."""
    until: datetime | None = None
    """Begun before."""
    rated: bool | None = None
    """Only those with a rating (True) or without any (False)."""


EVERYTHING = HistorySearch()


@dataclass(frozen=True, slots=True)
class ConversationSummary:
    """A conversation as a list shows it."""

    id: str
    created_at: datetime
    lineup: str
    item: str
    reviewer: str
    blind: bool
    revealed: bool
    first_question: str
    turns: int
    ratings: int
    picture: str | None
    """SHA-256 of its first picture."""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some conversations, the newest first, and where the next page begins: empty when this is the last."""

    conversations: tuple[ConversationSummary, ...]
    next: str = ""


@dataclass(frozen=True, slots=True)
class CastVote:
    """One reviewer's vote on one turn, with what was there to choose from."""

    turn_id: str
    conversation_id: str
    case_key: str
    """The same wherever the same pictures and questions have come so far."""
    item: str
    lineup: str
    order: tuple[str, ...]
    """The model keys from left to right."""
    choice: str
    """The preferred model's key, "tie" or "none"."""
    reviewer: str
    blind: bool
    at: datetime
    """The last change."""


class ReviewerCount(NamedTuple):
    """A reviewer's name (empty for everyone who gave none) and how many answers they rated."""

    name: str
    ratings: int


class Store(Protocol):
    """The database as the product sees it. Safe to call from several threads."""

    def items(self, *, include_archived: bool = False) -> tuple[TestItem, ...]:
        """The test items in use, or all, in the order in which they are shown."""

    def set_threshold(self, item: str, threshold: float) -> None:
        """Change the pass rate (0..1) that an item needs."""

    def add_item(self, item: TestItem) -> None:
        """Add a test item behind all others; its key must be new."""

    def update_item(self, item: TestItem) -> None:
        """Make the test item of that key say what `item` says; its place in the order stays."""

    def order_items(self, keys: Sequence[str]) -> None:
        """Show these test items first, in this order, and the others after them as they stood."""

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

    def search(self, sought: HistorySearch = EVERYTHING, *, after: str = "", limit: int = 50) -> HistoryPage:
        """A page of the conversations that were sought, the newest first; `after` is the last page's `next`."""

    def delete_conversation(self, conversation_id: str) -> None:
        """Delete a conversation with its answers, ratings and votes, and pictures that no other one shows."""

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

    def votes(self, ratings: RatingFilter = ALL_RATINGS) -> Iterator[CastVote]:
        """All votes, oldest first; precision and weights are those of the turn's answers, one of which must fit."""

    def newest_ratings(self, limit: int, ratings: RatingFilter = ALL_RATINGS) -> list[GivenRating]:
        """The `limit` newest ratings on test items, or all when there are fewer; oldest rating first."""

    def newest_votes(self, limit: int, ratings: RatingFilter = ALL_RATINGS) -> list[CastVote]:
        """The `limit` newest votes, or all when there are fewer; oldest first."""

    def revision(self) -> str:
        """A mark that differs whenever a rating or a vote has come, changed or gone; cheap to ask for."""

    def reviewers(self) -> tuple[ReviewerCount, ...]:
        """Everybody who has rated, by name."""

    def close(self) -> None:
        """Let go of the database."""
