"""Whether this process can serve: does its database answer, and how do its models stand. Knows no HTTP.

Says nothing that a visitor of the page could not know: no address, no path, no version.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from comparer.dialogue import Dialogue
from comparer.errors import ComparerError

DATABASE_WITHIN_S = 5.0
"""Longer than a busy SQLite file keeps a reader waiting, shorter than a balancer's patience."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the process stands. It is ready while new questions are let in and can be kept."""

    status: Literal["ok", "closing", "no_database"]
    database: Literal["ok", "unreachable"]
    models: Mapping[str, str]
    """By key: "ready", "loading" or "unloaded" (loaded when it is asked)."""

    @property
    def ready(self) -> bool:
        return self.status == "ok"

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ready": self.ready}


class HealthCheck:
    """Looks when asked."""

    def __init__(self, dialogue: Dialogue, within_s: float = DATABASE_WITHIN_S) -> None:
        self._dialogue = dialogue
        self._within_s = within_s
        self._asking: threading.Thread | None = None

    def look(self) -> Health:
        """How it stands now; takes at most `within_s` seconds, whatever the database does."""
        answers = self._answers(self._dialogue.store.ping)
        models = {key: engine.state for key, engine in self._dialogue.engines.items()}
        status: Literal["ok", "closing", "no_database"] = "ok" if answers else "no_database"
        if self._dialogue.admission.closed:
            status = "closing"
        return Health(status, "ok" if answers else "unreachable", models)

    def _answers(self, ping: Callable[[], None]) -> bool:
        """Whether the database answers in time; it is not asked again while it still owes the last answer."""
        if self._asking is not None and self._asking.is_alive():
            self._asking.join(self._within_s)
            if self._asking.is_alive():
                return False
        said: list[bool] = []

        def ask() -> None:
            try:
                ping()
                said.append(True)
            except ComparerError:
                said.append(False)

        self._asking = asking = threading.Thread(target=ask, name="health", daemon=True)
        asking.start()
        asking.join(self._within_s)
        return said == [True]
