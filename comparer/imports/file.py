"""What kind of file it is, by its content, and its records one after the other, in memory of fixed size."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

from comparer.errors import InputError
from comparer.imports.csv_ratings import read_csv
from comparer.imports.json_ratings import read_json
from comparer.store import Imported
from comparer.transfer import ItemDefinition

MAX_ROWS = 200_000
"""Ratings and votes of one file."""


def read_ratings(file: Path) -> Iterator[tuple[int, Imported]]:
    """The records of an export in CSV or JSON, each with the number of its row; items before their ratings.

    In a CSV the row is the spreadsheet's (the first after the header is 2), in JSON the place in its list, from 1.
    Raises InputError: `import_not_readable`, `import_not_text`, `import_not_ours`, `import_columns_missing`,
    `import_without_origin`, `import_too_new`, `import_too_long`, and RowError.
    """
    rows = 0
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = read_json if _is_json(opened) else read_csv
            for row, thing in reader(opened):
                rows += not isinstance(thing, ItemDefinition)
                if rows > MAX_ROWS:
                    raise InputError("import_too_long", limit=MAX_ROWS)
                yield row, thing
    except UnicodeDecodeError as error:
        raise InputError("import_not_text") from error
    except OSError as error:
        raise InputError("import_not_readable", file=file.name, reason=error.strerror or "") from error


def _is_json(opened: IO[str]) -> bool:
    """Whether the file's first sign is a brace; an Excel workbook or a picture fails as text, or has no header."""
    while (sign := opened.read(1)).isspace():
        pass
    opened.seek(0)
    return sign == "{"
