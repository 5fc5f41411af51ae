"""`comparer run`: begin or resume a run from the shell, watch it to its end, say what it came to.

Answers go on being kept whatever happens to the terminal. Results on standard output, progress on standard error.
"""

import json
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from time import monotonic, sleep
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from comparer.comparison import Comparison
from comparer.cost.wording import Amount, exact
from comparer.engines import Limits
from comparer.engines.pool import EnginePool
from comparer.fit.recommendation import item_name, must_haves, none_is_enough, to_json
from comparer.fit.score_table import Cell, ScoreTable
from comparer.lineup import Lineup
from comparer.run_records import OVER, Run
from comparer.run_store import RunStore
from comparer.settings import Settings
from comparer.store import Store
from comparer.suites.cases import Suite
from comparer.suites.progress import progress
from comparer.suites.report import RunReport
from comparer.suites.runner import Runner
from comparer.suites.savings import Saving
from comparer.suites.starting import Options, start
from comparer.texts import Language, text

FOUND, ERROR, NONE_ENOUGH, UNDECIDED, INTERRUPTED = 0, 1, 3, 4, 130
"""Exit codes; 2 is wrong usage."""

LOOK_EVERY_S = 0.2
MEASURE_EVERY_S = 5.0
"""How often the time left is computed anew, which reads all answers."""


class Job:
    """One run worked on by this process, with the engines of one lineup, unless another process has it already."""

    def __init__(self, store: Store, runs: RunStore, lineup: Lineup, settings: Settings) -> None:
        self._store = store
        self._runs = runs
        self._lineup = lineup
        self._engines = EnginePool(Limits(load_s=settings.load_limit_s, stall_s=settings.stall_s))
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )

    def start(self, suite: Suite, options: Options) -> str:
        """Keep a new run, once its pictures are ready; returns its id. Raises what `starting.start` raises."""
        with self._bar:
            task = self._bar.add_task("pictures", left="", total=None)
            return start(
                self._runs,
                self._store,
                suite,
                self._lineup,
                self._engines.of(self._lineup),
                options,
                lambda done, of: self._bar.update(task, completed=done, total=of),
            )

    def resume(self, run_id: str) -> None:
        """Have a run go on; one that is over stays so. Raises `InputError`."""
        if self._runs.run(run_id).state not in OVER:
            self._runs.want(run_id, "run")

    def watch(self, run_id: str) -> None:
        """Work on the run until there is nothing to do or it is to stop.

        The first interruption pauses it once its present questions are answered, the second drops these.
        """
        runner = Runner(
            self._runs,
            self._store,
            Comparison(),
            self._engines,
            lambda _: self._lineup,
            home=self._lineup,
            only=run_id,
        )
        runner.begin()
        try:
            with self._bar:
                self._until_it_rests(run_id)
        except KeyboardInterrupt:
            self._bar.console.print("Pausing after the present questions; press Ctrl-C again to drop them.")
            self._runs.want(run_id, "pause")
            with suppress(KeyboardInterrupt), self._bar:
                self._until_it_rests(run_id)
        finally:
            runner.close()

    def _until_it_rests(self, run_id: str) -> None:
        for task in self._bar.task_ids:
            self._bar.remove_task(task)
        task = self._bar.add_task("answers", left="", total=None)
        measured_s = 0.0
        while (run := self._runs.run(run_id)).state in {"queued", "running"}:
            if monotonic() - measured_s > MEASURE_EVERY_S:
                self._bar.update(task, left=self._time_left(run))
                measured_s = monotonic()
            self._bar.update(task, completed=run.answers, total=run.planned)
            sleep(LOOK_EVERY_S)

    def _time_left(self, run: Run) -> str:
        now = progress(run, self._runs.answers(run.id))
        if now.seconds_left is None:
            return ""
        left = str(timedelta(seconds=round(now.seconds_left)))
        return f"at most {left} left" if now.at_most else f"{left} left"


def exit_code(report: RunReport, required: str = "") -> int:
    """0 where a model (`required`, if given) meets all that it must, 3 where none can, 4 where that is still open."""
    if report.run.state == "failed":
        return ERROR
    if report.run.state not in {"finished", "waiting"}:
        return INTERRUPTED
    cells = {model: [row.cells[model] for row in must_haves(report.table)] for model in report.table.models}
    verdicts = {model: {cell.verdict for cell in found} for model, found in cells.items()}
    if required:
        if verdicts[required] == {"meets"}:
            return FOUND
        out = "fails" in verdicts[required] or any(cell.closed for cell in cells[required])
        return NONE_ENOUGH if out else UNDECIDED
    if any(each == {"meets"} for each in verdicts.values()):
        return FOUND
    return NONE_ENOUGH if none_is_enough(report.table) else UNDECIDED


def as_json(report: RunReport, language: Language) -> str:
    """The report as one JSON object; `recommendation` is a model's key or null, `cells` are by item and model."""
    table = to_json(report.table, report.recommendation, language)
    run, saving = report.run, report.saving
    said: dict[str, Any] = {
        "run_id": run.id,
        "state": run.state,
        "failure": text(f"error.{run.failure.code}", language, **run.failure.parameters) if run.failure else None,
        "suite": run.request.suite,
        "lineup": run.request.lineup,
        "plan": run.request.plan,
        "judged_by": report.judged_by,
        "recommendation": table["recommendation"]["model"],
        "reasons": table["recommendation"]["reasons"],
        "cells": {row["item"]: row["cells"] for row in table["rows"]},
        "thresholds": {row["item"]: row["threshold"] for row in table["rows"]},
        "answers": run.answers,
        "errors": run.errors,
        "planned_answers": run.planned,
        "model_seconds": run.model_seconds,
        "full_run_model_seconds": report.full_run_model_seconds,
        "full_run_measured": run.request.plan == "whole" or report.whole is not None,
        "saving": None,
        "same_decision": report.same.same if report.same else None,
        "instability": {model: asdict(found) for model, found in report.instability.items()},
    }
    if saving is not None:
        money = {"staged": saving.staged.money, "whole": saving.whole.money} if report.priced else None
        said["saving"] = {
            "share_of_model_seconds": saving.share_of_seconds,
            "money": money,
            "currency": "USD" if report.priced else None,
            "no_price_for": list(report.unpriced),
        }
    return json.dumps(said, ensure_ascii=False)


def print_report(report: RunReport, language: Language, console: Console) -> None:
    """The report for people: the score table, what it means, what it took."""
    run, labels = report.run, {model.key: model.label for model in report.run.request.models}
    judged = "automatic checks, not by people" if report.judged_by == "checks" else "people"
    console.print(_table(report.table, labels, language, f"Judged by {judged}"))
    for reason in report.recommendation.reasons:
        console.print(reason.sentence(language, labels))
    console.print(
        f"{run.answers} answers, {run.errors} of them failed; {run.model_seconds:.1f} model-seconds. Run {run.id}."
    )
    if report.saving is not None:
        took = "took" if report.whole else "would take, at this run's pace,"
        console.print(
            f"The whole run {took} {report.saving.whole.model_seconds:.1f} model-seconds: "
            f"{report.saving.share_of_seconds:.0%} saved."
        )
        console.print(_money(report.saving, report.unpriced))
    elif run.request.plan == "staged":
        console.print("What it saved is not known: one of the models has never been measured on this suite.")
    if run.request.plan == "staged":
        console.print(_compared(report))
    for model, found in report.instability.items():
        console.print(
            f"{labels[model]}: {found.other_text} of {found.cases} cases answered in other words when repeated, "
            f"{found.other_score} of {found.scored} with another score."
        )
    if run.failure is not None:
        console.print(text(f"error.{run.failure.code}", language, **run.failure.parameters))
    if run.state not in {"finished", "cancelled"}:
        console.print(f"The run is {run.state}. To go on: comparer run --resume {run.id}")


def _money(saving: Saving, unpriced: tuple[str, ...]) -> str:
    if unpriced:
        return f"In money that is not known: there is no price for {', '.join(unpriced)}."
    staged, whole = (Amount(exact(usage.money), "price").shown("en") for usage in (saving.staged, saving.whole))
    return f"In money: {staged} instead of {whole}."


def _compared(report: RunReport) -> str:
    if report.same is None:
        return "Whether the whole run decides the same is not known without one."
    return "The whole run decides the same." if report.same.same else "The whole run decides otherwise."


def _table(table: ScoreTable, labels: dict[str, str], language: Language, caption: str) -> Table:
    drawn = Table(caption=caption, caption_justify="left")
    drawn.add_column("")
    for model in table.models:
        drawn.add_column(labels[model])
    drawn.add_column("≥", justify="right")
    for row in table.rows:
        cells = (_cell(row.cells[model], language) for model in table.models)
        drawn.add_row(item_name(row.item, language), *cells, f"{row.threshold:.0%}")
    return drawn


def _cell(cell: Cell, language: Language) -> str:
    if cell.pass_rate is None or cell.low is None or cell.high is None:
        return "–"
    verdict = text(f"verdict.{cell.verdict}", language)
    return f"{cell.pass_rate:.0%} ({cell.low:.0%}–{cell.high:.0%}) of {cell.cases}: {verdict}"
