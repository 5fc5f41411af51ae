"""The recommendation and the score table of the report: plain HTML, the intervals as small drawings."""

from html import escape

from comparer.export.source import Source
from comparer.fit.recommendation import item_name, recommend
from comparer.fit.score_table import Cell, Row, ScoreTable
from comparer.palette import COLOURS, model_shade


def advice_html(source: Source, table: ScoreTable) -> str:
    """Which model to take, and why."""
    advice = recommend(table)
    place = None if advice.model is None else table.models.index(advice.model)
    headline, *reasons = [reason.sentence(source.language, source.labels) for reason in advice.reasons]
    told = "".join(f"<li>{escape(reason)}</li>" for reason in reasons)
    return (
        f"<section class='advice {_colour(place)}'><p class='label'>{escape(source.say('fit.recommendation'))}</p>"
        f"<p class='big'>{escape(headline)}</p>{f'<ul>{told}</ul>' if told else ''}</section>"
    )


def table_html(source: Source, table: ScoreTable) -> str:
    """Items by models, the smallest sufficient model at the end."""
    heads = "".join(
        f"<th scope='col' class='{_colour(place)}'><i class='dot'></i>{escape(source.label(model))}</th>"
        for place, model in enumerate(table.models)
    )
    rows = "".join(_row(source, table, row) for row in table.rows)
    return (
        f"<table class='fit'><thead><tr><th scope='col'>{escape(source.say('fit.item'))}</th>{heads}"
        f"<th scope='col'>{escape(source.say('fit.column_smallest'))}</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(source: Source, table: ScoreTable, row: Row) -> str:
    needs = source.say("fit.needs", threshold=f"{row.threshold:.0%}")
    cells = "".join(_cell(source, place, row.cells[model], row.threshold) for place, model in enumerate(table.models))
    smallest = row.smallest_sufficient
    if smallest is None:
        last = f"<td class='smallest none'>{escape(source.say('fit.not_yet'))}</td>"
    else:
        colour = _colour(table.models.index(smallest))
        last = f"<td class='smallest {colour}'><i class='dot'></i>{escape(source.label(smallest))}</td>"
    name = escape(item_name(row.item, source.language))
    return f"<tr><th scope='row'>{name}<small>{escape(needs)}</small></th>{cells}{last}</tr>"


def _cell(source: Source, place: int, cell: Cell, threshold: float) -> str:
    if cell.pass_rate is None or cell.low is None or cell.high is None:
        return f"<td><small>{escape(source.say('fit.cell_empty'))}</small></td>"
    verdict = escape(source.say(f"verdict.{cell.verdict}"))
    counts = escape(source.say("fit.cell_counts", cases=cell.cases, ratings=cell.ratings))
    return (
        f"<td class='{_colour(place)}'><b class='rate'>{cell.pass_rate:.0%}</b>"
        f"<span class='verdict {cell.verdict}'>{verdict}</span>{_interval(source, place, cell, threshold)}"
        f"<small>{cell.low:.0%} – {cell.high:.0%}</small><small>{counts}</small></td>"
    )


def _interval(source: Source, place: int, cell: Cell, threshold: float) -> str:
    rate, low, high = cell.pass_rate or 0.0, cell.low or 0.0, cell.high or 0.0
    hint = source.say("fit.interval_hint", rate=f"{rate:.0%}", low=f"{low:.0%}", high=f"{high:.0%}")
    colour = model_shade(place)
    return (
        f"<svg viewBox='-1 0 102 16' preserveAspectRatio='none' role='img' aria-label='{escape(hint)}'>"
        "<rect x='0' y='4' width='100' height='8' fill='#e2e8f0'/>"
        f"<rect x='{low * 100:.1f}' y='4' width='{(high - low) * 100:.1f}' height='8' fill='{colour}' opacity='.38'/>"
        f"<rect x='{rate * 100 - 1.25:.2f}' y='3' width='2.5' height='10' fill='{colour}'/>"
        f"<rect x='{threshold * 100 - 0.6:.1f}' y='0' width='1.2' height='16' fill='#0f172a'/></svg>"
    )


def _colour(place: int | None) -> str:
    return "slate" if place is None else COLOURS[place % len(COLOURS)]
