"""Files -> rows of text: CSV and TSV, XLSX, and JSON lines. Knows nothing of what the columns mean."""

import csv
import json
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, TextIO

from comparer.suites.problems import refuse

MAX_WORKBOOK_BYTES = 200_000_000
"""Of a workbook, unpacked."""
MAX_ROWS = 100_000
MAX_COLUMNS = 100
"""A workbook may claim 17 billion cells in a few bytes; columns beyond these are left alone."""
Row = tuple[int, Sequence[str]]
"""Number as a spreadsheet counts (the header is row 1) and cells."""


@contextmanager
def long_fields() -> Iterator[None]:
    """Let `csv` read fields of any length (a picture in base64); its limit belongs to the whole process."""
    before = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        yield
    finally:
        csv.field_size_limit(before)


@contextmanager
def opened_text(file: Path) -> Iterator[TextIO]:
    """`file` as UTF-8, or as GB18030, in which Excel writes CSV on a Chinese Windows. Raises `SuiteError`."""
    with file.open("r", encoding=_encoding(file), newline="") as stream:
        try:
            yield stream
        except UnicodeDecodeError as error:
            raise refuse("file_unreadable", file.name, message=str(error)) from error


def _encoding(file: Path) -> str:
    try:
        with file.open("r", encoding="utf-8", newline="") as stream:
            while stream.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def separated(stream: TextIO, file: str, delimiter: str) -> Iterator[Row]:
    """Rows of CSV or TSV that hold anything. Raises `SuiteError` where the quoting is broken."""
    number = 0
    try:
        for number, cells in enumerate(csv.reader(stream, delimiter=delimiter), start=1):
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as error:
        raise refuse("table_broken", file, row=number + 1, message=str(error)) from error


def delimiter_of(stream: TextIO) -> str:
    """What the first line separates its columns by: comma, semicolon or tab."""
    head = stream.readline()
    stream.seek(0)
    return max(",;\t", key=head.count)


def workbook(file: Path) -> Iterator[Row]:
    """Rows of the first sheet that hold anything; formulas by their last value. Raises `SuiteError`."""
    import openpyxl

    try:
        if _unpacked_size(file) > MAX_WORKBOOK_BYTES:
            raise refuse("too_many_bytes", file.name, limit=MAX_WORKBOOK_BYTES // 1_000_000)
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError) as error:  # XML's ParseError is the last
        raise refuse("not_a_workbook", file.name, message=str(error)) from error
    try:
        rows = book.worksheets[0].iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS, values_only=True)
        for number, cells in enumerate(rows, start=1):
            texts = [cell_text(cell) for cell in cells]
            if any(texts) and number > MAX_ROWS:
                raise refuse("too_many_rows", file.name, limit=MAX_ROWS)
            if any(texts):
                yield number, texts
    finally:
        book.close()


def _unpacked_size(workbook: Path) -> int:
    with zipfile.ZipFile(workbook) as archive:
        return sum(entry.file_size for entry in archive.infolist())


def cell_text(value: Any) -> str:
    """A cell's value as a person reads it: 12.0 as "12", a day without its midnight, true as "yes"."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        value = value.date()
    if isinstance(value, date | datetime):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, list):
        return "\n".join(map(cell_text, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value).strip()
