"""What the report draws: the ratings gathered once, and a chart with a title for each question it answers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from comparer.charts import (
    CONFIG,
    DayCount,
    latency_chart,
    ratings_chart,
    ratings_per_day,
    scores_chart,
    strictness_chart,
)
from comparer.export.source import Source
from comparer.fit.agreement import Judgement, Strictness, strictness
from comparer.fit.latency import Latencies, latencies
from comparer.fit.score_table import ScoreTable

WIDTH = 688
"""Pixels between the margins of an A4 page at 96 pixels an inch: 182 mm."""


@dataclass(frozen=True, slots=True)
class Material:
    """What the ratings say, as far as the report tells it; only ratings that the score table counts."""

    table: ScoreTable
    latencies: Latencies
    strictness: Mapping[str, Strictness]
    days: Sequence[DayCount]
    ratings: int
    reviewers: int

    @property
    def period(self) -> str:
        """First and last day with a rating, in UTC; empty without ratings."""
        if not self.days:
            return ""
        first, last = self.days[0].day.isoformat(), self.days[-1].day.isoformat()
        return first if first == last else f"{first} – {last}"


class Drawing(NamedTuple):
    """A chart and what stands above it. `height` is in pixels."""

    id: str
    title: str
    note: str
    height: int
    figure: Any


def gather(source: Source) -> Material:
    """Read the ratings once. The turn is the case of the reviewers' comparison: they rated the very same answers."""
    table = source.table()
    items = {row.item.key for row in table.rows}
    counted = [
        one
        for one in source.store.rated_answers(source.ratings)
        if one.item in items and one.answer.model in table.models
    ]
    said = [Judgement(one.turn_id, one.answer_id, one.rating.reviewer, one.rating.acceptable) for one in counted]
    return Material(
        table=table,
        latencies=latencies(counted),
        strictness=strictness(said),
        days=ratings_per_day((one.rated_at, one.rating.acceptable) for one in counted),
        ratings=len(counted),
        reviewers=len({one.rating.reviewer for one in counted}),
    )


def drawings(source: Source, material: Material) -> list[Drawing]:
    """The charts in their order, each `WIDTH` pixels wide."""
    language, labels = source.language, source.labels
    figures = {
        "scores": scores_chart(material.table, language, labels=labels),
        "latency": latency_chart(material.table, material.latencies, language, labels=labels),
        "strictness": strictness_chart(material.strictness, language),
        "per_day": ratings_chart(material.days, language),
    }
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
