"""Room is made by unloading the least recently used model of the same device."""

import pytest

from comparer.engines import Limits
from comparer.engines.memory import Free
from comparer.engines.residency import Residency
from comparer.engines.scripted_engine import Script, ScriptedEngine
from comparer.errors import OutOfMemoryError

from .asking import ask
from .conftest import spec_of

CARD_BYTES = 100


class Card:
    """A card of 100 bytes on which each loaded engine takes what it is given here."""

    def __init__(self) -> None:
        self.taken: dict[ScriptedEngine, int] = {}

    def add(self, name: str, size: int, device: str = "cuda:0", **script: object) -> ScriptedEngine:
        spec = spec_of(name, key=name, label=name, engine="scripted")
        engine = ScriptedEngine(spec, Limits(stall_s=0.5), Script(**script), device)  # type: ignore[arg-type]
        engine.load()
        self.taken[engine] = size
        return engine

    def read(self, device: str) -> Free:
        taken = sum(
            size for engine, size in self.taken.items() if engine.state == "ready" and engine.device == device
        )
        return Free(CARD_BYTES - taken, CARD_BYTES)


@pytest.fixture
def card() -> Card:
    return Card()


def newcomer() -> ScriptedEngine:
    return ScriptedEngine(spec_of("new", label="new", engine="scripted"), device="cuda:0")


def test_nothing_is_unloaded_while_there_is_room(card: Card) -> None:
    residency = Residency(card.read)
    old = card.add("old", 40)
    residency.touch(old)

    residency.make_room(newcomer(), 60)

    assert old.state == "ready"


def test_the_least_recently_used_leaves_first_and_no_more_than_needed(card: Card) -> None:
    residency = Residency(card.read)
    first, second, third = (card.add(name, 30) for name in ("first", "second", "third"))
    for engine in (first, second, third, first):
        residency.touch(engine)

    residency.make_room(newcomer(), 40)

    assert [engine.state for engine in (first, second, third)] == ["ready", "unloaded", "ready"]


def test_other_devices_are_left_alone(card: Card) -> None:
    residency = Residency(card.read)
    here, elsewhere = card.add("here", 90), card.add("elsewhere", 90, device="cuda:1")
    for engine in (elsewhere, here):
        residency.touch(engine)

    residency.make_room(newcomer(), 50)

    assert (here.state, elsewhere.state) == ("unloaded", "ready")


def test_a_model_larger_than_the_card_is_refused_with_the_numbers(card: Card) -> None:
    residency = Residency(card.read)
    old = card.add("old", 40)
    residency.touch(old)

    with pytest.raises(OutOfMemoryError) as caught:
        residency.make_room(newcomer(), 101)

    assert caught.value.parameters == {"model": "new", "needed": "101 B", "free": "100 B"}
    assert old.state == "unloaded"


def test_a_model_that_hangs_keeps_its_place_and_the_next_one_leaves(card: Card) -> None:
    residency = Residency(card.read)
    hanging = card.add("hanging", 40, ttft_s=0, tokens_per_s=500, fault="hang")
    idle = card.add("idle", 40)
    for engine in (hanging, idle):
        residency.touch(engine)
    ask(hanging, "?")

    residency.make_room(newcomer(), 60)

    assert (hanging.state, idle.state) == ("ready", "unloaded")
    hanging.release.set()
