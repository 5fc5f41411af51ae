"""Plotly figures from plain values, in both languages, for light and dark. Knows nothing of Gradio or the database.

Every figure can be read without colour: models differ in their symbols, bars in their patterns.
"""

from comparer.charts.drift import drift_chart
from comparer.charts.latency import latency_chart
from comparer.charts.look import CONFIG
from comparer.charts.over_time import ratings_chart
from comparer.charts.reviewers import strictness_chart
from comparer.charts.scores import scores_chart
from comparer.charts.together import CHARTS, all_charts

__all__ = [
    "CHARTS",
    "CONFIG",
    "all_charts",
    "drift_chart",
    "latency_chart",
    "ratings_chart",
    "scores_chart",
    "strictness_chart",
]
