"""A budget for two of the three demo models: never exceeded, the longest unused leaves, and memory comes back."""

import gc
import random
import threading
from collections.abc import Iterator

import pytest
import torch

from comparer.engines import Engine, build_engines
from comparer.engines.residency import Residency
from comparer.lineup import read_lineup

from .asking import ask
from .conftest import DrawPicture

QUESTIONS = 50


@pytest.fixture(scope="module")
def weights() -> dict[str, int]:
    """What each demo model holds once it is loaded."""
    sizes = {}
    for engine in build_engines(read_lineup("demo")):
        engine.load()
        footprint = engine.footprint()
        assert footprint is not None
        sizes[engine.spec.key] = footprint.weights_bytes
        engine.unload()
        engine.close()
    return sizes


@pytest.fixture
def engines(residency: Residency) -> Iterator[tuple[Engine, ...]]:
    built = build_engines(read_lineup("demo"), residency=residency)
    yield built
    for engine in built:
        engine.unload()
        engine.close()


@pytest.fixture
def residency(weights: dict[str, int]) -> Residency:
    """Room for any two of the three, and not for all."""
    *_, second, largest = sorted(weights.values())
    return Residency(budget_bytes=second + largest)


def tensors_bytes() -> int:
    """All that torch's tensors of this process hold, each storage once.

    The process's resident memory would tell of the allocator's and Python's habits rather than of the model's.
    """
    gc.collect()
    storages = {}
    for thing in gc.get_objects():
        if issubclass(type(thing), torch.Tensor) and thing.device.type == "cpu":
            storage = thing.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
    return sum(storages.values())


def test_fifty_questions_in_random_order_stay_within_the_budget(
    residency: Residency, engines: tuple[Engine, ...], weights: dict[str, int], draw: DrawPicture
) -> None:
    budget = residency.budget_bytes
    assert budget is not None
    picture, dice = draw(), random.Random(20)
    last_used: list[Engine] = []
    evictions = 0
    most, over = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not over.wait(0.005):
            most = max(most, residency.held_bytes("cpu"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(QUESTIONS):
        engine = dice.choice(engines)
        before = [other for other in last_used if other.state == "ready"]
        reply = ask(engine, "What shape?", picture, max_new_tokens=2)
        assert reply.finished, reply.events[-1]
        gone = [other for other in before if other.state != "ready"]
        assert gone == before[: len(gone)]  # the longest unused first
        evictions += len(gone)
        assert residency.held_bytes("cpu") <= budget
        last_used = [other for other in last_used if other is not engine] + [engine]
    over.set()
    watcher.join()
    assert evictions > 10
    assert max(weights.values()) < most <= budget


def test_memory_comes_back(residency: Residency, engines: tuple[Engine, ...], draw: DrawPicture) -> None:
    """Measured by what torch's tensors hold: within 5 % of the weights of what it was before the load."""
    largest = engines[-1]
    before = tensors_bytes()
    largest.load()
    footprint = largest.footprint()
    assert footprint is not None
    assert ask(largest, "What shape?", draw(), max_new_tokens=2).finished
    assert tensors_bytes() - before >= 0.9 * footprint.weights_bytes
    residency.release(largest)

    assert abs(tensors_bytes() - before) <= 0.05 * footprint.weights_bytes
