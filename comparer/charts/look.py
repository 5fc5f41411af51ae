"""What all charts have in common: type, grounds, grid, symbols, and the sentence that stands where no data is."""

from collections.abc import Mapping
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from comparer.palette import Theme
from comparer.texts import Language, text

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

CONFIG: Mapping[str, Any] = MappingProxyType({"displayModeBar": False, "scrollZoom": False, "responsive": True})
"""How plotly.js shows a figure: hover, and no buttons."""

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
"""One for every model by its place in the lineup."""

NO_LABELS: Mapping[str, str] = MappingProxyType({})

_FONTS = (
    "Source Sans Pro, Segoe UI, Helvetica Neue, Arial, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"
)
_INK = {"light": "#1e293b", "dark": "#e2e8f0"}
_SUBDUED = {"light": "#475569", "dark": "#94a3b8"}
_GRID = {"light": "#e2e8f0", "dark": "#1e293b"}
_GROUND = {"light": "#ffffff", "dark": "#0f172a"}


def faint(theme: Theme) -> str:
    """The colour of lines that only part things."""
    return _GRID[theme]


def ink(theme: Theme) -> str:
    """The colour of text and of lines that matter."""
    return _INK[theme]


def faded(colour: str) -> str:
    """A colour, given as #rrggbb, for areas that others are to be seen through."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.13)"


def plain(words: str) -> str:
    """`words` as plotly shows them: nothing in them is taken for markup."""
    return escape(words, quote=False)


def chart(theme: Theme, *, height: int) -> "Figure":
    """An empty figure `height` pixels high, with the product's looks."""
    from plotly.graph_objects import Figure

    axis = {
        "gridcolor": _GRID[theme],
        "linecolor": _GRID[theme],
        "zeroline": False,
        "automargin": True,
        "fixedrange": True,
        "title": {"font": {"size": 12, "color": _SUBDUED[theme]}, "standoff": 10},
    }
    layout = {
        "font": {"family": _FONTS, "size": 12, "color": _INK[theme]},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": axis,
        "yaxis": axis,
        "hoverlabel": {"bgcolor": _GROUND[theme], "font": {"color": _INK[theme], "family": _FONTS}},
        "legend": {
            "orientation": "h",
            "xref": "container",
            "x": 0,
            "xanchor": "left",
            "yref": "container",
            "y": 1,
            "yanchor": "top",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        "annotationdefaults": {"font": {"size": 12, "color": _INK[theme]}},
    }
    return Figure(
        layout={
            "template": {"layout": layout},
            "height": height,
            "margin": {"l": 8, "r": 16, "t": 36, "b": 8},
            "dragmode": False,
        }
    )


def nothing_to_draw(key: str, language: Language, theme: Theme) -> "Figure":
    """A low figure that says, by the text `chart.<key>`, why there is nothing in it."""
    figure = chart(theme, height=90)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(
        text=text(f"chart.{key}", language), x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False
    )
    return figure


def marker(place: int, colour: str) -> dict[str, Any]:
    """The mark of the model at `place` of its lineup."""
    return {"symbol": SYMBOLS[place % len(SYMBOLS)], "color": colour, "size": 9}


def whisker(low: list[float], value: list[float], high: list[float], colour: str) -> dict[str, Any]:
    """An interval as plotly's error bar, whose two lengths must not fall below 0 by rounding."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [max(0.0, top - middle) for middle, top in zip(value, high, strict=True)],
        "arrayminus": [max(0.0, middle - bottom) for bottom, middle in zip(low, value, strict=True)],
        "color": colour,
        "thickness": 2,
        "width": 4,
    }
