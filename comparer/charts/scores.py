"""Pass rates with their intervals against the thresholds, item by item."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from comparer.charts.look import NO_LABELS, chart, faint, ink, marker, nothing_to_draw, plain, whisker
from comparer.fit.recommendation import item_name
from comparer.fit.score_table import Row, ScoreTable
from comparer.palette import Theme, model_shade
from comparer.texts import Language, text

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_GROUP = 0.52
"""How much of an item's height its models take."""


def scores_chart(
    table: ScoreTable, language: Language, theme: Theme = "light", labels: Mapping[str, str] = NO_LABELS
) -> "Figure":
    """Rated items from top to bottom; in each, one mark with Wilson's 95 % interval for every model with ratings.

    `labels` say what a model's key is called. The upright line is the item's threshold.
    """
    rows = [row for row in table.rows if row.rated]
    if not rows:
        return nothing_to_draw("no_ratings", language, theme)
    figure = chart(theme, height=100 + len(rows) * (14 + 15 * len(table.models)))
    for place, model in enumerate(table.models):
        _add_model(figure, rows, table.models, place, labels.get(model, model), model_shade(place, theme), language)
    _add_thresholds(figure, rows, language, theme)
    for number in range(1, len(rows)):
        figure.add_hline(y=number - 0.5, line={"color": faint(theme), "width": 1}, layer="below")
    figure.update_xaxes(range=[-0.015, 1.015], tickformat=".0%", dtick=0.2, title_text=text("chart.rate", language))
    figure.update_yaxes(
        range=[len(rows) - 0.45, -0.55],
        tickvals=list(range(len(rows))),
        ticktext=[plain(item_name(row.item, language)) for row in rows],
        showgrid=False,
    )
    return figure


def _add_model(
    figure: "Figure",
    rows: Sequence[Row],
    models: Sequence[str],
    place: int,
    label: str,
    colour: str,
    language: Language,
) -> None:
    shift = _GROUP * (place / (len(models) - 1) - 0.5) if len(models) > 1 else 0.0
    low, rate, high, heights, hints = [], [], [], [], []
    for number, row in enumerate(rows):
        cell = row.cells[models[place]]
        if cell.pass_rate is None or cell.low is None or cell.high is None:
            continue
        low.append(cell.low)
        rate.append(cell.pass_rate)
        high.append(cell.high)
        heights.append(number + shift)
        hint = text(
            "chart.score_hint",
            language,
            model=label,
            item=item_name(row.item, language),
            rate=f"{cell.pass_rate:.0%}",
            low=f"{cell.low:.0%}",
            high=f"{cell.high:.0%}",
            cases=cell.cases,
        )
        hints.append(plain(hint))
    figure.add_scatter(
        x=rate,
        y=heights,
        error_x=whisker(low, rate, high, colour),
        mode="markers",
        marker=marker(place, colour),
        name=plain(label),
        hovertext=hints,
        hoverinfo="text",
    )


def _add_thresholds(figure: "Figure", rows: Sequence[Row], language: Language, theme: Theme) -> None:
    across: list[float | None] = []
    down: list[float | None] = []
    for number, row in enumerate(rows):
        across += [row.threshold, row.threshold, None]
        down += [number - 0.42, number + 0.42, None]
    figure.add_scatter(
        x=across,
        y=down,
        mode="lines",
        line={"color": ink(theme), "width": 2},
        name=text("chart.threshold", language),
        hoverinfo="skip",
    )
