"""What every engine promises: no reader waits for ever, an error stays in its column, closing the reader stops."""

import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from time import perf_counter, sleep

import pytest

from comparer.engines import Engine, Limits
from comparer.engines.scripted_engine import Script, ScriptedEngine
from comparer.errors import EngineError
from comparer.records import Failed, Finished, Loaded, Loading, Metrics, Queued, StreamEvent, Tokens

from .asking import ask, collect, request
from .conftest import spec_of


def scripted(script: Script, limits: Limits = Limits()) -> ScriptedEngine:
    return ScriptedEngine(spec_of("script", engine="scripted"), limits, script)


@pytest.mark.parametrize(("ttft_s", "tokens_per_s", "tokens"), [(0.1, 100.0, 60), (1.0, 20.0, 20)])
def test_known_speeds_are_reported_as_they_are(ttft_s: float, tokens_per_s: float, tokens: int) -> None:
    engine = scripted(Script(ttft_s=ttft_s, tokens_per_s=tokens_per_s, tokens=tokens))

    metrics = undisturbed(lambda: ask(engine, "?").metrics, ttft_s)

    assert metrics.ttft_s == pytest.approx(ttft_s, rel=0.05)
    assert metrics.tokens_per_s == pytest.approx(tokens_per_s, rel=0.05)
    assert metrics.output_tokens == tokens
    assert metrics.ttft_s + metrics.tpot_s * (tokens - 1) == pytest.approx(metrics.e2e_s, rel=0.05)  # type: ignore[operator]
    engine.close()


def undisturbed(measure: Callable[[], Metrics], ttft_s: float) -> Metrics:
    """The best of five runs: on a busy machine a sleeping thread may wake late, which only ever adds time."""
    runs: list[Metrics] = []
    while len(runs) < 5 and not (runs and runs[-1].ttft_s == pytest.approx(ttft_s, rel=0.05)):
        runs.append(measure())
    return min(runs, key=lambda metrics: metrics.ttft_s or 0)


def test_a_slow_reader_does_not_change_the_figures() -> None:
    engine = scripted(Script(ttft_s=0.1, tokens_per_s=100, tokens=20))

    def slowly() -> Iterator[StreamEvent]:
        for event in engine.stream(request("?")):
            sleep(0.02)
            yield event

    metrics = undisturbed(lambda: collect(slowly()).metrics, 0.1)

    assert metrics.ttft_s == pytest.approx(0.1, rel=0.05)
    assert metrics.tokens_per_s == pytest.approx(100, rel=0.05)
    engine.close()


def test_loading_is_told_and_is_not_in_the_time_to_the_first_token() -> None:
    engine = scripted(Script(load_s=0.3, ttft_s=0.1))

    first, second = ask(engine, "?"), ask(engine, "?")

    assert [type(event) for event in first.events[:3]] == [Queued, Loading, Loaded]
    assert first.metrics.load_s == pytest.approx(0.3, abs=0.1)
    assert first.metrics.ttft_s is not None and first.metrics.ttft_s < 0.25
    assert second.metrics.load_s == 0
    engine.close()


def test_a_hanging_engine_is_given_up_and_others_go_on() -> None:
    hanging = scripted(Script(ttft_s=0, tokens_per_s=200, fault="hang"), Limits(stall_s=0.3))
    healthy = scripted(Script(ttft_s=0, tokens_per_s=200))
    began = perf_counter()

    failed = ask(hanging, "?").failed

    assert perf_counter() - began < 2
    assert (failed.code, failed.parameters["seconds"]) == ("engine_stalled", 0.3)
    assert ask(healthy, "?").finished.stop_reason == "stop"
    hanging.release.set()
    assert hanging.state == "ready"
    healthy.close()
    hanging.close()


def test_a_hang_while_loading_or_unloading_is_given_up_too() -> None:
    engine = scripted(Script(load_s=0.5), Limits(load_s=0.1, stall_s=0.1))

    with pytest.raises(EngineError) as caught:
        engine.load()
    assert caught.value.code == "engine_stalled"
    with pytest.raises(EngineError):
        engine.unload()
    assert "Model M" in str(caught.value)
    engine.close()


@pytest.mark.parametrize(
    ("fault", "code", "tokens"),
    [("load", "weights_missing", 0), ("middle", "engine_failed", 6), ("memory", "out_of_memory", 6)],
)
def test_a_failure_ends_the_stream_with_its_sentence(fault: str, code: str, tokens: int) -> None:
    engine = scripted(Script(ttft_s=0, tokens_per_s=500, fault=fault))  # type: ignore[arg-type]

    reply = ask(engine, "?")

    assert reply.failed.code == code
    assert len(reply.tokens) == tokens
    for language in ("en", "zh"):
        assert "Model M" in EngineError(code, **reply.failed.parameters).sentence(language)
    engine.close()


def test_an_unexpected_error_in_the_worker_arrives_is_logged_and_the_worker_lives_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    engine = scripted(Script(ttft_s=0, tokens_per_s=500))

    def crash(*_: object) -> None:
        raise ZeroDivisionError("by accident")

    monkeypatch.setattr(engine, "_answer", crash)
    failed = ask(engine, "?").failed
    monkeypatch.undo()

    assert failed.code == "engine_failed"
    assert failed.parameters["problem"] == "ZeroDivisionError: by accident"
    assert "Traceback" in caplog.text and "in crash" in caplog.text
    assert ask(engine, "?").finished.stop_reason == "stop"
    engine.close()


def test_closing_the_reader_stops_the_work() -> None:
    engine = scripted(Script(ttft_s=0, tokens_per_s=20, tokens=10_000))
    cancel = threading.Event()
    stream = engine.stream(request("?"), cancel)
    for event in stream:
        if isinstance(event, Tokens):
            break

    stream.close()  # type: ignore[attr-defined]

    assert cancel.is_set()
    began = perf_counter()
    engine.unload()  # waits until the worker is free
    assert perf_counter() - began < 10  # the script goes on for 500 s
    engine.close()


def test_stopping_ends_with_cancelled() -> None:
    engine = scripted(Script(ttft_s=0, tokens_per_s=50, tokens=10_000))
    cancel = threading.Event()
    threading.Timer(0.2, cancel.set).start()

    assert collect(engine.stream(request("?"), cancel)).finished.stop_reason == "cancelled"
    engine.close()


def test_stopping_inside_a_load_ends_the_stream_and_the_load_goes_on_alone() -> None:
    engine = scripted(Script(load_s=2.5))
    cancel = threading.Event()
    began = perf_counter()
    threading.Timer(0.2, cancel.set).start()

    reply = collect(engine.stream(request("?"), cancel))

    assert reply.finished.stop_reason == "cancelled"
    assert perf_counter() - began < 2
    assert engine.lingering and engine.state == "loading"
    assert engine.settle() and not engine.lingering
    assert perf_counter() - began >= 2.5 and engine.state == "ready"
    assert ask(engine, "?").finished.stop_reason == "stop"
    engine.close()


def test_stopping_inside_a_hang_ends_the_stream() -> None:
    engine = scripted(Script(ttft_s=0, tokens_per_s=200, fault="hang"), Limits(stall_s=30))
    cancel = threading.Event()
    began = perf_counter()
    threading.Timer(0.3, cancel.set).start()

    assert collect(engine.stream(request("?"), cancel)).finished.stop_reason == "cancelled"
    assert perf_counter() - began < 2.5 and engine.lingering
    engine.release.set()
    assert engine.settle()
    engine.close()


def test_waiting_behind_another_answer_is_no_stall() -> None:
    engine = scripted(Script(ttft_s=0, tokens_per_s=20, tokens=30), Limits(stall_s=0.5))
    replies = []
    threads = [threading.Thread(target=lambda: replies.append(ask(engine, "?"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [reply.finished.stop_reason for reply in replies] == ["stop", "stop"]
    engine.close()


def test_asking_a_stuck_engine_again_is_given_up_and_works_once_it_is_free() -> None:
    engine = scripted(Script(ttft_s=0, tokens_per_s=200, tokens=4, fault="hang"), Limits(stall_s=0.5))
    assert ask(engine, "?").failed.code == "engine_stalled"
    assert not engine.settle()

    assert ask(engine, "?").failed.code == "engine_stalled"
    engine.release.set()
    assert engine.settle()
    assert ask(engine, "?").finished.stop_reason == "stop"
    engine.close()


def test_two_readers_of_one_engine_are_served_one_after_the_other() -> None:
    engine = scripted(Script(ttft_s=0.05, tokens_per_s=100, tokens=10))
    replies = []
    threads = [threading.Thread(target=lambda: replies.append(ask(engine, "?"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    spans = sorted((reply.started.at_s, reply.finished.at_s) for reply in replies)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    engine.close()


def test_every_stream_ends_with_exactly_one_end() -> None:
    engines: list[Engine] = [
        scripted(Script(ttft_s=0, tokens_per_s=500)),
        scripted(Script(ttft_s=0, tokens_per_s=500, fault="middle")),
        scripted(Script(fault="load")),
    ]
    for engine in engines:
        events = ask(engine, "?").events
        assert sum(isinstance(event, Finished | Failed) for event in events) == 1
        assert isinstance(events[-1], Finished | Failed)
        engine.close()
