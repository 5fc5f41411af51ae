"""The colours of the columns and verdicts, as in `assets/dashboard.css`, for whatever is drawn outside of the page.

Knows nothing of the page, of plotly or of spreadsheets.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

Theme = Literal["light", "dark"]

COLOURS = ("indigo", "teal", "amber", "rose", "sky", "lime")
"""One for every model by its place in the lineup; the names are the style sheet's classes."""


class Shade(NamedTuple):
    """A colour on white and on a dark ground, each as #rrggbb."""

    light: str
    dark: str


SHADES: Mapping[str, Shade] = MappingProxyType(
    {
        "indigo": Shade("#4f46e5", "#818cf8"),
        "teal": Shade("#0d9488", "#2dd4bf"),
        "amber": Shade("#b45309", "#fbbf24"),
        "rose": Shade("#be123c", "#fb7185"),
        "sky": Shade("#0369a1", "#38bdf8"),
        "lime": Shade("#4d7c0f", "#a3e635"),
        "slate": Shade("#64748b", "#94a3b8"),
        "good": Shade("#15803d", "#4ade80"),
        "bad": Shade("#b91c1c", "#f87171"),
        "open": Shade("#475569", "#94a3b8"),
        "good-fill": Shade("#dcfce7", "#14532d"),
        "bad-fill": Shade("#fee2e2", "#5f1616"),
        "open-fill": Shade("#e2e8f0", "#1e293b"),
    }
)
"""Every named colour of the style sheet."""

VERDICT_SHADES: Mapping[str, str] = MappingProxyType(
    {"meets": "good", "fails": "bad", "undecided": "open", "no_ratings": "open"}
)
"""Which of `SHADES` a verdict has; its ground is the one with "-fill"."""


def shade(name: str, theme: Theme = "light") -> str:
    """A colour by name. Raises KeyError for one that the style sheet does not have."""
    return SHADES[name].dark if theme == "dark" else SHADES[name].light


def model_shade(place: int, theme: Theme = "light") -> str:
    """The colour of the model at `place` (0 = smallest) of its lineup."""
    return shade(COLOURS[place % len(COLOURS)], theme)
