"""Lines on standard output, for the modules that also run as programs."""

from __future__ import annotations

import sys


def write_line(text: str) -> None:
    """Write one line and flush it, so that a watched log is never behind."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
