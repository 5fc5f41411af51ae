"""A batch goes turn by turn, its time is shared out exactly, and only checks score."""

from pathlib import Path
from typing import Any

import pytest

from comparer.comparison import Comparison
from comparer.engines.cancel import CancelToken
from comparer.engines.scripted_engine import Script, ScriptedEngine
from comparer.records import Answer, Failure, Metrics, Picture, Sampling
from comparer.run_records import MadeAnswer, RunCase, RunTurn
from comparer.suites.asking import Asked, _WorkClock, ask, score
from comparer.suites.planning import Unit
from tests.conftest import scripted_lineup
from tests.suites.running import QUICK

PICTURE = Picture("", Path("none.webp"), 32, 24)
Kept = list[MadeAnswer]


def unit(case: str, turns: int, answered: int = 0) -> Asked:
    questions = tuple(
        RunTurn(f"{case}.{turn}?", check={"kind": "contains", "value": "word1"}) for turn in range(turns)
    )
    return Asked(Unit("small", case, 0), RunCase(case, "manual", questions, (PICTURE,)), ["before"] * answered)


def engine(script: Script) -> ScriptedEngine:
    return ScriptedEngine(scripted_lineup(("small",)).models[0], script=script)


def put(
    batch: list[Asked], script: Script = QUICK, cancel: CancelToken | None = None, turns: int = 99
) -> tuple[Kept, Any]:
    kept: Kept = []
    left = iter([True] * turns)
    trouble = ask(
        Comparison(),
        engine(script),
        batch,
        Sampling(),
        kept.extend,
        cancel or CancelToken(),
        lambda: next(left, False),
    )
    return kept, trouble


def test_cases_of_different_lengths_go_on_turn_by_turn() -> None:
    kept, trouble = put([unit("a", 1), unit("b", 3), unit("c", 3, answered=2)])
    assert trouble is None
    order = [(place.case, place.turn) for place, *_ in kept]
    assert order == [("a", 0), ("b", 0), ("b", 1), ("b", 2), ("c", 2)]
    assert all(found is not None and found.passed for *_, found in kept)


def test_it_stops_between_two_turns() -> None:
    batch = [unit("a", 3), unit("b", 3)]
    kept, _ = put(batch, turns=2)
    assert [(place.case, place.turn) for place, *_ in kept] == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]
    assert [one.place.turn for one in batch] == [2, 2]


def test_what_was_stopped_is_not_kept() -> None:
    cancel = CancelToken()
    cancel.set()
    assert put([unit("a", 2)], cancel=cancel) == ([], None)


def test_answers_end_but_the_stop_signal_stays_unset() -> None:
    cancel = CancelToken()
    put([unit("a", 2)], cancel=cancel)
    assert not cancel.is_set()


def test_a_model_that_cannot_load_is_told_and_nothing_is_kept() -> None:
    kept, trouble = put([unit("a", 2), unit("b", 1)], Script(fault="load"))
    assert kept == []
    assert isinstance(trouble, Failure) and trouble.code == "weights_missing"


def test_a_failed_answer_is_kept_and_the_conversation_goes_on() -> None:
    kept, trouble = put([unit("a", 2)], Script(ttft_s=0.001, tokens_per_s=10_000, tokens=4, fault="middle"))
    assert trouble is None
    assert [(place.turn, answer.stop_reason, found) for place, answer, _, found in kept] == [
        (0, "error", None),
        (1, "error", None),
    ]


def test_time_is_shared_among_the_answers_under_way() -> None:
    clock = _WorkClock()
    for row in (0, 1):
        clock.begin(row, 10.0)
    assert clock.end(0, 14.0) == pytest.approx(2.0)
    assert clock.end(1, 15.0) == pytest.approx(3.0)
    clock.begin(2, 20.0)  # nobody was under way meanwhile
    assert clock.end(2, 21.5) == pytest.approx(1.5)
    assert clock.end(3, 22.0) == 0.0


def test_only_a_check_scores_and_never_a_failed_answer() -> None:
    said = Answer("small", "The answer is 42 g.", "stop", Metrics())
    check = {"kind": "number", "value": 42, "unit": "g"}
    found = score(check, said)
    assert found is not None and (found.score, found.passed) == (1.0, True)
    wrong = score({**check, "value": 43}, said)
    assert wrong is not None and (wrong.score, wrong.passed) == (0.0, False)
    assert score(None, said) is None
    assert score(check, Answer("small", "42 g", "error", Metrics(), failure=Failure("engine_failed"))) is None
