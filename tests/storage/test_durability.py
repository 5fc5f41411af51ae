"""What was acknowledged is there, once, whatever happens to the program in the middle."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from comparer.records import Preference, Rating
from storage import SqlStore
from tests.storage.databases import Database, an_answer, answered, asked

WRITER = Path(__file__).with_name("rating_writer.py")
ROOT = WRITER.parents[2]
KILLS = 3
LINES_BEFORE_A_KILL = 40


def test_a_killed_program_loses_no_acknowledged_rating_and_doubles_none(database: Database) -> None:
    store = database.open()
    answers = [answered(store, f"question {number}") for number in range(7)]
    store.close()
    acknowledged: dict[tuple[str, str], str] = {}

    for life in range(KILLS):
        for line in lines_until_killed(database, f"life{life}", answers):
            rating, answer, reviewer = line.split()
            acknowledged[answer, reviewer] = rating

    store = database.open()
    kept = {(row.answer_id, row.rating.reviewer): row.rating_id for row in store.rated_answers()}
    assert len(acknowledged) >= KILLS * LINES_BEFORE_A_KILL
    assert acknowledged.items() <= kept.items()
    # at most one write a thread and life can have reached the disk without its line reaching us
    assert len(kept) - len(acknowledged) <= 4 * KILLS
    assert len(list(store.rated_answers())) == len(kept)
    if database.is_sqlite:
        with store._reader.connect() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
            assert connection.execute(text("PRAGMA foreign_key_check")).first() is None


def lines_until_killed(database: Database, life: str, answers: list[str]) -> list[str]:
    """The whole lines that a writer printed before SIGKILL met it in the middle of its writes."""
    command = [sys.executable, WRITER, database.data_dir, database.url, database.journal_mode, life, *answers]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        lines = [writer.stdout.readline() for _ in range(LINES_BEFORE_A_KILL)]
        writer.send_signal(signal.SIGKILL)
        lines += writer.stdout.readlines()
    return [line for line in lines if line.endswith("\n")]


def test_many_threads_rate_at_once_and_every_rating_is_there_once(database: Database) -> None:
    store = database.open()
    answers = [answered(store, f"question {number}") for number in range(5)]

    def rate(reviewer: int) -> list[str]:
        return [store.rate(answer, Rating(reviewer % 2 == 0, f"reviewer {reviewer}")) for answer in answers]

    with ThreadPoolExecutor(20) as reviewers:
        ids = [rating for ratings in reviewers.map(rate, range(20)) for rating in ratings]
    assert Counter(row.rating_id for row in store.rated_answers()) == Counter(ids)
    assert len(set(ids)) == 100


def test_one_reviewer_from_several_windows_has_one_rating_and_a_whole_history(
    shared_database: Database,
) -> None:
    stores = [shared_database.open() for _ in range(3)]  # as if three programs served the page
    answer = answered(stores[0])
    start = threading.Barrier(9)

    def rate(window: int) -> set[str]:
        start.wait()
        store = stores[window % 3]
        return {store.rate(answer, Rating(n % 2 == 0, "Ann", note=f"{window}/{n}")) for n in range(8)}

    with ThreadPoolExecutor(9) as windows:
        ids = set().union(*windows.map(rate, range(9)))

    assert len(ids) == 1
    assert shared_database.all("SELECT count(*) FROM ratings") == [(1,)]
    said = shared_database.all("SELECT note FROM rating_history UNION ALL SELECT note FROM ratings")
    assert Counter(note for (note,) in said) == Counter(f"{w}/{n}" for w in range(9) for n in range(8))
    times = shared_database.all("SELECT rated_at, replaced_at FROM rating_history")
    assert all(rated_at <= replaced_at for rated_at, replaced_at in times)


def test_the_same_rating_sent_twice_is_kept_as_one_without_history(shared_database: Database) -> None:
    store = shared_database.open()
    answer = answered(store)
    assert store.rate(answer, Rating(True, "Ann")) == store.rate(answer, Rating(True, "Ann"))
    assert shared_database.all("SELECT * FROM rating_history") == []


def test_votes_answers_and_turns_made_at_once_keep_their_order(shared_database: Database) -> None:
    stores = [shared_database.open() for _ in range(2)]
    turn = asked(stores[0])
    conversation = shared_database.all("SELECT id FROM conversations")[0][0]

    def write(number: int) -> tuple[str, str, str]:
        store: SqlStore = stores[number % 2]
        answer = store.add_answer(turn, an_answer(str(number)))
        vote = store.prefer(turn, Preference("answer", answer, "Ann"))
        return answer, vote, store.add_turn(conversation, f"question {number}", [])

    with ThreadPoolExecutor(8) as writers:
        made = list(writers.map(write, range(16)))
    kept = stores[0].conversation(conversation).turns
    assert {stored.id for stored in kept[0].answers} == {answer for answer, _, _ in made}
    assert {kept_turn.id for kept_turn in kept[1:]} == {new for _, _, new in made}
    assert len({vote for _, vote, _ in made}) == 1
    assert shared_database.all("SELECT count(*) FROM preferences") == [(1,)]


def test_a_failed_write_is_not_half_there(shared_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    store = shared_database.open()

    def fail(*_: object) -> None:
        raise RuntimeError("in the middle")

    answer = answered(store)
    monkeypatch.setattr("storage.writes.visitor_text.note", fail)
    with pytest.raises(RuntimeError):
        store.rate(answer, Rating(True, "Newcomer"))
    assert shared_database.all("SELECT * FROM reviewers WHERE name = 'Newcomer'") == []
    monkeypatch.undo()
    store.rate(answer, Rating(True, "Newcomer"))
