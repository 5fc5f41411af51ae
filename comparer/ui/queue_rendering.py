"""Functions from the rating queue to the HTML that shows it. Nothing in it tells of the model: no name, no figures.

Everything foreign is escaped. Knows nothing of Gradio and of the database.
"""

import json
from collections.abc import Mapping, Sequence
from html import escape

from comparer.export.conversation_file import ended_words
from comparer.export.source import minute
from comparer.markup import markdown_html
from comparer.run_records import Run, RunAnswer, RunTurn
from comparer.suites.queue_reading import ItemProgress, RatingQueue, ToRate
from comparer.texts import Language, locale, text
from comparer.ui.compare_layout import REASONS
from comparer.ui.run_rendering import run_title

BLIND_REASONS = tuple(reason for reason in REASONS if reason != "too_slow")
"""Why an answer is refused, by the keys 1 to 5; who rates blind does not see how long it took."""
_KEYS = {
    "accept": "A", "refuse": "N", "reasons": "1 2 3 4 5", "note": "W", "go_on": "Enter", "skip": "S", "undo": "U",
    "reference": "R", "enlarge": "Z", "help": "?",
}  # fmt: skip
_SAID = (
    "accepted", "refused", "skipped", "saved", "session", "pace", "fetching", "offline", "not_saved",
    "only_skipped", "picture_gone", "was_accepted", "was_refused",
    "why_last", "why_this",
)  # fmt: skip


def shell_html(language: Language) -> str:
    """The panel before anything is in it; `assets/queue.js` fills it and says the sentences in `data-words`."""
    words = {name: locale(language)[f"queue.{name}"] for name in _SAID}
    reasons = "".join(
        f"<button type='button' data-reason='{reason}' aria-pressed='false'><kbd>{number}</kbd> "
        f"{escape(text(f'reason.{reason}', language))}</button>"
        for number, reason in enumerate(BLIND_REASONS, 1)
    )
    keys = "".join(
        f"<div><dt>{''.join(f'<kbd>{key}</kbd>' for key in caps.split())}</dt>"
        f"<dd>{escape(text(f'queue.key_{name}_does', language))}</dd></div>"
        for name, caps in _KEYS.items()
    )
    said = {name: escape(text(f"queue.{name}", language)) for name in ("runs", "references", "keys", "note")}
    return (
        f"<section class='queue' data-language='{language}' data-words='{escape(json.dumps(words))}' "
        f"aria-label='{escape(text('suites.tab_rate', language))}'>"
        f"<div class='queue-top'><label class='queue-runs'><span>{said['runs']}</span>"
        f"<select data-slot='runs'></select></label>"
        f"<label class='queue-reference'><input type='checkbox' data-act='reference'> {said['references']} "
        f"<kbd>R</kbd></label><button type='button' class='queue-help' data-act='help' aria-expanded='false'>"
        f"{said['keys']} <kbd>?</kbd></button><p class='queue-session' data-slot='session'></p></div>"
        f"<dl class='queue-keys' data-slot='help' hidden>{keys}</dl>"
        f"<p class='queue-message' data-slot='message' role='alert' hidden></p>"
        f"<div class='queue-body' data-slot='body' hidden><div class='queue-pictures' data-slot='pictures'></div>"
        f"<div class='queue-card' data-slot='card' tabindex='-1'></div></div>"
        f"<p class='queue-empty' data-slot='empty'></p>"
        f"<div class='queue-bar' data-slot='bar' hidden>"
        f"<div class='queue-last'><p class='queue-noted' data-slot='noted' role='status'></p>"
        f"<p class='queue-saved' data-slot='saved'></p></div>"
        f"<div class='queue-why' data-slot='why' hidden><span data-slot='about'></span>{reasons}"
        f"<label class='queue-note'><kbd>W</kbd><input type='text' data-slot='note' maxlength='2000' "
        f"placeholder='{said['note']}' aria-label='{said['note']}'></label></div>"
        f"<div class='queue-acts'>{_button('accept', 'A', language)}{_button('refuse', 'N', language)}"
        f"{_button('skip', 'S', language)}{_button('undo', 'U', language)}</div></div>"
        f"<div class='queue-progress' data-slot='progress'></div>"
        f"<dialog class='queue-large' data-slot='large'><img alt=''></dialog></section>"
    )


def _button(act: str, key: str, language: Language) -> str:
    label = text({"accept": "compare.accept", "refuse": "compare.refuse"}.get(act, f"queue.{act}"), language)
    return f"<button type='button' class='{act}' data-act='{act}'>{escape(label)} <kbd>{key}</kbd></button>"


def run_words(run: Run, language: Language) -> str:
    """A run in the list to choose from."""
    return f"{run_title(run.request, language)} · {minute(run.created_at)}"


def card_html(one: ToRate, answers: Mapping[int, RunAnswer], items: Mapping[str, str], language: Language) -> str:
    """One answer with all that is needed to judge it: item, conversation so far, question, reference answer.

    `answers` are those of this model in this conversation, by turn.
    """
    turns, number = one.case.turns, one.answer.place.turn
    item = items.get(one.case.item, one.case.item)
    facts = [text(f"queue.because_{one.reason}", language, item=item)]
    if len(turns) > 1:
        facts.append(text("queue.turn", language, number=number + 1, turns=len(turns)))
    return (
        f"<p class='queue-because'>{escape(' · '.join(facts))}</p>{_earlier_html(turns[:number], answers, language)}"
        f"<h3><q dir='auto'>{escape(turns[number].question)}</q></h3>{_reference_html(turns[number], language)}"
        f"{_answer_html(answers[number], language)}"
    )


def _earlier_html(turns: Sequence[RunTurn], answers: Mapping[int, RunAnswer], language: Language) -> str:
    """The conversation so far, folded."""
    if not turns:
        return ""
    rows = "".join(
        f"<dt><q dir='auto'>{escape(turn.question)}</q></dt><dd>{_answer_html(answers.get(number), language)}</dd>"
        for number, turn in enumerate(turns)
    )
    label = escape(text("queue.earlier", language, count=len(turns)))
    return f"<details class='queue-earlier'><summary>{label}</summary><dl>{rows}</dl></details>"


def _reference_html(turn: RunTurn, language: Language) -> str:
    if not turn.reference:
        return ""
    label = escape(text("grid.reference", language))
    return f"<p class='reference'><b>{label}</b> <span dir='auto'>{escape(turn.reference)}</span></p>"


def _answer_html(kept: RunAnswer | None, language: Language) -> str:
    if kept is None:
        return f"<p class='col-note'>{escape(text('outcome.missing', language))}</p>"
    said = markdown_html(kept.answer.text, line_breaks=True) if kept.answer.text.strip() else ""
    said = said or f"<p><em>{escape(text('fit.answer_empty', language))}</em></p>"
    ended = ended_words(kept.answer, language)
    state = f"<p class='state'>{escape(ended)}</p>" if ended else ""
    return f"<div class='read-text' dir='auto'>{said}</div>{state}"


def progress_html(queue: RatingQueue, items: Mapping[str, str], language: Language) -> str:
    """How far every item is, and the table as a whole."""
    if not queue.items:
        return ""
    cells, decided = sum(one.cells for one in queue.items), sum(one.decided for one in queue.items)
    table = escape(text("queue.table", language, decided=decided, cells=cells))
    rows = "".join(_item_html(one, items.get(one.item, one.item), language) for one in queue.items)
    return f"<h4>{table}</h4><ul>{rows}</ul>"


def _item_html(one: ItemProgress, name: str, language: Language) -> str:
    share = 100 * one.rated / one.answers
    rated = escape(text("queue.rated", language, rated=one.rated, answers=one.answers))
    decided = escape(text("queue.decided", language, decided=one.decided, cells=one.cells))
    return (
        f"<li><b>{escape(name)}</b><span class='queue-share' aria-hidden='true'><i style='width:{share:.1f}%'></i>"
        f"</span><span>{rated}</span><span>{decided}</span></li>"
    )
