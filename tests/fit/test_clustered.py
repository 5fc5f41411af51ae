"""Intervals of clustered shares: the published example, one checked by hand, and what they must reduce to."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparer.fit.clustered import Cluster, clustered_interval, design_effect
from comparer.fit.intervals import wilson_interval

# C. S. Weil's rat pups that survived lactation, by litter: Table 1 of Rao and Scott (1992).
CONTROL = "13/13 12/12 9/9 9/9 8/8 8/8 12/13 11/12 9/10 9/10 8/9 11/13 4/5 5/7 7/10 7/10"
TREATED = "12/12 11/11 10/10 9/9 10/11 9/10 9/10 8/9 8/9 4/5 7/9 4/7 5/10 3/6 3/10 0/7"


def litters(table: str) -> list[Cluster]:
    return [Cluster(*map(int, litter.split("/"))) for litter in table.split()]


@pytest.mark.parametrize(("table", "published"), [(CONTROL, 1.232495), (TREATED, 3.952861)])
def test_the_design_effects_of_the_papers_example(table: str, published: float) -> None:
    """As the R package PF (`rsb`) prints them for the same table."""
    assert design_effect(litters(table)) == pytest.approx(published, abs=5e-7)


def test_an_example_by_hand() -> None:
    """4 of 8 right in four pairs. Residuals 1, -1, 0, 0: v = 4/3 * 2/64 = 1/24; p(1 - p)/n = 1/32; d = 4/3; n/d = 6.

    Wilson on 3 of 6 with z = 1.96: half-width z sqrt(1/24 + z^2/144) / (1 + z^2/6) = 0.3124.
    """
    pairs = [Cluster(2, 2), Cluster(0, 2), Cluster(1, 2), Cluster(1, 2)]
    assert design_effect(pairs) == pytest.approx(4 / 3)
    half = 1.96 * sqrt(1 / 24 + 1.96**2 / 144) / (1 + 1.96**2 / 6)
    low, high = clustered_interval(pairs)
    assert (low, high) == pytest.approx((0.5 - half, 0.5 + half), abs=1e-4)
    assert half == pytest.approx(0.3124, abs=5e-5)


@pytest.mark.parametrize("right", [0, 1, 17, 39, 40])
def test_one_turn_a_cluster_is_plain_wilson(right: int) -> None:
    alone = [Cluster(int(index < right), 1) for index in range(40)]
    assert clustered_interval(alone) == pytest.approx(wilson_interval(right, 40))


def test_where_all_agree_a_cluster_counts_once() -> None:
    assert clustered_interval([Cluster(30, 30)] * 3) == pytest.approx(wilson_interval(3, 3))
    assert clustered_interval([Cluster(0, 30)] * 3) == pytest.approx(wilson_interval(0, 3))
    assert clustered_interval([Cluster(4, 10)]) == pytest.approx(wilson_interval(0.4, 1))


def test_without_clusters_all_is_possible() -> None:
    assert clustered_interval([]) == (0.0, 1.0)
    with pytest.raises(ValueError, match="no clusters"):
        design_effect([])


@given(st.lists(st.integers(1, 9).flatmap(lambda n: st.builds(Cluster, st.integers(0, n), st.just(n))), min_size=1))
def test_never_surer_than_independent_turns(clusters: list[Cluster]) -> None:
    passed, n = sum(c.passed for c in clusters), sum(c.n for c in clusters)
    plain, low_high = wilson_interval(passed, n), clustered_interval(clusters)
    assert 0 <= low_high.low <= passed / n <= low_high.high <= 1
    assert low_high.high - low_high.low >= plain.high - plain.low - 1e-9


@given(st.lists(st.integers(1, 9).flatmap(lambda n: st.builds(Cluster, st.integers(0, n), st.just(n))), min_size=1))
def test_the_sums_say_what_the_clusters_say(clusters: list[Cluster]) -> None:
    """Rao and Scott's formula, cluster by cluster as it is printed."""
    m, n, passed = len(clusters), sum(c.n for c in clusters), sum(c.passed for c in clusters)
    if m in (1, n) or passed in (0, n):
        return
    rate = passed / n
    variance = m / (m - 1) / n**2 * sum((c.passed - c.n * rate) ** 2 for c in clusters)
    assert design_effect(clusters) == pytest.approx(max(1.0, variance / (rate * (1 - rate) / n)))
