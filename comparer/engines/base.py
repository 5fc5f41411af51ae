"""The one interface of all engines, and the worker thread that every engine runs in.

A subclass says how to load, answer and unload; this base gives it one permanent thread (transformers' `generate`
is not safe for two threads on one model, and CUDA graphs must be replayed by the thread that captured them), a
queue, and the promise that a reader never waits for ever: whatever happens in the worker ends the stream with
`Finished` or `Failed`. Knows nothing of which models stand side by side.
"""

import gc
import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

from comparer.errors import ComparerError, EngineError
from comparer.lineup import ModelSpec
from comparer.records import Failed, Finished, Loaded, Loading, Queued, Request, StreamEvent

Emit = Callable[[StreamEvent], None]
State = Literal["unloaded", "loading", "ready"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a reader waits for the next event before the column is given up, in seconds."""

    load_s: float = 1800.0
    stall_s: float = 180.0


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a loaded model occupies. `free_bytes` and `total_bytes` are those of its device."""

    device: str
    precision: str
    parameters: int
    weights_bytes: int
    free_bytes: int | None = None
    total_bytes: int | None = None


@dataclass(slots=True)
class _Job:
    """One piece of work for the worker thread, and the events that come back from it."""

    run: Callable[[Emit], None]
    cancel: threading.Event
    events: "queue.SimpleQueue[StreamEvent | None]"


class Engine(ABC):
    """Runs one model. Public methods may be called from any thread; hooks run in the worker thread only."""

    def __init__(self, spec: ModelSpec, limits: Limits = Limits()) -> None:
        self.spec = spec
        self.limits = limits
        self.state: State = "unloaded"
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._worker: threading.Thread | None = None
        self._worker_lock = threading.Lock()

    @property
    @abstractmethod
    def device(self) -> str:
        """What this engine computes on ("cpu", "cuda:0", an endpoint); engines on one device take turns."""

    @abstractmethod
    def footprint(self) -> Footprint | None:
        """What the loaded model occupies, None while it is not loaded."""

    def load(self) -> None:
        """Bring the model into memory (nothing to do when it is there). Raises `EngineError`."""
        self._wait(self._submit(self._ensure_loaded, threading.Event()), self.limits.load_s)

    def unload(self) -> None:
        """Give the memory back. Waits for a running answer; raises `EngineError` when it never ends."""

        def run(_: Emit) -> None:
            self._unload()
            self.state = "unloaded"
            gc.collect()

        self._wait(self._submit(run, threading.Event()), self.limits.stall_s)

    def stream(self, request: Request, cancel: threading.Event | None = None) -> Iterator[StreamEvent]:
        """Answer `request`; loads first when needed. Ends with exactly one `Finished` or `Failed`.

        Setting `cancel` (or closing the iterator) stops the answer within one token.
        """
        cancel = cancel or threading.Event()
        yield Queued(perf_counter())

        def run(emit: Emit) -> None:
            self._ensure_loaded(emit)
            if cancel.is_set():
                emit(Finished(perf_counter(), "cancelled"))
            else:
                self._answer(request, cancel, emit)

        job = self._submit(run, cancel)
        wait_s = self.limits.stall_s
        try:
            while True:
                try:
                    event = job.events.get(timeout=wait_s)
                except queue.Empty:
                    yield Failed(perf_counter(), "engine_stalled", {"model": self.spec.label, "seconds": wait_s})
                    return
                if event is None:
                    return
                yield event
                if isinstance(event, Finished | Failed):
                    return
                wait_s = self.limits.load_s if isinstance(event, Loading) else self.limits.stall_s
        finally:
            cancel.set()

    def close(self) -> None:
        """End the worker thread after its present job; the engine cannot be used afterwards."""
        self._jobs.put(None)

    # --- hooks ---------------------------------------------------------------------------------------

    @abstractmethod
    def _load(self) -> None:
        """Bring the model into memory and warm it up. Raises `EngineError`."""

    @abstractmethod
    def _answer(self, request: Request, cancel: threading.Event, emit: Emit) -> None:
        """Emit `Started`, `Tokens`…, `Finished`. Raises `EngineError`."""

    @abstractmethod
    def _unload(self) -> None:
        """Drop every reference to the model."""

    # --- worker --------------------------------------------------------------------------------------

    def _ensure_loaded(self, emit: Emit) -> None:
        if self.state == "ready":
            return
        started = perf_counter()
        self.state = "loading"
        emit(Loading(started))
        try:
            self._load()
        except BaseException:
            self.state = "unloaded"
            raise
        self.state = "ready"
        now = perf_counter()
        emit(Loaded(now, now - started))

    def _submit(self, run: Callable[[Emit], None], cancel: threading.Event) -> _Job:
        job = _Job(run, cancel, queue.SimpleQueue())
        with self._worker_lock:
            if self._worker is None:
                name = f"engine-{self.spec.key}"
                self._worker = threading.Thread(target=self._work, name=name, daemon=True)
                self._worker.start()
        self._jobs.put(job)
        return job

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job.run(job.events.put)
            except ComparerError as error:
                job.events.put(Failed(perf_counter(), error.code, dict(error.parameters)))
            except BaseException as error:  # noqa: BLE001 - a worker's error always arrives as an event
                problem = f"{type(error).__name__}: {error}"[:500]
                parameters = {"model": self.spec.label, "problem": problem}
                job.events.put(Failed(perf_counter(), "engine_failed", parameters))
            finally:
                job.events.put(None)
                del job

    def _wait(self, job: _Job, seconds: float) -> None:
        """Wait for a job without an answer; raises what it failed with."""
        while True:
            try:
                event = job.events.get(timeout=seconds)
            except queue.Empty:
                raise EngineError("engine_stalled", model=self.spec.label, seconds=seconds) from None
            if event is None:
                return
            if isinstance(event, Failed):
                raise EngineError(event.code, **event.parameters)
