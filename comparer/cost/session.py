"""What a test session costs, against renting the same cards for a month."""

from dataclasses import dataclass

from comparer.cost.figure import Figure, amount, figure, product, quotient
from comparer.cost.load import HOURS_A_MONTH
from comparer.cost.prices import Gpu
from comparer.cost.wording import Rational


@dataclass(frozen=True, slots=True)
class SessionCost:
    """A test session against renting the same card for a whole month."""

    session: Figure
    month_on_demand: Figure
    month_reserved: Figure
    saved_against_on_demand: Figure
    saved_against_reserved: Figure


def session_cost(hours: Rational, gpu: Gpu, cards: int = 1) -> SessionCost:
    """What `hours` of testing cost on demand, and the share that is saved against a month of the same cards."""
    used, count, month = amount(hours, "hours"), amount(cards, "count"), amount(HOURS_A_MONTH, "hours")
    price, reserved = amount(gpu.on_demand_per_hour, "price"), amount(gpu.reserved_per_hour, "price")
    session = figure("on_demand", "usd", product(count, used, price), cards=count, hours=used, price=price)
    months = [
        figure(name, "usd", product(count, month, rate), cards=count, hours=month, price=rate)
        for name, rate in (("on_demand", price), ("reserved", reserved))
    ]
    saved = []
    for one in months:
        spent = quotient(session.value, one.value, 1)
        left = None if spent is None else 1 - spent
        saved.append(figure("saved", "share", left, session=session.amount, month=one.amount))
    return SessionCost(session, *months, *saved)
