"""What one statistic comes to: sentences, and a small table whose columns say how their values are written.

Knows no HTML, no spreadsheet and no page; nothing of what is found either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isinf
from typing import Literal, NamedTuple

from comparer.texts import Language, text

Kind = Literal["text", "count", "share", "points", "alpha", "ratio", "p_value"]
"""How a value is written: 12 as 12, 0.25 as 25%, 0.25 as +25%, as 0.25, as 0.25, as 0.250; text as it is."""


class Estimate(NamedTuple):
    """A value with its 95 % interval; None where it cannot be told, infinite where nothing bounds it."""

    value: float | None
    low: float | None
    high: float | None


Value = str | int | float | Estimate | None


class Column(NamedTuple):
    """A column of a finding's table. With `interval` its values are `Estimate`."""

    title: str
    kind: Kind
    interval: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One statistic: what it says, what more it would take, its figures, and how they are computed."""

    key: str
    """One of `comparer.fit.findings.STATISTICS`."""
    title: str
    says: tuple[str, ...]
    takes: str
    """Empty when nothing is missing."""
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    """Empty while there is too little data; then there are no columns to show either."""
    method: str


class Wording(NamedTuple):
    """The reader's language, and what models are called."""

    language: Language
    labels: Mapping[str, str]

    def say(self, key: str, /, **parameters: object) -> str:
        """The text of `key` in the reader's language."""
        return text(key, self.language, **parameters)

    def model(self, key: str) -> str:
        """What a model is called."""
        return self.labels.get(key, key)

    def join(self, names: Sequence[str]) -> str:
        """A list within a sentence."""
        return ("、" if self.language == "zh" else ", ").join(names)


def shown(value: Value, column: Column) -> str:
    """A value as people read it; an interval stands behind its value in brackets."""
    if value is None:
        return "–"
    if isinstance(value, Estimate):
        if value.value is None:
            return "–"
        whole = number(value.value, column.kind)
        if value.low is None or value.high is None:
            return whole
        return f"{whole} ({number(value.low, column.kind)} – {number(value.high, column.kind)})"
    return value if isinstance(value, str) else number(value, column.kind)


def number(value: float, kind: Kind) -> str:
    """A number of that kind as people read it."""
    if isinf(value):
        return "∞"
    if kind == "p_value" and value < 0.001:
        return "< 0.001"
    if kind == "points":
        return points(value)
    shape = {"count": ",.0f", "share": ".0%", "p_value": ".3f"}.get(kind, ".2f")
    return format(value, shape).replace("-", "−")


def points(value: float) -> str:
    """A difference of two shares with its sign; no sign before 0."""
    return format(value, "+.0%").replace("-", "−") if round(value, 2) else "0%"


def finding(
    key: str,
    words: Wording,
    says: Sequence[str],
    takes: str = "",
    columns: Sequence[Column] = (),
    rows: Sequence[tuple[Value, ...]] = (),
) -> Finding:
    """The finding `key` with its title and method; what is left out stays empty."""
    title, method = text(f"figure.{key}", words.language), text(f"definition.{key}", words.language)
    return Finding(key, title, tuple(says), takes, tuple(columns), tuple(rows), method)
