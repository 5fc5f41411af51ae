"""The tabs "Long conversations" and "Compare runs": which event runs which handler, and what the address says."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.events import Dependency

from comparer.run_records import Judge
from comparer.ui.compare_state import CompareState
from comparer.ui.compare_wiring import QUIET
from comparer.ui.comparison_handlers import ComparisonHandlers
from comparer.ui.comparison_panel import ComparisonPanel
from comparer.ui.downloads import fetch_file
from comparer.ui.drift_handlers import DriftHandlers
from comparer.ui.drift_panel import DriftPanel
from comparer.ui.i18n import Updates
from comparer.ui.plots import WITH_THEME, theme_of
from comparer.ui.run_address import address_tag, said_in
from comparer.ui.run_panel import RunPanel, View
from comparer.ui.view_address import (
    ComparisonLooking,
    DriftLooking,
    comparison_address,
    drift_address,
    plain_address,
    read_comparison,
    read_drift,
    within,
)

Enter = Callable[[Any, str, View, CompareState], Updates]
"""Brings a tab to the front; gets what it looks at, the theme, the view of the panel "Run", and the page's state."""

TO_CHANGES = (
    "() => setTimeout(() => document.querySelector('#versus-count')?.scrollIntoView({ block: 'start' }), 200)"
)
"""Runs in the browser once another page of changes is shown: on from its beginning."""


@dataclass(frozen=True)
class Views:
    """What the tabs within "Test suites" share, and these two panels with their tabs."""

    within: gr.Tabs
    front: gr.State
    """The id of the tab within that is in front."""
    run: RunPanel
    drift: DriftPanel
    drift_page: gr.Tab
    comparison: ComparisonPanel
    comparison_page: gr.Tab


def wire_views(
    views: Views,
    drift: DriftHandlers,
    comparison: ComparisonHandlers,
    state: gr.State,
    *,
    page: gr.Tab,
    tabs: gr.Tabs,
    box: gr.Textbox,
    spoken: Dependency,
) -> None:
    """Connect both panels; call inside `gr.Blocks`, outside of the tabs.

    `page` is the tab "Test suites" of `tabs`, `box` takes the address that the browser was opened with or went back
    to, `spoken` is the switch of the language.
    """

    def enter_drift(looking: DriftLooking, theme: str, view: View, now: CompareState) -> Updates:
        looking = looking if looking.run else replace(looking, run=drift.first_choice(view.looking.run))
        shown = drift.show(looking, theme_of(theme), now.latest.language)
        return _in_front(views, "drift", view) | _with_address(views, shown)

    def enter_comparison(looking: ComparisonLooking, _theme: str, view: View, now: CompareState) -> Updates:
        shown = comparison.show(looking, now.latest.language, wanted=view.looking.run)
        return _in_front(views, "compare-runs", view) | _with_address(views, shown)

    front: list[Block] = [views.front, views.run.view, views.run.timer, views.run.address]
    for tab, name, looking, enter, shown in (
        (views.drift_page, "drift", views.drift.looking, enter_drift, drift.shown),
        (views.comparison_page, "compare-runs", views.comparison.looking, enter_comparison, comparison.shown),
    ):
        given = [views.drift.theme, views.front, looking, views.run.view, state]
        # A tab within tells that it is selected also when the whole page is first laid out: then it is no news.
        tab.select(_when(views, name, False, enter), given, [*front, *shown], js=WITH_THEME, **QUIET)
        page.select(_when(views, name, True, enter), given, [*front, *shown], js=WITH_THEME, **QUIET)
    _wire_drift(views, drift, state, spoken)
    _wire_comparison(views, comparison, state, spoken)

    def follow(theme: str, query: str, now_in_front: str, view: View, now: CompareState) -> Updates:
        query = query.rsplit(" ", 1)[0]
        if said_in(query).get("tab") != ["suites"]:
            return {views.front: now_in_front}
        on = within(query)
        # All in one: the tabs tell that they are selected, and by then it must be known what is looked at.
        chosen: Updates = {views.within: gr.Tabs(selected=on), tabs: gr.Tabs(selected="suites")}
        if on == "drift":
            return chosen | enter_drift(read_drift(query), theme, view, now)
        if on == "compare-runs":
            return chosen | enter_comparison(read_comparison(query), theme, view, now)
        if on != "run":
            return chosen | _in_front(views, on, view) | {views.run.address: address_tag(plain_address(on))}
        return chosen | {views.front: "run"}

    box.change(
        follow,
        [views.drift.theme, box, views.front, views.run.view, state],
        [tabs, views.within, *front, *drift.shown, *comparison.shown],
        js=WITH_THEME,
        **QUIET,
    )


def _when(views: Views, name: str, already: bool, enter: Enter) -> Callable[..., Updates]:
    """`enter`, but only when the tab is `already` in front, or only when it is not."""

    def run(theme: str, front: str, looking: Any, view: View, now: CompareState) -> Updates:
        if (front == name) is not already:
            return {views.front: front}
        return enter(looking, theme, view, now)

    return run


def _in_front(views: Views, name: str, view: View) -> Updates:
    """Another tab within than "Run": that one is not watched any more."""
    return {
        views.front: name,
        views.run.view: replace(view, open=False),
        views.run.timer: gr.Timer(active=False),
    }


def _with_address(views: Views, shown: Updates) -> Updates:
    """`shown` with the address of what is then looked at."""
    if views.drift.looking in shown:
        query = drift_address(shown[views.drift.looking])
    else:
        query = comparison_address(shown[views.comparison.looking])
    return shown | {views.run.address: address_tag(query)}


def _wire_drift(views: Views, handlers: DriftHandlers, state: gr.State, spoken: Dependency) -> None:
    panel = views.drift

    def choose(
        theme: str, run: str | None, judge: Judge, all_runs: bool, looking: DriftLooking, now: CompareState
    ) -> Updates:
        looking = replace(looking, run=run or "", judge=judge, all_runs=all_runs)
        return _with_address(views, handlers.show(looking, theme_of(theme), now.latest.language))

    def draw(theme: str, front: str, looking: DriftLooking, now: CompareState) -> Updates:
        if front != "drift":
            return {panel.looking: looking}
        return handlers.show(looking, theme_of(theme), now.latest.language)

    chosen = [panel.theme, panel.run, panel.judge, panel.all_runs, panel.looking, state]
    gr.on(
        [panel.run.input, panel.judge.input, panel.all_runs.input],
        choose, chosen, [*handlers.shown, views.run.address], js=WITH_THEME, **QUIET,
    )  # fmt: skip
    looked = [panel.theme, views.front, panel.looking, state]
    panel.redraw.click(draw, looked, handlers.shown, js=WITH_THEME, **QUIET)
    spoken.then(draw, looked, handlers.shown, js=WITH_THEME, **QUIET)


def _wire_comparison(views: Views, handlers: ComparisonHandlers, state: gr.State, spoken: Dependency) -> None:
    panel = views.comparison
    looked: list[Block] = [panel.looking, state]
    outputs = [*handlers.shown, views.run.address]

    def told(change: Callable[..., Updates]) -> Callable[..., Updates]:
        """`change` with what was given, what is looked at and the language, and the address of what came of it."""

        def run(*values: Any) -> Updates:
            *given, looking, now = values
            return _with_address(views, change(*given, looking, now.latest.language))

        return run

    def draw(front: str, looking: ComparisonLooking, now: CompareState) -> Updates:
        if front != "compare-runs":
            return {panel.looking: looking}
        return handlers.show(looking, now.latest.language)

    def write(looking: ComparisonLooking, now: CompareState) -> str | None:
        return handlers.write(looking, now.latest.language)

    sides: list[Block] = [panel.reference, panel.candidates, panel.judge]
    chosen = [panel.reference.input, panel.candidates.input, panel.judge.input]
    gr.on(chosen, told(handlers.choose), [*sides, *looked], outputs, **QUIET)
    filters = [panel.shown, panel.kind]
    gr.on([each.input for each in filters], told(handlers.filter), [*filters, *looked], outputs, **QUIET)
    panel.before.click(told(partial(handlers.turn, -1)), looked, outputs, **QUIET).then(js=TO_CHANGES)
    panel.after.click(told(partial(handlers.turn, 1)), looked, outputs, **QUIET).then(js=TO_CHANGES)
    spoken.then(draw, [views.front, *looked], handlers.shown, **QUIET)
    panel.download.click(write, looked, panel.file, **QUIET).success(
        None, panel.file, None, js=fetch_file("versus-file")
    )
