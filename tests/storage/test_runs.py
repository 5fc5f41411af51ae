"""Runs are kept as they began, and every answer of theirs once."""

from dataclasses import replace

from comparer.records import Sampling
from comparer.run_records import Place, RunTurn
from storage import SqlStore
from tests.storage.databases import an_answer
from tests.storage.run_samples import MODELS, PASSED, a_case, a_request, a_run, keep


def test_a_run_is_kept_as_it_began(store: SqlStore) -> None:
    picture = store.save_picture(b"lamp", 4, 3, ".webp")
    check = {"type": "number", "value": 3.5, "unit": ["V", "volt"]}
    turns = (RunTurn("How many volts?", "3.5 V", check, kind="reading", depth="read"), RunTurn("Why?"))
    cases = (a_case("a"), replace(a_case("z", pictures=(picture, picture)), turns=turns, language="en", key=True))
    request = a_request(plan="staged", judge="people", repeats=2, batch=16, sampling=Sampling(9, 0.7), reviewer="Ann")

    run = store.runs.create(request, cases)

    kept = store.runs.run(run)
    assert kept.request == request
    assert (kept.state, kept.wanted, kept.cases, kept.planned) == ("queued", "run", 2, 3 * 3 * 2)
    assert (kept.answers, kept.errors, kept.model_seconds, kept.failure) == (0, 0, 0.0, None)
    assert (kept.started_at, kept.finished_at) == (None, None)
    assert store.runs.cases(run) == cases
    assert store.runs.listed() == (kept,)
    assert store.runs.places(run) == frozenset()
    assert store.runs.answers(run) == ()


def test_the_newest_runs_come_first(store: SqlStore) -> None:
    runs = [a_run(store, suite=f"suite {number}") for number in range(3)]
    assert [run.id for run in store.runs.listed()] == runs[::-1]
    assert [run.id for run in store.runs.listed(limit=2)] == runs[:0:-1]


def test_an_answer_begins_its_conversation_with_all_questions(store: SqlStore) -> None:
    picture = store.save_picture(b"lamp", 4, 3, ".webp")
    run = a_run(store, a_case("a"), a_case("z", "First?", "Second?", pictures=(picture,)), reviewer="Ann")

    answer = keep(store, run, Place("z", 0, 1, "8B"), PASSED, text="Red.")

    (kept,) = store.runs.answers(run)
    conversation = store.conversation(kept.conversation_id)
    begun = conversation.conversation
    assert (begun.lineup, begun.item, begun.blind, begun.reviewer) == ("demo", "manual", True, "Ann")
    assert sorted(begun.order) == sorted(MODELS)
    assert [(turn.question, turn.pictures) for turn in conversation.turns] == [
        ("First?", (picture,)),
        ("Second?", ()),
    ]
    assert [[stored.id for stored in turn.answers] for turn in conversation.turns] == [[], [answer]]
    assert kept.place == Place("z", 0, 1, "8B")
    assert (kept.answer_id, kept.model_s, kept.score) == (answer, 0.5, PASSED)
    assert kept.answer == replace(an_answer("8B", "Red."), position=begun.order.index("8B"))
    assert conversation.turns[1].answers[0].answer == kept.answer
