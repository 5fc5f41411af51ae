"""Memory runs out at load, in the prefill or in the middle: said in one sentence, and the engine goes on."""

import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from comparer.engines.memory import Free, is_out_of_memory, readable_size, wanted_bytes
from comparer.engines.transformers_engine import TransformersEngine
from comparer.errors import EngineError
from comparer.records import Tokens

from .asking import ask
from .conftest import DrawPicture, spec_of

CUDA_SAYS = "CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total capacity of 23.64 GiB."
CPU_SAYS = (
    "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate "
    "4294967296 bytes. Error code 12 (Cannot allocate memory)"
)


@pytest.fixture
def engine(dense_folder: Path) -> TransformersEngine:
    return TransformersEngine(spec_of(dense_folder))


def fail_in_forward(engine: TransformersEngine, at_call: int, error: Callable[[], Exception]) -> Callable[[], None]:
    """Let the model's forward raise at its `at_call`-th call (0 = prefill); returns how to take that back."""
    assert engine._resident is not None
    calls = iter(range(10_000))

    def fail(*_: object) -> None:
        if next(calls) == at_call:
            raise error()

    remove: Callable[[], None] = engine._resident.model.register_forward_pre_hook(fail).remove
    return remove


@pytest.mark.parametrize("at_call", [0, 4])
@pytest.mark.parametrize("error", [lambda: torch.OutOfMemoryError(CUDA_SAYS), lambda: RuntimeError(CPU_SAYS)])
def test_an_engine_answers_again_after_running_out_in_an_answer(
    engine: TransformersEngine, draw: DrawPicture, at_call: int, error: Callable[[], Exception]
) -> None:
    engine.load()
    remove = fail_in_forward(engine, at_call, error)

    reply = ask(engine, "What?", draw())
    remove()

    assert reply.failed.code == "out_of_memory"
    assert reply.failed.parameters["needed"] in ("2.5 GiB", "4.0 GiB")
    assert str(reply.failed.parameters["free"]).endswith("GiB")
    assert len(reply.tokens) == at_call
    assert engine.state == "ready"
    assert any(isinstance(event, Tokens) for event in ask(engine, "What?", draw()).events)
    engine.close()


def test_what_the_failed_answer_held_is_freed(engine: TransformersEngine, draw: DrawPicture) -> None:
    engine.load()
    held: list[weakref.ref[torch.Tensor]] = []

    def hold_and_fail(module: Any, arguments: Any, options: dict[str, Any]) -> None:
        held.append(weakref.ref(options["position_ids"]))
        raise torch.OutOfMemoryError(CUDA_SAYS)

    assert engine._resident is not None
    hook = engine._resident.model.register_forward_pre_hook(hold_and_fail, with_kwargs=True)
    gc.disable()
    try:
        ask(engine, "What?", draw())
        hook.remove()
        assert held and held[0]() is None
    finally:
        gc.enable()
        engine.close()


@pytest.mark.parametrize("where", ["comparer.engines.transformers_engine.load_model", "warm-up"])
def test_an_engine_loads_again_after_running_out_at_load(
    engine: TransformersEngine, draw: DrawPicture, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def fail(*_: object) -> None:
        raise torch.OutOfMemoryError(CUDA_SAYS)

    if where == "warm-up":
        monkeypatch.setattr(engine, "_warm_up", fail)
    else:
        monkeypatch.setattr(where, fail)

    with pytest.raises(EngineError) as caught:
        engine.load()

    assert caught.value.code == "out_of_memory"
    assert "Model M" in str(caught.value) and "2.5 GiB" in str(caught.value)
    assert engine.state == "unloaded"
    assert engine._resident is None
    monkeypatch.undo()
    assert ask(engine, "What?", draw()).finished
    engine.close()


def test_a_load_that_cannot_fit_is_refused_before_it_starts(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine._residency, "_read_memory", lambda _: Free(1000, 2000))

    with pytest.raises(EngineError) as caught:
        engine.load()

    assert caught.value.code == "out_of_memory"
    assert caught.value.parameters["free"] == "1000 B"
    assert str(caught.value.parameters["needed"]).endswith("KiB")
    engine.close()


def test_other_errors_are_no_lack_of_memory(engine: TransformersEngine, draw: DrawPicture) -> None:
    engine.load()
    remove = fail_in_forward(engine, 0, lambda: RuntimeError("shapes do not match"))

    failed = ask(engine, "What?", draw()).failed
    remove()

    assert failed.code == "engine_failed"
    assert "shapes do not match" in str(failed.parameters["problem"])
    assert ask(engine, "What?", draw()).finished
    engine.close()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError(CUDA_SAYS), True),
        (RuntimeError(CPU_SAYS), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), True),
        (MemoryError(), True),
        (RuntimeError("size mismatch"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_lack_of_memory_is_recognised(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected


def test_the_wanted_amount_is_read_from_the_message() -> None:
    assert wanted_bytes(CUDA_SAYS) == int(2.5 * 1024**3)
    assert wanted_bytes(CPU_SAYS) == 4 * 1024**3
    assert wanted_bytes("tried to allocate 512.00 MiB") == 512 * 1024**2
    assert wanted_bytes("no numbers here") is None


def test_sizes_are_written_for_people() -> None:
    assert readable_size(0) == "0 B"
    assert readable_size(2048) == "2.0 KiB"
    assert readable_size(150 * 1024**2) == "150 MiB"
    assert readable_size(16.33 * 1024**3) == "16.3 GiB"
