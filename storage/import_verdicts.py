"""Imported ratings and votes: the newer word wins, and the counts behind the score table follow at once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from comparer.errors import InputError
from comparer.store import RatedAnswer
from comparer.transfer import ImportReport, RowError, Vote
from storage import scores
from storage.arrivals import Arrival, case_of
from storage.conversion import history_row
from storage.import_places import Places
from storage.tables import PreferenceRow, RatingRow

Key = tuple[str, str]
"""An answer or a turn, and a reviewer: at most one rating or vote each."""


class Verdicts:
    """Ratings and votes of an import, batch by batch."""

    def __init__(self, session: Session, report: ImportReport, places: Places) -> None:
        self._session = session
        self._report = report
        self._places = places

    def take_in(self, arrivals: Sequence[Arrival]) -> None:
        """Keep the ratings and votes of one batch, whose answers are kept. Raises RowError."""
        self._take_ratings([(arriving, arriving.rated) for arriving in arrivals if arriving.rated])
        self._take_votes([(arriving, arriving.vote) for arriving in arrivals if arriving.vote])

    def _take_ratings(self, arrivals: Sequence[tuple[Arrival, RatedAnswer]]) -> None:
        rows = self._session.scalars(
            select(RatingRow).where(
                or_(
                    RatingRow.answer_id.in_({rated.answer_id for _, rated in arrivals}),
                    RatingRow.id.in_({rated.rating_id for _, rated in arrivals}),
                )
            )
        )
        known: dict[Key, RatingRow] = {(row.answer_id, row.reviewer_id): row for row in rows}
        key_of = {row.id: key for key, row in known.items()}
        new: list[dict[str, object]] = []
        changes = scores.Changes(self._session)
        for arriving, rated in arrivals:
            key = rated.answer_id, self._places.reviewer_id(rated.rating.reviewer)
            if key_of.setdefault(rated.rating_id, key) != key:
                raise RowError(arriving.row, InputError("import_rating_elsewhere", rating=rated.rating_id))
            said = _said(rated, arriving)
            after = scores.Given(rated.rating.acceptable, bool(said["blind"]))
            here = known.get(key)
            if here is None:
                values = {"id": rated.rating_id, "answer_id": key[0], "reviewer_id": key[1], **said}
                values |= {"rated_at": rated.rated_at, "created_at": rated.origin.first_rated_at}
                new.append(values)
                known[key] = RatingRow(**values)  # not for the session: in case the file says it twice
                before = None
                self._report.ratings_new += 1
            elif all(getattr(here, name) == value for name, value in said.items()):
                self._report.ratings_unchanged += 1
                continue
            elif _is_older(arriving, rated.rated_at, here.rated_at):
                self._report.ratings_older += 1
                continue
            else:
                if here not in self._session:
                    raise RowError(arriving.row, InputError("import_twice"))
                before = scores.Given(here.acceptable, here.blind)
                self._session.add(history_row(here))
                for name, value in {**said, "rated_at": rated.rated_at}.items():
                    setattr(here, name, value)
                self._report.ratings_updated += 1
            if arriving.item:
                cell = scores.Cell(
                    arriving.item, arriving.lineup, rated.answer.model, rated.answer.model_id, rated.answer.precision
                )
                changes.count(cell, case_of(arriving.item, arriving.turns), before, after)
        if new:
            self._session.execute(insert(RatingRow), new)
        self._session.flush()
        changes.write()

    def _take_votes(self, arrivals: Sequence[tuple[Arrival, Vote]]) -> None:
        rows = self._session.scalars(
            select(PreferenceRow).where(
                or_(
                    PreferenceRow.turn_id.in_({arriving.turn_id for arriving, _ in arrivals}),
                    PreferenceRow.id.in_({vote.preference_id for _, vote in arrivals}),
                )
            )
        )
        known: dict[Key, PreferenceRow] = {(row.turn_id, row.reviewer_id): row for row in rows}
        key_of = {row.id: key for key, row in known.items()}
        new: list[dict[str, object]] = []
        for arriving, vote in arrivals:
            self._check_answer(arriving, vote)
            key = arriving.turn_id, self._places.reviewer_id(vote.reviewer)
            if key_of.setdefault(vote.preference_id, key) != key:
                raise RowError(arriving.row, InputError("import_vote_elsewhere", vote=vote.preference_id))
            said: dict[str, object] = {
                "choice": vote.choice,
                "answer_id": vote.answer_id or None,
                "blind": vote.blind and arriving.began.blind,
            }
            here = known.get(key)
            if here is None:
                values = {"id": vote.preference_id, "turn_id": key[0], "reviewer_id": key[1], **said}
                values |= {"chosen_at": vote.chosen_at, "created_at": vote.first_chosen_at}
                new.append(values)
                known[key] = PreferenceRow(**values)  # not for the session: in case the file says it twice
                self._report.votes_new += 1
            elif all(getattr(here, name) == value for name, value in said.items()):
                self._report.votes_unchanged += 1
            elif _is_older(arriving, vote.chosen_at, here.chosen_at):
                self._report.votes_older += 1
            else:
                if here not in self._session:
                    raise RowError(arriving.row, InputError("import_twice"))
                for name, value in {**said, "chosen_at": vote.chosen_at}.items():
                    setattr(here, name, value)
                self._report.votes_updated += 1
        if new:
            self._session.execute(insert(PreferenceRow), new)

    def _check_answer(self, arriving: Arrival, vote: Vote) -> None:
        if vote.answer_id and self._places.turn_of_answer.get(vote.answer_id) != arriving.turn_id:
            raise RowError(arriving.row, InputError("import_vote_unfounded", answer=vote.answer_id))


def _said(rated: RatedAnswer, arriving: Arrival) -> dict[str, object]:
    return {
        "acceptable": rated.rating.acceptable,
        "reasons": list(rated.rating.reasons),
        "note": rated.rating.note,
        "blind": rated.rating.blind and arriving.began.blind,
    }


def _is_older(arriving: Arrival, there: datetime, here: datetime) -> bool:
    """Whether what is here came later. Raises RowError for other words of the very same moment."""
    if there == here:
        raise RowError(arriving.row, InputError("import_same_moment"))
    return there < here
