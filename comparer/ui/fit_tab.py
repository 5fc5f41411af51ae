"""The Business fit tab: the score table, what it recommends, and the files to take away."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.blocks import Block

from comparer.errors import ComparerError
from comparer.export.formats import FORMATS, export
from comparer.fit.recommendation import recommend
from comparer.fit.score_table import score_table
from comparer.store import RatingFilter
from comparer.texts import Language, text
from comparer.ui.context import Context
from comparer.ui.fit_rendering import recommendation_html, score_table_html
from comparer.ui.i18n import Localizer


@dataclass(frozen=True)
class FitTab:
    """Every component of the tab that a handler touches."""

    advice: gr.HTML
    table: gr.HTML
    blind_only: gr.Checkbox
    refresh: gr.Button
    format: gr.Dropdown
    download: gr.DownloadButton


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
        download = add(gr.DownloadButton, {"label": "fit.export"}, size="md", elem_id="download")
    return FitTab(advice, table, blind_only, refresh, format_name, download)


class FitHandlers:
    """Handlers of one page's Business fit tab."""

    def __init__(self, context: Context, tab: FitTab) -> None:
        self._context = context
        self._tab = tab

    def show(self, blind_only: bool, language: Language) -> dict[Block, Any]:
        """The table as the ratings stand now."""
        context = self._context
        ratings = RatingFilter(lineup=context.lineup.name, blind_only=blind_only)
        try:
            table = score_table(context.store.items(), context.lineup.keys, context.store.counts(ratings))
        except ComparerError as error:
            gr.Warning(error.sentence(language))
            return {}
        return {
            self._tab.advice: recommendation_html(context, recommend(table), language),
            self._tab.table: score_table_html(context, table, language),
        }

    def file(self, format_name: str, blind_only: bool, language: Language) -> str | None:
        """Write the export and return where the browser can fetch it."""
        ratings = RatingFilter(lineup=self._context.lineup.name, blind_only=blind_only)
        try:
            return str(write_export(self._context, format_name, ratings, language))
        except ComparerError as error:
            gr.Warning(error.sentence(language))
            return None


def write_export(context: Context, format_name: str, ratings: RatingFilter, language: Language) -> Path:
    """An export in a temporary folder of its own; Gradio's cache takes a copy. Raises `ComparerError`."""
    return export(
        format_name,
        context.store,
        models=context.lineup.keys,
        destination=Path(tempfile.mkdtemp(prefix="comparer-export-")),
        ratings=ratings,
        language=language,
    )
