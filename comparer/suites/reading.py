"""A folder -> a suite, or every line of it that is wrong."""

import json
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from comparer.errors import InputError, reason_of
from comparer.paths import ASSETS
from comparer.suites.cases import MAX_CASES, Suite, SuiteCase, SuiteHead
from comparer.suites.problems import Problems, SuiteError, refuse

SHIPPED = ASSETS / "suites"
HEAD = "suite.toml"
CASES = "cases.jsonl"


@dataclass(frozen=True, slots=True)
class Found:
    """A folder that holds a suite: its head, or why it cannot be read."""

    folder: Path
    head: SuiteHead | None = None
    error: SuiteError | None = None


def discover(*folders: Path) -> tuple[Found, ...]:
    """The suites in `folders` (those shipped with the product first), by folder name; heads only, so it is quick.

    A folder that cannot be read hides no other: it is listed with its error. Folders whose names begin with a dot
    are imports under way.
    """
    inside = (child for folder in (SHIPPED, *folders) if folder.is_dir() for child in sorted(folder.iterdir()))
    return tuple(_find(child) for child in inside if (child / HEAD).is_file() and not child.name.startswith("."))


def _find(folder: Path) -> Found:
    try:
        return Found(folder, head=read_head(folder))
    except SuiteError as error:
        return Found(folder, error=error)


def find_suite(name_or_folder: str, *folders: Path) -> Suite:
    """A suite by its name, shipped or in `folders`, or by the path of its folder.

    Raises `InputError` `suite_unknown`, and `SuiteError` for one that cannot be read.
    """
    found = discover(*folders)
    for one in found:
        if name_or_folder in {one.folder.name, one.head.name if one.head else ""}:
            return read_suite(one.folder)
    if (Path(name_or_folder) / HEAD).is_file():
        return read_suite(Path(name_or_folder))
    known = ", ".join(one.folder.name for one in found)
    raise InputError("suite_unknown", name=name_or_folder[:200], known=known)


def read_suite(folder: Path, *, may_be_empty: bool = False) -> Suite:
    """The suite in `folder`; one that is being made may be empty. Raises `SuiteError` with every wrong line.

    That each picture is a file is seen here; that it can be decoded is seen once, at import.
    """
    head = read_head(folder)
    problems = Problems(CASES)
    cases = read_cases(json_lines(_text(folder, CASES), problems), head, problems)
    for row, case in cases:
        for place, picture in enumerate(case.pictures):
            if not (folder / picture).is_file():
                problems.add("no_such_picture", row, f"pictures[{place}]", value=picture)
    problems.raise_if_any()
    if not cases and not may_be_empty:
        raise refuse("no_cases", CASES)
    return Suite(head, tuple(case for _, case in cases), folder)


def read_head(folder: Path) -> SuiteHead:
    """What `suite.toml` says. Raises `SuiteError`."""
    try:
        return SuiteHead.model_validate(tomllib.loads(_text(folder, HEAD)))
    except tomllib.TOMLDecodeError as error:
        raise refuse("not_toml", HEAD, message=str(error)) from error
    except ValidationError as error:
        problems = Problems(HEAD)
        problems.add_validation(error)
        problems.raise_if_any()
        raise


def read_cases(rows: Iterable[tuple[int, Any]], head: SuiteHead, problems: Problems) -> list[tuple[int, SuiteCase]]:
    """The valid cases among numbered `rows`, with their row numbers; what is wrong is noted in `problems`."""
    items = {item.key for item in head.items}
    cases: list[tuple[int, SuiteCase]] = []
    first: dict[str, int] = {}
    for row, value in rows:
        try:
            case = SuiteCase.model_validate(value)
        except ValidationError as error:
            problems.add_validation(error, row)
            continue
        if case.id in first:
            problems.add("id_twice", row, "id", value=case.id, first=first[case.id])
        if case.item not in items:
            problems.add("item_not_in_suite", row, "item", value=case.item, known=", ".join(sorted(items)))
        first.setdefault(case.id, row)
        cases.append((row, case))
        if len(cases) > MAX_CASES:
            raise refuse("too_many_cases", CASES, limit=MAX_CASES)
    return cases


def json_lines(text: str, problems: Problems) -> Iterator[tuple[int, Any]]:
    """Each line of JSON with its number; blank lines are skipped, broken ones noted."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            problems.add("not_json", number, message=str(error))


def _text(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise refuse("file_missing", name) from error
    except (OSError, UnicodeDecodeError) as error:
        raise refuse("file_unreadable", name, message=reason_of(error)) from error
