"""A card that is switched off when nobody asks: the share of time that is paid, and who waits for it to wake."""

from math import exp
from typing import NamedTuple


class Standby(NamedTuple):
    """Shares of 1."""

    paid: float
    """Of the time: working, waking, or waiting for the idle time-out."""
    cold: float
    """Of the requests: those that find the card off or waking."""


def standby(requests_per_s: float, service_s: float, cold_start_s: float, idle_timeout_s: float) -> Standby:
    """One card with requests that come by chance (Poisson), one after another, each taking `service_s` on average.

    A cycle begins with a request that finds the card off. It wakes for C seconds, in which l C more requests come
    (l a second); it works them off, which with those that come meanwhile takes (1 + l C) S / (1 - l S); then it
    waits for up to T. A request within T, with chance 1 - exp(-l T), starts another busy period of S / (1 - l S);
    without one the card is switched off, for 1 / l on average. Renewal-reward over that cycle, all divided by
    exp(l T) so that nothing overflows. It holds for service times of any distribution (M/G/1 with setup and timer, a
    queue with generalized vacations: S. W. Fuhrmann, R. B. Cooper, Oper. Res. 33 (1985) 1117-1129).

    Raises ValueError when one card cannot keep up (l S >= 1).
    """
    busy = requests_per_s * service_s
    if not 0 < busy < 1 or cold_start_s < 0 or idle_timeout_s < 0:
        raise ValueError(f"{requests_per_s} requests a second of {service_s} s")
    stays_off = exp(-requests_per_s * idle_timeout_s)
    woken = requests_per_s * cold_start_s
    paid_s = (
        cold_start_s * stays_off + (woken * stays_off + 1) * service_s / (1 - busy) + (1 - stays_off) / requests_per_s
    )
    off_s = stays_off / requests_per_s
    cycle_s = paid_s + off_s
    return Standby(paid_s / cycle_s, (1 + woken) * stays_off / (requests_per_s * cycle_s))
