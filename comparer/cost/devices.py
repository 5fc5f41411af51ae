"""Which card of the price table a device stands for: what answers and drivers call it, or what people say it is.

A processor stands for no card: what was measured on one is never priced as if it had been a card.
"""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from comparer.cost.prices import Gpu, PriceTable

_NAMED = re.compile(r"^cuda:\d+ \((?P<name>.+)\)$")

StatedCards = Mapping[str, str]
"""By device as answers name it, the key of the card that people say it is."""


class Standing(NamedTuple):
    """The card that a device stands for, and who says so: its driver's name for it, or people."""

    gpu: Gpu
    by: Literal["driver", "people"]


def is_processor(device: str) -> bool:
    """Whether it is the computer's own processor, or nothing is known of it."""
    return device in {"", "cpu"}


def standing(device: str, prices: PriceTable, stated: StatedCards) -> Standing | None:
    """The card of the table that `device` stands for; None for a processor and for what nobody has said."""
    if is_processor(device):
        return None
    said = stated.get(device)
    chosen = next((gpu for gpu in prices.gpus if gpu.key == said), None)
    if chosen is not None:
        return Standing(chosen, "people")
    named = _NAMED.match(device)
    gpu = None if named is None else card_called(named["name"], prices)
    return None if gpu is None else Standing(gpu, "driver")


def card_called(name: str, prices: PriceTable) -> Gpu | None:
    """The card that the driver calls `name`; None for one that is not in the table, and for a slice of one."""
    return next((gpu for gpu in prices.gpus if name in gpu.driver_names), None)
