"""Plotly figures on the page: drawn for the ground that the browser shows."""

import json
from typing import Any

from gradio.components.plot import PlotData

from comparer.charts import CONFIG
from comparer.palette import Theme

WITH_THEME = "(theme, ...rest) => [document.body.classList.contains('dark') ? 'dark' : 'light', ...rest]"
"""Runs in the browser before an event whose first input is the theme: only the browser knows its ground."""


def theme_of(said: str) -> Theme:
    """The ground that the browser tells of."""
    return "dark" if said == "dark" else "light"


def plot(figure: Any) -> PlotData:
    """A figure with its settings, which Gradio leaves out of a plain one."""
    return PlotData(type="plotly", plot=json.dumps({**json.loads(figure.to_json()), "config": dict(CONFIG)}))
