"""What a chosen run shows: its result, the grid of its cases, one case. Reads, and changes nothing.

Handlers return `{component: value}` and may raise `ComparerError`.
"""

from collections.abc import Sequence
from dataclasses import replace

import gradio as gr
from gradio.blocks import Block

from comparer.run_records import Run
from comparer.suites.grid import SHOWN, GridRow, RunGrid
from comparer.texts import Language, text
from comparer.ui import run_grid, run_rendering
from comparer.ui.context import Context
from comparer.ui.history_rendering import item_names
from comparer.ui.i18n import Updates
from comparer.ui.run_address import Looking, address, address_tag
from comparer.ui.run_case import case_html
from comparer.ui.run_panel import RunPanel, Seen, View, show_choices
from comparer.ui.run_results import ResultReader


class GridHandlers:
    """Shows what a `View` looks at."""

    def __init__(self, context: Context, panel: RunPanel) -> None:
        self._context = context
        self._panel = panel
        self._results = ResultReader(context.runs, context.store)

    @property
    def shown(self) -> list[Block]:
        """What `show` changes."""
        panel = self._panel
        return [
            panel.view, panel.seen, panel.result, panel.filters, panel.show, panel.item, panel.words, panel.count,
            panel.grid, panel.pager, panel.newer, panel.older, panel.case_tools, panel.before, panel.after,
            panel.case, panel.address,
        ]  # fmt: skip

    def show(self, view: View, language: Language) -> Updates:
        """The chosen run as it stands now, or nothing of one. What cannot be found is not looked at any more."""
        if not view.looking.run:
            return self._nothing(view)
        run = self._context.runs.run(view.looking.run)
        reading = self._context.grids.read(run)
        grid = reading.grid
        looking = view.looking
        if looking.item not in grid.items:
            looking = replace(looking, item="")
        rows = grid.rows_for(looking.show, looking.item, looking.words)
        looking = replace(looking, page=min(looking.page, run_grid.pages(len(rows))))
        view = replace(view, looking=looking)
        page = self._page(run, rows, looking, view.last, language) if run.answers else self._no_page()
        result = self._results.read(reading)
        return (
            {
                self._panel.view: view,
                self._panel.seen: Seen(looking=looking, progress=progress_of(run)),
                self._panel.result: run_rendering.result_html(run, result, language),
                self._panel.address: address_html(view),
            }
            | self._filters(grid, looking, bool(run.answers), language)
            | page
            | self._case(run, grid, rows, looking, language)
        )

    def _nothing(self, view: View) -> Updates:
        panel = self._panel
        return {
            panel.view: view,
            panel.seen: Seen(looking=view.looking),
            panel.result: "",
            panel.filters: gr.update(visible=False),
            panel.address: address_html(view),
            panel.case_tools: gr.update(visible=False),
            panel.case: "",
        } | self._no_page()

    def _no_page(self) -> Updates:
        return {self._panel.count: "", self._panel.grid: "", self._panel.pager: gr.update(visible=False)}

    def _filters(self, grid: RunGrid, looking: Looking, some: bool, language: Language) -> Updates:
        names = item_names(self._context, language)
        items = [(text("history.any_item", language), ""), *((names.get(key, key), key) for key in grid.items)]
        within = grid.rows_for(item=looking.item, words=looking.words)
        counts = {show: sum(row.fits(show) for row in within) for show in SHOWN}
        return {
            self._panel.filters: gr.update(visible=some and not looking.case),
            self._panel.show: gr.update(choices=show_choices(language, counts), value=looking.show),
            self._panel.item: gr.update(choices=items, value=looking.item),
            self._panel.words: looking.words,
        }

    def _page(self, run: Run, rows: Sequence[GridRow], looking: Looking, last: str, language: Language) -> Updates:
        if looking.case:
            return self._no_page()
        first = (looking.page - 1) * run_grid.PAGE
        shown = rows[first : first + run_grid.PAGE]
        names = item_names(self._context, language)
        several = run_grid.pages(len(rows)) > 1
        return {
            self._panel.count: run_grid.count_html(len(rows), looking.page, language),
            self._panel.grid: run_grid.grid_html(shown, run.request.models, names, last, language),
            self._panel.pager: gr.update(visible=several),
            self._panel.newer: gr.update(interactive=looking.page > 1),
            self._panel.older: gr.update(interactive=looking.page < run_grid.pages(len(rows))),
        }

    def _case(
        self, run: Run, grid: RunGrid, rows: Sequence[GridRow], looking: Looking, language: Language
    ) -> Updates:
        panel = self._panel
        row = next((row for row in grid.rows if row.case.id == looking.case), None) if looking.case else None
        if looking.case and row is None:
            html = f"<p class='col-note'>{text('grid.no_such_case', language)}</p>"
        elif row is None:
            html = ""
        else:
            answers = self._context.runs.answers(run.id, row.case.id)
            item = item_names(self._context, language).get(row.case.item, row.case.item)
            html = case_html(row.case, run.request.models, answers, item, language)
        return {
            panel.case_tools: gr.update(visible=bool(looking.case)),
            panel.before: gr.update(interactive=_neighbour(rows, looking.case, -1) != ""),
            panel.after: gr.update(interactive=_neighbour(rows, looking.case, 1) != ""),
            panel.case: html,
        }

    # --- what can be looked at next --------------------------------------------------------------------

    def choose(self, show: str, item: str, words: str, view: View, language: Language) -> Updates:
        """Other cases of the run."""
        looking = view.looking.filtered(show or "all", item or "", words or "")
        return self.show(replace(view, looking=looking), language)

    def turn(self, pages: int, view: View, language: Language) -> Updates:
        """Pages further on, or back."""
        looking = replace(view.looking, page=max(1, view.looking.page + pages))
        return self.show(replace(view, looking=looking), language)

    def open_case(self, case: str, view: View, language: Language) -> Updates:
        """One case in the place of the grid."""
        return self.show(replace(view, looking=replace(view.looking, case=case), last=case), language)

    def close_case(self, view: View, language: Language) -> Updates:
        """Back to the grid."""
        return self.show(replace(view, looking=replace(view.looking, case="")), language)

    def step(self, steps: int, view: View, language: Language) -> Updates:
        """The case before or after the open one, among those that the filter shows."""
        looking = view.looking
        reading = self._context.grids.read(self._context.runs.run(looking.run))
        rows = reading.grid.rows_for(looking.show, looking.item, looking.words)
        case = _neighbour(rows, looking.case, steps) or looking.case
        place = next((place for place, row in enumerate(rows) if row.case.id == case), 0)
        looking = replace(looking, case=case, page=place // run_grid.PAGE + 1)
        return self.show(replace(view, looking=looking, last=case), language)


def progress_of(run: Run) -> tuple[str, int, int]:
    """What tells that a run has gone on since it was last shown."""
    return (run.state, run.answers, run.errors)


def address_html(view: View) -> str:
    """What the page's script writes into the browser's address; empty while another tab is in front."""
    return address_tag(address(view.looking) if view.open else "")


def _neighbour(rows: Sequence[GridRow], case: str, steps: int) -> str:
    """The id of the row so many steps from the one of `case`; empty where there is none."""
    place = next((place for place, row in enumerate(rows) if row.case.id == case), None)
    if place is None or not 0 <= place + steps < len(rows):
        return ""
    return rows[place + steps].case.id
