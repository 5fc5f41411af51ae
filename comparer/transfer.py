"""What travels with ratings from one database to another besides what a reader of the export needs.

Plain values with the ids that the database gave, so that nothing is doubled on arrival. Moments are in UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from comparer.errors import ComparerError, InputError
from comparer.records import Answer, Choice, TestItem
from comparer.texts import Language, text

VERSION = 1
"""Of the form in which these values stand in a file; a program reads its own version and none that is newer."""


@dataclass(frozen=True, slots=True)
class Began:
    """How a conversation began. `order` holds the model keys from left to right."""

    started_at: datetime
    order: tuple[str, ...]
    blind: bool
    reviewer: str
    revealed_at: datetime | None
    """When the names of a blind one were shown."""


@dataclass(frozen=True, slots=True)
class AskedTurn:
    """A question with the SHA-256 of its new pictures."""

    turn_id: str
    asked_at: datetime
    question: str
    pictures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MadeAnswer:
    """An answer, and where it stands among those of its turn."""

    answer_id: str
    sequence: int
    answered_at: datetime
    answer: Answer


@dataclass(frozen=True, slots=True)
class Vote:
    """One reviewer's vote on one turn."""

    preference_id: str
    choice: Choice
    answer_id: str
    """The answer that is liked best when `choice` is "answer", else empty."""
    reviewer: str
    blind: bool
    chosen_at: datetime
    """The last change."""
    first_chosen_at: datetime
    answer: MadeAnswer | None = None
    """That answer as a whole, where it does not come along by itself."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a rated answer comes from, beyond what its row shows."""

    case_key: str
    """The same wherever the same pictures and questions have come so far, for the same item."""
    began: Began
    before: tuple[AskedTurn, ...]
    """The turns before this one, oldest first."""
    asked_at: datetime
    sequence: int
    answered_at: datetime
    first_rated_at: datetime
    vote: Vote | None = None
    """The reviewer's vote on the turn, unless the row of the answer that they like best has it."""


@dataclass(frozen=True, slots=True)
class CarriedVote:
    """A vote with the conversation up to its turn, the last of `turns`."""

    conversation_id: str
    item: str
    lineup: str
    case_key: str
    began: Began
    turns: tuple[AskedTurn, ...]
    vote: Vote


@dataclass(frozen=True, slots=True)
class ItemDefinition:
    """A test item and its place among all, counted from 0."""

    item: TestItem
    place: int


@dataclass(slots=True)
class ImportReport:
    """What an import did: every rating and vote of the file is in exactly one of its four counts."""

    ratings_new: int = 0
    ratings_updated: int = 0
    """Newer in the file; what was said here before is in the history."""
    ratings_unchanged: int = 0
    ratings_older: int = 0
    """Newer here, and left as they are."""
    votes_new: int = 0
    votes_updated: int = 0
    votes_unchanged: int = 0
    votes_older: int = 0
    conversations_new: int = 0
    pictures_missing: int = 0
    """Pictures that conversations of the file show and that are not in this database."""
    items_created: tuple[str, ...] = ()
    items_taken_over: tuple[str, ...] = ()
    """Nobody had asked anything for them here, so they are now defined as in the file."""
    items_kept: tuple[str, ...] = ()
    """In use here under another definition, which stays."""

    @property
    def ratings(self) -> int:
        """How many ratings the file holds."""
        return self.ratings_new + self.ratings_updated + self.ratings_unchanged + self.ratings_older

    @property
    def votes(self) -> int:
        """How many votes the file holds."""
        return self.votes_new + self.votes_updated + self.votes_unchanged + self.votes_older

    def sentences(self, language: Language) -> list[str]:
        """The report for a reader; the first sentence is always there, the others only where they say something."""
        counts = {field.name: getattr(self, field.name) for field in fields(self)}
        said = [text("import.ratings", language, total=self.ratings, **_numbers(counts))]
        if self.votes:
            said.append(text("import.votes", language, total=self.votes, **_numbers(counts)))
        if self.pictures_missing:
            said.append(text("import.pictures_missing", language, count=self.pictures_missing))
        for name in ("items_created", "items_taken_over", "items_kept"):
            if counts[name]:
                said.append(text(f"import.{name}", language, items=_listed(counts[name], language)))
        return said


class RowError(InputError):
    """A row of a file that cannot be imported: `cause` says why. Nothing of the file was imported."""

    def __init__(self, row: int, cause: ComparerError) -> None:
        super().__init__("import_row", row=row)
        self.cause = cause

    def sentence(self, language: Language) -> str:
        """Which row it is, and why."""
        return text("error.import_row", language, reason=self.cause.sentence(language), **self.parameters)


def _numbers(counts: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in counts.items() if isinstance(value, int)}


def _listed(keys: Sequence[str], language: Language) -> str:
    return ("、" if language == "zh" else ", ").join(keys)
