"""Runs are kept as they began, and every answer of theirs once."""

import os
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from comparer.errors import InputError
from comparer.records import Rating, Sampling
from comparer.run_records import Place, RunTurn
from comparer.store import Conversation, HistorySearch
from storage import SqlStore
from storage.cases import Asked, case_key
from tests.storage.databases import Database, an_answer, asked
from tests.storage.run_samples import FAILED, MODELS, PASSED, a_case, a_failed_answer, a_request, a_run, keep

WRITER = Path(__file__).with_name("run_writer.py")


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


def test_what_cannot_be_asked_is_refused_before_anything_is_kept(store: SqlStore) -> None:
    stranger = replace(store.save_picture(b"one", 1, 1, ".webp"), sha256="0" * 64)
    wrong = {
        "unknown_item": a_case("b", item="nowhere"),
        "unknown_picture": a_case("b", pictures=(stranger,)),
        "question_too_long": a_case("b", "?" * 20_001),
    }
    for code, case in wrong.items():
        with pytest.raises(InputError) as refused:
            a_run(store, a_case("a"), case)
        assert refused.value.code == code
    assert store.runs.listed() == ()


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


def test_the_order_of_models_is_drawn_for_every_conversation(store: SqlStore) -> None:
    cases = [a_case(f"case-{number}") for number in range(24)]
    run = a_run(store, *cases)
    for case in cases:
        keep(store, run, Place(case.id, 0, 0, "4B"))
    orders = {store.conversation(kept.conversation_id).conversation.order for kept in store.runs.answers(run)}
    assert len(orders) > 1  # all 24 the same: once in 6**23 times


def test_a_run_counts_for_the_same_cases_as_what_people_ask(shared_database: Database) -> None:
    store = shared_database.open()
    picture = store.save_picture(b"lamp", 4, 3, ".webp")
    run = a_run(store, a_case("a", " First? ", "Second?", pictures=(picture,)))
    keep(store, run, Place("a", 0, 0, "4B"))
    by_hand = store.begin(Conversation("demo", ("4B",), "manual"))
    store.add_turn(by_hand, "First?", [picture])
    store.add_turn(by_hand, "Second?", [])
    keys = shared_database.all("SELECT case_key FROM turns ORDER BY position, case_key")
    assert [count for _, count in Counter(keys).items()] == [2, 2]
    assert keys[-1][0] == case_key("manual", [Asked((picture.sha256,), "First?"), Asked((), "Second?")])


def test_answers_come_by_case_repeat_turn_and_model(store: SqlStore) -> None:
    run = a_run(store, a_case("z", "1?", "2?"), a_case("a"), repeats=2)
    places = [Place("z", repeat, turn, model) for repeat in range(2) for turn in range(2) for model in MODELS]
    places += [Place("a", repeat, 0, model) for repeat in range(2) for model in MODELS]
    for place in sorted(places):
        keep(store, run, place, text=f"{place}")

    answers = store.runs.answers(run)

    assert [answer.place for answer in answers] == places
    assert [answer.answer.text for answer in answers] == [f"{place}" for place in places]
    assert store.runs.places(run) == frozenset(places)
    assert [answer.place for answer in store.runs.answers(run, "a")] == places[-6:]
    assert [answer.place for answer in store.runs.answers(run, places=places[1:3])] == places[1:3]
    assert store.runs.answers(run, "a", places=places[:3]) == store.runs.answers(run, places=()) == ()
    assert store.runs.answers(run, "nowhere") == ()
    assert len({answer.conversation_id for answer in answers}) == 4
    kept = store.runs.run(run)
    assert (kept.answers, kept.errors, kept.planned, kept.model_seconds) == (18, 0, 18, 9.0)


def test_ratings_stand_beside_the_automatic_score(store: SqlStore) -> None:
    run = a_run(store)
    answer = keep(store, run, Place("a", 0, 0, "4B"), FAILED)
    keep(store, run, Place("a", 0, 0, "8B"))
    for name, acceptable in (("Ann", True), ("Ben", False), ("Cid", True)):
        store.rate(answer, Rating(acceptable, name, blind=True))

    rated, unrated = store.runs.answers(run)

    assert (rated.ratings, rated.accepted, rated.score) == (3, 2, FAILED)
    assert (unrated.ratings, unrated.accepted, unrated.score) == (0, 0, None)
    assert [(count.model, count.ratings, count.passed) for count in store.counts()] == [("4B", 3, 2 / 3)]
    assert all(row.rating.blind for row in store.rated_answers())


def test_a_failed_answer_is_kept_and_forgotten(store: SqlStore) -> None:
    run = a_run(store)
    good = keep(store, run, Place("a", 0, 0, "8B"))
    place = Place("a", 0, 0, "4B")
    failed = store.runs.keep(run, place, a_failed_answer("4B", "The r"), 2.0, None)
    store.rate(failed, Rating(False, "Ann"))
    store.rate(good, Rating(True, "Ann"))
    (kept, _) = store.runs.answers(run)
    assert kept.answer.failure == a_failed_answer("4B").failure
    now = store.runs.run(run)
    assert (now.answers, now.errors, now.model_seconds) == (2, 1, 2.5)

    assert store.runs.forget_errors(run) == 1

    assert store.runs.places(run) == {Place("a", 0, 0, "8B")}
    assert [count.model for count in store.counts()] == ["8B"]
    with pytest.raises(InputError, match="no answer"):
        store.rate(failed, Rating(True, "Ben"))
    again = keep(store, run, place)
    assert again != failed
    assert [answer.answer_id for answer in store.runs.answers(run)] == [again, good]
    now = store.runs.run(run)
    assert (now.answers, now.errors, now.model_seconds) == (2, 0, 1.0)
    assert store.runs.forget_errors(run) == 0


def test_the_first_answer_at_a_place_stays(store: SqlStore) -> None:
    run = a_run(store)
    place = Place("a", 0, 0, "4B")
    first = keep(store, run, place, PASSED, text="First")
    assert keep(store, run, place, FAILED, text="Second") == first
    (kept,) = store.runs.answers(run)
    assert (kept.answer.text, kept.score) == ("First", PASSED)
    assert store.runs.run(run).model_seconds == 0.5


def test_what_people_ask_again_in_its_conversation_is_no_part_of_the_run(store: SqlStore) -> None:
    run = a_run(store)
    keep(store, run, Place("a", 0, 0, "4B"), text="Of the run")
    (kept,) = store.runs.answers(run)
    conversation = store.conversation(kept.conversation_id)
    store.add_answer(conversation.turns[0].id, an_answer("4B", "Asked again"))
    store.add_turn(conversation.id, "And then?", [])
    keep(store, run, Place("a", 0, 0, "8B"))
    assert [answer.answer.text for answer in store.runs.answers(run)] == ["Of the run", "The red lamp."]
    assert [len(turn.answers) for turn in store.conversation(kept.conversation_id).turns] == [3, 0]


def test_a_place_outside_of_the_run_is_a_mistake_of_the_program(store: SqlStore) -> None:
    run = a_run(store, a_case("a"))
    for place in (Place("b", 0, 0, "4B"), Place("a", 1, 0, "4B"), Place("a", 0, 1, "4B"), Place("a", 0, 0, "9B")):
        with pytest.raises(ValueError, match="no place"):
            keep(store, run, place)
    assert store.runs.run(run).answers == 0


def test_an_unknown_run_is_said_to_be_unknown(store: SqlStore, subtests: pytest.Subtests) -> None:
    runs = store.runs
    calls = {
        "run": lambda: runs.run("x\0"),
        "cases": lambda: runs.cases("x"),
        "places": lambda: runs.places("x"),
        "answers": lambda: runs.answers("x"),
        "keep": lambda: keep(store, "x", Place("a", 0, 0, "4B")),
        "want": lambda: runs.want("x", "run"),
        "renew": lambda: runs.renew("x", "me", 1),
        "release": lambda: runs.release("x", "me", "finished"),
        "forget_errors": lambda: runs.forget_errors("x"),
        "delete": lambda: runs.delete("x"),
    }
    for name, call in calls.items():
        with subtests.test(name):
            with pytest.raises(InputError) as refused:
                call()
            assert refused.value.code == "unknown_run"
            assert "{" not in refused.value.sentence("en") + refused.value.sentence("zh")


def test_threads_that_keep_the_same_answers_keep_each_once(database: Database) -> None:
    stores = [database.open()]
    if database.kind != "sqlite-network-mount":
        stores.append(database.open())
    run = a_run(stores[0], a_case("a", "1?", "2?"), a_case("b"), repeats=2)
    places = [Place("a", repeat, turn, model) for repeat in range(2) for turn in range(2) for model in MODELS]
    places += [Place("b", repeat, 0, model) for repeat in range(2) for model in MODELS]
    start = threading.Barrier(6)

    def write(number: int) -> dict[Place, str]:
        start.wait()
        return {place: keep(stores[number % len(stores)], run, place, PASSED) for place in places}

    with ThreadPoolExecutor(6) as writers:
        kept = list(writers.map(write, range(6)))

    answers = stores[0].runs.answers(run)
    assert kept == [{answer.place: answer.answer_id for answer in answers}] * 6
    assert len(answers) == len(places) == 18
    (page,) = (stores[0].search(HistorySearch(of_runs=True)),)
    assert len(page.conversations) == 4
    conversations = [stores[0].conversation(summary.id) for summary in page.conversations]
    assert sum(len(turn.answers) for whole in conversations for turn in whole.turns) == 18


def test_two_programs_that_keep_the_same_answers_keep_each_once(shared_database: Database) -> None:
    store = shared_database.open()
    run = a_run(store, *(a_case(f"case-{number}", "1?", "2?") for number in range(12)))
    writers = [writer(shared_database, f"writer {first}", run, first) for first in (0, 36)]
    for each in writers:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    told = []
    for each in writers:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in writers:
        lines, _ = each.communicate(timeout=60)
        assert each.returncode == 0
        told.append(dict(line.split(maxsplit=1)[::-1] for line in lines.splitlines()))

    answers = store.runs.answers(run)
    assert told[0] == told[1]
    assert told[0] == {" ".join(map(str, answer.place)): answer.answer_id for answer in answers}
    assert len({answer.place for answer in answers}) == len(answers) == 12 * 2 * 3
    assert shared_database.all("SELECT count(*) FROM answers") == [(72,)]
    assert shared_database.all("SELECT count(*) FROM conversations") == [(12,)]
    assert {answer.answer.text for answer in answers} == {"from writer 0", "from writer 36"}


def writer(database: Database, name: str, run: str, first: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(WRITER), str(database.data_dir), database.url, name, run, str(first)]
    environment = {**os.environ, "PYTHONPATH": str(WRITER.parents[2])}
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


def test_history_lists_of_runs_what_somebody_has_rated(store: SqlStore) -> None:
    asked(store, "By hand?")
    run = a_run(store, a_case("a", "Rated?"), a_case("b", "Not rated?"))
    rated = keep(store, run, Place("a", 0, 0, "4B"))
    keep(store, run, Place("b", 0, 0, "4B"))
    store.rate(rated, Rating(True, "Ann"))

    def found(**sought: bool) -> set[str]:
        return {summary.first_question for summary in store.search(HistorySearch(**sought)).conversations}

    assert found() == {"By hand?", "Rated?"}
    assert found(of_runs=True) == {"Rated?", "Not rated?"}
    assert found(of_runs=False) == {"By hand?"}
    assert found(rated=False) == {"By hand?"}
    assert found(of_runs=True, rated=False) == {"Not rated?"}
