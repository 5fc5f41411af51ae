"""What is chosen before a run begins, and its beginning.

Handlers return `{component: value}`; whatever went wrong becomes a sentence in the visitor's language.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, cast

import gradio as gr
from gradio.blocks import Block

from comparer.errors import ComparerError
from comparer.run_records import Judge, RunPlan
from comparer.suites.problems import SuiteError
from comparer.suites.reading import read_suite
from comparer.texts import Language, text
from comparer.ui.context import Context
from comparer.ui.history_rendering import item_names
from comparer.ui.i18n import Updates
from comparer.ui.run_panel import RunPanel, found_suites, lineup_choices, suite_choices
from comparer.ui.run_rendering import plan_html, suite_error_html, suite_html


class Chosen(NamedTuple):
    """What the panel's controls say, in their order."""

    suite: str | None
    plan: str
    judge: str
    lineup: str
    repeats: float
    batch: float
    temperature: float
    max_new_tokens: float
    seed: float | None


class StartHandlers:
    """Handlers of one page's choice of a run."""

    def __init__(self, context: Context, panel: RunPanel) -> None:
        self._context = context
        self._setup = panel.setup

    @property
    def controls(self) -> list[Block]:
        """The components whose values make a `Chosen`."""
        setup = self._setup
        return [
            setup.suite, setup.plan, setup.judge, setup.lineup, setup.repeats, setup.batch, setup.temperature,
            setup.max_new_tokens, setup.seed,
        ]  # fmt: skip

    @property
    def shown(self) -> list[Block]:
        """What `show` changes."""
        return [self._setup.suite, self._setup.about, self._setup.plan_about, self._setup.judge, self._setup.start]

    def show(self, chosen: Chosen, language: Language) -> Updates:
        """The suites that are there now, and what is to be known of the chosen one and of the chosen plan."""
        choices = suite_choices(self._context, language)
        known = {folder for _, folder in choices}
        suite = chosen.suite if chosen.suite in known else next(iter(folder for _, folder in choices), None)
        setup = self._setup
        updates = {
            setup.suite: gr.update(choices=choices, value=suite),
            setup.judge: gr.update(visible=chosen.plan == "staged"),
        }
        return updates | self._about(chosen._replace(suite=suite), language)

    def _about(self, chosen: Chosen, language: Language) -> Updates:
        setup, html = self._setup, ""
        plan = "staged" if chosen.plan == "staged" else "whole"
        updates: Updates = {setup.start: gr.update(interactive=False), setup.plan_about: plan_html(plan, None, language)}
        if not chosen.suite:
            return updates | {setup.about: html}
        try:
            suite = self._suite(chosen)
        except SuiteError as error:
            return updates | {setup.about: suite_error_html(error, language)}
        names = item_names(self._context, language) | {
            item.key: name
            for item in suite.head.items
            if (name := item.name_zh if language == "zh" else item.name_en)
        }
        expected = self._expected(suite, chosen) if plan == "staged" else None
        return {
            setup.about: suite_html(suite, names, language),
            setup.plan_about: plan_html(plan, expected, language),
            setup.start: gr.update(interactive=True),
        }
