"""Memory over time, kept in memory: a bounded row of readings, and marks for what happened to which model.

Knows nothing of engines: whoever loads, asks or releases a model says so by `mark`.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

from comparer.engines.memory import DeviceMemory, read_device_memory

log = logging.getLogger(__name__)

EVERY_S = 2.0
READINGS = 1800
"""An hour of readings, one every two seconds."""
MARKS = 500
STOP_WITHIN_S = 2.0

MarkKind = Literal["load", "answer", "release"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading at a time of the log's clock."""

    at_s: float
    memory: DeviceMemory


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened to a model."""

    at_s: float
    kind: MarkKind
    model: str
    """The model's label."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One device's memory over time; `used_bytes` is None where it could not be read."""

    key: str
    """ "0" for a card, "0/2" for the slice of one, "cuda:0" as torch sees one, "process" for this process."""
    name: str
    total_bytes: int | None
    at_s: tuple[float, ...]
    used_bytes: tuple[int | None, ...]


class MemoryLog:
    """The last readings and marks, the oldest forgotten first. From any thread; times are of `clock`, in seconds."""

    def __init__(
        self,
        readings: int = READINGS,
        marks: int = MARKS,
        read: Callable[[], DeviceMemory] = read_device_memory,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._read = read
        self._clock = clock
        self._samples: deque[Sample] = deque(maxlen=readings)
        self._marks: deque[Mark] = deque(maxlen=marks)
        self._reading = threading.Lock()
        self._lock = threading.Lock()
        self._look_now = threading.Event()
        self._over = False
        self._watcher: threading.Thread | None = None

    def look(self) -> Sample:
        """Read the memory now and keep the reading."""
        with self._reading:  # held while reading, so that samples lie in the order of their times
            sample = Sample(self._clock(), self._read())
            with self._lock:
                self._samples.append(sample)
        return sample

    def latest(self) -> Sample:
        """The last reading; a new one where nobody watches."""
        with self._lock:
            if self._samples and self._watcher is not None:
                return self._samples[-1]
        return self.look()

    def mark(self, kind: MarkKind, model: str) -> None:
        """Something happened to `model` just now; the watcher reads the memory with it, whatever its pace.

        Never waits, for a driver that hangs must not hold up whoever answers.
        """
        with self._lock:
            self._marks.append(Mark(self._clock(), kind, model))
        self._look_now.set()

    @property
    def now_s(self) -> float:
        """The present time of the log's clock."""
        return self._clock()

    def samples(self, since_s: float = float("-inf")) -> tuple[Sample, ...]:
        """The readings that are kept, oldest first, from `since_s` on."""
        with self._lock:
            return tuple(sample for sample in self._samples if sample.at_s >= since_s)

    def marks(self, since_s: float = float("-inf")) -> tuple[Mark, ...]:
        """The marks that are kept, oldest first, from `since_s` on."""
        with self._lock:
            return tuple(mark for mark in self._marks if mark.at_s >= since_s)

    def start(self, every_s: float = EVERY_S) -> None:
        """Read every `every_s` seconds in a thread of its own; nothing happens when one does already."""
        with self._lock:
            if self._watcher is not None:
                return
            self._over = False
            self._watcher = threading.Thread(target=self._watch, args=(every_s,), name="memory-log", daemon=True)
            self._watcher.start()

    def stop(self) -> None:
        """End the thread; what was read stays. One that waits for a driver that hangs is not waited for."""
        with self._lock:
            watcher, self._watcher = self._watcher, None
            self._over = True
        self._look_now.set()
        if watcher is not None:
            watcher.join(timeout=STOP_WITHIN_S)

    def _watch(self, every_s: float) -> None:
        while not self._over:
            self._look_now.clear()
            try:
                self.look()
            except Exception:
                log.exception("the memory could not be read")
            self._look_now.wait(every_s)


def curves(samples: Iterable[Sample]) -> tuple[Curve, ...]:
    """A curve for every device that any of the samples knows, cards first and this process last."""
    rows = [(sample.at_s, {device[0]: device for device in _devices(sample.memory)}) for sample in samples]
    known = {key: (name, total) for _, row in rows for key, name, _, total in row.values()}
    cards_first = sorted(known, key=lambda key: (key == "process", key.startswith("cuda"), key))
    times = tuple(at_s for at_s, _ in rows)
    return tuple(
        Curve(key, *known[key], times, tuple(row[key][2] if key in row else None for _, row in rows))
        for key in cards_first
    )


def _devices(memory: DeviceMemory) -> Iterable[tuple[str, str, int | None, int | None]]:
    """Key, name, used and total bytes of all that a reading knows."""
    for card in memory.cards.cards:
        key = str(card.index) if card.slice_index is None else f"{card.index}/{card.slice_index}"
        yield key, card.name, card.used_bytes, card.total_bytes
    for held in memory.torch:
        total = None if held.memory is None else held.memory.total_bytes
        yield held.device, held.device, held.reserved_bytes, total
    yield "process", "", memory.process_bytes, memory.total_bytes
