"""Two models on the same cases: is one of them better? Knows pairs of pass shares: no models, items or reviewers.

The p-value and the verdict are those of a single look at a number of cases fixed beforehand. For a table that people
watch while it grows, `holds_under_looking` says whether the verdict stands however often they looked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, inf, log
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from comparer.fit.differences import Difference, difference_interval, mean
from comparer.fit.intervals import ALPHA, SETTLE_LIMIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

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


class Ratio(NamedTuple):
    """`value` to one, with its bounds: 0 <= low <= value <= high, which may be infinite."""

    value: float
    low: float
    high: float


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
    ratio: Ratio | None
    """Of the two, with its 95 % interval; see `ahead_ratio`. None while no case differs."""
    test: PairedTest
    p_value: float
    """Two-sided, for one look."""
    p_value_while_looking: float
    """For any number of looks together: the price of looking is that it takes more cases to become small."""
    verdict: PairedVerdict
    """By `p_value` against 5 %: "better" when the first is. The test decides it, not the interval, which is drawn."""
    more_cases: int | None
    """About how many more cases like these would make `p_value_while_looking` small; 0 when it is, None: not soon."""

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
        ratio=ahead_ratio(ahead, behind),
        test=test,
        p_value=p_value,
        p_value_while_looking=p_value_while_looking(gaps),
        verdict=_verdict(p_value, sum(gaps)),
        more_cases=more_cases_to_differ(gaps),
    )


def ahead_ratio(ahead: int, behind: int) -> Ratio | None:
    """How many cases favour the first for each that favours the second; None without either.

    For yes and no it is the odds ratio of the paired table, b / c. Its bounds are exact: Clopper and Pearson's for
    b / (b + c), turned into odds. Source: M. W. Fagerland, S. Lydersen, P. Laake, Statistics in Medicine 33 (2014)
    2850-2875, section 4.
    """
    if not ahead + behind:
        return None
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(ahead, ahead + behind, alpha=ALPHA, method="beta")
    return Ratio(*(_odds(float(share)) for share in (ahead / (ahead + behind), low, high)))


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else inf


def p_value_while_looking(gaps: list[float]) -> float:
    """A p-value against "the differences have mean 0" that holds at all looks together; `gaps` are within -1..1.

    One over the average of prod(1 + bet * gap) over bets between -1 and 1: what a gambler who bets on the next
    difference, but cannot lose more than he has, would have made of 1. While the mean is 0 he gains nothing on
    average, so the chance that he ever holds 20 is at most 1 in 20. For yes and no it is the even beta-binomial
    mixture over the discordant cases, 1 / (2^n B(b + 1, c + 1)). The bets are Gauss-Legendre nodes: a mixture of
    finitely many bets keeps the promise exactly.

    Source: I. Waudby-Smith, A. Ramdas, J. R. Statist. Soc. B 86 (2024) 1-27; Ville's inequality.
    """
    return min(1.0, exp(-_log_wealth(_log_stakes(gaps), 1.0)))


def more_cases_to_differ(gaps: list[float]) -> int | None:
    """About how many more cases it takes for `p_value_while_looking` to fall below 5 %; 0 when it has.

    It supposes that the next cases differ as these do. None when that is not soon (beyond `SETTLE_LIMIT` cases).
    """
    stakes = _log_stakes(gaps)

    def shown(cases: int) -> bool:
        return _log_wealth(stakes, cases / len(gaps)) > log(1 / ALPHA)

    least, most = len(gaps), SETTLE_LIMIT
    if not gaps or not shown(max(least, most)):
        return None
    while least < most:  # wealth is convex in the number of cases: once it is there, it stays
        middle = (least + most) // 2
        least, most = (least, middle) if shown(middle) else (middle + 1, most)
    return least - len(gaps)


def _log_stakes(gaps: list[float]) -> "NDArray[Any]":
    """For each bet the logarithm of what it made of 1."""
    import numpy as np

    bets, _ = np.polynomial.legendre.leggauss(BETS)
    values, counts = np.unique(np.asarray(gaps, dtype=float), return_counts=True)
    return np.asarray(np.log1p(np.outer(bets, values)) @ counts)


def _log_wealth(log_stakes: "NDArray[Any]", times: float) -> float:
    """Of all bets together, after so many times the cases."""
    import numpy as np
    from scipy.special import logsumexp

    _, weights = np.polynomial.legendre.leggauss(BETS)
    return float(logsumexp(times * log_stakes, b=weights / 2))


def _mcnemar(ahead: int, behind: int, cases: int) -> tuple[PairedTest, float]:
    from statsmodels.stats.contingency_tables import mcnemar

    result = mcnemar([[cases - ahead - behind, ahead], [behind, 0]], exact=True)
    return "mcnemar_exact", min(1.0, float(result.pvalue))


def _sign_flip(gaps: list[float], seed: int) -> tuple[PairedTest, float]:
    if not gaps:
        return "sign_flip_exact", 1.0
    if len(gaps) > EXACT_CASES:
        return "sign_flip_monte_carlo", _random_signs(gaps, seed)
    import numpy as np
    from scipy.stats import permutation_test

    flipped = [*gaps, 0.0] if len(gaps) == 1 else gaps  # scipy wants two; a sign of 0 changes no mean
    result = permutation_test(
        (np.asarray(flipped),),
        lambda values, axis: values.mean(axis=axis),
        permutation_type="samples",
        n_resamples=RESAMPLES,
        vectorized=True,
        batch=4096,  # some megabytes instead of hundreds
    )
    return "sign_flip_exact", min(1.0, float(result.pvalue))


def _random_signs(gaps: list[float], seed: int) -> float:
    """As `permutation_test` has it, but differences of one size are flipped together, however many cases there are.

    How many of n equal differences keep their sign is binomial, so that a draw is one number for each size.
    """
    import numpy as np

    sizes, counts = np.unique(np.abs(np.round(gaps, 12)), return_counts=True)
    kept = np.random.default_rng(seed).binomial(counts, 0.5, size=(RESAMPLES, len(counts)))
    sums = (2 * kept - counts) @ sizes
    as_far = np.abs(sums) >= abs(sum(gaps)) - 1e-9
    return float((as_far.sum() + 1) / (RESAMPLES + 1))


def _verdict(p_value: float, direction: float) -> PairedVerdict:
    if p_value >= ALPHA:
        return "no_difference_shown"
    return "better" if direction > 0 else "worse"
