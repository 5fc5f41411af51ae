"""Test items as they are kept: checked, added, changed, put in order. Nothing that was rated is ever removed."""

import re
from collections.abc import Sequence
from dataclasses import replace
from math import isfinite

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from comparer.errors import InputError
from comparer.records import TestItem
from storage import lookups
from storage.tables import ItemRow
from storage.upserts import add_if_absent
from storage.visitor_text import clean

MAX_KEY = 64
MAX_NAME = 200
_KEY = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?")


def listed(session: Session, *, include_archived: bool) -> Sequence[ItemRow]:
    """The items in the order in which they are shown."""
    query = select(ItemRow).order_by(ItemRow.position, ItemRow.key)
    if not include_archived:
        query = query.where(ItemRow.archived.is_(False))
    return session.scalars(query).all()


def checked_rate(threshold: float) -> float:
    """A pass rate as it is kept. Raises InputError `threshold_out_of_range`."""
    if not 0 <= threshold <= 1:
        raise InputError("threshold_out_of_range", threshold=threshold)
    return float(threshold)


def checked(item: TestItem) -> TestItem:
    """The item as it is kept: names without outer blanks.

    Raises InputError `item_key_unusable`, `item_name_unusable`, `threshold_out_of_range` or `weight_out_of_range`.
    """
    if len(item.key) > MAX_KEY or not _KEY.fullmatch(item.key):
        raise InputError("item_key_unusable", key=clean(item.key)[:MAX_KEY], limit=MAX_KEY)
    names = [clean(name).strip() for name in (item.name_en, item.name_zh)]
    if not all(0 < len(name) <= MAX_NAME for name in names):
        raise InputError("item_name_unusable", limit=MAX_NAME)
    if not (isfinite(item.weight) and item.weight >= 0):
        raise InputError("weight_out_of_range", weight=item.weight)
    return replace(
        item,
        name_en=names[0],
        name_zh=names[1],
        threshold=checked_rate(item.threshold),
        weight=float(item.weight),
    )


def add(session: Session, item: TestItem) -> None:
    """Put a (checked) item behind all others. Raises InputError `item_exists`, for an archived one too."""
    last = session.scalar(select(func.max(ItemRow.position)))
    position = 0 if last is None else last + 1
    if not add_if_absent(session, ItemRow, key=item.key, position=position, **_values(item)):
        raise InputError("item_exists", key=item.key)


def refuse_a_taken_name(session: Session, item: TestItem) -> None:
    """Raise InputError `item_name_taken` when another item, archived or not, is called the same."""
    for other in listed(session, include_archived=True):
        for name, taken in ((item.name_en, other.name_en), (item.name_zh, other.name_zh)):
            if other.key != item.key and name.casefold() == taken.casefold():
                raise InputError("item_name_taken", name=name, key=other.key)


def change(session: Session, item: TestItem) -> None:
    """Make the item of that key say what (checked) `item` says. Raises InputError `unknown_item`."""
    row = lookups.item(session, item.key)
    for name, value in _values(item).items():
        setattr(row, name, value)


def put_in_order(session: Session, keys: Sequence[str]) -> None:
    """Show these items first, in this order, and the others after them as they stood.

    Raises InputError `unknown_item` or `item_twice`.
    """
    rows = {row.key: row for row in listed(session, include_archived=True)}
    for key in keys:
        if key not in rows:
            raise InputError("unknown_item", item=clean(key))
    for position, key in enumerate(_each_once(keys) + [key for key in rows if key not in keys]):
        rows[key].position = position


def _each_once(keys: Sequence[str]) -> list[str]:
    for place, key in enumerate(keys):
        if key in keys[:place]:
            raise InputError("item_twice", key=key)
    return list(keys)


def _values(item: TestItem) -> dict[str, object]:
    return {
        "name_en": item.name_en,
        "name_zh": item.name_zh,
        "threshold": item.threshold,
        "weight": item.weight,
        "must_have": item.must_have,
        "archived": item.archived,
    }
