"""Sentences and numbers of the cost part before anybody reads them: texts' keys, and what goes into them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import floor
from types import MappingProxyType
from typing import Literal, NamedTuple

from comparer.engines.memory import readable_size
from comparer.errors import ComparerError
from comparer.fit.recommendation import item_name
from comparer.records import TestItem
from comparer.texts import Language, text

Unit = Literal["number", "count", "share", "seconds", "hours", "usd", "bytes", "price"]
"""How a number is written: 2.5, 1,125, 31%, 0.8, 226.4, $120.00, 16.3 GiB, $0.1178. Texts name the rest."""

NO_LABELS: Mapping[str, str] = MappingProxyType({})

Rational = int | float | Decimal | Fraction


def exact(value: Rational) -> Fraction:
    """A number as the fraction that its decimal form says: the float 0.53 is 53/100, as whoever typed it meant."""
    return Fraction(str(value)) if isinstance(value, float) else Fraction(value)


def lies_within(value: Rational, least: Rational, most: Rational) -> bool:
    """Whether `least <= value <= most`; infinite values and those that are no number do not."""
    try:
        return exact(least) <= exact(value) <= exact(most)
    except (ValueError, OverflowError):
        return False


def cents(value: Fraction) -> Decimal:
    """Money rounded to the cent, half a cent upwards."""
    return rounded(value, 2)


def rounded(value: Fraction, places: int) -> Decimal:
    """A fraction with so many decimals, halves away from zero."""
    whole = floor(abs(value) * 10**places + Fraction(1, 2))
    return Decimal(whole if value >= 0 else -whole).scaleb(-places)


class Amount(NamedTuple):
    """A number with its unit; None is unknown."""

    value: Fraction | None
    unit: Unit = "number"

    def shown(self, language: Language) -> str:
        """The number as people read it."""
        if self.value is None:
            return text("cost.unknown", language)
        return _WRITTEN[self.unit](self.value)


def _trimmed(value: Fraction, most: int, least: int = 0) -> str:
    """At most so many decimals, and no zeros at the end beyond `least`."""
    whole, _, decimals = f"{rounded(value, most):,}".partition(".")
    decimals = decimals.rstrip("0").ljust(least, "0")
    return f"{whole}.{decimals}" if decimals else whole


def _share(value: Fraction) -> str:
    """A share in percent; what only rounding makes nothing or all of it is said to be less."""
    least, shown = Fraction(1, 1000), f"{_trimmed(value * 100, 1)}%"
    if shown == "100%" and value < 1:
        return f"> {_trimmed((1 - least) * 100, 1)}%"
    return f"< {_trimmed(least * 100, 1)}%" if shown == "0%" and value > 0 else shown


_WRITTEN: Mapping[Unit, Callable[[Fraction], str]] = {
    "usd": lambda value: f"${cents(value):,}",
    "price": lambda value: f"${_trimmed(value, 4, least=2)}",
    "share": _share,
    "count": lambda value: f"{rounded(value, 0):,}",
    "hours": lambda value: _trimmed(value, 1),
    "number": lambda value: _trimmed(value, 3),
    "seconds": lambda value: _trimmed(value, 3),
    "bytes": lambda value: readable_size(float(value)),
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text of the locales with what goes into it, to be said in the reader's language.

    A parameter called `model` is a model's key and becomes its label; items become their names, sentences are said,
    amounts shown, and several of one kind joined.
    """

    key: str
    parameters: Mapping[str, "Part"] = field(default_factory=dict)

    def say(self, language: Language, labels: Mapping[str, str] = NO_LABELS) -> str:
        """The sentence in `language`."""
        said = {name: _said(part, language, labels) for name, part in self.parameters.items()}
        if "model" in said:
            said["model"] = labels.get(said["model"], said["model"])
        return text(self.key, language, **said)


Part = str | int | float | Amount | TestItem | Sentence | tuple["Part", ...]


def sentence(key: str, /, **parameters: Part) -> Sentence:
    """`Sentence` with its parameters as arguments."""
    return Sentence(key, parameters)


def told_by(error: ComparerError) -> Sentence:
    """What an error says, without the error."""
    return Sentence(f"error.{error.code}", dict(error.parameters))


def _said(part: Part, language: Language, labels: Mapping[str, str]) -> str:
    match part:
        case Amount():  # itself a tuple, and so before tuples
            return part.shown(language)
        case Sentence():
            return part.say(language, labels)
        case TestItem():
            return item_name(part, language)
        case str() | int() | float():
            return str(part)
    return ("、" if language == "zh" else ", ").join(_said(one, language, labels) for one in part)
