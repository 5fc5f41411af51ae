"""From the decision to the HTML of the tab "The choice": the answer, all options, how far from flipping. Pure."""

from html import escape

from comparer.cost.choice import Judged
from comparer.cost.telling import Group, flip_says, groups, reasons, said_once
from comparer.cost.view import CostView
from comparer.cost.wording import Amount
from comparer.texts import Language, text
from comparer.ui.cost_figures import colour, figure_html

MOST_SHOWN = 6
"""Of what would have to be known; the rest opens."""
_LOOKS = {"enough": "meets", "open": "undecided", "out": "fails"}


def choice_html(view: CostView, language: Language) -> str:
    """The decision with everything that was weighed."""
    return f"{_headline(view, language)}{_options(view, language)}{_flips(view, language)}"


def _headline(view: CostView, language: Language) -> str:
    decision, labels = view.decision, view.facts.lineup.labels
    place = None if decision.chosen is None else view.facts.lineup.keys.index(decision.chosen.option.model)
    needs = said_once(decision.needs, language, labels)
    first, rest = needs[:MOST_SHOWN], needs[MOST_SHOWN:]
    lacking = ""
    if needs:
        more = ""
        if rest:
            said = escape(text("cost.more_needs", language, count=len(rest)))
            more = f"<details><summary>{said}</summary><ul>{_items(rest)}</ul></details>"
        lacking = f"<h3>{escape(text('cost.would_have_to_be_known', language))}</h3><ul>{_items(first)}</ul>{more}"
    notes = [text(f"cost.choice_by_{view.facts.plan.judge}", language)]
    if view.facts.lineup.demo:
        notes.append(text("cost.demo_note", language))
    if decision.chosen is not None and _is_assumed(view, decision.chosen):
        notes.append(text("cost.choice_assumed", language))
    monthly = ""
    if decision.chosen is not None and decision.chosen.rent is not None:
        mode, cost = decision.chosen.rent
        shown, rented = Amount(cost, "usd").shown(language), text(f"cost.mode_{mode}", language)
        monthly = f"<p>{escape(text('cost.choice_costs', language, cost=shown, mode=rented))}</p>"
    told = "".join(f"<p class='rule'>{escape(note)}</p>" for note in notes)
    return (
        f"<section class='advice {'slate' if place is None else colour(place)}' id='cost-decision'>"
        f"<h2>{escape(text('cost.choice_title', language))}</h2>"
        f"<p class='big'>{escape(decision.headline.say(language, labels))}</p>{monthly}{lacking}{told}</section>"
    )


def _is_assumed(view: CostView, one: Judged) -> bool:
    spec = next(spec for spec in view.facts.lineup.models if spec.key == one.option.model)
    speed = view.facts.speed(spec, one.option.precision, one.gpu)
    return speed is not None and speed.source == "assumed"


def _items(sentences: tuple[str, ...]) -> str:
    return "".join(f"<li>{escape(one)}</li>" for one in sentences)


def _options(view: CostView, language: Language) -> str:
    names = ("option", "standing", "cheapest", "why")
    heads = "".join(f"<th scope='col'>{escape(text(f'cost.column_{name}', language))}</th>" for name in names)
    rows = "".join(_group(view, group, language) for group in groups(view.decision))
    if not rows:
        return ""
    return (
        f"<div class='fit-scroll'><table class='run-table cost-options'><caption class='sr-only'>"
        f"{escape(text('cost.options_title', language))}</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _group(view: CostView, group: Group, language: Language) -> str:
    decision, lineup = view.decision, view.facts.lineup
    is_chosen = decision.chosen in group.options
    chosen = f" <span class='verdict meets'>{escape(text('cost.chosen', language))}</span>" if is_chosen else ""
    said = reasons(decision, group, language, lineup.labels)
    why = f"<p>{escape(said[0])}</p>" if said else ""
    cards = "".join(_card(view, one, language) for one in group.options)
    count = escape(text("cost.by_card", language, count=len(group.options)))
    cheapest = group.cheapest
    cost = "–"
    if cheapest is not None and cheapest.rent is not None:
        cost = figure_html(cheapest.estimate.modes[cheapest.rent[0]].monthly, language)
        cost += (
            f"<small>{escape(cheapest.gpu.name)}, {escape(text(f'cost.mode_{cheapest.rent[0]}', language))}</small>"
        )
    place = lineup.keys.index(group.model)
    return (
        f"<tr data-option='{escape(group.model)} {group.precision}' class='{group.standing}'>"
        f"<th scope='row' class='{colour(place)}'><span class='dot' aria-hidden='true'></span>"
        f"{escape(lineup.labels[group.model])}<small>{group.precision}</small></th>"
        f"<td><span class='verdict {_LOOKS[group.standing]}'>"
        f"{escape(text(f'cost.standing_{group.standing}', language))}</span>{chosen}</td><td>{cost}</td>"
        f"<td>{why}<details class='cost-cards-of'><summary>{count}</summary><ul>{cards}</ul></details></td></tr>"
    )


def _card(view: CostView, one: Judged, language: Language) -> str:
    """One card: how it stands, and each reason."""
    labels = view.facts.lineup.labels
    said = said_once(view.decision.why_not(one), language, labels)
    standing = "chosen" if one is view.decision.chosen else f"standing_{one.standing}"
    word = text(f"cost.{standing}", language)
    return f"<li><b>{escape(one.gpu.name)}</b>: {escape(word)}. {escape(' '.join(said))}</li>"


def _flips(view: CostView, language: Language) -> str:
    if not view.flips:
        return ""
    labels = view.facts.lineup.labels
    says = "".join(f"<li>{escape(flip_says(flip, view.facts.plan, language, labels))}</li>" for flip in view.flips)
    about = escape(text("cost.flips_about", language))
    return (
        f"<section class='cost-part' id='cost-flips'><h3>{escape(text('cost.flips_title', language))}</h3>"
        f"<p class='plan-about'>{about}</p><ul>{says}</ul></section>"
    )
