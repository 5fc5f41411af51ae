"""From a blocking iterator in a thread to an async one at a steady rate, for the page and the endpoints."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import copy_context
from dataclasses import dataclass
from time import perf_counter
from typing import Generic, TypeVar

T = TypeVar("T")

UPDATES_PER_S = 10.0
"""Twenty doubles the browser's work and looks no smoother."""
FIRST_LOOK_S = 0.02
FEW = 8
"""So many streams at a time never slow down."""
REST = 4.0
"""With more, each rests this many times as long as the server took for its last update, so that a crowd leaves the
server time for everything else: the busier it is, the rarer the updates."""
LONGEST_REST_S = 1.0


@dataclass
class _Slot(Generic[T]):
    """The newest value; what came between two looks is gone."""

    value: T | None = None
    version: int = 0
    over: bool = False
    error: BaseException | None = None


def steadily(_: object) -> float:
    """The usual pace, whatever the value."""
    return UPDATES_PER_S


class Crowd:
    """How many streams there are, all of which one event loop serves."""

    def __init__(self) -> None:
        self._streams = 0

    def __enter__(self) -> None:
        self._streams += 1

    def __exit__(self, *_: object) -> None:
        self._streams -= 1

    def pause_s(self, wanted_s: float, took_s: float) -> float:
        """How long a stream waits before its next update, when the last one took the server `took_s` seconds."""
        if self._streams <= FEW:
            return wanted_s
        return max(wanted_s, min(LONGEST_REST_S, REST * took_s))


_crowd = Crowd()


async def paced(make: Callable[[], Iterator[T]], per_s: Callable[[T], float] = steadily) -> AsyncIterator[T]:
    """The newest value of `make()`, at most `per_s(value)` times a second, and always the last one.

    The iterator runs to its end in its own thread even when the reader goes away: to stop it, set what it watches.
    An exception in it is raised here after the last value. In a crowd the pace is lower.
    """
    slot: _Slot[T] = _Slot()

    def work() -> None:
        try:
            for value in make():
                slot.value = value
                slot.version += 1
        except BaseException as error:  # noqa: BLE001 - raised again in the reader
            slot.error = error
        finally:
            slot.over = True

    # The thread works for the same visitor as the event that it is of.
    threading.Thread(target=copy_context().run, args=(work,), name="paced", daemon=True).start()
    seen = 0
    pause_s = FIRST_LOOK_S
    with _crowd:
        while True:
            over = slot.over  # read before the version: what came later is seen on the next look
            version, value = slot.version, slot.value
            if version != seen and value is not None:
                seen = version
                given_s = perf_counter()
                yield value
                pause_s = _crowd.pause_s(1 / per_s(value), perf_counter() - given_s)
            if over and slot.version == seen:
                break
            await asyncio.sleep(pause_s)
    if slot.error is not None:
        raise slot.error
