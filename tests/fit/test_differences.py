"""Newcombe's intervals for two rates: the published tables, statsmodels, and what they must reduce to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from comparer.fit.differences import difference_interval


def shares(passed: int, cases: int, name: str = "") -> dict[str, float]:
    return {f"{name}{index}": float(index < passed) for index in range(cases)}


def paired_table(both: int, first: int, second: int, neither: int) -> tuple[dict[str, float], dict[str, float]]:
    rows = [(1, 1)] * both + [(1, 0)] * first + [(0, 1)] * second + [(0, 0)] * neither
    return {str(i): float(x) for i, (x, _) in enumerate(rows)}, {str(i): float(y) for i, (_, y) in enumerate(rows)}


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_newcombes_independent_examples(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    difference = difference_interval(shares(*one, "a"), shares(*other, "b"))
    assert difference is not None
    assert difference.value == pytest.approx(one[0] / one[1] - other[0] / other[1])
    assert (difference.low, difference.high) == pytest.approx((low, high), abs=5.1e-5)


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [
        # M. W. Fagerland, S. Lydersen, P. Laake, Statistics in Medicine 33 (2014) 2850-2875: Bentur et al. (2009)
        ((1, 1, 7, 12), -0.507, -0.026),
        # their book, Statistical Analysis of Contingency Tables (2017), chapter 8: Cavo et al. (2012), with the
        # digits that its R package `contingencytables` prints
        ((59, 6, 16, 80), -0.1186, -0.0046),
    ],
)
def test_paired_examples_of_newcombes_method(table: tuple[int, int, int, int], low: float, high: float) -> None:
    difference = difference_interval(*paired_table(*table))
    assert difference is not None
    digits = 5.1e-5 if len(str(high)) > 6 else 5.1e-4
    assert (difference.low, difference.high) == pytest.approx((low, high), abs=digits)


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_without_common_cases_it_is_statsmodels_newcomb(n1: int, n2: int, data: st.DataObject) -> None:
    x1, x2 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
    difference = difference_interval(shares(x1, n1, "a"), shares(x2, n2, "b"))
    assert difference is not None
    expected = confint_proportions_2indep(x1, n1, x2, n2, method="newcomb")
    assert (difference.low, difference.high) == pytest.approx(expected, abs=1e-9)


SHARES = st.dictionaries(st.sampled_from("abcdefghijkl"), st.sampled_from([0.0, 0.25, 0.5, 2 / 3, 1.0]), min_size=1)


@given(SHARES, SHARES)
def test_bounds_hold_the_value_and_turn_round_with_the_order(
    first: dict[str, float], second: dict[str, float]
) -> None:
    there, back = difference_interval(first, second), difference_interval(second, first)
    assert there is not None and back is not None
    assert -1 <= there.low <= there.value + 1e-12
    assert there.value - 1e-12 <= there.high <= 1
    assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low), abs=1e-9)


def test_the_more_cases_are_common_and_alike_the_narrower() -> None:
    """The same rates each time; only the share of the 40 cases that both have grows.

    Where 20 agree, n = 20, 15 passed: phi = (75 - 10) / 75, r = phi / 2 and the width shrinks by about sqrt(1 - r).
    """
    first = {str(case): float(case % 4 > 0) for case in range(40)}
    widths = []
    for common in (0, 20, 40):
        renamed = {key if int(key) < common else f"other {key}": share for key, share in first.items()}
        difference = difference_interval(first, renamed)
        assert difference is not None
        widths.append(difference.high - difference.low)
    assert widths[1] / widths[0] == pytest.approx(np.sqrt(1 - 65 / 75 / 2), rel=0.03)
    assert widths[2] / widths[0] < 0.4


@pytest.mark.slow
def test_the_interval_covers_the_truth_when_half_of_the_cases_are_common() -> None:
    """Shares of two reviewers, a common difficulty of each case, 40 cases a side of which 20 are common."""
    dice = np.random.default_rng(4)
    truth, held, runs = 0.75 - 0.65, 0, 1_500
    for _ in range(runs):
        hard = dice.normal(size=60)
        rates = []
        for mean, cases in ((0.75, range(40)), (0.65, range(20, 60))):
            chance = np.clip(mean + 0.12 * hard, 0, 1)
            rates.append({str(case): float(dice.binomial(2, chance[case])) / 2 for case in cases})
        difference = difference_interval(rates[0], rates[1])
        assert difference is not None
        held += difference.low <= truth <= difference.high
    assert held / runs >= 0.93


def test_nothing_to_compare_and_impossible_shares() -> None:
    assert difference_interval({}, {"a": 1.0}) is None
    assert difference_interval({"a": 1.0}, {}) is None
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="not within"):
            difference_interval({"a": share}, {"a": 1.0})
