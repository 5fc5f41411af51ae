"""What the report draws: the ratings gathered once, and a chart with a title for each question it answers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from comparer.charts import CONFIG, all_charts
from comparer.export.source import Source
from comparer.fit.evidence import Evidence
from comparer.fit.score_table import ScoreTable

WIDTH = 688
"""Pixels between the margins of an A4 page at 96 pixels an inch: 182 mm."""


@dataclass(frozen=True, slots=True)
class Material:
    """What the report tells of: the score table, and the evidence beside it."""

    table: ScoreTable
    evidence: Evidence

    @property
    def ratings(self) -> int:
        """How many ratings the table counts."""
        return sum(cell.ratings for row in self.table.rows for cell in row.cells.values())

    @property
    def period(self) -> str:
        """First and last day with a rating, in UTC; empty without ratings."""
        days = self.evidence.days
        if not days:
            return ""
        first, last = days[0].day.isoformat(), days[-1].day.isoformat()
        return first if first == last else f"{first} – {last}"


class Drawing(NamedTuple):
    """A chart and what stands above it. `height` is in pixels."""

    id: str
    title: str
    note: str
    height: int
    figure: Any


def gather(source: Source) -> Material:
    """Read the ratings once."""
    return Material(source.table(), source.evidence())


def drawings(source: Source, material: Material) -> list[Drawing]:
    """The charts in their order, each `WIDTH` pixels wide."""
    figures = all_charts(material.table, material.evidence, source.language, labels=source.labels)
    for figure in figures.values():
        figure.update_layout(width=WIDTH)
    return [
        Drawing(
            name,
            source.say(f"report.chart_{name}"),
            source.say(f"report.note_{name}"),
            int(figure.layout.height),
            figure,
        )
        for name, figure in figures.items()
    ]


def script_json(drawn: Sequence[Drawing]) -> str:
    """The figures for a script element: no character in them can end it."""
    config = {**CONFIG, "responsive": False}  # paper does not change its width
    whole = [{"id": one.id, "figure": json.loads(one.figure.to_json()), "config": config} for one in drawn]
    return json.dumps(whole).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
