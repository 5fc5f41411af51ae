"""How sure a share is when what was counted comes in clusters: turns of one dialogue, questions on one picture.

Knows counts only: nothing of models, pictures or questions.
"""

from collections.abc import Sequence
from typing import NamedTuple

from comparer.fit.intervals import ALPHA, Interval, wilson_interval
from comparer.records import RatingSpread


class Cluster(NamedTuple):
    """Of `n` things that belong together, `passed` did; 0 <= passed <= n, n >= 1."""

    passed: int
    n: int


def design_effect(clusters: Sequence[Cluster]) -> float:
    """How many times larger the variance of the share is than that of as many independent things; at least 1.

    v = m / (m - 1) / n^2 * sum of (x_i - n_i p)^2 over the m clusters, and the design effect is v / (p(1 - p) / n).
    Source: J. N. K. Rao, A. J. Scott, Biometrics 48 (1992) 577-585.

    The formula is silent where all passed, where none did, and for a single cluster: the data then do not show how
    much a cluster's things agree. The worst is taken, that they always do: each cluster counts as one. Things that
    are each alone in their cluster are independent (1; the formula would give n / (n - 1)). Raises ValueError
    without clusters.
    """
    if not clusters:
        raise ValueError("no clusters")
    spread = RatingSpread(
        accepted=sum(c.passed for c in clusters),
        ratings_squared=sum(c.n**2 for c in clusters),
        ratings_by_accepted=sum(c.n * c.passed for c in clusters),
        accepted_squared=sum(c.passed**2 for c in clusters),
    )
    return design_effect_of_sums(len(clusters), sum(c.n for c in clusters), spread)


def design_effect_of_sums(m: int, n: int, spread: RatingSpread) -> float:
    """The same for `n` things in `m` clusters of which only sums are known; `m` >= 1.

    sum of (x_i - n_i p)^2 = sum of x_i^2 - 2 p sum of n_i x_i + p^2 sum of n_i^2: no cluster need be looked at again.
    The sums are whole numbers, so that n^2 times it is one too and nothing cancels.
    """
    passed = spread.accepted
    if m == n:
        return 1.0
    if passed in (0, n) or m == 1:
        return n / m
    squares = (
        n**2 * spread.accepted_squared
        - 2 * n * passed * spread.ratings_by_accepted
        + passed**2 * spread.ratings_squared
    )  # n^2 times the sum of squares
    return max(1.0, m / (m - 1) * squares / (n * passed * (n - passed)))


def clustered_interval(clusters: Sequence[Cluster], alpha: float = ALPHA) -> Interval:
    """Wilson's interval on Rao and Scott's effective counts, passed / d of n / d; without clusters (0, 1)."""
    if not clusters:
        return wilson_interval(0, 0, alpha)
    effect = design_effect(clusters)
    n = sum(c.n for c in clusters) / effect
    rate = sum(c.passed for c in clusters) / sum(c.n for c in clusters)
    return wilson_interval(rate * n, n, alpha)
