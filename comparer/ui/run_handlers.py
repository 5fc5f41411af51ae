"""What happens on the panel "Run": begin a run, watch the runs, steer one, follow an address.

Handlers return `{component: value}`; whatever went wrong becomes a sentence in the visitor's language.
"""

from collections.abc import Callable
from dataclasses import replace

import gradio as gr
from gradio.blocks import Block

from comparer.errors import ComparerError
from comparer.run_records import Run, Wanted
from comparer.texts import Language, text
from comparer.ui import run_rendering
from comparer.ui.context import Context
from comparer.ui.grid_handlers import GridHandlers, progress_of
from comparer.ui.hardware_address import read_hardware
from comparer.ui.i18n import Updates
from comparer.ui.run_address import Looking, address_tag, read_address
from comparer.ui.run_panel import RunPanel, Seen, View
from comparer.ui.run_rendering import Listed
from comparer.ui.view_address import within

LISTED = 50


class RunHandlers:
    """Handlers of one page's panel; `tabs` are those of the page."""

    def __init__(self, context: Context, panel: RunPanel, tabs: gr.Tabs) -> None:
        self._context = context
        self._panel = panel
        self._tabs = tabs
        self.grid = GridHandlers(context, panel)

    @property
    def shown(self) -> list[Block]:
        """What the handlers change."""
        return [*self.grid.shown, self._panel.list, self._panel.timer]

    def show(self, view: View, language: Language) -> Updates:
        """The runs and the chosen one as they stand now; the tab is in front from now on."""
        return self.told(view, language, lambda: self._all(replace(view, open=True), language))

    def leave(self, view: View) -> Updates:
        """Another tab comes to the front: nothing is watched any more."""
        return self.behind(view) | {self._panel.address: address_tag("")}

    def behind(self, view: View) -> Updates:
        """Another tab comes to the front, within or beside, which writes an address of its own."""
        return {self._panel.view: replace(view, open=False), self._panel.timer: gr.Timer(active=False)}

    def tick(self, view: View, seen: Seen, language: Language) -> Updates:
        """What has changed while something runs. A case that is being read stays as it is.

        The view is never changed: what somebody does meanwhile must not be undone.
        """
        try:
            updates = self._changed(view, seen, language)
        except ComparerError as error:
            gr.Warning(error.sentence(language))
            updates = {self._panel.seen: seen}
        return {block: update for block, update in updates.items() if block is not self._panel.view}

    def follow(self, query: str, view: View, language: Language) -> Updates:
        """Show what an address asks for; one that is about no tab leads to the tab Compare.

        What is shown on another tab, within or beside, is left to that one.
        """
        query = query.rsplit(" ", 1)[0]
        if read_hardware(query) is not None:
            return self.behind(view)
        looking = read_address(query)
        if looking is None:
            return self.leave(view) | {self._tabs: gr.Tabs(selected="compare")}
        if within(query) != "run":
            return self.behind(view)
        view = replace(view, looking=looking, open=True)
        try:
            updates = self._all(view, language)
        except ComparerError as error:
            gr.Warning(error.sentence(language))
            updates = self.show(replace(view, looking=Looking()), language)
        return updates | {self._tabs: gr.Tabs(selected="suites")}

    def _all(self, view: View, language: Language) -> Updates:
        runs = self._context.runs.listed(limit=LISTED)
        if runs and not view.looking.run:  # whoever comes without an address wants the last one
            view = replace(view, looking=view.looking.at(runs[0].id))
        return self._listed(self.grid.show(view, language), view, runs, language)

    def _changed(self, view: View, seen: Seen, language: Language) -> Updates:
        if not view.open:
            return {self._panel.timer: gr.Timer(active=False)}
        runs = self._context.runs.listed(limit=LISTED)
        chosen = next((run for run in runs if run.id == view.looking.run), None)
        went_on = chosen is not None and progress_of(chosen) != seen.progress and not view.looking.case
        updates = self.grid.show(view, language) if went_on or seen.looking != view.looking else {}
        now: Seen = updates.get(self._panel.seen, seen)
        return self._listed(updates | {self._panel.seen: replace(now, quiet=seen.quiet)}, view, runs, language)

    def _listed(self, updates: Updates, view: View, runs: tuple[Run, ...], language: Language) -> Updates:
        """`updates` with the list of runs.

        The clock stops only after it has itself found nothing under way twice: the answers to a click and to the
        clock may reach the browser in either order, and what stays there must be the later one.
        """
        listed = [Listed(run, self._time_left_s(run)) for run in runs]
        seen: Seen = updates[self._panel.seen]
        going = any(run.state in {"queued", "running", "waiting"} for run in runs)
        return updates | {
            self._panel.list: run_rendering.runs_html(listed, view.looking.run, view.deleting, language),
            self._panel.timer: gr.Timer(active=view.open and (going or not seen.quiet)),
            self._panel.seen: replace(seen, quiet=not going),
        }

    def _time_left_s(self, run: Run) -> float | None:
        """Model-seconds for the rest of a run that is being worked on; None while they are not known."""
        return self._context.grids.read(run).progress.seconds_left if run.state == "running" else None

    def begun(self, run_id: str, view: View, language: Language) -> Updates:
        """Show the run that was just begun."""
        return self.show(replace(view, looking=view.looking.at(run_id), deleting=""), language)

    # --- steer -----------------------------------------------------------------------------------------

    def act(self, run_id: str, action: str, view: View, language: Language) -> Updates:
        """What a button of the list asks for. Whatever the browser sends that is no action does nothing."""
        steps: dict[str, Callable[[], View]] = {
            "open": lambda: replace(view, looking=view.looking.at(run_id), deleting=""),
            "pause": lambda: self._want(run_id, "pause", view),
            "resume": lambda: self._want(run_id, "run", view),
            "cancel": lambda: self._want(run_id, "cancel", view),
            "retry": lambda: self._retry(run_id, view, language),
            "delete": lambda: replace(view, deleting=run_id),
            "keep": lambda: replace(view, deleting=""),
            "really": lambda: self._delete(run_id, view, language),
        }
        step = steps.get(action)
        if step is None:
            return {self._panel.view: view}
        return self.told(view, language, lambda: self._all(step(), language))

    def _want(self, run_id: str, wanted: Wanted, view: View) -> View:
        self._context.runs.want(run_id, wanted)
        self._context.worker.wake()
        return view

    def _retry(self, run_id: str, view: View, language: Language) -> View:
        count = self._context.runs.forget_errors(run_id)
        gr.Info(text("suites.retrying", language, count=count))
        return self._want(run_id, "run", view)

    def _delete(self, run_id: str, view: View, language: Language) -> View:
        self._context.runs.delete(run_id)
        gr.Info(text("suites.deleted", language))
        looking = Looking() if view.looking.run == run_id else view.looking
        return replace(view, looking=looking, deleting="")

    def told(self, view: View, language: Language, do: Callable[[], Updates]) -> Updates:
        """What `do` changes; nothing but a sentence when it fails."""
        try:
            return do()
        except ComparerError as error:
            gr.Warning(error.sentence(language))
            return {self._panel.view: view}
