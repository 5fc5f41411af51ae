"""Rows as CSV that a spreadsheet opens as it should: Chinese readable, no cell run as a formula."""

import csv
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from comparer.export.rows import Value

_STARTS_A_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
"""OWASP "CSV injection": also the full-width signs, which spreadsheets take for plain ones in some languages.

Apostrophes before them count too, so that an escape can be told from text that looks like one.
"""


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
    if isinstance(value, str) and _STARTS_A_FORMULA.match(value):
        return f"'{value}"
    return value


def text_of(written: str) -> str:
    """The text of which `cell` made this one, exactly."""
    return written[1:] if written.startswith("'") and _STARTS_A_FORMULA.match(written) else written
