"""Which event of the panel "Memory" runs which handler, and what it may change."""

from collections.abc import Iterator, Sequence

import gradio as gr
from gradio.blocks import Block
from gradio.events import Dependency

from comparer.ui.compare_state import CompareState
from comparer.ui.compare_wiring import QUIET
from comparer.ui.i18n import Updates
from comparer.ui.memory_handlers import MemoryHandlers
from comparer.ui.memory_panel import NOTHING, MemoryPanel, Seen

NAME = "memory"
"""The tab within that the panel is on."""


def wire_memory(
    panel: MemoryPanel,
    handlers: MemoryHandlers,
    state: gr.State,
    front: gr.State,
    *,
    page: gr.Tab,
    own: gr.Tab,
    beside: Sequence[gr.Tab],
    elsewhere: Sequence[gr.Tab],
    spoken: Dependency,
) -> None:
    """Connect the panel; call inside `gr.Blocks`, outside of the tabs.

    `front` has the id of the tab within that is in front; `page` is the tab on the page, `own` the one within, the
    others are `elsewhere` and `beside`. The clock runs while the panel is in front, and only then.
    """
    shown: list[Block] = [*handlers.shown, panel.timer]

    def begin(now: CompareState) -> Updates:
        return handlers.show(now) | {panel.timer: gr.Timer(active=True)}

    def come(in_front: str, now: CompareState) -> Updates:
        return begin(now) if in_front == NAME else {panel.timer: gr.Timer(active=False)}

    def switch(in_front: str, now: CompareState) -> Updates:
        if in_front == NAME:  # a tab within tells of itself also when the page is first laid out
            return {front: NAME}
        return begin(now) | {front: NAME}

    def speak(in_front: str, seen: Seen, now: CompareState) -> Updates:
        return handlers.show(now) if in_front == NAME and seen != NOTHING else {panel.seen: seen}

    def tick(seen: Seen, now: CompareState) -> Updates:
        return handlers.show(now, seen)

    def act(event: gr.EventData, now: CompareState) -> Iterator[Updates]:
        yield from handlers.act(str(event.place), str(event.act), now)

    page.select(come, [front, state], shown, **QUIET)
    own.select(switch, [front, state], [front, *shown], **QUIET)
    if beside:
        gr.on([tab.select for tab in beside], lambda: gr.Timer(active=False), None, panel.timer, queue=False, **QUIET)
    gr.on([tab.select for tab in elsewhere], lambda: gr.Timer(active=False), None, panel.timer, queue=False, **QUIET)
    spoken.then(speak, [front, panel.seen, state], handlers.shown, **QUIET)
    panel.timer.tick(tick, [panel.seen, state], handlers.shown, queue=False, **QUIET)
    # A load may take minutes; meanwhile the other buttons must do something.
    panel.models.act(act, state, handlers.shown, trigger_mode="multiple", **QUIET)
