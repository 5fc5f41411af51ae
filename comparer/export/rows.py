"""What an export says, as plain rows: column name to value, the same in every format."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from comparer.fit.score_table import Cell, ScoreTable
from comparer.records import Metrics, Sampling, TestItem
from comparer.store import RatedAnswer
from comparer.transfer import VERSION, ItemDefinition

Value = str | int | float | bool | None

RATING_COLUMNS = (
    *("rated_at", "reviewer", "blind", "item", "item_name_en", "item_name_zh", "lineup"),
    *("model", "model_id", "precision", "device", "question", "pictures", "answer"),
    *("acceptable", "reasons", "note", "preferred"),
    *("stop_reason", "failure", "dropped_turns", "position"),
    *(field.name for field in fields(Metrics)),
    *(field.name for field in fields(Sampling)),
    *("rating_id", "conversation_id", "turn_id", "answer_id"),
)
IMPORT_COLUMNS = ("case_key", "for_import")
"""What `comparer import` needs besides: the case, and the rest as one JSON object. For machines, and so the last."""
SUMMARY_COLUMNS = (
    *("item", "item_name_en", "item_name_zh", "threshold", "model"),
    *(field.name for field in fields(Cell)),
    "smallest_sufficient",
)


def moment(when: datetime) -> str:
    """A moment as ISO 8601 in UTC, as exact as it is kept: 2026-01-10T09:30:00.000000Z."""
    return when.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def rating_row(rated: RatedAnswer, items: Mapping[str, TestItem]) -> dict[str, Value]:
    """One rated answer. Times ending in `_s` are seconds, sizes in `_bytes` bytes, None is "not measured".

    `items` gives the names of the items in use; an item no longer among them keeps its key only.
    """
    answer, rating, item = rated.answer, rated.rating, items.get(rated.item)
    return {
        "rated_at": moment(rated.rated_at),
        "reviewer": rating.reviewer,
        "blind": rating.blind,
        "item": rated.item,
        "item_name_en": item.name_en if item else "",
        "item_name_zh": item.name_zh if item else "",
        "lineup": rated.lineup,
        "model": answer.model,
        "model_id": answer.model_id,
        "precision": answer.precision,
        "device": answer.device,
        "question": rated.question,
        "pictures": " ".join(rated.pictures),
        "answer": answer.text,
        "acceptable": rating.acceptable,
        "reasons": "; ".join(rating.reasons),
        "note": rating.note,
        "preferred": rated.preferred,
        "stop_reason": answer.stop_reason,
        "failure": answer.failure.code if answer.failure else "",
        "dropped_turns": answer.dropped_turns,
        "position": answer.position,
        **asdict(answer.metrics),
        **asdict(answer.sampling),
        "rating_id": rated.rating_id,
        "conversation_id": rated.conversation_id,
        "turn_id": rated.turn_id,
        "answer_id": rated.answer_id,
    }


def for_import(rated: RatedAnswer) -> dict[str, Any]:
    """What the row of a rated answer leaves out, as JSON takes it; the vote is not in it."""
    failure = rated.answer.failure
    origin = jsonable(rated.origin)
    del origin["case_key"], origin["vote"]
    return {
        "version": VERSION,
        "reasons": list(rated.rating.reasons),
        "failure_parameters": dict(failure.parameters) if failure else {},
        **origin,
    }


def csv_import_columns(rated: RatedAnswer, items: Mapping[str, ItemDefinition]) -> dict[str, Value]:
    """`IMPORT_COLUMNS` of a row that stands alone: its item's definition and its reviewer's vote are in it."""
    item, vote = items.get(rated.item), rated.origin.vote
    whole = {
        **for_import(rated),
        "item": jsonable(item) if item else None,
        "vote": jsonable(vote) if vote else None,
    }
    return {
        "case_key": rated.origin.case_key,
        "for_import": json.dumps(whole, ensure_ascii=False, separators=(",", ":")),
    }


def jsonable(record: Any) -> dict[str, Any]:
    """A record of plain values with its moments as text."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(record), default=moment))
    return plain


def summary_rows(table: ScoreTable) -> Iterator[dict[str, Value]]:
    """One row per item and model; rates are 0..1, `low` and `high` Wilson's 95 % interval."""
    for row in table.rows:
        for model, cell in row.cells.items():
            yield {
                "item": row.item.key,
                "item_name_en": row.item.name_en,
                "item_name_zh": row.item.name_zh,
                "threshold": row.threshold,
                "model": model,
                **asdict(cell),
                "smallest_sufficient": model == row.smallest_sufficient,
            }
