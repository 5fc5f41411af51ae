"""Agreement and strictness: Krippendorff's worked examples, his formula written out, and clusters that count once."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparer.fit.agreement import (
    MOST_SHOWN,
    Agreement,
    Judgement,
    Strictness,
    agreement,
    krippendorff_alpha,
    most_compared,
    strictness,
)
from comparer.fit.differences import Difference

Table = Sequence[Sequence[int | None]]

# K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), examples A and C: observers by units
BINARY: Table = [[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]
MISSING: Table = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]


def units(table: Table) -> list[list[int]]:
    return [[value for value in unit if value is not None] for unit in zip(*table, strict=True)]


def judged(table: Table, answers_per_case: int = 1) -> list[Judgement]:
    return [
        Judgement(f"case {index // answers_per_case}", f"answer {index}", f"r{reviewer}", bool(value))
        for reviewer, row in enumerate(table)
        for index, value in enumerate(row)
        if value is not None
    ]


def test_krippendorffs_two_observers_of_a_binary_variable() -> None:
    result = agreement(judged(BINARY), resamples=200)
    assert result.alpha == pytest.approx(0.095, abs=5e-4)
    assert result.agreeing_share == pytest.approx(0.6)
    assert (result.answers, result.cases, result.undefined) == (10, 10, None)
    assert result.low < 0.095 < result.high
    assert (result.agreeing_interval.low, result.agreeing_interval.high) == pytest.approx((0.3127, 0.8318), abs=5e-5)


def test_krippendorffs_four_observers_with_missing_values() -> None:
    assert krippendorff_alpha(units(MISSING)) == pytest.approx(0.743, abs=5e-4)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.booleans(), max_size=4), max_size=12))
def test_alpha_is_observed_over_expected_disagreement(said: list[list[bool]]) -> None:
    """For two values: 1 - (n - 1) sum over units of (yes no / (m - 1)) / (all yes * all no), m ratings a unit."""
    shared = [unit for unit in said if len(unit) > 1]
    yes, n = sum(map(sum, shared)), sum(map(len, shared))
    alpha = krippendorff_alpha(said)
    if yes in (0, n):
        assert alpha is None
        return
    observed = sum(sum(unit) * (len(unit) - sum(unit)) / (len(unit) - 1) for unit in shared)
    assert alpha == pytest.approx(1 - (n - 1) * observed / (yes * (n - yes)))


def test_full_agreement_is_one_and_opposites_are_below_zero() -> None:
    same = agreement(judged([[1, 0, 1, 1, 0, 1], [1, 0, 1, 1, 0, 1]]), resamples=50)
    assert (same.alpha, same.agreeing_share) == (1, 1)
    assert same.agreeing_interval.low < 0.65, "six cases do not prove full agreement"
    assert agreement(judged([[1, 0, 1, 0], [0, 1, 0, 1]]), resamples=50).alpha < 0


def test_undefined_says_why() -> None:
    alone = agreement(judged([[1, 0, None, None], [None, None, 1, 0]]))
    assert alone == Agreement(None, None, None, "nothing_rated_twice", None, (0, 1), 0, 0, 0)
    assert agreement([]).undefined == "nothing_rated_twice"
    always = agreement(judged([[1, 1, 1], [1, 1, 1]]))
    assert (always.alpha, always.undefined, always.agreeing_share) == (None, "only_one_value", 1)
    assert (always.low, always.high, always.resamples) == (None, None, 0)


def test_one_case_has_no_bounds() -> None:
    result = agreement(judged([[1, 0, 1], [1, 0, 0]], answers_per_case=3))
    assert result.alpha is not None
    assert (result.low, result.high, result.cases) == (None, None, 1)


def test_draws_without_both_values_are_left_out_and_too_many_leave_no_bounds() -> None:
    """One case of six with a "no": a third of the draws miss it. One of two: half of them hold it alone."""
    some = agreement(judged([[1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 0]]), resamples=200)
    assert 100 < some.resamples < 170
    assert some.low is not None
    few = [agreement(judged([[1, 0], [1, 0]]), resamples=200, seed=seed) for seed in range(8)]
    assert {result.low is None for result in few} == {True, False}
    for result in few:
        assert (result.low is None) == (result.resamples < 100)


def test_answers_of_one_case_are_drawn_together() -> None:
    """Each column stands six times: as six cases of their own, or as six answers of one case."""
    table = [[value for value in row for _ in range(6)] for row in BINARY]
    apart = agreement(judged(table), resamples=200)
    together = agreement(judged(table, answers_per_case=6), resamples=200)
    assert together.alpha == apart.alpha
    assert (together.cases, apart.cases, together.answers) == (10, 60, 60)
    assert together.high - together.low > 1.8 * (apart.high - apart.low)
    assert agreement(judged(table, answers_per_case=6), resamples=200) == together


def test_the_last_judgement_counts() -> None:
    changed = [Judgement("c", "a", "one", False), Judgement("c", "a", "two", True), Judgement("c", "a", "one", True)]
    assert agreement(changed).agreeing_share == 1


def test_strictness_by_hand() -> None:
    """Three answers. r0 says yes, no, no; r1 yes, yes, yes; r2 rated the first two only: yes, no.

    r0 less the others: 0, -1/2, -1, mean -1/2. r1: 0, 1, 1, mean 2/3. r2: 0, -1/2, mean -1/4.
    """
    found = strictness(judged([[1, 0, 0], [1, 1, 1], [1, 0, None]]))
    assert {name: one.difference.value for name, one in found.items()} == pytest.approx(
        {"r0": -1 / 2, "r1": 2 / 3, "r2": -1 / 4}
    )
    assert [(one.answers, one.cases) for one in found.values()] == [(3, 3), (3, 3), (2, 2)]
    for one in found.values():
        assert one.difference.low < 0 < one.difference.high, "three answers prove nothing"


def test_a_stricter_reviewer_is_found_with_enough_answers() -> None:
    found = strictness(judged([[1, 1, 0] * 20, [1, 0, 0] * 20]))
    assert found["r0"].difference.low > 0.1
    assert found["r1"].difference.high < -0.1
    assert found["r0"].difference.value == pytest.approx(-found["r1"].difference.value)


def test_the_case_is_the_unit_of_strictness() -> None:
    """Five answers to one case and one to another: r1 is stricter on the first case alone, so by 1/2."""
    table = [[1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 1]]
    answers = [said._replace(case="first" if said.answer != "answer 5" else "other") for said in judged(table)]
    found = strictness(answers)
    assert found["r1"].difference.value == pytest.approx(-1 / 2)
    assert (found["r1"].answers, found["r1"].cases) == (6, 2)


def test_who_shares_no_answer_is_left_out() -> None:
    assert strictness(judged([[1, 0], [None, None]])) == {}
    assert set(strictness(judged([[1, None, 0], [0, None, 1], [None, 1, None]]))) == {"r0", "r1"}


def test_of_many_reviewers_those_with_most_answers_in_common_are_shown_strictest_first() -> None:
    found = {f"r{n:02}": Strictness(Difference(n / 100, 0.0, 1.0), answers=n, cases=n) for n in range(1, 16)}
    assert list(most_compared(found)) == [f"r{n:02}" for n in range(16 - MOST_SHOWN, 16)]
    assert list(most_compared({"b": found["r02"], "a": found["r01"]})) == ["a", "b"]
