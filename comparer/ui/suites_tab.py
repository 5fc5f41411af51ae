"""The Test suites tab: suites of standard cases, their runs, and what is done with the answers, each on a tab within.

Lays out the tabs within and connects them; every one has its panel in modules of its own.
"""

from dataclasses import dataclass

import gradio as gr

from comparer.ui.compare_layout import CompareTab
from comparer.ui.context import Context
from comparer.ui.i18n import Localizer
from comparer.ui.run_panel import RunPanel, build_run_panel


@dataclass(frozen=True)
class SuitesTab:
    """The tabs within, and the panel of each."""

    tabs: gr.Tabs
    """Ids of the tabs within: "run", "cases", "rate", "drift", "compare-runs"; `gr.Tabs(selected=…)` shows one."""
    run: RunPanel


def build_suites_tab(context: Context, texts: Localizer) -> SuitesTab:
    """Lay the tab out."""
    with gr.Tabs(elem_id="suites-tabs") as tabs, texts.add(gr.Tab, {"label": "suites.tab_run"}, id="run"):
        run = build_run_panel(context, texts)
    return SuitesTab(tabs, run)


def wire_suites(context: Context, tab: SuitesTab, page: gr.Tab, compare: CompareTab, reviewer: gr.Textbox) -> None:
    """Connect the panels; call inside `gr.Blocks`, outside of the tabs. `page` is the tab on the page."""
