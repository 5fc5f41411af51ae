"""One running dashboard as its operators see it: what the server is given beside the page, and how it ends."""

from dataclasses import dataclass, field
from typing import Any

from comparer.dialogue import Dialogue
from comparer.run_store import StoreWithRuns
from comparer.serving import http, shutdown
from comparer.serving.health import HealthCheck
from comparer.serving.telemetry import Telemetry
from comparer.settings import Settings
from comparer.sign_ins import SignIns


@dataclass(frozen=True)
class Operations:
    """Built once by `app.py`; `store` is the one that `telemetry` watches."""

    settings: Settings
    dialogue: Dialogue
    store: StoreWithRuns
    worker: shutdown.Closable | None = None
    """Who works on runs here, if anybody."""
    telemetry: Telemetry = field(default_factory=Telemetry)
    sign_ins: SignIns | None = None
    """Keeps who has signed in; without it a restart signs everybody out."""

    def server_options(self) -> dict[str, Any]:
        """Arguments of the FastAPI application that serves the page."""
        self.telemetry.watch(self.dialogue, self.store.runs)
        health = HealthCheck(self.dialogue)
        return {
            "routes": http.routes(health, self.telemetry, self.settings.metrics),
            "middleware": http.middleware(self.telemetry),
        }

    def end(self) -> None:
        """End what is under way in good order, and let go of the database."""
        shutdown.end_in_good_order(self.dialogue.admission, self.worker, self.settings.shutdown_grace_s)
        self.store.close()
