"""Two runs of the same cases: regressions first, a test that fits pairs, and sentences that promise no more."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from comparer.fit.run_comparison import KINDS, CaseResult, Run, compare_runs, compare_with_reference, summary


def run(scores: str, texts: str = "") -> Run:
    """One case a letter: `+` passed, `-` failed, `h` half, `.` not scored; its text is the letter of `texts`."""
    values = {"+": 1.0, "-": 0.0, "h": 0.5, ".": None}
    return {
        f"{index:03}": CaseResult(values[mark], text)
        for index, (mark, text) in enumerate(zip(scores, texts or "=" * len(scores), strict=True))
    }


def test_regressions_come_first_and_the_largest_before_the_others() -> None:
    found = compare_runs(run("++-h+-", "abcdef"), run("h-+h+-", "abcdeg"))
    assert [(change.case, change.kind, change.difference) for change in found.changes] == [
        ("001", "regression", -1),
        ("000", "regression", -0.5),
        ("002", "improvement", 1),
        ("005", "other_words", 0),
    ]
    assert (found.unchanged, found.common, found.identical_texts) == (2, 6, 5)


def test_cases_of_one_run_only_and_without_a_score_enter_no_test() -> None:
    reference = {**run("+-.+"), "old": CaseResult(1.0)}
    candidate = {**run("+--."), "new": CaseResult(0.0)}
    found = compare_runs(reference, candidate)
    assert (found.only_reference, found.only_candidate) == (("old",), ("new",))
    assert found.unscored == ("002", "003")
    assert found.paired is not None and found.paired.cases == 2
    assert [change.kind for change in found.changes] == ["other_words", "other_words"]
    keys = [reason.key for reason in summary(found, "bf16", "nf4")]
    assert keys == ["runs_no_difference", "runs_changes", "runs_texts", "runs_unscored", "runs_apart"]


def test_the_test_is_mcnemars_on_the_cases_that_changed() -> None:
    found = compare_runs(run("+" * 40), run("+" * 30 + "-" * 10))
    assert found.p_value == pytest.approx(binomtest(10, 10).pvalue)
    assert found.verdict == "worse"
    assert found.paired is not None
    assert found.paired.difference.value == pytest.approx(-0.25)
    worse = summary(found, "bf16", "nf4")[0]
    assert worse.key == "runs_worse"
    assert worse.parameters["points"] == "25.0"
    low, high = float(str(worse.parameters["low"])), float(str(worse.parameters["high"]))
    assert 0 < low < 25 < high
    better = summary(compare_runs(run("+" * 30 + "-" * 10), run("+" * 40)), "nf4", "bf16")[0]
    assert better.key == "runs_better"
    assert (better.parameters["low"], better.parameters["high"]) == (
        worse.parameters["low"],
        worse.parameters["high"],
    )


def test_no_difference_shown_says_how_large_one_may_still_be() -> None:
    reason = summary(compare_runs(run("+" * 18 + "--"), run("+" * 17 + "---")), "bf16", "int8")[0]
    assert reason.key == "runs_no_difference"
    assert 5 < float(str(reason.parameters["loss"])) < 40
    for language in ("en", "zh"):
        sentence = reason.sentence(language)  # type: ignore[arg-type]
        assert "int8" in sentence and str(reason.parameters["loss"]) in sentence


MARKS = st.text("+-h.", max_size=15)


@settings(max_examples=40, deadline=None)
@given(MARKS, MARKS)
def test_every_common_case_is_counted_once_and_the_other_direction_is_the_mirror(one: str, other: str) -> None:
    there, back = compare_runs(run(one), run(other)), compare_runs(run(other), run(one))
    assert there.common == there.unchanged + sum(there.count(kind) for kind in KINDS) == min(len(one), len(other))
    assert there.count("regression") == back.count("improvement")
    assert there.count("other_words") == back.count("other_words")
    assert there.p_value == pytest.approx(back.p_value)
    assert {there.verdict, back.verdict} in ({"better", "worse"}, {"no_difference_shown"}, {None})
    order = [KINDS.index(change.kind) for change in there.changes]
    assert order == sorted(order)
    for reason in summary(there, "bf16", "nf4"):
        assert "{" not in reason.sentence("en") + reason.sentence("zh")


def test_several_candidates_are_judged_together() -> None:
    """6 of 6 changes for the worse: p = 1/32 alone, 1/16 when it is the best of two."""
    reference = run("+" * 20)
    six, five = run("+" * 14 + "-" * 6), run("+" * 15 + "-" * 5)
    assert compare_runs(reference, six).verdict == "worse"
    found = compare_with_reference(reference, {"int8": five, "nf4": six, "fp8": run("." * 20)})
    assert found["nf4"].p_value == pytest.approx(1 / 16)
    assert found["int8"].p_value == pytest.approx(1 / 16)
    assert found["nf4"].verdict == "no_difference_shown"
    assert found["fp8"].verdict is None
    assert compare_with_reference(reference, {"fp8": run("." * 20)})["fp8"].p_value is None


def test_equal_runs_are_seldom_told_apart_however_many_stand_beside_the_reference() -> None:
    """Three precisions with the same chances on cases of unequal difficulty."""
    dice = np.random.default_rng(4)
    wrong, runs = 0, 30
    for _ in range(runs):
        chance = dice.beta(4, 1.5, 40)
        first, *others = (run("".join("-+"[int(x)] for x in dice.random(40) < chance)) for _ in range(4))
        found = compare_with_reference(first, {str(index): other for index, other in enumerate(others)})
        wrong += any(each.verdict != "no_difference_shown" for each in found.values())
    assert wrong / runs <= 0.1  # 5 % are allowed, and 30 runs are few


def test_nothing_in_common_and_impossible_scores() -> None:
    found = compare_runs({}, run("+"))
    assert found.paired is None and found.verdict is None
    assert [reason.key for reason in summary(found, "bf16", "nf4")] == ["runs_not_compared", "runs_apart"]
    with pytest.raises(ValueError, match="not within"):
        compare_runs({"a": CaseResult(2.0)}, {"a": CaseResult(1.0)})
