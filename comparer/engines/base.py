"""The one interface of all engines, and the worker thread that every engine runs in.

A subclass says how to load, answer and unload; this base gives it one permanent thread (transformers' `generate`
is not safe for two threads on one model, and CUDA graphs must be replayed by the thread that captured them), a
queue, and the promise that a reader never waits for ever: whatever happens in the worker ends the stream with
`Finished` or `Failed`, also when the worker itself cannot be stopped (a load, a hang). It then goes on without a
reader, which `lingering` tells and `settle` waits for. Knows nothing of which models stand side by side.
"""

import gc
import logging
import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar

from comparer.errors import ComparerError, EngineError
from comparer.lineup import ModelSpec
from comparer.records import Failed, Finished, Loaded, Loading, LoadStep, Queued, Request, StreamEvent

log = logging.getLogger(__name__)

POLL_S = 0.1
"""How often a waiting reader looks whether it was cancelled."""
CANCEL_GRACE_S = 1.0
"""How long a cancelled worker has to end the stream itself, with what it knows of memory and tokens."""
STUCK_GRACE_S = 5.0
"""How long others wait at most for a worker that has stalled already."""


class BatchEvent(NamedTuple):
    """One event of one request of a batch; rows count from 0 in the order of the requests given."""

    row: int
    event: StreamEvent


Emit = Callable[[StreamEvent], None]
EmitRow = Callable[[int, StreamEvent], None]
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


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether a server can be reached, as it was found when it was last asked."""

    endpoint: str
    reachable: bool
    network_s: float | None = None
    """Median round trip of a question that the server answers at once: what the network adds to a first token."""
    cache_used: float | None = None
    """Share (0..1) of the server's memory for running answers (KV cache) that is in use, where it tells."""


class Watcher(Protocol):
    """Whoever keeps account of what is in memory. Told in the engines' worker threads: never waits."""

    def loaded(self, engine: "Engine") -> None:
        """`engine` is ready."""

    def used(self, engine: "Engine", over: bool) -> None:
        """`engine` begins an answer, or has ended one (`over`), well or not."""

    def left(self, engine: "Engine") -> None:
        """`engine` holds nothing any more: it was released, or could not be loaded."""


class Nobody:
    """Keeps no account."""

    def loaded(self, engine: "Engine") -> None:
        """Nothing is noted."""

    def used(self, engine: "Engine", over: bool) -> None:
        """Nothing is noted."""

    def left(self, engine: "Engine") -> None:
        """Nothing is noted."""


_Event = TypeVar("_Event")


@dataclass(slots=True, eq=False)
class _Job(Generic[_Event]):
    """One piece of work for the worker thread, and the events that come back from it (None: it is over)."""

    run: Callable[[Callable[[_Event], None]], None]
    cancel: threading.Event
    events: "queue.SimpleQueue[_Event | Finished | Failed | None]"
    context: Context = field(default_factory=copy_context)
    """Of who asked: the log knows whose question it is."""
    alive_s: float | None = None
    """When the worker began it, or last showed that it is at work on it."""
    given_up: bool = False
    """Its reader has gone."""
    stalled: bool = False


class Engine(ABC):
    """Runs one model. Public methods may be called from any thread; hooks run in the worker thread only."""

    holds_memory = True
    """Whether the loaded model lies in memory of this computer."""

    def __init__(self, spec: ModelSpec, limits: Limits = Limits(), watcher: Watcher | None = None) -> None:
        self.spec = spec
        self.limits = limits
        self.state: State = "unloaded"
        self.loading: Loading | None = None
        """How far a load has come; None while none is under way."""
        self._watcher = watcher or Nobody()
        self._tell_loading: Emit | None = None
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._worker: threading.Thread | None = None
        self._changed = threading.Condition()
        self._current: _Job[Any] | None = None

    @property
    def model_id(self) -> str:
        """Which weights answer: two engines with the same one give the same answers."""
        return self.spec.model

    @property
    @abstractmethod
    def device(self) -> str:
        """What this engine computes on ("cpu", "cuda:0", an endpoint); engines on one device take turns."""

    @property
    def hardware(self) -> str:
        """`device` with the name of its card where that is known: "cuda:0 (NVIDIA L4)". Kept with every answer."""
        return self.device

    @abstractmethod
    def footprint(self) -> Footprint | None:
        """What the loaded model occupies; None while it is not loaded, and where a server holds it."""

    @property
    def reach(self) -> Reach | None:
        """How the server of a served model was found; None for a model on this machine, and before it was asked."""
        return None

    def load(self) -> None:
        """Bring the model into memory (nothing to do when it is there). Raises `EngineError`."""
        self._finish(self._submit(self._ensure_loaded, threading.Event()))

    @property
    def at_work(self) -> bool:
        """Whether the worker has something to do."""
        return self._current is not None or not self._jobs.empty()

    def unload(self, still: Callable[[], bool] | None = None) -> None:
        """Give the memory back. Waits for a running answer; raises `EngineError` when it never ends.

        `still` is asked in the worker once its turn has come: False leaves the model where it is.
        """

        def run(_: Emit) -> None:
            if still is not None and not still():
                return
            self._unload()
            self.state = "unloaded"
            gc.collect()
            self._watcher.left(self)

        self._finish(self._submit(run, threading.Event()))

    def stream(self, request: Request, cancel: threading.Event | None = None) -> Iterator[StreamEvent]:
        """Answer `request`; loads first when needed. Ends with exactly one `Finished` or `Failed`.

        Setting `cancel` (or closing the iterator) stops the answer within one token. The stream ends at most a
        second later even where the worker cannot stop, inside a load for one: see `settle`.
        """
        cancel = cancel or threading.Event()
        yield Queued(perf_counter())

        def run(emit: Emit) -> None:
            self._ensure_loaded(emit)
            if cancel.is_set():
                emit(Finished(perf_counter(), "cancelled"))
            else:
                with self._in_use():
                    self._answer(request, cancel, emit)

        yield from self._follow(self._submit(run, cancel))

    def stream_batch(
        self, requests: Sequence[Request], cancel: threading.Event | None = None
    ) -> Iterator[BatchEvent]:
        """Answer several requests in one job; loads first when needed. Events of different requests are mixed.

        Every request's events are those of `stream` and end with exactly one `Finished` or `Failed`. What one request
        fails with fails that one only; `cancel`, a failed load and a stall end all that are still open.
        """
        cancel = cancel or threading.Event()
        waiting = set(range(len(requests)))
        for row in sorted(waiting):
            yield BatchEvent(row, Queued(perf_counter()))
        if not requests:
            return

        def run(emit: Callable[[BatchEvent | StreamEvent], None]) -> None:
            self._ensure_loaded(emit)
            if cancel.is_set():
                emit(Finished(perf_counter(), "cancelled"))
            else:
                with self._in_use():
                    self._answer_batch(requests, cancel, lambda row, event: emit(BatchEvent(row, event)))

        with closing(self._follow(self._submit(run, cancel))) as events:  # type: ignore[type-var]
            for event in events:
                told = (
                    [event] if isinstance(event, BatchEvent) else [BatchEvent(row, event) for row in sorted(waiting)]
                )
                for one in told:
                    if one.row in waiting:
                        if isinstance(one.event, Finished | Failed):
                            waiting.remove(one.row)
                        yield one

    @property
    def lingering(self) -> bool:
        """Whether the worker is still at work for a reader that has gone."""
        current = self._current
        return current is not None and current.given_up

    def settle(self) -> bool:
        """Wait until the worker has let go of what its reader gave up; False when it is stuck there.

        Waits as long as the present step may take, but a few seconds only for a worker that has stalled already.
        """
        with self._changed:
            settled = self._changed.wait_for(lambda: not self.lingering, self._patience_s())
            if not settled and self._current is not None:
                self._current.stalled = True
            return settled

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

    def _answer_batch(self, requests: Sequence[Request], cancel: threading.Event, emit: EmitRow) -> None:
        """Emit for every request what `_answer` emits for one; here one after another.

        Emits `Failed` itself for a request that cannot be answered; what it raises ends all that are still open.
        """
        for row, request in enumerate(requests):
            self._answer_row(row, request, cancel, emit)

    @abstractmethod
    def _unload(self) -> None:
        """Drop every reference to the model."""

    # --- worker --------------------------------------------------------------------------------------

    def _answer_row(self, row: int, request: Request, cancel: threading.Event, emit: EmitRow) -> None:
        """Answer one request of a batch alone; what it fails with is told of this one only."""
        if cancel.is_set():
            emit(row, Finished(perf_counter(), "cancelled"))
            return
        try:
            self._answer(request, cancel, lambda event: emit(row, event))
        except Exception as error:  # noqa: BLE001 - told to the reader, and logged where it is unexpected
            emit(row, self._failed(error))

    def _show_life(self) -> None:
        """Tell the reader that a step without an event goes on: it counts a stall from here."""
        if self._current is not None:
            self._current.alive_s = perf_counter()

    def _show_loading(self, step: LoadStep | None = None, share: float | None = None) -> None:
        """Tell the reader how far the load has come."""
        self.loading = Loading(perf_counter(), step, share)
        if self._tell_loading is not None:
            self._tell_loading(self.loading)
        self._show_life()

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        self._watcher.used(self, over=False)
        try:
            yield
        finally:
            self._watcher.used(self, over=True)

    def _failed(self, error: BaseException) -> Failed:
        """What a reader is told of `error`; the log has the rest of one that nobody expected."""
        if isinstance(error, ComparerError):
            return Failed(perf_counter(), error.code, dict(error.parameters))
        log.error("%s failed with an unexpected error", self.spec.label, exc_info=error)
        problem = f"{type(error).__name__}: {error}"[:500]
        return Failed(perf_counter(), "engine_failed", {"model": self.spec.label, "problem": problem})

    def _ensure_loaded(self, emit: Emit) -> None:
        if self.state == "ready":
            return
        started = perf_counter()
        self._tell_loading = emit
        self.state = "loading"
        self._show_loading()
        try:
            self._load()
        except BaseException:
            self.state = "unloaded"
            self._watcher.left(self)
            raise
        finally:
            self.loading = self._tell_loading = None
        self.state = "ready"
        self._watcher.loaded(self)
        now = perf_counter()
        emit(Loaded(now, now - started))

    def _submit(self, run: Callable[[Callable[[_Event], None]], None], cancel: threading.Event) -> _Job[_Event]:
        job: _Job[_Event] = _Job(run, cancel, queue.SimpleQueue())
        with self._changed:
            if self._worker is None:
                name = f"engine-{self.spec.key}"
                self._worker = threading.Thread(target=self._work, name=name, daemon=True)
                self._worker.start()
        self._jobs.put(job)
        return job

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job.alive_s = perf_counter()
            self._current = job
            try:
                if job.cancel.is_set():  # given up while it waited for its turn
                    job.events.put(Finished(perf_counter(), "cancelled"))
                else:
                    job.context.run(job.run, job.events.put)
            except BaseException as error:  # noqa: BLE001 - told to the reader, and logged where it is unexpected
                job.events.put(self._failed(error))
            finally:
                job.events.put(None)
                with self._changed:
                    self._current = None
                    self._changed.notify_all()
                del job

    # --- readers -------------------------------------------------------------------------------------

    def _follow(self, job: _Job[_Event]) -> Iterator[_Event | Finished | Failed]:
        """The events of a job until it is over, until it stalls, or until soon after it was cancelled.

        The clock of a stall runs while the worker is silent about this very job, or stuck in one before it that
        nobody reads any more; waiting behind another visitor's answer is no stall.
        """
        limit_s = self.limits.stall_s
        heard_s = perf_counter()
        cancelled_s: float | None = None
        try:
            while True:
                now_s = perf_counter()
                if job.cancel.is_set():
                    cancelled_s = now_s if cancelled_s is None else cancelled_s
                    if job.alive_s is None or now_s - cancelled_s >= CANCEL_GRACE_S:
                        yield Finished(now_s, "cancelled")
                        return
                try:
                    event = job.events.get(timeout=POLL_S)
                except queue.Empty:
                    now_s = perf_counter()
                    patience_s = limit_s
                    if job.alive_s is not None:
                        heard_s = max(heard_s, job.alive_s)
                    elif self.lingering:
                        patience_s = self._patience_s()
                    else:
                        heard_s = now_s
                    if now_s - heard_s < patience_s:
                        continue
                    job.stalled = True
                    log.warning("%s was given up after %.0f s without a sign of life", self.spec.label, limit_s)
                    yield Failed(now_s, "engine_stalled", {"model": self.spec.label, "seconds": limit_s})
                    return
                if event is None:
                    return
                yield event
                if isinstance(event, Finished | Failed):
                    return
                limit_s = self.limits.load_s if isinstance(event, Loading) else self.limits.stall_s
                heard_s = perf_counter()  # not the event's own time: a reader may take its own
        finally:
            job.cancel.set()
            job.given_up = True

    def _finish(self, job: _Job[StreamEvent]) -> None:
        """Wait for a job without an answer; raises what it failed with."""
        with closing(self._follow(job)) as events:  # type: ignore[type-var]
            for event in events:
                if isinstance(event, Failed):
                    raise EngineError(event.code, **event.parameters)

    def _patience_s(self) -> float:
        """How long the worker may be silent at what it does now."""
        current = self._current
        if current is not None and current.stalled:
            return min(STUCK_GRACE_S, self.limits.stall_s)
        return self.limits.load_s if self.state == "loading" else self.limits.stall_s
