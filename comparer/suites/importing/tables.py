"""A table of cases (CSV, TSV, XLSX, JSON lines) -> a staged suite. One row is one question; see `columns`.

JSON lines may also be whole cases, as `cases.jsonl` holds them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from comparer.errors import InputError
from comparer.suites.cases import CaseTurn, Suite, SuiteHead
from comparer.suites.checks.choice import question_with_options
from comparer.suites.importing.columns import field_of, fields_of, is_option
from comparer.suites.importing.naming import ItemNames, suite_name
from comparer.suites.importing.rows import cell_text, delimiter_of, opened_text, separated, workbook
from comparer.suites.importing.staging import Staging
from comparer.suites.problems import Problems, refuse
from comparer.suites.reading import json_lines, read_cases
from comparer.suites.writing import write_suite

SUFFIXES = (".csv", ".tsv", ".xlsx", ".jsonl")

_YES = {"yes", "y", "true", "1", "是", "✓", "√", "关键"}
_NO = {"", "no", "n", "false", "0", "否"}
_BETWEEN_PICTURES = re.compile(r"[\n;；|]+")
_OF_THE_CASE = ("item", "key", "language", "pictures")
"""Columns that say something of the whole case; its later rows repeat them or leave them empty."""

Cells = Mapping[str, str]
"""Our name of a column -> the row's text in it; columns that the table has not are missing."""


def stage_table(file: Path, stage: Staging, base: Path | None = None) -> Suite:
    """Stage the cases in `file`; their picture paths are looked up in the folder `base`. Raises `SuiteError`."""
    if file.suffix.lower() == ".jsonl":
        rows, problems = _json_rows(file)
    else:
        rows, problems = _table_rows(file)
    return stage_cases(file, stage, list(_Builder(stage, base, problems).cases(rows)), problems)


def stage_cases(
    file: Path, stage: Staging, cases: Iterable[tuple[int, dict[str, Any]]], problems: Problems, source: str = ""
) -> Suite:
    """Check numbered cases as a whole and write them as a suite; what calls its item by name gets a key."""
    items = ItemNames(stage.options)
    rows = [(row, case | {"item": items.key(str(case["item"] or ""))}) for row, case in cases]
    if not rows:
        problems.raise_if_any()
        raise refuse("no_cases", file.name)
    head = _head(file, stage, items, source)
    checked = read_cases(rows, head, problems)
    problems.raise_if_any()
    suite = Suite(head, tuple(case for _, case in checked), stage.folder)
    write_suite(suite)
    return suite


def _head(file: Path, stage: Staging, items: ItemNames, source: str) -> SuiteHead:
    title = re.sub(r"[_-]+", " ", stage.options.name or file.stem).strip()[:200] or file.stem[:200]
    head = {
        "name": suite_name(file, stage.options),
        "title_en": title,
        "title_zh": title,
        "source": source or file.name,
        "items": tuple(items.used.values()) or ("unnamed",),  # the rows' own problem says that it is missing
    }
    try:
        return SuiteHead.model_validate(head)
    except ValidationError as error:
        problems = Problems(file.name)
        problems.add_validation(error)
        problems.raise_if_any()
        raise


def _table_rows(file: Path) -> tuple[list[tuple[int, Cells]], Problems]:
    if file.suffix.lower() == ".xlsx":
        rows = list(workbook(file))
    else:
        with opened_text(file) as stream:
            rows = list(separated(stream, file.name, delimiter_of(stream)))
    if not rows:
        raise refuse("no_cases", file.name)
    headers = rows[0][1]
    positions, repeated = fields_of(headers)
    problems = Problems(file.name, {field: headers[position].strip() for field, position in positions.items()})
    for header in repeated:
        problems.add("column_twice", rows[0][0], header)
    if "question" not in positions:
        raise refuse("no_question_column", file.name, found=", ".join(filter(None, headers))[:200])
    for number, cells in rows[1:]:
        if any(cell.strip() for cell in cells[len(headers) :]):
            problems.add("more_cells_than_columns", number, cells=len(cells), columns=len(headers))
    return [(number, _cells(cells, positions)) for number, cells in rows[1:]], problems


def _cells(cells: Any, positions: Mapping[str, int]) -> Cells:
    return {field: cells[place].strip() if place < len(cells) else "" for field, place in positions.items()}


def _json_rows(file: Path) -> tuple[list[tuple[int, Any]], Problems]:
    """Whole cases as they stand; flat objects as rows of a table."""
    problems = Problems(file.name)
    with opened_text(file) as stream:
        found = list(json_lines(stream.read(), problems))
    rows: list[tuple[int, Any]] = []
    for number, value in found:
        if not isinstance(value, dict):
            problems.add("not_an_object", number)
        elif "turns" in value:
            rows.append((number, value))
        else:
            rows.append((number, {field_of(name): cell_text(cell) for name, cell in value.items() if field_of(name)}))
    return rows, problems


class _Builder:
    """Puts rows together into cases and collects their pictures."""

    def __init__(self, stage: Staging, base: Path | None, problems: Problems) -> None:
        self._stage, self._base, self._problems = stage, base, problems

    def cases(self, rows: Iterable[tuple[int, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Each case with the number of its first row; its turns are checked here, row by row."""
        for _, group in groupby(rows, key=lambda row: row[1].get("id") or f"row-{row[0]}"):
            together = list(group)
            for number, whole in [row for row in together if "turns" in row[1]]:
                yield number, self._whole(number, whole)
            if flat := [row for row in together if "turns" not in row[1]]:
                yield flat[0][0], self._flat(flat)

    def _whole(self, number: int, case: dict[str, Any]) -> dict[str, Any]:
        pictures = case.get("pictures")
        if isinstance(pictures, list) and all(isinstance(place, str) for place in pictures):
            case = case | {"pictures": self._pictures(number, pictures)}
        return {"item": ""} | case

    def _flat(self, rows: list[tuple[int, Cells]]) -> dict[str, Any]:
        number, first = rows[0]
        for later, cells in rows[1:]:
            for field in _OF_THE_CASE:
                if cells.get(field) and cells[field] != first.get(field, ""):
                    self._problems.add("differs_within_case", later, field, value=first.get(field, ""), first=number)
        places = [place.strip() for place in _BETWEEN_PICTURES.split(first.get("pictures", "")) if place.strip()]
        key = first.get("key", "").casefold()
        return {
            "id": first.get("id") or f"row-{number}",
            "item": first.get("item", ""),
            "language": first.get("language", ""),
            "key": key in _YES if key in _YES | _NO else first["key"],
            "pictures": self._pictures(number, places),
            "turns": tuple(self._turn(row, cells) for row, cells in rows),
        }

    def _pictures(self, number: int, places: list[str]) -> list[str]:
        kept = []
        for place in places:
            try:
                kept.append(self._stage.collect(place, self._base))
            except InputError as error:
                self._problems.add_error(error, number, "pictures")
                kept.append("pictures/refused")  # has been noted; is not missing as well
        return kept

    def _turn(self, number: int, cells: Cells) -> CaseTurn:
        options = {field: text for field, text in sorted(cells.items()) if is_option(field) and text}
        turn: dict[str, Any] = {field: cells[field] for field in CaseTurn.model_fields if cells.get(field)}
        if options:
            turn["question"] = question_with_options(cells.get("question", ""), options, cells.get("hint", ""))
            turn["check"] = self._choice(cells, options)
        try:
            if not cells.get("question"):
                turn["question"] = ""
            return CaseTurn.model_validate(turn)
        except ValidationError as error:
            self._problems.add_validation(error, number)
            return CaseTurn(question="?")  # stands in, so that the rest of the case is looked at too

    def _choice(self, cells: Cells, options: Mapping[str, str]) -> Any:
        """With options, the reference is a letter and the check is the choice of it, unless the row has another."""
        form = cells.get("check", "")
        if form and form.strip().rstrip(":：").casefold() not in {"choice", "选择", "选择题"}:
            return form
        reference = cells.get("reference", "").upper()
        return {"kind": "choice", "answer": reference, "options": dict(options)} if reference or form else None
