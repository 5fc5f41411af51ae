"""Functions from compared runs to the HTML of the panel "Compare runs". Everything foreign is escaped.

Knows nothing of Gradio and of the database.
"""

from collections.abc import Mapping, Sequence
from html import escape

from comparer.export.source import minute
from comparer.fit.finding import points
from comparer.fit.run_comparison import Change, p_words, summary
from comparer.palette import COLOURS
from comparer.records import ratable
from comparer.run_records import Judge, RunAnswer, RunCase
from comparer.suites.judged_reading import Compared, Side
from comparer.texts import Language, text
from comparer.ui import units
from comparer.ui.run_case import score_html
from comparer.ui.run_grid import people_html
from comparer.ui.thumbnails import thumbnail_html
from comparer.ui.word_difference import marked

_MARKS = {"regression": "▼", "improvement": "▲", "other_words": "≈"}


def side_names(sides: Sequence[Side]) -> tuple[str, ...]:
    """What each side is called: its model, its precision where the label does not say it, its run where several."""
    several = len({side.run.id for side in sides}) > 1
    return tuple(_side_name(side, several) for side in sides)


def _side_name(side: Side, several: bool) -> str:
    model = side.run_model
    parts = [model.label]
    if model.precision.casefold() not in model.label.casefold():
        parts.append(model.precision)
    if several:
        parts += [side.run.request.lineup, minute(side.run.created_at)]
    return " · ".join(parts)


def side_colours(sides: Sequence[Side]) -> tuple[str, ...]:
    """The fixed colour of each side's model, by its place in its lineup."""
    return tuple(
        COLOURS[[model.key for model in side.run.request.models].index(side.model) % len(COLOURS)] for side in sides
    )


def comparison_html(reference: Side, compared: Sequence[Compared], judge: Judge, language: Language) -> str:
    """What the comparison says: who judged, what to know beforehand, a card for each candidate, the figures."""
    sides = [reference, *(one.side for one in compared)]
    names, colours = side_names(sides), side_colours(sides)
    notes = "".join(f"<p class='plan-about'>{escape(note)}</p>" for note in _notes(sides, compared, judge, language))
    cards = "".join(
        _card_html(one, names[0], name, colour, language)
        for one, name, colour in zip(compared, names[1:], colours[1:], strict=True)
    )
    return f"{notes}<div class='comparisons'>{cards}</div>{_figures_html(sides, compared, names, colours, language)}"


def _notes(sides: Sequence[Side], compared: Sequence[Compared], judge: Judge, language: Language) -> list[str]:
    requests = [side.run.request for side in sides]
    notes = [text(f"drift.by_{judge}", language)]
    if len(compared) > 1:
        notes.append(text("versus.adjusted", language, count=len(compared)))
    if any(request.plan == "staged" for request in requests):
        notes.append(text("versus.staged", language))
    if len({(request.sampling, request.repeats) for request in requests}) > 1:
        notes.append(text("versus.other_sampling", language))
    changed = len(compared[0].changed_cases) if compared else 0
    if changed:
        notes.append(text("versus.changed_cases", language, count=changed))
    return notes


def _card_html(one: Compared, reference: str, name: str, colour: str, language: Language) -> str:
    headline, *rest = [reason.sentence(language) for reason in summary(one.comparison, reference, name)]
    verdict = one.comparison.verdict
    kind = {"worse": "fails", "better": "meets"}.get(verdict or "", "undecided")
    word = text(f"versus.verdict_{verdict or 'not_tested'}", language)
    lines = "".join(f"<li>{escape(line)}</li>" for line in rest)
    return (
        f"<section class='advice {colour}'><h3><span class='dot' aria-hidden='true'></span>{escape(name)} "
        f"<span class='verdict {kind}'>{escape(word)}</span></h3>"
        f"<p class='big'>{escape(headline)}</p><ul>{lines}</ul></section>"
    )


def _figures_html(
    sides: Sequence[Side],
    compared: Sequence[Compared],
    names: Sequence[str],
    colours: Sequence[str],
    language: Language,
) -> str:
    """What each side costs and brings, the reference first; shares behind memory and speed are against it."""
    heads = "".join(
        f"<th scope='col'>{escape(text(f'versus.{key}', language))}</th>"
        for key in ("model", "points", "p", "weights", "time", "speed", "device", "errors")
    )
    rows = "".join(
        _figures_row(side, sides[0], one, name, colour, language)
        for side, one, name, colour in zip(sides, [None, *compared], names, colours, strict=True)
    )
    note = f"<p class='fit-legend'>{escape(text('versus.figures_note', language))}</p>"
    return (
        f"<div class='fit-scroll'><table class='run-table'><caption class='sr-only'>"
        f"{escape(text('versus.figures', language))}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
        f"</table></div>{note}"
    )


def _figures_row(
    side: Side, reference: Side, compared: Compared | None, name: str, colour: str, language: Language
) -> str:
    own, other = side.figures, reference.figures
    paired = compared.comparison.paired if compared else None
    if compared is None:
        difference, p = escape(text("versus.reference_row", language)), ""
    elif paired is None:
        difference = p = units.UNKNOWN
    else:
        gap = paired.difference
        difference = f"{_points(gap.value)}<small>{_points(gap.low)} … {_points(gap.high)}</small>"
        p = escape(p_words(compared.comparison.p_value or 0.0).removeprefix("= "))
    cells = (
        difference,
        p,
        _beside(units.size(own.weights_bytes), own.weights_bytes, other.weights_bytes, side is reference),
        _beside(units.seconds(own.e2e_s), own.e2e_s, other.e2e_s, side is reference, timed=own.timed),
        _beside(units.rate(own.tokens_per_s), own.tokens_per_s, other.tokens_per_s, side is reference),
        escape(", ".join(own.devices)) or units.UNKNOWN,
        str(own.errors),
    )
    return (
        f"<tr><th scope='row' class='{colour}'><span class='dot' aria-hidden='true'></span>{escape(name)}</th>"
        + "".join(f"<td>{cell}</td>" for cell in cells)
        + "</tr>"
    )


def _points(share: float) -> str:
    """A difference of scores in percentage points, with its sign."""
    return f"{100 * share:+.1f}".replace("-", "−")


def _beside(shown: str, own: float | None, other: float | None, is_reference: bool, timed: int = 0) -> str:
    """A figure, and by how much it differs from the reference's."""
    count = f"n = {timed}" if timed else ""
    change = "" if is_reference or not own or not other else points(own / other - 1)
    small = " · ".join(part for part in (change, count) if part)
    return escape(shown) + (f"<small>{escape(small)}</small>" if small else "")


# --- what changed -------------------------------------------------------------------------------------


def changes_html(
    changes: Sequence[Change],
    sides: tuple[Side, Side],
    answers: tuple[Mapping[str, Sequence[RunAnswer]], Mapping[str, Sequence[RunAnswer]]],
    items: Mapping[str, str],
    language: Language,
) -> str:
    """Some of the changes, each with both answers to every question that came out otherwise.

    `sides` and `answers` (by case) are the reference's and the candidate's; `items` names items by key.
    """
    cases = {case.id: case for case in sides[0].cases}
    rows = "".join(
        _change_html(
            change, cases[change.case], sides, (answers[0][change.case], answers[1][change.case]), items, language
        )
        for change in changes
    )
    return f"<ol class='changes'>{rows}</ol>" if rows else ""


def _change_html(
    change: Change,
    case: RunCase,
    sides: tuple[Side, Side],
    answers: tuple[Sequence[RunAnswer], Sequence[RunAnswer]],
    items: Mapping[str, str],
    language: Language,
) -> str:
    scores = " → ".join(dict.fromkeys(units.percent(result.score) for result in (change.reference, change.candidate)))
    facts = " · ".join([items.get(case.item, case.item), *([text("grid.key", language)] if case.key else [])])
    others = {answer.place[1:3]: answer for answer in answers[1]}
    turns = "".join(
        _turn_html(one, other, case, sides, language)
        for one in answers[0]
        if (other := others.get(one.place[1:3])) is not None and _differ(one, other)
    )
    picture = thumbnail_html(case.pictures[0]) if case.pictures else ""
    return (
        f"<li class='change {change.kind}' data-case='{escape(case.id)}'><header>{picture}<div>"
        f"<h4>{escape(case.id)}</h4><small>{escape(facts)}</small></div>"
        f"<span class='change-kind'><span aria-hidden='true'>{_MARKS[change.kind]}</span> "
        f"{escape(text(f'versus.kind_{change.kind}', language))} <b>{scores}</b></span></header>{turns}</li>"
    )


def _differ(one: RunAnswer, other: RunAnswer) -> bool:
    def said(answer: RunAnswer) -> tuple[object, ...]:
        score = None if answer.score is None else answer.score.score
        return answer.answer.text.strip(), score, answer.ratings, answer.accepted

    return said(one) != said(other)


def _turn_html(one: RunAnswer, other: RunAnswer, case: RunCase, sides: tuple[Side, Side], language: Language) -> str:
    turn = case.turns[one.place.turn]
    place = [str(one.place.turn + 1)] if len(case.turns) > 1 else []
    if sides[0].run.request.repeats > 1:
        place.append(text("grid.repeat", language, number=one.place.repeat + 1))
    number = f"<span>{escape(' · '.join(place))}</span>" if place else ""
    reference = ""
    if turn.reference:
        label = escape(text("grid.reference", language))
        reference = f"<p class='reference'><b>{label}</b> <span dir='auto'>{escape(turn.reference)}</span></p>"
    texts = marked(one.answer.text.strip(), other.answer.text.strip(), text("versus.only_here", language))
    names, colours = side_names(sides), side_colours(sides)
    columns = "".join(
        f"<section class='read-answer {colour}'><h5><span class='dot' aria-hidden='true'></span>{escape(name)}</h5>"
        f"{_said_html(answer, html, language)}</section>"
        for answer, html, name, colour in zip((one, other), texts, names, colours, strict=True)
    )
    return (
        f"<h5 class='asked-question'>{number}<q dir='auto'>{escape(turn.question)}</q></h5>{reference}"
        f"<div class='read-answers'>{columns}</div>"
    )


def _said_html(kept: RunAnswer, html: str, language: Language) -> str:
    answer = kept.answer
    if not ratable(answer.stop_reason, answer.text) and answer.failure is not None:
        failure = text(f"error.{answer.failure.code}", language, **answer.failure.parameters)
        html = f"<span class='col-failure'>{escape(failure)}</span>"
    place, words = escape(kept.conversation_id), escape(text("fit.answer_origin", language))
    return (
        f"<p class='difference' dir='auto'>{html}</p>{score_html(kept.score, language)}"
        f"{people_html(kept.ratings, kept.accepted, language)}"
        f"<p class='origin'><a href='?conversation={place}' data-conversation='{place}'>{words}</a></p>"
    )
