"""Durations with censoring: a published trial, arithmetic by hand, scipy and statsmodels, and the edges."""

from collections.abc import Sequence
from math import sqrt
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from comparer.fit.survival import Duration, kaplan_meier, log_rank


def weeks(events: Sequence[float], censored: Sequence[float] = ()) -> list[Duration]:
    return [*(Duration(time, True) for time in events), *(Duration(time, False) for time in censored)]


# Weeks of remission of children with leukaemia: E. J. Freireich et al., Blood 21 (1963) 699-716, as printed in
# D. R. Cox, D. Oakes, Analysis of Survival Data (1984), table 1.1.
MERCAPTOPURINE = weeks([6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
PLACEBO = weeks([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23])


def test_remission_under_mercaptopurine() -> None:
    """Estimates, Greenwood's errors and numbers at risk as the textbooks print them; median 23 [13, -)."""
    curve = kaplan_meier(MERCAPTOPURINE)
    falls = [step for step in curve.steps if step.events]
    assert [step.time for step in falls] == [6, 7, 10, 13, 16, 22, 23]
    assert [step.at_risk for step in falls] == [21, 17, 15, 12, 11, 7, 6]
    assert [step.events for step in falls] == [3, 1, 1, 1, 1, 1, 1]
    survival = [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    errors = [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    assert [step.survival for step in falls] == pytest.approx(survival, abs=5.1e-4)
    assert [step.standard_error for step in falls] == pytest.approx(errors, abs=5.1e-5)
    assert (curve.median.value, curve.median.low, curve.median.high) == (23, 13, None)
    assert (curve.subjects, curve.events) == (21, 9)


def test_remission_under_placebo() -> None:
    """Nothing is censored: median 8 [4, 11], and the curve is the plain share that is left."""
    curve = kaplan_meier(PLACEBO)
    assert (curve.median.value, curve.median.low, curve.median.high) == (8, 4, 11)
    for step in curve.steps:
        left = sum(duration.time > step.time for duration in PLACEBO) / 21
        assert step.survival == pytest.approx(left, abs=1e-9)
        assert step.standard_error == pytest.approx(sqrt(left * (1 - left) / 21), abs=1e-9)
    assert curve.steps[-1].low is None and curve.steps[-1].high is None


def test_the_two_remissions_differ() -> None:
    """Published log-rank chi-square 16.79."""
    result = log_rank(MERCAPTOPURINE, PLACEBO)
    assert result is not None
    assert result.z**2 == pytest.approx(16.79, abs=5e-3)
    assert result.z < 0
    assert result.p_value < 1e-4
    back = log_rank(PLACEBO, MERCAPTOPURINE)
    assert back is not None
    assert (back.z, back.p_value) == pytest.approx((-result.z, result.p_value))


DURATIONS = st.lists(st.builds(Duration, st.integers(1, 10), st.booleans()), min_size=1, max_size=40)


@given(DURATIONS)
def test_another_library_gives_the_same(durations: list[Duration]) -> None:
    curve = kaplan_meier(durations)
    other = SurvfuncRight([duration.time for duration in durations], [duration.observed for duration in durations])
    falls = [step for step in curve.steps if step.events]
    assert [step.time for step in falls] == list(other.surv_times)
    assert [step.at_risk for step in falls] == list(other.n_risk)
    assert [step.survival for step in falls] == pytest.approx(list(other.surv_prob), abs=1e-9)
    inside = [(step, error) for step, error in zip(falls, other.surv_prob_se, strict=True) if step.low is not None]
    assert [step.standard_error for step, _ in inside] == pytest.approx([error for _, error in inside], abs=1e-9)


@given(DURATIONS)
def test_a_curve_falls_between_its_bounds(durations: list[Duration]) -> None:
    curve = kaplan_meier(durations)
    heights = [1.0, *(step.survival for step in curve.steps)]
    assert heights == sorted(heights, reverse=True)
    for step in curve.steps:
        if step.low is not None and step.high is not None:
            assert 0 <= step.low <= step.survival <= step.high <= 1
    found = curve.median
    if found.value is not None:
        assert found.low is None or found.low <= found.value
        assert found.high is None or found.high >= found.value
    else:
        assert curve.steps[-1].survival > 0.5


@given(st.lists(st.integers(1, 12), min_size=1, max_size=30))
def test_without_censoring_the_median_is_the_ordinary_one(times: list[int]) -> None:
    assert kaplan_meier(weeks(times)).median.value == pytest.approx(median(times))


@given(DURATIONS, DURATIONS)
def test_the_log_rank_test_is_statsmodels(first: list[Duration], second: list[Duration]) -> None:
    result = log_rank(first, second)
    both = [*first, *second]
    if result is None:
        at_risk_together = [
            duration.time
            for duration in both
            if duration.observed
            and any(other.time >= duration.time for other in first)
            and any(other.time >= duration.time for other in second)
            and any(other.time > duration.time or not other.observed for other in both if other.time >= duration.time)
        ]
        assert not at_risk_together
        return
    groups = np.array([0] * len(first) + [1] * len(second))
    chi_square, p_value = survdiff([d.time for d in both], [int(d.observed) for d in both], groups)
    assert (result.z**2, result.p_value) == pytest.approx((chi_square, p_value), abs=1e-9)


def test_a_median_that_is_not_reached() -> None:
    curve = kaplan_meier(weeks([3, 5], [10] * 8))
    assert curve.median.value is None
    assert curve.survival_at(10) == pytest.approx(0.8)
    assert curve.survival_at(11) is None
    assert (curve.survival_at(2), curve.survival_at(3)) == pytest.approx((1, 0.9))


def test_a_curve_that_ends_at_one_half_has_its_median_where_it_got_there() -> None:
    assert kaplan_meier(weeks([4], [10])).median.value == 4
    assert kaplan_meier(weeks([4, 6], [10])).median.value == 6


def test_numbers_at_risk_between_the_steps() -> None:
    curve = kaplan_meier(weeks([2, 5], [3, 5, 7]))
    assert [curve.at_risk_at(time) for time in range(1, 9)] == [5, 5, 4, 3, 3, 1, 1, 0]


def test_one_fall_from_all_to_none_bounds_nothing() -> None:
    curve = kaplan_meier(weeks([3, 3, 3]))
    assert (curve.median.value, curve.median.low, curve.median.high) == (3, None, None)
    assert curve.survival_at(4) == 0


def test_nothing_to_tell() -> None:
    for impossible in ([], weeks([-1]), weeks([float("nan")])):
        with pytest.raises(ValueError, match="durations"):
            kaplan_meier(impossible)
    assert log_rank([], PLACEBO) is None
    assert log_rank(weeks([], [3, 4]), weeks([], [5])) is None
    assert log_rank(weeks([3]), weeks([3])) is None


def test_bounds_hold_as_often_as_they_promise() -> None:
    """Geometric turns, half of the conversations cut short: the bounds at turn 3 and those of the median."""
    dice = np.random.default_rng(5)
    runs, chance, held, held_median = 400, 0.85, 0, 0
    true_median = int(np.ceil(np.log(0.5) / np.log(chance)))
    for _ in range(runs):
        event, end = dice.geometric(1 - chance, 60), dice.integers(3, 18, 60)
        curve = kaplan_meier([Duration(min(t, c), bool(t <= c)) for t, c in zip(event, end, strict=True)])
        at = next(step for step in curve.steps if step.time == 3)
        held += at.low is not None and at.high is not None and at.low <= chance**3 <= at.high
        low, high = curve.median.low, curve.median.high
        held_median += (low is None or low <= true_median) and (high is None or true_median <= high)
    assert held / runs >= 0.92
    assert held_median / runs >= 0.92
