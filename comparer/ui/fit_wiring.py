"""Which event of the Business fit tab runs which handler, and what it may change."""

from functools import partial
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.events import Dependency

from comparer.ui.compare_layout import CompareTab
from comparer.ui.context import Context
from comparer.ui.downloads import fetch_file
from comparer.ui.fit_answers import TO_ANSWERS
from comparer.ui.fit_tab import FitHandlers, FitTab
from comparer.ui.import_panel import ImportHandlers
from comparer.ui.insight_panel import InsightHandlers, wire_insight


def wire_fit(
    context: Context,
    page: gr.Tab,
    tab: FitTab,
    handlers: FitHandlers,
    compare: CompareTab,
    spoken: Dependency,
    quiet: dict[str, Any],
) -> None:
    """Connect filter, table, answers, items, charts and files; call inside `gr.Blocks`.

    `spoken` is the switch of the language; `quiet` goes to every listener.
    """
    state, controls, answers = compare.state, tab.filter, tab.answers
    shown: list[Block] = [controls.value, answers.opened]
    everything = whole_tab(tab, compare), handlers.all_shown
    arrived = gr.on([page.select, tab.refresh.click], handlers.show_all, *everything, **quiet)
    chosen = gr.on(
        [controls.lineup.input, controls.precision.input, controls.reviewers.input, controls.blind_only.input],
        handlers.choose,
        [controls.lineup, controls.precision, controls.reviewers, controls.blind_only, *shown, state],
        handlers.all_shown,
        **quiet,
    )
    judged = controls.judge.input(handlers.choose_judge, [controls.judge, *shown, state], handlers.all_shown, **quiet)
    dated = controls.days.days(handlers.choose_days, [*shown, state], handlers.all_shown, **quiet)
    cleared = controls.clear.click(handlers.clear, [answers.opened, state], handlers.all_shown, **quiet)

    tab.table.cell(handlers.open_cell, [controls.value, state], handlers.all_shown, **quiet).then(js=TO_ANSWERS)
    answers.more.click(handlers.more_answers, [*shown, state], handlers.all_shown, **quiet)
    answers.close.click(handlers.close_answers, state, handlers.all_shown, **quiet)

    changed = tab.table.threshold(
        handlers.change_threshold, [controls.value, tab.items.chosen, state], handlers.all_shown, **quiet
    )
    changes = [changed, *_wire_items(tab, handlers, compare, quiet)]

    tab.download.click(handlers.write, [tab.format, controls.value, state], tab.file, **quiet).success(
        None, tab.file, None, js=fetch_file("download-file")
    )
    importing = ImportHandlers(context, tab.importing)
    imported = tab.importing.choose.upload(
        importing.take_in, [tab.importing.choose, state], tab.importing.report, **quiet
    ).success(handlers.show_all, *everything, **quiet)
    wire_insight(
        tab.insight,
        InsightHandlers(context, tab.insight),
        after=[spoken, arrived, chosen, judged, dated, cleared, *changes, imported],
        inputs=[controls.value, state],
        asked=lambda filtered, now: (handlers.ratings(filtered, now), now.language),
    )


def _wire_items(tab: FitTab, handlers: FitHandlers, compare: CompareTab, quiet: dict[str, Any]) -> list[Dependency]:
    """Connect the form of an item; what changes the table."""
    items, state = tab.items, compare.state
    rest = [tab.filter.value, tab.answers.opened, compare.item, state]
    items.chosen.input(handlers.choose_item, [items.chosen, state], handlers.all_shown, **quiet)
    changes = [items.save.click(handlers.save_item, [*items.written, *rest], handlers.all_shown, **quiet)]
    for button, steps in ((items.up, -1), (items.down, 1)):
        moved = button.click(partial(handlers.move_item, steps), [items.chosen, *rest], handlers.all_shown, **quiet)
        changes.append(moved)
    for button, yes in ((items.archive, True), (items.restore, False)):
        kept = button.click(partial(handlers.archive_item, yes), [items.chosen, *rest], handlers.all_shown, **quiet)
        changes.append(kept)
    return changes


def whole_tab(tab: FitTab, compare: CompareTab) -> list[Block]:
    """What `FitHandlers.show_all` reads."""
    return [tab.filter.value, tab.answers.opened, compare.item, compare.state]
