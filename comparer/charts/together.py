"""All charts of one score table, in the order in which the page and the report show them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from comparer.charts.latency import latency_chart
from comparer.charts.look import NO_LABELS
from comparer.charts.over_time import ratings_chart
from comparer.charts.reviewers import strictness_chart
from comparer.charts.scores import scores_chart
from comparer.fit.evidence import Evidence
from comparer.fit.score_table import ScoreTable
from comparer.palette import Theme
from comparer.texts import Language

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

CHARTS = ("scores", "latency", "strictness", "per_day")
"""Each has a title `report.chart_` and a note `report.note_` in the locales."""


def all_charts(
    table: ScoreTable,
    evidence: Evidence,
    language: Language,
    theme: Theme = "light",
    labels: Mapping[str, str] = NO_LABELS,
) -> "dict[str, Figure]":
    """The figures of `CHARTS` by name; `labels` say what a model's key is called."""
    return {
        "scores": scores_chart(table, language, theme, labels),
        "latency": latency_chart(table, evidence.latencies, language, theme, labels),
        "strictness": strictness_chart(evidence.strictness, language, theme),
        "per_day": ratings_chart(evidence.days, language, theme),
    }
