"""Which event of the Business fit tab runs which handler, and what it may change."""

from functools import partial
from typing import Any

import gradio as gr
from gradio.blocks import Block

from comparer.ui.compare_layout import CompareTab
from comparer.ui.downloads import fetch_file
from comparer.ui.fit_answers import TO_ANSWERS
from comparer.ui.fit_tab import FitHandlers, FitTab
from comparer.ui.import_panel import ImportHandlers


def wire_fit(
    page: gr.Tab,
    tab: FitTab,
    handlers: FitHandlers,
    importing: ImportHandlers,
    compare: CompareTab,
    quiet: dict[str, Any],
) -> None:
    """Connect filter, table, answers, items and files; call inside `gr.Blocks`. `quiet` goes to every listener."""
    state, controls, answers, items = compare.state, tab.filter, tab.answers, tab.items
    shown: list[Block] = [controls.value, answers.opened]
    gr.on([page.select, tab.refresh.click], handlers.show_all, whole_tab(tab, compare), handlers.all_shown, **quiet)
    gr.on(
        [controls.precision.input, controls.reviewers.input, controls.blind_only.input],
        handlers.choose,
        [controls.precision, controls.reviewers, controls.blind_only, *shown, state],
        handlers.all_shown,
        **quiet,
    )
    controls.days.days(handlers.choose_days, [*shown, state], handlers.all_shown, **quiet)
    controls.clear.click(handlers.clear, [answers.opened, state], handlers.all_shown, **quiet)

    tab.table.cell(handlers.open_cell, [controls.value, state], handlers.all_shown, **quiet).then(js=TO_ANSWERS)
    answers.more.click(handlers.more_answers, [*shown, state], handlers.all_shown, **quiet)
    answers.close.click(handlers.close_answers, state, handlers.all_shown, **quiet)

    tab.table.threshold(handlers.change_threshold, [controls.value, items.chosen, state], handlers.all_shown, **quiet)
    items.chosen.input(handlers.choose_item, [items.chosen, state], handlers.all_shown, **quiet)
    rest = [*shown, compare.item, state]
    items.save.click(handlers.save_item, [*items.written, *rest], handlers.all_shown, **quiet)
    for button, steps in ((items.up, -1), (items.down, 1)):
        button.click(partial(handlers.move_item, steps), [items.chosen, *rest], handlers.all_shown, **quiet)
    for button, yes in ((items.archive, True), (items.restore, False)):
        button.click(partial(handlers.archive_item, yes), [items.chosen, *rest], handlers.all_shown, **quiet)

    tab.download.click(handlers.write, [tab.format, controls.value, state], tab.file, **quiet).success(
        None, tab.file, None, js=fetch_file("download-file")
    )
    tab.importing.choose.upload(
        importing.take_in, [tab.importing.choose, state], tab.importing.report, **quiet
    ).success(handlers.show_all, whole_tab(tab, compare), handlers.all_shown, **quiet)


def whole_tab(tab: FitTab, compare: CompareTab) -> list[Block]:
    """What `FitHandlers.show_all` reads."""
    return [tab.filter.value, tab.answers.opened, compare.item, compare.state]
