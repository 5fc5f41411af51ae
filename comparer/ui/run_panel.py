"""The panel "Run" of the Test suites tab: pick a suite, run it, watch the runs. Knows no handlers."""

from dataclasses import dataclass

import gradio as gr

from comparer.suites.reading import discover
from comparer.texts import Language
from comparer.ui.context import Context
from comparer.ui.i18n import Localizer


@dataclass(frozen=True)
class RunPanel:
    """Every component of the panel that a handler touches."""

    suite: gr.Dropdown


def suite_choices(context: Context, language: Language) -> list[tuple[str, str]]:
    """Every suite that ships or lies in the library, by its title; a broken one by its folder."""
    found = discover(context.settings.data_dir / "suites")
    return [(one.head.title(language) if one.head else one.folder.name, str(one.folder)) for one in found]


def build_run_panel(context: Context, texts: Localizer) -> RunPanel:
    """Lay the panel out."""
    suite = texts.add(
        gr.Dropdown,
        {"label": "suites.suite", "choices": lambda language: suite_choices(context, language)},
        filterable=False,
        elem_id="run-suite",
    )
    return RunPanel(suite)
