"""Which models stay in memory: before one is loaded, the least recently used ones on its device make room.

Pinned models never leave, idle ones leave after a while, and all together stay within a budget where one is set.
Knows nothing of how a model is loaded or how large it will be.
"""

import logging
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Literal, NamedTuple

from comparer.engines.base import Engine
from comparer.engines.memory import Free, device_memory, readable_size
from comparer.errors import EngineError, OutOfMemoryError

log = logging.getLogger(__name__)

ReadMemory = Callable[[str], Free]
Happening = Literal["load", "answer", "release"]
Observe = Callable[[Happening, Engine], None]

IDLE_ON_CARD_S = 15 * 60.0
"""After how long without a question a model leaves a graphics card, unless it is said otherwise. On a CPU models
stay: memory is cheap there, and waiting for a load is not."""
LOOK_EVERY_S = 2.0
GRANTED_POLL_S = 0.1


class Room(NamedTuple):
    """What a model needs or may have, in bytes."""

    free_bytes: int
    """On its device, to load and to answer."""
    weights_bytes: int
    """Of the budget, which counts weights."""

    def holds(self, needs: "Room") -> bool:
        """Whether `needs` lie within this room."""
        return self.free_bytes >= needs.free_bytes and self.weights_bytes >= needs.weights_bytes


@dataclass(frozen=True, slots=True)
class Leaving:
    """How a model left memory."""

    why: Literal["room", "idle", "wish"]
    """Another one needed the room, nobody asked it for long, or somebody released it."""
    at_s: float
    freed_bytes: int
    """What its device had more of right afterwards, all programs together."""
    newcomer: str = ""
    """Label of the model that needed the room."""


@dataclass(frozen=True, slots=True)
class Stay:
    """What is known of one model's place in memory; times are of the residency's clock."""

    used_s: float | None
    pinned: bool
    idle_left_s: float | None
    """Seconds until it is released for want of questions; None where that does not run."""
    leaving: Leaving | None
    """How it left last; None while it is in memory."""


class Residency:
    """Shared by the engines of a process. Called from their worker threads and from the page.

    No two engines can wait for each other: only engines that are ready are asked to leave; an engine that waits here
    is loading; and it waits for a load only that has its room already, which waits for nothing here any more.
    """

    def __init__(
        self,
        read_memory: ReadMemory = device_memory,
        budget_bytes: int | None = None,
        idle_s: float | None = None,
        clock: Callable[[], float] = perf_counter,
        observe: Observe | None = None,
    ) -> None:
        """`budget_bytes`: of weights, on each device; `idle_s`: 0 is never, None by the device (`IDLE_ON_CARD_S`)."""
        self.budget_bytes = budget_bytes
        self._read_memory = read_memory
        self._idle_s = idle_s
        self._clock = clock
        self._observe = observe
        self._changed = threading.Condition()
        self._used_s: dict[Engine, float] = {}
        self._granted: dict[Engine, Room] = {}
        """What engines that are loading have been given; it is not theirs to see yet, nor anybody else's."""
        self._pinned: set[Engine] = set()
        self._leavings: dict[Engine, Leaving] = {}
        self._watch: threading.Thread | None = None
        self._over = threading.Event()

    # --- told by engines -----------------------------------------------------------------------------

    def touch(self, engine: Engine) -> None:
        """Remember that `engine` was used just now."""
        with self._changed:
            self._used_s[engine] = self._clock()

    def loaded(self, engine: Engine) -> None:
        """`engine` is ready: what it was given shows in the readings now."""
        with self._changed:
            self._granted.pop(engine, None)
            self._leavings.pop(engine, None)
            self._used_s[engine] = self._clock()
            self._changed.notify_all()
        self._say("load", engine)

    def used(self, engine: Engine, over: bool) -> None:
        """`engine` begins or ends an answer."""
        self.touch(engine)
        if over:
            self._say("answer", engine)

    def left(self, engine: Engine) -> None:
        """`engine` holds nothing any more."""
        with self._changed:
            was_here = self._used_s.pop(engine, None) is not None
            self._granted.pop(engine, None)
            self._changed.notify_all()
        if was_here:
            self._say("release", engine)

    def _say(self, what: Happening, engine: Engine) -> None:
        if self._observe is not None:
            self._observe(what, engine)

    # --- room ----------------------------------------------------------------------------------------

    def make_room(self, engine: Engine, needed_bytes: int, weights_bytes: int | None = None) -> None:
        """Unload others on the device of `engine` until `needed_bytes` are free, least recently used first.

        `weights_bytes` are those that count for the budget (by default all). A model that is answering is waited for,
        and so is one that is being loaded. Raises `OutOfMemoryError` when even a device without all that may leave is
        too small.
        """
        needs = Room(needed_bytes, needed_bytes if weights_bytes is None else weights_bytes)
        stuck: set[Engine] = set()
        while True:
            free_bytes = self._read_memory(engine.device).free_bytes
            with self._changed:
                room = self._room(engine, free_bytes)
                if room.holds(needs):
                    self._granted[engine] = needs
                    return
                here = self._neighbours(engine)
                leaver = next((other for other in here if other not in stuck | self._pinned), None)
                if leaver is None:
                    if any(_beside(other, engine) for other in self._granted):
                        self._changed.wait(GRANTED_POLL_S)
                        continue
                    raise self._refusal(engine, needs, room)
            if not self._release(leaver, "room", newcomer=engine.spec.label):
                stuck.add(leaver)

    def held_bytes(self, device: str) -> int:
        """The weights of the models on `device`, those of models that are being loaded included."""
        with self._changed:
            return self._held(device)

    def _room(self, engine: Engine, free_bytes: int) -> Room:
        """What `engine` may have now. What others were given and have not taken in full counts as taken."""
        given = sum(room.free_bytes for other, room in self._granted.items() if _beside(other, engine))
        free = max(0, free_bytes - given)
        if self.budget_bytes is None:
            return Room(free, sys.maxsize)
        return Room(free, max(0, self.budget_bytes - self._held(engine.device, without=engine)))

    def _held(self, device: str, without: Engine | None = None) -> int:
        held = {engine: _weights_bytes(engine) for engine in self._used_s}
        held |= {engine: room.weights_bytes for engine, room in self._granted.items()}
        return sum(size for engine, size in held.items() if engine is not without and engine.device == device)

    def _neighbours(self, engine: Engine) -> list[Engine]:
        """Ready engines on the same device, least recently used first."""
        others = sorted(self._used_s, key=lambda other: self._used_s[other])
        return [other for other in others if other.state == "ready" and _beside(other, engine)]

    def _refusal(self, engine: Engine, needs: Room, room: Room) -> OutOfMemoryError:
        within_budget = room.weights_bytes >= needs.weights_bytes
        needed, left = (
            (needs.free_bytes, room.free_bytes) if within_budget else (needs.weights_bytes, room.weights_bytes)
        )
        sizes = {"needed": readable_size(needed), "free": readable_size(left)}
        said = {"model": engine.spec.label, **sizes, "during": "load"}
        pinned = [other for other in self._neighbours(engine) if other in self._pinned]
        held = sum(_weights_bytes(other) for other in pinned)
        if pinned and Room(room.free_bytes + held, room.weights_bytes + held).holds(needs):
            names = ", ".join(other.spec.label for other in pinned)
            return OutOfMemoryError("out_of_memory_pinned", pinned=names, **said)
        if within_budget:
            return OutOfMemoryError("out_of_memory", **said)
        return OutOfMemoryError("out_of_memory_budget", budget=readable_size(self.budget_bytes or 0), **said)

    # --- leaving -------------------------------------------------------------------------------------

    def release(self, engine: Engine) -> None:
        """Unload `engine` because somebody wishes it, pinned or not. Raises `EngineError` when it hangs."""
        self._leave(engine, "wish", "", None)

    def release_all(self, engines: Iterable[Engine]) -> None:
        """Unload every one of `engines` that lies in memory here. Raises the last `EngineError` if some hang."""
        failed: EngineError | None = None
        for engine in engines:
            if engine.holds_memory and engine.state == "ready":
                try:
                    self.release(engine)
                except EngineError as error:
                    failed = error
        if failed is not None:
            raise failed

    def release_others(self, engine: Engine, among: Iterable[Engine]) -> None:
        """Unload all of `among` that may leave the device of `engine`; one that hangs is left where it is."""
        with self._changed:
            others = [other for other in among if _beside(other, engine) and other not in self._pinned]
        for other in others:
            if other.state == "ready":
                self._release(other, "room", newcomer=engine.spec.label)

    def forget(self, engine: Engine) -> None:
        """`engine` is closed for good."""
        with self._changed:
            for noted in (self._used_s, self._granted, self._leavings):
                noted.pop(engine, None)
            self._pinned.discard(engine)

    def _release(self, engine: Engine, why: Literal["room", "idle"], newcomer: str = "") -> bool:
        """Whether it left; one that hangs keeps its memory, and the next reading shows that."""
        still = (lambda: self._is_idle(engine)) if why == "idle" else None
        try:
            self._leave(engine, why, newcomer, still)
        except EngineError as error:
            log.warning("%s did not leave memory: %s", engine.spec.label, error)
            return False
        return True

    def _leave(
        self, engine: Engine, why: Literal["room", "idle", "wish"], newcomer: str, still: Callable[[], bool] | None
    ) -> None:
        before = self._read_memory(engine.device).free_bytes
        engine.unload(still)
        freed = self._read_memory(engine.device).free_bytes - before
        with self._changed:
            if engine.state == "unloaded":
                self._leavings[engine] = Leaving(why, self._clock(), freed, newcomer)

    # --- pins and idle models ------------------------------------------------------------------------

    def pin(self, engine: Engine, pinned: bool) -> None:
        """A pinned model leaves only when somebody releases it. The countdown of one that is no more begins anew."""
        with self._changed:
            if pinned:
                self._pinned.add(engine)
            else:
                self._pinned.discard(engine)
                if engine in self._used_s:
                    self._used_s[engine] = self._clock()

    def stay(self, engine: Engine) -> Stay:
        """What is known of the place of `engine`."""
        with self._changed:
            return Stay(
                self._used_s.get(engine),
                engine in self._pinned,
                self._idle_left_s(engine),
                self._leavings.get(engine) if engine.state == "unloaded" else None,
            )

    def release_idle(self) -> None:
        """Unload what nobody has asked for long enough, unless its device is at work: figures are not disturbed."""
        with self._changed:
            idle = [engine for engine in self._used_s if self._idle_left_s(engine) == 0]
            busy = {engine.device for engine in self._used_s if engine.at_work}
        for engine in idle:
            if engine.device not in busy:
                self._release(engine, "idle")

    def idle_limit_s(self, device: str) -> float:
        """After how long without a question a model leaves `device`; 0 is never."""
        if self._idle_s is not None:
            return self._idle_s
        return IDLE_ON_CARD_S if device.startswith("cuda") else 0.0

    def _is_idle(self, engine: Engine) -> bool:
        with self._changed:
            return self._idle_left_s(engine) == 0

    def _idle_left_s(self, engine: Engine) -> float | None:
        used_s = self._used_s.get(engine)
        limit_s = self.idle_limit_s(engine.device) if engine.holds_memory else 0.0
        if used_s is None or not limit_s or engine in self._pinned or engine.state != "ready":
            return None
        return max(0.0, used_s + limit_s - self._clock())

    def start(self, every_s: float = LOOK_EVERY_S) -> None:
        """Release idle models in a thread of its own from now on; nothing happens when one does already."""
        with self._changed:
            if self._watch is None:
                self._over.clear()
                self._watch = threading.Thread(
                    target=self._keep_looking, args=(every_s,), name="idle-release", daemon=True
                )
                self._watch.start()

    def stop(self) -> None:
        """End the thread; models stay where they are."""
        with self._changed:
            watch, self._watch = self._watch, None
            self._over.set()
        if watch is not None:
            watch.join(timeout=LOOK_EVERY_S)

    def _keep_looking(self, every_s: float) -> None:
        while not self._over.wait(every_s):
            try:
                self.release_idle()
            except Exception:
                log.exception("idle models could not be released")


def _beside(other: Engine, engine: Engine) -> bool:
    return other is not engine and other.holds_memory and other.device == engine.device


def _weights_bytes(engine: Engine) -> int:
    footprint = engine.footprint()
    return footprint.weights_bytes if footprint else 0
