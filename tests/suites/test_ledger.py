"""A case counts once all its answers are there, by checks or by people, and never by both."""

from typing import Any

import pytest

from comparer.records import Answer, CellCount, Failure, Metrics, TestItem
from comparer.run_records import AutomaticScore, Judge, Place, RunAnswer, RunCase, RunModel, RunRequest, RunTurn
from comparer.suites.instability import instability
from comparer.suites.ledger import Ledger
from comparer.suites.planning import look_every, next_work, plan_of

CASES = (
    RunCase("one", "a", (RunTurn("1?"),), ()),
    RunCase("two", "a", (RunTurn("1?"), RunTurn("2?")), ()),
)


def told(
    case: str = "two", turn: int = 0, score: float | None = None, *, repeat: int = 0, model: str = "m",
    said: str = "yes", failed: bool = False, ratings: int = 0, accepted: int = 0,
) -> RunAnswer:  # fmt: skip
    failure = Failure("engine_failed") if failed else None
    answer = Answer(model, "" if failed else said, "error" if failed else "stop", Metrics(), failure=failure)
    mark = None if score is None else AutomaticScore(score, score == 1, "same")
    return RunAnswer(Place(case, repeat, turn, model), "", "", answer, 0.5, mark, ratings, accepted)


def outcome(judge: Judge, *answers: RunAnswer, repeats: int = 1) -> tuple[float | str | None, bool]:
    """The score of case two ("open" while it lacks answers) and whether it is lost."""
    ledger = Ledger(CASES, repeats, judge, answers)
    return ledger.outcomes.get(("m", "two"), "open"), ("m", "two") in ledger.lost


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([told(turn=0, score=1)], ("open", False)),
        ([told(turn=0, score=1), told(turn=1, score=0.5)], (0.75, False)),
        ([told(turn=0, score=1), told(turn=1)], (1.0, False)),
        ([told(turn=0, score=0), told(turn=1, failed=True)], (0.0, False)),
        ([told(turn=0), told(turn=1)], (None, True)),
        ([told(turn=0, failed=True), told(turn=1, failed=True)], (None, True)),
        ([told(turn=0, ratings=1, accepted=1), told(turn=1, ratings=1, accepted=1)], (None, True)),
    ],
)
def test_by_checks(answers: list[RunAnswer], expected: tuple[Any, bool]) -> None:
    assert outcome("checks", *answers) == expected


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([told(turn=0, score=1), told(turn=1, score=1)], (None, False)),
        ([told(turn=0, ratings=2, accepted=1), told(turn=1)], (None, False)),
        ([told(turn=0, ratings=2, accepted=1), told(turn=1, ratings=1, accepted=1)], (0.75, False)),
        ([told(turn=0, ratings=1, accepted=1), told(turn=1, failed=True)], (1.0, False)),
        ([told(turn=0, failed=True), told(turn=1, failed=True)], (None, True)),
    ],
)
def test_by_people(answers: list[RunAnswer], expected: tuple[Any, bool]) -> None:
    assert outcome("people", *answers) == expected


def test_repeats_are_one_case() -> None:
    answers = [told(turn=turn, score=repeat, repeat=repeat) for turn in (0, 1) for repeat in (0, 1)]
    assert outcome("checks", *answers[:3], repeats=2) == ("open", False)
    assert outcome("checks", *answers, repeats=2) == (0.5, False)
    rated = [told(turn=0, repeat=0, ratings=1, accepted=1), told(turn=0, repeat=1)]
    rated += [told(turn=1, repeat=0), told(turn=1, repeat=1, ratings=1)]
    assert outcome("people", *rated, repeats=2) == (0.5, False)


def test_what_comes_later_changes_the_outcome() -> None:
    ledger = Ledger(CASES, 1, "people")
    assert ledger.open_repeats("m", "two") == [0]
    for turn in (0, 1):
        ledger.add(told(turn=turn))
    assert ledger.has(Place("two", 0, 1, "m")) and not ledger.has(Place("two", 0, 1, "other"))
    assert (ledger.outcomes["m", "two"], ledger.counts()) == (None, [])
    for turn in (0, 1):
        ledger.add(told(turn=turn, ratings=1, accepted=1))
    assert ledger.counts() == [CellCount("a", "m", 1, 1, 1.0)]
    assert ledger.seconds == {("m", "two"): 1.0}
    assert ledger.open_repeats("m", "two") == []


def a_request(**changes: Any) -> RunRequest:
    models = tuple(RunModel(key, key, key, "fp32") for key in ("m", "l"))
    return RunRequest("suite", "", "", "lineup", models, **changes)


def test_a_whole_run_goes_by_models_and_by_batches_of_one_repeat() -> None:
    cases = [
        RunCase(f"{item}{number}", item, (RunTurn("?"),) * (1 + number % 2), ())
        for item in "ab"
        for number in range(6)
    ]
    request = a_request(batch=4, repeats=2)
    plan = plan_of(request, cases, [TestItem(item, item, item, 0.8) for item in "ab"])
    ledger = Ledger(cases, 2, "checks")
    asked = []
    while batches := next_work(request, plan, ledger).batches:
        for batch in batches:
            assert len({(one.model, one.repeat) for one in batch}) == 1 and len(batch) <= 4
            asked += list(batch)
            for one in batch:
                for turn in range(len(ledger.cases[one.case].turns)):
                    ledger.add(told(one.case, turn, 1.0, repeat=one.repeat, model=one.model))
    assert len(asked) == len(set(asked)) == 2 * 2 * 12
    assert [one.model for one in asked] == ["m"] * 24 + ["l"] * 24
    first = [one.case for batch in next_work(request, plan, Ledger(cases, 2, "checks")).batches[:2] for one in batch]
    assert [len(ledger.cases[case].turns) for case in first] == sorted(
        len(ledger.cases[case].turns) for case in first
    )


def test_a_paused_whole_run_has_asked_all_items_alike() -> None:
    cases = [RunCase(f"{item}{number}", item, (RunTurn("?"),), ()) for item in "ab" for number in range(40)]
    plan = plan_of(a_request(), cases, [TestItem(item, item, item, 0.8) for item in "ab"])
    first = [batch[0].case for batch in next_work(a_request(), plan, Ledger(cases, 1, "checks")).batches]
    assert sorted(case[0] for case in first) == ["a"] * 4 + ["b"] * 4


def test_models_put_aside_are_asked_nothing() -> None:
    request = a_request()
    plan = plan_of(request, CASES, [TestItem("a", "a", "a", 0.8)])
    work = next_work(request, plan, Ledger(CASES, 1, "checks"), aside={"m"})
    assert {batch[0].model for batch in work.batches} == {"l"}
    assert next_work(request, plan, Ledger(CASES, 1, "checks"), aside={"m", "l"}) == ((), False)
    staged = a_request(plan="staged")
    assert next_work(staged, plan, Ledger(CASES, 1, "checks"), aside={"m"}) == ((), False)


def test_large_items_are_looked_at_a_hundredth_at_a_time() -> None:
    cases = [RunCase(f"a{number}", "a", (RunTurn("?"),), ()) for number in range(500)]
    plan = plan_of(a_request(), cases, [TestItem("a", "a", "a", 0.8)])
    assert (look_every(1, plan), look_every(16, plan)) == (5, 16)


def test_instability_counts_cases_whose_repeats_differ() -> None:
    answers = [told("one", 0, 1.0, repeat=0), told("one", 0, 0.0, repeat=1, said="no")]
    answers += [
        told("two", turn, 1.0, repeat=repeat, said=f"{turn * repeat}") for turn in (0, 1) for repeat in (0, 1)
    ]
    found = instability(answers, 2)["m"]
    assert (found.cases, found.other_text, found.scored, found.other_score) == (2, 2, 2, 1)
    assert (found.share_of_texts, found.share_of_scores) == (1.0, 0.5)
    answers[0] = told("one", 0, repeat=0, failed=True)
    assert instability(answers, 2)["m"].cases == 1
    assert instability(answers[2:4], 1)["m"].share_of_texts is None
