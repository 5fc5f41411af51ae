"""The grid of a run: outcomes, filters, and a reader that reads only what has come."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, cast

import pytest

from comparer.records import Answer, CellCount, Failure, Metrics, Rating
from comparer.run_records import AutomaticScore, Place, RunAnswer, RunCase, RunModel, RunRequest, RunTurn
from comparer.run_store import RunStore
from comparer.suites import grid_reading
from comparer.suites.grid import GridCell, Show, brief, run_grid
from comparer.suites.grid_reading import GridReader
from storage import SqlStore
from storage.runs import SqlRuns

RIGHT, WRONG = AutomaticScore(1.0, True, "same"), AutomaticScore(0.0, False, "differs", {"expected": "7"})
HALF = AutomaticScore(0.6, True, "similarity", {"score": "0.60", "expected": "pump"})


def case(name: str, item: str = "manual", questions: int = 1, reference: str = "") -> RunCase:
    turns = tuple(RunTurn(f"Question {number} of {name}?", reference) for number in range(questions))
    return RunCase(name, item, turns, ())


def answer(  # one answer of a run
    name: str, model: str, text: str = "7", score: AutomaticScore | None = None, *, turn: int = 0, repeat: int = 0,
    failed: bool = False, ratings: int = 0, accepted: int = 0,
) -> RunAnswer:  # fmt: skip
    failure = Failure("engine_failed") if failed else None
    made = Answer(model, "" if failed else text, "error" if failed else "stop", Metrics(), failure=failure)
    place = Place(name, repeat, turn, model)
    return RunAnswer(place, f"{name}-{model}-{turn}", "c", made, 0.5, score, ratings, accepted)


def grid(cases: Collection[RunCase], *answers: RunAnswer) -> Any:
    return run_grid(("small", "large"), cases, {one.place: brief(one) for one in answers})


def cell(*answers: RunAnswer) -> GridCell:
    return cast(GridCell, grid([case("a", questions=3)], *answers).rows[0].cells["small"])


def test_a_cell_is_the_mean_of_its_checked_turns_over_all_repeats() -> None:
    judged = cell(
        answer("a", "small", score=RIGHT),
        answer("a", "small", score=WRONG, turn=1),
        answer("a", "small", turn=2),
        answer("a", "small", score=HALF, repeat=1),
    )
    assert judged.outcome == "partial"
    assert judged.score == pytest.approx((1.0 + 0.0 + 0.6) / 3)
    assert judged.answers == 4


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([], "missing"),
        ([answer("a", "small")], "unjudged"),
        ([answer("a", "small", failed=True)], "error"),
        ([answer("a", "small", score=RIGHT), answer("a", "small", failed=True, turn=1)], "passed"),
        ([answer("a", "small", score=WRONG)], "failed"),
        ([answer("a", "small", score=HALF)], "passed"),
    ],
)
def test_an_outcome_goes_by_checks_alone(answers: list[RunAnswer], outcome: str) -> None:
    rated = [replace(one, ratings=2, accepted=0) for one in answers]
    assert cell(*answers).outcome == cell(*rated).outcome == outcome


def test_people_stand_beside_the_checks() -> None:
    found = cell(answer("a", "small", score=RIGHT, ratings=3, accepted=1), answer("a", "small", turn=1))
    assert (found.ratings, found.accepted, found.unrated) == (3, 1, 1)
    assert (found.outcome, found.score) == ("passed", 1.0)


def test_each_filter_shows_what_it_names() -> None:
    cases = [case(name) for name in ("right", "wrong", "differs", "refused", "words", "broken", "unasked")]
    answers = [
        *(answer("right", model, score=RIGHT, ratings=1, accepted=1) for model in ("small", "large")),
        *(answer("wrong", model, score=WRONG, ratings=1, accepted=1) for model in ("small", "large")),
        answer("differs", "small", score=WRONG),
        answer("differs", "large", score=RIGHT),
        *(answer("refused", model, score=RIGHT, ratings=2, accepted=1) for model in ("small", "large")),
        answer("words", "small", "a pump", ratings=1, accepted=1),
        answer("words", "large", "a valve", ratings=1, accepted=1),
        *(answer("broken", model, failed=True) for model in ("small", "large")),
    ]
    made = grid(cases, *answers)

    def shown(show: Show) -> list[str]:
        return [row.case.id for row in made.rows_for(show)]

    assert shown("all") == [one.id for one in cases]
    assert shown("failures") == ["wrong", "differs", "refused"]
    assert shown("differing") == ["differs", "words"]
    assert shown("unrated") == ["differs"]
    assert shown("errors") == ["broken"]


def test_items_and_words_narrow_it_down() -> None:
    cases = [case("a", "manual", reference="PUMP 7"), case("b", "fault"), case("pump-case", "fault")]
    made = grid(cases)
    assert made.items == ("manual", "fault")
    assert [row.case.id for row in made.rows_for(item="fault")] == ["b", "pump-case"]
    assert [row.case.id for row in made.rows_for(words=" pump ")] == ["a", "pump-case"]
    assert [row.case.id for row in made.rows_for(item="fault", words="question 0 of B")] == ["b"]
    assert made.rows_for(words="nothing of the kind") == ()


class Counted:
    """Runs as a store gives them, which remembers what was read."""

    def __init__(self, inner: SqlRuns) -> None:
        self._inner = inner
        self.read: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def answers(
        self, run_id: str, case: str = "", *, places: Collection[Place] | None = None
    ) -> tuple[RunAnswer, ...]:
        found = self._inner.answers(run_id, case, places=places)
        self.read.append(len(found))
        return found


def test_a_reader_reads_again_only_what_has_come(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid_reading, "SHARE", 1e9)  # it may read all the time, however slow this computer is
    cases = [case("a"), case("b"), case("c")]
    models = tuple(RunModel(key, key, key, "fp32") for key in ("small", "large"))
    run_id = store.runs.create(RunRequest("s", "S", "题", "demo", models), cases)
    runs = Counted(store.runs)
    reader = GridReader(cast(RunStore, runs), store)

    def keep(name: str, model: str, *, failed: bool = False) -> str:
        made = answer(name, model, score=None if failed else RIGHT, failed=failed)
        return store.runs.keep(run_id, made.place, made.answer, 0.5, made.score)

    def outcomes() -> list[str]:
        read = reader.read(store.runs.run(run_id))
        return [cell.outcome for row in read.grid.rows for cell in row.cells.values() if cell.outcome != "missing"]

    rated = keep("a", "small")
    keep("a", "large", failed=True)
    assert outcomes() == ["passed", "error"] == outcomes()
    keep("b", "small")
    assert outcomes() == ["passed", "error", "passed"]
    assert runs.read == [2, 1]  # all of it, nothing, what was new
    store.rate(rated, Rating(True, "Ann"))
    assert reader.read(store.runs.run(run_id)).grid.rows[0].cells["small"].accepted == 1
    store.runs.forget_errors(run_id)
    keep("a", "large")
    assert outcomes() == ["passed", "passed", "passed"]
    assert runs.read == [2, 1, 3, 3]  # ratings have changed; an answer has gone
    assert reader.read(store.runs.run(run_id)).counts == tuple(
        CellCount("manual", model, cases=count, ratings=count, passed=count)
        for model, count in (("small", 2), ("large", 1))
    )
