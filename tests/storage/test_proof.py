"""Fifty reviewers rate at once, in several programs on one file, which are killed again and again: nothing is lost.

`COMPARER_PROOF_S` says for how many seconds (8 by default); the figures are printed (`pytest -s`).
"""

import multiprocessing
import os
import random
import sqlite3
import statistics
import time
from collections import defaultdict
from contextlib import closing
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.storage.databases import Database, an_answer, asked
from tests.storage.reviewers import rate_until_killed
from tests.storage.test_scores import assert_kept_counts_are_right

SECONDS = float(os.environ.get("COMPARER_PROOF_S", "8"))
REVIEWERS = (17, 17, 16)
"""In each program."""
KILLS = 20
SEED = 2026
MODELS = ("4B", "8B", "30B")
LINE_BYTES = 100
Written = tuple[str, str, str, str]
"""Of a rating: answer, reviewer, its number among that reviewer's, acceptable."""


class Life(NamedTuple):
    """A program from its start to its kill, which comes when its log has `enough` bytes or later."""

    program: ForkServerProcess
    enough: int


@pytest.mark.slow
@pytest.mark.timeout(600 + 2 * SECONDS)
def test_whatever_is_killed_no_acknowledged_rating_is_lost_and_none_is_doubled(sqlite: Database) -> None:
    store = sqlite.open()
    answers = []
    for number in range(16):
        turn = asked(store, f"question {number % 8}", item=("manual", "fault")[number % 2], blind=True)
        answers += [store.add_answer(turn, an_answer(model)) for model in MODELS]
    store.close()

    start = time.monotonic()
    lives = rate_and_kill(sqlite.data_dir, answers)
    lasted_s = time.monotonic() - start
    lines = [line.split() for log in sqlite.data_dir.glob("*.log") for line in log.read_text().splitlines()]
    acknowledged = [line for line in lines if line[0] != "refused"]
    kept = everything_ever_said(sqlite.data_dir / "comparer.db")

    lost = [line for line in acknowledged if tuple(line[1:5]) not in kept[line[0]]]
    doubled = [written for said in kept.values() for written in said if said.count(written) > 1]
    took_ms = [float(line[5]) for line in acknowledged]
    print(  # noqa: T201 - the figures are what one runs this for
        f"\n{lasted_s:.0f} s, {sum(REVIEWERS)} reviewers, {KILLS} kills: {len(acknowledged)} ratings acknowledged, "
        f"{len(lines) - len(acknowledged)} refused, {len(lost)} lost, {len(doubled)} doubled; a write took "
        f"{statistics.median(took_ms):.1f} ms (median), {statistics.quantiles(took_ms, n=100)[98]:.1f} ms (p99)"
    )
    assert len(acknowledged) > KILLS
    assert not lost
    assert not doubled
    in_flight = sum(map(len, kept.values())) - len(acknowledged)
    assert 0 <= in_flight <= lives * max(REVIEWERS)  # a thread can have one written and not yet noted
    with closing(sqlite3.connect(sqlite.data_dir / "comparer.db")) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert opened.execute("PRAGMA foreign_key_check").fetchall() == []
        pairs = "SELECT count(*), count(DISTINCT answer_id || ' ' || reviewer_id) FROM ratings"
        assert len(set(opened.execute(pairs).fetchone())) == 1
    store = sqlite.open()
    assert_kept_counts_are_right(store, [])
    assert sum(count.ratings for count in store.counts()) == len(kept)


def rate_and_kill(data_dir: Path, answers: list[str]) -> int:
    """Let everybody rate, killing one program after the other at the dice's moments; returns how many there were.

    A program is killed only once it has acknowledged as many ratings as the dice say, however slow the computer is.
    """
    context = multiprocessing.get_context("forkserver")  # a new program is there at once
    context.set_forkserver_preload(["storage", "tests.storage.reviewers"])
    dice = random.Random(SEED)
    logs = [data_dir / f"{place}.log" for place in range(len(REVIEWERS))]
    lives = 0

    def begin(place: int) -> Life:
        nonlocal lives
        lives += 1
        logs[place].touch()
        enough = logs[place].stat().st_size + LINE_BYTES * dice.randint(1, 15)
        arguments = (str(data_dir), str(logs[place]), f"life{lives}", REVIEWERS[place], answers)
        program = context.Process(target=rate_until_killed, args=arguments, daemon=True)
        program.start()
        return Life(program, enough)

    running = [begin(place) for place in range(len(REVIEWERS))]
    start = time.monotonic()
    for moment in sorted(dice.uniform(0, SECONDS) for _ in range(KILLS)):
        time.sleep(max(0.0, start + moment - time.monotonic()))
        place = dice.randrange(len(running))
        while logs[place].stat().st_size < running[place].enough:
            assert running[place].program.is_alive()
            time.sleep(0.001)
        kill(running[place].program)
        running[place] = begin(place)
    time.sleep(max(0.0, start + SECONDS - time.monotonic()))
    for life in running:
        kill(life.program)
    return lives


def kill(program: ForkServerProcess) -> None:
    """SIGKILL: nothing is flushed, closed or rolled back."""
    assert program.is_alive()
    program.kill()
    program.join()


def everything_ever_said(database: Path) -> dict[str, list[Written]]:
    """By rating, what it says now and what it said before."""
    query = """
        SELECT said.rating_id, ratings.answer_id, reviewers.name, said.note, said.acceptable
        FROM (SELECT id AS rating_id, note, acceptable FROM ratings
              UNION ALL SELECT rating_id, note, acceptable FROM rating_history) AS said
        JOIN ratings ON ratings.id = said.rating_id
        JOIN reviewers ON reviewers.id = ratings.reviewer_id
    """
    kept: dict[str, list[Written]] = defaultdict(list)
    with closing(sqlite3.connect(database)) as opened:
        for rating, answer, reviewer, number, acceptable in opened.execute(query):
            kept[rating].append((answer, reviewer, number, str(bool(acceptable))))
    return kept
