"""One question to several engines: whose turn it is, and their events merged as they come.

*Fair* (the default): engines that share a device take turns, so each answer's figures are those of its model alone.
*Together*: all at once; figures of engines that share a device are then contended. An engine that cannot be stopped
keeps its turn until it lets go; one that is stuck loses it after a while, and the figures of those that come after it
are contended for as long as it computes. Knows nothing of conversations, the store or the screen.
"""

import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from contextvars import copy_context
from dataclasses import dataclass
from time import perf_counter

from comparer.engines import Engine
from comparer.engines.cancel import CancelToken
from comparer.errors import EngineError
from comparer.records import Failed, Finished, Policy, Queued, Request, StreamEvent

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Update:
    """One event of one column; columns count from 0 in the order of the engines given."""

    column: int
    event: StreamEvent
    contended: bool = False
    """Whether another engine computed on the column's device at that moment."""


@dataclass(frozen=True, slots=True)
class BatchUpdate:
    """One event of one request of a batch; rows count from 0 in the order of the requests given."""

    row: int
    event: StreamEvent
    contended: bool = False
    """Whether something else computed on the device at that moment: another row of the batch counts."""


def _unheard(_ahead: int) -> None:
    """Nobody asks how far the line has moved."""


class Ticket:
    """A place in the line for one device. Tickets with the same `question` are parts of one question."""

    def __init__(self, line: "DeviceLine", device: str, shared: bool, question: object) -> None:
        self.device = device
        self.shared = shared
        self.question = question
        self._line = line

    def wait(self, cancel: threading.Event, moved: Callable[[int], None] = _unheard) -> bool:
        """Wait until it is this ticket's turn; False when `cancel` came first.

        `moved` hears how many questions of others come before it, now and whenever that changes.
        """
        return self._line.wait(self, cancel, moved)

    def release(self) -> None:
        """Leave the line, served or not."""
        self._line.leave(self)


class DeviceLine:
    """First come, first served, one line per device; tickets marked shared are served side by side.

    One line serves all visitors of a process, so that one visitor's question never disturbs another's figures.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._lines: dict[str, list[Ticket]] = {}

    def join(self, device: str, shared: bool, question: object = None) -> Ticket:
        """Take the last place in the line of `device`, for a part of `question` or for something on its own."""
        ticket = Ticket(self, device, shared, object() if question is None else question)
        with self._changed:
            self._lines.setdefault(device, []).append(ticket)
        return ticket

    def waiting(self, device: str) -> int:
        """How many tickets are in the line, the served one included."""
        with self._changed:
            return len(self._lines.get(device, ()))

    def wait(self, ticket: Ticket, cancel: threading.Event, moved: Callable[[int], None]) -> bool:
        """Block until `ticket` is served or `cancel` is set (looked at ten times a second)."""
        told = 0
        with self._changed:
            while not self._is_served(ticket):
                if cancel.is_set():
                    return False
                if (ahead := self._ahead(ticket)) != told:
                    told = ahead
                    moved(ahead)
                self._changed.wait(timeout=0.1)
            return not cancel.is_set()

    def _ahead(self, ticket: Ticket) -> int:
        """How many other questions have a part before this ticket."""
        line = self._lines[ticket.device]
        return len({other.question for other in line[: line.index(ticket)]} - {ticket.question})

    def leave(self, ticket: Ticket) -> None:
        """Give the place up and let the next one in."""
        with self._changed:
            self._lines[ticket.device].remove(ticket)
            self._changed.notify_all()

    def _is_served(self, ticket: Ticket) -> bool:
        line = self._lines[ticket.device]
        ahead = line[: line.index(ticket)]
        return not ahead or (ticket.shared and all(other.shared for other in ahead))


class Comparison:
    """Runs requests on engines under a policy. One object serves all visitors."""

    def __init__(self, line: DeviceLine | None = None) -> None:
        self._line = line or DeviceLine()
        self._stuck: frozenset[Engine] = frozenset()

    def disturbed(self, device: str) -> bool:
        """Whether an engine that lost its turn without letting go still computes on `device`."""
        return any(engine.lingering and engine.device == device for engine in self._stuck)

    def contended(self, engines: Sequence[Engine], column: int, policy: Policy) -> bool:
        """Whether the policy lets other engines disturb the figures of `column` on its device."""
        devices = [engine.device for engine in engines]
        return policy == "together" and devices.count(devices[column]) > 1

    def waiting(self, device: str) -> int:
        """How many columns are in the line for `device`, the served one included."""
        return self._line.waiting(device)

    def load(self, engines: Sequence[Engine]) -> Iterator[tuple[Engine, EngineError | None]]:
        """Load engines one after another, each in its device's turn; tells of each what went wrong, if anything."""
        for engine in engines:
            ticket = self._line.join(engine.device, shared=False)
            try:
                ticket.wait(threading.Event())
                engine.load()
                yield engine, None
            except EngineError as error:
                yield engine, error
            finally:
                self._leave(engine, ticket)

    def run(
        self,
        engines: Sequence[Engine],
        requests: Sequence[Request],
        policy: Policy,
        cancel: CancelToken,
    ) -> Iterator[Update]:
        """Events of all columns as they come; every column ends with one `Finished` or `Failed`.

        Engines are served in the order given. Closing the iterator or setting `cancel` stops them all.
        """
        updates: queue.SimpleQueue[Update] = queue.SimpleQueue()
        # Places are taken here, not in the threads, so that the order of service is the order given.
        question = object()
        tickets = [
            self._line.join(engine.device, self.contended(engines, column, policy), question)
            for column, engine in enumerate(engines)
        ]
        for column, (engine, request, ticket) in enumerate(zip(engines, requests, tickets, strict=True)):
            updates.put(Update(column, Queued(perf_counter())))
            threading.Thread(
                target=copy_context().run,  # the log knows whose question it is
                args=(self._serve, column, engine, request, ticket, cancel.child(), updates),
                name=f"column-{column}",
                daemon=True,
            ).start()
        running = len(engines)
        try:
            while running:
                update = updates.get()
                running -= isinstance(update.event, Finished | Failed)
                yield update
        finally:
            cancel.set()

    def run_batch(
        self, engine: Engine, requests: Sequence[Request], cancel: threading.Event
    ) -> Iterator[BatchUpdate]:
        """Events of several requests to one engine, which has its device to itself meanwhile.

        Waits in the line that visitors' questions wait in. Every request ends with one `Finished` or `Failed`.
        Closing the iterator or setting `cancel` stops them all; the turn is given up whatever happens.
        """
        ticket = self._line.join(engine.device, shared=False)
        try:
            for row in range(len(requests)):
                yield BatchUpdate(row, Queued(perf_counter()))
            if not ticket.wait(cancel):
                for row in range(len(requests)):
                    yield BatchUpdate(row, Finished(perf_counter(), "cancelled"))
                return
            with closing(engine.stream_batch(requests, cancel)) as events:  # type: ignore[type-var]
                for row, event in events:
                    if not isinstance(event, Queued):  # queued since it was handed in, not since its turn came
                        yield BatchUpdate(row, event, len(requests) > 1 or self.disturbed(engine.device))
        finally:
            self._leave(engine, ticket)

    def _serve(
        self,
        column: int,
        engine: Engine,
        request: Request,
        ticket: Ticket,
        cancel: threading.Event,
        updates: "queue.SimpleQueue[Update]",
    ) -> None:
        """One column's thread: wait for the turn, pass the events on, leave the line whatever happens."""

        def moved(ahead: int) -> None:
            updates.put(Update(column, Queued(perf_counter(), ahead)))

        if not ticket.wait(cancel, moved):
            ticket.release()
            updates.put(Update(column, Finished(perf_counter(), "cancelled")))
            return
        try:
            for number, event in enumerate(engine.stream(request, cancel)):
                if number or not isinstance(event, Queued):  # queued since it was handed in, not since its turn came
                    updates.put(Update(column, event, ticket.shared or self.disturbed(engine.device)))
        except BaseException as error:  # a column's error is shown in its column
            log.exception("%s failed with an unexpected error", engine.spec.label)
            parameters = {"model": engine.spec.label, "problem": f"{type(error).__name__}: {error}"[:500]}
            updates.put(Update(column, Failed(perf_counter(), "engine_failed", parameters)))
        finally:
            self._leave(engine, ticket)

    def _leave(self, engine: Engine, ticket: Ticket) -> None:
        """Give the turn up once the engine is at rest, or is known to be stuck. The reader has its last event."""
        try:
            if not engine.settle():
                log.warning("%s is stuck; others on %s go on, disturbed by it", engine.spec.label, engine.device)
                self._stuck |= {engine}
        finally:
            ticket.release()
