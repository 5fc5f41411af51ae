"""Ratings from the CSV that `comparer.export` writes, also after a spreadsheet has saved it again."""

import csv
import json
from collections.abc import Iterator, Mapping
from typing import IO, Any

from comparer.errors import InputError
from comparer.export.csv_file import text_of
from comparer.export.rows import IMPORT_COLUMNS, RATING_COLUMNS
from comparer.imports.rows import item_definition, rated_answer, wrong_value
from comparer.store import Imported
from comparer.transfer import ItemDefinition, RowError

LONGEST_CELL = 4_000_000
"""Characters: an answer, or all questions of a long conversation."""
_RECOGNISED_BY = {"rating_id", "answer_id", "acceptable"}


def read_csv(opened: IO[str]) -> Iterator[tuple[int, Imported]]:
    """The rated answers of a CSV, each item's definition before its first one. Raises InputError and RowError."""
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(opened)
    row = 1
    defined: dict[str, ItemDefinition] = {}
    try:
        names = next(reader, [])
        _check_header(names)
        for row, cells in enumerate(reader, start=2):
            if not any(cells):
                continue
            if len(cells) != len(names):
                raise RowError(row, InputError("import_cells_missing", found=len(cells), expected=len(names)))
            values: dict[str, Any] = {name: _value(cell) for name, cell in zip(names, cells, strict=True)}
            values["for_import"] = _json(row, values["for_import"])
            definition = _new_definition(row, values["for_import"], defined)
            if definition:
                yield row, definition
            yield row, rated_answer(row, values)
    except csv.Error as error:
        raise RowError(row, InputError("import_not_csv", reason=str(error))) from error


def _check_header(names: list[str]) -> None:
    if not set(names) >= _RECOGNISED_BY:
        raise InputError("import_not_ours")
    if not set(names) >= set(IMPORT_COLUMNS):
        raise InputError("import_without_origin")
    if missing := [name for name in RATING_COLUMNS if name not in names]:
        raise InputError("import_columns_missing", columns=", ".join(missing))


def _value(cell: str) -> str | None:
    return text_of(cell) or None


def _json(row: int, cell: str | None) -> Mapping[str, Any]:
    try:
        whole = json.loads(cell or "")
    except ValueError as error:
        raise wrong_value(row, "for_import", cell) from error
    if not isinstance(whole, dict):
        raise wrong_value(row, "for_import", cell)
    return whole


def _new_definition(row: int, whole: Mapping[str, Any], defined: dict[str, ItemDefinition]) -> ItemDefinition | None:
    """The definition of the row's item, unless an earlier row had it."""
    if not whole.get("item"):
        return None
    definition = item_definition(row, whole["item"])
    known = defined.setdefault(definition.item.key, definition)
    if known != definition:
        raise RowError(row, InputError("import_item_differs", item=definition.item.key))
    return definition if known is definition else None
