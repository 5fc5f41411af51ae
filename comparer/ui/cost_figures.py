"""Small parts of the cost views: a figure that opens its formula, and the distribution of measured seconds. Pure."""

from html import escape
from math import ceil
from statistics import median

from comparer.cost.figure import Figure
from comparer.cost.latency import Latencies
from comparer.palette import COLOURS
from comparer.texts import Language, text
from comparer.ui import units

BINS = 24
_WIDTH, _HEIGHT = 240, 44


def colour(place: int) -> str:
    """The class of the model at that place of its lineup."""
    return COLOURS[place % len(COLOURS)]


def figure_html(figure: Figure, language: Language) -> str:
    """The value; its formula with the inputs stands in its hint, and opens by key, click or touch."""
    formula = escape(figure.explained(language))
    unknown = " class='unknown'" if figure.value is None else ""
    return (
        f"<details class='cost-figure'><summary title='{formula}'{unknown}>{escape(figure.shown(language))}</summary>"
        f"<p>{formula}</p></details>"
    )


def distribution_html(latencies: Latencies, language: Language) -> str:
    """How the measured seconds are spread: bars, the median, and the time that 95 % keep to."""
    if not latencies.count:
        return ""
    seconds, p95 = latencies.seconds, float(latencies.p95_s or 0)
    middle = median(seconds)
    said = text(
        "cost.distribution",
        language,
        count=f"{latencies.count:,}",
        median=units.seconds(middle),
        p95=units.seconds(p95),
        longest=units.seconds(max(seconds)),
    )
    drawn = _bars(seconds, middle, p95, said)
    return f"<figure class='cost-spread'>{drawn}<figcaption>{escape(said)}</figcaption></figure>"


def _bars(seconds: tuple[float, ...], middle: float, p95: float, said: str) -> str:
    """A histogram from 0 to the longest time; its counts are shown by their height alone."""
    longest = max(seconds)
    counts = [0] * BINS
    for one in seconds:
        counts[min(BINS, max(1, ceil(one / longest * BINS))) - 1] += 1
    width, most = _WIDTH / BINS, max(counts)
    bars = "".join(
        f"<rect x='{place * width + 0.5:.1f}' y='{_HEIGHT * (1 - count / most):.1f}' width='{width - 1:.1f}' "
        f"height='{_HEIGHT * count / most:.1f}'/>"
        for place, count in enumerate(counts)
        if count
    )
    marks = "".join(
        f"<line class='{name}' x1='{at:.1f}' x2='{at:.1f}' y1='0' y2='{_HEIGHT}'/>"
        for name, value in (("median", middle), ("p95", p95))
        if (at := min(_WIDTH - 1.0, value / longest * _WIDTH)) >= 0
    )
    return (
        f"<svg viewBox='0 0 {_WIDTH} {_HEIGHT}' preserveAspectRatio='none' role='img' aria-label='{escape(said)}'>"
        f"{bars}{marks}</svg>"
    )
