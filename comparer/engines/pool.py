"""The engines of several lineups, all of which make room for each other. Knows nothing of who asks them."""

import threading

from comparer.engines import build_engines
from comparer.engines.base import Engine, Limits
from comparer.engines.residency import Residency
from comparer.errors import EngineError
from comparer.lineup import Lineup


class EnginePool:
    """Builds the engines of a lineup when they are first asked for; safe to call from any thread."""

    def __init__(self, limits: Limits = Limits(), residency: Residency | None = None) -> None:
        self.residency = residency or Residency()
        self._limits = limits
        self._lock = threading.Lock()
        self._built: dict[str, tuple[Lineup, tuple[Engine, ...]]] = {}

    def of(self, lineup: Lineup) -> tuple[Engine, ...]:
        """One engine per model of the lineup, in its order; the same ones while the lineup's file says the same."""
        with self._lock:
            built, engines = self._built.get(lineup.name, (None, ()))
            if built != lineup:
                self._close(engines)
                engines = build_engines(lineup, self._limits, self.residency)
                self._built[lineup.name] = (lineup, engines)
            return engines

    def drop_all_but(self, lineup: Lineup) -> None:
        """Give back the memory of all other lineups' models; they are built anew when asked for again."""
        with self._lock:
            others = [name for name in self._built if name != lineup.name]
            dropped = [self._built.pop(name)[1] for name in others]
        for engines in dropped:
            self._close(engines)

    def all(self) -> tuple[Engine, ...]:
        """Every engine that has been built, of whatever lineup."""
        with self._lock:
            return tuple(engine for _, engines in self._built.values() for engine in engines)

    def _close(self, engines: tuple[Engine, ...]) -> None:
        for engine in engines:
            if engine.state != "unloaded":
                try:
                    engine.unload()
                except EngineError:
                    continue  # it hangs, and its memory with it: waiting would not give it back
            engine.close()
            self.residency.forget(engine)
