"""What carrying a load costs on one kind of card, with every step open to be checked.

Pure. All arithmetic is in fractions: a price is what was written, ten thirds are ten thirds, the number of cards is
never one too many because a float was 1.0000000000000002, and a cost of exactly the budget is within it. Rounding to
the cent, half upwards, comes only when a figure is shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from types import MappingProxyType
from typing import Literal, get_args

from comparer.cost.figure import Figure, amount, figure, known, product, quotient
from comparer.cost.latency import Latencies
from comparer.cost.load import DAYS_A_MONTH, HOURS_A_MONTH, Load
from comparer.cost.prices import Gpu
from comparer.cost.scale_to_zero import standby
from comparer.cost.wording import Amount, exact

Mode = Literal["on_demand", "reserved", "scale_to_zero"]
"""Rented in the active hours; rented for the whole month; switched off when idle, at the price on demand."""
MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True, slots=True)
class ModeCost:
    """What one way of renting costs."""

    monthly: Figure
    per_thousand: Figure
    """Of answers."""
    per_million_tokens: Figure
    """Of tokens in answers."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One model on one kind of card under one load. What cannot be known has the value None, with its formula."""

    requests_an_hour: Figure
    """That one card answers without a pause."""
    peak_an_hour: Figure
    cards: Figure
    busy: Figure
    """Share of the rented time on demand in which the cards work."""
    cold: Figure
    """Share of requests that wait for a card to wake, where cards are switched off when idle."""
    modes: Mapping[Mode, ModeCost]

    def cheapest(self, modes: Sequence[Mode] = MODES) -> tuple[Mode, Fraction] | None:
        """The cheapest of these ways whose cost is known, with that cost a month; None when none is."""
        costs = [(cost, mode) for mode in modes if (cost := self.modes[mode].monthly.value) is not None]
        if not costs:
            return None
        monthly, mode = min(costs, key=lambda one: (one[0], MODES.index(one[1])))
        return mode, monthly


def estimate(load: Load, latencies: Latencies, gpu: Gpu) -> Estimate:
    """What `load` takes on `gpu`, where answers took `latencies`."""
    mean = Amount(latencies.mean_s, "seconds")
    concurrency = amount(latencies.concurrency, "count")
    hourly = None if mean.value is None else latencies.concurrency * 3600 / mean.value
    capacity = figure("requests_an_hour", "count", hourly, mean_s=mean, concurrency=concurrency)

    a_day, hours, peak = amount(load.requests_a_day, "count"), amount(load.active_hours), amount(load.peak_factor)
    busiest = None if a_day.value is None else a_day.value / known(hours) * known(peak)
    peak_an_hour = figure(
        "peak_an_hour", "count", busiest, requests_a_day=a_day, active_hours=hours, peak_factor=peak
    )

    cards = _cards(capacity, peak_an_hour, load)
    busy_share = None
    if a_day.value is not None and hourly is not None and cards.value is not None:
        busy_share = a_day.value / hourly / (cards.value * known(hours))
    busy = figure(
        "busy", "share", busy_share, requests_a_day=a_day, capacity=capacity.amount, cards=cards.amount,
        active_hours=hours,
    )  # fmt: skip
    cold, paid = _standby(load, latencies, cards)
    monthly = {
        "on_demand": _on_demand(load, cards, gpu),
        "reserved": _reserved(cards, gpu),
        "scale_to_zero": _scale_to_zero(load, cards, gpu, paid),
    }
    modes = {mode: _mode_cost(load, monthly[mode]) for mode in MODES}
    return Estimate(capacity, peak_an_hour, cards, busy, cold, MappingProxyType(modes))


def _cards(capacity: Figure, peak_an_hour: Figure, load: Load) -> Figure:
    utilisation = amount(load.utilisation, "share")
    needed = None
    if capacity.value is not None and peak_an_hour.value is not None:
        needed = Fraction(ceil(peak_an_hour.value / (capacity.value * known(utilisation))))
    inputs = {"peak": peak_an_hour.amount, "capacity": capacity.amount, "utilisation": utilisation}
    return figure("cards", "count", needed, **inputs)


def _on_demand(load: Load, cards: Figure, gpu: Gpu) -> Figure:
    hours = amount(exact(load.active_hours) * DAYS_A_MONTH, "hours")
    price = amount(gpu.on_demand_per_hour, "price")
    return figure(
        "on_demand", "usd", product(cards.amount, hours, price), cards=cards.amount, hours=hours, price=price
    )


def _reserved(cards: Figure, gpu: Gpu) -> Figure:
    hours, price = amount(HOURS_A_MONTH, "hours"), amount(gpu.reserved_per_hour, "price")
    return figure(
        "reserved", "usd", product(cards.amount, hours, price), cards=cards.amount, hours=hours, price=price
    )


def _standby(load: Load, latencies: Latencies, cards: Figure) -> tuple[Figure, Amount]:
    """The share of requests that wait for a card, and the share of the active time that is paid.

    Requests are taken to be spread evenly over the cards and the active hours, and answers that are made at a time to
    be one server that is so much faster.
    """
    mean, a_day = latencies.mean_s, load.requests_a_day
    cold, paid = None, None
    if mean is not None and a_day is not None and cards.value is not None and load.cold_start_s is not None:
        each_s = float(a_day / (exact(load.active_hours) * 3600) / cards.value)
        service_s = float(mean / latencies.concurrency)
        if each_s * service_s < 1:
            found = standby(each_s, service_s, float(load.cold_start_s), float(load.idle_timeout_s))
            cold, paid = exact(found.cold), exact(found.paid)
    told = figure(
        "cold", "share", cold,
        requests_a_day=amount(a_day, "count"), mean_s=Amount(mean, "seconds"),
        cold_start_s=amount(load.cold_start_s, "seconds"), idle_timeout_s=amount(load.idle_timeout_s, "seconds"),
    )  # fmt: skip
    return told, Amount(paid, "share")


def _scale_to_zero(load: Load, cards: Figure, gpu: Gpu, paid: Amount) -> Figure:
    hours = amount(exact(load.active_hours) * DAYS_A_MONTH, "hours")
    price = amount(gpu.on_demand_per_hour, "price")
    return figure(
        "scale_to_zero", "usd", product(cards.amount, hours, price, paid),
        cards=cards.amount, hours=hours, price=price, paid=paid,
        cold_start_s=amount(load.cold_start_s, "seconds"), idle_timeout_s=amount(load.idle_timeout_s, "seconds"),
    )  # fmt: skip


def _mode_cost(load: Load, monthly: Figure) -> ModeCost:
    requests = None if load.requests_a_day is None else load.requests_a_day * DAYS_A_MONTH
    answers, tokens = Amount(requests, "count"), amount(load.output_tokens, "number")
    thousand = quotient(monthly.value, requests, 1000)
    produced = None if requests is None or tokens.value is None else requests * tokens.value
    million = quotient(monthly.value, produced, 1_000_000)
    return ModeCost(
        monthly,
        figure("per_thousand", "price", thousand, monthly=monthly.amount, answers=answers),
        figure("per_million_tokens", "price", million, monthly=monthly.amount, answers=answers, tokens=tokens),
    )
