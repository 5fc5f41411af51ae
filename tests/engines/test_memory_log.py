"""Memory over time: bounded, in order, from many threads, and as curves with their gaps."""

import logging
import threading
from collections.abc import Iterator
from itertools import count

import pytest

from comparer.engines.cards import CardReading, Cards
from comparer.engines.memory import DeviceMemory, Free, TorchReading, read_device_memory
from comparer.engines.memory_log import Curve, MemoryLog, Sample, curves


def reading(*cards: CardReading, process: int = 5, torch: tuple[TorchReading, ...] = ()) -> DeviceMemory:
    return DeviceMemory(Cards("read" if cards else "absent", cards), torch, process, 100, 200)


def ticking() -> Iterator[float]:
    return (float(second) for second in count())


def made(**settings: int) -> MemoryLog:
    seconds, used = ticking(), count()
    return MemoryLog(read=lambda: reading(process=next(used)), clock=lambda: next(seconds), **settings)


def test_the_oldest_readings_and_marks_are_forgotten() -> None:
    log = made(readings=3, marks=2)
    for model in ("small", "medium", "large"):
        log.mark("load", model)
        log.look()

    assert [(mark.at_s, mark.model) for mark in log.marks()] == [(2, "medium"), (4, "large")]
    assert [mark.model for mark in log.marks(since_s=3)] == ["large"]
    log.look()
    assert [sample.at_s for sample in log.samples()] == [3, 5, 6]
    assert [sample.memory.process_bytes for sample in log.samples(since_s=5)] == [2, 3]


def test_a_mark_wakes_the_watcher() -> None:
    seen = threading.Semaphore(0)

    def read() -> DeviceMemory:
        seen.release()
        return reading()

    log = MemoryLog(read=read)
    log.start(every_s=3600)
    assert seen.acquire(timeout=5)
    log.mark("release", "small")
    assert seen.acquire(timeout=5)  # long before the hour is over
    log.stop()


def test_a_driver_that_hangs_holds_up_neither_marks_nor_the_page() -> None:
    hanging, let_go = threading.Event(), threading.Event()

    def read() -> DeviceMemory:
        hanging.set()
        let_go.wait(10)
        return reading()

    log = MemoryLog(read=read)
    log.start()
    assert hanging.wait(5)
    log.mark("answer", "small")  # from an engine's thread

    assert [mark.model for mark in log.marks()] == ["small"]
    assert log.samples() == ()
    let_go.set()
    log.stop()


def test_many_threads_lose_nothing_and_keep_the_order() -> None:
    log = MemoryLog(read=reading)

    def work(number: int) -> None:
        for _ in range(50):
            log.mark("answer", str(number))
            log.look()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for times in ([sample.at_s for sample in log.samples()], [mark.at_s for mark in log.marks()]):
        assert len(times) == 400
        assert times == sorted(times)


def test_it_watches_until_it_is_stopped() -> None:
    seen = threading.Semaphore(0)

    def read() -> DeviceMemory:
        seen.release()
        return reading()

    log = MemoryLog(read=read)
    log.start(every_s=0.005)
    log.start(every_s=0.005)
    watchers = [thread for thread in threading.enumerate() if thread.name == "memory-log"]
    assert len(watchers) == 1
    for _ in range(3):
        assert seen.acquire(timeout=5)
    log.stop()

    assert not watchers[0].is_alive()
    kept = len(log.samples())
    assert kept >= 3
    log.start(every_s=0.005)
    for _ in range(kept + 1):
        assert seen.acquire(timeout=5)
    log.stop()
    log.stop()
    assert len(log.samples()) > kept


def test_a_reading_that_fails_is_not_the_last(caplog: pytest.LogCaptureFixture) -> None:
    calls = count()
    good = threading.Event()

    def read() -> DeviceMemory:
        if next(calls) == 0:
            raise OSError("no /proc")
        good.set()
        return reading()

    log = MemoryLog(read=read)
    with caplog.at_level(logging.ERROR):
        log.start(every_s=0.005)
        assert good.wait(5)
        log.stop()
    assert "could not be read" in caplog.text
    assert log.samples()


def test_the_machine_itself_can_be_read() -> None:
    sample = MemoryLog(read=read_device_memory).look()
    assert 0 < sample.memory.process_bytes < sample.memory.total_bytes


def test_every_device_has_a_curve_with_its_gaps() -> None:
    card = CardReading(0, "H100", 10, 80)
    piece = CardReading(1, "H100 MIG 1g", 1, 10, slice_index=2)
    held = TorchReading("cuda:0", 3, 4)
    samples = [
        Sample(1, reading(card, process=5)),
        Sample(2, reading(card, piece, process=6, torch=(held,))),
        Sample(3, reading(CardReading(0, "H100", None, 80), process=7, torch=(held,))),
    ]

    assert curves(samples) == (
        Curve("0", "H100", 80, (1, 2, 3), (10, 10, None)),
        Curve("1/2", "H100 MIG 1g", 10, (1, 2, 3), (None, 1, None)),
        Curve("cuda:0", "cuda:0", None, (1, 2, 3), (None, 4, 4)),
        Curve("process", "", 200, (1, 2, 3), (5, 6, 7)),
    )
    assert curves([]) == ()
    known = TorchReading("cuda:0", 3, 4, Free(10, 80))
    assert curves([Sample(1, reading(torch=(known,)))])[0].total_bytes == 80
