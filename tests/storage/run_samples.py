"""Short ways to make runs and their answers."""

from typing import Any

from comparer.records import Answer, Failure, Picture
from comparer.run_records import AutomaticScore, Place, RunCase, RunModel, RunRequest, RunTurn
from storage import SqlStore
from tests.storage.databases import an_answer

MODELS = ("4B", "8B", "30B")
PASSED = AutomaticScore(1.0, True, "exact_same", {"expected": "red"})
FAILED = AutomaticScore(0.25, False, "exact_other", {"expected": "red"})


def a_request(**changes: Any) -> RunRequest:
    models = tuple(RunModel(key, f"Model {key}", f"maker/{key}", "fp32") for key in MODELS)
    given: dict[str, Any] = {
        "suite": "lamps",
        "title_en": "Lamps",
        "title_zh": "灯",
        "lineup": "demo",
        "models": models,
    }
    return RunRequest(**given | changes)


def a_case(
    case: str, *questions: str, item: str = "manual", pictures: tuple[Picture, ...] = (), **changes: Any
) -> RunCase:
    turns = tuple(RunTurn(question) for question in questions or (f"Which lamp of {case} is on?",))
    return RunCase(case, item, turns, pictures, **changes)


def a_run(store: SqlStore, *cases: RunCase, **changes: Any) -> str:
    return store.runs.create(a_request(**changes), cases or (a_case("a"), a_case("b")))


def keep(store: SqlStore, run: str, place: Place, score: AutomaticScore | None = None, **changes: Any) -> str:
    return store.runs.keep(run, place, an_answer(place.model, **changes), 0.5, score)


def a_failed_answer(model: str, text: str = "") -> Answer:
    return an_answer(model, text, "error", failure=Failure("out_of_memory", {"needed": "8 GiB"}))
