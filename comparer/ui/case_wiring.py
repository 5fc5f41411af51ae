"""Which event of the panel "Cases" runs which handler, and what it may change."""

from collections.abc import Callable
from typing import Any, NamedTuple

import gradio as gr
from gradio.blocks import Block

from comparer.ui.case_handlers import CaseHandlers, Given
from comparer.ui.case_panel import CasePanel
from comparer.ui.compare_layout import CompareTab
from comparer.ui.compare_wiring import QUIET
from comparer.ui.context import Context
from comparer.ui.downloads import fetch_file
from comparer.ui.i18n import Updates
from comparer.ui.suite_tools import SuiteTools, Titles

TO_FORM = """() => setTimeout(() => {
  const head = document.querySelector('#case-form h2');
  head?.focus({ preventScroll: true });
  if (head && head.getBoundingClientRect().top < 0) head.scrollIntoView();
}, 200)"""
"""Runs in the browser once a case is shown."""
TO_QUESTION = "() => setTimeout(() => document.querySelector('#case-question textarea')?.focus(), 200)"


class Shown(NamedTuple):
    """The handler that shows the panel anew, its inputs and its outputs."""

    handler: Callable[..., Updates]
    inputs: list[Block]
    outputs: list[Block]


def wire_cases(context: Context, panel: CasePanel, compare: CompareTab, page: gr.Tabs, within: gr.Tabs) -> Shown:
    """Connect the panel, and the hidden box that opens whatever case is put into it, from any tab.

    Call inside `gr.Blocks`, outside of the tabs; `page` holds the tab "suites", `within` the tab "cases". Returns
    what shows the panel again, for events of other places.
    """
    cases = CaseHandlers(context, panel)
    suites = SuiteTools(context, cases, compare)
    inputs: list[Block] = [panel.tools.suite, panel.cases.search, *panel.form.typed, panel.state, compare.state]
    _wire_suites(panel, suites, inputs)
    _wire_cases(panel, cases, inputs)
    opener = gr.Textbox(visible="hidden", elem_id="open-suite-case", label="open-suite-case")

    def open_case(wanted: str, *values: Any) -> Updates:
        suite, case = [*(wanted or "").split(), "", ""][:2]
        shown = suites.open_case(suite, case, Given(*values))
        return shown | {page: gr.Tabs(selected="suites"), within: gr.Tabs(selected="cases")}

    outputs = [*suites.shown, page, within]
    opener.change(open_case, [opener, *inputs], outputs, **QUIET).then(js=TO_FORM)
    return Shown(_with(suites.show), inputs, suites.shown)


def _wire_suites(panel: CasePanel, suites: SuiteTools, inputs: list[Block]) -> None:
    tools, shown = panel.tools, suites.shown

    tools.suite.input(_with(suites.choose), inputs, shown, **QUIET)
    for button, doing in ((tools.new, "new"), (tools.duplicate, "duplicate"), (tools.rename, "rename")):
        button.click(_with(suites.ask_titles, doing), inputs, shown, **QUIET)
    titles: list[Block] = [tools.title_en, tools.title_zh, tools.items]

    def save_titles(*values: Any) -> Updates:
        return suites.save_titles(Titles(*values[:3]), Given(*values[3:]))

    gr.on(
        [tools.save_titles.click, tools.title_en.submit, tools.title_zh.submit],
        save_titles,
        [*titles, *inputs],
        shown,
        **QUIET,
    )
    tools.cancel.click(_with(suites.cancel), inputs, shown, **QUIET)
    tools.delete.click(_with(suites.delete), inputs, shown, **QUIET)
    tools.undo.click(_with(suites.undo), inputs, shown, **QUIET)
    tools.download.click(_download(suites), inputs, tools.file, **QUIET).success(
        None, tools.file, None, js=fetch_file("suite-file")
    )

    def take_in(file: str | None, name: str | None, item: str | None, *values: Any) -> Updates:
        return suites.take_in(file, name, item, Given(*values))

    tools.import_file.upload(
        take_in,
        [tools.import_file, tools.import_name, tools.import_item, *inputs],
        shown,
        api_visibility="private",
        show_progress="minimal",
        show_progress_on=tools.status,
    )

    def add_items(which: str | None, percent: float | None, *values: Any) -> Updates:
        return suites.add_items(which, percent, Given(*values))

    tools.add_items.click(add_items, [tools.missing_item, tools.threshold, *inputs], shown, **QUIET)


def _wire_cases(panel: CasePanel, cases: CaseHandlers, inputs: list[Block]) -> None:
    listed, form, shown = panel.cases, panel.form, cases.shown
    gr.on([listed.search.submit, listed.search.blur], _with(cases.search), inputs, shown, **QUIET)
    listed.previous.click(_with(cases.turn_page, -1), inputs, shown, **QUIET)
    listed.next.click(_with(cases.turn_page, 1), inputs, shown, **QUIET)
    listed.new.click(_with(cases.new_case), inputs, shown, **QUIET).then(js=TO_FORM)
    form.close.click(_with(cases.close), inputs, shown, **QUIET)
    form.pictures.upload(_with(cases.check_pictures), inputs, form.pictures, **QUIET)
    turned: list[Block] = [
        panel.state, form.turn, form.earlier, form.later, form.remove_turn, form.question, form.reference, form.check,
        form.judged,
    ]  # fmt: skip

    def go_to_turn(turn: int, *values: Any) -> Updates:
        return cases.go_to_turn(turn, Given(*values))

    form.turn.input(go_to_turn, [form.turn, *inputs], turned, **QUIET)
    form.add_turn.click(_with(cases.add_turn), inputs, turned, **QUIET).then(js=TO_QUESTION)
    form.remove_turn.click(_with(cases.remove_turn), inputs, turned, **QUIET)
    form.earlier.click(_with(cases.move_turn, -1), inputs, turned, **QUIET)
    form.later.click(_with(cases.move_turn, 1), inputs, turned, **QUIET)
    form.tried.change(_with(cases.try_check), inputs, form.judged, trigger_mode="always_last", **QUIET)
    form.check.blur(_with(cases.try_again), inputs, form.judged, **QUIET)
    form.save.click(_with(cases.save), inputs, shown, **QUIET)
    form.discard.click(_with(cases.discard), inputs, shown, **QUIET)
    form.up.click(_with(cases.move, -1), inputs, shown, **QUIET)
    form.down.click(_with(cases.move, 1), inputs, shown, **QUIET)
    form.remove.click(_with(cases.remove), inputs, shown, **QUIET)


def _with(handler: Callable[..., Updates], *first: Any) -> Callable[..., Updates]:
    """What Gradio calls: the handler's own values, then everything that is given."""

    def run(*values: Any) -> Updates:
        return handler(*first, Given(*values))

    return run


def _download(suites: SuiteTools) -> Callable[..., str | None]:
    def download(*values: Any) -> str | None:
        return suites.download(Given(*values))

    return download
