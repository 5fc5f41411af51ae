"""Pure functions from what is known of a demo model to HTML: what it can answer, how well, and its card.

Everything foreign is escaped. What stands in a hidden column is the same for every model.
"""

from functools import cache
from html import escape

from comparer.demo.measured import DemoFacts, ItemScore, Measured
from comparer.demo.scenes import DOMAINS
from comparer.markup import markdown_html
from comparer.texts import Language, text
from comparer.ui import units


def about(facts: DemoFacts, card: str, colour: str, language: Language) -> str:
    """The block on top of an empty column; `card` is the id of the model's card on the page."""
    size = ""
    if facts.parameters:
        count = text("demo.parameters", language, count=units.parameters(facts.parameters))
        size = f" · {escape(count)}"
    return (
        f"<section class='about {colour}'><p class='about-title'>"
        f"<span><b>{escape(text('demo.title', language))}</b>{size}</span>"
        f"<button type='button' class='card-link' popovertarget='{card}'>{escape(text('demo.card', language))}"
        f"</button></p>{_knows(language)}{scores(facts.measured, language)}</section>"
    )


def about_hidden(language: Language) -> str:
    """The block while nobody may know which model it is: nothing that differs between models."""
    return (
        f"<section class='about'><p class='about-title'><b>{escape(text('demo.title', language))}</b></p>"
        f"{_knows(language)}<p class='about-source'>{escape(text('demo.hidden', language))}</p></section>"
    )


def card_button(card: str, language: Language) -> str:
    """The small button in a column's header once its block has made room for answers."""
    hint = escape(text("demo.about_model", language))
    opens = f"popovertarget='{card}' title='{hint}' aria-label='{hint}'"
    return f"<button type='button' class='card-info' {opens}>i</button>"


def card_dialog(facts: DemoFacts, card: str, label: str, colour: str, language: Language) -> str:
    """A model's card, opened by whatever names its id as `popovertarget`; the browser closes it on Esc."""
    close = escape(text("demo.card_close", language))
    body = card_html(facts.card) if facts.card else f"<p>{escape(text('demo.no_card', language))}</p>"
    return (
        f"<div id='{card}' class='card {colour}' popover role='dialog' aria-labelledby='{card}-title'>"
        f"<header><span class='dot' aria-hidden='true'></span><h2 id='{card}-title'>{escape(label)}</h2>"
        f"<span class='card-kind'>{escape(text('demo.card', language))}</span>"
        f"<button type='button' class='card-close' popovertarget='{card}' popovertargetaction='hide' autofocus "
        f"title='{close}' aria-label='{close}'>✕</button></header>"
        f"<div class='card-body' tabindex='0'>{_knows(language)}{scores(facts.measured, language)}"
        f"<article>{body}</article></div></div>"
    )


def scores(measured: Measured | None, language: Language) -> str:
    """A bar for each test item, and how they were measured; says so when nothing was."""
    known = [(item, measured.items[item]) for item in DOMAINS if item in measured.items] if measured else []
    if measured is None or not known:
        return f"<p class='about-source'>{escape(text('demo.not_measured', language))}</p>"
    rows = "".join(_bar(text(f"demo.item_{item}", language), score, language) for item, score in known)
    source = text(
        "demo.measured",
        language,
        pictures=f"{measured.pictures:,}",
        date=measured.date.isoformat(),
        device=measured.device.upper(),
        precision=measured.precision,
    )
    legend = "demo.legend"
    if any(score.chance is not None for _, score in known):
        legend = "demo.legend_guess"
    return (
        f"<div class='scores'>{rows}</div>"
        f"<p class='about-source'>{escape(source)}</p><p class='about-source'>{escape(text(legend, language))}</p>"
    )


def _bar(name: str, score: ItemScore, language: Language) -> str:
    hint = text(
        "demo.score_hint",
        language,
        name=name,
        rate=units.percent(score.accuracy),
        low=units.percent(score.low),
        high=units.percent(score.high),
        count=f"{score.n:,}",
    )
    guess = ""
    if score.chance is not None:
        hint = f"{hint} {text('demo.chance_hint', language, chance=units.percent(score.chance))}"
        guess = f"<u style='left:{score.chance * 100:.1f}%'></u>"
    return (
        f"<span class='score-name'>{escape(name)}</span>"
        f"<span class='score-bar' role='img' aria-label='{escape(hint)}' title='{escape(hint)}'>"
        f"<i style='width:{score.accuracy * 100:.1f}%'></i>{guess}</span>"
        f"<b class='score-rate'>{units.percent(score.accuracy)}</b>"
    )


def _knows(language: Language) -> str:
    return f"<p class='about-knows'>{escape(text('demo.knows', language))}</p>"


@cache
def card_html(markdown: str) -> str:
    """A card's Markdown as HTML."""
    return markdown_html(markdown)
