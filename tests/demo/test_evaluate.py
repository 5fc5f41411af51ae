"""`comparer demo evaluate`: how it asks, what it prints, what it refuses."""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from comparer.demo.evaluate import ask_case, describe, evaluate, main
from comparer.demo.exam import Case, Plan, draw_exam
from comparer.demo.measured import CARD_NAME, SCORES_NAME
from comparer.demo.questions import OUTSIDE_ANSWER, Turn
from comparer.demo.scores import Evaluation, ScoredTurn, summarise
from comparer.demo.train import FACTS_NAME
from comparer.engines.base import Emit, Engine, Footprint
from comparer.engines.checkpoint import checkpoint_identity
from comparer.engines.scripted_engine import Script, ScriptedEngine
from comparer.errors import EngineError
from comparer.fit.intervals import wilson_interval
from comparer.lineup import ModelSpec
from comparer.paths import ASSETS
from comparer.records import Finished, Picture, Request, Sampling, Started, Tokens
from comparer.settings import Settings

SMALL = ASSETS / "models" / "small"
TINY = ["--pictures", "3", "--outside", "2", "--conversations", "1"]
PICTURE = Picture("0" * 64, Path("no-such-picture.webp"), 96, 96)


def spec(key: str = "one", engine: str = "scripted") -> ModelSpec:
    return ModelSpec(key=key, label=key, engine=engine, model=key)


class Parrot(Engine):
    """Gives the answers it was told, one token a character, and remembers what it was asked."""

    def __init__(self, answers: list[str]) -> None:
        super().__init__(spec())
        self.answers = answers
        self.requests: list[Request] = []

    device = "cpu"

    def footprint(self) -> Footprint | None:
        return None

    def _load(self) -> None: ...

    def _unload(self) -> None: ...

    def _answer(self, request: Request, cancel: threading.Event, emit: Emit) -> None:
        self.requests.append(request)
        emit(Started(10.0, 0.5, 3, 1))
        for place, character in enumerate(self.answers[len(self.requests) - 1]):
            emit(Tokens(10.25 + place, character))
        emit(Finished(99.0, "stop"))


def dialogue(*asked: tuple[str, str]) -> tuple[Turn, ...]:
    return tuple(Turn("manual.shape", "en", question, answer) for question, answer in asked)


def test_earlier_answers_stay_as_the_model_gave_them() -> None:
    engine = Parrot([" The fan is a square. ", OUTSIDE_ANSWER["zh"], "Yes, red!"])
    turns = dialogue(("What?", "The fan is a circle."), ("And?", "The fan is red."), ("Red?", "Yes, it is red."))
    scored = ask_case(engine, Case("items", "manual", "", "items:0", PICTURE, turns), Sampling())
    asked = [[(turn.question, turn.pictures, turn.answer) for turn in request.turns] for request in engine.requests]
    first = ("What?", (PICTURE,), "The fan is a square.")
    assert asked == [
        [("What?", (PICTURE,), None)],
        [first, ("And?", (), None)],
        [first, ("And?", (), OUTSIDE_ANSWER["zh"]), ("Red?", (), None)],
    ]
    assert [(turn.number, turn.right, turn.refused) for turn in scored] == [
        (1, False, False),
        (2, False, True),
        (3, True, False),
    ]
    assert scored[2].ttft_s == 0.25 and scored[2].e2e_s == 8.25
    engine.close()


def test_turns_that_lead_up_are_asked_and_not_scored() -> None:
    engine = Parrot(["The fan is a circle.", OUTSIDE_ANSWER["en"]])
    turns = (*dialogue(("What?", "The fan is a circle.")), Turn("stray", "en", "Hello!", OUTSIDE_ANSWER["en"]))
    (only,) = ask_case(engine, Case("outside", "manual", "stray", "stray:Hello!", PICTURE, turns, 2), Sampling())
    assert (only.kind, only.number, only.right, only.refused, len(engine.requests)) == ("stray", 2, True, True, 2)
    engine.close()


def test_an_answer_that_fails_ends_the_evaluation() -> None:
    engine = ScriptedEngine(spec(), script=Script(fault="memory"))
    case = Case("items", "manual", "", "items:0", PICTURE, dialogue(("What?", "The fan is a circle.")))
    with pytest.raises(EngineError) as failed:
        ask_case(engine, case, Sampling())
    assert failed.value.code == "out_of_memory"
    engine.close()


def test_asked_greedily_with_what_the_dashboard_asks_with(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engine = Parrot(["?"] * 9)
    monkeypatch.setattr("comparer.demo.evaluate.build_engine", lambda _: engine)
    plan = Plan(0, 1, 0, 0)
    warm = spec().model_copy(update={"temperature": 0.7, "max_new_tokens": 64})
    evaluate(warm, plan, list(draw_exam(plan, tmp_path)))
    (sampling,) = {request.sampling for request in engine.requests}
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    assert sampling.max_image_tokens == defaults["max_image_tokens"]
    assert (sampling.temperature, sampling.max_new_tokens) == (0.0, 64)
    assert Sampling().max_new_tokens == defaults["max_new_tokens"]


@pytest.mark.slow
def test_one_object_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    main(["small", "medium", *TINY, "--seed", "5", "--json"])
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert (report["seed"], report["pictures"], list(report["models"])) == (5, 3, ["small", "medium"])
    assert "small: 7 of 7 pictures" in printed.err
    for name, scores in report["models"].items():
        assert set(scores["items"]) == {"manual", "fault", "service"}
        for score in (*scores["items"].values(), *scores["kinds"].values(), scores["out_of_domain"]):
            assert 0 <= score["low"] <= score["accuracy"] <= score["high"] <= 1
        assert scores["mean"] == pytest.approx(
            sum(each["accuracy"] for each in scores["items"].values()) / 3, abs=1e-4
        )
        assert scores["out_of_domain"]["n"] == 3 and set(scores["out_of_domain"]["contents"]) > {
            "photograph",
            "stray",
        }
        assert sum(scores["first_wrong"]["counts"].values()) == scores["first_wrong"]["conversations"] == 1
        assert 0 < scores["first_token_s"] < scores["answer_s"]["median"] <= scores["answer_s"]["p95"]
        assert (scores["precision"], scores["seed"], scores["pictures"]) == ("fp32", 5, 3)
        assert scores["model"] == checkpoint_identity(str(SMALL.with_name(name)))


@pytest.mark.slow
def test_a_folder_gets_its_card_and_the_same_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "candidate"
    shutil.copytree(SMALL, folder)
    for name in (CARD_NAME, SCORES_NAME):
        (folder / name).unlink()
    main([str(folder), *TINY, "--seed", "5", "--precision", "bf16", "--card", "--json"])
    (first,) = json.loads(capsys.readouterr().out)["models"].values()
    assert json.loads((folder / SCORES_NAME).read_text("utf-8")) == first
    card = (folder / CARD_NAME).read_text("utf-8")
    assert f"**{first['mean']:.1%}**" in card and f"on {first['date']} on cpu, bf16" in card
    for heading in ("can answer", "cannot", "Architecture", "Training", "Scores", "Limits"):
        assert f"\n## {heading}" in card or f"\n## What it {heading}" in card
    main([str(folder), *TINY, "--seed", "5", "--precision", "bf16", "--json"])
    (again,) = json.loads(capsys.readouterr().out)["models"].values()
    for measured in ("seconds", "first_token_s", "answer_s", "date"):
        first.pop(measured), again.pop(measured)
    assert first == again


def test_figures_as_lines_of_text() -> None:
    turn = ScoredTurn("items", "manual", "", "a", "fault.stop", "en", 1, True, False, 0.25, 0.5)
    declined = replace(turn, part="outside", cluster="b", content="stray", kind="stray", right=True)
    lines = describe(
        "small", Evaluation(summarise([turn, declined]), "fp32", "cpu", 7, 1, 2.0, "2026-01-01", "small@0")
    )
    low, high = (round(bound, 4) for bound in wilson_interval(1, 1))
    assert lines.splitlines()[0] == "small: 100.0% over the items (pictures: 1, seed: 7)"
    assert f"  fault.stop             100.0%  [{low:.1%}, {high:.1%}]  n=1, chance 50.0%\n" in lines
    assert f"  declined, stray        100.0%  [{low:.1%}, {high:.1%}]  n=1\n" in lines
    assert "first token 0.250 s, answer 0.500 s" in lines


def test_fresh_seeds_are_reported(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    plans: list[Plan] = []

    def draw_nothing(plan: Plan, folder: Path) -> list[Case]:
        plans.append(plan)
        return []

    monkeypatch.setattr("comparer.demo.evaluate.draw_exam", draw_nothing)
    monkeypatch.setattr("comparer.demo.evaluate.build_engine", lambda _: Parrot([]))
    reported = []
    for _ in range(3):
        main(["small", "--fresh-seeds", "--json"])
        reported.append(json.loads(capsys.readouterr().out)["seed"])
    assert reported == [plan.seed for plan in plans]
    assert len(set(reported)) == 3 and min(reported) >= 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tiny"], "tiny is neither a folder nor a model of the lineup (small, medium, large)"),
        (["small", str(SMALL)], "two of the models are called small"),
        (["small", "--seed", "-1"], "-1 is below 0"),
        (["small", "--pictures", "100000"], "100000 is not between 0 and 99999"),
        (["small", "--seed", "1", "--fresh-seeds"], "not allowed with"),
        (["small", "--precision", "fp4"], "invalid choice"),
        (["--lineup", "demo-precisions", "--card"], "is named more than once"),
        (["--lineup", "qwen3-vl", "--card"], f"has no {FACTS_NAME}"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_drawn(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(*_: Any) -> None:
        raise AssertionError("drawn")

    monkeypatch.setattr("comparer.demo.evaluate.draw_exam", draw)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
