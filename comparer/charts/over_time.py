"""How many ratings were given each day, and how many of them said acceptable."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from comparer.charts.look import chart, nothing_to_draw
from comparer.fit.per_day import DayCount
from comparer.palette import Theme, shade
from comparer.texts import Language, text

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_DAY_MS = 86_400_000
_FEWEST_DAYS = 10
"""So that a single day is not one bar as wide as the chart."""


def ratings_chart(days: Sequence[DayCount], language: Language, theme: Theme = "light") -> "Figure":
    """Ratings of each day, acceptable below and not acceptable above; the latter are hatched."""
    if not days:
        return nothing_to_draw("no_ratings", language, theme)
    figure = chart(theme, height=210)
    kinds = (
        ("chart.accepted", [one.accepted for one in days], "good", ""),
        ("chart.refused", [one.refused for one in days], "bad", "/"),
    )
    for key, counts, colour, hatching in kinds:
        name = text(key, language)
        figure.add_bar(
            x=[one.day.isoformat() for one in days],
            y=counts,
            width=0.72 * _DAY_MS,
            name=name,
            marker={
                "color": shade(colour, theme),
                "line_width": 0,
                "pattern": {
                    "fillmode": "overlay",
                    "shape": hatching,
                    "fgcolor": "#ffffff" if theme == "light" else "#0f172a",
                    "size": 6,
                },
            },
            hovertext=[f"{one.day.isoformat()} · {name}: {count}" for one, count in zip(days, counts, strict=True)],
            hoverinfo="text",
        )
    last = days[-1].day
    first = min(days[0].day, last - timedelta(days=_FEWEST_DAYS - 1))
    figure.update_xaxes(
        type="date",
        range=[f"{first - timedelta(days=1)}T12:00", f"{last}T12:00"],
        tickformat="%Y-%m-%d",
        nticks=6,
        showgrid=False,
    )
    most = max(one.accepted + one.refused for one in days)
    figure.update_yaxes(
        title_text=text("chart.ratings", language),
        range=[0, most * 1.08],
        tickformat="d",
        **({"dtick": 1} if most < 5 else {"nticks": 5}),
    )
    figure.update_layout(barmode="stack", legend_traceorder="normal")
    return figure
