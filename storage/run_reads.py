"""The questions that are asked about runs. Only reads."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, cast

from sqlalchemy import ColumnElement, Float, Select, Subquery, and_, case, func, or_, select
from sqlalchemy.orm import Session, joinedload

from comparer.records import CellCount, Picture, Sampling
from comparer.run_records import (
    AutomaticScore,
    Judge,
    Place,
    Run,
    RunAnswer,
    RunCase,
    RunModel,
    RunPlan,
    RunRequest,
    RunState,
    RunTurn,
    Wanted,
)
from comparer.store import RatingFilter
from storage import conversion
from storage.base import IN_ONE_QUESTION
from storage.pictures import PictureFiles
from storage.queries import in_order
from storage.run_tables import (
    AutomaticScoreRow,
    RunAnswerRow,
    RunCasePictureRow,
    RunCaseRow,
    RunConversationRow,
    RunRow,
)
from storage.tables import AnswerRow, PictureRow, RatingRow

ScoredCases = Select[str, str, int, float]
"""Item and model, how many scores a case has, and their mean."""


class Progress(NamedTuple):
    """How many answers of a run are kept, how many of them failed, and how long models were at work on them."""

    answers: int = 0
    errors: int = 0
    model_seconds: float = 0.0


def listed(session: Session, limit: int) -> tuple[Run, ...]:
    """The newest runs, newest first."""
    newest = select(RunRow).options(joinedload(RunRow.reviewer)).order_by(RunRow.created_at.desc(), RunRow.id.desc())
    return _records(session, session.scalars(newest.limit(max(0, limit))).all())


def record(session: Session, row: RunRow) -> Run:
    """A run as it stands."""
    return _records(session, [row])[0]


def _records(session: Session, rows: Sequence[RunRow]) -> tuple[Run, ...]:
    """Runs as they stand."""
    counted = (
        select(
            RunAnswerRow.run_id,
            func.count(),
            func.sum(case((RunAnswerRow.failed, 1), else_=0)),
            func.sum(RunAnswerRow.model_s),
        )
        .where(RunAnswerRow.run_id.in_([row.id for row in rows]))
        .group_by(RunAnswerRow.run_id)
    )
    progress = {
        run_id: Progress(answers, int(errors), float(model_s))
        for run_id, answers, errors, model_s in session.execute(counted)
    }
    return tuple(_run(row, progress.get(row.id, Progress())) for row in rows)


def cases(session: Session, run: RunRow, files: PictureFiles) -> tuple[RunCase, ...]:
    """The cases of a run in their order."""
    pictures: dict[int, list[Picture]] = {}
    links = (
        select(RunCasePictureRow.case_position, PictureRow)
        .join(RunCasePictureRow.picture)
        .where(RunCasePictureRow.run_id == run.id)
        .order_by(RunCasePictureRow.case_position, RunCasePictureRow.position)
    )
    for position, picture in session.execute(links):
        pictures.setdefault(position, []).append(conversion.picture_record(picture, files))
    rows = session.scalars(select(RunCaseRow).where(RunCaseRow.run_id == run.id).order_by(RunCaseRow.position))
    return tuple(
        RunCase(
            id=row.case_id,
            item=row.item,
            turns=tuple(RunTurn(**turn) for turn in row.turns),
            pictures=tuple(pictures.get(row.position, ())),
            language=row.language,
            key=row.is_key,
        )
        for row in rows
    )


def places(session: Session, run: RunRow) -> frozenset[Place]:
    """Where the run has answers already."""
    ids = _case_ids(session, run)
    taken = select(RunAnswerRow.case_position, RunAnswerRow.repeat, RunAnswerRow.turn, RunAnswerRow.model).where(
        RunAnswerRow.run_id == run.id
    )
    return frozenset(
        Place(ids[position], repeat, turn, model) for position, repeat, turn, model in session.execute(taken)
    )


def answers(session: Session, run: RunRow, case_id: str, wanted: Collection[Place] | None) -> tuple[RunAnswer, ...]:
    """The answers of a run, or of one case of it, or at some places of it: by case, repeat, turn and model."""
    ids = _case_ids(session, run)
    asked_for = {case_id} if case_id else set(ids.values())
    if wanted is not None:
        asked_for &= {place.case for place in wanted}
    chosen = [RunAnswerRow.run_id == run.id]
    if len(asked_for) <= IN_ONE_QUESTION:
        chosen.append(RunAnswerRow.case_position.in_([place for place, known in ids.items() if known in asked_for]))
    found = _answers(session, ids, chosen)
    if wanted is not None:
        exactly = frozenset(wanted)
        found = [one for one in found if one.place in exactly]
    order = {case: position for position, case in ids.items()}
    size = {model["key"]: number for number, model in enumerate(run.models)}
    return tuple(sorted(found, key=lambda one: (order[one.place.case], *one.place[1:3], size[one.place.model])))


def _answers(session: Session, ids: Mapping[int, str], chosen: Sequence[ColumnElement[bool]]) -> list[RunAnswer]:
    ratings = (
        select(RatingRow.answer_id, func.count(), func.sum(case((RatingRow.acceptable, 1), else_=0)))
        .join(RunAnswerRow, RunAnswerRow.answer_id == RatingRow.answer_id)
        .where(*chosen)
        .group_by(RatingRow.answer_id)
    )
    rated = {answer_id: (given, int(accepted)) for answer_id, given, accepted in session.execute(ratings)}
    whole = (
        select(
            *_PLACE,
            RunAnswerRow.answer_id,
            RunConversationRow.conversation_id,
            RunAnswerRow.model_s,
            *_SCORE,
            *(getattr(AnswerRow, name) for name in conversion.ANSWER_COLUMNS),
        )
        .join(AnswerRow, AnswerRow.id == RunAnswerRow.answer_id)
        .join(
            RunConversationRow,
            and_(
                RunConversationRow.run_id == RunAnswerRow.run_id,
                RunConversationRow.case_position == RunAnswerRow.case_position,
                RunConversationRow.repeat == RunAnswerRow.repeat,
            ),
        )
        .outerjoin(AutomaticScoreRow, AutomaticScoreRow.answer_id == RunAnswerRow.answer_id)
        .where(*chosen)
    )
    found = []
    for position, repeat, turn, model, answer_id, conversation_id, model_s, *rest in session.connection().execute(
        whole
    ):
        given, accepted = rated.get(answer_id, (0, 0))
        found.append(
            RunAnswer(
                place=Place(ids[position], repeat, turn, model),
                answer_id=answer_id,
                conversation_id=conversation_id,
                answer=conversion.answer_from(rest[len(_SCORE) :]),
                model_s=model_s,
                score=None if rest[0] is None else AutomaticScore(*rest[: len(_SCORE)]),
                ratings=given,
                accepted=accepted,
            )
        )
    return found


_PLACE = (RunAnswerRow.case_position, RunAnswerRow.repeat, RunAnswerRow.turn, RunAnswerRow.model)
_SCORE = (
    AutomaticScoreRow.score, AutomaticScoreRow.passed, AutomaticScoreRow.code, AutomaticScoreRow.parameters,
)  # fmt: skip


def automatic_counts(session: Session, ratings: RatingFilter) -> tuple[CellCount, ...]:
    """Every item and model that checks have judged: the mean within a case, then the sum over cases.

    A case is the same in all runs of a suite that ask it with the same pictures and questions for the same item. Key
    cases of a staged run, which are chosen and asked whatever comes, count only where their item was asked whole:
    elsewhere they would weigh more than the cases that the lot has drawn.
    """
    whole = _items_asked_whole()
    by_case = (
        select(
            RunCaseRow.item.label("item"),
            RunAnswerRow.model.label("model"),
            func.count().label("scores"),
            func.avg(AutomaticScoreRow.score).label("share"),
        )
        .select_from(AutomaticScoreRow)
        .join(RunAnswerRow, RunAnswerRow.answer_id == AutomaticScoreRow.answer_id)
        .join(
            RunCaseRow,
            and_(RunCaseRow.run_id == RunAnswerRow.run_id, RunCaseRow.position == RunAnswerRow.case_position),
        )
        .join(RunRow, RunRow.id == RunAnswerRow.run_id)
        .outerjoin(
            whole,
            and_(
                whole.c.run_id == RunAnswerRow.run_id,
                whole.c.item == RunCaseRow.item,
                whole.c.model == RunAnswerRow.model,
            ),
        )
        .where(or_(RunRow.plan != "staged", RunCaseRow.is_key.is_(False), whole.c.model.is_not(None)))
        .group_by(RunCaseRow.item, RunAnswerRow.model, RunRow.suite, RunCaseRow.case_id, RunCaseRow.case_key)
    )
    found = _filtered(by_case, ratings).subquery()
    by_cell = select(
        found.c.item, found.c.model, func.count(), func.sum(found.c.scores), func.sum(found.c.share, type_=Float())
    ).group_by(found.c.item, found.c.model)
    return in_order(
        CellCount(item, model, cases=cases, ratings=int(scores), passed=min(float(passed), cases))
        for item, model, cases, scores, passed in session.execute(by_cell)
    )


def _items_asked_whole() -> Subquery:
    """Of staged runs: the items of which a model has been asked every case."""
    cases = (
        select(RunCaseRow.run_id, RunCaseRow.item, func.count().label("cases"))
        .join(RunRow, RunRow.id == RunCaseRow.run_id)
        .where(RunRow.plan == "staged")
        .group_by(RunCaseRow.run_id, RunCaseRow.item)
        .subquery()
    )
    return (
        select(cases.c.run_id, cases.c.item, RunAnswerRow.model)
        .select_from(cases)
        .join(RunCaseRow, and_(RunCaseRow.run_id == cases.c.run_id, RunCaseRow.item == cases.c.item))
        .join(
            RunAnswerRow,
            and_(RunAnswerRow.run_id == RunCaseRow.run_id, RunAnswerRow.case_position == RunCaseRow.position),
        )
        .group_by(cases.c.run_id, cases.c.item, RunAnswerRow.model, cases.c.cases)
        .having(func.count(RunAnswerRow.case_position.distinct()) == cases.c.cases)
        .subquery()
    )


def _filtered(judged: ScoredCases, ratings: RatingFilter) -> ScoredCases:
    """Of the filter what is not about people; the days are those of the check."""
    if ratings.lineup:
        judged = judged.where(RunRow.lineup == ratings.lineup)
    if ratings.since is not None:
        judged = judged.where(AutomaticScoreRow.judged_at >= ratings.since)
    if ratings.until is not None:
        judged = judged.where(AutomaticScoreRow.judged_at < ratings.until)
    if ratings.precision or ratings.model_ids:
        judged = judged.join(AnswerRow, AnswerRow.id == AutomaticScoreRow.answer_id)
    if ratings.precision:
        judged = judged.where(AnswerRow.precision == ratings.precision)
    if ratings.model_ids:
        judged = judged.where(AnswerRow.model_id.in_(ratings.model_ids))
    return judged


def _case_ids(session: Session, run: RunRow) -> dict[int, str]:
    """By position, in order."""
    rows = select(RunCaseRow.position, RunCaseRow.case_id).where(RunCaseRow.run_id == run.id)
    return dict(session.execute(rows.order_by(RunCaseRow.position)).all())


def _run(row: RunRow, progress: Progress) -> Run:
    return Run(
        id=row.id,
        request=RunRequest(
            suite=row.suite,
            title_en=row.title_en,
            title_zh=row.title_zh,
            lineup=row.lineup,
            models=tuple(RunModel(**model) for model in row.models),
            plan=cast(RunPlan, row.plan),
            judge=cast(Judge, row.judge),
            repeats=row.repeats,
            batch=row.batch,
            sampling=Sampling(**row.sampling),
            reviewer=row.reviewer.name,
        ),
        state=cast(RunState, row.state),
        wanted=cast(Wanted, row.wanted),
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        failure=conversion.failure_record(row.failure_code, row.failure_parameters),
        cases=row.cases,
        planned=row.planned,
        **progress._asdict(),
    )
