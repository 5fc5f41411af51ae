"""The runs that are compared to tell what quantisation does."""

from dataclasses import replace
from datetime import UTC, datetime

from comparer.records import Sampling
from comparer.run_records import Run, RunModel, RunRequest
from comparer.suites.precisions import precision_runs

WEIGHTS = "Qwen/Qwen3-VL-8B-Instruct"


def run(name: str, suite: str, *precisions: str, answers: int = 9, sampling: Sampling = Sampling()) -> Run:
    models = tuple(RunModel(f"8B-{precision}", precision, WEIGHTS, precision) for precision in precisions)
    request = RunRequest(suite, suite, suite, "lineup", models, sampling=sampling)
    when = datetime(2026, 1, 1, tzinfo=UTC)
    return Run(name, request, "finished", "run", when, when, when, None, 9, answers, 0, 9, 1.0)


def sides(runs: list[Run]) -> list[tuple[str, str]]:
    found = precision_runs(runs, WEIGHTS)
    return [] if found is None else [(precision, side.id) for precision, (side, _) in found.sides.items()]


def test_the_newest_runs_of_one_suite_are_taken_the_most_exact_first() -> None:
    runs = [run("5", "lamps", "nf4"), run("4", "lamps", "nf4", "bf16"), run("3", "lamps", "int8", "bf16")]
    assert sides(runs) == [("bf16", "4"), ("int8", "3"), ("nf4", "5")]
    found = precision_runs(runs, WEIGHTS)
    assert found is not None and (found.reference, found.others) == ("bf16", ("int8", "nf4"))
    assert found.sides["nf4"][1] == "8B-nf4"
    assert precision_runs(runs, "other weights") is None


def test_suites_and_samplings_are_not_mixed_and_one_precision_is_no_comparison() -> None:
    apart = [run("2", "lamps", "nf4"), run("1", "doors", "bf16")]
    assert sides(apart) == []
    assert sides([apart[0], run("0", "lamps", "bf16", sampling=replace(Sampling(), seed=1))]) == []
    assert sides([run("2", "lamps", "nf4", "bf16", answers=0)]) == []
    fewer = [run("3", "doors", "nf4", "bf16"), run("2", "lamps", "nf4", "int8", "bf16")]
    assert [side for _, side in sides(fewer)] == ["2", "2", "2"]
