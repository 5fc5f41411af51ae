"""Prices, cards and plans as people have set them for everybody: kept in the database, above what is shipped."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from comparer.cost.devices import StatedCards, is_processor, standing
from comparer.cost.plan import Plan, plan_from_json, plan_to_json
from comparer.cost.prices import PriceTable, parse_price, read_prices
from comparer.errors import InputError
from comparer.store import Store, TeamSetting

PRICE, CARD, PLAN = "price", "card", "cost_plan"
"""Kinds of the team's settings."""
MOST_SOURCE = 200
LONGEST_DEVICE = 200
"""Characters of a source and of a device's name."""


@dataclass(frozen=True, slots=True)
class KeptPrices:
    """The price table as it holds now."""

    table: PriceTable
    edited: frozenset[str]
    """Keys of the cards whose prices people have changed."""


def kept_prices(store: Store, shipped: PriceTable | None = None) -> KeptPrices:
    """The price table with what people have changed. Raises StoreError and PriceError."""
    table = shipped or read_prices()
    known = {gpu.key for gpu in table.gpus}
    edits = {key: edit for key, edit in store.team_settings(PRICE).items() if key in known}
    for key, edit in edits.items():
        table = _with_edit(table, key, edit)
    return KeptPrices(table, frozenset(edits))


def keep_price(store: Store, key: str, on_demand: str, reserved: str, source: str, today: date) -> None:
    """Set the prices of one card for everybody, as they were typed; an empty one is unknown.

    Raises `InputError` for a card that is not in the table, for what is no price and for a source that is too long.
    """
    kept_prices(store).table.gpu(key)
    words = " ".join(source.split())
    if len(words) > MOST_SOURCE:
        raise InputError("source_too_long", limit=MOST_SOURCE)
    prices = {"on_demand_per_hour": parse_price(on_demand), "reserved_per_hour": parse_price(reserved)}
    written = {name: None if price is None else str(price) for name, price in prices.items()}
    store.set_for_team(PRICE, key, {**written, "source": words, "date": today.isoformat()})


def reset_price(store: Store, key: str) -> None:
    """Have the shipped prices of one card again."""
    store.unset_for_team(PRICE, key)


def reset_prices(store: Store) -> None:
    """Have the shipped prices of all cards again."""
    for key in store.team_settings(PRICE):
        store.unset_for_team(PRICE, key)


def _with_edit(table: PriceTable, key: str, edit: TeamSetting) -> PriceTable:
    def price(name: str) -> Decimal | None:
        return None if edit.get(name) is None else Decimal(str(edit[name]))

    day = date.fromisoformat(str(edit["date"]))
    return table.with_prices(key, price("on_demand_per_hour"), price("reserved_per_hour"), str(edit["source"]), day)


def stated_cards(store: Store) -> StatedCards:
    """Which card each device stands for, by what people say."""
    return {device: str(said["gpu"]) for device, said in store.team_settings(CARD).items()}


def state_card(store: Store, device: str, key: str) -> None:
    """Say for everybody which card a device stands for; an empty key takes it back.

    Raises `InputError` for a card that is not in the table, and for a processor, which is none.
    """
    if not key:
        store.unset_for_team(CARD, device)
        return
    if is_processor(device) or len(device) > LONGEST_DEVICE:
        raise InputError("device_is_no_card", device=device[:LONGEST_DEVICE])
    read_prices().gpu(key)
    store.set_for_team(CARD, device, {"gpu": key})


def kept_plan(store: Store, lineup: str) -> Plan | None:
    """What the cost of a lineup is reckoned from, as people have set it; None while nobody has."""
    content = store.team_settings(PLAN).get(lineup)
    if content is None:
        return None
    try:
        return plan_from_json(content)
    except (KeyError, TypeError, ValueError, ArithmeticError, InputError):  # kept by another version
        return None


def keep_plan(store: Store, lineup: str, plan: Plan) -> None:
    """Set for everybody what the cost of a lineup is reckoned from."""
    store.set_for_team(PLAN, lineup, plan_to_json(plan))


def forget_plan(store: Store, lineup: str) -> None:
    """Reckon the cost of a lineup from what the product takes for granted again."""
    store.unset_for_team(PLAN, lineup)


def hourly_prices(store: Store) -> Callable[[str], float | None]:
    """What an hour on demand of a device costs, by what answers call it; None for one that has no price."""
    table, stated = kept_prices(store).table, stated_cards(store)

    def price(device: str) -> float | None:
        found = standing(device, table, stated)
        known = found and found.gpu.on_demand_per_hour
        return None if known is None else float(known)

    return price
