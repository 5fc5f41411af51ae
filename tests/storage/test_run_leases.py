"""One worker at a time has a run, and what people want of it is heeded, whoever is killed."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from comparer.errors import InputError
from comparer.records import Failure
from comparer.run_records import Place, RunState, Wanted
from storage import SqlStore
from storage.run_leases import stands
from tests.storage.databases import Database
from tests.storage.run_samples import a_run, keep

LONG = 600.0
GONE = -1.0
"""A lease that has ended already: its worker was killed."""
KAPUTT = Failure("out_of_memory", {"needed": "8 GiB"})


def state(store: SqlStore, run: str) -> tuple[RunState, Wanted]:
    now = store.runs.run(run)
    return now.state, now.wanted


def test_runs_are_taken_oldest_first_and_each_by_one_worker(store: SqlStore) -> None:
    runs = [a_run(store) for _ in range(2)]
    first, second = store.runs.claim("Ann", LONG), store.runs.claim("Ben", LONG)
    assert first is not None and second is not None
    assert [first.id, second.id] == runs
    assert store.runs.claim("Cid", LONG) is None
    assert first.state == "running"
    assert first.started_at is not None
    assert abs(first.started_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert store.runs.run(runs[0]) == first
    again = store.runs.claim("Ann", LONG)  # her own, of which she had lost sight
    assert again == first


def test_only_what_a_worker_can_do_is_taken(store: SqlStore) -> None:
    a_run(store, lineup="qwen3-vl")
    wanted = a_run(store, lineup="demo")
    a_run(store, lineup="demo")
    assert store.runs.claim("Ann", LONG, lineups=["other"]) is None
    assert store.runs.claim("Ann", LONG, only="other") is None
    claimed = store.runs.claim("Ann", LONG, lineups=["demo", "other"])
    assert claimed is not None and claimed.id == wanted
    store.runs.release(wanted, "Ann", "queued")
    newest = store.runs.listed(limit=1)[0].id
    claimed = store.runs.claim("Ann", LONG, only=newest)
    assert claimed is not None and claimed.id == newest


def test_workers_that_ask_at_once_get_a_run_each_once(shared_database: Database) -> None:
    stores = [shared_database.open() for _ in range(3)]
    for round_ in range(6):
        runs = {a_run(stores[0]) for _ in range(2)}
        start = threading.Barrier(6)

        def claim(worker: int, start: threading.Barrier = start, round_: int = round_) -> str | None:
            start.wait()
            claimed = stores[worker % 3].runs.claim(f"worker {worker} of {round_}", LONG)
            return None if claimed is None else claimed.id

        with ThreadPoolExecutor(6) as workers:
            taken = [run for run in workers.map(claim, range(6)) if run is not None]
        assert len(taken) == len(set(taken))
        while left := stores[0].runs.claim(f"latecomer {len(taken)} of {round_}", LONG):
            taken.append(left.id)  # whoever met a lock may have gone away empty-handed
        assert sorted(taken) == sorted(runs)


def test_a_killed_workers_run_goes_to_the_next(store: SqlStore) -> None:
    run = a_run(store)
    killed = store.runs.claim("Ann", GONE)
    assert killed is not None
    taken = store.runs.claim("Ben", LONG)
    assert taken is not None and taken.id == run
    assert taken.started_at == killed.started_at
    assert store.runs.renew(run, "Ann", LONG) is None
    store.runs.release(run, "Ann", "failed", KAPUTT)  # she was only slow: it is Ben's now
    assert store.runs.run(run) == taken
    assert store.runs.renew(run, "Ben", GONE) == "run"
    assert store.runs.renew(run, "Ben", LONG) == "run"  # late, but nobody else has taken it
    assert store.runs.claim("Ann", LONG) is None
    store.runs.release(run, "Ben", "finished")
    assert store.runs.renew(run, "Ben", LONG) is None


def test_an_answer_that_comes_late_is_kept(store: SqlStore) -> None:
    run = a_run(store)
    store.runs.want(run, "cancel")
    keep(store, run, Place("a", 0, 0, "4B"))
    assert store.runs.run(run).answers == 1


def test_what_is_wanted_of_a_run_that_nobody_works_on_happens_at_once(store: SqlStore) -> None:
    run = a_run(store)
    assert store.runs.want(run, "pause").state == "paused"
    assert store.runs.claim("Ann", LONG) is None
    assert store.runs.want(run, "run").state == "queued"
    assert store.runs.claim("Ann", GONE) is not None
    assert store.runs.want(run, "pause").state == "paused"  # its worker was killed
    assert store.runs.renew(run, "Ann", LONG) is None
    cancelled = store.runs.want(run, "cancel")
    assert cancelled.state == "cancelled"
    assert cancelled.finished_at is not None
    assert cancelled == store.runs.run(run)


def test_a_worker_hears_what_is_wanted(store: SqlStore) -> None:
    run = a_run(store)
    store.runs.claim("Ann", LONG)
    assert store.runs.want(run, "pause").state == "running"
    assert store.runs.renew(run, "Ann", LONG) == "pause"
    store.runs.release(run, "Ann", "paused")
    assert state(store, run) == ("paused", "pause")


def test_a_run_whose_worker_was_killed_before_it_heard_is_put_right_by_the_next(store: SqlStore) -> None:
    for wanted, then in (("pause", "paused"), ("cancel", "cancelled")):
        run = a_run(store)
        store.runs.claim("Ann", 0.05)
        store.runs.want(run, wanted)  # type: ignore[arg-type]
        deadline = threading.Event()
        for _ in range(100):
            assert store.runs.claim("Ben", LONG) is None
            if store.runs.run(run).state == then:
                break
            deadline.wait(0.02)
        assert state(store, run) == (then, wanted)


def test_the_last_word_is_what_people_want(store: SqlStore) -> None:
    for said, wanted, then in (
        ("finished", "cancel", "finished"),
        ("waiting", "cancel", "cancelled"),
        ("queued", "pause", "paused"),
        ("paused", "run", "queued"),  # to go on after all, said while the worker was stopping
    ):
        run = a_run(store)
        store.runs.claim("Ann", LONG)
        store.runs.want(run, wanted)  # type: ignore[arg-type]
        store.runs.release(run, "Ann", said)  # type: ignore[arg-type]
        now = store.runs.run(run)
        assert now.state == then
        assert (now.finished_at is not None) == (then in ("finished", "cancelled"))
        if then not in ("finished", "cancelled"):
            store.runs.want(run, "cancel")


def test_no_wish_moves_a_finished_run() -> None:
    every: tuple[Wanted, ...] = ("run", "pause", "cancel")
    assert {stands("finished", wanted) for wanted in every} == {"finished"}
    assert [stands("failed", wanted) for wanted in every] == ["failed", "failed", "cancelled"]
    assert [stands("waiting", wanted) for wanted in every] == ["waiting", "paused", "cancelled"]
    assert [stands("running", wanted) for wanted in every] == ["queued", "paused", "cancelled"]


def test_a_failed_or_waiting_run_goes_on_when_told_to(store: SqlStore) -> None:
    run = a_run(store)
    for then, failure in (("failed", KAPUTT), ("waiting", None)):
        assert store.runs.claim("Ann", LONG) is not None
        store.runs.release(run, "Ann", then, failure)  # type: ignore[arg-type]
        stands_still = store.runs.run(run)
        assert (stands_still.state, stands_still.failure, stands_still.finished_at) == (then, failure, None)
        assert store.runs.claim("Ann", LONG) is None
        going = store.runs.want(run, "run")
        assert (going.state, going.failure) == ("queued", None)


def test_nothing_more_can_be_wanted_of_a_run_that_is_over(store: SqlStore) -> None:
    finished, cancelled = a_run(store), a_run(store)
    store.runs.claim("Ann", LONG)
    store.runs.release(finished, "Ann", "finished")
    store.runs.want(cancelled, "cancel")
    for run in (finished, cancelled):
        with pytest.raises(InputError) as refused:
            store.runs.want(run, "run")
        assert refused.value.code == "run_is_over"
        assert "{" not in refused.value.sentence("en") + refused.value.sentence("zh")
