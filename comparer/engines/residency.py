"""Which models stay in memory: before one is loaded, the least recently used ones on its device make room.

Knows nothing of how a model is loaded or how large it is.
"""

import threading
from collections.abc import Callable
from time import perf_counter

from comparer.engines.base import Engine
from comparer.engines.memory import Free, device_memory, readable_size
from comparer.errors import EngineError, OutOfMemoryError

ReadMemory = Callable[[str], Free]


class Residency:
    """Shared by the engines of a lineup. Called from their worker threads.

    No two engines can wait for each other: only engines that are ready are asked to leave, and an engine that waits
    here is loading.
    """

    def __init__(self, read_memory: ReadMemory = device_memory) -> None:
        self._read_memory = read_memory
        self._lock = threading.Lock()
        self._used_s: dict[Engine, float] = {}

    def touch(self, engine: Engine) -> None:
        """Remember that `engine` was used just now."""
        with self._lock:
            self._used_s[engine] = perf_counter()

    def make_room(self, engine: Engine, needed_bytes: int) -> None:
        """Unload others on the device of `engine` until `needed_bytes` are free, least recently used first.

        A model that is answering is waited for. Raises `OutOfMemoryError` when even an empty device is too small.
        """
        for other in (*self._neighbours(engine), None):
            free_bytes = self._read_memory(engine.device).free_bytes
            if free_bytes >= needed_bytes:
                return
            if other is None:
                raise OutOfMemoryError(
                    "out_of_memory",
                    model=engine.spec.label,
                    needed=readable_size(needed_bytes),
                    free=readable_size(free_bytes),
                )
            _unload(other)

    def _neighbours(self, engine: Engine) -> list[Engine]:
        """Ready engines on the same device, least recently used first."""
        with self._lock:
            others = sorted(self._used_s, key=lambda other: self._used_s[other])
        return [
            other
            for other in others
            if other is not engine and other.state == "ready" and other.device == engine.device
        ]


def _unload(engine: Engine) -> None:
    try:
        engine.unload()
    except EngineError:
        return  # it hangs: its memory stays taken, and the next reading shows that
