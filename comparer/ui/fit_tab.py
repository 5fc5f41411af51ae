"""The Business fit tab: the score table, what it recommends, and the files to take away."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
from gradio.blocks import Block

from comparer.errors import ComparerError
from comparer.export.formats import FORMATS, export
from comparer.fit.recommendation import recommend
from comparer.store import RatingFilter
from comparer.texts import Language, text
from comparer.ui.compare_state import CompareState
from comparer.ui.context import Context
from comparer.ui.fit_rendering import recommendation_html, score_table_html
from comparer.ui.i18n import Localizer, Updates

EXPORTS_KEPT_S = 3600


@dataclass(frozen=True)
class FitTab:
    """Every component of the tab that a handler touches."""

    advice: gr.HTML
    table: gr.HTML
    blind_only: gr.Checkbox
    refresh: gr.Button
    format: gr.Dropdown
    download: gr.Button
    file: gr.DownloadButton


def build_fit_tab(texts: Localizer) -> FitTab:
    """Lay the tab out."""
    add = texts.add
    advice = gr.HTML(elem_id="advice")
    table = gr.HTML(elem_id="score-table")
    with gr.Row(elem_id="fit-tools"):
        blind_only = add(
            gr.Checkbox, {"label": "fit.filter_blind"}, value=False, elem_id="blind-only", container=False
        )
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
    # The file is made when it is asked for, and fetched by a button that the page clicks itself.
    file = gr.DownloadButton(elem_id="download-file", visible="hidden")
    return FitTab(advice, table, blind_only, refresh, format_name, download, file)


class FitHandlers:
    """Handlers of one page's Business fit tab."""

    def __init__(self, context: Context, tab: FitTab) -> None:
        self._context = context
        self._tab = tab

    @property
    def shown(self) -> list[Block]:
        """What `show` changes."""
        return [self._tab.advice, self._tab.table]

    def show(self, blind_only: bool, state: CompareState) -> Updates:
        """The table as the ratings stand now."""
        context = self._context
        try:
            table = context.score_table(self.ratings(blind_only, state))
        except ComparerError as error:
            gr.Warning(error.sentence(state.language))
            return {}
        return {
            self._tab.advice: recommendation_html(context, recommend(table), state.language),
            self._tab.table: score_table_html(context, table, state.language),
        }

    def write(self, format_name: str, blind_only: bool, state: CompareState) -> str | None:
        """Write the export and return where the browser can fetch it."""
        try:
            return str(write_export(self._context, format_name, self.ratings(blind_only, state), state.language))
        except ComparerError as error:
            gr.Warning(error.sentence(state.language))
            return None

    def ratings(self, blind_only: bool, state: CompareState) -> RatingFilter:
        """This lineup's ratings, without those of a conversation whose names this reviewer must not know yet."""
        return self._context.ratings(
            blind_only=blind_only, without_conversation=state.conversation_id if state.hidden else ""
        )


def write_export(context: Context, format_name: str, ratings: RatingFilter, language: Language) -> Path:
    """An export in a folder of temporary files, each kept for an hour. Raises `ComparerError`."""
    folder = Path(tempfile.gettempdir()) / "comparer-exports"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        if time.time() - old.stat().st_mtime > EXPORTS_KEPT_S:
            for file in old.iterdir():
                file.unlink(missing_ok=True)
            old.rmdir()
    return export(
        format_name,
        context.store,
        models=context.lineup.keys,
        destination=Path(tempfile.mkdtemp(dir=folder)),
        ratings=ratings,
        language=language,
        labels=context.labels,
    )
