"""What happens on the panel "Compare runs". Reads, and changes nothing.

Handlers return `{component: value}`; whatever went wrong becomes a sentence in the visitor's language.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import gradio as gr
from gradio.blocks import Block

from comparer.errors import ComparerError
from comparer.export.comparison_file import write_comparison
from comparer.fit.run_comparison import KINDS, Change
from comparer.run_records import Judge, Run
from comparer.suites.judged_reading import Compared, Side
from comparer.texts import Language, text
from comparer.ui.comparison_panel import (
    PAGE,
    ComparisonPanel,
    answered_runs,
    first_looking,
    kind_choices,
    side_choices,
)
from comparer.ui.comparison_rendering import changes_html, comparison_html, side_names
from comparer.ui.context import Context
from comparer.ui.downloads import download_folder
from comparer.ui.history_rendering import item_names
from comparer.ui.i18n import Updates
from comparer.ui.view_address import ComparisonLooking, SideChoice, change_kind, side_choice


@dataclass(frozen=True, slots=True)
class _Found:
    """What a `ComparisonLooking` comes to."""

    looking: ComparisonLooking
    reference: Side
    compared: tuple[Compared, ...]

    @property
    def shown(self) -> Compared:
        """The candidate whose changes are listed."""
        choices = [str(SideChoice(one.side.run.id, one.side.model)) for one in self.compared]
        return self.compared[choices.index(self.looking.shown)]

    @property
    def changes(self) -> tuple[Change, ...]:
        """Its changes of the chosen kind, regressions first."""
        kind = self.looking.kind
        return tuple(change for change in self.shown.comparison.changes if kind is None or change.kind == kind)


class ComparisonHandlers:
    """Handlers of one page's panel."""

    def __init__(self, context: Context, panel: ComparisonPanel) -> None:
        self._context = context
        self._panel = panel

    @property
    def shown(self) -> list[Block]:
        """What the handlers change."""
        panel = self._panel
        return [
            panel.looking, panel.reference, panel.candidates, panel.judge, panel.head, panel.filters, panel.shown,
            panel.kind, panel.count, panel.changes, panel.pager, panel.before, panel.after,
        ]  # fmt: skip

    def show(self, looking: ComparisonLooking, language: Language, wanted: str = "") -> Updates:
        """The comparison as its runs stand now; where none is chosen, one of the run that is `wanted`."""
        try:
            runs = answered_runs(self._context)
            possible = self._possible(looking, runs)
            if looking.reference is not None and possible.reference is None:
                gr.Warning(text("versus.no_such_run", language))
            if possible.reference is None:
                possible = replace(first_looking(runs, wanted), judge=looking.judge)
            return self._show(possible, runs, language)
        except ComparerError as error:
            gr.Warning(error.sentence(language))
            return {self._panel.looking: looking}

    def choose(
        self,
        reference: str | None,
        candidates: Sequence[str] | None,
        judge: Judge,
        looking: ComparisonLooking,
        language: Language,
    ) -> Updates:
        """Other sides or another judge, from the first page. Another suite's reference brings its own candidates."""
        base = side_choice(reference or "")
        chosen = tuple(choice for each in candidates or () if (choice := side_choice(each)))
        wanted = replace(looking, reference=base, candidates=chosen, judge=judge, shown="", page=1)
        if base is not None and base != looking.reference and not self._possible(wanted, self._runs()).candidates:
            wanted = replace(wanted, candidates=self._others(base))
        return self.show(wanted, language)

    def filter(self, shown: str | None, kind: str | None, looking: ComparisonLooking, language: Language) -> Updates:
        """Other changes, from the first page."""
        return self.show(replace(looking, shown=shown or "", kind=change_kind(kind or ""), page=1), language)

    def turn(self, pages: int, looking: ComparisonLooking, language: Language) -> Updates:
        """Pages further on, or back."""
        return self.show(replace(looking, page=max(1, looking.page + pages)), language)

    def write(self, looking: ComparisonLooking, language: Language) -> str | None:
        """The comparison as a CSV file; its path, None when there is nothing to write."""
        try:
            found = self._find(self._possible(looking, self._runs()))
            if found is None:
                return None
            path: Path = download_folder() / f"compare-{found.reference.run.request.suite}.csv"
            write_comparison(path, found.reference, found.compared, looking.judge)
            return str(path)
        except ComparerError as error:
            gr.Warning(error.sentence(language))
            return None

    # --- what can be compared --------------------------------------------------------------------------

    def _runs(self) -> tuple[Run, ...]:
        return answered_runs(self._context)

    def _possible(self, looking: ComparisonLooking, runs: Sequence[Run]) -> ComparisonLooking:
        """`looking` without what is gone, and without candidates of another suite than the reference's."""
        if looking.reference is None or _run_of(looking.reference, runs) is None:
            return replace(looking, reference=None, candidates=(), shown="")
        suite = _suite_of(looking.reference, runs)
        candidates = tuple(
            choice
            for choice in looking.candidates
            if choice != looking.reference and _suite_of(choice, runs) == suite
        )
        shown = looking.shown if looking.shown in map(str, candidates) else str(next(iter(candidates), ""))
        return replace(looking, candidates=candidates, shown=shown)

    def _others(self, reference: SideChoice) -> tuple[SideChoice, ...]:
        """The other models of the reference's run."""
        run = _run_of(reference, self._runs())
        models = run.request.models if run else ()
        return tuple(SideChoice(reference.run, model.key) for model in models if model.key != reference.model)

    def _find(self, looking: ComparisonLooking) -> _Found | None:
        if looking.reference is None or not looking.candidates:
            return None
        reference, *candidates = (
            self._context.judged.side(self._context.runs.run(choice.run), choice.model, looking.judge)
            for choice in (looking.reference, *looking.candidates)
        )
        return _Found(looking, reference, self._context.judged.compare(reference, candidates, looking.judge))

    # --- what is shown ---------------------------------------------------------------------------------

    def _show(self, looking: ComparisonLooking, runs: Sequence[Run], language: Language) -> Updates:
        looking = self._possible(looking, runs)
        found = self._find(looking)
        panel = self._panel
        suite = (_suite_of(looking.reference, runs) if looking.reference else "") or ""
        chosen = str(looking.reference or "")
        possible = [choice for choice in side_choices(runs, language, suite) if choice[1] != chosen]
        controls: Updates = {
            panel.looking: looking,
            panel.reference: gr.update(choices=side_choices(runs, language), value=chosen or None),
            panel.candidates: gr.update(choices=possible, value=[str(each) for each in looking.candidates]),
            panel.judge: gr.update(value=looking.judge),
        }
        if found is None:
            nothing = text("versus.no_candidate" if runs else "versus.no_runs", language)
            return controls | self._empty(f"<p class='history-empty'>{nothing}</p>")
        return controls | self._changes(found, language)

    def _empty(self, head: str) -> Updates:
        panel = self._panel
        return {
            panel.head: head,
            panel.filters: gr.update(visible=False),
            panel.count: "",
            panel.changes: "",
            panel.pager: gr.update(visible=False),
        }

    def _changes(self, found: _Found, language: Language) -> Updates:
        changes = found.changes
        pages = max(1, -(-len(changes) // PAGE))
        looking = replace(found.looking, page=min(found.looking.page, pages))
        page = changes[(looking.page - 1) * PAGE : looking.page * PAGE]
        sides = (found.reference, found.shown.side)
        cases = [case for case in found.reference.cases if case.id in {change.case for change in page}]
        answers = tuple(self._context.judged.answers(side, cases) for side in sides)
        panel = self._panel
        return {
            panel.looking: looking,
            panel.head: comparison_html(found.reference, found.compared, looking.judge, language),
            panel.filters: gr.update(visible=True),
            **self._filters(found, language),
            panel.count: _count_html(len(changes), looking.page, language),
            panel.changes: changes_html(
                page, sides, (answers[0], answers[1]), item_names(self._context, language), language
            ),
            panel.pager: gr.update(visible=pages > 1),
            panel.before: gr.update(interactive=looking.page > 1),
            panel.after: gr.update(interactive=looking.page < pages),
        }

    def _filters(self, found: _Found, language: Language) -> Updates:
        comparison = found.shown.comparison
        counts: dict[str, int] = {kind: comparison.count(kind) for kind in KINDS}
        counts[""] = len(comparison.changes)
        names = side_names([found.reference, *(one.side for one in found.compared)])[1:]
        shown = list(zip(names, map(str, found.looking.candidates), strict=True))
        return {
            self._panel.shown: gr.update(choices=shown, value=found.looking.shown, visible=len(shown) > 1),
            self._panel.kind: gr.update(choices=kind_choices(language, counts), value=found.looking.kind or ""),
        }


def _count_html(changes: int, page: int, language: Language) -> str:
    """The line that says which of the changes are shown."""
    first, last = (page - 1) * PAGE + 1, min(changes, page * PAGE)
    said = text("versus.count", language, first=first, last=last, changes=changes)
    return f"<p class='history-count' role='status'>{said if changes else text('versus.none', language)}</p>"


def _run_of(choice: SideChoice, runs: Sequence[Run]) -> Run | None:
    run = next((run for run in runs if run.id == choice.run), None)
    return run if run and any(model.key == choice.model for model in run.request.models) else None


def _suite_of(choice: SideChoice, runs: Sequence[Run]) -> str | None:
    run = _run_of(choice, runs)
    return run.request.suite if run else None
