"""What the product asks of its database, as a protocol: `app.py` hands in the one from `storage/`.

Ids are opaque strings and appear only here, never in `comparer.records`. Every write is on disk when its call
returns. Every call may raise `StoreError`; an unknown id raises `InputError`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from comparer.records import Answer, CellCount, Picture, Preference, Rating, TestItem
from comparer.transfer import CarriedVote, ImportReport, ItemDefinition, Origin

MAX_QUESTION = 20_000
"""Characters of a question: as many as one of a suite may have; the page takes less."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is fixed when a conversation begins. `order` holds the model keys from left to right."""

    lineup: str
    order: tuple[str, ...]
    item: str = ""
    blind: bool = False
    reviewer: str = ""
    owner: str = ""
    """Whose it is where visitors are kept apart (`comparer.access`); empty for nobody's."""


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

    @property
    def hidden(self) -> bool:
        """Whether the models' names must not be seen yet."""
        return self.conversation.blind and not self.revealed


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
    without_hidden: bool = False
    """Leave out all conversations whose models' names are hidden still."""


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
    origin: Origin
    """What an import into another database needs."""


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


class TimedAnswer(NamedTuple):
    """What one answer took, without its text and without what was asked."""

    model_id: str
    precision: str
    device: str
    at: datetime
    """When it was kept."""
    e2e_s: float | None
    tokens_per_s: float | None
    output_tokens: int | None
    weights_bytes: int | None
    peak_memory_bytes: int | None
    contended: bool
    stop_reason: str


TeamSetting = dict[str, Any]
"""Anything that JSON can hold, by name."""


@dataclass(frozen=True, slots=True)
class HistorySearch:
    """Which conversations are sought. Empty means all that have a question, of runs only those with a rating."""

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
    of_runs: bool | None = None
    """Only those of runs of test suites, rated or not (True), or none of these (False). None: with those that
    somebody has rated, since the thousands that nobody looked at would hide what people asked themselves."""
    owner: str = ""
    """Only what is this visitor's."""


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
    picture: Picture | None
    """Its first picture."""
    starred: bool = False
    """Whether it stays when old ones are deleted."""
    owner: str = ""
    """Whose it is where visitors are kept apart."""

    @property
    def hidden(self) -> bool:
        """Whether the models' names must not be seen yet."""
        return self.blind and not self.revealed


Part = Literal["conversation", "turn", "answer"]


class Belonging(NamedTuple):
    """Where a conversation, turn or answer belongs."""

    owner: str
    """Whose conversation it is of; empty for nobody's."""
    of_run: bool
    """Whether a run of a suite asked it: what is in it is the suite's, no visitor's."""


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


Imported = ItemDefinition | RatedAnswer | CarriedVote
"""One thing in a file of ratings; an item comes before what was asked for it."""


@dataclass(frozen=True, slots=True)
class DatedRating:
    """A rating with the moment of its last change."""

    rating: Rating
    at: datetime


@dataclass(frozen=True, slots=True)
class CaseAnswer:
    """One answer to a case with the ratings that count, refusals first."""

    id: str
    conversation_id: str
    blind: bool
    """Whether the conversation began blind."""
    answer: Answer
    ratings: tuple[DatedRating, ...]


@dataclass(frozen=True, slots=True)
class RatedCase:
    """One case (same pictures, same questions so far) of one model on one item: what its pass rate is made of."""

    key: str
    turn: int
    """Which question of its conversation it is, from 1."""
    question: str
    pictures: tuple[Picture, ...]
    """All pictures that the models had seen by then, oldest first."""
    ratings: int
    accepted: int
    answers: tuple[CaseAnswer, ...]
    """Those with a refusal first, with reasons or a note before those without."""


@dataclass(frozen=True, slots=True)
class CasePage:
    """Some cases, the lowest pass rate first, and where the next page begins: empty when this is the last."""

    cases: tuple[RatedCase, ...]
    next: str = ""


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

    def summary(self, conversation_id: str) -> ConversationSummary:
        """One conversation as the list shows it."""

    def lineups(self) -> tuple[str, ...]:
        """The names of all lineups with which a conversation was begun, in the order of the alphabet."""

    def delete_conversation(self, conversation_id: str) -> None:
        """Delete a conversation with its answers, ratings and votes, and pictures that no other one shows."""

    def belonging(self, part: Part, part_id: str) -> Belonging:
        """Whose conversation a conversation, turn or answer is of."""

    def star(self, conversation_id: str, starred: bool) -> None:
        """Keep a conversation when old ones are deleted, or no longer."""

    def delete_older(self, before: datetime) -> int:
        """Delete conversations in which nothing has been asked since, and pictures that nobody shows; how many.

        Those that are starred stay, and those of runs.
        """

    def rate(self, answer_id: str, rating: Rating) -> str:
        """Keep a reviewer's rating (one per reviewer and answer; a change keeps the old one); returns its id."""

    def ratings(self, turn_id: str, reviewer: str) -> dict[str, Rating]:
        """A reviewer's own ratings of one turn's answers, by answer id."""

    def prefer(self, turn_id: str, preference: Preference) -> str:
        """Keep which answer a reviewer likes best (one per reviewer and turn); returns its id."""

    def preference(self, turn_id: str, reviewer: str) -> Preference | None:
        """A reviewer's own vote on one turn; None without one."""

    def is_blind(self, turn_id: str) -> bool:
        """Whether the names of this turn's models are hidden now (a blind conversation, not yet revealed)."""

    def turn_of(self, answer_id: str) -> str:
        """The id of the turn that an answer belongs to."""

    def counts(self, ratings: RatingFilter = ALL_RATINGS) -> tuple[CellCount, ...]:
        """Cases, ratings and passes of every model on every item that has ratings."""

    def cases(
        self, item: str, model: str, ratings: RatingFilter = ALL_RATINGS, *, after: str = "", limit: int = 20
    ) -> CasePage:
        """A page of the rated cases of one model on one item, worst first; `after` is the last page's `next`.

        A left-out conversation takes its cases with it: elsewhere their answers would name its models.
        """

    def precisions(self, ratings: RatingFilter = ALL_RATINGS) -> tuple[str, ...]:
        """The precisions under which answers have been rated on some item, whatever precision the filter asks for."""

    def rated_answers(self, ratings: RatingFilter = ALL_RATINGS) -> Iterator[RatedAnswer]:
        """All rated answers, oldest rating first."""

    def votes(self, ratings: RatingFilter = ALL_RATINGS) -> Iterator[CastVote]:
        """All votes, oldest first; precision and weights are those of the turn's answers, one of which must fit."""

    def carried_votes(self, ratings: RatingFilter = ALL_RATINGS) -> Iterator[CarriedVote]:
        """The votes that `votes` gives, each with all that another database needs to keep it."""

    def import_ratings(
        self, things: Iterable[tuple[int, Imported]], progress: Callable[[int], None] = lambda _rows: None
    ) -> ImportReport:
        """Take in the numbered rows of a file, all or nothing; ids decide what is here already.

        `progress` hears how many rows have been read so far.
        """

    def newest_ratings(self, limit: int, ratings: RatingFilter = ALL_RATINGS) -> list[GivenRating]:
        """The `limit` newest ratings on test items, or all when there are fewer; oldest rating first."""

    def newest_votes(self, limit: int, ratings: RatingFilter = ALL_RATINGS) -> list[CastVote]:
        """The `limit` newest votes, or all when there are fewer; oldest first."""

    def newest_answers(self, limit: int, model_ids: Sequence[str]) -> list[TimedAnswer]:
        """What the `limit` newest answers of these weights took, newest conversation first, of runs too.

        Without those that somebody asks blind just now: their times would give the models away.
        """

    def team_settings(self, kind: str) -> dict[str, TeamSetting]:
        """What people have set for everybody, of one kind ("price", "card", ...), by name."""

    def set_for_team(self, kind: str, name: str, content: TeamSetting) -> None:
        """Set one thing for everybody, in place of what it was."""

    def unset_for_team(self, kind: str, name: str) -> None:
        """Have one thing as it comes with the product again; nothing happens where it is."""

    def revision(self) -> str:
        """A mark that differs whenever a rating or a vote has come, changed or gone; cheap to ask for."""

    def reviewers(self) -> tuple[ReviewerCount, ...]:
        """Everybody who has rated, by name."""

    def ping(self) -> None:
        """Ask the database for nothing; raises `StoreError` when it does not answer."""

    def close(self) -> None:
        """Let go of the database."""
