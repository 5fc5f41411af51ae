"""The end of the process in good order: no new questions, running answers end or are marked, runs are given back.

The first signal (SIGTERM, or Ctrl-C) begins it, a second one ends the process at once. Knows nothing of HTTP.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Protocol

from comparer.admission import Admission

log = logging.getLogger(__name__)

SECOND_SIGNAL = 130
MARK_WITHIN_S = 3.0
"""How long stopped answers have to be kept: a model that hangs never ends by itself."""
LAST_WORD_S = 0.5
"""For the last update of an answer on its way to the browser."""
GIVE_BACK_WITHIN_S = 5.0


class Closable(Protocol):
    """Whoever works on runs."""

    def close(self) -> None:
        """Drop the answers under way and leave the run to whoever comes next."""


class Stop:
    """Waits for a signal, then ends what is under way."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def listen(self) -> bool:
        """Take SIGTERM and SIGINT over; False where this is not the main thread, which alone can."""
        if threading.current_thread() is not threading.main_thread():
            return False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._hear)
        return True

    def ask(self) -> None:
        """What the first signal does."""
        self._asked.set()

    def wait(self, while_running: Callable[[], bool] = lambda: True) -> None:
        """Wait for the first signal, or until `while_running` says no (looked at twice a second)."""
        while while_running() and not self._asked.wait(0.5):
            pass

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked.is_set():
            os._exit(SECOND_SIGNAL)
        self._asked.set()


def end_in_good_order(admission: Admission, worker: Closable | None, grace_s: float) -> None:
    """Let no question in, give runs back, and let answers end within `grace_s` seconds; then stop and keep them."""
    admission.close()
    log.info("ending", extra={"questions_under_way": admission.under_way, "grace_s": grace_s})
    giving_back = threading.Thread(target=worker.close if worker else _nothing, name="give-back", daemon=True)
    giving_back.start()
    if not admission.drain(grace_s):
        stopped = admission.cancel()
        kept = admission.drain(MARK_WITHIN_S)
        log.warning("answers were stopped", extra={"questions": stopped, "all_kept": kept})
    giving_back.join(GIVE_BACK_WITHIN_S)
    if giving_back.is_alive():
        log.warning("a run was not given back: its lease runs out by itself")
    threading.Event().wait(LAST_WORD_S)
    log.info("ended")


def _nothing() -> None:
    """Nobody works on runs here."""
