"""A figure that can be hovered: its value, the formula it came by, and what went into it."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from comparer.cost.wording import Amount, Rational, Unit, exact
from comparer.texts import Language, text


@dataclass(frozen=True, slots=True)
class Figure:
    """One result. Its value is None as soon as something that goes into it is unknown."""

    amount: Amount
    formula: str
    """The text `cost.formula_<formula>` says how; its parameters are the inputs and `value`."""
    inputs: Mapping[str, Amount]

    @property
    def value(self) -> Fraction | None:
        """The exact value, None for unknown."""
        return self.amount.value

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of the inputs that are unknown."""
        return tuple(name for name, amount in self.inputs.items() if amount.value is None)

    def shown(self, language: Language) -> str:
        """The value as people read it."""
        return self.amount.shown(language)

    def explained(self, language: Language) -> str:
        """The formula with its inputs filled in: what a hover shows."""
        said = {name: amount.shown(language) for name, amount in self.inputs.items()}
        return text(f"cost.formula_{self.formula}", language, value=self.shown(language), **said)


def figure(formula: str, unit: Unit, value: Fraction | None, **inputs: Amount) -> Figure:
    """A figure of that formula."""
    return Figure(Amount(value, unit), formula, inputs)


def amount(value: Rational | None, unit: Unit = "number") -> Amount:
    """A number as the amount that was written."""
    return Amount(None if value is None else exact(value), unit)


def known(amount: Amount) -> Fraction:
    """The value of an amount that is never unknown."""
    assert amount.value is not None
    return amount.value


def product(*factors: Amount) -> Fraction | None:
    """All of them multiplied; None as soon as one is unknown."""
    whole = Fraction(1)
    for factor in factors:
        if factor.value is None:
            return None
        whole *= factor.value
    return whole


def quotient(dividend: Fraction | None, divisor: Fraction | None, times: int) -> Fraction | None:
    """None for unknown, and for a share of nothing."""
    return None if dividend is None or not divisor else dividend / divisor * times
