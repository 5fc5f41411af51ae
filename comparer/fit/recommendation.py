"""Which model to take for all the work together, and why. Reasons are texts' keys; no wording here.

Only items that have ratings decide; the others are named, so that nobody takes silence for agreement.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from comparer.fit.score_table import Cell, Row, ScoreTable
from comparer.records import TestItem
from comparer.texts import Language, text


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence: `fit.<key>` in the locales. `items` become their names in the reader's language."""

    key: str
    items: tuple[TestItem, ...] = ()
    parameters: Mapping[str, str | int] = field(default_factory=dict)

    def sentence(self, language: Language, labels: Mapping[str, str] = MappingProxyType({})) -> str:
        """The reason as a sentence in `language`; `labels` say what a model's key is called on the page."""
        names = [item_name(item, language) for item in self.items]
        joined = ("、" if language == "zh" else ", ").join(names)
        parameters = dict(self.parameters)
        if "model" in parameters:
            parameters["model"] = labels.get(str(parameters["model"]), parameters["model"])
        return text(f"fit.{self.key}", language, items=joined, **parameters)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The smallest model shown to meet every rated item (None: not yet, or no such one), and why."""

    model: str | None
    reasons: tuple[Reason, ...]


def item_name(item: TestItem, language: Language) -> str:
    """An item's name in the reader's language."""
    return item.name_zh if language == "zh" else item.name_en


def recommend(table: ScoreTable) -> Recommendation:
    """The smallest model that meets every rated item, what blocks each smaller one, and what is still open."""
    rows = [row for row in table.rows if row.rated]
    if not rows:
        return Recommendation(None, (Reason("no_ratings"),))
    enough = next((model for model in table.models if _meets_all(rows, model)), None)
    smaller = table.models if enough is None else table.models[: table.models.index(enough)]
    reasons = [_headline(rows, enough, smaller)]
    for model in smaller:
        reasons += _what_blocks(rows, model)
    unrated = tuple(row.item for row in table.rows if not row.rated)
    if unrated:
        reasons.append(Reason("items_without_ratings", unrated))
    return Recommendation(enough, tuple(reasons))


def _headline(rows: list[Row], enough: str | None, smaller: tuple[str, ...]) -> Reason:
    open_still = any(not _fails_any(rows, model) for model in smaller)
    if enough is not None:
        return Reason("smallest_so_far" if open_still else "smallest", parameters={"model": enough})
    return Reason("none_shown_yet" if open_still else "none_enough")


def _what_blocks(rows: list[Row], model: str) -> list[Reason]:
    reasons = []
    failed = tuple(row.item for row in rows if row.cells[model].verdict == "fails")
    if failed:
        reasons.append(Reason("model_fails", failed, {"model": model}))
    for row in rows:
        if row.cells[model].verdict == "undecided":
            reasons.append(_undecided(row.item, model, row.cells[model]))
    unrated = tuple(row.item for row in rows if row.cells[model].verdict == "no_ratings")
    if unrated:
        reasons.append(Reason("model_unrated", unrated, {"model": model}))
    return reasons


def _undecided(item: TestItem, model: str, cell: Cell) -> Reason:
    if cell.more_ratings is None:
        return Reason("model_near_threshold", (item,), {"model": model})
    return Reason("model_undecided", (item,), {"model": model, "count": cell.more_ratings})


def _meets_all(rows: list[Row], model: str) -> bool:
    return all(row.cells[model].verdict == "meets" for row in rows)


def _fails_any(rows: list[Row], model: str) -> bool:
    return any(row.cells[model].verdict == "fails" for row in rows)


def to_json(table: ScoreTable, recommendation: Recommendation, language: Language) -> dict[str, Any]:
    """The table as the endpoint `/score_table` gives it; names and reasons are in `language`."""
    return {
        "rows": [_row_json(row, language) for row in table.rows],
        "recommendation": {
            "model": recommendation.model,
            "reasons": [reason.sentence(language) for reason in recommendation.reasons],
        },
    }


def _row_json(row: Row, language: Language) -> dict[str, Any]:
    return {
        "item": row.item.key,
        "name": item_name(row.item, language),
        "threshold": row.threshold,
        "cells": {model: _cell_json(cell) for model, cell in row.cells.items()},
        "smallest_sufficient": row.smallest_sufficient,
        "open_below": list(row.open_below),
    }


def _cell_json(cell: Cell) -> dict[str, Any]:
    return {
        "pass_rate": cell.pass_rate,
        "low": cell.low,
        "high": cell.high,
        "cases": cell.cases,
        "ratings": cell.ratings,
        "verdict": cell.verdict,
        "more_ratings": cell.more_ratings,
        "sequence_low": cell.sequence_low,
        "sequence_high": cell.sequence_high,
    }
