"""The panel "Memory": what it says of devices, models and the last hour, what its buttons do, what it keeps quiet."""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from types import ModuleType
from typing import Any

import gradio as gr
import pytest

from comparer.access import Access, Visitor
from comparer.dialogue import Column
from comparer.engines import cards
from comparer.engines.cards import CardReading, Cards
from comparer.engines.memory import GIB, DeviceMemory, Free, TorchReading
from comparer.engines.memory_log import Curve, Mark, MemoryLog
from comparer.engines.pool import EnginePool
from comparer.engines.residency import Leaving, Residency, Stay
from comparer.engines.scripted_engine import Script, ScriptedEngine
from comparer.lineup import read_lineup
from comparer.records import Loading
from comparer.settings import Settings
from comparer.store import Conversation, Store
from comparer.ui.blind_questions import LASTS_S, BlindQuestions
from comparer.ui.compare_state import CompareState
from comparer.ui.context import Context
from comparer.ui.memory_curve import curves_html
from comparer.ui.memory_handlers import MemoryHandlers
from comparer.ui.memory_panel import build_memory_panel
from comparer.ui.memory_proposal import Later, proposal_html, propose
from comparer.ui.memory_rendering import ModelRow, devices_html, models_html, span
from tests.conftest import MakeDialogue, scripted_lineup
from tests.engines.nvml import MIG, ONE, TWO, Nvml

HERE = Stay(used_s=100.0, pinned=False, idle_left_s=None, leaving=None)


def words(html: str) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", html)).split())


# --- devices -----------------------------------------------------------------------------------------


def memory(*found: CardReading, problem: str = "", torch: TorchReading | None = None) -> DeviceMemory:
    state: Any = "failing" if problem else "read" if found else "absent"
    return DeviceMemory(Cards(state, found, problem), (torch,) if torch else (), 2 * GIB, 6 * GIB, 16 * GIB)


def test_a_device_is_told_with_what_is_counted() -> None:
    card = CardReading(0, "NVIDIA H100", 20 * GIB, 80 * GIB)
    held = TorchReading("cuda:0", 16 * GIB, 18 * GIB)
    told = words(devices_html(memory(card, torch=held), 0, 40 * GIB, "en"))
    assert "NVIDIA H100 20.0 GiB 60.0 GiB of 80.0 GiB the whole card, all programs" in told
    assert "This program on cuda:0 – – of this program's part 16.0 GiB are in use, 18.0 GiB are held" in told
    assert "This program (host memory) 2.0 GiB 6.0 GiB of 8.0 GiB" in told
    assert "stay within 40.0 GiB" in told


def test_what_cannot_be_told_is_said_and_nothing_made_up() -> None:
    lost = devices_html(memory(CardReading(0, "<lost>", None, None)), 0, None, "en")
    assert "<lost>" not in lost and "<lost> – – The driver does not tell" in words(lost)
    failing = words(devices_html(memory(problem="GPU is lost"), 60, None, "en"))
    assert "GPU is lost" in failing and "These figures are 60 s old" in failing
    without_nvml = memory(torch=TorchReading("cuda:0", 1, 2, Free(60 * GIB, 80 * GIB)))
    assert "cuda:0 20.0 GiB 60.0 GiB of 80.0 GiB" in words(devices_html(without_nvml, 0, None, "en"))
    assert "No NVIDIA card was found" in words(devices_html(memory(), 0, None, "en"))


@pytest.mark.parametrize(
    ("nvml", "expected"),
    [
        (None, ["No NVIDIA card was found"]),
        (Nvml(fails="init"), ["GPU is lost"]),
        (Nvml(*ONE), ["NVIDIA H100 80GB HBM3 20.0 GiB 60.0 GiB of 80.0 GiB the whole card"]),
        (Nvml(*TWO), ["GPU 0: NVIDIA H100 80GB HBM3 20.0 GiB", "GPU 1: NVIDIA H100 80GB HBM3 1.0 GiB"]),
        (Nvml(*MIG), ["MIG 3g.40gb 30.0 GiB 10.0 GiB of 40.0 GiB this slice (MIG)", "MIG 1g.10gb 1.0 GiB 9.0 GiB"]),
    ],
    ids=["absent", "failing", "one card", "two cards", "slices"],
)
def test_the_panel_tells_the_truth_of_every_driver(
    panel: "Panel", monkeypatch: pytest.MonkeyPatch, nvml: ModuleType | None, expected: list[str]
) -> None:
    monkeypatch.setattr(cards, "_started", None)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)

    shown = panel.show()

    told = words(shown["memory-devices"])
    assert all(part in told for part in expected)
    assert "This program (host memory)" in told
    named = words(shown["memory-curves"])
    assert ("NVIDIA H100" in named) is (nvml is not None and nvml.fails == "")  # type: ignore[attr-defined]


# --- models ------------------------------------------------------------------------------------------


def row(state: Any = "ready", stay: Stay = HERE, **fields: Any) -> ModelRow:
    return ModelRow("Model <L>", "amber", "bf16", "cuda:0", state, stay, 2, **fields)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (row(weights_bytes=GIB), "in memory 1.0 GiB weights on cuda:0 · last used 3 min ago Release Pin"),
        (row(stay=replace(HERE, idle_left_s=480)), "last used 3 min ago · released in 8 min"),
        (row(stay=replace(HERE, pinned=True)), "pinned: stays until released"),
        (row("answering"), "at work"),
        (row("loading", loading=Loading(0, "weights", 0.42)), "loading · 42%"),
        (row("loading", loading=Loading(0, "room")), "making room"),
        (row("unloaded", Stay(None, False, None, Leaving("idle", 200, GIB))),
         "left 1 min ago, nobody had asked it · 1.0 GiB more were free afterwards Load Pin"),
        (row("unloaded", Stay(None, False, None, Leaving("room", 290, -5, "M"))), "just now, to make room for M"),
        (row("served"), "held by cuda:0; its memory cannot be seen from here"),
    ],
)  # fmt: skip
def test_a_row_says_how_its_model_stands(shown: ModelRow, expected: str) -> None:
    assert expected in words(models_html([shown], 300.0, "", "en"))


def test_buttons_are_named_for_whoever_does_not_see_their_row() -> None:
    html = models_html([row(), row("served"), replace(row(), place=None)], 300.0, "", "en")
    names = [unescape(name) for name in re.findall("aria-label='([^']*)'", html)]
    assert names == ["Release all", "Release Model <L>", "Pin Model <L>"]
    assert "<L>" not in html and "aria-pressed='false'" in html


def test_nothing_of_single_models_is_told_while_it_would_betray_them() -> None:
    open_rows = models_html([row(weights_bytes=GIB), row("answering")], 300.0, "memory.secretive", "en")
    assert "no vote yet" in open_rows
    for telling in ("ago", "at work", "in memory", "GiB", "Release Model"):
        assert telling not in words(open_rows)


def test_times_are_in_one_unit() -> None:
    assert [span(seconds, "en") for seconds in (0.2, 119, 120, 3600, 7200)] == [
        "1 s", "119 s", "2 min", "60 min", "2 h"
    ]  # fmt: skip


# --- the last hour -----------------------------------------------------------------------------------


def test_a_curve_has_its_gaps_and_its_marks() -> None:
    at_s = tuple(float(second) for second in range(0, 3600, 2))
    used = tuple(None if 1000 <= second < 2000 else 20 * GIB for second in at_s)
    marks = [Mark(600, "load", "L"), Mark(700, "answer", "L"), Mark(3000, "release", "L"), Mark(-9, "load", "old")]

    html = curves_html([Curve("0", "H100", 80 * GIB, at_s, used)], marks, 3600.0, {"L": "amber"}, "en")

    assert html.count("class='line'") == 2  # before and after the gap
    assert re.search(r"left:16\.67%' title='L: loaded'", html)
    assert re.search(r"left:19\.44%' title='an answer'", html)  # whose, is not said
    assert "memory-mark load amber" in html and "memory-mark answer slate" in html
    assert "In the last hour: 1 loaded, 1 answers, 1 released" in html
    assert "GPU 0: H100 over the last hour: now 20.0 GiB of 80.0 GiB, least 20.0 GiB, most 20.0 GiB" in html
    assert words(html).endswith("L was released 10 min ago L was loaded 50 min ago")
    path = re.findall(r"class='line' d='([^']*)'", html)[0]
    assert len(path.split("L")) <= 300 * 1000 / 3600 + 2  # thinned
    assert re.match(r"M0\.0 75\.00 L", path)  # a quarter of the card


def test_a_frame_is_no_longer_than_what_is_known() -> None:
    html = curves_html([Curve("process", "", 100, (400.0, 700.0), (5, 6))], [], 700.0, {}, "en")
    assert "5 min ago" in html and "No model was loaded or released" in html
    assert "M0.0" in html


# --- handlers ----------------------------------------------------------------------------------------


class Panel:
    """The panel of a page on scripted models, without a server."""

    def __init__(self, context: Context) -> None:
        self.context = context
        with gr.Blocks():
            self.panel = build_memory_panel()
        self.handlers = MemoryHandlers(context, self.panel)
        self.state = CompareState(order=context.lineup.keys)

    def named(self, updates: Any) -> dict[str, Any]:
        return {block.elem_id or type(block).__name__: value for block, value in updates.items()}

    def show(self) -> dict[str, Any]:
        return self.named(self.handlers.show(self.state))

    def act(self, place: str, action: str) -> dict[str, Any]:
        (updates,) = self.handlers.act(place, action, self.state)
        return self.named(updates)


@pytest.fixture
def panel(make_dialogue: MakeDialogue, tmp_path: Any) -> Iterator[Panel]:
    log = MemoryLog()
    residency = Residency(
        lambda _: Free(100, 100), idle_s=600, observe=lambda what, engine: log.mark(what, engine.spec.label)
    )
    dialogue = make_dialogue(*[Script(weights_bytes=40)] * 3)
    dialogue.engines = {
        spec.key: ScriptedEngine(spec, script=Script(weights_bytes=40), residency=residency)
        for spec in scripted_lineup().models
    }
    context = Context(
        Settings(data_dir=tmp_path), dialogue.lineup, dialogue, dialogue.store,
        engines=EnginePool(residency=residency), memory=log,
    )  # fmt: skip
    yield Panel(context)


def test_buttons_load_pin_and_release(panel: Panel) -> None:
    engines = list(panel.context.dialogue.engines.values())
    shown = panel.act("0", "load")
    assert engines[0].state == "ready"
    assert "in memory 40 B weights on scripted · last used just now · released in 10 min" in words(
        shown["memory-models"]
    )
    assert "pinned" in words(panel.act("0", "pin")["memory-models"])
    assert "pinned" not in words(panel.act("0", "unpin")["memory-models"])
    assert "released just now" in words(panel.act("0", "release")["memory-models"])
    for place in ("0", "1"):
        panel.act(place, "load")
    panel.act("", "release_all")
    assert {engine.state for engine in engines} == {"unloaded"}
    assert [mark.kind for mark in panel.context.memory.marks()] == [
        "load",
        "release",
        "load",
        "load",
        "release",
        "release",
    ]


def test_a_load_that_fails_is_a_sentence(panel: Panel, warnings: list[str]) -> None:
    engine = next(iter(panel.context.dialogue.engines.values()))
    engine.script = Script(weights_bytes=101)  # type: ignore[attr-defined]
    panel.act("0", "load")
    assert len(warnings) == 1 and "101 B needed, 100 B free" in warnings[0]


@pytest.mark.parametrize(
    ("place", "action"), [("9", "load"), ("-1", "release"), ("", "pin"), ("0", "explode"), ("x", "load")]
)
def test_whatever_else_the_browser_sends_does_nothing(panel: Panel, place: str, action: str) -> None:
    assert set(panel.act(place, action)) == {"State"}
    assert {engine.state for engine in panel.context.dialogue.engines.values()} == {"unloaded"}


def test_only_what_has_changed_is_sent_again(panel: Panel) -> None:
    first = panel.handlers.show(panel.state)
    again = panel.named(panel.handlers.show(panel.state, first[panel.panel.seen]))
    assert "memory-models" not in again and "memory-curves" not in again
    panel.act("1", "load")
    changed = panel.named(panel.handlers.show(panel.state, first[panel.panel.seen]))
    assert "memory-models" in changed and "memory-curves" in changed


def test_a_blind_conversation_is_not_betrayed(panel: Panel) -> None:
    panel.act("0", "load")
    state = panel.state
    state.blind, state.conversation_id, state.turn_id = True, "c", "t"
    shown = panel.show()
    assert shown["memory-curves"] == "" and "no vote yet" in shown["memory-models"]
    assert "in memory" not in shown["memory-models"]

    state.revealed = True
    assert "in memory" in panel.show()["memory-models"]


def test_another_tab_of_the_same_person_tells_nothing_until_the_vote(panel: Panel) -> None:
    panel.act("0", "load")
    store, questions = panel.context.store, panel.context.blind_questions
    conversation = store.begin(Conversation("scripted", ("small", "medium", "large"), blind=True))
    questions.asked("", conversation)  # "": nobody is told apart where no browser asks
    assert "no vote yet" in panel.show()["memory-models"] and panel.show()["memory-curves"] == ""
    store.reveal(conversation)
    assert "in memory" in panel.show()["memory-models"]


def test_what_was_asked_blind_is_remembered_for_an_hour_or_until_an_open_question(store: Store) -> None:
    now = [0.0]
    questions = BlindQuestions(lambda: now[0])
    conversation = store.begin(Conversation("demo", ("4B", "8B"), blind=True))
    questions.asked("Ann", conversation)
    assert questions.waiting("Ann", store) and not questions.waiting("Bea", store)
    now[0] = LASTS_S + 1
    assert not questions.waiting("Ann", store)
    questions.asked("Ann", conversation)
    assert questions.waiting("Ann", store)
    questions.over("Ann")
    assert not questions.waiting("Ann", store)
    questions.asked("Ann", conversation)
    store.delete_conversation(conversation)
    assert not questions.waiting("Ann", store)


def test_strangers_do_not_see_single_models(panel: Panel) -> None:
    panel.context = replace(
        panel.context, access=Access("open", shared=True, present=lambda: Visitor("v", "reviewer"))
    )
    panel.handlers = MemoryHandlers(panel.context, panel.panel)
    assert "admins see it" in panel.show()["memory-models"]


def test_leaving_a_blind_conversation_without_a_vote_tells_nothing_either() -> None:
    before = CompareState(order=("a",), blind=True, conversation_id="c")
    assert before.secretive
    after = CompareState(order=("a",), unvoted=before.secretive)
    assert after.secretive
    after.conversation_id, after.turn_id = "d", "t"
    after.columns["a"] = Column("a", "streaming")
    assert after.secretive
    after.columns["a"] = Column("a", "done")  # the models' last answers are open ones now
    assert not after.secretive
    assert not CompareState(order=("a",), blind=True).secretive  # nothing has been asked


# --- the proposal ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gib", "expected"),
    [
        (79.14, "Together on Card: Qwen3-VL 4B nf4 · Qwen3-VL 8B nf4 · Qwen3-VL 30B-A3B bf16. Predicted 78.4 GiB of"),
        (140, "All models fit together on Card as they are configured"),
        (24, "No precision that they take lets all models be in memory together on Card (24.0 GiB)"),
    ],
)
def test_the_proposal_is_for_the_card_that_is_here(gib: float, expected: str, nothing_cached: None) -> None:
    card = Cards("read", (CardReading(0, "Card", 0, int(gib * GIB)),))
    lineup = read_lineup("qwen3-vl")
    assert expected in words(proposal_html(propose(lineup, cards=card), True, lineup, "en"))


@pytest.fixture
def nothing_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comparer.cost.weights.cached_snapshot", lambda _: None)


def test_without_a_card_it_is_for_this_computer_and_within_the_budget() -> None:
    lineup, none = read_lineup("demo"), Cards("absent")
    told = words(proposal_html(propose(lineup, 41_000_000, none, Free(0, 8 * GIB)), True, lineup, "en"))
    assert told.startswith(
        "Together on this computer within the memory budget of 39.1 MiB: Demo S · 0.65M int8 · Demo M · 2.5M fp32"
    )
    assert propose(read_lineup("qwen3-vl-served")) is None
    assert proposal_html(None, True, lineup, "en") == ""
    assert "being worked out" in proposal_html(None, False, lineup, "en")


def test_the_proposal_is_worked_out_once_and_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.engines.openai_server import wait_until

    asked: list[str] = []
    monkeypatch.setattr("comparer.ui.memory_proposal.propose", lambda lineup, _: asked.append(lineup.name))
    later = Later(read_lineup("demo"))
    later.begin()
    later.begin()
    wait_until(lambda: later.ready)
    assert asked == ["demo"] and later.proposal is None
