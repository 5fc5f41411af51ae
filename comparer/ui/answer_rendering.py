"""Pure functions from rated cases to the HTML below the score table. Everything foreign is escaped."""

from collections.abc import Sequence
from html import escape

from comparer.export.source import minute
from comparer.store import CaseAnswer, DatedRating, RatedCase
from comparer.texts import Language, locale, text
from comparer.ui import units
from comparer.ui.thumbnails import thumbnail_html


def answers_html(model: str, colour: str, item: str, cases: Sequence[RatedCase], language: Language) -> str:
    """The answers of one cell of the table: `model` and `item` are what the page calls them."""
    if cases:
        body = f"<ol class='cases'>{''.join(_case_html(case, language) for case in cases)}</ol>"
        hint = text("fit.answers_order", language)
    else:
        body, hint = "", text("fit.answers_none", language)
    return (
        f"<section class='answers {colour}' aria-labelledby='answers-title'>"
        f"<h3 id='answers-title' tabindex='-1'><span class='dot' aria-hidden='true'></span>"
        f"{escape(model)} · {escape(item)}</h3><p class='muted'>{escape(hint)}</p>{body}</section>"
    )


def _case_html(case: RatedCase, language: Language) -> str:
    facts = [
        text(
            "fit.case_rated",
            language,
            rate=units.percent(case.accepted / case.ratings),
            accepted=case.accepted,
            ratings=case.ratings,
        )
    ]
    if case.turn > 1:
        facts.append(text("fit.case_turn", language, turn=case.turn))
    answers = "".join(_answer_html(answer, language) for answer in case.answers)
    return (
        f"<li class='case'><div class='asked'>{thumbnail_html(case.pictures[-1] if case.pictures else None)}"
        f"<div><p class='question'>{escape(case.question)}</p><small>{escape(' · '.join(facts))}</small></div></div>"
        f"<div class='replies'>{answers}</div></li>"
    )


def _answer_html(answer: CaseAnswer, language: Language) -> str:
    said = escape(answer.answer.text.strip()) or f"<em>{escape(text('fit.answer_empty', language))}</em>"
    given = "".join(_rating_html(rating, language) for rating in answer.ratings)
    return (
        f"<article class='answer'><p class='said' tabindex='0'>{said}</p><ul class='given'>{given}</ul>"
        f"<p class='origin'>{escape(answer.answer.precision)} · {_conversation_html(answer, language)}</p></article>"
    )


def _rating_html(given: DatedRating, language: Language) -> str:
    rating = given.rating
    kind, mark = ("accepted", "✓") if rating.acceptable else ("refused", "✗")
    verdict = text("compare.accept" if rating.acceptable else "compare.refuse", language)
    details = [rating.reviewer or text("chart.unnamed", language), minute(given.at)]
    if rating.blind:
        details.append(text("fit.rated_blind", language))
    reasons = ("、" if language == "zh" else ", ").join(_reason(reason, language) for reason in rating.reasons)
    why = f"<span class='why-given'>{escape(reasons)}</span>" if reasons else ""
    note = f"<q>{escape(rating.note)}</q>" if rating.note else ""
    return (
        f"<li class='{kind}'><b>{mark} {escape(verdict)}</b> "
        f"<span class='muted'>{escape(' · '.join(details))}</span>{why}{note}</li>"
    )


def _reason(key: str, language: Language) -> str:
    """A reason by its key; one that came in from elsewhere as it is."""
    return locale(language).get(f"reason.{key}", key)


def _conversation_html(answer: CaseAnswer, language: Language) -> str:
    """A link to the conversation it is from; a script opens it in the History tab by `data-conversation`."""
    place = escape(answer.conversation_id)
    words = escape(text("fit.answer_origin", language))
    return f"<a href='?conversation={place}' data-conversation='{place}'>{words}</a>"
