"""A staged run of the demo suite decides as the whole one does, for at most 60 % of its model-seconds."""

import json

import pytest

from comparer.engines import build_engines
from comparer.fit.recommendation import recommend
from comparer.fit.score_table import ScoreTable, score_table
from comparer.lineup import read_lineup
from comparer.records import TestItem
from comparer.suites.staged import (
    Outcomes,
    PlannedCase,
    StagedPlan,
    next_cases,
    representative_counts,
    same_decision,
    staged_plan,
)

from .record_demo_outcomes import BATCH, FILE, demo_suite, outcomes

MODELS = ("small", "medium", "large")
ITEMS = (TestItem("manual", "", "", 0.8), TestItem("fault", "", "", 0.75), TestItem("service", "", "", 0.7))
RECORDED: dict[str, dict[str, tuple[str, float]]] = json.loads(FILE.read_text("utf-8"))
SCORES = {
    (model, case): passed.count("1") / len(passed)
    for model, cases in RECORDED.items()
    for case, (passed, _) in cases.items()
}
SECONDS = {(model, case): cost for model, cases in RECORDED.items() for case, (_, cost) in cases.items()}


def table(plan: StagedPlan, found: Outcomes) -> ScoreTable:
    return score_table(ITEMS, MODELS, representative_counts(plan, found))


@pytest.mark.parametrize("batch", [1, BATCH])
def test_a_staged_run_of_what_was_recorded_decides_as_the_whole_one(batch: int) -> None:
    cases = [PlannedCase(case.id, case.item, case.key) for case in demo_suite().cases]
    plan = staged_plan(MODELS, ITEMS, cases)
    found: dict[tuple[str, str], float | None] = {}
    while following := next_cases(plan, found, batch=batch).run:
        found |= {pair: SCORES[pair] for pair in following if pair[0] == following[0][0]}
    assert same_decision(table(plan, found), table(plan, SCORES)).same
    assert recommend(table(plan, found)).model == "large"
    assert sum(SECONDS[pair] for pair in found) <= 0.6 * sum(SECONDS.values())


def test_the_models_still_answer_as_recorded() -> None:
    suite = demo_suite()
    some = suite.cases[7::60]
    for engine in build_engines(read_lineup("demo")):
        for case, passed, _ in outcomes(engine, suite, some):
            assert passed == RECORDED[engine.spec.key][case][0], (engine.spec.key, case)
        engine.close()
