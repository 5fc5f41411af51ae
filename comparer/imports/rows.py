"""One row of an export as the record that it was made of; whatever does not fit is named with its row and column."""

import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from math import isfinite
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from comparer.errors import InputError
from comparer.records import Metrics, Sampling
from comparer.store import RatedAnswer
from comparer.transfer import VERSION, CarriedVote, ItemDefinition, RowError

Row = Mapping[str, Any]
Record = TypeVar("Record", RatedAnswer, CarriedVote, ItemDefinition)

_RATED_ANSWER = TypeAdapter(RatedAnswer)
_CARRIED_VOTE = TypeAdapter(CarriedVote)
_ITEM_DEFINITION = TypeAdapter(ItemDefinition)
_METRICS = tuple(field.name for field in fields(Metrics))
_SAMPLING = tuple(field.name for field in fields(Sampling))
_BIG = {"peak_memory_bytes", "weights_bytes", "seed"}
_IDS = {"rating_id", "answer_id", "turn_id", "conversation_id", "preference_id"}
_ID = re.compile("[0-9A-Za-z_-]{1,32}")
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL takes no NUL, UTF-8 no lone surrogate
LONGEST_CODE = 100
FIRST_YEAR, LAST_YEAR = 2000, 9999
_TEXTS = ("reviewer", "item", "lineup", "model_id", "device", "question", "answer", "note", "failure", "reasons")
"""Columns in which nothing stands for the empty text."""


def check_version(version: object) -> None:
    """Raises InputError `import_too_new` or `import_without_origin`."""
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InputError("import_without_origin")
    if version > VERSION:
        raise InputError("import_too_new", found=version, known=VERSION)


def rated_answer(row: int, values: Row) -> RatedAnswer:
    """A rated answer from the columns of `comparer.export.rows`. Raises RowError, InputError `import_too_new`."""
    if not isinstance(values, Mapping) or not isinstance(values.get("for_import"), Mapping):
        raise wrong_value(row, "for_import", None)
    said = {**values, **{name: values.get(name) or "" for name in _TEXTS}}
    rest: Row = values["for_import"]
    check_version(rest.get("version"))
    _check_reasons(row, said["reasons"], rest.get("reasons"))
    failure = {"code": said["failure"], "parameters": rest.get("failure_parameters")}
    whole = {
        **{name: said.get(name) for name in ("rating_id", "conversation_id", "turn_id", "answer_id", "rated_at")},
        **{name: said[name] for name in ("item", "lineup", "question")},
        "pictures": _hashes(row, said.get("pictures")),
        "preferred": said.get("preferred"),
        "answer": {
            **{name: said.get(name) for name in ("model", "stop_reason", "precision", "position", "dropped_turns")},
            **{name: said[name] for name in ("model_id", "device")},
            "text": said["answer"],
            "metrics": {name: said.get(name) for name in _METRICS},
            "sampling": {name: said.get(name) for name in _SAMPLING},
            "failure": failure if said["failure"] else None,
        },
        "rating": {
            **{name: said.get(name) for name in ("acceptable", "blind")},
            **{name: said[name] for name in ("reviewer", "note")},
            "reasons": rest.get("reasons"),
        },
        "origin": {**rest, "case_key": said.get("case_key")},
    }
    return _checked(row, _RATED_ANSWER, whole)


def carried_vote(row: int, values: Row) -> CarriedVote:
    """A vote from the list `votes` of the JSON. Raises RowError."""
    return _checked(row, _CARRIED_VOTE, values)


def item_definition(row: int, values: Row) -> ItemDefinition:
    """The definition of a test item. Raises RowError."""
    return _checked(row, _ITEM_DEFINITION, values)


def wrong_value(row: int, column: str, value: object) -> RowError:
    """The error for a value that does not fit its column."""
    shown = "" if value is None else " ".join(str(value).split())[:60]
    return RowError(row, InputError("import_wrong_value", column=column, value=shown))


def _checked(row: int, kind: TypeAdapter[Record], values: object) -> Record:
    try:
        record = kind.validate_python(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise wrong_value(row, _column(first["loc"]), first["input"]) from error
    _check_bounds(row, asdict(record), "")
    return record


def _column(location: tuple[int | str, ...]) -> str:
    """The name of a column, or the path to a value inside `for_import`."""
    names = [str(part) for part in location]
    if names and names[0] == "origin" and names[1:] != ["case_key"]:
        return ".".join(["for_import", *names[1:]])
    if names[:2] == ["answer", "text"]:
        return "answer"
    return names[-1] if names and names[0] in {"answer", "rating", "origin"} else ".".join(names)


def _check_bounds(row: int, value: object, name: str) -> None:
    """What the database can hold: ids as it makes them, numbers of its size, text of whole characters."""
    match value:
        case dict():
            for key, inside in value.items():
                _check_bounds(row, inside, str(key))
        case list() | tuple():
            for inside in value:
                _check_bounds(row, inside, name)
        case _ if not _can_be_kept(name, value):
            raise wrong_value(row, name, ascii(value))


def _can_be_kept(name: str, value: object) -> bool:
    match value:
        case str() if name in _IDS:
            return bool(_ID.fullmatch(value)) or (name == "answer_id" and not value)
        case str():
            return not _UNKEEPABLE.search(value) and not (name == "code" and len(value) > LONGEST_CODE)
        case int():
            size = 1 << (63 if name in _BIG else 31)
            return -size <= value < size
        case float():
            return isfinite(value)
        case datetime():
            return value.tzinfo is not None and FIRST_YEAR <= value.year < LAST_YEAR
    return True


def _hashes(row: int, column: object) -> list[str]:
    hashes = str(column or "").split()
    for sha256 in hashes:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise wrong_value(row, "pictures", sha256)
    return hashes


def _check_reasons(row: int, shown: object, reasons: object) -> None:
    """The readable column must not say something else than what is imported."""
    if not isinstance(reasons, list) or "; ".join(map(str, reasons)) != shown:
        raise wrong_value(row, "reasons", shown)
