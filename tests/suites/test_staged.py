"""A staged run decides as the whole run does, asks no model chosen cases, and runs far less."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import pytest
from scipy.stats import betabinom

from comparer.fit import score_table as score_table_module
from comparer.fit.intervals import verdict
from comparer.fit.score_table import ScoreTable, cell, score_table
from comparer.records import CellCount, TestItem
from comparer.suites.staged import (
    CONFIDENCE,
    PlannedCase,
    StagedPlan,
    Tally,
    fewest_passes,
    next_cases,
    representative_counts,
    same_decision,
    settled_by,
    staged_plan,
)

MODELS = ("4B", "8B", "30B")
RELATIVE_COST = {"4B": 1.0, "8B": 1.6, "30B": 3.0}
CACHED_CELL = cache(cell)

Results = dict[tuple[str, str], float | None]


@pytest.fixture(autouse=True)
def quick_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score_table_module, "cell", CACHED_CELL)


def plan_of(items: str, cases: int, keys: int = 0, threshold: float = 0.8, seed: int = 0) -> StagedPlan:
    """Items by letter; the first `keys` cases of each are key cases."""
    return staged_plan(
        MODELS,
        [TestItem(item, item, item, threshold) for item in items],
        [PlannedCase(f"{item}{number}", item, number < keys) for item in items for number in range(cases)],
        seed,
    )


def everything(plan: StagedPlan, rates: Mapping[str, tuple[float, ...]], dice: np.random.Generator) -> Results:
    """What the whole run would give. What is hard for one model is mostly hard for all."""
    results: Results = {}
    for item, cases in plan.cases.items():
        for one in cases:
            shared = dice.random()
            for model, rate in zip(plan.models, rates[item], strict=True):
                draw = shared if dice.random() < 0.8 else dice.random()
                results[model, one.case] = float(draw < rate)
    return results


def staged(plan: StagedPlan, whole: Results, batch: int | None = 5) -> Results:
    """The staged run, with the outcomes that the whole run would have."""
    outcomes: Results = {}
    while (following := next_cases(plan, outcomes, batch=batch)).run:
        assert not set(following.run) & outcomes.keys()
        assert len(following.run) == len(set(following.run))
        outcomes |= {pair: whole[pair] for pair in following.run}
    assert not following.awaited
    return outcomes


def table_of(plan: StagedPlan, outcomes: Results) -> ScoreTable:
    items = [TestItem(item, item, item, threshold) for item, threshold in plan.thresholds.items()]
    return score_table(items, plan.models, representative_counts(plan, outcomes))


def cost(outcomes: Results) -> float:
    return sum(RELATIVE_COST[model] for model, _ in outcomes)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rates", "share_run", "runs"),
    [
        pytest.param({"a": (0.60, 0.80, 0.93)}, 0.60, 150, id="ladder"),
        pytest.param({"a": (0.60, 0.80, 0.97), "b": (0.60, 0.80, 0.93)}, 0.60, 80, id="two-ladders"),
        pytest.param({"a": (0.95, 0.97, 0.99), "b": (0.5, 0.95, 0.97)}, 0.40, 80, id="smaller-is-enough-for-one"),
        pytest.param({"a": (0.97, 0.6, 0.97), "b": (0.5, 0.95, 0.97)}, 0.55, 80, id="larger-is-worse"),
    ],
)
def test_the_decision_is_that_of_the_whole_run_and_much_is_saved(
    rates: dict[str, tuple[float, ...]], share_run: float, runs: int
) -> None:
    """100 cases an item, 10 of them key, batches of 5, relative costs 1 : 1.6 : 3."""
    dice = np.random.default_rng(12)
    same, ran = 0, []
    for run in range(runs):
        plan = plan_of("".join(rates), 100, keys=10, seed=run)
        whole = everything(plan, rates, dice)
        part = staged(plan, whole)
        same += same_decision(table_of(plan, part), table_of(plan, whole)).same
        ran.append(cost(part) / cost(whole))
    assert same / runs >= 0.95
    assert np.mean(ran) <= share_run


def test_no_model_is_passed_over_that_the_whole_run_finds_enough() -> None:
    """A difference can only be a smaller model that met the threshold when it was left."""
    dice, differences = np.random.default_rng(3), 0
    for run in range(60):
        plan = plan_of("a", 40, seed=run)
        whole = everything(plan, {"a": (0.85, 0.9, 0.95)}, dice)
        decided = same_decision(table_of(plan, staged(plan, whole, batch=1)), table_of(plan, whole))
        for first, second in decided.items.values():
            differences += 1
            assert first is not None
            assert second is None or MODELS.index(first) < MODELS.index(second)
    assert differences <= 6


def test_cases_that_the_smaller_one_failed_would_make_the_larger_look_bad() -> None:
    """Why no model is asked chosen cases: its rate on them is not its rate on the item; that of a staged run is."""
    dice = np.random.default_rng(7)
    chosen, in_order = [], []
    for run in range(40):
        plan = plan_of("a", 100, keys=10, seed=run)
        whole = everything(plan, {"a": (0.60, 0.80, 0.93)}, dice)
        failed = [case for (model, case), outcome in whole.items() if model == "4B" and outcome == 0]
        chosen.append(np.mean([whole["30B", case] == 1 for case in failed]))
        counts = {count.model: count for count in representative_counts(plan, staged(plan, whole))}
        if "30B" in counts and counts["30B"].cases > 20:
            in_order.append(counts["30B"].passed / counts["30B"].cases)
    assert np.mean(chosen) < 0.89
    assert len(in_order) > 20
    assert np.mean(in_order) == pytest.approx(0.93, abs=0.015)


def test_the_smallest_begins_and_larger_ones_run_only_key_cases() -> None:
    plan = plan_of("ab", 40, keys=3)
    first = next_cases(plan, {}, batch=10)
    keys = {(model, f"{item}{number}") for model in MODELS for item in "ab" for number in range(3)}
    assert set(first.run[: len(keys)]) == keys
    assert {model for model, _ in first.run[len(keys) :]} == {"4B"}
    assert not first.awaited


def test_a_larger_model_stays_out_where_the_smaller_is_enough_unless_it_is_to_be_recommended() -> None:
    plan = plan_of("ab", 60)
    good = {"a": (1.0, 1.0, 1.0), "b": (0.0, 1.0, 1.0)}
    outcomes = staged(plan, everything(plan, good, np.random.default_rng(0)))
    asked = {(model, case[0]) for model, case in outcomes}
    assert asked == {("4B", "a"), ("4B", "b"), ("8B", "b"), ("8B", "a")}
    table = table_of(plan, outcomes)
    assert [row.smallest_sufficient for row in table.rows] == ["4B", "8B"]
    alone = staged(plan_of("a", 60), everything(plan_of("a", 60), good, np.random.default_rng(0)))
    assert {model for model, _ in alone} == {"4B"}


def test_no_recommendation_is_sought_where_no_model_is_enough_for_an_item() -> None:
    plan = plan_of("ab", 60)
    outcomes = staged(plan, everything(plan, {"a": (1, 1, 1), "b": (0, 0, 0)}, np.random.default_rng(0)))
    assert {(model, case[0]) for model, case in outcomes} == {("4B", "a"), *((model, "b") for model in MODELS)}


def test_unknown_outcomes_are_waited_for_unless_they_are_lost() -> None:
    plan = plan_of("a", 60)
    order = [case.case for case in plan.cases["a"]]
    unknown: Results = {("4B", case): None for case in order[:10]}
    waiting = next_cases(plan, unknown, batch=10)
    assert waiting.run == () and waiting.awaited == (("4B", "a"),)
    half = unknown | {("4B", case): 1.0 for case in order[:5]}
    assert next_cases(plan, half, batch=10).run == tuple(("4B", case) for case in order[10:15])
    assert next_cases(plan, unknown, batch=10, lost=unknown).run == tuple(("4B", case) for case in order[10:20])
    all_unknown: Results = {("4B", case): None for case in order}
    assert next_cases(plan, all_unknown).awaited == (("4B", "a"),)
    assert next_cases(plan, all_unknown, lost=all_unknown).run == tuple(("8B", case) for case in order)


def test_key_cases_ahead_of_their_turn_are_not_counted_yet() -> None:
    plan = plan_of("a", 30, keys=30)
    order = [case.case for case in plan.cases["a"]]
    outcomes: Results = {("4B", order[0]): 1.0, ("4B", order[1]): 0.0, ("4B", order[9]): 1.0}
    assert representative_counts(plan, outcomes) == (CellCount("a", "4B", 2, 2, 1),)
    outcomes["4B", order[2]] = None
    outcomes["4B", order[3]] = 1.0
    assert representative_counts(plan, outcomes) == (CellCount("a", "4B", 3, 3, 2),)


def test_an_item_with_too_few_cases_for_any_verdict_is_run_whole() -> None:
    plan = plan_of("a", 10, keys=1)
    assert plan.too_small == ("a",)
    whole = everything(plan, {"a": (0.2, 0.9, 1.0)}, np.random.default_rng(1))
    assert staged(plan, whole, batch=2) == whole
    assert plan_of("a", 40).too_small == ()


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.9, 1.0])
def test_fewest_passes_are_the_fewest(threshold: float) -> None:
    for cases in (1, 5, 20, 45):
        meets = [passed for passed in range(cases + 1) if verdict(passed, cases, threshold) == "meets"]
        assert fewest_passes(cases, threshold) == (meets[0] if meets else None)


def test_an_item_is_closed_by_what_is_sure_and_by_what_is_all_but_sure() -> None:
    needed = fewest_passes(100, 0.8)
    assert needed is not None and 90 <= needed <= 95
    spare, nothing = 100 - needed, Tally(0, 0)
    assert settled_by(Tally(spare, 0), nothing, 100, 0.8) is None
    assert settled_by(Tally(spare + 1, 0), nothing, 100, 0.8) == "short"
    assert settled_by(Tally(spare, 0), Tally(1, 0), 100, 0.8) == "short"
    for passed in range(20, 100):
        chance = betabinom.sf(needed - passed - 1, 99 - passed, 3 + passed, 2)
        sure = verdict(passed, passed + 1, 0.8) == "meets" and chance >= CONFIDENCE
        assert (settled_by(Tally(passed + 1, passed), nothing, 100, 0.8) == "meets") == sure


def test_partly_right_cases_count_by_their_share() -> None:
    """Half a case lost twice is a case lost; what cannot be reached any more is told to the fraction."""
    needed = fewest_passes(100, 0.8)
    assert needed is not None
    half_lost = 2 * (100 - needed)
    nothing = Tally(0, 0)
    assert settled_by(Tally(half_lost, half_lost / 2), nothing, 100, 0.8) is None
    assert settled_by(Tally(half_lost + 1, half_lost / 2), nothing, 100, 0.8) == "short"
    for scored in (0.25, 0.5, 1.0):
        meets = [passed for passed in range(99) if verdict(scored + passed, 100, 0.8) == "meets"]
        assert fewest_passes(100, 0.8, scored, left=98) == meets[0]
    assert fewest_passes(100, 0.8, scored=1.0, left=91) == needed - 1
    assert fewest_passes(100, 0.8, scored=0.5, left=90) is None
    plan = plan_of("a", 30)
    order = [case.case for case in plan.cases["a"]]
    thirds: Results = {("4B", case): share for case, share in zip(order, (1 / 3, 2 / 3, 1.0), strict=False)}
    assert representative_counts(plan, thirds) == (CellCount("a", "4B", 3, 3, 2.0),)


@pytest.mark.slow
def test_with_partly_right_cases_the_decision_is_that_of_the_whole_run() -> None:
    """As the ladder above, but each case is the mean of three turns."""
    dice = np.random.default_rng(5)
    same, ran = 0, []
    for run in range(100):
        plan = plan_of("a", 100, keys=10, seed=run)
        turns = [everything(plan, {"a": (0.60, 0.80, 0.93)}, dice) for _ in range(3)]
        whole: Results = {pair: sum(turn[pair] or 0 for turn in turns) / 3 for pair in turns[0]}
        part = staged(plan, whole)
        same += same_decision(table_of(plan, part), table_of(plan, whole)).same
        ran.append(cost(part) / cost(whole))
    assert same / 100 >= 0.95
    assert np.mean(ran) <= 0.70


def test_decisions_are_compared_item_by_item_and_in_all() -> None:
    plan = plan_of("ab", 60)
    sure = everything(plan, {"a": (1, 1, 1), "b": (0, 1, 1)}, np.random.default_rng(0))
    other = everything(plan, {"a": (1, 1, 1), "b": (0, 0, 1)}, np.random.default_rng(0))
    found = same_decision(table_of(plan, sure), table_of(plan, other))
    assert found.items == {"b": ("8B", "30B")}
    assert (found.recommended, found.same) == (("8B", "30B"), False)
    assert same_decision(table_of(plan, sure), table_of(plan, sure)).same


def test_the_order_is_drawn_once_and_strange_cases_are_refused() -> None:
    order = [case.case for case in plan_of("a", 40).cases["a"]]
    assert order == [case.case for case in plan_of("a", 40).cases["a"]]
    assert order != sorted(order)
    assert order != [case.case for case in plan_of("a", 40, seed=1).cases["a"]]
    item = TestItem("a", "a", "a", 0.8)
    for cases in ([PlannedCase("x", "a"), PlannedCase("x", "a")], [PlannedCase("x", "b")]):
        with pytest.raises(ValueError, match="x"):
            staged_plan(MODELS, [item], cases)
