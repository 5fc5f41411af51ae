"""Memory in Chromium: load, pin, countdown, release and the curve's marks; and the way out of a full one."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from comparer.dialogue import Dialogue
from comparer.engines.memory import Free
from comparer.engines.memory_log import MemoryLog
from comparer.engines.pool import EnginePool
from comparer.engines.residency import Residency
from comparer.engines.scripted_engine import Script, ScriptedEngine
from storage import SqlStore
from tests.conftest import Served, scripted_lineup
from tests.e2e.conftest import OpenPage

MIB = 2**20
QUICK = Script(ttft_s=0.0, tokens_per_s=200, weights_bytes=40 * MIB)


@dataclass
class Machine:
    """A dashboard on a device with room for two of its three scripted models, and its engines."""

    served: Served
    engines: dict[str, ScriptedEngine]


@pytest.fixture
def machine(store: SqlStore, serve: Callable[..., Served]) -> Iterator[Machine]:
    log, lineup = MemoryLog(), scripted_lineup()
    residency = Residency(
        lambda _: Free(1000 * MIB, 1000 * MIB),
        budget_bytes=100 * MIB,
        idle_s=600,
        observe=lambda what, engine: log.mark(what, engine.spec.label),
    )
    engines = {spec.key: ScriptedEngine(spec, script=QUICK, residency=residency) for spec in lineup.models}
    log.start()
    dialogue = Dialogue(lineup, tuple(engines.values()), store)
    yield Machine(serve(dialogue, engines=EnginePool(residency=residency), memory=log), engines)
    log.stop()


def ask(page: Page, drawing: Path) -> None:
    page.locator("#picture input[type=file]").set_input_files(drawing)
    page.locator("#picture img").first.wait_for()
    page.locator("#question textarea").fill("What is this?")
    page.get_by_role("button", name="Send").click()


def open_memory(page: Page) -> None:
    page.get_by_role("tab", name="Cost and hardware").click()
    page.get_by_role("tab", name="Memory").click()


def test_models_are_loaded_pinned_and_released_by_keyboard(machine: Machine, open_page: OpenPage) -> None:
    page = open_page(machine.served.url)
    open_memory(page)
    first, second, third = (page.locator(f"#memory-models [data-place='{place}']") for place in range(3))
    expect(first).to_contain_text("not in memory")
    expect(page.locator("#memory-devices")).to_contain_text("on one device stay within 100 MiB")
    expect(page.locator("#memory-curves")).to_contain_text("No model was loaded or released in the last hour")

    page.get_by_role("button", name="Load Scripted small").focus()
    page.keyboard.press("Enter")
    expect(first).to_contain_text("40.0 MiB weights on scripted")
    expect(first).to_contain_text("released in 10 min")
    expect(page.locator("#memory-curves .memory-mark.load.indigo")).to_have_count(1)
    expect(page.locator("#memory-curves .memory-plot path.line").first).to_be_attached()
    expect(page.get_by_role("button", name="Release Scripted small")).to_be_focused()  # the keyboard stays there

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    pin = page.get_by_role("button", name="Pin Scripted small")
    expect(pin).to_have_attribute("aria-pressed", "true")
    expect(first).to_contain_text("pinned: stays until released")
    for name in ("medium", "large"):
        page.get_by_role("button", name=f"Load Scripted {name}").click()
        page.get_by_role("button", name=f"Release Scripted {name}").wait_for()
    expect(second).to_contain_text("to make room for Scripted large")
    expect(first).to_contain_text("in memory")
    expect(third).to_contain_text("in memory")

    page.get_by_role("button", name="Release all").click()
    expect(first).to_contain_text("released just now")
    expect(page.locator("#memory-curves .memory-events li").first).to_contain_text("was released")
    expect(page.locator("#memory-curves [role=img]").first).to_have_attribute(
        "aria-label", re.compile("3 loaded, 0 answers, 3 released")
    )
    page.locator("#language").get_by_text("中文").click()
    expect(first).to_contain_text("未加载")


def test_a_blind_conversation_stays_blind_here(machine: Machine, open_page: OpenPage, drawing: Path) -> None:
    page = open_page(machine.served.url)
    page.locator("#blind input").check()
    ask(page, drawing)
    expect(page.locator("#best-tie")).to_be_visible()
    open_memory(page)
    expect(page.locator("#memory-models")).to_contain_text("Your blind conversation has no vote yet")
    expect(page.locator("#memory-models")).not_to_contain_text("ago")
    expect(page.locator("#memory-curves .memory-plot")).to_have_count(0)

    page.get_by_role("tab", name="Compare", exact=True).click()
    page.locator("#best-tie").click()
    expect(page.locator("#vote-status")).to_contain_text("Tie")
    page.get_by_role("tab", name="Cost and hardware").click()
    expect(page.locator("#memory-models")).to_contain_text("last used just now")
    expect(page.locator("#memory-curves .memory-mark.answer").first).to_be_attached()


def test_when_memory_runs_out_a_button_changes_one_thing_and_asks_again(
    machine: Machine, open_page: OpenPage, drawing: Path
) -> None:
    failing = machine.engines["large"]
    failing.script = Script(fault="memory", ttft_s=0.0, tokens_per_s=200)
    page = open_page(machine.served.url)
    ask(page, drawing)
    column = page.locator("#column-2")
    expect(column).to_contain_text("Memory ran out for Scripted large: 2.0 GiB needed, 1.0 GiB free.")
    expect(page.locator("#column-0 .state.done")).to_be_visible()
    expect(page.locator("#column-1 .state.done")).to_be_visible()
    expect(page.locator("#remedies-0")).to_be_hidden()
    buttons = page.locator("#remedies-2 button:visible")
    expect(buttons).to_have_text(
        ["Release the other models, ask again", "Ask again with smaller pictures", "Ask again with less text"]
    )

    buttons.nth(1).click()  # it fails once more, with 320 x 240 pixels in the least tokens that can be
    expect(page.locator(".toast-body", has_text="at most 64 image tokens")).to_be_visible()
    expect(column).to_contain_text("Memory ran out")
    expect(buttons).to_have_text(["Release the other models, ask again", "Ask again with less text"])
    failing.script = QUICK
    buttons.first.click()
    expect(page.locator("#column-2 .state.done")).to_be_visible()
    expect(page.locator("#remedies-2")).to_be_hidden()
    assert {key: engine.state for key, engine in machine.engines.items()} == {
        "small": "unloaded", "medium": "unloaded", "large": "ready"
    }  # fmt: skip
