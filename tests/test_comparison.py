"""Turns, merged events, and figures that do not depend on who else is asked."""

import itertools
import logging
import threading
import time
from collections.abc import Sequence

import pytest

from comparer.comparison import Comparison, DeviceLine, Update
from comparer.engines import Limits
from comparer.engines.cancel import CancelToken
from comparer.engines.scripted_engine import Fault, Script
from comparer.errors import EngineError
from comparer.metrics import Meter
from comparer.records import Failed, Finished, Metrics, Policy, Request, Started, Tokens
from tests.conftest import scripted_engines, scripted_lineup

QUICK = Script(ttft_s=0.1, tokens_per_s=100, tokens=30)
SLOW = Script(ttft_s=1.0, tokens_per_s=20, tokens=12)
MIDDLING = Script(ttft_s=0.3, tokens_per_s=50, tokens=15)


def run(
    scripts: Sequence[Script],
    question: Request,
    policy: Policy = "fair",
    devices: Sequence[str] = (),
    limits: Limits = Limits(),
) -> list[Update]:
    engines = scripted_engines(scripted_lineup(), scripts, limits, devices)
    return list(Comparison().run(engines, [question] * len(engines), policy, CancelToken()))


def metrics_of(updates: Sequence[Update], column: int) -> Metrics:
    meter = Meter()
    for update in updates:
        if update.column == column:
            meter.add(update.event)
    return meter.metrics()


def are_true(metrics: Metrics, script: Script) -> bool:
    """Whether a column's times are those of its script, within 5 %."""
    measured, known = (metrics.ttft_s, metrics.tokens_per_s), (script.ttft_s, script.tokens_per_s)
    return all(one == pytest.approx(other, rel=0.05) for one, other in zip(measured, known, strict=True))


@pytest.mark.parametrize("policy", ["fair", "together"])
@pytest.mark.parametrize("order", list(itertools.permutations([QUICK, SLOW, MIDDLING])))
def test_figures_are_true_in_every_order(order: Sequence[Script], policy: Policy, question: Request) -> None:
    """On a busy machine a sleeping thread may wake late: every column has ten runs to show its true figures.

    What the policies could get wrong (waiting inside a figure, columns that disturb each other) adds to every run.
    """
    true: set[int] = set()
    for _ in range(10):
        updates = run(order, question, policy)
        true |= {column for column, script in enumerate(order) if are_true(metrics_of(updates, column), script)}
        if len(true) == 3:
            break
    assert true == {0, 1, 2}, [metrics_of(updates, column) for column in range(3)]
    for column, script in enumerate(order):
        metrics = metrics_of(updates, column)
        assert metrics.output_tokens == script.tokens
        assert metrics.ttft_s is not None and metrics.tpot_s is not None and metrics.e2e_s is not None
        assert metrics.ttft_s + metrics.tpot_s * (script.tokens - 1) == pytest.approx(metrics.e2e_s, rel=0.001)


def spans(updates: Sequence[Update]) -> list[tuple[float, float]]:
    return [
        (
            next(u.event.at_s for u in updates if u.column == column and isinstance(u.event, Started)),
            next(u.event.at_s for u in updates if u.column == column and isinstance(u.event, Finished)),
        )
        for column in range(3)
    ]


def test_fair_engines_of_one_device_take_turns_in_the_order_given(question: Request) -> None:
    first, second, third = spans(run([MIDDLING, QUICK, MIDDLING], question))
    assert first[1] <= second[0] and second[1] <= third[0]


def test_different_devices_run_side_by_side(question: Request) -> None:
    first, second, third = spans(run([MIDDLING] * 3, question, devices=["cpu", "cuda:0", "cuda:1"]))
    assert max(first[0], second[0], third[0]) < min(first[1], second[1], third[1])


def test_together_is_marked_contended_only_where_a_device_is_shared() -> None:
    engines = scripted_engines(scripted_lineup(), [QUICK] * 3, devices=["cpu", "cpu", "cuda:0"])
    comparison = Comparison()
    assert [comparison.contended(engines, column, "together") for column in range(3)] == [True, True, False]
    assert not any(comparison.contended(engines, column, "fair") for column in range(3))


@pytest.mark.parametrize("broken", range(3))
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("load", "weights_missing"),
        ("middle", "engine_failed"),
        ("hang", "engine_stalled"),
        ("memory", "out_of_memory"),
    ],
)
def test_one_failure_stays_in_its_column(broken: int, fault: Fault, code: str, question: Request) -> None:
    scripts = [Script(fault=fault if column == broken else "", tokens=6) for column in range(3)]
    updates = run(scripts, question, limits=Limits(stall_s=0.5))
    for column in range(3):
        last = [update.event for update in updates if update.column == column][-1]
        if column == broken:
            assert isinstance(last, Failed) and last.code == code
        else:
            assert isinstance(last, Finished) and last.stop_reason == "stop"


def test_stop_ends_every_column_at_once(question: Request) -> None:
    endless = Script(ttft_s=0.05, tokens_per_s=20, tokens=10_000)
    engines = scripted_engines(scripted_lineup(), [endless] * 3)
    cancel = CancelToken()
    ended: list[Update] = []
    stopped_at = 0.0
    for update in Comparison().run(engines, [question] * 3, "fair", cancel):
        if isinstance(update.event, Tokens) and not cancel.is_set():
            cancel.set()
            stopped_at = time.perf_counter()
        if isinstance(update.event, Finished):
            ended.append(update)
    assert time.perf_counter() - stopped_at < 0.5
    assert sorted(update.column for update in ended) == [0, 1, 2]
    assert all(isinstance(update.event, Finished) and update.event.stop_reason == "cancelled" for update in ended)


def test_a_load_that_was_stopped_keeps_its_turn_until_it_is_over(question: Request) -> None:
    engines = scripted_engines(scripted_lineup(), [Script(load_s=2.5), QUICK, QUICK])
    comparison = Comparison()
    cancel = CancelToken()
    threading.Timer(0.2, cancel.set).start()
    began = time.perf_counter()
    ends = [u.event for u in comparison.run(engines, [question] * 3, "fair", cancel) if isinstance(u.event, Finished)]
    assert [end.stop_reason for end in ends] == ["cancelled"] * 3
    assert time.perf_counter() - began < 2
    again = list(comparison.run(engines[1:], [question] * 2, "fair", CancelToken()))
    starts = [update.event.at_s for update in again if isinstance(update.event, Started)]
    assert min(starts) - began >= 2.5  # nothing is measured beside the load
    assert not any(update.contended for update in again)


def test_figures_beside_a_stuck_engine_are_marked(question: Request) -> None:
    engines = scripted_engines(scripted_lineup(), [Script(fault="hang"), QUICK, QUICK], Limits(stall_s=0.5))
    comparison = Comparison()
    marked = dict.fromkeys(range(3), False)
    for update in comparison.run(engines, [question] * 3, "fair", CancelToken()):
        marked[update.column] |= update.contended
    assert marked == {0: False, 1: True, 2: True}
    assert comparison.disturbed("scripted") and not comparison.disturbed("cuda:0")
    engines[0].release.set()
    assert engines[0].settle()
    again = list(comparison.run(engines[1:], [question] * 2, "fair", CancelToken()))
    assert not any(update.contended for update in again)


def test_an_unexpected_error_in_a_column_is_logged(
    question: Request, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    engines = scripted_engines(scripted_lineup(), [QUICK] * 3)

    def crash(*_: object) -> None:
        raise ZeroDivisionError("by accident")

    monkeypatch.setattr(engines[1], "stream", crash)
    updates = list(Comparison().run(engines, [question] * 3, "fair", CancelToken()))
    assert [u.column for u in updates if isinstance(u.event, Failed)] == [1]
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info and "small" not in record.getMessage() and "medium" in record.getMessage()


def test_a_reader_that_goes_away_frees_the_engines(question: Request) -> None:
    endless = Script(tokens=100_000)
    engines = scripted_engines(scripted_lineup(), [endless, QUICK, QUICK])
    comparison = Comparison()
    stream = comparison.run(engines, [question] * 3, "fair", CancelToken())
    next(update for update in stream if isinstance(update.event, Tokens))
    stream.close()  # type: ignore[attr-defined]
    began = time.perf_counter()
    again = list(comparison.run(engines[1:], [question] * 2, "fair", CancelToken()))
    assert [u.event.stop_reason for u in again if isinstance(u.event, Finished)] == ["stop", "stop"]
    assert time.perf_counter() - began < 3


def test_two_visitors_never_disturb_each_other(question: Request) -> None:
    engines = scripted_engines(scripted_lineup(), [QUICK] * 3)
    comparison = Comparison()
    results: list[list[Update]] = []

    def visit() -> None:
        results.append(list(comparison.run(engines, [question] * 3, "fair", CancelToken())))

    visitors = [threading.Thread(target=visit) for _ in range(2)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    everything = sorted(span for updates in results for span in spans(updates))
    assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(everything))


def test_line_is_first_come_first_served_and_shares_only_among_shared() -> None:
    line = DeviceLine()
    never = threading.Event()
    first, second, third = (line.join("cpu", shared) for shared in (True, True, False))
    assert first.wait(never) and second.wait(never)
    at_once = threading.Event()
    at_once.set()
    assert not third.wait(at_once)
    first.release()
    second.release()
    assert third.wait(never)
    assert line.waiting("cpu") == 1
    third.release()


def test_loading_ahead_tells_what_went_wrong() -> None:
    engines = scripted_engines(scripted_lineup(), [Script(), Script(fault="load"), Script()])
    told = [(engine.spec.key, error and error.code) for engine, error in Comparison().load(engines)]
    assert told == [("small", None), ("medium", "weights_missing"), ("large", None)]
    assert [engine.state for engine in engines] == ["ready", "unloaded", "ready"]


def test_cancel_token_children() -> None:
    parent = CancelToken()
    one, two = parent.child(), parent.child()
    one.set()
    assert not parent.is_set() and not two.is_set()
    parent.set()
    assert two.is_set() and parent.child().is_set()


def test_a_batch_takes_its_turn_and_is_contended(question: Request) -> None:
    engines = scripted_engines(scripted_lineup(), [QUICK] * 3)
    comparison = Comparison()
    visit: list[Update] = []
    visitor = threading.Thread(
        target=lambda: visit.extend(comparison.run(engines[1:], [question] * 2, "fair", CancelToken()))
    )
    batch = []
    for update in comparison.run_batch(engines[0], [question] * 3, threading.Event()):
        batch.append(update)
        if isinstance(update.event, Started) and not visitor.ident:
            visitor.start()
    visitor.join()

    ends = [update for update in batch if isinstance(update.event, Finished)]
    assert [update.row for update in ends] == [0, 1, 2]
    assert all(update.contended for update in ends)
    assert min(u.event.at_s for u in visit if isinstance(u.event, Started)) >= max(end.event.at_s for end in ends)


def test_a_batch_waits_behind_a_visitor(question: Request) -> None:
    engines = scripted_engines(scripted_lineup(), [QUICK] * 3)
    comparison = Comparison()
    visit = comparison.run(engines[1:2], [question], "fair", CancelToken())
    first = next(update for update in visit if isinstance(update.event, Tokens))
    batch = list(comparison.run_batch(engines[0], [question], threading.Event()))
    last = list(visit)[-1]

    started = next(update.event for update in batch if isinstance(update.event, Started))
    assert first.event.at_s < last.event.at_s <= started.at_s
    assert not any(update.contended for update in batch)


def test_a_batch_that_is_cancelled_in_the_line_or_abandoned_frees_the_device(question: Request) -> None:
    engines = scripted_engines(scripted_lineup(), [Script(tokens=100_000), QUICK, QUICK])
    line = DeviceLine()
    comparison = Comparison(line)
    batch = comparison.run_batch(engines[0], [question] * 2, threading.Event())
    next(update for update in batch if isinstance(update.event, Tokens))
    cancelled = threading.Event()
    cancelled.set()
    behind = list(comparison.run_batch(engines[1], [question] * 2, cancelled))
    assert [u.event.stop_reason for u in behind if isinstance(u.event, Finished)] == ["cancelled"] * 2

    batch.close()  # type: ignore[attr-defined]

    assert line.waiting("scripted") == 0
    again = list(comparison.run_batch(engines[2], [question], threading.Event()))
    assert isinstance(again[-1].event, Finished) and again[-1].event.stop_reason == "stop"


def test_a_row_that_fails_leaves_the_others_of_its_batch(question: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    (engine, *_) = scripted_engines(scripted_lineup(), [QUICK] * 3)
    answer = engine._answer
    calls = iter(range(3))

    def fail_second(*arguments: object) -> None:
        if next(calls) == 1:
            raise EngineError("context_exceeded", model="small", needed=9, room=1)
        answer(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "_answer", fail_second)
    updates = list(Comparison().run_batch(engine, [question] * 3, threading.Event()))
    ends = {update.row: update.event for update in updates if isinstance(update.event, Finished | Failed)}
    assert {row: type(end) for row, end in ends.items()} == {0: Finished, 1: Failed, 2: Finished}
