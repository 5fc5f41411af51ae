"""Two models on the same cases: is one of them better? Knows pairs of pass shares: no models, items or reviewers.

The p-value and the verdict are those of a single look at a number of cases fixed beforehand. For a table that people
watch while it grows, `holds_under_looking` says whether the verdict stands however often they looked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from comparer.fit.differences import Difference, difference_interval, mean
from comparer.fit.intervals import ALPHA

PairedVerdict = Literal["better", "worse", "no_difference_shown"]
PairedTest = Literal["mcnemar_exact", "sign_flip_exact", "sign_flip_monte_carlo"]

EXACT_CASES = 15
"""Up to so many differing cases all 2^n signs are tried, beyond it as many at random."""

RESAMPLES = 2**EXACT_CASES
"""Beyond `EXACT_CASES` a p-value of 0.05 is right within 0.0025, twice its standard error."""

BETS = 64
"""How many bets the evidence is averaged over."""


class Pair(NamedTuple):
    """Share of acceptable ratings, 0..1, that each of two models got on one case."""

    first: float
    second: float


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """The first model against the second, on the cases that both were rated on."""

    cases: int
    first_rate: float
    second_rate: float
    difference: Difference
    """First minus second, with its 95 % interval; see `difference_interval`."""
    first_ahead: int
    second_ahead: int
    """Cases on which one's share is larger: for yes and no McNemar's discordant counts."""
    test: PairedTest
    p_value: float
    """Two-sided, for one look."""
    p_value_while_looking: float
    """For any number of looks together: the price of looking is that it takes more cases to become small."""
    verdict: PairedVerdict
    """By `p_value` against 5 %: "better" when the first is. The test decides it, not the interval, which is drawn."""

    @property
    def holds_under_looking(self) -> bool:
        """Whether the verdict is a difference that stands however often one has looked at it."""
        return self.verdict != "no_difference_shown" and self.p_value_while_looking < ALPHA


def compare_paired(pairs: Mapping[str, Pair], seed: int = 0) -> PairedComparison | None:
    """Compare two models case by case; None without cases. Raises ValueError for a share outside of 0..1.

    Where every case is a plain yes or no, the test is McNemar's exact one: given the discordant cases, each is as
    likely to favour either. Source: Q. McNemar, Psychometrika 12 (1947) 153-157, as `statsmodels` has it.

    Where several reviewers rated a case, its share may lie between. Then the differences are tested by flipping
    their signs: if neither model is better, each difference was as likely to have come out the other way round, so
    the mean is compared with the means under all signs, or under `RESAMPLES` random ones drawn from `seed`.
    For yes and no this is McNemar's exact test again, so that the p-value does not jump when a second reviewer
    joins. Source: R. A. Fisher, The Design of Experiments (1935), section 21, as `scipy.stats.permutation_test`.
    """
    first = {case: pair.first for case, pair in pairs.items()}
    second = {case: pair.second for case, pair in pairs.items()}
    difference = difference_interval(first, second)
    if difference is None:
        return None
    gaps = [pair.first - pair.second for pair in pairs.values()]
    ahead, behind = sum(gap > 0 for gap in gaps), sum(gap < 0 for gap in gaps)
    if all(share in (0, 1) for pair in pairs.values() for share in pair):
        test, p_value = _mcnemar(ahead, behind, len(pairs))
    else:
        test, p_value = _sign_flip([gap for gap in gaps if gap], seed)
    return PairedComparison(
        cases=len(pairs),
        first_rate=mean(first),
        second_rate=mean(second),
        difference=difference,
        first_ahead=ahead,
        second_ahead=behind,
        test=test,
        p_value=p_value,
        p_value_while_looking=p_value_while_looking(gaps),
        verdict=_verdict(p_value, sum(gaps)),
    )


def p_value_while_looking(gaps: list[float]) -> float:
    """A p-value against "the differences have mean 0" that holds at all looks together; `gaps` are within -1..1.

    One over the average of prod(1 + bet * gap) over bets between -1 and 1: what a gambler who bets on the next
    difference, but cannot lose more than he has, would have made of 1. While the mean is 0 he gains nothing on
    average, so the chance that he ever holds 20 is at most 1 in 20. For yes and no it is the even beta-binomial
    mixture over the discordant cases, 1 / (2^n B(b + 1, c + 1)). The bets are Gauss-Legendre nodes: a mixture of
    finitely many bets keeps the promise exactly.

    Source: I. Waudby-Smith, A. Ramdas, J. R. Statist. Soc. B 86 (2024) 1-27; Ville's inequality.
    """
    import numpy as np
    from scipy.special import logsumexp

    bets, weights = np.polynomial.legendre.leggauss(BETS)
    log_wealth = np.log1p(np.outer(bets, np.asarray(gaps, dtype=float))).sum(axis=1)
    return float(min(1.0, np.exp(-logsumexp(log_wealth, b=weights / 2))))


def _mcnemar(ahead: int, behind: int, cases: int) -> tuple[PairedTest, float]:
    from statsmodels.stats.contingency_tables import mcnemar

    result = mcnemar([[cases - ahead - behind, ahead], [behind, 0]], exact=True)
    return "mcnemar_exact", min(1.0, float(result.pvalue))


def _sign_flip(gaps: list[float], seed: int) -> tuple[PairedTest, float]:
    import numpy as np
    from scipy.stats import permutation_test

    test: PairedTest = "sign_flip_exact" if len(gaps) <= EXACT_CASES else "sign_flip_monte_carlo"
    if not gaps:
        return test, 1.0
    flipped = [*gaps, 0.0] if len(gaps) == 1 else gaps  # scipy wants two; a sign of 0 changes no mean
    result = permutation_test(
        (np.asarray(flipped),),
        lambda values, axis: values.mean(axis=axis),
        permutation_type="samples",
        n_resamples=RESAMPLES,
        vectorized=True,
        batch=4096,  # some megabytes instead of hundreds
        rng=np.random.default_rng(seed),
    )
    return test, min(1.0, float(result.pvalue))


def _verdict(p_value: float, direction: float) -> PairedVerdict:
    if p_value >= ALPHA:
        return "no_difference_shown"
    return "better" if direction > 0 else "worse"
