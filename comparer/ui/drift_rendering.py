"""Functions from what is known of long conversations to the HTML around their chart. Everything foreign is escaped.

Knows nothing of Gradio and of the database.
"""

from collections.abc import Mapping, Sequence
from html import escape

from comparer.fit.drift import Drift, Neighbours, compare_neighbours
from comparer.fit.run_comparison import p_words
from comparer.run_records import Judge, Run, RunModel
from comparer.texts import Language, text
from comparer.ui import units
from comparer.ui.run_rendering import model_colours

REFERENCE = {"Qwen/Qwen3-VL-4B": "3", "Qwen/Qwen3-VL-8B": "5 – 7", "Qwen/Qwen3-VL-30B": "≥ 10"}
"""Turns that the reference article (2026-01-10) claims for these models, by the beginning of their id. Not measured
here."""


def drift_html(run: Run, found: Mapping[str, Drift], judge: Judge, runs: int, language: Language) -> str:
    """What stands above the chart: who judged, what must be known before models are compared, a card for each."""
    notes = [text(f"drift.by_{judge}", language)]
    if runs > 1:
        notes.append(text("drift.pooled", language, runs=runs))
    if run.request.plan == "staged":
        notes.append(text("drift.staged", language))
    said = "".join(f"<p class='plan-about'>{escape(note)}</p>" for note in notes)
    if not found:
        return f"{said}<p class='col-note' role='status'>{escape(text(f'drift.nothing_{judge}', language))}</p>"
    colours = model_colours(run.request.models)
    cards = "".join(
        _card_html(model, found[model.key], colours[model.key], language)
        for model in run.request.models
        if model.key in found
    )
    return f"{said}<div class='drift-cards'>{cards}</div>"


def _card_html(model: RunModel, drift: Drift, colour: str, language: Language) -> str:
    name = f"<h3><span class='dot' aria-hidden='true'></span>{escape(model.label)}</h3>"
    counts = [
        text("drift.drifted", language, count=drift.drifted),
        text("drift.held", language, count=drift.held),
        *([text("drift.left_out", language, count=drift.left_out)] if drift.left_out else []),
    ]
    claim = reference_turns(model.model_id)
    reference = f"<p class='claim'>{escape(text('drift.reference', language, turns=claim))}</p>" if claim else ""
    return (
        f"<section class='drift-card {colour}'>{name}<p class='big'>{escape(median_words(drift, language))}</p>"
        f"<p>{escape(interval_words(drift, language))}</p><p>{escape(' · '.join(counts))}</p>{reference}</section>"
    )


def median_words(drift: Drift, language: Language) -> str:
    """How many turns half of the conversations hold; what is known of it where more than half outlast all turns."""
    if drift.curve is None:
        return units.UNKNOWN
    if drift.median_held.value is None:
        return text("drift.turns_or_more", language, turns=f"{drift.curve.steps[-1].time:g}")
    if drift.median_held.value == 1:
        return text("drift.turn", language)
    return text("drift.turns", language, turns=f"{drift.median_held.value:g}")


def interval_words(drift: Drift, language: Language) -> str:
    """The 95 % interval of the median in words; one side of it may be open."""
    median = drift.median_held
    last = drift.curve.steps[-1] if drift.curve else None
    if last is not None and last.low is not None and last.low > 0.5:  # half is below the bounds at every turn
        return text("drift.median_from", language, low=f"{last.time:g}")
    if median.low is None and median.high is None:
        return text("drift.median_no_interval", language)
    if median.high is None:
        return text("drift.median_from", language, low=f"{median.low:g}")
    if median.low is None:
        return text("drift.median_to", language, high=f"{median.high:g}")
    return text("drift.median_between", language, low=f"{median.low:g}", high=f"{median.high:g}")


def reference_turns(model_id: str) -> str:
    """What the reference article claims for a model; empty where it says nothing."""
    return next((turns for start, turns in REFERENCE.items() if model_id.startswith(start)), "")


def drift_below_html(run: Run, found: Mapping[str, Drift], language: Language) -> str:
    """What stands below the chart: the same figures as a table, and whether neighbouring models differ."""
    models = [model for model in run.request.models if model.key in found and found[model.key].curve is not None]
    if not models:
        return ""
    return _table_html(models, run, found, language) + _neighbours_html(run, found, language)


def _table_html(models: Sequence[RunModel], run: Run, found: Mapping[str, Drift], language: Language) -> str:
    curves = {model.key: curve for model in models if (curve := found[model.key].curve) is not None}
    last = int(max(curve.steps[-1].time for curve in curves.values()))
    heads = "".join(f"<th scope='col'>{turn}</th>" for turn in range(1, last + 1))
    colours = model_colours(run.request.models)
    rows = "".join(
        f"<tr><th scope='row' class='{colours[model.key]}'><span class='dot' aria-hidden='true'></span>"
        f"{escape(model.label)}</th>"
        + "".join(
            f"<td>{units.percent(curves[model.key].survival_at(turn))}"
            f"<small>{curves[model.key].at_risk_at(turn)}</small></td>"
            for turn in range(1, last + 1)
        )
        + "</tr>"
        for model in models
    )
    return (
        f"<p class='fit-legend' id='drift-caption'>{escape(text('drift.table', language))}</p>"
        "<div class='fit-scroll'><table class='run-table' aria-labelledby='drift-caption'><thead><tr><th scope='col'>"
        f"{escape(text('drift.after_turn', language))}</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _neighbours_html(run: Run, found: Mapping[str, Drift], language: Language) -> str:
    """No test of a staged run: its larger models were asked the conversations at which smaller ones had failed."""
    if run.request.plan == "staged":
        return ""
    pairs = compare_neighbours(found, [model.key for model in run.request.models])
    if not pairs:
        return ""
    labels = {model.key: model.label for model in run.request.models}
    lines = "".join(f"<li>{escape(neighbours_words(pair, labels, language))}</li>" for pair in pairs)
    return (
        f"<section class='finding drift-tests'><h3>{escape(text('drift.tests', language))}</h3><ul>{lines}</ul>"
        f"<p class='takes'>{escape(text('drift.caution', language))}</p></section>"
    )


def neighbours_words(pair: Neighbours, labels: Mapping[str, str], language: Language) -> str:
    """Whether one of two models lasts longer, as a sentence."""
    names = {"smaller": labels[pair.smaller], "larger": labels[pair.larger]}
    if pair.p_value is None:
        return text("drift.not_compared", language, **names)
    p = p_words(pair.p_value)
    if pair.longer is None:
        return text("drift.no_difference", language, p=p, **names)
    shorter = pair.smaller if pair.longer == pair.larger else pair.larger
    return text("drift.longer", language, p=p, longer=labels[pair.longer], shorter=labels[shorter])
