"""Which model to take for all the work together, and why. Reasons are texts' keys; no wording here.

The rule: a model is enough when it meets every must-have item; while no item is marked as one, every item is. The
other items stop no model: those that the recommended one falls short on, or is not shown to meet, are named with
their share of the weight of all rated items. Only items that have ratings decide; those without are named too, so
that nobody takes silence for agreement.
"""

from collections.abc import Mapping, Sequence
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
    more_ratings: tuple[int | None, ...] = ()
    """About how many more ratings would settle each of the items, where that is open; None: too many to say."""

    def sentence(self, language: Language, labels: Mapping[str, str] = MappingProxyType({})) -> str:
        """The reason as a sentence in `language`; `labels` say what a model's key is called on the page."""
        names = [item_name(item, language) for item in self.items]
        if self.more_ratings:
            names = [_with_more(name, more, language) for name, more in zip(names, self.more_ratings, strict=True)]
        joined = ("、" if language == "zh" else ", ").join(names)
        parameters = dict(self.parameters)
        if "model" in parameters:
            parameters["model"] = labels.get(str(parameters["model"]), parameters["model"])
        return text(f"fit.{self.key}", language, items=joined, **parameters)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The smallest model shown to meet every rated must-have item (None: not yet, or no such one), and why."""

    model: str | None
    reasons: tuple[Reason, ...]


def item_name(item: TestItem, language: Language) -> str:
    """An item's name in the reader's language."""
    return item.name_zh if language == "zh" else item.name_en


def _with_more(name: str, more_ratings: int | None, language: Language) -> str:
    if more_ratings is None:
        return text("fit.item_near_threshold", language, item=name)
    return text("fit.item_undecided", language, item=name, count=more_ratings)


def must_haves(table: ScoreTable) -> tuple[Row, ...]:
    """The items that decide: those marked as must-have, or all while none is."""
    return tuple(row for row in table.rows if row.item.must_have) or table.rows


def rule(table: ScoreTable) -> Reason:
    """The rule that `recommend` goes by for these items."""
    musts = must_haves(table)
    if len(musts) == len(table.rows):
        return Reason("rule_all")
    return Reason("rule_must_have", tuple(row.item for row in musts))


def recommend(table: ScoreTable) -> Recommendation:
    """The smallest model that meets every rated must-have item, what blocks each smaller one, and what is open."""
    if not any(row.rated for row in table.rows):
        return Recommendation(None, (Reason("no_ratings"),))
    musts = must_haves(table)
    deciding = [row for row in musts if row.rated]
    others = [row for row in table.rows if row not in musts]
    enough = next((model for model in table.models if deciding and _meets_all(deciding, model)), None)
    smaller = table.models if enough is None else table.models[: table.models.index(enough)]
    reasons = [_headline(deciding, enough, smaller, some_optional=bool(others))] if deciding else []
    if others:
        reasons += _unrated("must_haves_without_ratings", musts)
    if enough is not None:
        reasons += _what_is_missed(table, others, enough)
    for model in smaller:
        reasons += _what_blocks(deciding, model)
    reasons += _unrated("items_without_ratings", others or table.rows)
    return Recommendation(enough, tuple(reasons))


def none_is_enough(table: ScoreTable) -> bool:
    """Whether every model is shown to fail some item that decides, or cannot be shown to meet it any more."""
    rows = [row for row in must_haves(table) if row.rated]
    return bool(rows) and all(_is_out(rows, model) for model in table.models)


def weight_share(table: ScoreTable, rows: Sequence[Row]) -> float:
    """What share (0..1) of the weight of all rated items these have; 0 where no item weighs anything."""
    total = sum(row.item.weight for row in table.rows if row.rated)
    return sum(row.item.weight for row in rows) / total if total else 0.0


_AMONG_MUST_HAVES = {
    "smallest": "smallest_must",
    "smallest_so_far": "smallest_so_far_must",
    "none_enough": "none_enough_must",
    "none_shown_yet": "none_shown_yet_must",
}
"""What the headline says instead when there are items that need not be met; the other headlines fit both."""


def _headline(rows: list[Row], enough: str | None, smaller: tuple[str, ...], *, some_optional: bool) -> Reason:
    open_still = any(not _is_out(rows, model) for model in smaller)
    shown = all(_fails_any(rows, model) for model in smaller)  # and not only left by a staged run
    if enough is not None:
        key = "smallest_so_far" if open_still else "smallest" if shown else "smallest_in_suite"
        parameters = {"model": enough}
    else:
        key, parameters = "none_shown_yet" if open_still else "none_enough" if shown else "none_in_suite", {}
    return Reason(_AMONG_MUST_HAVES.get(key, key) if some_optional else key, parameters=parameters)


def _unrated(key: str, rows: Sequence[Row]) -> list[Reason]:
    items = tuple(row.item for row in rows if not row.rated)
    return [Reason(key, items)] if items else []


def _what_is_missed(table: ScoreTable, optional: Sequence[Row], model: str) -> list[Reason]:
    """The items beside the must-haves that the model fails, and those that it is not shown to meet."""
    rated = [row for row in optional if row.rated]
    failed = [row for row in rated if row.cells[model].verdict == "fails"]
    still_open = [row for row in rated if row.cells[model].verdict in {"undecided", "no_ratings"}]
    return [
        Reason(key, tuple(row.item for row in rows), {"model": model, "share": f"{weight_share(table, rows):.0%}"})
        for key, rows in (("optional_failed", failed), ("optional_open", still_open))
        if rows
    ]


def _what_blocks(rows: list[Row], model: str) -> list[Reason]:
    reasons = []
    failed = tuple(row.item for row in rows if row.cells[model].verdict == "fails")
    if failed:
        reasons.append(Reason("model_fails", failed, {"model": model}))
    closed = tuple(row.item for row in rows if row.cells[model].closed)
    if closed:
        reasons.append(Reason("model_closed", closed, {"model": model}))
    undecided = [row for row in rows if row.cells[model].verdict == "undecided" and not row.cells[model].closed]
    if undecided:
        more = tuple(row.cells[model].more_ratings for row in undecided)
        reasons.append(Reason("model_undecided", tuple(row.item for row in undecided), {"model": model}, more))
    unrated = tuple(row.item for row in rows if row.cells[model].verdict == "no_ratings")
    if unrated:
        reasons.append(Reason("model_unrated", unrated, {"model": model}))
    return reasons


def _meets_all(rows: list[Row], model: str) -> bool:
    return all(row.cells[model].verdict == "meets" for row in rows)


def _fails_any(rows: list[Row], model: str) -> bool:
    return any(row.cells[model].verdict == "fails" for row in rows)


def _is_out(rows: list[Row], model: str) -> bool:
    return any(row.cells[model].verdict == "fails" or row.cells[model].closed for row in rows)


def to_json(table: ScoreTable, recommendation: Recommendation, language: Language) -> dict[str, Any]:
    """The table as the endpoint `/score_table` gives it; names and reasons are in `language`."""
    return {
        "rows": [_row_json(row, language) for row in table.rows],
        "recommendation": {
            "model": recommendation.model,
            "reasons": [reason.sentence(language) for reason in recommendation.reasons],
            "rule": rule(table).sentence(language),
            "weight_met": {model: _weight_met(table, model) for model in table.models},
        },
    }


def _weight_met(table: ScoreTable, model: str) -> float:
    return weight_share(table, [row for row in table.rows if row.cells[model].verdict == "meets"])


def _row_json(row: Row, language: Language) -> dict[str, Any]:
    return {
        "item": row.item.key,
        "name": item_name(row.item, language),
        "threshold": row.threshold,
        "weight": row.item.weight,
        "must_have": row.item.must_have,
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
        "design_effect": cell.design_effect,
        "independent_ratings": cell.independent_ratings,
        "closed": cell.closed,
    }
