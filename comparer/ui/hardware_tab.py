"""The Cost and hardware tab: what the models need, what they cost, which one to take, prices, and memory now.

Lays out the tabs within and connects them; every one has its panel in modules of its own.
"""

from dataclasses import dataclass

import gradio as gr
from gradio.events import Dependency

from comparer.ui.compare_layout import CompareTab
from comparer.ui.context import Context
from comparer.ui.cost_models_panel import ModelsPanel, build_models_panel
from comparer.ui.cost_panel import ChoicePanel, CostPanel, build_choice_panel, build_cost_panel
from comparer.ui.cost_prices_panel import PricesPanel, build_prices_panel
from comparer.ui.cost_wiring import CostPages, wire_cost
from comparer.ui.hardware_address import FIRST, HardwareWithin
from comparer.ui.hardware_wiring import wire_hardware_address
from comparer.ui.i18n import Localizer
from comparer.ui.memory_handlers import MemoryHandlers
from comparer.ui.memory_panel import MemoryPanel, build_memory_panel
from comparer.ui.memory_wiring import wire_memory


@dataclass(frozen=True)
class HardwareTab:
    """The tabs within, and the panel of each."""

    tabs: gr.Tabs
    pages: CostPages
    models: ModelsPanel
    cost: CostPanel
    choice: ChoicePanel
    prices: PricesPanel
    memory: MemoryPanel
    memory_page: gr.Tab
    front: gr.State
    """The id of the tab within that is in front."""


def build_hardware_tab(context: Context, texts: Localizer) -> HardwareTab:
    """Lay the tab out."""
    front = gr.State(FIRST)
    with gr.Tabs(elem_id="hardware-tabs") as tabs:
        with texts.add(gr.Tab, {"label": "hardware.tab_models"}, id="models") as models_page:
            models = build_models_panel(texts)
        with texts.add(gr.Tab, {"label": "hardware.tab_cost"}, id="cost") as cost_page:
            cost = build_cost_panel(context, texts)
        with texts.add(gr.Tab, {"label": "hardware.tab_choice"}, id="choice") as choice_page:
            choice = build_choice_panel(texts)
        with texts.add(gr.Tab, {"label": "hardware.tab_prices"}, id="prices") as prices_page:
            prices = build_prices_panel(texts)
        with texts.add(gr.Tab, {"label": "hardware.tab_memory"}, id="memory") as memory_page:
            memory = build_memory_panel()
    pages = CostPages(models_page, cost_page, choice_page, prices_page)
    return HardwareTab(tabs, pages, models, cost, choice, prices, memory, memory_page, front)


def wire_hardware(
    context: Context,
    tab: HardwareTab,
    compare: CompareTab,
    *,
    page: gr.Tab,
    elsewhere: list[gr.Tab],
    tabs: gr.Tabs,
    address: gr.HTML,
    box: gr.Textbox,
    spoken: Dependency,
) -> None:
    """Connect the panels; call inside `gr.Blocks`, outside of the tabs.

    `page` is the tab on the page, `elsewhere` are the others, `tabs` all of them; `address` is what is written into
    the browser's address, `box` takes the one that it leads to; `spoken` is the switch of the language.
    """
    pages: dict[HardwareWithin, gr.Tab] = {
        "models": tab.pages.models,
        "cost": tab.pages.cost,
        "choice": tab.pages.choice,
        "prices": tab.pages.prices,
        "memory": tab.memory_page,
    }
    wire_hardware_address(pages, tab.tabs, tab.front, page=page, tabs=tabs, address=address, box=box)
    wire_cost(
        context, tab.pages, tab.models, tab.cost, tab.choice, tab.prices, compare.state, tab.front,
        page=page, spoken=spoken,
    )  # fmt: skip
    wire_memory(
        tab.memory,
        MemoryHandlers(context, tab.memory),
        compare.state,
        tab.front,
        page=page,
        own=tab.memory_page,
        beside=[tab.pages.models, tab.pages.cost, tab.pages.choice, tab.pages.prices],
        elsewhere=elsewhere,
        spoken=spoken,
    )
