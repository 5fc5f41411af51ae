"""Memory runs out for one of the three demo models: the others finish, the sentence has the numbers, all go on."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from comparer.dialogue import Column, Dialogue
from comparer.engines import build_engines, transformers_engine
from comparer.engines.residency import Residency
from comparer.engines.transformers_engine import TransformersEngine
from comparer.lineup import read_lineup
from comparer.pictures import normalise
from comparer.records import Picture, Sampling
from comparer.store import Store
from comparer.texts import LANGUAGES, text

from .conftest import DrawPicture
from .test_running_out_of_memory import CUDA_SAYS, fail_in_forward

SHORT = Sampling(max_new_tokens=6)
KEYS = read_lineup("demo").keys


@pytest.fixture(scope="module")
def engines() -> Iterator[dict[str, TransformersEngine]]:
    built = build_engines(read_lineup("demo"), residency=Residency())
    yield {engine.spec.key: engine for engine in built if isinstance(engine, TransformersEngine)}
    for engine in built:
        engine.unload()
        engine.close()


@pytest.fixture
def dialogue(engines: dict[str, TransformersEngine], store: Store) -> Dialogue:
    return Dialogue(read_lineup("demo"), tuple(engines.values()), store)


@pytest.fixture
def picture(dialogue: Dialogue, draw: DrawPicture) -> Picture:
    return dialogue.keep_picture(normalise(draw("red").path))


def ask(dialogue: Dialogue, conversation: str, picture: Picture | None) -> dict[str, Column]:
    pictures = (picture,) if picture else ()
    *_, last = dialogue.ask(conversation, "What shape?", pictures, SHORT)
    return {column.model: column for column in last.columns}


def run_out(engine: TransformersEngine, where: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let memory run out at the next load, in the prefill, or at the third token; returns how to take it back."""
    if where != "load":
        engine.load()
        return fail_in_forward(engine, 0 if where == "prefill" else 2, lambda: torch.OutOfMemoryError(CUDA_SAYS))
    engine.unload()
    real = transformers_engine.load_model

    def fail(spec: Any, *others: Any) -> Any:
        if spec.key == engine.spec.key:
            raise torch.OutOfMemoryError(CUDA_SAYS)
        return real(spec, *others)

    monkeypatch.setattr(transformers_engine, "load_model", fail)
    return monkeypatch.undo


@pytest.mark.parametrize("where", ["load", "prefill", "decode"])
@pytest.mark.parametrize("key", KEYS)
def test_the_others_finish_and_the_next_question_works(
    engines: dict[str, TransformersEngine],
    dialogue: Dialogue,
    picture: Picture,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    where: str,
) -> None:
    conversation = dialogue.begin()
    take_back = run_out(engines[key], where, monkeypatch)
    columns = ask(dialogue, conversation, picture)
    take_back()

    failed = columns.pop(key)
    assert {column.state for column in columns.values()} == {"done"}
    assert all(column.answer_id and column.text for column in columns.values())
    assert failed.state == "failed" and failed.failure is not None
    assert (failed.failure.code, failed.failure.parameters["during"]) == ("out_of_memory", where)
    assert bool(failed.text) is (where == "decode")
    for language in LANGUAGES:
        sentence = text(f"error.{failed.failure.code}", language, **failed.failure.parameters)
        for part in (engines[key].spec.label, "2.5 GiB", str(failed.failure.parameters["free"])):
            assert part in sentence

    assert {column.state for column in ask(dialogue, conversation, None).values()} == {"done"}
