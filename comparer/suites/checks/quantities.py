"""Numbers in an answer, with the units that they carry."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import isclose, isfinite

from comparer.suites.checks.kinds import Number
from comparer.suites.checks.units import unit_of, units
from comparer.suites.checks.wording import plain

_MULTIPLIERS = {"万": 10_000, "亿": 100_000_000}
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?"
_ROUNDING = 1e-9
"""Relative error that converting a unit may leave."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as it was read; `unit` is "" where none follows it."""

    value: float
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.value:.10g} {self.unit}".strip()


def quantities(answer: str, unit: str = "") -> Iterator[Quantity]:
    """Every number in `answer`, in order; `unit` is recognised besides the known ones.

    Reads digits only (full-width ones too, and thousands set apart by commas), 万 and 亿 after them, and a currency
    sign before them. A hyphen is a minus unless it follows a letter or a digit ("5-10", "part-2"); digits inside a
    word ("A4") are no number.
    """
    for found in _pattern(unit).finditer(plain(answer)):
        value = float(found["number"].replace(",", "")) * _MULTIPLIERS.get(found["times"], 1)
        if isfinite(value):
            yield Quantity(-value if found["minus"] else value, found["unit"] or found["currency"] or "")


@lru_cache(maxsize=64)
def _pattern(unit: str) -> re.Pattern[str]:
    names = sorted({*units(), *filter(None, [plain(unit).strip()])}, key=len, reverse=True)
    ends = map(_ending, names)
    return re.compile(
        r"(?<![A-Za-z\d.])(?P<currency>[¥$€])?\s?(?:(?<![\w)\]])(?P<minus>-))?(?<![A-Za-z\d.])"
        rf"(?P<number>{_DIGITS})\s?(?P<times>[万亿])?\s?(?P<unit>{'|'.join(ends)})?",
        re.IGNORECASE,
    )


def _ending(name: str) -> str:
    """A unit's name as a pattern: Latin ones end where the word ends, and of single letters the case counts."""
    if not (name[-1].isascii() and name[-1].isalnum()):
        return re.escape(name)
    return (rf"(?-i:{name})" if len(name) == 1 else re.escape(name)) + "(?![A-Za-z0-9])"


def read_number(check: Number, answer: str) -> Quantity | None:
    """The number that `answer` ends up with, None if it has none that can be compared.

    With an expected unit, that is the last number in a unit which converts into it, else the last one without any
    unit, taken as being in the expected one. Without, it is the last number. The last, because answers that
    reason state their result at the end (GSM8K's evaluation reads them so).
    """
    found = list(quantities(answer, check.unit))
    if not check.unit:
        return found[-1] if found else None
    wanted = unit_of(check.unit).dimension
    alike = [quantity for quantity in found if quantity.unit and unit_of(quantity.unit).dimension == wanted]
    bare = [Quantity(quantity.value, check.unit) for quantity in found if not quantity.unit]
    comparable = alike or bare
    return comparable[-1] if comparable else None


def is_within(check: Number, read: Quantity) -> bool:
    """Whether `read` lies within the tolerance, its unit converted."""
    scale = _factor(read.unit, check.unit)
    value = read.value * scale
    tolerance = max(check.absolute, check.relative * abs(check.value))
    off = abs(value - check.value)
    return off <= tolerance * (1 + _ROUNDING) or isclose(value, check.value, rel_tol=_ROUNDING)


def _factor(unit: str, wanted: str) -> float:
    if not wanted:
        return 1.0
    return unit_of(unit).factor / unit_of(wanted).factor
