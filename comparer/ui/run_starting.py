"""What is chosen before a run begins, and its beginning.

Handlers return `{component: value}`; whatever went wrong becomes a sentence in the visitor's language.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import replace
from typing import NamedTuple

import gradio as gr
from gradio.blocks import Block

from comparer.cost.kept import hourly_prices
from comparer.errors import ComparerError, InputError
from comparer.suites.cases import Suite
from comparer.suites.problems import SuiteError
from comparer.suites.reading import read_suite
from comparer.suites.report import forecast
from comparer.suites.savings import ExpectedSaving
from comparer.suites.staged import PlannedCase
from comparer.suites.starting import Options, items_of, run_models, start
from comparer.texts import Language, text
from comparer.ui.context import Context
from comparer.ui.history_rendering import item_names
from comparer.ui.i18n import Updates
from comparer.ui.run_panel import RunPanel, found_suites, suite_choices
from comparer.ui.run_rendering import plan_html, suite_error_html, suite_html

SAY_EVERY_S = 0.4


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
        known = [name for _, name in choices]
        suite = chosen.suite if chosen.suite in known else next(iter(known), None)
        setup = self._setup
        updates = {
            setup.suite: gr.update(choices=choices, value=suite),
            setup.judge: gr.update(visible=chosen.plan == "staged"),
        }
        return updates | self._about(chosen._replace(suite=suite), language)

    def _about(self, chosen: Chosen, language: Language) -> Updates:
        setup = self._setup
        updates: Updates = {
            setup.about: "",
            setup.plan_about: plan_html(chosen.plan, None, language),
            setup.start: gr.update(interactive=False),
        }
        if not chosen.suite:
            return updates
        try:
            suite = self._read(chosen.suite)
        except SuiteError as error:
            return updates | {setup.about: suite_error_html(error, language)}
        names = {item.key: item.name_zh if language == "zh" else item.name_en for item in suite.head.items}
        names = {key: name for key, name in names.items() if name} | item_names(self._context, language)
        return updates | {
            setup.about: suite_html(suite, names, language),
            setup.plan_about: plan_html(chosen.plan, self._expected(suite, chosen), language),
            setup.start: gr.update(interactive=True),
        }

    def _expected(self, suite: Suite, chosen: Chosen) -> ExpectedSaving | None:
        """What a staged run is expected to save; None where it is not known before the first run."""
        if chosen.plan != "staged":
            return None
        try:
            items = items_of(suite, self._context.store)
            lineup = self._context.of(chosen.lineup).lineup
            models = run_models(self._context.engines_of(lineup))
            cases = [PlannedCase(case.id, case.item, case.key) for case in suite.cases]
            return forecast(
                self._context.runs,
                suite.name,
                items,
                cases,
                models,
                batch=int(chosen.batch),
                repeats=int(chosen.repeats),
                price=hourly_prices(self._context.store),
            )
        except ComparerError:  # it is said when the run is to begin
            return None

    def start(self, chosen: Chosen, reviewer: str, language: Language) -> Iterator[Updates | str]:
        """Begin the run that was chosen: how far its pictures are, then the run's id, or "" when it cannot be.

        Whoever leaves meanwhile finds the run begun all the same.
        """
        ready = {"done": 0, "of": 0}

        def begin() -> str:
            self._context.access.require("runs.start")  # before pictures are kept, which takes a while
            suite = self._read(chosen.suite or "")
            lineup = self._context.of(chosen.lineup).lineup
            if lineup.name != self._context.lineup.name:  # other models have to be loaded for it
                self._context.access.require("models.load")
            return start(
                self._context.runs,
                self._context.store,
                suite,
                lineup,
                self._context.engines_of(lineup),
                self._options(chosen, reviewer),
                progress=lambda done, of: ready.update(done=done, of=of),
            )

        with ThreadPoolExecutor(1, "start-run") as beginner:
            begun = beginner.submit(copy_context().run, begin)
            while not begun.done():
                said = text("suites.preparing", language, **ready)
                yield {self._setup.start: gr.update(value=said, interactive=False)}
                wait([begun], timeout=SAY_EVERY_S)
        try:
            run_id = begun.result()
        except ComparerError as error:
            gr.Warning(error.sentence(language))
            run_id = ""
        self._context.worker.wake()
        yield {self._setup.start: gr.update(value=text("suites.start", language), interactive=True)}
        yield run_id

    def _read(self, name: str) -> Suite:
        """One of the suites that are offered: the browser names it, and could name anything.

        Raises `SuiteError`, and InputError `suite_missing` for one that is not offered.
        """
        found = found_suites(self._context).get(name)
        if found is None:
            raise InputError("suite_missing")
        return read_suite(found.folder)

    def _options(self, chosen: Chosen, reviewer: str) -> Options:
        sampling = replace(
            self._context.sampling,
            temperature=float(chosen.temperature),
            max_new_tokens=int(chosen.max_new_tokens),
            seed=int(chosen.seed or 0),
        )
        return Options(
            plan="staged" if chosen.plan == "staged" else "whole",
            judge="people" if chosen.plan == "staged" and chosen.judge == "people" else "checks",
            repeats=int(chosen.repeats),
            batch=int(chosen.batch),
            sampling=sampling,
            reviewer=(reviewer or "").strip(),
        )
