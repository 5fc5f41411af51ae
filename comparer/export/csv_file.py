"""Rows as CSV that a spreadsheet opens as it should: Chinese readable, no cell run as a formula."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from comparer.export.rows import Value

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""OWASP "CSV injection": also the full-width signs, which spreadsheets take for plain ones in some languages."""


def write_csv(destination: Path, columns: Iterable[str], rows: Iterable[Mapping[str, Value]]) -> None:
    """Write `rows` under a header of `columns`: UTF-8 with a byte order mark (Excel needs it), CRLF."""
    with destination.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        names = list(columns)
        writer.writerow(names)
        for row in rows:
            writer.writerow([cell(row[name]) for name in names])


def cell(value: Value) -> Value:
    """A value as its cell: numbers stay numbers, text never becomes a formula, None is an empty cell.

    Text that begins like a formula gets a leading apostrophe, which spreadsheets show or hide but never run.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_STARTS_A_FORMULA):
        return f"'{value}"
    return value
