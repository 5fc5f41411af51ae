"""What is offered when memory ran out: what may help, by what stood in the way."""

from pathlib import Path

import pytest

from comparer.dialogue import Column
from comparer.engines.memory import Free
from comparer.engines.residency import Residency
from comparer.engines.scripted_engine import Script, ScriptedEngine
from comparer.lineup import ModelSpec, read_lineup
from comparer.records import Failure, Picture, Sampling
from comparer.ui.ways_out import (
    fewer_turns,
    lower_precision_advice,
    remedies,
    with_shorter_answer,
    with_smaller_pictures,
)

RESIDENCY = Residency(lambda _: Free(100, 100))


def engine(name: str, device: str = "cuda:0", loaded: bool = True) -> ScriptedEngine:
    spec = ModelSpec(key=name, label=name, engine="scripted", model=name)
    made = ScriptedEngine(spec, script=Script(), device=device, residency=RESIDENCY)
    if loaded:
        made.load()
    return made


def ran_out(during: str = "decode", code: str = "out_of_memory", sampling: Sampling = Sampling()) -> Column:
    return Column("m", "failed", failure=Failure(code, {"during": during}), sampling=sampling)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (Column("m", "done"), set()),
        (Column("m", "failed", failure=Failure("engine_failed")), set()),
        (ran_out("load"), {"release"}),
        (ran_out("load", "out_of_memory_budget"), {"release"}),
        (ran_out("prefill"), {"release", "smaller", "shorter"}),
        (ran_out("decode"), {"release", "smaller", "shorter"}),
        (ran_out(sampling=Sampling(max_new_tokens=32, max_image_tokens=64)), {"release"}),
    ],
)
def test_only_what_may_help_is_offered(column: Column, expected: set[str]) -> None:
    mine, other, unloaded, elsewhere = engine("m"), engine("o"), engine("u", loaded=False), engine("e", "cuda:1")
    assert remedies(column, mine, [mine, other, unloaded, elsewhere], RESIDENCY) == expected
    assert "release" not in remedies(column, mine, [mine, unloaded, elsewhere], RESIDENCY)


def test_pins_are_taken_off_only_on_purpose() -> None:
    mine, pinned, other = engine("m"), engine("p"), engine("o")
    RESIDENCY.pin(pinned, True)
    assert remedies(ran_out("load"), mine, [mine, pinned], RESIDENCY) == {"unpin"}
    assert remedies(ran_out("load"), mine, [mine, pinned, other], RESIDENCY) == {"unpin", "release"}


def test_a_smaller_budget_does_make_the_largest_picture_smaller() -> None:
    small, large = (Picture("", Path(), side, side) for side in (320, 640))  # 100 and 400 tokens
    assert with_smaller_pictures(Sampling(max_image_tokens=1280), [small, large]).max_image_tokens == 200
    assert with_smaller_pictures(Sampling(max_image_tokens=200), [small, large]).max_image_tokens == 100
    assert with_smaller_pictures(Sampling(max_image_tokens=100), [small]).max_image_tokens == 64
    assert with_smaller_pictures(Sampling(max_image_tokens=1280), []).max_image_tokens == 640


def test_less_text_is_fewer_turns_and_fewer_new_tokens() -> None:
    assert [fewer_turns(turns) for turns in (1, 2, 3, 6, 7)] == [1, 1, 2, 3, 4]
    assert [with_shorter_answer(Sampling(max_new_tokens=n)).max_new_tokens for n in (512, 40)] == [256, 32]


def test_a_lineup_with_a_lower_precision_is_named_where_one_ships() -> None:
    small, eight, thirty = read_lineup("qwen3-vl").models
    told = lower_precision_advice(eight, ran_out(), "en")
    assert told == "At int8 it takes less memory; such a lineup ships: python app.py --lineup qwen3-vl-8b-precisions"
    at_int8 = read_lineup("qwen3-vl-8b-precisions").models[1]
    assert "nf4" in lower_precision_advice(at_int8, ran_out(), "zh")
    assert lower_precision_advice(eight, Column("m", "done"), "en") == ""
    assert [lower_precision_advice(spec, ran_out(), "en") for spec in (small, thirty)] == ["", ""]
    large = read_lineup("demo").models[2]
    assert "demo-precisions" in lower_precision_advice(large, ran_out(), "en")
