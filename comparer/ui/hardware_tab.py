"""The tab "Cost and hardware": what it takes to run the models, each part on a tab within.

Lays out the tabs within and connects them; every one has its panel in modules of its own.
"""

from dataclasses import dataclass

import gradio as gr
from gradio.events import Dependency

from comparer.ui.compare_layout import CompareTab
from comparer.ui.context import Context
from comparer.ui.i18n import Localizer
from comparer.ui.memory_handlers import MemoryHandlers
from comparer.ui.memory_panel import MemoryPanel, build_memory_panel
from comparer.ui.memory_wiring import wire_memory


@dataclass(frozen=True)
class HardwareTab:
    """The tabs within, and the panel of each."""

    tabs: gr.Tabs
    """Ids of the tabs within: "memory"; `gr.Tabs(selected=…)` shows one."""
    front: gr.State
    """The id of the tab within that is in front."""
    memory: MemoryPanel
    memory_page: gr.Tab


def build_hardware_tab(texts: Localizer) -> HardwareTab:
    """Lay the tab out."""
    front = gr.State("memory")
    tabs = gr.Tabs(elem_id="hardware-tabs")
    with tabs, texts.add(gr.Tab, {"label": "hardware.tab_memory"}, id="memory") as memory_page:
        memory = build_memory_panel()
    return HardwareTab(tabs, front, memory, memory_page)


def wire_hardware(
    context: Context,
    tab: HardwareTab,
    compare: CompareTab,
    *,
    page: gr.Tab,
    elsewhere: list[gr.Tab],
    spoken: Dependency,
) -> None:
    """Connect the panels; call inside `gr.Blocks`, outside of the tabs.

    `page` is the tab on the page, `elsewhere` are the others; `spoken` is the switch of the language.
    """
    wire_memory(
        tab.memory,
        MemoryHandlers(context, tab.memory),
        compare.state,
        tab.front,
        page=page,
        own=tab.memory_page,
        beside=[],
        elsewhere=elsewhere,
        spoken=spoken,
    )
