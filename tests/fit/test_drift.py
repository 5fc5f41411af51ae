"""Conversations turn by turn: who counts for how long, and the same median as the demo's own exam."""

import numpy as np
import pytest

from comparer.demo.scores import CONVERSATION_TURNS, ScoredTurn, first_wrong
from comparer.fit.drift import Drift, TurnJudgement, compare_neighbours, drift
from comparer.fit.survival import Duration, log_rank


def judged(case: str, marks: str, model: str = "4B", reviewer: str = "mei") -> list[TurnJudgement]:
    """`+` acceptable, `-` not, `.` not rated."""
    return [
        TurnJudgement(case, model, number, reviewer, mark == "+")
        for number, mark in enumerate(marks, 1)
        if mark != "."
    ]


def of(*conversations: str) -> Drift:
    return drift([one for index, marks in enumerate(conversations) for one in judged(str(index), marks)])["4B"]


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ("-", Duration(1, True)),
        ("++-", Duration(3, True)),
        ("++-+-", Duration(3, True)),
        ("+++", Duration(3, False)),
        ("++.-", Duration(2, False)),
        ("+.+++-", Duration(1, False)),
    ],
)
def test_how_far_a_conversation_is_followed(marks: str, expected: Duration) -> None:
    assert of(marks).turns == {"0": expected}


def test_a_conversation_without_a_rated_first_turn_is_left_out_and_counted() -> None:
    found = of(".+-", "+-")
    assert (found.left_out, found.drifted, found.held) == (1, 1, 0)
    alone = of(".+-")
    assert alone.curve is None
    assert alone.median_held.value is None


def test_a_conversation_that_ended_well_is_not_at_risk_in_the_turn_it_never_had() -> None:
    """Two of three are asked a third turn, and one fails it: 1/2 and not 1/3."""
    curve = of("++", "++-", "+++").curve
    assert curve is not None
    assert curve.survival_at(3) == pytest.approx(0.5)
    assert [curve.at_risk_at(turn) for turn in (1, 2, 3, 4)] == [3, 3, 2, 0]


def test_conversations_that_never_drift_count_for_as_long_as_they_lasted() -> None:
    found = of("+-", "++++-", "++++++", "++++++", "++++++")
    assert found.median_held.value is None
    assert (found.drifted, found.held) == (2, 3)
    assert found.curve is not None and found.curve.survival_at(6) == pytest.approx(0.6)


@pytest.mark.parametrize(("votes", "observed"), [("++-", False), ("+-", True), ("+--", True), ("-", True)])
def test_most_reviewers_decide_and_a_tie_is_not_acceptable(votes: str, observed: bool) -> None:
    judgements = [one for index, mark in enumerate(votes) for one in judged("a", mark, reviewer=str(index))]
    assert drift(judgements)["4B"].turns["a"] == Duration(1, observed)


def test_the_last_word_of_a_reviewer_counts() -> None:
    assert drift([*judged("a", "-"), *judged("a", "+")])["4B"].turns["a"] == Duration(1, False)


def test_models_stand_apart_and_can_be_tested_against_each_other() -> None:
    small = [one for index in range(12) for one in judged(str(index), "++-" if index % 2 else "+-", "4B")]
    large = [one for index in range(12) for one in judged(str(index), "++++++++" if index % 3 else "+++++-", "30B")]
    found = drift([*small, *large])
    assert list(found) == ["30B", "4B"]
    assert found["4B"].median_held.value == 1.5
    test = log_rank(found["4B"].turns.values(), found["30B"].turns.values())
    assert test is not None
    assert test.z > 0 and test.p_value < 0.001


def test_turns_are_counted_from_one() -> None:
    with pytest.raises(ValueError, match="counted from 1"):
        drift([TurnJudgement("a", "4B", 0, "mei", True)])
    assert drift([]) == {}


def scored(cluster: str, marks: str) -> list[ScoredTurn]:
    return [
        ScoredTurn("conversations", "manual", "", cluster, "manual.shape", "en", number, mark == "+", False)
        for number, mark in enumerate(marks, 1)
    ]


@pytest.mark.parametrize("chance", [0.3, 0.6, 0.8, 0.9])
def test_the_median_is_that_of_the_demos_exam(chance: float) -> None:
    """Random conversations, first all that fail at some turn, then with some that never do.

    The exam counts a conversation that never fails as if it failed after its last turn, so that the two agree as
    long as the curve falls below one half.
    """
    dice = np.random.default_rng(11)
    reached = 0
    for run in range(60):
        size = int(dice.integers(1, 30))
        first = [min(int(turn), CONVERSATION_TURNS) for turn in dice.geometric(1 - chance, size)]
        marks = ["".join("-+"[int(number != turn)] for number in range(1, CONVERSATION_TURNS + 1)) for turn in first]
        if run % 2:
            marks += ["+" * CONVERSATION_TURNS] * int(dice.integers(1, size + 1))
        found = of(*marks)
        exam = first_wrong([turn for index, each in enumerate(marks) for turn in scored(str(index), each)])
        assert found.drifted == exam.conversations - exam.counts["none"]
        if found.curve is not None and found.curve.steps[-1].survival < 0.5 - 1e-9:
            reached += 1
            assert found.median_held.value == exam.median
    assert reached >= 30


def held(*turns: int, model: str, turns_each: int = 10) -> list[TurnJudgement]:
    """Conversations of `turns_each` turns; so many of each go well, the rest do not."""
    return [
        TurnJudgement(f"c{number}", model, turn, "Ann", turn <= good)
        for number, good in enumerate(turns)
        for turn in range(1, turns_each + 1)
    ]


def test_neighbours_are_tested_together() -> None:
    found = drift(
        [
            *held(1, 2, 1, 3, 2, 1, 2, 2, model="S"),
            *held(6, 7, 5, 8, 6, 7, 9, 6, model="M"),
            *held(6, 7, 6, 8, 6, 7, 9, 5, model="L"),
        ]
    )
    first, second = compare_neighbours(found, ["S", "M", "none", "L"])
    assert (first.smaller, first.larger, first.longer) == ("S", "M", "M")
    assert (second.smaller, second.larger, second.longer) == ("M", "L", None)
    alone = log_rank(found["S"].turns.values(), found["M"].turns.values())
    assert alone is not None and first.p_value == pytest.approx(2 * alone.p_value)  # Holm, of two the smaller


def test_neighbours_that_never_drift_are_not_tested() -> None:
    found = drift([*held(3, 3, model="S", turns_each=3), *held(3, 3, model="M", turns_each=3)])
    (pair,) = compare_neighbours(found, ["S", "M"])
    assert (pair.longer, pair.p_value) == (None, None)
