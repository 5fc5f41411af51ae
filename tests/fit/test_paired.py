"""Two models on the same cases: published tables, McNemar as a limit, and people who keep looking."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaln
from scipy.stats import binomtest

from comparer.fit.paired import Pair, PairedComparison, compare_paired, p_value_while_looking


def compared(rows: Sequence[tuple[float, float]]) -> PairedComparison:
    result = compare_paired({str(index): Pair(*row) for index, row in enumerate(rows)})
    assert result is not None
    return result


def table(both: int, first: int, second: int, neither: int) -> PairedComparison:
    return compared([(1, 1)] * both + [(1, 0)] * first + [(0, 1)] * second + [(0, 0)] * neither)


def test_airway_reactions_before_and_after_transplantation() -> None:
    """Bentur et al. (2009), 21 children: exact McNemar p = 0.0703.

    Source: M. W. Fagerland, S. Lydersen, P. Laake, BMC Medical Research Methodology 13:91 (2013), table 1.
    """
    result = table(both=1, first=1, second=7, neither=12)
    assert (result.cases, result.first_ahead, result.second_ahead) == (21, 1, 7)
    assert result.test == "mcnemar_exact"
    assert result.p_value == pytest.approx(0.0703, abs=5e-5)
    assert result.verdict == "no_difference_shown"
    assert (result.first_rate, result.second_rate) == pytest.approx((2 / 21, 8 / 21))
    assert (result.difference.low, result.difference.high) == pytest.approx((-0.507, -0.026), abs=5e-4)


DARWIN = (49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48)
"""Heights of crossed less self-fertilised maize, in eighths of an inch."""


def test_darwins_maize_by_fishers_signs() -> None:
    """1726 of the 32,768 signs give a mean as far from 0. Source: R. A. Fisher, The Design of Experiments, s. 21."""
    result = compared([(0.5 + gap / 200, 0.5 - gap / 200) for gap in DARWIN])
    assert result.test == "sign_flip_exact"
    assert result.p_value == pytest.approx(1726 / 32768)
    assert result.difference.value == pytest.approx(sum(DARWIN) / 1500)


def test_random_signs_come_near_to_all_of_them_and_are_the_same_again() -> None:
    """Darwin's plants and one small gap more, which is one too many for all signs."""
    rows = [(0.5 + gap / 200, 0.5 - gap / 200) for gap in (*DARWIN, 1)]
    result = compared(rows)
    signs = np.array(np.meshgrid(*[[-1, 1]] * 15, indexing="ij")).reshape(15, -1)
    sums = np.array([*DARWIN]) @ signs
    all_signs = np.mean(np.abs(np.concatenate([sums - 1, sums + 1])) >= sum(DARWIN) + 1)
    assert result.test == "sign_flip_monte_carlo"
    assert result.p_value == pytest.approx(all_signs, abs=0.006)
    assert result == compared(rows)


@given(st.integers(0, 7), st.integers(0, 7))
def test_signs_on_whole_gaps_are_mcnemars_test(ahead: int, behind: int) -> None:
    """A case that both got half right changes nothing, except that signs are flipped."""
    whole = compared([(1, 0)] * ahead + [(0, 1)] * behind + [(1, 1)])
    mixed = compared([(1, 0)] * ahead + [(0, 1)] * behind + [(0.5, 0.5)])
    assert (whole.test, mixed.test) == ("mcnemar_exact", "sign_flip_exact")
    expected = binomtest(ahead, ahead + behind).pvalue if ahead + behind else 1.0
    assert whole.p_value == pytest.approx(expected)
    assert mixed.p_value == pytest.approx(expected)


def test_verdicts_and_their_opposites() -> None:
    better, worse = table(20, 15, 1, 4), table(20, 1, 15, 4)
    assert (better.verdict, worse.verdict) == ("better", "worse")
    assert better.p_value == pytest.approx(worse.p_value)
    assert better.holds_under_looking and worse.holds_under_looking
    for same in (table(20, 0, 0, 5), table(20, 6, 6, 5)):
        assert same.verdict == "no_difference_shown"
        assert same.p_value == 1
        assert not same.holds_under_looking


def test_a_verdict_of_one_look_may_not_hold_under_looking() -> None:
    result = table(20, 9, 1, 4)
    assert result.verdict == "better"
    assert not result.holds_under_looking


@given(st.integers(0, 40), st.integers(0, 40))
def test_evidence_on_whole_gaps_is_the_beta_binomial_mixture(ahead: int, behind: int) -> None:
    log_mixture = (ahead + behind) * np.log(2) + betaln(ahead + 1, behind + 1)
    evidence = p_value_while_looking([1.0] * ahead + [0.0] * 3 + [-1.0] * behind)
    assert evidence == pytest.approx(min(1.0, np.exp(-log_mixture)), rel=1e-9)


@pytest.mark.slow
def test_looking_after_every_case_seldom_finds_a_difference_that_is_not_there() -> None:
    """Equal models, shares of two reviewers; one look's p-value would find one several times as often."""
    dice = np.random.default_rng(8)
    bets, weights = np.polynomial.legendre.leggauss(64)
    chance = dice.beta(4, 1.5, size=(3_000, 200))
    gaps = (dice.binomial(2, chance) - dice.binomial(2, chance)) / 2
    found, found_naively = 0, 0
    for row in gaps:
        wealth = np.exp(np.log1p(np.outer(bets, row)).cumsum(axis=1)).T @ weights / 2
        found += bool((wealth > 20).any())
        squares = (row**2).cumsum()
        found_naively += bool((np.abs(row.cumsum()[19:]) > 1.96 * np.sqrt(squares[19:])).any())
    assert p_value_while_looking(list(gaps[-1])) == pytest.approx(min(1.0, 1 / wealth[-1]))
    assert found / len(gaps) <= 0.05
    assert found_naively / len(gaps) > 0.15


def test_nothing_to_compare_and_impossible_shares() -> None:
    assert compare_paired({}) is None
    with pytest.raises(ValueError, match="not within"):
        compare_paired({"a": Pair(1.5, 0)})
