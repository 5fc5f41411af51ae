"""Functions from one case of a run to the HTML that shows it: pictures, questions, and all answers side by side.

Everything foreign is escaped. Knows nothing of Gradio and of the database.
"""

from collections.abc import Mapping, Sequence
from html import escape

from comparer.dialogue import kept_column
from comparer.export.conversation_file import ended_words
from comparer.markup import markdown_html
from comparer.run_records import AutomaticScore, RunAnswer, RunCase, RunModel, RunTurn
from comparer.store import StoredAnswer
from comparer.texts import Language, text
from comparer.ui import rendering, units
from comparer.ui.run_grid import people_html
from comparer.ui.run_rendering import model_colours
from comparer.ui.thumbnails import picture_html


def case_html(
    case: RunCase, models: Sequence[RunModel], answers: Sequence[RunAnswer], item: str, language: Language
) -> str:
    """The case turn by turn; `item` is what its item is called."""
    alt, missing = text("grid.picture", language, case=case.id), text("history.picture_gone", language)
    pictures = "".join(picture_html(picture, alt, missing) for picture in case.pictures)
    by_place: dict[tuple[int, str], list[RunAnswer]] = {}
    for answer in answers:
        by_place.setdefault((answer.place.turn, answer.place.model), []).append(answer)
    turns = "".join(_turn_html(number, turn, models, by_place, language) for number, turn in enumerate(case.turns))
    facts = [item, text("grid.turns", language, count=len(case.turns))]
    if case.key:
        facts.append(text("grid.key", language))
    return (
        f"<article class='read run-case'><header class='read-head'><h3 id='case-title' tabindex='-1'>"
        f"{escape(case.id)}</h3><p>{escape(' · '.join(facts))}</p></header>"
        f"<div class='case-pictures'>{pictures}</div>{turns}</article>"
    )


def _turn_html(
    number: int,
    turn: RunTurn,
    models: Sequence[RunModel],
    answers: Mapping[tuple[int, str], list[RunAnswer]],
    language: Language,
) -> str:
    colours = model_colours(models)
    reference = ""
    if turn.reference:
        label = escape(text("grid.reference", language))
        reference = f"<p class='reference'><b>{label}</b> <span dir='auto'>{escape(turn.reference)}</span></p>"
    columns = "".join(
        f"<section class='read-answer {colours[model.key]}'><h5><span class='dot' aria-hidden='true'></span>"
        f"{escape(model.label)}</h5>{_answers_html(answers.get((number, model.key), []), language)}</section>"
        for model in models
    )
    return (
        f"<section class='read-turn'><h4><span>{number + 1}</span><q dir='auto'>{escape(turn.question)}</q></h4>"
        f"{reference}<div class='read-answers'>{columns}</div></section>"
    )


def _answers_html(answers: Sequence[RunAnswer], language: Language) -> str:
    """One model's answers to one question, repeat by repeat."""
    if not answers:
        return f"<p class='col-note'>{escape(text('outcome.missing', language))}</p>"
    several = len(answers) > 1
    return "".join(_answer_html(answer, several, language) for answer in answers)


def _answer_html(kept: RunAnswer, several: bool, language: Language) -> str:
    answer = kept.answer
    repeat = ""
    if several:
        repeat = f"<h6>{escape(text('grid.repeat', language, number=kept.place.repeat + 1))}</h6>"
    ended = ended_words(answer, language)
    state = f"<p class='state'>{escape(ended)}</p>" if ended else ""
    column = kept_column(StoredAnswer(kept.answer_id, answer))
    place = escape(kept.conversation_id)
    words = escape(text("fit.answer_origin", language))
    link = f"<a href='?conversation={place}' data-conversation='{place}'>{words}</a>"
    return (
        f"{repeat}<div class='read-text' dir='auto'>{markdown_html(answer.text, line_breaks=True)}</div>{state}"
        f"{score_html(kept.score, language)}{people_html(kept.ratings, kept.accepted, language)}"
        f"{rendering.tiles(column, language, hidden=False, device=answer.device)}<p class='origin'>{link}</p>"
    )


def score_html(score: AutomaticScore | None, language: Language) -> str:
    """What the check says, with its reason; nothing where there is none."""
    if score is None:
        return ""
    kind, mark = ("meets", "✓") if score.passed else ("fails", "✗")
    share = "" if score.score in {0.0, 1.0} else f" {units.percent(score.score)}"
    reason = text(f"check.{score.code}", language, **score.parameters)
    label = text("grid.check_passed" if score.passed else "grid.check_failed", language)
    return f"<p class='own-rating {kind}'>{mark} {escape(label)}{share}: {escape(reason)}</p>"
