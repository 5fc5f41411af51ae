"""The Test suites tab: suites of standard cases, their runs, and what is done with the answers, each on a tab within.

Lays out the tabs within and connects them; every one has its panel in modules of its own.
"""

from dataclasses import dataclass

import gradio as gr
from gradio.events import Dependency

from comparer.ui.add_to_suite import wire_add
from comparer.ui.case_panel import CasePanel, build_case_panel
from comparer.ui.case_wiring import wire_cases
from comparer.ui.compare_layout import CompareTab
from comparer.ui.compare_wiring import QUIET
from comparer.ui.comparison_handlers import ComparisonHandlers
from comparer.ui.comparison_panel import build_comparison_panel
from comparer.ui.context import Context
from comparer.ui.drift_handlers import DriftHandlers
from comparer.ui.drift_panel import build_drift_panel
from comparer.ui.i18n import Localizer
from comparer.ui.queue_panel import build_queue_panel
from comparer.ui.run_handlers import RunHandlers
from comparer.ui.run_panel import RunPanel, build_run_panel
from comparer.ui.run_starting import StartHandlers
from comparer.ui.run_wiring import wire_run_panel
from comparer.ui.view_wiring import Views, wire_views


@dataclass(frozen=True)
class SuitesTab:
    """The tabs within, and the panel of each."""

    tabs: gr.Tabs
    """Ids of the tabs within: "run", "cases", "rate", "drift", "compare-runs"; `gr.Tabs(selected=…)` shows one."""
    run: RunPanel
    run_page: gr.Tab
    cases: CasePanel
    cases_page: gr.Tab
    rate_page: gr.Tab
    views: Views


def build_suites_tab(context: Context, texts: Localizer) -> SuitesTab:
    """Lay the tab out."""
    with gr.Tabs(elem_id="suites-tabs") as tabs:
        with texts.add(gr.Tab, {"label": "suites.tab_run"}, id="run") as run_page:
            run = build_run_panel(context, texts)
        with texts.add(gr.Tab, {"label": "suites.tab_cases"}, id="cases") as cases_page:
            cases = build_case_panel(context, texts)
        with texts.add(gr.Tab, {"label": "suites.tab_rate"}, id="rate") as rate_page:
            build_queue_panel(context, texts)
        with texts.add(gr.Tab, {"label": "suites.tab_drift"}, id="drift") as drift_page:
            drift = build_drift_panel(texts)
        with texts.add(gr.Tab, {"label": "suites.tab_compare_runs"}, id="compare-runs") as comparison_page:
            comparison = build_comparison_panel(texts)
    views = Views(tabs, gr.State("run"), run, drift, drift_page, comparison, comparison_page)
    return SuitesTab(tabs, run, run_page, cases, cases_page, rate_page, views)


def wire_suites(
    context: Context,
    tab: SuitesTab,
    compare: CompareTab,
    reviewer: gr.Textbox,
    *,
    page: gr.Tab,
    elsewhere: list[gr.Tab],
    addressed: list[gr.Tab],
    tabs: gr.Tabs,
    spoken: Dependency,
) -> gr.Textbox:
    """Connect the panels; call inside `gr.Blocks`, outside of the tabs. Returns the box that takes an address.

    `page` is the tab on the page, `elsewhere` are the others, but for those `addressed`, which write an address of
    their own; `tabs` are all of them; `spoken` is the switch of the language, after which what is drawn by a panel
    is to be drawn anew.
    """
    tab.run.address.render()  # type: ignore[no-untyped-call]  # what is on a tab is there once the tab is opened
    box = wire_run_panel(
        tab.run,
        RunHandlers(context, tab.run, tabs),
        StartHandlers(context, tab.run),
        compare.state,
        reviewer,
        here=page,
        elsewhere=elsewhere,
        addressed=addressed,
        tabs=tabs,
        spoken=spoken,
        front=tab.views.front,
        own=tab.run_page,
        beside={"cases": tab.cases_page, "rate": tab.rate_page},
    )
    views = tab.views
    drift, comparison = DriftHandlers(context, views.drift), ComparisonHandlers(context, views.comparison)
    wire_views(views, drift, comparison, compare.state, page=page, tabs=tabs, box=box, spoken=spoken)
    shown = wire_cases(context, tab.cases, compare, tabs, tab.tabs)
    gr.on([page.select, tab.cases_page.select], *shown, **QUIET)
    spoken.then(*shown, **QUIET)
    wire_add(
        context,
        compare.add_case,
        compare.add_form,
        [compare.state],
        lambda state: state.latest.conversation_id,
        [compare.new.click],
    )
    return box
