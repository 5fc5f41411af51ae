"""Functions from kept conversations to the HTML of the History tab. Everything foreign is escaped.

Knows nothing of Gradio. While a conversation is blind it names no model and shows no figure of one.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape

from comparer.dialogue import kept_column
from comparer.errors import InputError
from comparer.export.conversation_file import ConversationFile, ended_words, rating_words
from comparer.export.source import minute
from comparer.fit.recommendation import item_name
from comparer.lineup import Lineup
from comparer.markup import markdown_html
from comparer.palette import COLOURS
from comparer.store import ConversationSummary, HistoryPage, StoredAnswer, StoredTurn
from comparer.texts import Language, text
from comparer.transcript import Transcript, attempts
from comparer.ui import rendering
from comparer.ui.context import Context
from comparer.ui.thumbnails import picture_html, thumbnail_html

MAX_ROW_QUESTION = 160
"""Characters of a first question in the list."""


def item_names(context: Context, language: Language) -> dict[str, str]:
    """What every test item is called, archived ones too, by key."""
    return {item.key: item_name(item, language) for item in context.store.items(include_archived=True)}


def list_html(page: HistoryPage, opened: str, items: Mapping[str, str], language: Language) -> str:
    """The rows of a page, each a link that opens its conversation; `opened` is the one being read."""
    if not page.conversations:
        return f"<p class='history-empty'>{escape(text('history.nothing_found', language))}</p>"
    rows = "".join(_row(summary, summary.id == opened, items, language) for summary in page.conversations)
    return f"<ul class='conversations'>{rows}</ul>"


def count_html(page: HistoryPage, before: int, language: Language) -> str:
    """The line that says which of the conversations are shown; `before` have been on newer pages."""
    shown = len(page.conversations)
    key = "history.count_more" if page.next else "history.count_last"
    said = text(key, language, first=before + 1, last=before + shown) if shown else ""
    return f"<p class='history-count' role='status'>{escape(said)}</p>"


def confirm_html(summary: ConversationSummary, language: Language) -> str:
    """The question before a conversation is deleted: how many ratings go with it."""
    sentence = text("history.confirm_delete", language, turns=summary.turns, ratings=summary.ratings)
    return f"<p class='confirm-delete' role='alert'>{escape(sentence)}</p>"


def nothing_opened_html(language: Language) -> str:
    """What stands in the place of a conversation before one is opened."""
    return f"<p class='history-empty'>{escape(text('history.choose', language))}</p>"


def _star(starred: bool, language: Language) -> str:
    kept = escape(text("history.kept", language))
    return f" <b class='star' title='{kept}' role='img' aria-label='{kept}'>★</b>" if starred else ""


def _row(summary: ConversationSummary, opened: bool, items: Mapping[str, str], language: Language) -> str:
    question = summary.first_question
    if len(question) > MAX_ROW_QUESTION:
        question = question[:MAX_ROW_QUESTION].rstrip() + "…"
    item = items.get(summary.item, summary.item)
    names = " · ".join(part for part in (item, summary.lineup, summary.reviewer) if part)
    counts = text("history.counts", language, turns=summary.turns, ratings=summary.ratings)
    current = " aria-current='true'" if opened else ""
    return (
        f"<li><a class='conversation' href='?conversation={escape(summary.id)}' "
        f"data-conversation='{escape(summary.id)}'{current}>{thumbnail_html(summary.picture)}"
        f"<span class='conversation-text'><b dir='auto'>{escape(question)}</b><span>{escape(names)}</span>"
        f"<span>{_time(summary.created_at)} · {escape(counts)}"
        f"{_badge(summary.blind, summary.hidden, language)}{_star(summary.starred, language)}</span>"
        f"</span></a></li>"
    )


def _time(moment: datetime) -> str:
    return f"<time datetime='{moment.astimezone(UTC).isoformat(timespec='seconds')}'>{minute(moment)}</time>"


def _badge(blind: bool, hidden: bool, language: Language) -> str:
    if not blind:
        return ""
    key = "history.blind_hidden" if hidden else "history.blind_revealed"
    return f" <i class='badge'>{escape(text(key, language))}</i>"


def kept_lineup(context: Context, name: str) -> Lineup | None:
    """The lineup of that name as it is today: this dashboard's or one that ships; None for any other."""
    return context.of(name).lineup if context.knows(name) else None


class Reading:
    """Renders one conversation for one reviewer in a language."""

    def __init__(
        self, context: Context, transcript: Transcript, summary: ConversationSummary, language: Language
    ) -> None:
        self._transcript = transcript
        self._summary = summary
        self._language = language
        self._items = item_names(context, language)
        self._lineup = kept_lineup(context, summary.lineup)
        # A model that its lineup no longer has is called by its key.
        labels = self._lineup.labels if self._lineup else {}
        self.file = ConversationFile(transcript, self._items.get(summary.item, summary.item), labels, language)

    def html(self, obstacle: InputError | None) -> str:
        """The conversation, turn by turn; `obstacle` is why it cannot be continued here."""
        turns = self._transcript.conversation.turns
        body = "".join(self._turn(number, turn) for number, turn in enumerate(turns, start=1))
        note = f"<p class='read-note'>{escape(obstacle.sentence(self._language))}</p>" if obstacle else ""
        hidden = ""
        if self._transcript.conversation.hidden:
            hidden = f"<p class='read-note'>{escape(self._say('history.hidden'))}</p>"
        empty = "" if turns else f"<p class='history-empty'>{escape(self._say('history.no_turns'))}</p>"
        return f"<article class='read'>{self._head()}{note}{hidden}{body}{empty}</article>"

    def _say(self, key: str, /, **parameters: object) -> str:
        return text(key, self._language, **parameters)

    def _head(self) -> str:
        summary = self._summary
        facts = [
            f"<span>{escape(self._say('history.begun', name=summary.reviewer or self._say('chart.unnamed')))}</span>",
            f"<span>{escape(self.file.item_name or self._say('compare.no_item'))}</span>",
            f"<span>{escape(summary.lineup)}</span>",
            f"<span>{escape(self._say('history.counts', turns=summary.turns, ratings=summary.ratings))}</span>",
        ]
        link = (
            f"<button type='button' class='copy-link' data-copy='{escape(summary.id)}' "
            f"data-copied='{escape(self._say('history.link_copied'))}'>{escape(self._say('history.copy_link'))}</button>"
        )
        badge = _badge(summary.blind, summary.hidden, self._language)
        return (
            f"<header class='read-head'><h2 tabindex='-1'>{_time(summary.created_at)}{badge}</h2>{link}"
            f"<p>{' · '.join(facts)}</p></header>"
        )

    def _turn(self, number: int, turn: StoredTurn) -> str:
        alt, missing = self._say("history.picture", number=number), self._say("history.picture_gone")
        pictures = "".join(picture_html(picture, alt, missing) for picture in turn.pictures)
        answers = "".join(self._column(turn, position) for position in range(len(self._transcript.order)))
        vote = self.file.vote(turn)
        voted = f"<p class='read-vote'>{escape(self._say('history.vote', what=vote))}</p>" if vote else ""
        return (
            f"<section class='read-turn'>{pictures}"
            f"<h3><span>{number}</span><q dir='auto'>{escape(turn.question)}</q></h3>"
            f"<div class='read-answers'>{answers}</div>{voted}</section>"
        )

    def _column(self, turn: StoredTurn, position: int) -> str:
        model = self._transcript.order[position]
        *earlier, last = attempts(turn, model) or (None,)
        head = f"<h4><span class='dot' aria-hidden='true'></span>{escape(self.file.name(model))}</h4>"
        if last is None:
            body = f"<p class='col-note'>{escape(self._say('history.no_answer'))}</p>"
        else:
            hidden = self._transcript.conversation.hidden
            figures = rendering.tiles(kept_column(last), self._language, hidden, last.answer.device)
            body = self._answer(last) + ("" if hidden and last.answer.failure is None else figures)
        before = ""
        if earlier:
            count = escape(self._say("history.earlier", count=len(earlier)))
            answers = "".join(self._answer(kept) for kept in earlier if kept)
            before = f"<details class='earlier'><summary>{count}</summary>{answers}</details>"
        return f"<section class='read-answer {self._colour(model)}'>{head}{body}{before}</section>"

    def _answer(self, kept: StoredAnswer) -> str:
        answer, rating = kept.answer, self._transcript.ratings.get(kept.id)
        said = ended_words(answer, self._language)
        ended = f"<p class='state {kept_column(kept).state}'>{escape(said)}</p>" if said else ""
        verdict = ""
        if rating is not None:
            kind, mark = ("meets", "✓") if rating.acceptable else ("fails", "✗")
            verdict = f"<p class='own-rating {kind}'>{mark} {escape(rating_words(rating, self._language))}</p>"
        return (
            f"<div class='read-text' dir='auto'>{markdown_html(answer.text, line_breaks=True)}</div>{ended}{verdict}"
        )

    def _colour(self, model: str) -> str:
        """The model's own colour; the neutral one while hidden, and for a model whose place is not known."""
        if self._transcript.conversation.hidden or self._lineup is None or model not in self._lineup.keys:
            return rendering.HIDDEN_COLOUR
        return COLOURS[self._lineup.keys.index(model)]
