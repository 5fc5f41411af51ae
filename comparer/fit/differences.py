"""How sure the difference of two pass rates is, be they of the same cases, of others, or of some the same.

Knows shares by case only: nothing of models, reviewers or items.
"""

from collections.abc import Mapping
from math import sqrt
from typing import NamedTuple

from comparer.fit.intervals import ALPHA, wilson_interval

Shares = Mapping[str, float]
"""Share of acceptable ratings, 0..1, by the case's key. The case is the unit, however many rated it."""


class Difference(NamedTuple):
    """First rate minus second, with its bounds: -1 <= low <= value <= high <= 1."""

    value: float
    low: float
    high: float


def difference_interval(first: Shares, second: Shares, alpha: float = ALPHA) -> Difference | None:
    """Newcombe's method 10 for the mean of `first` minus the mean of `second`; None when one has no cases.

    With (l, u) Wilson's interval of each rate p and r the correlation of the two rates,
    low = p1 - p2 - sqrt((p1 - l1)^2 - 2 r (p1 - l1)(u2 - p2) + (u2 - p2)^2), and high alike.
    Without a common case r is 0, which is method 10 for independent rates. With the same cases in both it is the
    phi of the paired table, which is method 10 for paired rates. With m common cases of n1 and n2 it is
    phi m / sqrt(n1 n2), since only the common cases vary together.

    Source: R. G. Newcombe, Statistics in Medicine 17 (1998) 873-890 (independent) and 2635-2650 (paired); as a
    square-and-add of any two intervals: G. Y. Zou, A. Donner, Statistics in Medicine 27 (2008) 1693-1702.
    Chosen over T. Tango, Statistics in Medicine 17 (1998) 891-908, which needs whole counts and the same cases on
    both sides; both are recommended by M. W. Fagerland, S. Lydersen, P. Laake, Statistics in Medicine 33 (2014)
    2850-2875.

    Shares between 0 and 1 enter as they are. They vary at most as much as a yes or no of the same mean, so that
    Wilson's intervals are wide enough, and phi is their covariance on that same scale: never too sure.
    Raises ValueError for a share outside of 0..1. Right for one look, as Wilson's interval is.
    """
    check_shares(first)
    check_shares(second)
    if not first or not second:
        return None
    p1, p2 = mean(first), mean(second)
    one = wilson_interval(sum(first.values()), len(first), alpha)
    two = wilson_interval(sum(second.values()), len(second), alpha)
    together = sorted(first.keys() & second.keys())
    r = _phi([first[case] for case in together], [second[case] for case in together])
    r *= len(together) / sqrt(len(first) * len(second))
    low = p1 - p2 - _added(p1 - one.low, two.high - p2, r)
    high = p1 - p2 + _added(one.high - p1, p2 - two.low, r)
    return Difference(p1 - p2, max(-1.0, low), min(1.0, high))


def mean(shares: Shares) -> float:
    """The pass rate over cases; raises ZeroDivisionError without any."""
    return min(1.0, max(0.0, sum(shares.values()) / len(shares)))


def check_shares(shares: Shares) -> None:
    """Raise ValueError for the first share that is outside of 0..1."""
    for case, share in shares.items():
        if not 0 <= share <= 1:
            raise ValueError(f"share {share} of case {case!r} is not within 0..1")


def _added(one: float, two: float, r: float) -> float:
    return sqrt(max(0.0, one**2 - 2 * r * one * two + two**2))


def _phi(first: list[float], second: list[float]) -> float:
    """Phi of the paired table, with Newcombe's correction for continuity; 0 where a margin is empty."""
    n, a, b = len(first), sum(first), sum(second)
    margins = a * (n - a) * b * (n - b)
    if margins <= 0:
        return 0.0
    joint = n * sum(x * y for x, y in zip(first, second, strict=True)) - a * b
    if joint > 0:
        joint = max(0.0, joint - n / 2)
    return float(joint / sqrt(margins))
