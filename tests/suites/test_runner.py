"""A run has every answer exactly once, whatever pauses, fails or takes over; and each model sees its own answers."""

from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from comparer.errors import InputError
from comparer.records import Answer, Metrics, Rating, Sampling
from comparer.run_records import Place
from comparer.suites import runner as runner_module
from comparer.suites.cases import Suite
from comparer.suites.report import run_report
from comparer.suites.starting import Options
from storage import SqlStore
from tests.suites.running import (
    CLEVER,
    HARD,
    QUICK,
    SLOW,
    ScriptedPool,
    a_runner,
    a_suite,
    all_places,
    run_to_its_end,
    until,
    working,
)


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return a_suite(tmp_path / "suite", cases=4, turns=2)


def kept(store: SqlStore, run: str) -> list[Place]:
    """Where answers are, as the conversations themselves tell: an answer kept twice would show twice."""
    places = []
    for conversation in {answer.conversation_id: answer.place for answer in store.runs.answers(run)}.items():
        told = store.conversation(conversation[0])
        for turn, asked in enumerate(told.turns):
            for stored in asked.answers:
                places.append(conversation[1]._replace(turn=turn, model=stored.answer.model))
    return sorted(places)


def test_a_whole_run_has_every_answer_once_with_its_score(store: SqlStore, suite: Suite) -> None:
    pool = ScriptedPool(QUICK, QUICK)
    run = run_to_its_end(store, pool, suite)
    assert (run.state, run.answers, run.errors, run.planned) == ("finished", 16, 0, 16)
    assert kept(store, run.id) == all_places(suite, ("small", "medium"))
    for answer in store.runs.answers(run.id):
        assert answer.answer.text == "word0 word1 word2"
        assert answer.score is not None and answer.score.score == 1.0
        assert answer.model_s > 0
    counts = {
        (count.item, count.model): (count.cases, count.passed) for count in store.runs.automatic_counts(run_filter())
    }
    assert counts == {("manual", "small"): (4, 4.0), ("manual", "medium"): (4, 4.0)}


def run_filter():  # type: ignore[no-untyped-def]
    from comparer.store import ALL_RATINGS

    return ALL_RATINGS


def test_the_smallest_model_comes_first_and_sees_only_its_own_answers(store: SqlStore, suite: Suite) -> None:
    pool = ScriptedPool(QUICK, CLEVER)
    run_to_its_end(store, pool, suite, Options(batch=3))
    small, medium = pool.engines
    assert len(small.requests) == len(medium.requests) == 8
    for engine, said in ((small, "word0 word1 word2"), (medium, "word0 word1 word2 word3 word4 word5")):
        second = [request.turns for request in engine.requests if len(request.turns) == 2]
        assert len(second) == 4
        for turns in second:
            assert [turn.answer for turn in turns] == [said, None]
            assert [len(turn.pictures) for turn in turns] == [1, 0]
            assert turns[0].question.replace(".0?", ".1?") == turns[1].question
    contended = [answer.answer.metrics.contended for answer in store.runs.answers(store.runs.listed()[0].id)]
    assert sum(contended) == 12  # of four cases the fourth has a batch of its own


def test_repeats_are_drawn_with_seeds_of_their_own(store: SqlStore, suite: Suite) -> None:
    pool = ScriptedPool(QUICK)
    run = run_to_its_end(store, pool, suite, Options(repeats=3, batch=4, sampling=Sampling(temperature=0.7, seed=5)))
    assert kept(store, run.id) == all_places(suite, ("small",), repeats=3)
    for answer in store.runs.answers(run.id):
        assert answer.answer.sampling.seed == 5 + answer.place.repeat
    report = run_report(store.runs, store, run.id)
    assert report.instability["small"].cases == 4
    assert report.instability["small"].share_of_texts == 0.0


def test_a_paused_run_goes_on_where_it_stopped(store: SqlStore, suite: Suite) -> None:
    pool = ScriptedPool(SLOW)
    with working(a_runner(store, pool)) as runner:
        run = runner.start(suite, "scripted", Options())
        until(store, run, "running", answers=2)
        store.runs.want(run, "pause")
        paused = until(store, run, "paused")
        assert 2 <= paused.answers < 8
        asked = len(pool.engines[0].requests)
        assert asked == paused.answers
        store.runs.want(run, "run")
        runner.wake()
        until(store, run, "finished")
    assert len(pool.engines[0].requests) == 8
    assert kept(store, run) == all_places(suite, ("small",))


def test_a_cancelled_run_drops_what_is_under_way(store: SqlStore, suite: Suite) -> None:
    pool = ScriptedPool(replace(SLOW, tokens=2000))
    with working(a_runner(store, pool)) as runner:
        run = runner.start(suite, "scripted", Options())
        until(store, run, "running")
        while not pool.engines[0].requests:
            pass
        began = monotonic()
        store.runs.want(run, "cancel")
        assert until(store, run, "cancelled").answers == 0
        assert monotonic() - began < 5
    with pytest.raises(InputError):
        store.runs.want(run, "run")


def test_a_model_that_cannot_be_loaded_holds_up_no_other(store: SqlStore, suite: Suite) -> None:
    pool = ScriptedPool(replace(QUICK, fault="load"), QUICK)
    run = run_to_its_end(store, pool, suite)
    assert (run.state, run.answers, run.errors) == ("failed", 8, 0)
    assert run.failure is not None and run.failure.code == "weights_missing"
    assert {place.model for place in store.runs.places(run.id)} == {"medium"}
    pool.engines[0].script = QUICK
    store.runs.want(run.id, "run")
    with working(a_runner(store, pool)):
        assert until(store, run.id, "finished").failure is None
    assert kept(store, run.id) == all_places(suite, ("small", "medium"))


def test_failed_answers_are_kept_and_asked_again_when_wanted(store: SqlStore, suite: Suite) -> None:
    pool = ScriptedPool(replace(QUICK, fault="middle"), QUICK)
    run = run_to_its_end(store, pool, suite)
    assert (run.state, run.answers, run.errors) == ("finished", 16, 8)
    assert [answer.score for answer in store.runs.answers(run.id) if answer.place.model == "small"] == [None] * 8
    assert all(row.cells["small"].cases == 0 for row in run_report(store.runs, store, run.id).table.rows)


def test_a_run_left_by_a_killed_worker_is_taken_over(store: SqlStore, suite: Suite) -> None:
    pool = ScriptedPool(QUICK)
    runner = a_runner(store, pool)
    run = runner.start(suite, "scripted", Options())
    assert store.runs.claim("killed", 0.5) is not None
    place = Place("manual-0", 0, 0, "small")
    store.runs.keep(run, place, Answer("small", "from before", "stop", Metrics()), 1.0, None)
    with working(runner):
        until(store, run, "finished")
    assert kept(store, run) == all_places(suite, ("small",))
    second = next(request for request in pool.engines[0].requests if request.turns[0].question == "manual 0.0?")
    assert [turn.answer for turn in second.turns] == ["from before", None]
    assert len(pool.engines[0].requests) == 7


def test_a_lease_lasts_as_long_as_a_load(store: SqlStore, suite: Suite) -> None:
    pool = ScriptedPool(replace(QUICK, load_s=2.0))
    with working(a_runner(store, pool, lease_s=0.6)) as runner:
        run = runner.start(suite, "scripted", Options())
        until(store, run, "running")
        end = monotonic() + 1.5
        while monotonic() < end:
            assert store.runs.claim("another", 1.0) is None
        until(store, run, "finished")
    assert len(pool.engines[0].requests) == 8


def test_two_workers_share_the_queue(store: SqlStore, tmp_path: Path, suite: Suite) -> None:
    pools = ScriptedPool(QUICK, SLOW), ScriptedPool(QUICK, SLOW)
    with working(a_runner(store, pools[0])) as one, working(a_runner(store, pools[1])) as other:
        runs = [one.start(suite, "scripted", Options()), other.start(suite, "scripted", Options())]
        for run in runs:
            until(store, run, "finished")
            assert kept(store, run) == all_places(suite, ("small", "medium"))
    asked = [sum(len(engine.requests) for engine in pool.engines) for pool in pools]
    assert asked == [16, 16]


def test_a_closed_worker_leaves_the_run_to_the_next(store: SqlStore, suite: Suite) -> None:
    first, second = ScriptedPool(SLOW), ScriptedPool(QUICK)
    with working(a_runner(store, first)) as runner:
        run = runner.start(suite, "scripted", Options())
        until(store, run, "running", answers=1)
    left = store.runs.run(run)
    assert left.state == "queued"
    with working(a_runner(store, second)):
        until(store, run, "finished")
    assert kept(store, run) == all_places(suite, ("small",))
    assert len(second.engines[0].requests) == 8 - left.answers


def test_other_weights_do_not_go_on_with_a_run(store: SqlStore, suite: Suite) -> None:
    pool = ScriptedPool(QUICK)
    run = a_runner(store, pool).start(suite, "scripted", Options())
    changed = pool.engines[0].spec.model_copy(update={"model": "other"})
    pool.engines[0].spec = changed
    with working(a_runner(store, pool)):
        failed = until(store, run, "failed")
    assert failed.failure is not None and failed.failure.code == "run_models_changed"
    assert not failed.answers


def test_a_worker_takes_only_what_it_is_there_for(store: SqlStore, suite: Suite) -> None:
    pool = ScriptedPool(QUICK)
    runner = a_runner(store, pool)
    first, second = (runner.start(suite, "scripted", Options()) for _ in range(2))
    assert store.runs.claim("w", 1.0, lineups=("demo",)) is None
    assert store.runs.claim("w", 1.0, only="nothing") is None
    claimed = store.runs.claim("w", 1.0, only=second, lineups=("scripted", "demo"))
    assert claimed is not None and claimed.id == second
    oldest = store.runs.claim("v", 1.0)
    assert oldest is not None and oldest.id == first


def test_a_staged_run_asks_larger_models_only_what_it_must(store: SqlStore, tmp_path: Path) -> None:
    """Nothing is easy for the small model; the medium one is enough, so the large one is asked nothing."""
    suite = a_suite(tmp_path / "suite", cases=40, items=("manual", "fault"), check=HARD)
    pool = ScriptedPool(QUICK, CLEVER, CLEVER)
    whole = run_to_its_end(store, pool, suite)
    run = run_to_its_end(store, pool, suite, Options("staged"))
    assert run.state == "finished"
    asked = {
        model: sum(place.model == model for place in store.runs.places(run.id))
        for model in ("small", "medium", "large")
    }
    assert asked["large"] == 0 and 0 < asked["small"] < 40 and 40 < asked["medium"] <= 80
    report = run_report(store.runs, store, run.id)
    assert report.recommendation.model == "medium"
    assert report.same is not None and report.same.same
    assert report.saving is not None and report.saving.share_of_seconds > 0.4
    assert run_report(store.runs, store, whole.id).full_run_model_seconds == whole.model_seconds


def test_a_run_judged_by_people_waits_for_them(
    store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "LOOK_AT_RATINGS_EVERY_S", 0.1)
    monkeypatch.setattr(runner_module, "POLL_S", 0.1)
    suite = a_suite(tmp_path / "suite", cases=24, check=None)
    with working(a_runner(store, ScriptedPool(QUICK, QUICK))) as runner:
        run = runner.start(suite, "scripted", Options("staged", "people", batch=8))
        rated: set[str] = set()
        while until(store, run, "waiting", "finished").state == "waiting":
            answers = [one for one in store.runs.answers(run) if one.answer_id not in rated]
            assert len(answers) <= 8
            for one in answers:
                store.rate(one.answer_id, Rating(one.place.model == "medium", "Ann"))
                rated.add(one.answer_id)
            if answers:
                until(store, run, "running", "finished", "waiting", answers=len(rated) + 1) if len(
                    rated
                ) < 24 + 8 else None
    places = store.runs.places(run)
    assert sum(place.model == "small" for place in places) < 24
    assert sum(place.model == "medium" for place in places) > 16
    report = run_report(store.runs, store, run)
    assert report.judged_by == "people" and report.recommendation.model == "medium"
