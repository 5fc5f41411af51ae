"""What goes wrong within Gradio, in the log like all else: its own traceback would hold what a visitor has sent.

Gradio prints tracebacks to standard error by itself, with the values of an event's inputs in some messages, and
without the id of the request. Knows nothing of the page.
"""

import logging
import sys
import traceback
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)


class FramesOnly:
    """Stands in for the module `traceback` where Gradio prints: an error's type and where it arose, no message."""

    def __getattr__(self, name: str) -> Any:
        return getattr(traceback, name)

    def print_exc(self, *_: Any, **__: Any) -> None:
        """Log the exception that is being handled."""
        kind, error, trace = sys.exc_info()
        if kind is None or error is None:
            return
        frames = [f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in traceback.extract_tb(trace)]
        log.warning("event failed", extra={"error": kind.__name__, "frames": " < ".join(reversed(frames[-8:]))})


def log_without_values() -> None:
    """Have Gradio's tracebacks logged so from now on."""
    from gradio import queueing, route_utils, routes

    for module in (queueing, routes, route_utils):
        module.traceback = FramesOnly()  # type: ignore[attr-defined]
