"""The Business fit tab: the score table, what it recommends, and the files to take away."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

import gradio as gr
from gradio.blocks import Block

from comparer.cost.reading import kept_cost
from comparer.errors import ComparerError
from comparer.export.formats import FORMATS, export
from comparer.fit.recommendation import item_name, recommend
from comparer.items import threshold_of
from comparer.store import RatingFilter
from comparer.texts import Language, text
from comparer.ui import units
from comparer.ui.compare_layout import item_choices
from comparer.ui.compare_state import CompareState
from comparer.ui.context import Context
from comparer.ui.downloads import download_folder
from comparer.ui.fit_answers import AnswersHandlers, AnswersPanel, OpenCell, build_answers
from comparer.ui.fit_filter import EVERYTHING, FilterControls, FilterHandlers, FitFilter, build_filter
from comparer.ui.fit_items import ItemForm, ItemHandlers, build_items
from comparer.ui.fit_rendering import recommendation_html, score_table_html
from comparer.ui.i18n import Localizer, Updates
from comparer.ui.import_panel import ImportPanel, build_import_button, build_import_panel
from comparer.ui.insight_panel import InsightPanel, build_insight
from comparer.ui.kept_focus import KEEPS_FOCUS

TABLE_JS = """
element.addEventListener('click', (event) => {
  const cell = event.target.closest('td[data-open]');
  if (cell) trigger('cell', { item: cell.closest('tr').dataset.item, model: cell.dataset.key });
});
element.addEventListener('change', (event) => {
  const input = event.target.closest('input.threshold');
  if (!input) return;
  trigger('threshold', { item: input.closest('tr').dataset.item, percent: input.value });
  input.value = input.defaultValue;   // what holds is written by the server
});
"""


@dataclass(frozen=True)
class FitTab:
    """Every component of the tab that a handler touches."""

    advice: gr.HTML
    filter: FilterControls
    table: gr.HTML
    notice: gr.HTML
    answers: AnswersPanel
    items: ItemForm
    refresh: gr.Button
    format: gr.Dropdown
    download: gr.Button
    file: gr.DownloadButton
    importing: ImportPanel
    insight: InsightPanel


def build_fit_tab(context: Context, texts: Localizer) -> FitTab:
    """Lay the tab out."""
    add = texts.add
    advice = gr.HTML(elem_id="advice")
    filter_controls = build_filter(texts)
    table = gr.HTML(elem_id="score-table", js_on_load=TABLE_JS + KEEPS_FOCUS)
    notice = gr.HTML(elem_id="fit-notice")
    with gr.Row(elem_id="fit-tools"):
        refresh = add(gr.Button, {"value": "fit.refresh"}, size="md", elem_id="refresh")
        format_name = add(
            gr.Dropdown,
            {
                "label": "fit.export_format",
                "choices": lambda language: [(text(f"export.{name}", language), name) for name in FORMATS],
            },
            value="csv",
            filterable=False,
            elem_id="export-format",
            container=False,
        )
        download = add(gr.Button, {"value": "fit.export"}, size="md", elem_id="download")
        choose = build_import_button(texts)
    importing = build_import_panel(choose)
    answers = build_answers(texts)
    insight = build_insight(texts)
    items = build_items(context, texts)
    # The file is made when it is asked for, and fetched by a button that the page clicks itself.
    file = gr.DownloadButton(elem_id="download-file", visible="hidden")
    return FitTab(
        advice,
        filter_controls,
        table,
        notice,
        answers,
        items,
        refresh,
        format_name,
        download,
        file,
        importing,
        insight,
    )


class FitHandlers:
    """Handlers of one page's Business fit tab. What went wrong becomes a sentence; the page stays as it was."""

    def __init__(self, context: Context, tab: FitTab, item_choice: gr.Dropdown) -> None:
        self._context = context
        self._tab = tab
        self._item_choice = item_choice
        self._filter = FilterHandlers(context, tab.filter)
        self._answers = AnswersHandlers(context, tab.answers)
        self._items = ItemHandlers(context, tab.items)

    @property
    def shown(self) -> list[Block]:
        """What `show` changes."""
        return [self._tab.advice, self._tab.table]

    @property
    def all_shown(self) -> list[Block]:
        """What any other handler changes."""
        parts = [*self.shown, self._tab.notice, self._item_choice]
        return [*parts, *self._filter.shown, *self._answers.shown, *self._items.shown]

    def show(self, shown: FitFilter, state: CompareState) -> Updates:
        """The table as the ratings stand now."""
        return self._told(state, lambda: self._show_table(shown, state))

    def show_all(self, shown: FitFilter, opened: OpenCell | None, item: str, state: CompareState) -> Updates:
        """The whole tab as ratings, items and language stand now; `item` is chosen in the Compare tab.

        What has been typed into the form of an item stays.
        """
        return self._told(
            state,
            lambda: (
                self._show_filtered(shown, opened, state)
                | self._items.offer(state.language)
                | self._choices(item, state)
                | {self._tab.notice: ""}
            ),
        )

    # --- filter ----------------------------------------------------------------------------------------

    def choose(
        self,
        lineup: str,
        precision: str,
        reviewers: list[str],
        blind_only: bool,
        shown: FitFilter,
        opened: OpenCell | None,
        state: CompareState,
    ) -> Updates:
        """Filter by what the controls say; the days stay. Another lineup has other precisions and other answers."""
        chosen = replace(
            shown,
            lineup=lineup or "",
            precision=precision or "",
            reviewers=tuple(reviewers or ()),
            blind_only=bool(blind_only),
        )
        if chosen.lineup != shown.lineup:
            chosen, opened = replace(chosen, precision=""), None
        return self._told(state, lambda: self._show_filtered(chosen, opened, state))

    def choose_judge(self, judge: str, shown: FitFilter, opened: OpenCell | None, state: CompareState) -> Updates:
        """Show people's verdicts or those of checks. Answers behind a cell are people's, and close with them."""
        if judge == "checks":
            return self._told(state, lambda: self._show_filtered(replace(shown, judge="checks"), None, state))
        return self._told(state, lambda: self._show_filtered(replace(shown, judge="people"), opened, state))

    def choose_days(
        self, days: gr.EventData, shown: FitFilter, opened: OpenCell | None, state: CompareState
    ) -> Updates:
        """Filter by the days that the browser sends."""
        return self._told(
            state, lambda: self._show_filtered(shown.within(str(days.since), str(days.until)), opened, state)
        )

    def clear(self, opened: OpenCell | None, state: CompareState) -> Updates:
        """Show all ratings again."""
        return self._told(state, lambda: self._show_filtered(EVERYTHING, opened, state))

    # --- answers behind a cell -------------------------------------------------------------------------

    def open_cell(self, cell: gr.EventData, shown: FitFilter, state: CompareState) -> Updates:
        """Open the answers of the cell that was clicked."""
        ratings = self.ratings(shown, state)
        return self._told(state, lambda: self._answers.open(str(cell.item), str(cell.model), ratings, state.language))

    def more_answers(self, shown: FitFilter, opened: OpenCell | None, state: CompareState) -> Updates:
        """The next answers of the open cell."""
        return self._told(state, lambda: self._answers.more(opened, self.ratings(shown, state), state.language))

    def close_answers(self, state: CompareState) -> Updates:
        """Close them."""
        return self._told(state, lambda: self._answers.show(None, state.language))

    # --- thresholds and items --------------------------------------------------------------------------

    def change_threshold(self, change: gr.EventData, shown: FitFilter, chosen: str, state: CompareState) -> Updates:
        """Keep the threshold that was typed into the table, for everybody."""

        def change_it() -> Updates:
            key, threshold = str(change.item), threshold_of(change.percent)
            self._context.store.set_threshold(key, threshold)
            item = next(item for item in self._context.store.items(include_archived=True) if item.key == key)
            sentence = text(
                "fit.threshold_kept",
                state.language,
                item=item_name(item, state.language),
                threshold=units.exact_percent(threshold),
            )
            form = self._items.show_threshold(threshold) if chosen == key else {}
            notice = f"<p class='vote-status' role='status'>{escape(sentence)}</p>"
            return self._show_table(shown, state) | form | {self._tab.notice: notice}

        return self._told(state, change_it)

    def choose_item(self, chosen: str, state: CompareState) -> Updates:
        """Show an item in the form."""
        return self._told(state, lambda: self._items.show(chosen, state.language))

    def save_item(
        self,
        chosen: str,
        name_en: str,
        name_zh: str,
        threshold: float | None,
        weight: float | None,
        must_have: bool,
        shown: FitFilter,
        opened: OpenCell | None,
        item: str,
        state: CompareState,
    ) -> Updates:
        """Keep what the form says."""
        return self._after(
            lambda: self._items.save(
                chosen, name_en or "", name_zh or "", threshold, weight, bool(must_have), state.language
            ),
            shown, opened, item, state,
        )  # fmt: skip

    def move_item(
        self, steps: int, chosen: str, shown: FitFilter, opened: OpenCell | None, item: str, state: CompareState
    ) -> Updates:
        """Show the chosen item earlier or later."""
        return self._after(lambda: self._items.move(chosen, steps, state.language), shown, opened, item, state)

    def archive_item(
        self, yes: bool, chosen: str, shown: FitFilter, opened: OpenCell | None, item: str, state: CompareState
    ) -> Updates:
        """Archive the chosen item, or bring it back."""
        return self._after(lambda: self._items.archive(chosen, yes, state.language), shown, opened, item, state)

    def _after(
        self,
        change: Callable[[], Updates],
        shown: FitFilter,
        opened: OpenCell | None,
        item: str,
        state: CompareState,
    ) -> Updates:
        """Change an item, then everything that shows items: the form, the table, the Compare tab's choice."""

        def run() -> Updates:
            form = change()
            answers = self._answers.show(opened, state.language)
            return form | self._show_table(shown, state) | answers | self._choices(item, state)

        return self._told(state, run)

    # --- parts -----------------------------------------------------------------------------------------

    def write(self, format_name: str, shown: FitFilter, state: CompareState) -> str | None:
        """Write the export of what is shown and return where the browser can fetch it."""
        try:
            return str(write_export(self._context, format_name, self.ratings(shown, state), state.language))
        except ComparerError as error:
            gr.Warning(error.sentence(state.language))
            return None

    def ratings(self, shown: FitFilter, state: CompareState) -> RatingFilter:
        """This lineup's ratings, without those of a conversation whose names this reviewer must not know yet."""
        return shown.ratings(self._context, without_conversation=state.conversation_id if state.hidden else "")

    def _show_table(self, shown: FitFilter, state: CompareState) -> Updates:
        context = self._context.of(shown.lineup)
        table = context.score_table(self.ratings(shown, state), shown.judge)
        return {
            self._tab.advice: recommendation_html(context, table, recommend(table), state.language, shown.judge),
            self._tab.table: score_table_html(context, table, state.language, shown.judge),
        }

    def _show_filtered(self, shown: FitFilter, opened: OpenCell | None, state: CompareState) -> Updates:
        """Table, filter and open answers together: they always speak of the same ratings."""
        answers = self._answers.again(opened, self.ratings(shown, state), state.language)
        return self._show_table(shown, state) | self._filter.show(shown, state.language) | answers

    def _told(self, state: CompareState, run: Callable[[], Updates]) -> Updates:
        """What `run` changes; nothing but a sentence when it fails."""
        try:
            return run()
        except ComparerError as error:
            gr.Warning(error.sentence(state.language))
            return {self._tab.table: gr.skip()}  # Gradio takes an empty dict for a missing value

    def _choices(self, item: str, state: CompareState) -> Updates:
        """The Compare tab's test items; an archived one is no longer chosen."""
        items = self._context.store.items()
        value = item if item in {known.key for known in items} else ""
        return {self._item_choice: gr.update(choices=item_choices(items, state.language), value=value)}


def write_export(context: Context, format_name: str, ratings: RatingFilter, language: Language) -> Path:
    """An export in a folder of temporary files, each kept for an hour. Raises `ComparerError`."""
    context = context.of(ratings.lineup)
    return export(
        format_name,
        context.store,
        models=context.lineup.keys,
        destination=download_folder(),
        ratings=ratings,
        language=language,
        labels=context.labels,
        read_cost=lambda: kept_cost(
            context.store, context.runs, context.lineup, ratings, model_ids=context.model_ids
        ),
    )
