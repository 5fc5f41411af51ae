"""Holds a claimed run while it is worked on: a thread renews the lease and listens for what is wanted of the run."""

import logging
import threading
from types import TracebackType

from comparer.engines.cancel import CancelToken
from comparer.errors import ComparerError, StoreError
from comparer.run_records import Wanted
from comparer.run_store import RunStore

log = logging.getLogger(__name__)

HEAR_EVERY_S = 1.0
"""How soon a run that is to pause or to be cancelled hears of it."""


class Lease:
    """A context manager. `cancel` is set when the work under way is to be dropped at once."""

    def __init__(self, runs: RunStore, run_id: str, worker: str, lease_s: float) -> None:
        self.cancel = CancelToken()
        self.wanted: Wanted | None = "run"
        """What people want, as heard last; None when the run is somebody else's now."""
        self._runs = runs
        self._run_id = run_id
        self._worker = worker
        self._lease_s = lease_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"lease-{run_id}", daemon=True)

    def __enter__(self) -> "Lease":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    @property
    def holds(self) -> bool:
        """Whether the run is ours and is to go on."""
        return self.wanted == "run" and not self.cancel.is_set()

    def _keep(self) -> None:
        while not self._over.wait(min(HEAR_EVERY_S, self._lease_s / 3)):
            self._renew()

    def _renew(self) -> None:
        """While the database cannot be asked, its last word counts; nothing is doubled if the lease runs out."""
        try:
            self.wanted = self._runs.renew(self._run_id, self._worker, self._lease_s)
        except StoreError as error:
            log.warning("the lease of run %s could not be renewed: %s", self._run_id, error)
        except ComparerError:  # the run has been deleted
            self.wanted = None
        if self.wanted in (None, "cancel"):
            self.cancel.set()
