"""Do people vote for a place on the screen? Answers stand in random order, so every place should win as often.

Knows where the chosen answer stood and nothing else. Votes of one turn count as independent here, which they are
under the question asked only as far as each reviewer saw an order of their own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import comb
from typing import Literal

from comparer.fit.intervals import ALPHA
from comparer.fit.preference import Vote

PlaceTest = Literal["multinomial_exact", "chi_square"]
PlaceVerdict = Literal["places_differ", "no_difference_shown", "no_votes"]

EXACT_OUTCOMES = 20_000
"""Up to so many ways to share the votes among the places all are counted: 198 votes on three places."""


@dataclass(frozen=True, slots=True)
class PositionBias:
    """How often each place was chosen, left to right."""

    counts: tuple[int, ...]
    shares: tuple[float, ...]
    """Of `votes`; all 0 without any."""
    votes: int
    """Votes for one answer among as many as there are places: what is counted here."""
    left_out: int
    """Votes for one answer among more or fewer."""
    test: PlaceTest
    p_value: float | None
    """Of equal shares, for one look; None without votes."""
    verdict: PlaceVerdict


def position_bias(votes: Iterable[Vote], places: int = 3) -> PositionBias:
    """Count the places of the chosen answers and test them against equal shares.

    Raises ValueError for fewer than two places. Exact while the outcomes can be counted, see `multinomial_test`;
    beyond that Pearson's chi-square, by then with more than 60 votes a place.
    """
    if places < 2:
        raise ValueError(f"{places} places")
    chosen = [vote for vote in votes if vote.choice == "answer"]
    counted = [vote for vote in chosen if len(vote.shown) == places]
    stood = [vote.shown.index(vote.best) for vote in counted]
    counts = tuple(stood.count(place) for place in range(places))
    exact = comb(len(counted) + places - 1, places - 1) <= EXACT_OUTCOMES
    p_value = None if not counted else _p_value(counts, exact)
    return PositionBias(
        counts=counts,
        shares=tuple(count / len(counted) if counted else 0.0 for count in counts),
        votes=len(counted),
        left_out=len(chosen) - len(counted),
        test="multinomial_exact" if exact else "chi_square",
        p_value=p_value,
        verdict="no_votes" if p_value is None else "places_differ" if p_value < ALPHA else "no_difference_shown",
    )


def multinomial_test(counts: Sequence[int], shares: Sequence[float]) -> float:
    """Exact p-value of `counts` under `shares` that sum to 1: the chance of all outcomes at most as likely.

    The binomial test with more than two outcomes; `scipy` and `statsmodels` have it for two only.
    Source: T. R. C. Read, N. A. C. Cressie, Goodness-of-Fit Statistics for Discrete Multivariate Data (1988); the R
    package `EMT` computes the same.
    """
    import numpy as np
    from scipy.stats import multinomial

    n, k = sum(counts), len(counts)
    grid = np.indices((n + 1,) * (k - 1)).reshape(k - 1, -1).T
    grid = grid[grid.sum(axis=1) <= n]
    outcomes = np.column_stack([grid, n - grid.sum(axis=1)])
    chances = multinomial.pmf(outcomes, n, shares)
    seen = multinomial.pmf(counts, n, shares)
    return float(min(1.0, chances[chances <= seen * (1 + 1e-9)].sum()))


def _p_value(counts: Sequence[int], exact: bool) -> float:
    from scipy.stats import chisquare

    if exact:
        return multinomial_test(counts, [1 / len(counts)] * len(counts))
    return float(chisquare(counts).pvalue)
