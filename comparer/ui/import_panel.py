"""The button that takes in ratings exported elsewhere, and below the tools what it did."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import gradio as gr

from comparer.errors import ComparerError
from comparer.imports import read_ratings
from comparer.ui.compare_state import CompareState
from comparer.ui.context import Context
from comparer.ui.i18n import Localizer, Updates
from comparer.ui.rights import for_deed


@dataclass(frozen=True)
class ImportPanel:
    """Every component of the import that a handler touches."""

    choose: gr.UploadButton
    report: gr.HTML


def build_import_button(texts: Localizer) -> gr.UploadButton:
    """The button, to stand beside the export's."""
    return texts.add(
        gr.UploadButton,
        {"label": "import.choose"},
        size="md",
        elem_id="import",
        elem_classes=[for_deed("ratings.import")],
        file_types=[".csv", ".json"],
    )


def build_import_panel(choose: gr.UploadButton) -> ImportPanel:
    """The place of the report, on a line of its own."""
    return ImportPanel(choose, gr.HTML(elem_id="import-report"))


class ImportHandlers:
    """Handlers of one page's import."""

    def __init__(self, context: Context, panel: ImportPanel) -> None:
        self._context = context
        self._panel = panel

    def take_in(self, file: str | None, state: CompareState) -> Updates:
        """Import an uploaded file, all or nothing, and say what came in or what is wrong with it."""
        if not file:
            return {self._panel.report: ""}
        language = state.latest.language
        try:
            report = self._context.store.import_ratings(read_ratings(Path(file)))
        except ComparerError as error:
            gr.Warning(error.sentence(language))
            return {self._panel.report: report_html([error.sentence(language)], refused=True)}
        return {self._panel.report: report_html(report.sentences(language))}


def report_html(sentences: Sequence[str], *, refused: bool = False) -> str:
    """What an import did, as lines that a screen reader says at once."""
    role, kind = ("alert", "import-refused") if refused else ("status", "import-done")
    lines = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    return f"<div class='import-report {kind}' role='{role}'>{lines}</div>"
