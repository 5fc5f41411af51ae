"""Lines for the modules that also run as programs: results on standard output, progress on standard error."""

from __future__ import annotations

import sys


def write_line(text: str) -> None:
    """Write one line of the result and flush it, so that a watched log is never behind."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def write_progress(text: str) -> None:
    """Write one line for whoever waits; a program that reads the result never sees it."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
