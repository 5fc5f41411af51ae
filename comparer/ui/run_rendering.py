"""Functions from suites and runs to the HTML of the panel "Run". Everything foreign is escaped.

Knows nothing of Gradio and of the database.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Literal

from comparer.cost.wording import Amount, exact
from comparer.export.source import minute
from comparer.fit.recommendation import Recommendation, item_name
from comparer.fit.score_table import Cell, ScoreTable
from comparer.palette import COLOURS
from comparer.run_records import OVER, Run, RunModel, RunRequest
from comparer.suites.cases import Suite
from comparer.suites.instability import Instability
from comparer.suites.problems import SuiteError
from comparer.suites.savings import ExpectedSaving, Saving
from comparer.suites.staged import SameDecision
from comparer.texts import Language, text
from comparer.ui import units
from comparer.ui.rights import for_deed

Action = Literal["pause", "resume", "cancel", "retry", "delete", "really", "keep"]
_DELETING = frozenset({"delete", "really", "keep"})
_MARKS = {
    "queued": "◌", "running": "●", "waiting": "◔", "paused": "❚❚", "cancelled": "■", "finished": "✓", "failed": "✗"
}  # fmt: skip


def run_title(request: RunRequest, language: Language) -> str:
    """What a run's suite is called."""
    return (request.title_zh if language == "zh" else request.title_en) or request.suite


def run_choice(run: Run, language: Language) -> str:
    """A run in a list to choose from: its suite, lineup and time, and that it was staged."""
    request = run.request
    staged = [text("suites.plan_staged", language)] if request.plan == "staged" else []
    return " · ".join([run_title(request, language), request.lineup, *staged, minute(run.created_at)])


def model_colours(models: Sequence[RunModel]) -> dict[str, str]:
    """The fixed colour of every model of a run, by its place."""
    return {model.key: COLOURS[place % len(COLOURS)] for place, model in enumerate(models)}


def duration(seconds: float) -> str:
    """`75` -> "1 min 15 s", `7300` -> "2 h 1 min"; below a minute as everywhere on the page."""
    if seconds < 60:
        return units.seconds(seconds)
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


# --- before the start ---------------------------------------------------------------------------------


def suite_html(suite: Suite, names: Mapping[str, str], language: Language) -> str:
    """What is in a suite: cases by item, how many questions have a check, and where they come from."""
    head = suite.head
    turns = [turn for case in suite.cases for turn in case.turns]
    checked, several = sum(turn.check is not None for turn in turns), sum(len(case.turns) > 1 for case in suite.cases)
    by_item = {item.key: sum(case.item == item.key for case in suite.cases) for item in head.items}
    items = " · ".join(f"{names.get(key, key)} {count}" for key, count in by_item.items())
    facts = [
        text("suites.cases", language, count=len(suite.cases)),
        text("suites.questions", language, count=len(turns)),
        text("suites.checked", language, count=checked),
        *([text("suites.long", language, count=several)] if several else []),
        *([text("suites.key_cases", language, count=keys)] if (keys := sum(c.key for c in suite.cases)) else []),
    ]
    about = (head.about_zh if language == "zh" else head.about_en) or head.about_en or head.about_zh
    described = f"<p>{escape(about)}</p>" if about else ""
    source = f"<p class='muted'>{escape(head.source)}</p>" if head.source else ""
    unchecked = "" if checked else f"<p class='col-note'>{escape(text('suites.no_checks', language))}</p>"
    return (
        f"<section class='suite'>{described}<p class='suite-facts'>{escape(' · '.join(facts))}</p>"
        f"<p class='suite-facts'>{escape(items)}</p>{unchecked}{source}</section>"
    )


def suite_error_html(error: SuiteError, language: Language) -> str:
    """Why a suite cannot be run: every wrong line."""
    first, *lines = error.sentence(language).split("\n")
    problems = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<section class='suite broken' role='alert'><p>{escape(first)}</p><ul>{problems}</ul></section>"


def plan_html(plan: str, expected: ExpectedSaving | None, language: Language) -> str:
    """What the chosen plan does; of a staged one, what it is expected to save, or that this is not known yet."""
    lines = [text(f"suites.plan_{plan}_about", language)]
    if plan == "staged" and expected is None:
        lines.append(text("suites.expected_unknown", language))
    elif plan == "staged" and expected is not None:
        lines.append(
            text(
                "suites.expected",
                language,
                staged=duration(expected.staged.model_seconds),
                whole=duration(expected.whole.model_seconds),
                share=units.percent(expected.share_of_seconds),
                low=units.percent(expected.low),
                high=units.percent(expected.high),
            )
        )
        if expected.whole.money:
            lines.append(_money(expected, language))
    return "".join(f"<p class='plan-about'>{escape(line)}</p>" for line in lines)


# --- the list of runs ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listed:
    """A run with what the list says beside it."""

    run: Run
    time_left_s: float | None = None
    """None: not known yet, or nothing is under way."""


def runs_html(runs: Iterable[Listed], opened: str, deleting: str, language: Language) -> str:
    """The runs, each with its progress and what can be done; `deleting` is the one that asks for confirmation."""
    rows = "".join(_run_html(one, one.run.id == opened, one.run.id == deleting, language) for one in runs)
    if not rows:
        return f"<p class='history-empty'>{escape(text('suites.no_runs', language))}</p>"
    return f"<ul class='runs'>{rows}</ul>"


def _run_html(listed: Listed, opened: bool, deleting: bool, language: Language) -> str:
    run, request = listed.run, listed.run.request
    models = " · ".join(model.label for model in request.models)
    plan = text(f"suites.plan_{request.plan}", language)
    current = " aria-current='true'" if opened else ""
    failure = run.failure and text(f"error.{run.failure.code}", language, **run.failure.parameters)
    said = f"<p class='col-failure' role='alert'>{escape(failure)}</p>" if failure else ""
    tools = _confirm_html(run, language) if deleting else _actions_html(run, language)
    return (
        f"<li class='run {run.state}' data-run='{escape(run.id)}'{current}>"
        f"<button type='button' class='run-open' data-act='open' "
        f"title='{escape(models)}'>{escape(run_title(request, language))}"
        f"<span>{escape(request.lineup)} · {escape(plan)}</span></button>{state_html(run, language)}"
        f"{_progress_html(run, language)}<p class='run-facts'>{escape(' · '.join(_facts(listed, language)))}</p>"
        f"{said}{tools}</li>"
    )


def state_html(run: Run, language: Language) -> str:
    """The run's state with its sign; what is wanted of it while the worker has not seen it yet."""
    key = run.state
    if run.state in {"queued", "running"} and run.wanted != "run":
        key = "pausing" if run.wanted == "pause" else "cancelling"  # type: ignore[assignment]
    mark = _MARKS.get(run.state, "")
    return (
        f"<span class='run-state {run.state}'><span aria-hidden='true'>{mark}</span> "
        f"{escape(text(f'run_state.{key}', language))}</span>"
    )


def _progress_html(run: Run, language: Language) -> str:
    """Answers of a whole run's; a staged run that is over has no more to come, however few it asked."""
    share = 1.0 if run.state == "finished" else min(1.0, run.answers / run.planned) if run.planned else 0.0
    label = escape(text("suites.progress", language, title=run_title(run.request, language)))
    return (
        f"<div class='run-bar' role='progressbar' aria-label='{label}' aria-valuemin='0' aria-valuemax='100' "
        f"aria-valuenow='{share * 100:.0f}'><i style='width:{share * 100:.1f}%'></i></div>"
    )


def _facts(listed: Listed, language: Language) -> list[str]:
    run = listed.run
    staged = run.request.plan == "staged"
    key = "suites.answers_at_most" if staged and run.answers < run.planned else "suites.answers"
    facts = [text(key, language, answers=run.answers, planned=run.planned)]
    if run.errors:
        facts.append(text("suites.errors", language, count=run.errors))
    if listed.time_left_s is not None and run.state == "running":
        left = duration(listed.time_left_s)
        facts.append(text("suites.time_left_at_most" if staged else "suites.time_left", language, time=left))
    if run.model_seconds:
        facts.append(text("suites.model_seconds", language, time=duration(run.model_seconds)))
    if run.request.repeats > 1:
        facts.append(text("suites.repeated", language, count=run.request.repeats))
    name = run.request.reviewer or text("chart.unnamed", language)
    return [*facts, text("suites.begun", language, name=name, time=minute(run.created_at))]


def actions_of(run: Run) -> tuple[Action, ...]:
    """What can be done with a run as it stands."""
    if run.state in {"queued", "running"}:
        return ("cancel",) if run.wanted == "pause" else ("pause", "cancel") if run.wanted == "run" else ()
    retry: tuple[Action, ...] = ("retry",) if run.errors and run.state != "cancelled" else ()
    if run.state in OVER:
        return (*retry, "delete")
    return ("resume", *retry, "cancel", "delete")


def _actions_html(run: Run, language: Language) -> str:
    return _buttons(run, {action: f"suites.{action}" for action in actions_of(run)}, language)


def _confirm_html(run: Run, language: Language) -> str:
    question = escape(text("suites.confirm_delete", language, answers=run.answers))
    return f"<p class='confirm-delete' role='alert'>{question}</p>" + _buttons(
        run, {"really": "history.delete_for_good", "keep": "history.keep"}, language
    )


def _use(action: Action) -> str:
    return for_deed("runs.delete" if action in _DELETING else "runs.steer")


def _buttons(run: Run, actions: Mapping[Action, str], language: Language) -> str:
    named = escape(run_title(run.request, language))
    made = "".join(
        f"<button type='button' data-act='{action}' class='act-{action} {_use(action)}'>"
        f"{escape(text(key, language))}<span class='sr-only'> – {named}</span></button>"
        for action, key in actions.items()
    )
    return f"<div class='run-actions'>{made}</div>" if made else ""


# --- one run ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a run so far, by automatic checks alone."""

    table: ScoreTable
    advice: Recommendation
    saving: Saving | None = None
    """Of a staged run that does not go on."""
    unpriced: tuple[str, ...] = ()
    """The devices that keep the saving's money from being known."""
    same: SameDecision | None = None
    """Of a staged run: beside the whole one of the same cases, models and weights; None where there is none."""
    instability: Mapping[str, Instability] = field(default_factory=dict)
    """By model, of a run with repeats."""


def result_html(run: Run, result: Result, language: Language) -> str:
    """The head of a run: what its checks recommend, its own score table, and what a staged one saved."""
    request = run.request
    when = minute(run.created_at)
    head = (
        f"<header class='run-head'><h2 id='run-title' tabindex='-1'>{escape(run_title(request, language))}</h2>"
        f"{state_html(run, language)}<p class='muted'>{escape(request.lineup)} · "
        f"{escape(text(f'suites.plan_{request.plan}', language))} · {escape(when)}</p></header>"
    )
    if not any(row.rated for row in result.table.rows):
        nothing = text("suites.nothing_judged" if run.answers else "suites.nothing_yet", language)
        return f"{head}<p class='col-note'>{escape(nothing)}</p>"
    colours, labels = model_colours(request.models), {model.key: model.label for model in request.models}
    colour = "slate" if result.advice.model is None else colours[result.advice.model]
    headline, *reasons = [reason.sentence(language, labels) for reason in result.advice.reasons]
    notes = "".join(f"<li>{escape(reason)}</li>" for reason in reasons)
    return (
        f"{head}<section class='advice {colour}'><h3>{escape(text('suites.by_checks', language))}</h3>"
        f"<p class='big'>{escape(headline)}</p><ul>{notes}</ul>{_saved_html(run, result, language)}"
        f"{_unstable_html(result, labels, language)}</section>"
        f"{_table_html(result.table, labels, colours, language)}"
    )


def _saved_html(run: Run, result: Result, language: Language) -> str:
    """What a staged run saved, and whether it decided as the whole one does."""
    if run.request.plan != "staged":
        return ""
    lines = []
    if result.saving is not None:
        lines.append(
            text(
                _saved_key(run, measured=result.same is not None),
                language,
                staged=duration(result.saving.staged.model_seconds),
                whole=duration(result.saving.whole.model_seconds),
                share=units.percent(result.saving.share_of_seconds),
            )
        )
        lines.append(
            text("suites.no_price", language, devices=", ".join(result.unpriced))
            if result.unpriced
            else _money(result.saving, language)
        )
    if run.state == "finished":
        key = "unknown" if result.same is None else "yes" if result.same.same else "no"
        lines.append(text(f"suites.same_{key}", language))
    return "".join(f"<p class='rule'>{escape(line)}</p>" for line in lines)


def _saved_key(run: Run, *, measured: bool) -> str:
    """The sentence beside a whole run that was made, or beside what it would take at this run's pace."""
    if run.state != "finished":
        return "suites.saved_so_far"
    return "suites.saved_measured" if measured else "suites.saved"


def _unstable_html(result: Result, labels: Mapping[str, str], language: Language) -> str:
    """How often a model's repeats of a case differ."""
    lines = [
        text(
            "suites.unstable",
            language,
            model=labels[model],
            scores=units.percent(found.share_of_scores),
            texts=units.percent(found.share_of_texts),
            cases=found.cases,
        )
        for model, found in result.instability.items()
    ]
    return "".join(f"<p class='rule'>{escape(line)}</p>" for line in lines)


def _money(saving: Saving, language: Language) -> str:
    return text(
        "suites.money",
        language,
        staged=Amount(exact(saving.staged.money), "price").shown(language),
        whole=Amount(exact(saving.whole.money), "price").shown(language),
        share=units.percent(saving.share_of_money),
    )


def _table_html(table: ScoreTable, labels: Mapping[str, str], colours: Mapping[str, str], language: Language) -> str:
    heads = "".join(
        f"<th scope='col' class='{colours[model]}'><span class='dot' aria-hidden='true'></span>"
        f"{escape(labels[model])}</th>"
        for model in table.models
    )
    rows = "".join(
        f"<tr><th scope='row'>{escape(item_name(row.item, language))}<small>"
        f"{escape(text('fit.needs_percent', language, percent=units.exact_percent(row.threshold)))}</small></th>"
        + "".join(_cell_html(row.cells[model], language) for model in table.models)
        + "</tr>"
        for row in table.rows
        if row.rated
    )
    return (
        f"<div class='fit-scroll'><table class='run-table'><thead><tr><th scope='col'>"
        f"{escape(text('fit.item', language))}</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cell_html(cell: Cell, language: Language) -> str:
    if cell.pass_rate is None:
        return f"<td class='muted'>{escape(text('suites.not_judged', language))}</td>"
    said = "suites.closed" if cell.closed else f"verdict.{cell.verdict}"
    return (
        f"<td><b>{units.percent(cell.pass_rate)}</b> "
        f"<span class='verdict {cell.verdict}'>{escape(text(said, language))}</span>"
        f"<small>{escape(text('suites.cases', language, count=cell.cases))}</small></td>"
    )
