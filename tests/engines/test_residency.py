"""Room is made by unloading the least recently used model of the same device."""

import threading

import pytest

from comparer.engines import Limits
from comparer.engines.memory import Free
from comparer.engines.residency import Residency
from comparer.engines.scripted_engine import Script, ScriptedEngine
from comparer.errors import EngineError, OutOfMemoryError

from .asking import ask
from .conftest import spec_of
from .openai_server import wait_until

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

    assert caught.value.parameters == {"model": "new", "needed": "101 B", "free": "100 B", "during": "load"}
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


# --- budget, pins, idle models -----------------------------------------------------------------------


def in_memory(residency: Residency, name: str, size: int, **script: object) -> ScriptedEngine:
    """An engine that keeps account with `residency`; nothing is loaded yet."""
    spec = spec_of(name, key=name, label=name, engine="scripted")
    shape = Script(weights_bytes=size, ttft_s=0, tokens_per_s=500, **script)  # type: ignore[arg-type]
    return ScriptedEngine(spec, Limits(stall_s=5), shape, "cuda:0", residency)


def plenty(_: str) -> Free:
    return Free(10_000, 10_000)


def test_a_budget_holds_although_the_device_has_more() -> None:
    residency = Residency(plenty, budget_bytes=100)
    first, second, third = (in_memory(residency, name, 45) for name in ("first", "second", "third"))
    for engine in (first, second):
        engine.load()
    ask(first, "?")
    third.load()

    assert [engine.state for engine in (first, second, third)] == ["ready", "unloaded", "ready"]
    assert residency.held_bytes("cuda:0") == 90
    assert residency.stay(second).leaving is not None
    assert residency.stay(second).leaving.why == "room" and residency.stay(second).leaving.newcomer == "third"
    with pytest.raises(EngineError) as caught:
        in_memory(residency, "giant", 101).load()
    assert caught.value.code == "out_of_memory_budget"
    assert caught.value.parameters | {"during": ""} == {
        "model": "giant", "needed": "101 B", "free": "100 B", "budget": "100 B", "during": "",
    }  # fmt: skip
    assert residency.held_bytes("cuda:0") == 0


def test_a_pinned_model_stays_and_the_refusal_names_it() -> None:
    residency = Residency(plenty, budget_bytes=100)
    pinned, other = in_memory(residency, "pinned", 60), in_memory(residency, "other", 30)
    pinned.load()
    residency.pin(pinned, True)
    other.load()
    with pytest.raises(EngineError) as caught:
        in_memory(residency, "new", 50).load()
    assert caught.value.code == "out_of_memory_pinned"
    assert "pinned" in str(caught.value) and "50 B" in str(caught.value) and "40 B" in str(caught.value)
    assert (pinned.state, other.state) == ("ready", "unloaded")

    residency.pin(pinned, False)
    in_memory(residency, "new", 50).load()
    assert pinned.state == "unloaded"
    residency.pin(pinned, True)
    pinned.load()
    residency.release(pinned)  # somebody's wish goes before a pin
    assert pinned.state == "unloaded" and residency.stay(pinned).leaving.why == "wish"  # type: ignore[union-attr]


def test_two_that_load_at_once_share_what_is_there() -> None:
    """Each alone finds enough room; the second waits until the first is there, and then sends it away."""
    residency = Residency(plenty, budget_bytes=100)
    both = [in_memory(residency, name, 70, load_s=0.2) for name in ("first", "second")]
    most = 0
    threads = [threading.Thread(target=engine.load) for engine in both]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        most = max(most, residency.held_bytes("cuda:0"))
        threads[0].join(0.01)
    assert most == 70
    assert sorted(engine.state for engine in both) == ["ready", "unloaded"]


def test_idle_models_leave_when_their_time_is_over() -> None:
    now = [0.0]
    happened: list[tuple[str, str]] = []
    residency = Residency(
        plenty, idle_s=60, clock=lambda: now[0], observe=lambda what, engine: happened.append((what, engine.spec.key))
    )
    asked, idle, pinned = (in_memory(residency, name, 10) for name in ("asked", "idle", "pinned"))
    for engine in (asked, idle, pinned):
        engine.load()
    residency.pin(pinned, True)
    now[0] = 50
    ask(asked, "?")
    residency.release_idle()
    assert residency.stay(idle).idle_left_s == 10
    assert (residency.stay(asked).idle_left_s, residency.stay(pinned).idle_left_s) == (60, None)

    now[0] = 60
    residency.release_idle()
    assert [engine.state for engine in (asked, idle, pinned)] == ["ready", "unloaded", "ready"]
    assert happened == [
        ("load", "asked"), ("load", "idle"), ("load", "pinned"), ("answer", "asked"), ("release", "idle")
    ]  # fmt: skip
    now[0] = 1000
    residency.pin(pinned, False)  # its time begins anew
    residency.release_idle()
    assert [engine.state for engine in (asked, idle, pinned)] == ["unloaded", "unloaded", "ready"]
    assert residency.stay(asked).leaving.why == "idle"  # type: ignore[union-attr]


def test_a_question_that_comes_just_in_time_keeps_its_model() -> None:
    now = [0.0]
    residency = Residency(plenty, idle_s=60, clock=lambda: now[0])
    engine = in_memory(residency, "m", 10)
    engine.load()
    now[0] = 60
    before = engine.unload
    engine.unload = lambda still=None: (ask(engine, "?"), before(still))  # type: ignore[assignment, misc, func-returns-value]
    residency.release_idle()
    assert engine.state == "ready" and residency.stay(engine).leaving is None


def test_nothing_is_released_while_its_device_computes() -> None:
    now = [0.0]
    residency = Residency(plenty, idle_s=60, clock=lambda: now[0])
    idle, hanging = in_memory(residency, "idle", 10), in_memory(residency, "hanging", 10, fault="hang")
    idle.load()
    now[0] = 60
    asking = threading.Thread(target=ask, args=(hanging, "?"))
    asking.start()
    while not hanging.at_work or hanging.state != "ready":
        asking.join(0.01)
    residency.release_idle()
    assert idle.state == "ready"
    hanging.release.set()
    asking.join()
    residency.release_idle()
    assert idle.state == "unloaded"


def test_models_stay_on_a_cpu_and_leave_a_card_unless_it_is_said_otherwise() -> None:
    assert [Residency(plenty).idle_limit_s(device) for device in ("cpu", "cuda:0")] == [0, 900]
    assert [Residency(plenty, idle_s=0).idle_limit_s(device) for device in ("cpu", "cuda:0")] == [0, 0]
    assert Residency(plenty, idle_s=60).idle_limit_s("cpu") == 60


def test_it_watches_until_it_is_stopped() -> None:
    residency = Residency(plenty, idle_s=0.01)
    engine = in_memory(residency, "m", 10)
    engine.load()
    residency.start(every_s=0.005)
    residency.start(every_s=0.005)
    watchers = [thread for thread in threading.enumerate() if thread.name == "idle-release"]
    assert len(watchers) == 1
    wait_until(lambda: engine.state == "unloaded")
    residency.stop()
    assert not watchers[0].is_alive()
