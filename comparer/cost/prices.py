"""The table of graphics cards: memory, and what an hour costs, with its source and day. Reads `assets/prices.toml`.

Frozen: an edit makes a new table. Prices are decimals exactly as written; a missing one is None and stays unknown.
"""

import tomllib
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from comparer.engines.cards import Cards
from comparer.engines.memory import GIB
from comparer.errors import InputError, PriceError
from comparer.paths import ASSETS
from comparer.toml_lines import line_of

PRICES = ASSETS / "prices.toml"
MOST_AN_HOUR = 10_000

_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
_Price = Annotated[Decimal, Field(ge=0, le=MOST_AN_HOUR, allow_inf_nan=False)]
_Size = Annotated[Decimal, Field(gt=0, le=100_000, allow_inf_nan=False)]


class Gpu(BaseModel):
    """One kind of card. Prices are for one card with its machine, in the table's currency."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: _Words
    name: _Words
    memory_gb: _Size
    """As it is sold."""
    usable_gib: _Size
    """What programs can have of it."""
    bandwidth_gb_per_s: _Size | None = None
    compute_capability: Decimal | None = None
    driver_names: tuple[str, ...] = ()
    """What the driver calls it, word for word."""
    on_demand_per_hour: _Price | None = None
    reserved_per_hour: _Price | None = None
    source: str = ""
    """Where the prices come from."""
    date: str = Field(default="", pattern=r"^(\d{4}(-\d{2}(-\d{2})?)?)?$")
    """The day, month or year of the prices."""

    @property
    def memory_bytes(self) -> int:
        """What programs can have of its memory."""
        return int(self.usable_gib * GIB)


class _PriceFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    currency: Literal["USD"]
    gpus: list[Gpu] = Field(min_length=1, max_length=50)

    @field_validator("gpus")
    @classmethod
    def _keys_differ(cls, gpus: list[Gpu]) -> list[Gpu]:
        keys = [gpu.key for gpu in gpus]
        if len(set(keys)) != len(keys):
            raise ValueError(f"keys must differ: {', '.join(keys)}")
        return gpus


@dataclass(frozen=True, slots=True)
class PriceTable:
    """All cards in the order of the file."""

    currency: str
    gpus: tuple[Gpu, ...]

    def gpu(self, key: str) -> Gpu:
        """The card of that key. Raises `InputError` for one that is not in the table."""
        for gpu in self.gpus:
            if gpu.key == key:
                return gpu
        raise InputError("gpu_unknown", gpu=key, known=", ".join(gpu.key for gpu in self.gpus))

    def with_prices(
        self, key: str, on_demand: Decimal | None, reserved: Decimal | None, source: str, day: date
    ) -> "PriceTable":
        """The table with other prices for one card, and where they come from."""
        old = self.gpu(key)
        changed = old.model_copy(
            update={
                "on_demand_per_hour": on_demand,
                "reserved_per_hour": reserved,
                "source": source,
                "date": day.isoformat(),
            }
        )
        return replace(self, gpus=tuple(changed if gpu is old else gpu for gpu in self.gpus))

    def times(self, factor: Decimal) -> "PriceTable":
        """The table with every known price multiplied."""
        return replace(self, gpus=tuple(_times(gpu, factor) for gpu in self.gpus))


def _times(gpu: Gpu, factor: Decimal) -> Gpu:
    prices = {name: getattr(gpu, name) for name in ("on_demand_per_hour", "reserved_per_hour")}
    return gpu.model_copy(update={name: None if price is None else price * factor for name, price in prices.items()})


def read_prices(path: Path = PRICES) -> PriceTable:
    """Read a price table. Raises `PriceError` that names the line."""
    try:
        source = path.read_text("utf-8")
        file = _PriceFile.model_validate(tomllib.loads(source, parse_float=Decimal))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PriceError("prices_not_toml", path=str(path), problem=str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise PriceError(
            "prices_wrong",
            path=str(path),
            line=line_of(source, first["loc"]),
            field=".".join(str(part) for part in first["loc"]),
            problem=first["msg"].removeprefix("Value error, "),
        ) from error
    return PriceTable(file.currency, tuple(file.gpus))


def parse_price(typed: str) -> Decimal | None:
    """A price an hour as typed, None when it is left empty. Raises `InputError` for anything that is no price."""
    digits = typed.strip().removeprefix("$").strip()
    if not digits:
        return None
    try:
        price = Decimal(digits)
    except InvalidOperation:
        raise InputError("price_unusable", given=typed, most=MOST_AN_HOUR) from None
    if not price.is_finite() or not 0 <= price <= MOST_AN_HOUR:
        raise InputError("price_unusable", given=typed, most=MOST_AN_HOUR)
    return price


def cards_here(cards: Cards) -> tuple[Gpu, ...]:
    """The cards and slices of this computer whose memory the driver tells; without prices."""
    return tuple(
        Gpu(
            key=f"here:{card.index}" if card.slice_index is None else f"here:{card.index}/{card.slice_index}",
            name=card.name,
            memory_gb=round(Decimal(card.total_bytes) / 10**9, 1),
            usable_gib=Decimal(card.total_bytes) / GIB,
        )
        for card in cards.cards
        if card.total_bytes is not None
    )
