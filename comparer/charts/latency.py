"""Quality against latency: one small chart for each item, with the region that is good enough shaded."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from comparer.charts.look import NO_LABELS, chart, ink, marker, nothing_to_draw, plain, whisker
from comparer.fit.latency import Latencies
from comparer.fit.recommendation import item_name
from comparer.fit.score_table import Row, ScoreTable
from comparer.palette import Theme, model_shade, shade
from comparer.texts import Language, text

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ACROSS = 3
_ROW_HEIGHT = 190
_BETWEEN_ROWS = 54
"""Pixels for the numbers below one small chart and the name above the next."""


def latency_chart(
    table: ScoreTable,
    latencies: Latencies,
    language: Language,
    theme: Theme = "light",
    labels: Mapping[str, str] = NO_LABELS,
) -> "Figure":
    """Pass rate with Wilson's 95 % interval over the median total seconds of answers that ran alone.

    An item without a model that has both is left out. All items share their scales, so that they compare.
    """
    rows = [row for row in table.rows if any(_measured(row, model, latencies) for model in table.models)]
    if not rows:
        return nothing_to_draw("no_latency", language, theme)
    across = min(_ACROSS, len(rows))
    down = -(-len(rows) // across)
    figure = chart(theme, height=70 + down * _ROW_HEIGHT)
    figure.set_subplots(
        rows=down,
        cols=across,
        shared_yaxes=True,
        subplot_titles=[plain(item_name(row.item, language)) for row in rows],
        horizontal_spacing=0.035,
        vertical_spacing=_BETWEEN_ROWS / (_ROW_HEIGHT * down),
    )
    for number, row in enumerate(rows):
        spot = {"row": number // across + 1, "col": number % across + 1}
        for place, model in enumerate(table.models):
            _add_point(figure, row, place, model, latencies, language, theme, labels, spot)
        _add_region(figure, row, spot, theme)  # plotly leaves regions out of a subplot that is still empty
    _name_each_model_once(figure)
    longest = max(
        latencies[row.item.key, model].median_s
        for row in rows
        for model in table.models
        if _measured(row, model, latencies)
    )
    figure.update_yaxes(range=[-0.03, 1.05], tickformat=".0%", dtick=0.25)
    figure.update_yaxes(title_text=text("chart.rate", language), col=1)
    figure.update_xaxes(range=[0, longest * 1.15], nticks=5)
    figure.update_xaxes(title_text=text("chart.seconds", language), row=down)
    figure.update_annotations(font_size=12)
    figure.update_layout(margin_t=60)
    return figure


def _measured(row: Row, model: str, latencies: Latencies) -> bool:
    return row.cells[model].pass_rate is not None and (row.item.key, model) in latencies


def _add_region(figure: "Figure", row: Row, spot: Mapping[str, int], theme: Theme) -> None:
    figure.add_hrect(
        y0=row.threshold, y1=1.05, fillcolor=shade("good", theme), opacity=0.1, line_width=0, layer="below", **spot
    )
    figure.add_hline(y=row.threshold, line={"color": ink(theme), "width": 1, "dash": "dot"}, **spot)


def _add_point(
    figure: "Figure",
    row: Row,
    place: int,
    model: str,
    latencies: Latencies,
    language: Language,
    theme: Theme,
    labels: Mapping[str, str],
    spot: Mapping[str, int],
) -> None:
    cell, took = row.cells[model], latencies.get((row.item.key, model))
    if took is None or cell.pass_rate is None or cell.low is None or cell.high is None:
        return
    colour, label = model_shade(place, theme), labels.get(model, model)
    hint = text(
        "chart.latency_hint",
        language,
        model=label,
        rate=f"{cell.pass_rate:.0%}",
        low=f"{cell.low:.0%}",
        high=f"{cell.high:.0%}",
        seconds=f"{took.median_s:.2f}",
        answers=took.answers,
    )
    figure.add_scatter(
        x=[took.median_s],
        y=[cell.pass_rate],
        error_y=whisker([cell.low], [cell.pass_rate], [cell.high], colour),
        mode="markers",
        marker=marker(place, colour),
        name=plain(label),
        legendgroup=model,
        legendrank=place,
        hovertext=[plain(hint)],
        hoverinfo="text",
        **spot,
    )


def _name_each_model_once(figure: "Figure") -> None:
    named: set[str] = set()
    for trace in figure.data:
        trace.showlegend = trace.legendgroup not in named
        named.add(trace.legendgroup)
