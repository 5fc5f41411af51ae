"""The cost part of the report: the choice and why, what each model costs with every formula, the prices behind it."""

from collections.abc import Iterable, Sequence
from html import escape

from comparer.cost.rows import estimate_rows
from comparer.cost.telling import flip_says, groups, reasons, said_once
from comparer.cost.view import CostView, ModelCost
from comparer.cost.wording import Amount
from comparer.export.cost_part import figure_name, needs_words, speed_words
from comparer.export.prices_file import kept_price_rows
from comparer.export.source import Source
from comparer.palette import COLOURS

MOST_NEEDS = 6
"""Of what would have to be known; the options below name it too."""


def cost_html(source: Source) -> str:
    """The whole part; empty where nobody has made a cost view."""
    view = source.cost()
    if view is None:
        return ""
    say = source.say
    demo = f"<p class='note'>{escape(say('cost.demo_note'))}</p>" if view.facts.lineup.demo else ""
    return (
        f"<section class='cost'><h2>{escape(say('tab.hardware'))}</h2>{demo}{_decision(source, view)}"
        f"{_options(source, view)}{_list(say('cost.flips_title'), _flips(source, view))}"
        f"<h3>{escape(say('report.cost_rests_on'))}</h3>{_table((), needs_words(view, source.language))}"
        f"{''.join(_model(source, one) for one in view.models)}{_prices(source, view)}</section>"
    )


def _decision(source: Source, view: CostView) -> str:
    decision, labels, language = view.decision, view.facts.lineup.labels, source.language
    place = None if decision.chosen is None else view.facts.lineup.keys.index(decision.chosen.option.model)
    colour = "slate" if place is None else COLOURS[place % len(COLOURS)]
    lacking = said_once(decision.needs, language, labels)
    lines = [*lacking[:MOST_NEEDS]]
    if len(lacking) > MOST_NEEDS:
        lines.append(source.say("cost.more_needs", count=len(lacking) - MOST_NEEDS))
    needs = "".join(f"<li>{escape(line)}</li>" for line in lines)
    judged = source.say(f"cost.choice_by_{view.facts.plan.judge}")
    return (
        f"<div class='advice {colour}'><p class='label'>{escape(source.say('cost.choice_title'))}</p>"
        f"<p class='big'>{escape(decision.headline.say(language, labels))}</p><p>{escape(judged)}</p>"
        f"{f'<ul>{needs}</ul>' if needs else ''}</div>"
    )


def _options(source: Source, view: CostView) -> str:
    language, labels = source.language, view.facts.lineup.labels
    rows = []
    for group in groups(view.decision):
        cheapest = group.cheapest
        standing = "chosen" if view.decision.chosen in group.options else f"standing_{group.standing}"
        cost = "–"
        if cheapest is not None:
            cost = f"{Amount(cheapest.monthly, 'usd').shown(language)}, {cheapest.gpu.name}"
        why = " ".join(reasons(view.decision, group, language, labels))
        rows.append((f"{labels[group.model]}, {group.precision}", source.say(f"cost.{standing}"), cost, why))
    heads = [source.say(f"cost.column_{name}") for name in ("option", "standing", "cheapest", "why")]
    return _table(heads, rows)


def _flips(source: Source, view: CostView) -> list[str]:
    labels = view.facts.lineup.labels
    return [flip_says(flip, view.facts.plan, source.language, labels) for flip in view.flips]


def _model(source: Source, one: ModelCost) -> str:
    """Every figure of one model with its formula."""
    rows = [
        (figure_name(str(row["figure"]), source.language), str(row["shown"]), str(row["formula"]))
        for row in estimate_rows(one.estimate, source.language)
    ]
    heads = [source.say(f"report.cost_{name}") for name in ("figure", "value", "formula")]
    head = f"{one.spec.label}, {one.spec.precision}, {one.gpu.name}"
    return f"<h3>{escape(head)}</h3><p>{escape(speed_words(one, source.language))}</p>{_table(heads, rows)}"


def _prices(source: Source, view: CostView) -> str:
    names = ("name", "on_demand_per_hour", "reserved_per_hour", "source", "date")
    heads = [source.say(f"cost.price_{name}") for name in ("gpu", "on_demand", "reserved", "source", "date")]
    unknown = source.say("cost.unknown")
    rows = [
        tuple(unknown if row[name] is None else str(row[name]) for name in names)
        for row in kept_price_rows(view.facts.prices)
    ]
    title = f"{source.say('hardware.tab_prices')} ({view.facts.prices.table.currency})"
    return f"<h3>{escape(title)}</h3>{_table(heads, rows)}"


def _list(title: str, lines: Sequence[str]) -> str:
    return (
        f"<h3>{escape(title)}</h3><ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>" if lines else ""
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table class='small'>{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>{body}</tbody></table>"
