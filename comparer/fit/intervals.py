"""How sure a pass rate is. Knows counts only: nothing of models, items, reviewers or the database.

A count is `passed` out of `cases`, where every case adds the share of its ratings that are acceptable; so `passed`
may be fractional. The case is the unit, however many reviewers rated it: ratings of one case are not independent,
and a share within [0, 1] of mean p varies at most as much as a single yes or no of the same p (p(1 - p)). Taking
`cases` as the sample size is therefore never too sure; that is the widening by the design effect, at its largest.
"""

from collections.abc import Callable
from math import inf, log, log1p
from typing import Literal, NamedTuple

Verdict = Literal["meets", "fails", "undecided", "no_ratings"]

ALPHA = 0.05
"""Chance of ever being wrong that a verdict may have, over all looks together."""

PRIOR = (3.0, 1.0)
"""Beta weights of the mixture: mean 0.75, in the midst of the pass rates that businesses ask for.

Any fixed prior keeps the promise; it only decides which truths are found soon. Median ratings to settle, simulated
(20,000 runs each): 0.95 against 0.80 takes 35 with this one, 51 with the even prior (1, 1), 49 with Jeffreys's;
0.60 against 0.80 takes 35, 32 and 37. Priors nearer to 1 find "meets" a little sooner and "fails" much later.
"""

SETTLE_LIMIT = 100_000
"""Beyond this, "n more ratings would settle it" is no longer advice."""


class Interval(NamedTuple):
    """Bounds of a pass rate, 0 <= low <= high <= 1."""

    low: float
    high: float


EVERYTHING = Interval(0.0, 1.0)


def wilson_interval(passed: float, cases: float, alpha: float = ALPHA) -> Interval:
    """Wilson's score interval: what is drawn. Right for one look at a number of cases fixed beforehand.

    Fractional counts enter Wilson's formula as they are. Without cases all is possible: (0, 1).
    Source: E. B. Wilson, JASA 22 (1927) 209-212, as `statsmodels.stats.proportion.proportion_confint` has it.
    """
    _check(passed, cases)
    if cases == 0:
        return EVERYTHING
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(passed, cases, alpha=alpha, method="wilson")
    rate = passed / cases  # rounding must not put the rate outside its own interval
    return Interval(max(0.0, min(float(low), rate)), min(1.0, max(float(high), rate)))


def confidence_sequence(passed: float, cases: int, alpha: float = ALPHA) -> Interval:
    """An interval that holds at all looks together: what the verdict goes by.

    With chance 1 - alpha the true rate never leaves it, whenever and however often one looks, also if one stops
    because of what one saw. It holds the rates p whose mixture likelihood ratio
    B(a + s, b + n - s) / (B(a, b) p^s (1 - p)^(n - s)) stays below 1 / alpha, s passed of n, (a, b) = `PRIOR`.

    Source: H. Robbins, Ann. Math. Statist. 41 (1970) 1397-1409; S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon,
    Ann. Statist. 49 (2021) 1055-1080 (Ville's inequality for mixtures). For a share X in [0, 1] of mean p, not just
    0 or 1, the factor (q/p)^X ((1-q)/(1-p))^(1-X) is convex in X, so it lies below its chord between X = 0 and 1
    and has a mean of at most 1: the ratio is still a supermartingale and the promise holds. The promise is about
    cases that come one after another; a second rating of an old case moves its share afterwards.
    """
    _check(passed, cases)
    if cases == 0:
        return EVERYTHING
    rate, limit = passed / cases, -log(alpha)

    def excess(p: float) -> float:
        return evidence_against(p, passed, cases) - limit

    low = 0.0 if excess(0.0) < 0 else _crossing(excess, outside=0.0, inside=rate)
    high = 1.0 if excess(1.0) < 0 else _crossing(excess, outside=1.0, inside=rate)
    return Interval(low, high)


def evidence_against(p: float, passed: float, cases: float) -> float:
    """Natural logarithm of the mixture likelihood ratio against the true rate being `p`; may be infinite."""
    from scipy.special import betaln

    failed = cases - passed
    if (passed > 0 and p <= 0) or (failed > 0 and p >= 1):
        return inf
    a, b = PRIOR
    mixture = float(betaln(a + passed, b + failed) - betaln(a, b))
    return mixture - (passed * log(p) if passed > 0 else 0.0) - (failed * log1p(-p) if failed > 0 else 0.0)


def verdict(passed: float, cases: int, threshold: float) -> Verdict:
    """Whether the true pass rate is at least `threshold`, by the confidence sequence.

    "meets": its low bound is at or over the threshold; "fails": its high bound is below; else "undecided".
    Asked without finding the bounds: the threshold lies outside when the evidence against it is large enough.
    """
    _check(passed, cases)
    if cases == 0:
        return "no_ratings"
    return _settled(passed, cases, threshold) or "undecided"


def more_ratings_to_settle(passed: float, cases: int, threshold: float) -> int | None:
    """How many more cases, rated once each at the present rate, would end "undecided"; 0 when it is settled.

    None without ratings, when the rate is the threshold itself, and beyond `SETTLE_LIMIT`. A forecast, not a
    promise: along a constant rate the evidence is convex in the number of cases and starts at 0, so it crosses
    the limit once and bisection finds where.
    """
    _check(passed, cases)
    if cases == 0:
        return None
    rate = passed / cases

    def settled_after(more: int) -> bool:
        return _settled(passed + rate * more, cases + more, threshold) is not None

    if settled_after(0):
        return 0
    if not settled_after(SETTLE_LIMIT):
        return None
    too_few, enough = 0, SETTLE_LIMIT
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        too_few, enough = (too_few, middle) if settled_after(middle) else (middle, enough)
    return enough


def _settled(passed: float, cases: int, threshold: float) -> Literal["meets", "fails"] | None:
    rate = passed / cases
    if threshold <= 0:
        return "meets"  # every rate is at least 0
    if abs(rate - threshold) < 1e-12 or evidence_against(threshold, passed, cases) < -log(ALPHA):
        return None
    return "meets" if rate > threshold else "fails"


def _crossing(excess: Callable[[float], float], *, outside: float, inside: float) -> float:
    """Where `excess` turns from positive (`outside`, infinite at an end perhaps) to negative, by halving."""
    for _ in range(1200):  # down to the smallest number above zero, where one acceptance in many cases puts it
        middle = (outside + inside) / 2
        if middle in (outside, inside):
            break
        outside, inside = (middle, inside) if excess(middle) >= 0 else (outside, middle)
    return outside


def _check(passed: float, cases: float) -> None:
    if not 0 <= passed <= cases:
        raise ValueError(f"{passed} passed of {cases} cases")
