"""Keeps runs and their answers, each step inside one transaction that stays right while others write the same."""

import random
from collections.abc import Sequence
from dataclasses import asdict, replace

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from comparer.run_records import MadeAnswer, Place, RunCase, RunRequest, RunTurn
from storage import conversion, lookups, run_leases, visitor_text, writes
from storage.base import new_id
from storage.cases import Asked, case_key
from storage.run_tables import (
    AutomaticScoreRow,
    RunAnswerRow,
    RunCasePictureRow,
    RunCaseRow,
    RunConversationRow,
    RunRow,
)
from storage.tables import ConversationRow, TurnPictureRow, TurnRow
from storage.visitor_text import clean


def create(session: Session, request: RunRequest, cases: Sequence[RunCase]) -> str:
    """Keep a new run with its cases, queued; returns its id.

    Raises InputError `unknown_item`, `unknown_picture` (not saved before) or `question_too_long`.
    """
    kept = [replace(case, turns=tuple(_turn(turn) for turn in case.turns)) for case in cases]
    for item in {case.item: None for case in kept}:
        lookups.item(session, item)
    lookups.pictures_to_show(session, (picture.sha256 for case in kept for picture in case.pictures))
    run_id = new_id()
    turns = sum(len(case.turns) for case in kept)
    session.add(
        RunRow(
            id=run_id,
            suite=clean(request.suite),
            title_en=clean(request.title_en),
            title_zh=clean(request.title_zh),
            lineup=request.lineup,
            models=[asdict(model) for model in request.models],
            plan=request.plan,
            judge=request.judge,
            repeats=request.repeats,
            batch=request.batch,
            sampling=asdict(request.sampling),
            reviewer_id=writes.reviewer_id(session, request.reviewer),
            cases=len(kept),
            planned=turns * len(request.models) * request.repeats,
            state="queued",
            wanted="run",
            failure_parameters={},
            created_at=run_leases.clock(session),
        )
    )
    session.flush()
    if kept:
        session.execute(insert(RunCaseRow), [_case_values(run_id, *place) for place in enumerate(kept)])
    if pictures := [link for place in enumerate(kept) for link in _picture_values(run_id, *place)]:
        session.execute(insert(RunCasePictureRow), pictures)
    return run_id


def keep(session: Session, run_id: str, made: MadeAnswer) -> str:
    """Keep an answer with its score unless the place has one; returns the id of the one that is there then.

    Whoever keeps answers of one case waits for the others, so that its conversation is begun once; the primary key
    of `run_answers` is the place. Raises InputError `unknown_run`, and ValueError for a place outside of the run.
    """
    place, answer, model_s, score = made
    run = lookups.run_to_answer(session, run_id)
    case = session.scalar(
        select(RunCaseRow)
        .where(RunCaseRow.run_id == run.id, RunCaseRow.case_id == place.case)
        .with_for_update(key_share=True)
    )
    if case is None or not _is_inside(run, case, place):
        raise ValueError(f"run {run_id} has no place {place}")
    key = (run.id, case.position, place.repeat, place.turn, place.model)
    kept = session.get(RunAnswerRow, key)
    if kept is not None:
        return kept.answer_id
    conversation = _conversation(session, run, case, place.repeat)
    turn = session.scalars(
        select(TurnRow)
        .where(TurnRow.conversation_id == conversation.id, TurnRow.position == place.turn)
        .with_for_update(key_share=True)
    ).one()
    placed = replace(answer, position=conversation.model_order.index(place.model))
    row = conversion.answer_row(placed, turn.id, writes.next_sequence(session, turn.id))
    row.id = new_id()
    session.add(row)
    session.flush()
    of_place = dict(zip(("run_id", "case_position", "repeat", "turn", "model"), key, strict=True))
    session.add(RunAnswerRow(**of_place, answer_id=row.id, failed=answer.stop_reason == "error", model_s=model_s))
    if score is not None:
        session.add(
            AutomaticScoreRow(
                answer_id=row.id,
                score=score.score,
                passed=score.passed,
                code=score.code,
                parameters=conversion.clean_parameters(score.parameters),
            )
        )
    return row.id


def _is_inside(run: RunRow, case: RunCaseRow, place: Place) -> bool:
    known = place.model in {model["key"] for model in run.models}
    return known and 0 <= place.repeat < run.repeats and 0 <= place.turn < len(case.turns)


def _conversation(session: Session, run: RunRow, case: RunCaseRow, repeat: int) -> ConversationRow:
    """The conversation of a repeat of a (locked) case, begun with all its questions when it is not there yet."""
    begun = session.scalar(
        select(ConversationRow)
        .join(RunConversationRow, RunConversationRow.conversation_id == ConversationRow.id)
        .where(
            RunConversationRow.run_id == run.id,
            RunConversationRow.case_position == case.position,
            RunConversationRow.repeat == repeat,
        )
    )
    if begun is not None:
        return begun
    order = [model["key"] for model in run.models]
    random.SystemRandom().shuffle(order)
    row = ConversationRow(
        id=new_id(), lineup=run.lineup, model_order=order, item=case.item, blind=True, reviewer_id=run.reviewer_id
    )
    row.turns = _turns(session, run, case)
    session.add(row)
    session.flush()
    session.add(RunConversationRow(run_id=run.id, case_position=case.position, repeat=repeat, conversation_id=row.id))
    session.flush()
    return row


def _turns(session: Session, run: RunRow, case: RunCaseRow) -> list[TurnRow]:
    pictures = session.scalars(
        select(RunCasePictureRow.sha256)
        .where(RunCasePictureRow.run_id == run.id, RunCasePictureRow.case_position == case.position)
        .order_by(RunCasePictureRow.position)
    ).all()
    asked = _asked([turn["question"] for turn in case.turns], pictures)
    return [
        TurnRow(
            id=new_id(),
            position=position,
            question=turn.question,
            case_key=case_key(case.item, asked[: position + 1]),
            pictures=[TurnPictureRow(position=place, sha256=sha256) for place, sha256 in enumerate(turn.pictures)],
        )
        for position, turn in enumerate(asked)
    ]


def _asked(questions: Sequence[str], pictures: Sequence[str]) -> list[Asked]:
    """The questions of a case: its pictures come with the first."""
    return [Asked(tuple(pictures) if place == 0 else (), question) for place, question in enumerate(questions)]


def _turn(turn: RunTurn) -> RunTurn:
    """As it is kept."""
    check = None if turn.check is None else dict(turn.check)
    return replace(turn, question=visitor_text.question(turn.question), reference=clean(turn.reference), check=check)


def _case_values(run_id: str, position: int, case: RunCase) -> dict[str, object]:
    pictures = [picture.sha256 for picture in case.pictures]
    return {
        "run_id": run_id,
        "position": position,
        "case_id": case.id,
        "item": case.item,
        "turns": [asdict(turn) for turn in case.turns],
        "language": clean(case.language),
        "is_key": case.key,
        "case_key": case_key(case.item, _asked([turn.question for turn in case.turns], pictures)),
    }


def _picture_values(run_id: str, case_position: int, case: RunCase) -> list[dict[str, object]]:
    return [
        {"run_id": run_id, "case_position": case_position, "position": position, "sha256": picture.sha256}
        for position, picture in enumerate(case.pictures)
    ]
