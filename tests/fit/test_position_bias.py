"""Votes by place on the screen: a published exact test, scipy where it has one, and reviewers who prefer the left."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chisquare

from comparer.fit.position_bias import multinomial_test, position_bias
from comparer.fit.preference import Vote

SHOWN = ("a", "b", "c")


def chosen(left: int, middle: int, right: int) -> list[Vote]:
    places = [0] * left + [1] * middle + [2] * right
    orders = [SHOWN, ("b", "c", "a"), ("c", "a", "b")]
    return [Vote(str(i), orders[i % 3], "answer", orders[i % 3][place]) for i, place in enumerate(places)]


def test_the_example_of_the_r_package_emt() -> None:
    """U. Menzel, EMT: Exact Multinomial Test, manual of version 1.3.1: p.value = 0.0767."""
    assert multinomial_test([5, 2, 1], [0.25, 0.5, 0.25]) == pytest.approx(0.0767, abs=5e-5)


@given(st.integers(0, 40), st.integers(0, 40))
def test_on_two_places_it_is_scipys_binomial_test(left: int, right: int) -> None:
    if left + right:
        assert multinomial_test([left, right], [0.5, 0.5]) == pytest.approx(binomtest(left, left + right).pvalue)


def test_with_many_votes_it_is_near_to_chi_square() -> None:
    counts = [75, 60, 45]
    assert multinomial_test(counts, [1 / 3] * 3) == pytest.approx(chisquare(counts).pvalue, abs=0.003)


def test_a_habit_of_the_left_is_found() -> None:
    bias = position_bias(chosen(30, 10, 8))
    assert bias.counts == (30, 10, 8)
    assert bias.shares == pytest.approx((30 / 48, 10 / 48, 8 / 48))
    assert (bias.votes, bias.left_out, bias.test, bias.verdict) == (48, 0, "multinomial_exact", "places_differ")
    assert bias.p_value == pytest.approx(chisquare([30, 10, 8]).pvalue, abs=0.002)


def test_even_places_show_nothing() -> None:
    bias = position_bias(chosen(9, 8, 10))
    assert bias.verdict == "no_difference_shown"
    assert bias.p_value is not None and bias.p_value > 0.8


def test_many_votes_go_by_chi_square() -> None:
    bias = position_bias(chosen(120, 90, 90))
    assert bias.test == "chi_square"
    assert bias.p_value == pytest.approx(chisquare([120, 90, 90]).pvalue)


def test_ties_and_other_numbers_of_answers_are_left_out() -> None:
    odd = [Vote("t", SHOWN, "tie"), Vote("n", SHOWN, "none"), Vote("two", ("a", "b"), "answer", "a")]
    bias = position_bias([*chosen(3, 1, 2), *odd])
    assert (bias.counts, bias.votes, bias.left_out) == ((3, 1, 2), 6, 1)


def test_without_votes_there_is_nothing_to_test() -> None:
    bias = position_bias([])
    assert (bias.counts, bias.shares, bias.p_value, bias.verdict) == ((0, 0, 0), (0, 0, 0), None, "no_votes")
    with pytest.raises(ValueError, match="places"):
        position_bias([], places=1)


def test_the_exact_test_keeps_its_level() -> None:
    """Over all outcomes of 20 votes the chance of p < 0.05 is at most 5 %, and not far below."""
    from scipy.stats import multinomial

    level = 0.0
    for left in range(21):
        for middle in range(21 - left):
            counts = [left, middle, 20 - left - middle]
            if multinomial_test(counts, [1 / 3] * 3) < 0.05:
                level += multinomial.pmf(counts, 20, np.full(3, 1 / 3))
    assert 0.03 < level <= 0.05
