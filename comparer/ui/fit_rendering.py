"""Pure functions from the score table to the HTML of the Business fit tab."""

from html import escape

from comparer.fit.recommendation import Recommendation, item_name, rule
from comparer.fit.score_table import Cell, Row, ScoreTable
from comparer.palette import COLOURS
from comparer.records import TestItem
from comparer.run_records import Judge
from comparer.texts import Language, text
from comparer.ui import units
from comparer.ui.context import Context
from comparer.ui.rights import for_deed


def score_table_html(context: Context, table: ScoreTable, language: Language, judge: Judge = "people") -> str:
    """Items as rows, models as columns, the smallest sufficient model at the end; plainly said when checks judged."""
    heads = "".join(
        f"<th scope='col' class='{_colour(context, model)}'><span class='dot' aria-hidden='true'></span>"
        f"{escape(context.spec(model).label)}</th>"
        for model in table.models
    )
    body = "".join(_row_html(context, row, language, judge) for row in table.rows)
    note = f"<p class='read-note'>{escape(text('fit.checks_note', language))}</p>" if judge == "checks" else ""
    return (
        f"{note}<div class='fit-scroll'><table class='fit'><thead><tr>"
        f"<th scope='col'>{escape(text('fit.item', language))}</th>"
        f"{heads}<th scope='col'>{escape(text('fit.column_smallest', language))}</th></tr></thead>"
        f"<tbody>{body}</tbody></table></div><p class='fit-legend'>{escape(text('fit.legend', language))} "
        f"<span class='{for_deed('items.edit')}'>{escape(text('fit.shared', language))}</span></p>"
    )


def recommendation_html(
    context: Context, table: ScoreTable, advice: Recommendation, language: Language, judge: Judge = "people"
) -> str:
    """The card that says which model to take, why, and by which rule."""
    colour = "slate" if advice.model is None else _colour(context, advice.model)
    headline, *others = [reason.sentence(language, context.labels) for reason in advice.reasons]
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in others)
    by_checks = f" · {escape(text('suites.by_checks', language))}" if judge == "checks" else ""
    return (
        f"<section class='advice {colour}'><h2>{escape(text('fit.recommendation', language))}{by_checks}</h2>"
        f"<p class='big'>{escape(headline)}</p><ul>{reasons}</ul>"
        f"<p class='rule'>{escape(rule(table).sentence(language))}</p></section>"
    )


def _row_html(context: Context, row: Row, language: Language, judge: Judge) -> str:
    cells = "".join(_cell_html(context, model, cell, row.item, language, judge) for model, cell in row.cells.items())
    if row.smallest_sufficient is None:
        smallest = f"<td class='smallest none'>{escape(text('fit.not_yet', language))}</td>"
    else:
        label = context.spec(row.smallest_sufficient).label
        smallest = (
            f"<td class='smallest {_colour(context, row.smallest_sufficient)}'>"
            f"<span class='dot' aria-hidden='true'></span>{escape(label)}</td>"
        )
    return (
        f"<tr data-item='{escape(row.item.key)}'><th scope='row'>{escape(item_name(row.item, language))}"
        f"{_threshold_html(row.item, language)}</th>{cells}{smallest}</tr>"
    )


def _threshold_html(item: TestItem, language: Language) -> str:
    """What the item needs, to be changed where it stands, and what it counts."""
    label = text("fit.threshold_label", language, item=item_name(item, language))
    before, after = escape(text("fit.needs_percent", language, percent="|")).split("|")
    counts = []
    if item.must_have:
        counts.append(text("items.must_have", language))
    if item.weight != 1:
        counts.append(text("fit.weight", language, weight=f"{item.weight:g}"))
    more = f"<small>{escape(' · '.join(counts))}</small>" if counts else ""
    return (
        f"<small class='needs'>{before}<b class='threshold-said'>{units.exact_percent(item.threshold)}</b>"
        f"<input class='threshold {for_deed('items.edit')}' type='number' min='1' max='99' step='any' "
        f"inputmode='decimal' value='{units.exact_percent(item.threshold)}' aria-label='{escape(label)}' "
        f"title='{escape(label)}' data-focus='needs-{escape(item.key)}'>{after}</small>{more}"
    )


def _cell_html(context: Context, model: str, cell: Cell, item: TestItem, language: Language, judge: Judge) -> str:
    label = escape(context.spec(model).label)
    place = f"class='cell {_colour(context, model)}' data-model='{label}' data-key='{escape(model)}'"
    if cell.pass_rate is None or cell.low is None or cell.high is None:
        empty = "fit.cell_empty" if judge == "people" else "suites.not_judged"
        return f"<td {place}><small>{escape(text(empty, language))}</small></td>"
    threshold = item.threshold
    verdict = escape(text(f"verdict.{cell.verdict}", language))
    counted = "fit.cell_counts" if judge == "people" else "fit.cell_checked"
    counts = escape(text(counted, language, cases=cell.cases, ratings=cell.ratings))
    hint = text(
        "fit.interval_hint",
        language,
        rate=units.percent(cell.pass_rate),
        low=units.percent(cell.low),
        high=units.percent(cell.high),
    )
    hint = "\n".join(filter(None, (hint, _independent(cell, language))))
    bar = (
        f"<div class='interval' role='img' aria-label='{escape(hint)}' title='{escape(hint)}'>"
        f"<i style='left:{cell.low * 100:.1f}%;width:{(cell.high - cell.low) * 100:.1f}%'></i>"
        f"<b style='left:{cell.pass_rate * 100:.1f}%'></b><u style='left:{threshold * 100:.1f}%'></u></div>"
    )
    named = text("fit.open_answers", language, model=context.spec(model).label, item=item_name(item, language))
    rate = (
        f"<button type='button' class='rate' title='{escape(named)}' "
        f"data-focus='cell-{escape(item.key)}-{escape(model)}'>{units.percent(cell.pass_rate)}"
        f"<span class='sr-only'> – {escape(named)}</span></button>"
    )
    if judge == "checks":  # the answers behind it stand in the runs' grids
        rate = f"<b class='rate'>{units.percent(cell.pass_rate)}</b>"
    return (
        f"<td {place}{' data-open' if judge == 'people' else ''}>{rate}"
        f"<span class='verdict {cell.verdict}'>{verdict}</span>{bar}"
        f"<small>{units.percent(cell.low)} – {units.percent(cell.high)} · {counts}</small>"
        f"{_to_settle(cell, language)}</td>"
    )


def _independent(cell: Cell, language: Language) -> str:
    """As how many independent ratings those of the cell count, where cases have several."""
    if cell.design_effect is None or cell.independent_ratings is None or cell.ratings == cell.cases:
        return ""
    return text(
        "fit.independent_hint",
        language,
        ratings=cell.ratings,
        cases=cell.cases,
        independent=f"{cell.independent_ratings:.0f}",
        effect=f"{cell.design_effect:.1f}",
    )


def _to_settle(cell: Cell, language: Language) -> str:
    if cell.verdict != "undecided":
        return ""
    key, parameters = ("fit.near", {}) if cell.more_ratings is None else ("fit.more", {"count": cell.more_ratings})
    return f"<small>{escape(text(key, language, **parameters))}</small>"


def _colour(context: Context, model: str) -> str:
    return COLOURS[context.lineup.keys.index(model)]
