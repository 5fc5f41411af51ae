"""Intervals and verdicts against published figures and statsmodels; people who keep looking: test_simulation.py."""

from math import lgamma, log, log1p, nextafter

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.special import betaln
from statsmodels.stats.proportion import proportion_confint

from comparer.fit.intervals import (
    ALPHA,
    PRIOR,
    SETTLE_LIMIT,
    Interval,
    confidence_sequence,
    evidence_against,
    more_ratings_to_settle,
    verdict,
    wilson_interval,
)

COUNTS = st.integers(1, 300).flatmap(lambda cases: st.tuples(st.floats(0, cases), st.just(cases)))
THRESHOLDS = st.floats(0.01, 0.99)


# --- Wilson ---


@pytest.mark.parametrize(
    ("passed", "cases", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_agrees_with_newcombes_worked_examples(passed: int, cases: int, low: float, high: float) -> None:
    assert wilson_interval(passed, cases) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("passed", "cases"), [(16, 16), (24, 25), (49, 54), (196, 230)])
def test_the_fewest_ratings_whose_low_bound_reaches_80_percent(passed: int, cases: int) -> None:
    assert wilson_interval(passed, cases).low >= 0.80
    assert wilson_interval(passed - 1, cases).low < 0.80
    assert wilson_interval(passed - 1, cases - 1).low < 0.80


def test_nine_of_ten_is_60_to_98_percent() -> None:
    low, high = wilson_interval(9, 10)
    assert (round(low, 2), round(high, 2)) == (0.60, 0.98)


@given(COUNTS)
def test_wilson_equals_statsmodels_and_holds_the_rate(count: tuple[float, int]) -> None:
    passed, cases = count
    interval = wilson_interval(passed, cases)
    assert interval == pytest.approx(proportion_confint(passed, cases, method="wilson"), abs=1e-9)
    assert 0 <= interval.low <= passed / cases <= interval.high <= 1


def test_a_fractional_count_lies_between_its_neighbours() -> None:
    assert wilson_interval(7, 10).low < wilson_interval(7.5, 10).low < wilson_interval(8, 10).low


# --- confidence sequence ---


def log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def against(bound: float, passed: float, cases: int) -> float:
    a, b = PRIOR
    ratio = log_beta(a + passed, b + cases - passed) - log_beta(a, b)
    ratio -= passed * log(bound) if passed else 0.0
    return ratio - ((cases - passed) * log1p(-bound) if cases > passed else 0.0)


@given(COUNTS)
@example((0.25, 97))
@example((220.75, 221))
@example((230.75, 231))
def test_the_sequence_ends_where_the_evidence_reaches_its_limit(count: tuple[float, int]) -> None:
    """The evidence passes the limit between the bound and the next number inside: next to 1 that is a wide step."""
    passed, cases = count
    limit = log(1 / ALPHA)
    for bound in confidence_sequence(passed, cases):
        if 0 < bound < 1:
            assert against(bound, passed, cases) >= limit - 1e-6
            assert against(nextafter(bound, passed / cases), passed, cases) <= limit + 1e-6


@given(COUNTS)
def test_the_sequence_holds_the_rate(
    count: tuple[float, int],
) -> None:
    passed, cases = count
    low, high = confidence_sequence(passed, cases)
    assert 0 <= low <= passed / cases + 1e-12
    assert passed / cases - 1e-12 <= high <= 1


def test_more_cases_at_one_rate_narrow_it() -> None:
    widths = [high - low for low, high in (confidence_sequence(0.9 * n, n) for n in (10, 40, 160, 640, 2560))]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 0.06


def test_the_mixture_is_a_fair_bet_against_every_true_rate() -> None:
    """Over all outcomes of n cases the likelihood ratio averages to 1: Ville's inequality needs just this."""
    cases = 12
    for rate in (0.1, 0.5, 0.8, 0.97):
        outcomes = np.arange(cases + 1)
        ways = np.exp(-betaln(outcomes + 1, cases - outcomes + 1)) / (cases + 1)
        chances = ways * rate**outcomes * (1 - rate) ** (cases - outcomes)
        ratios = [np.exp(evidence_against(rate, passed, cases)) for passed in outcomes]
        assert chances @ ratios == pytest.approx(1.0, abs=1e-9)


def test_shares_within_a_case_only_make_the_bet_worse() -> None:
    dice = np.random.default_rng(3)
    for mean in (0.3, 0.8):
        shares = dice.beta(4 * mean, 4 * (1 - mean), size=(20_000, 6)).sum(axis=1)
        ratios = [np.exp(evidence_against(mean, float(passed), 6)) for passed in shares]
        assert np.mean(ratios) < 1


def test_without_cases_everything_is_possible() -> None:
    assert wilson_interval(0, 0) == confidence_sequence(0, 0) == Interval(0, 1)


@pytest.mark.parametrize(("passed", "cases"), [(-1, 3), (4, 3), (float("nan"), 3), (0.5, 0)])
def test_impossible_counts_are_refused(passed: float, cases: int) -> None:
    for function in (wilson_interval, confidence_sequence):
        with pytest.raises(ValueError, match="passed of"):
            function(passed, cases)
    for function in (verdict, more_ratings_to_settle):
        with pytest.raises(ValueError, match="passed of"):
            function(passed, cases, 0.8)


# --- verdict ---


@given(COUNTS, THRESHOLDS)
def test_the_verdict_is_what_the_bounds_say(count: tuple[float, int], threshold: float) -> None:
    low, high = confidence_sequence(*count)
    said = verdict(*count, threshold)
    if threshold < low - 1e-9:
        assert said == "meets"
    elif threshold > high + 1e-9:
        assert said == "fails"
    elif low + 1e-9 < threshold < high - 1e-9:
        assert said == "undecided"


@pytest.mark.parametrize(
    ("passed", "cases", "threshold", "said"),
    [
        (0, 0, 0.8, "no_ratings"),
        (1, 1, 0.8, "undecided"),
        (16, 16, 0.8, "undecided"),  # where Wilson, asked after every rating, would already say "meets"
        (24, 24, 0.8, "meets"),
        (23, 23, 0.8, "undecided"),
        (0, 5, 0.8, "fails"),
        (50, 50, 1.0, "undecided"),  # never to be shown
        (49, 50, 1.0, "fails"),
        (0, 1, 0.0, "meets"),
    ],
)
def test_verdicts(passed: float, cases: int, threshold: float, said: str) -> None:
    assert verdict(passed, cases, threshold) == said


# --- how many more ---


@given(COUNTS, THRESHOLDS)
def test_the_forecast_is_the_first_number_that_settles(count: tuple[float, int], threshold: float) -> None:
    passed, cases = count
    more = more_ratings_to_settle(passed, cases, threshold)
    rate = passed / cases

    def settled(extra: int) -> bool:
        return verdict(min(passed + rate * extra, cases + extra), cases + extra, threshold) != "undecided"

    if more is None:
        assert not settled(SETTLE_LIMIT)
        return
    assert settled(more)
    if more > 0:
        assert not any(settled(extra) for extra in {0, more // 3, more // 2, more - 1})


def test_forecasts() -> None:
    assert more_ratings_to_settle(0, 0, 0.8) is None
    assert more_ratings_to_settle(8, 10, 0.8) is None  # at the threshold itself
    assert more_ratings_to_settle(8_001, 10_001, 0.8) is None  # beyond any budget
    assert more_ratings_to_settle(24, 24, 0.8) == 0
    assert more_ratings_to_settle(20, 20, 0.8) == 4
