"""Who is stricter than the others on the same answers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from comparer.charts.look import chart, ink, nothing_to_draw, plain, whisker
from comparer.fit.agreement import Strictness, most_compared
from comparer.palette import Theme, shade
from comparer.texts import Language, text

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def strictness_chart(found: Mapping[str, Strictness], language: Language, theme: Theme = "light") -> "Figure":
    """Each reviewer's pass rate less that of the others, with its 95 % interval; the strictest stands on top.

    Of very many reviewers `most_compared` are drawn.
    """
    if not found:
        return nothing_to_draw("no_agreement", language, theme)
    found = most_compared(found)
    strictest = list(found)
    differences = [found[reviewer].difference for reviewer in strictest]
    names = [reviewer or text("chart.unnamed", language) for reviewer in strictest]
    colour = shade("indigo", theme)
    values = [difference.value for difference in differences]
    figure = chart(theme, height=70 + 28 * len(names))
    figure.add_scatter(
        x=values,
        y=list(range(len(names))),
        error_x=whisker([one.low for one in differences], values, [one.high for one in differences], colour),
        mode="markers",
        marker={"symbol": "circle", "color": colour, "size": 9},
        hovertext=[
            plain(
                text(
                    "chart.strictness_hint",
                    language,
                    reviewer=name,
                    value=f"{one.value:+.0%}",
                    low=f"{one.low:+.0%}",
                    high=f"{one.high:+.0%}",
                    answers=found[reviewer].answers,
                )
            )
            for reviewer, name, one in zip(strictest, names, differences, strict=True)
        ],
        hoverinfo="text",
        showlegend=False,
    )
    figure.add_vline(x=0, line={"color": ink(theme), "width": 1})
    widest = max(0.1, *(abs(bound) for one in differences for bound in (one.low, one.high)))
    figure.update_xaxes(
        range=[-widest * 1.08, widest * 1.08], tickformat="+.0%", title_text=text("chart.strictness", language)
    )
    figure.update_yaxes(
        range=[len(names) - 0.5, -0.5],
        tickvals=list(range(len(names))),
        ticktext=[plain(name) for name in names],
        showgrid=False,
    )
    figure.update_layout(margin_t=12)
    return figure
