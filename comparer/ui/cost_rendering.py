"""From the view to the HTML of the tab "Cost": a card for each model, the test session, the article. Pure."""

from html import escape

from comparer.cost.article import CLAIMS, Worked, session_says, work_through
from comparer.cost.devices import is_processor
from comparer.cost.estimate import MODES
from comparer.cost.figure import Figure
from comparer.cost.view import CostView, ModelCost
from comparer.texts import Language, text
from comparer.ui.cost_figures import colour, distribution_html, figure_html

ARTICLE_DATE = "2026-01-10"


def cost_html(view: CostView, language: Language) -> str:
    """What the lineup's models cost under the load that was set."""
    note = ""
    if view.facts.lineup.demo:
        note = f"<p class='plan-about'>{escape(text('cost.demo_note', language))}</p>"
    cards = "".join(_card(view, one, place, language) for place, one in enumerate(view.models))
    return (
        f"{_summary(view, language)}{note}<div class='cost-cards'>{cards}</div>"
        f"{_session(view, language)}{article_html(view, language)}"
    )


def _summary(view: CostView, language: Language) -> str:
    """The answer in one line, with whose seconds each cost rests on."""
    chips = "".join(
        f"<span class='chip {colour(place)}'><span class='dot' aria-hidden='true'></span>{escape(one.spec.label)} "
        f"<b>{escape(one.estimate.modes['on_demand'].monthly.shown(language))}</b>{_rests_on(one, language)}</span>"
        for place, one in enumerate(view.models)
    )
    return f"<p class='cost-summary'>{escape(text('cost.summary', language))} {chips}</p>"


def _rests_on(one: ModelCost, language: Language) -> str:
    if one.speed is None:
        return ""
    return f" <span class='muted'>{escape(text(f'cost.source_{one.speed.source}', language))}</span>"


def _card(view: CostView, one: ModelCost, place: int, language: Language) -> str:
    proposed = "" if one.chosen else f" <small>{escape(text('cost.card_proposed', language))}</small>"
    fit = f"<p class='cost-fit {one.fit.verdict}'>{escape(one.fit.says.say(language))}</p>" if one.fit else ""
    made = one.estimate
    figures = "".join(
        f"<div><dt>{escape(text(f'cost.figure_{name}', language))}</dt><dd>{figure_html(figure, language)}</dd></div>"
        for name, figure in (
            ("requests_an_hour", made.requests_an_hour),
            ("peak_an_hour", made.peak_an_hour),
            ("cards", made.cards),
            ("busy", made.busy),
            ("cold", made.cold),
        )
    )
    return (
        f"<section class='cost-card {colour(place)}' data-model='{escape(one.spec.key)}'>"
        f"<header><h3><span class='dot' aria-hidden='true'></span>{escape(one.spec.label)}</h3>"
        f"<p>{escape(one.spec.precision)} · {escape(one.gpu.name)}{proposed}</p></header>"
        f"{_source(view, one, language)}{fit}<dl class='cost-list'>{figures}</dl>{_modes(one, language)}</section>"
    )


def _source(view: CostView, one: ModelCost, language: Language) -> str:
    """Where the seconds come from, with their distribution; and what was measured that stands for no card."""
    if one.speed is not None:
        badge = {"measured": "meets", "assumed": "undecided", "shipped": "undecided"}[one.speed.source]
        word = text(f"cost.source_{one.speed.source}", language)
        told = f"<span class='verdict {badge}'>{escape(word)}</span> {escape(one.speed.says.say(language))}"
        drawn = distribution_html(one.speed.latencies, language) if one.speed.source == "measured" else ""
    else:
        key = "cost.speed_lacks_length" if view.facts.lacks_length(one.spec, one.gpu) else "cost.speed_unknown"
        word, missing = text("cost.source_unknown", language), text(key, language, gpu=one.gpu.name)
        told, drawn = f"<span class='verdict undecided'>{escape(word)}</span> {escape(missing)}", ""
    others = "".join(
        f"<div class='cost-unpriced'><p>{escape(_not_priced(device, language))}</p>"
        f"{distribution_html(measured.latencies, language)}</div>"
        for device, measured in view.facts.not_priced(one.spec).items()
    )
    return f"<p class='cost-source'>{told}</p>{drawn}{others}"


def _not_priced(device: str, language: Language) -> str:
    key = "cost.processor_not_priced" if is_processor(device) else "cost.device_not_priced"
    return text(key, language, device=device or text("cost.unknown", language))


def _modes(one: ModelCost, language: Language) -> str:
    def cell(figure: Figure) -> str:
        return f"<td>{figure_html(figure, language)}</td>"

    heads = "".join(
        f"<th scope='col'>{escape(text(f'cost.column_{name}', language))}</th>"
        for name in ("rented", "monthly", "per_thousand")
    )
    rows = "".join(
        f"<tr data-mode='{mode}'><th scope='row'>{escape(text(f'cost.mode_{mode}', language))}</th>"
        f"{cell(one.estimate.modes[mode].monthly)}{cell(one.estimate.modes[mode].per_thousand)}</tr>"
        for mode in MODES
    )
    tokens = one.estimate.modes["on_demand"].per_million_tokens
    million = ""
    if tokens.value is not None:
        label = escape(text("cost.per_million", language))
        million = f"<div class='cost-tokens'><span>{label}</span> {figure_html(tokens, language)}</div>"
    return f"<table class='cost-modes'><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{million}"


# --- the test session ---------------------------------------------------------------------------------


def _session(view: CostView, language: Language) -> str:
    """What this session of testing would cost on these cards, beside a month of them reserved."""
    title = escape(text("cost.session_title", language))
    if view.session_hours is None:
        nothing = escape(text("cost.session_none", language))
        return f"<section class='cost-part' id='cost-session'><h3>{title}</h3><p>{nothing}</p></section>"
    if view.facts.plan.session_hours is None and view.session is not None:
        told = text(
            "cost.session_told",
            language,
            begin=f"{view.session.begin:%Y-%m-%d %H:%M}",
            end=f"{view.session.end:%H:%M} UTC",
            answers=f"{view.session.answers:,}",
            hours=f"{view.session_hours:.2f}",
        )
    else:
        told = text("cost.session_typed", language, hours=f"{view.session_hours:g}")
    names = (
        "model",
        "gpu",
        "session",
        "month_on_demand",
        "saved_against_on_demand",
        "month_reserved",
        "saved_against_reserved",
    )
    heads = "".join(f"<th scope='col'>{escape(text(f'cost.session_{name}', language))}</th>" for name in names)
    rows = "".join(
        f"<tr><th scope='row'>{escape(one.spec.label)}</th><td>{escape(one.gpu.name)}</td>"
        + "".join(f"<td>{figure_html(getattr(cost, name), language)}</td>" for name in names[2:])
        + "</tr>"
        for one, cost in view.session_costs
    )
    return (
        f"<section class='cost-part' id='cost-session'><h3>{title}</h3><p>{escape(told)}</p><div class='fit-scroll'>"
        f"<table class='plain'><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></section>"
    )


# --- the reference article ----------------------------------------------------------------------------


def article_html(view: CostView, language: Language) -> str:
    """The article's lines beside what they come to, with what they take for granted."""
    worked = work_through(view.facts.prices.table)
    names = ("model", "seconds", "requests", "gpu", "claimed", "reckoned")
    heads = "".join(f"<th scope='col'>{escape(text(f'cost.article_{name}', language))}</th>" for name in names)
    rows = "".join(_claim(one, language) for one in worked)
    says = "".join(f"<li>{escape(sentence.say(language))}</li>" for one in worked for sentence in one.says)
    session = escape(session_says(view.facts.prices.table).say(language))
    return (
        f"<section class='cost-part' id='cost-article'><h3>{reference_badge(language)}"
        f"{escape(text('cost.article_title', language, requests='1,000'))}</h3><div class='fit-scroll'>"
        f"<table class='plain'><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        f"<details><summary>{escape(text('cost.article_rests_on', language, count=len(CLAIMS)))}</summary>"
        f"<ul>{says}<li>{session}</li></ul></details></section>"
    )


def _claim(one: Worked, language: Language) -> str:
    claim = one.claim
    rented = text(f"cost.mode_{claim.rented}", language)
    return (
        f"<tr><th scope='row'>{escape(claim.model)}</th><td>{claim.seconds:g}</td><td>{claim.requests_an_hour:,}</td>"
        f"<td>{escape(one.gpu.name)}, {escape(rented)}</td><td>${claim.monthly:,}</td>"
        f"<td>{figure_html(one.estimate.modes['on_demand'].monthly, language)}</td></tr>"
    )


def reference_badge(language: Language) -> str:
    """Marks what the article claims and nobody measured here."""
    word, hint = text("cost.reference", language), text("cost.reference_hint", language, date=ARTICLE_DATE)
    told = f"{escape(word)} {ARTICLE_DATE}"
    return f"<span class='verdict no_ratings cost-reference' title='{escape(hint)}'>{told}</span> "
