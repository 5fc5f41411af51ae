"""Which event of the panel "Run" runs which handler, and what it may change."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.events import Dependency

from comparer.ui.compare_state import CompareState
from comparer.ui.compare_wiring import QUIET
from comparer.ui.i18n import Updates
from comparer.ui.run_address import address_tag
from comparer.ui.run_handlers import RunHandlers
from comparer.ui.run_panel import RunPanel, Seen, View
from comparer.ui.run_starting import Chosen, StartHandlers
from comparer.ui.view_address import Within, plain_address

TO_TITLE = """() => setTimeout(() => {
  const title = document.querySelector('#case-title') ?? document.querySelector('#run-title');
  title?.scrollIntoView({ block: 'start' });
  title?.focus({ preventScroll: true });
}, 200)"""
"""Runs in the browser once a run or a case is opened: keyboard and screen reader go on from its title."""
TO_ROW = """() => setTimeout(() => {
  const row = document.querySelector('#run-grid tr[aria-current] button');
  row?.scrollIntoView({ block: 'center' });
  row?.focus({ preventScroll: true });
}, 200)"""
"""Runs in the browser on the way back: on from the row of the case that was open."""


def wire_run_panel(
    panel: RunPanel,
    handlers: RunHandlers,
    starting: StartHandlers,
    state: gr.State,
    reviewer: gr.Textbox,
    *,
    here: gr.Tab,
    elsewhere: list[gr.Tab],
    addressed: list[gr.Tab],
    tabs: gr.Tabs,
    spoken: Dependency,
    front: gr.State,
    own: gr.Tab,
    beside: Mapping[Within, gr.Tab],
) -> gr.Textbox:
    """Connect the panel; call inside `gr.Blocks`, outside of the tabs. Returns the box that takes an address.

    `here` is its tab on the page, `elsewhere` are the others, but for those `addressed`, which write an address of
    their own; `spoken` is the switch of the language. `front` has the id of the tab within that is in front, `own` is
    this panel's, `beside` are those by id whose address says no more.
    """
    looked: list[Block] = [panel.view, state]
    shown = handlers.shown

    def show(view: View, now: CompareState, *values: Any) -> Updates:
        language = now.latest.language
        return handlers.show(view, language) | starting.show(Chosen(*values), language)

    def come(in_front: str, view: View, *values: Any) -> Updates:
        if in_front == "run":
            return show(view, *values)
        known = next((name for name in beside if name == in_front), None)
        return {panel.view: view, **({panel.address: address_tag(plain_address(known))} if known else {})}

    def switch(in_front: str, view: View, *values: Any) -> Updates:
        if in_front == "run":  # a tab within tells of itself also when the page is first laid out
            return {panel.view: view}
        return show(view, *values) | {front: "run"}

    def speak(view: View, now: CompareState, *values: Any) -> Updates:
        if not view.open:
            return {panel.view: view}
        return show(view, now, *values)

    everything: tuple[list[Block], list[Block]] = [*looked, *starting.controls], [*shown, *starting.shown]
    here.select(come, [front, *everything[0]], everything[1], **QUIET)
    own.select(switch, [front, *everything[0]], [front, *everything[1]], **QUIET)
    for name, tab in beside.items():
        outputs = [front, panel.view, panel.timer, panel.address]
        tab.select(partial(_behind, handlers, panel, front, name), panel.view, outputs, queue=False, **QUIET)
    spoken.then(speak, *everything, **QUIET)
    gr.on(
        [tab.select for tab in elsewhere],
        handlers.leave, panel.view, [panel.view, panel.timer, panel.address], queue=False, **QUIET,
    )  # fmt: skip
    gr.on(
        [tab.select for tab in addressed],
        handlers.behind,
        panel.view,
        [panel.view, panel.timer],
        queue=False,
        **QUIET,
    )
    _wire_start(panel, handlers, starting, state, reviewer)

    def tick(view: View, seen: Seen, now: CompareState) -> Updates:
        return handlers.tick(view, seen, now.latest.language)

    drawn = [block for block in shown if block is not panel.view]
    panel.timer.tick(tick, [panel.view, panel.seen, state], drawn, queue=False, **QUIET)

    def act(event: gr.EventData, view: View, now: CompareState) -> Updates:
        return handlers.act(str(event.run), str(event.act), view, now.latest.language)

    panel.list.act(act, looked, shown, **QUIET)
    _wire_grid(panel, handlers, state)
    box = gr.Textbox(visible="hidden", elem_id="open-address", label="open-address")

    def follow(query: str, view: View, now: CompareState, *values: Any) -> Updates:
        language = now.latest.language
        followed = handlers.follow(query, view, language)
        return followed | starting.show(Chosen(*values), language) if panel.seen in followed else followed

    box.change(follow, [box, *everything[0]], [*everything[1], tabs], **QUIET)
    return box


def _behind(handlers: RunHandlers, panel: RunPanel, front: gr.State, name: Within, view: View) -> Updates:
    """A tab within whose address is its name is in front."""
    return handlers.behind(view) | {front: name, panel.address: address_tag(plain_address(name))}


def _wire_start(
    panel: RunPanel, handlers: RunHandlers, starting: StartHandlers, state: gr.State, reviewer: gr.Textbox
) -> None:
    setup = panel.setup

    def choose(now: CompareState, *values: Any) -> Updates:
        return starting.show(Chosen(*values), now.latest.language)

    gr.on(
        [setup.suite.input, setup.plan.input, setup.lineup.input, setup.judge.input],
        choose, [state, *starting.controls], starting.shown, **QUIET,
    )  # fmt: skip

    def start(view: View, now: CompareState, name: str, *values: Any) -> Iterator[Updates]:
        language = now.latest.language
        for step in starting.start(Chosen(*values), name, language):
            if not isinstance(step, str):
                yield step
            elif step:
                yield handlers.begun(step, view, language)

    setup.start.click(
        start, [panel.view, state, reviewer, *starting.controls], [*handlers.shown, setup.start], **QUIET
    )  # fmt: skip


def _wire_grid(panel: RunPanel, handlers: RunHandlers, state: gr.State) -> None:
    grid, looked, shown = handlers.grid, [panel.view, state], handlers.grid.shown

    def told(change: Callable[..., Updates]) -> Callable[..., Updates]:
        """`change` with what was given, the view and the language; what goes wrong becomes a sentence."""

        def run(*values: Any) -> Updates:
            *given, view, now = values
            language = now.latest.language
            return handlers.told(view, language, lambda: change(*given, view, language))

        return run

    def open_case(event: gr.EventData, view: View, now: CompareState) -> Updates:
        return told(grid.open_case)(str(event.case), view, now)

    gr.on(
        [panel.show.input, panel.item.input, panel.words.submit, panel.words.blur],
        told(grid.choose), [panel.show, panel.item, panel.words, *looked], shown, **QUIET,
    )  # fmt: skip
    panel.grid.open(open_case, looked, shown, **QUIET).then(js=TO_TITLE)
    panel.newer.click(told(partial(grid.turn, -1)), looked, shown, **QUIET)
    panel.older.click(told(partial(grid.turn, 1)), looked, shown, **QUIET)
    panel.before.click(told(partial(grid.step, -1)), looked, shown, **QUIET).then(js=TO_TITLE)
    panel.after.click(told(partial(grid.step, 1)), looked, shown, **QUIET).then(js=TO_TITLE)
    panel.back.click(told(grid.close_case), looked, shown, **QUIET).then(js=TO_ROW)
