"""How long conversations go well: one falling step curve for each model."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from comparer.charts.look import NO_LABELS, chart, faded, ink, marker, nothing_to_draw, plain
from comparer.fit.drift import Drift
from comparer.fit.survival import Step, SurvivalCurve
from comparer.palette import Theme, model_shade
from comparer.texts import Language, text

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
"""One for every model by its place, so that no curve is told by its colour alone."""


def drift_chart(
    found: Mapping[str, Drift],
    models: Sequence[str],
    language: Language,
    theme: Theme = "light",
    labels: Mapping[str, str] = NO_LABELS,
) -> "Figure":
    """Share of conversations still going well after each turn, with pointwise 95 % bounds.

    `models` are all keys of the lineup, smallest first: a model's place gives it its colour. A mark on a curve says
    that conversations end there, or are judged no further, without having drifted.
    """
    curves = {model: found[model].curve for model in models if model in found}
    drawn = {model: curve for model, curve in curves.items() if curve is not None}
    if not drawn:
        return nothing_to_draw("no_drift", language, theme)
    figure = chart(theme, height=330)
    for place, model in enumerate(models):
        if model in drawn:
            _add_curve(figure, drawn[model], place, labels.get(model, model), language, theme)
    figure.add_hline(y=0.5, line={"color": ink(theme), "width": 1, "dash": "dot"}, layer="below")
    last = max(curve.steps[-1].time for curve in drawn.values())
    figure.update_xaxes(
        range=[0, last + 0.25],
        title_text=text("chart.drift_turns", language),
        tickformat="d",
        dtick=max(1, last // 12),
    )
    figure.update_yaxes(
        range=[-0.02, 1.04], tickformat=".0%", dtick=0.25, title_text=text("chart.drift_share", language)
    )
    return figure


def _add_curve(
    figure: "Figure", curve: SurvivalCurve, place: int, label: str, language: Language, theme: Theme
) -> None:
    colour = model_shade(place, theme)
    _add_band(figure, curve.steps, colour)
    figure.add_scatter(
        x=[0, *(step.time for step in curve.steps)],
        y=[1.0, *(step.survival for step in curve.steps)],
        mode="lines",
        line={"color": colour, "width": 2.5, "shape": "hv", "dash": _DASHES[place % len(_DASHES)]},
        name=plain(label),
        hovertext=["", *(_hint(label, step, language) for step in curve.steps)],
        hoverinfo="text",
    )
    ended = [step for step in curve.steps if step.censored]
    figure.add_scatter(
        x=[step.time for step in ended],
        y=[step.survival for step in ended],
        mode="markers",
        marker=marker(place, colour),
        hovertext=[_hint(label, step, language) for step in ended],
        hoverinfo="text",
        showlegend=False,
    )


def _add_band(figure: "Figure", steps: Sequence[Step], colour: str) -> None:
    """The pointwise bounds between one step and the next; nothing where the formula has none."""
    across: list[float | None] = []
    up: list[float | None] = []
    for step, following in pairwise(steps):
        if step.low is not None and step.high is not None:
            across += [step.time, following.time, following.time, step.time, step.time, None]
            up += [step.low, step.low, step.high, step.high, step.low, None]
    figure.add_scatter(
        x=across,
        y=up,
        mode="none",
        fill="toself",
        fillcolor=faded(colour),
        hoverinfo="skip",
        showlegend=False,
    )


def _hint(label: str, step: Step, language: Language) -> str:
    share = f"{step.survival:.0%}"
    if step.low is not None and step.high is not None:
        share += f" ({step.low:.0%} – {step.high:.0%})"
    said = text(
        "chart.drift_hint",
        language,
        model=label,
        turn=f"{step.time:g}",
        share=share,
        at_risk=step.at_risk,
        events=step.events,
    )
    return plain(said)
