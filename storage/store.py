"""The store of `comparer.store` on SQLAlchemy: one short transaction a call, on disk when it returns."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine, select
from sqlalchemy.orm import joinedload, selectinload

from comparer.errors import InputError, StoreError
from comparer.records import Answer, CellCount, Picture, Preference, Rating, TestItem, ratable
from comparer.run_store import RunStore
from comparer.store import (
    ALL_RATINGS,
    EVERYTHING,
    Belonging,
    CasePage,
    CastVote,
    Conversation,
    ConversationSummary,
    GivenRating,
    HistoryPage,
    HistorySearch,
    Imported,
    Part,
    RatedAnswer,
    RatingFilter,
    ReviewerCount,
    Store,
    StoredConversation,
    TeamSetting,
    TimedAnswer,
)
from comparer.transfer import CarriedVote, ImportReport
from storage import (
    case_reads,
    conversion,
    deletion,
    history,
    imports,
    items,
    lookups,
    queries,
    score_reads,
    team_settings,
    timings,
    visitor_text,
    writes,
)
from storage import votes as vote_reads
from storage.base import new_id, now
from storage.database import WAIT_S, JournalMode, connect, default_url, parse_url, shown
from storage.faults import told_plainly
from storage.migrate import migrate
from storage.pictures import PictureFiles
from storage.runs import SqlRuns
from storage.sign_ins import SqlSignIns
from storage.tables import (
    AnswerRow,
    ConversationRow,
    RatingRow,
    ReviewerRow,
    TurnPictureRow,
    TurnRow,
)
from storage.transactions import Transactions
from storage.votes import VoteRow

AnyRecord = TypeVar("AnyRecord")

_WHOLE_CONVERSATION = (  # made once: SQLAlchemy works out anew what an option means that it has not seen
    joinedload(ConversationRow.reviewer),
    selectinload(ConversationRow.turns).options(
        selectinload(TurnRow.answers),
        selectinload(TurnRow.pictures).joinedload(TurnPictureRow.picture),
    ),
)


def open_store(
    data_dir: Path,
    database_url: str | None = None,
    *,
    journal_mode: JournalMode = "WAL",
    wait_s: float = WAIT_S,
) -> "SqlStore":
    """Open the database, bringing its tables up to date first; pictures lie under `data_dir/pictures`.

    `database_url` is SQLAlchemy's (`sqlite:///file`, `postgresql://user@host/name`), by default
    `data_dir/comparer.db`. `journal_mode` "DELETE" is for a SQLite file on a network mount. `wait_s` is how
    long a write waits for others. Raises StoreError.
    """
    url = parse_url(database_url or default_url(data_dir))
    with told_plainly(shown(url)):
        data_dir.mkdir(parents=True, exist_ok=True)
    migrate(url, journal_mode=journal_mode)
    database = connect(url, journal_mode, wait_s=wait_s)
    return SqlStore(database, PictureFiles(data_dir.resolve() / "pictures"), wait_s=wait_s)


def open_existing_store(data_dir: Path, database_url: str | None = None) -> "SqlStore":
    """Open a database that is there already: who only reads makes none by a slip of the pen.

    Raises StoreError `no_database` where the SQLite file is missing, and what `open_store` raises.
    """
    url = parse_url(database_url or default_url(data_dir))
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_file():
        raise StoreError("no_database", folder=str(Path(url.database).parent))
    return open_store(data_dir, database_url)


class SqlStore(Store):
    """`comparer.store.Store` on one database and one folder of pictures; threads may share it."""

    def __init__(self, database: Engine, files: PictureFiles, *, wait_s: float = WAIT_S) -> None:
        self._reader = database
        self._files = files
        self._transactions = Transactions(database, wait_s)
        self._reading, self._writing = self._transactions.reading, self._transactions.writing
        self._shown = self._transactions.shown
        self._runs = SqlRuns(self._transactions, files)
        self.sign_ins = SqlSignIns(self._transactions)

    @property
    def runs(self) -> RunStore:
        """The runs of suites in the same database."""
        return self._runs

    # --- items ---

    def items(self, *, include_archived: bool = False) -> tuple[TestItem, ...]:
        """The test items in use, or all, in the order in which they are shown."""
        with self._reading() as session:
            rows = items.listed(session, include_archived=include_archived)
            return tuple(conversion.item_record(row) for row in rows)

    def set_threshold(self, item: str, threshold: float) -> None:
        """Change the pass rate (0..1) that an item needs.

        Raises InputError `threshold_out_of_range` or `unknown_item`.
        """
        kept = items.checked_rate(threshold)
        with self._writing() as session:
            lookups.item(session, item).threshold = kept

    def add_item(self, item: TestItem) -> None:
        """Add a test item behind all others.

        Raises InputError `item_exists`, `item_name_taken`, `item_key_unusable`, `item_name_unusable`,
        `threshold_out_of_range` or `weight_out_of_range`.
        """
        kept = items.checked(item)
        with self._writing() as session:
            items.refuse_a_taken_name(session, kept)
            items.add(session, kept)

    def update_item(self, item: TestItem) -> None:
        """Make the test item of that key say what `item` says; its place in the order stays.

        Raises InputError `unknown_item`, `item_name_taken`, `item_name_unusable`, `threshold_out_of_range` or
        `weight_out_of_range`.
        """
        with self._writing() as session:
            lookups.item(session, item.key)
            kept = items.checked(item)
            items.refuse_a_taken_name(session, kept)
            items.change(session, kept)

    def order_items(self, keys: Sequence[str]) -> None:
        """Show these test items first, in this order, and the others after them as they stood.

        Raises InputError `unknown_item` or `item_twice`.
        """
        with self._writing() as session:
            items.put_in_order(session, keys)

    # --- conversations ---

    def save_picture(self, content: bytes, width: int, height: int, suffix: str) -> Picture:
        """Keep a normalised picture under the SHA-256 of its bytes; the same picture is kept once."""
        with told_plainly(self._shown):
            sha256, file = self._files.save(content, suffix)
        values = {"file": file, "size_bytes": len(content), "width": width, "height": height}
        with self._writing() as session:
            row = writes.kept_picture(session, sha256, values)
            self._files.save(content, Path(row.file).suffix)  # again, where its last use has just been deleted
            return conversion.picture_record(row, self._files)

    def begin(self, conversation: Conversation) -> str:
        """Begin a conversation; returns its id. Raises InputError `unknown_item`."""
        with self._writing() as session:
            row = ConversationRow(
                id=new_id(),
                lineup=conversation.lineup,
                model_order=list(conversation.order),
                item=lookups.item(session, conversation.item).key if conversation.item else None,
                blind=conversation.blind,
                reviewer_id=writes.reviewer_id(session, conversation.reviewer),
                owner=conversation.owner,
            )
            session.add(row)
            return row.id

    def conversation(self, conversation_id: str) -> StoredConversation:
        """A conversation with all its turns and answers. Raises InputError `unknown_conversation`."""
        with self._reading() as session:
            row = session.scalar(
                select(ConversationRow)
                .where(ConversationRow.id == visitor_text.clean(conversation_id))
                .options(*_WHOLE_CONVERSATION)
            )
            if row is None:
                raise lookups.unknown_conversation(conversation_id)
            return conversion.conversation_record(row, self._files)

    def add_turn(self, conversation_id: str, question: str, pictures: Sequence[Picture]) -> str:
        """Add a question with its new pictures; returns the turn's id.

        Raises InputError `unknown_conversation`, `unknown_picture` (not saved before) or `question_too_long`.
        """
        kept = visitor_text.question(question)
        hashes = tuple(picture.sha256 for picture in pictures)
        with self._writing() as session:
            conversation = lookups.conversation(session, conversation_id, lock=True)
            lookups.pictures_to_show(session, hashes)
            turn = writes.next_turn(conversation, kept, hashes)
            session.add(turn)
            return turn.id

    def add_answer(self, turn_id: str, answer: Answer) -> str:
        """Add one model's answer to a turn; returns its id. Raises InputError `unknown_turn`."""
        with self._writing() as session:
            lookups.turn(session, turn_id, lock=True)
            row = conversion.answer_row(answer, turn_id, writes.next_sequence(session, turn_id))
            row.id = new_id()
            session.add(row)
            return row.id

    def reveal(self, conversation_id: str) -> None:
        """Note that the names of a blind conversation have been shown: later ratings are not blind."""
        with self._writing() as session:
            conversation = lookups.conversation(session, conversation_id, lock=True)
            conversation.revealed_at = conversation.revealed_at or now()

    def is_blind(self, turn_id: str) -> bool:
        """Whether the names of this turn's models are hidden now. Raises InputError `unknown_turn`."""
        with self._reading() as session:
            return writes.is_hidden(lookups.turn(session, turn_id).conversation)

    def turn_of(self, answer_id: str) -> str:
        """The id of the turn that an answer belongs to. Raises InputError `unknown_answer`."""
        with self._reading() as session:
            return lookups.answer(session, answer_id).turn_id

    def search(self, sought: HistorySearch = EVERYTHING, *, after: str = "", limit: int = 50) -> HistoryPage:
        """A page of the conversations that were sought, the newest first; `after` is the last page's `next`.

        A page has 1 to 200 of them. Raises InputError `cursor_unusable`.
        """
        with self._reading(at_one_moment=True) as session:
            return history.page(session, sought, after, limit, self._files)

    def summary(self, conversation_id: str) -> ConversationSummary:
        """One conversation as the list shows it. Raises InputError `unknown_conversation`."""
        with self._reading(at_one_moment=True) as session:
            return history.summary(session, conversation_id, self._files)

    def lineups(self) -> tuple[str, ...]:
        """The names of all lineups with which a conversation was begun, in the order of the alphabet."""
        with self._reading() as session:
            return history.lineups(session)

    def delete_conversation(self, conversation_id: str) -> None:
        """Delete a conversation with its answers, ratings and votes, and pictures that no other one shows.

        The files go last: whatever stops it in the middle leaves a file too many, never one too few. Raises
        InputError `unknown_conversation`, or `conversation_of_run` for one that goes only with its run.
        """
        with self._writing() as session:
            files = deletion.delete_conversation(session, conversation_id)
        deletion.remove_files(self._transactions, self._files, files)

    def belonging(self, part: Part, part_id: str) -> Belonging:
        """Whose conversation a conversation, turn or answer is of.

        Raises InputError `unknown_conversation`, `unknown_turn` or `unknown_answer`.
        """
        with self._reading() as session:
            return lookups.belonging(session, part, part_id)

    def star(self, conversation_id: str, starred: bool) -> None:
        """Keep a conversation when old ones are deleted, or no longer. Raises InputError `unknown_conversation`."""
        with self._writing() as session:
            lookups.conversation(session, conversation_id, lock=True).starred = starred

    def delete_older(self, before: datetime) -> int:
        """Delete conversations in which nothing has been asked since, and pictures that nobody shows; how many.

        Each conversation goes with its ratings, in a transaction of its own, as `delete_conversation` does it. Those
        that are starred stay, and those of runs.
        """
        with self._reading() as session:
            old = deletion.older(session, before)
        deleted = 0
        for conversation_id in old:
            with self._writing() as session:
                files = deletion.delete_if_older(session, conversation_id, before)
            if files is not None:
                deletion.remove_files(self._transactions, self._files, files)
                deleted += 1
        with self._writing() as session:
            files = deletion.delete_pictures_never_shown(session, before)
        deletion.remove_files(self._transactions, self._files, files)
        return deleted

    # --- ratings and votes ---

    def rate(self, answer_id: str, rating: Rating) -> str:
        """Keep a reviewer's rating (one per reviewer and answer; a change keeps the old one); returns its id.

        It is kept as blind only when `rating.blind` and the names are still hidden. Raises InputError
        `unknown_answer`, `answer_has_no_text`, `not_yes_or_no`, `note_too_long`, `reasons_too_long` or
        `reviewer_too_long`.
        """
        if not isinstance(rating.acceptable, bool):  # "false" would count as true
            raise InputError("not_yes_or_no", value=str(rating.acceptable)[:40])
        with self._writing() as session:
            answer = lookups.answer(session, answer_id)
            if not ratable(answer.stop_reason, answer.text):
                raise InputError("answer_has_no_text")
            return writes.keep_rating(session, answer, rating)

    def ratings(self, turn_id: str, reviewer: str) -> dict[str, Rating]:
        """A reviewer's own ratings of one turn's answers, by answer id. Raises InputError `unknown_turn`."""
        query = (
            select(RatingRow)
            .join(RatingRow.answer)
            .join(RatingRow.reviewer)
            .where(AnswerRow.turn_id == turn_id, ReviewerRow.name == visitor_text.reviewer(reviewer))
            .options(joinedload(RatingRow.reviewer))
        )
        with self._reading() as session:
            lookups.turn(session, turn_id)
            return {row.answer_id: conversion.rating_record(row) for row in session.scalars(query)}

    def prefer(self, turn_id: str, preference: Preference) -> str:
        """Keep which answer a reviewer likes best (one per reviewer and turn); returns its id.

        Raises InputError `unknown_turn`, `unknown_answer`, `unknown_choice` or `answer_of_another_turn`.
        """
        with self._writing() as session:
            return writes.keep_preference(session, lookups.turn_to_vote_on(session, turn_id), preference)

    def preference(self, turn_id: str, reviewer: str) -> Preference | None:
        """A reviewer's own vote on one turn; None without one. Raises InputError `unknown_turn`."""
        with self._reading() as session:
            return vote_reads.own_vote(session, lookups.turn(session, turn_id), reviewer)

    # --- what the score table and the export read ---

    def counts(self, ratings: RatingFilter = ALL_RATINGS) -> tuple[CellCount, ...]:
        """Cases, ratings and passes of every model on every item that has ratings."""
        read = score_reads.cell_counts if score_reads.are_kept(ratings) else queries.cell_counts
        with self._reading(at_one_moment=True) as session:
            return read(session, ratings)

    def cases(
        self, item: str, model: str, ratings: RatingFilter = ALL_RATINGS, *, after: str = "", limit: int = 20
    ) -> CasePage:
        """A page of the rated cases of one model on one item, worst first; `after` is the last page's `next`.

        A page has 1 to 200 of them. Raises InputError `cursor_unusable`.
        """
        place = score_reads.ItemModel(visitor_text.clean(item), visitor_text.clean(model))
        with self._reading(at_one_moment=True) as session:
            return case_reads.page(session, self._files, place, ratings, after, limit)

    def precisions(self, ratings: RatingFilter = ALL_RATINGS) -> tuple[str, ...]:
        """The precisions under which answers have been rated on some item, whatever precision the filter asks for."""
        with self._reading() as session:
            return score_reads.precisions(session, ratings)

    def rated_answers(self, ratings: RatingFilter = ALL_RATINGS) -> Iterator[RatedAnswer]:
        """All rated answers, oldest rating first, in pages: a slow reader holds no transaction open."""
        last = None
        while True:
            with self._reading() as session:
                page = queries.rated_page(session, ratings, last)
                unrated = queries.liked_but_unrated(session, page)
                records = [
                    conversion.rated_answer_record(row, vote, unrated.get(vote.id) if vote else None)
                    for row, vote in page
                ]
                last = (page[-1].rating.created_at, page[-1].rating.id) if page else None
            yield from records
            if len(records) < queries.PAGE:
                return

    def votes(self, ratings: RatingFilter = ALL_RATINGS) -> Iterator[CastVote]:
        """All votes, oldest first, in pages: a slow reader holds no transaction open.

        The filter's days are those of the vote's last change; precision and weights are those of the turn's answers,
        of which one that fits is enough.
        """
        for page in self._vote_pages(ratings, VoteRow.cast):
            yield from page

    def carried_votes(self, ratings: RatingFilter = ALL_RATINGS) -> Iterator[CarriedVote]:
        """The votes that `votes` gives, each with all that another database needs to keep it."""
        for page in self._vote_pages(ratings, VoteRow.carried, whole=True):
            yield from page

    def _vote_pages(
        self, ratings: RatingFilter, record: Callable[[VoteRow], AnyRecord], *, whole: bool = False
    ) -> Iterator[list[AnyRecord]]:
        last = None
        while True:
            with self._reading() as session:
                page = vote_reads.vote_page(session, ratings, last, whole=whole)
                records = [record(row) for row in page]
                last = page[-1].place if page else None
            yield records
            if len(records) < vote_reads.PAGE:
                return

    def import_ratings(
        self, things: Iterable[tuple[int, Imported]], progress: Callable[[int], None] = lambda _rows: None
    ) -> ImportReport:
        """Take in the numbered rows of a file, all or nothing; ids decide what is here already.

        A newer state of a rating or vote replaces the one that is here, whose words go to the history; an older one
        is left out. `progress` hears how many rows have been read so far. Whoever rates meanwhile waits for the end.
        Raises RowError for the first row that cannot be kept, and whatever `things` raises.
        """
        with self._writing() as session:
            return imports.take_in(session, things, progress)

    def newest_ratings(self, limit: int, ratings: RatingFilter = ALL_RATINGS) -> list[GivenRating]:
        """The `limit` newest ratings on test items, or all when there are fewer; oldest rating first."""
        with self._reading() as session:
            return queries.newest_ratings(session, limit, ratings)

    def newest_votes(self, limit: int, ratings: RatingFilter = ALL_RATINGS) -> list[CastVote]:
        """The `limit` newest votes, or all when there are fewer; oldest first."""
        with self._reading() as session:
            return vote_reads.newest_votes(session, limit, ratings)

    def newest_answers(self, limit: int, model_ids: Sequence[str]) -> list[TimedAnswer]:
        """What the `limit` newest answers of these weights took, newest conversation first, of runs too.

        Without those that somebody asks blind just now: their times would give the models away.
        """
        with self._reading() as session:
            return timings.newest_answers(session, limit, model_ids)

    def revision(self) -> str:
        """A mark that differs whenever a rating or a vote has come, changed or gone."""
        with self._reading(at_one_moment=True) as session:
            return queries.revision(session)

    def reviewers(self) -> tuple[ReviewerCount, ...]:
        """Everybody who has rated, by name."""
        with self._reading() as session:
            return vote_reads.reviewer_counts(session)

    # --- what people set for everybody ---

    def team_settings(self, kind: str) -> dict[str, TeamSetting]:
        """What people have set for everybody, of one kind, by name."""
        with self._reading() as session:
            return team_settings.read(session, kind)

    def set_for_team(self, kind: str, name: str, content: TeamSetting) -> None:
        """Set one thing for everybody, in place of what it was. Raises InputError `name_too_long`."""
        with self._writing() as session:
            team_settings.write(session, kind, name, content)

    def unset_for_team(self, kind: str, name: str) -> None:
        """Have one thing as it comes with the product again."""
        with self._writing() as session:
            team_settings.remove(session, kind, name)

    def ping(self) -> None:
        """Ask the database for nothing. Raises StoreError when it does not answer."""
        with self._reading() as session:
            session.execute(select(1))

    def close(self) -> None:
        """Let go of the database."""
        self._reader.dispose()
