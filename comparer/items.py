"""What people type about a test item, as it is kept: its key, its threshold, its weight."""

import re
import unicodedata
from collections.abc import Collection

from comparer.errors import InputError
from comparer.records import TestItem

KEY_LENGTH = 48
"""Of a key made here; leaves room for a number behind it."""


def key_for(name: str, taken: Collection[str]) -> str:
    """A key from an English name, unlike all in `taken`: "Résumé parsing" -> "resume-parsing", then "...-2".

    A name without any Latin letter or digit becomes "item".
    """
    latin = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    stem = re.sub(r"[^a-z0-9]+", "-", latin).strip("-")[:KEY_LENGTH].strip("-") or "item"
    number, key = 1, stem
    while key in taken:
        number += 1
        key = f"{stem}-{number}"
    return key


def threshold_of(percent: object) -> float:
    """A threshold (0.01..0.99) from what was typed as a percentage, 80 or "80".

    0 and 100 are refused: nothing could fail the one, and no number of ratings could ever show the other. Raises
    InputError `threshold_not_percent`.
    """
    try:
        value = float(str(percent).strip().removesuffix("%"))
    except ValueError:
        value = 0.0
    if not 1 <= value <= 99:
        raise InputError("threshold_not_percent", given=_shown(percent))
    return round(value / 100, 6)


def weight_of(number: object) -> float:
    """A weight from what was typed. Raises InputError `weight_out_of_range`."""
    try:
        return float(str(number))
    except ValueError as error:
        raise InputError("weight_out_of_range", weight=_shown(number)) from error


def moved(items: Collection[TestItem], key: str, steps: int) -> list[str]:
    """The keys of `items` in order, with `key` moved by so many places, at most to an end.

    Raises InputError `unknown_item` when it is not among them (somebody else may have archived it).
    """
    keys = [item.key for item in items]
    if key not in keys:
        raise InputError("unknown_item", item=key)
    place = keys.index(key)
    keys.insert(max(0, min(place + steps, len(keys) - 1)), keys.pop(place))
    return keys


def _shown(given: object) -> str:
    return "" if given is None else str(given)[:40]
