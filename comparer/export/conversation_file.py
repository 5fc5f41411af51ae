"""One conversation as a file to hand on: questions, answers by model, figures, and the reader's own ratings.

While the conversation is blind, its file names no model and holds no figure: either would give the models away.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from comparer.engines.memory import readable_size
from comparer.errors import InputError
from comparer.export.files import write_whole
from comparer.export.markdown_file import plain
from comparer.export.rows import moment
from comparer.export.source import minute
from comparer.markup import harmless
from comparer.records import Answer, Metrics, Rating
from comparer.store import StoredAnswer, StoredTurn
from comparer.texts import Language, locale, text
from comparer.transcript import Transcript, attempts

_NOT_MEASURED = "–"
_ENDED = {"length": "state.length", "cancelled": "state.stopped", "error": "state.failed"}


@dataclass(frozen=True, slots=True)
class ConversationFile:
    """What is written: a transcript, the name of its test item, what its models are called, and the language."""

    transcript: Transcript
    item_name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    """A key without a label is called by itself."""
    language: Language = "en"

    def say(self, key: str, /, **parameters: object) -> str:
        """The text of `key` in the language of the file."""
        return text(key, self.language, **parameters)

    def name(self, model: str) -> str:
        """What a model is called: its label, or a letter while hidden."""
        if self.transcript.conversation.hidden:
            return self.say("compare.blind_name", letter=self.transcript.letter(model))
        return self.labels.get(model, model)

    def vote(self, turn: StoredTurn) -> str:
        """What was voted in a turn, in words; empty without a vote."""
        vote = self.transcript.vote(turn)
        return self.say(f"compare.{vote}") if vote in {"tie", "none"} else self.name(vote) if vote else ""


def write_conversation(source: ConversationFile, format_name: str, folder: Path) -> Path:
    """Write a conversation as `format_name` (a key of `CONVERSATION_FORMATS`) into a folder; returns the file.

    Raises InputError `unknown_format` or `export_not_written`.
    """
    if format_name not in CONVERSATION_FORMATS:
        raise InputError("unknown_format", format=format_name, known=", ".join(CONVERSATION_FORMATS))
    suffix, make = CONVERSATION_FORMATS[format_name]
    conversation = source.transcript.conversation
    day = conversation.created_at.astimezone(UTC).date().isoformat()
    target = folder / f"conversation-{day}-{conversation.id[:8]}{suffix}"
    return write_whole(target, lambda file: _write(file, make(source)))


def _write(file: Path, content: str) -> None:
    file.write_text(content, "utf-8")


# --- JSON --------------------------------------------------------------------------------------------------


def conversation_json(source: ConversationFile) -> str:
    """The conversation as JSON; times ending in `_s` are seconds, sizes in `_bytes` bytes."""
    transcript = source.transcript
    kept = transcript.conversation
    whole = {
        "exported_at": moment(datetime.now(UTC)),
        "conversation_id": kept.id,
        "created_at": moment(kept.created_at),
        "begun_by": kept.conversation.reviewer,
        "reviewer": transcript.reviewer,
        "lineup": kept.conversation.lineup,
        "item": kept.conversation.item,
        "item_name": source.item_name,
        "blind": kept.conversation.blind,
        "names_hidden": kept.hidden,
        "turns": [_turn_json(source, turn) for turn in kept.turns],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _turn_json(source: ConversationFile, turn: StoredTurn) -> dict[str, Any]:
    vote = source.transcript.vote(turn)
    return {
        "turn_id": turn.id,
        "question": turn.question,
        "pictures": [
            {"sha256": picture.sha256, "width": picture.width, "height": picture.height} for picture in turn.pictures
        ],
        "vote": _key(source, vote) if vote in source.transcript.order else vote or None,
        "answers": [
            _answer_json(source, kept) for model in source.transcript.order for kept in attempts(turn, model)
        ],
    }


def _answer_json(source: ConversationFile, kept: StoredAnswer) -> dict[str, Any]:
    answer, rating = kept.answer, source.transcript.ratings.get(kept.id)
    shown = {
        "answer_id": kept.id,
        "model": _key(source, answer.model),
        "label": source.name(answer.model),
        "text": answer.text,
        "stop_reason": answer.stop_reason,
        "rating": None if rating is None else _rating_json(rating),
    }
    return shown if source.transcript.conversation.hidden else shown | _identity_json(answer)


def _identity_json(answer: Answer) -> dict[str, Any]:
    """What would tell which model it is."""
    return {
        "model_id": answer.model_id,
        "precision": answer.precision,
        "device": answer.device,
        "failure": answer.failure.code if answer.failure else None,
        "dropped_turns": answer.dropped_turns,
        "metrics": asdict(answer.metrics),
        "sampling": asdict(answer.sampling),
    }


def _rating_json(rating: Rating) -> dict[str, Any]:
    return {
        "acceptable": rating.acceptable,
        "reasons": list(rating.reasons),
        "note": rating.note,
        "blind": rating.blind,
    }


def _key(source: ConversationFile, model: str) -> str:
    return source.transcript.letter(model) if source.transcript.conversation.hidden else model


# --- Markdown ----------------------------------------------------------------------------------------------


def conversation_markdown(source: ConversationFile) -> str:
    """The conversation as Markdown: an answer is a quotation with its own markup, everything else is plain text."""
    transcript, say = source.transcript, source.say
    kept = transcript.conversation
    facts = [
        (say("fit.item"), source.item_name or say("compare.no_item")),
        (say("filter.lineup"), kept.conversation.lineup),
        (say("history.begun_by"), kept.conversation.reviewer or say("chart.unnamed")),
        (say("history.id"), kept.id),
    ]
    own = say("history.own_only", reviewer=transcript.reviewer or say("chart.unnamed"))
    lines = [
        f"# {plain(say('history.title', when=minute(kept.created_at)))}",
        "",
        *(f"- {plain(name)}: {plain(value)}" for name, value in facts),
        "",
        plain(f"{own} {say('history.hidden')}" if kept.hidden else own),
    ]
    for number, turn in enumerate(kept.turns, start=1):
        lines += ["", *_turn_lines(source, number, turn)]
    return "\n".join(lines) + "\n"


def _turn_lines(source: ConversationFile, number: int, turn: StoredTurn) -> list[str]:
    transcript, say = source.transcript, source.say
    lines = [f"## {number}\\. {plain(turn.question)}"]
    for picture in turn.pictures:
        lines += [
            "",
            plain(f"{say('compare.picture')}: {picture.width} × {picture.height}, SHA-256 {picture.sha256}"),
        ]
    for model in transcript.order:
        for kept in attempts(turn, model):
            lines += ["", f"### {plain(source.name(model))}", "", *_answer_lines(source, kept)]
    if vote := source.vote(turn):
        lines += ["", plain(say("history.vote", what=vote))]
    if not transcript.conversation.hidden and turn.answers:
        lines += ["", *_figures(source, turn)]
    return lines


def _answer_lines(source: ConversationFile, kept: StoredAnswer) -> list[str]:
    answer, rating = kept.answer, source.transcript.ratings.get(kept.id)
    quoted = [f"> {line}".rstrip() for line in (harmless(answer.text) or "…").splitlines()]
    lines = [*quoted]
    if ended := ended_words(answer, source.language):
        lines += ["", f"({plain(ended)})"]
    if rating is not None:
        lines += ["", f"**{plain(rating_words(rating, source.language))}**"]
    return lines


def ended_words(answer: Answer, language: Language) -> str:
    """How an answer ended that did not end by itself; empty for one that did."""
    key = _ENDED.get(answer.stop_reason)
    return text(key, language) if key else ""


def rating_words(rating: Rating, language: Language) -> str:
    """A rating in one line: the verdict, its reasons and its note."""
    verdict = text("compare.accept" if rating.acceptable else "compare.refuse", language)
    known = locale(language)
    reasons = [known.get(f"reason.{reason}", reason) for reason in rating.reasons]
    details = ("、" if language == "zh" else ", ").join(reasons)
    return " · ".join(part for part in (verdict, details, rating.note) if part)


def _figures(source: ConversationFile, turn: StoredTurn) -> list[str]:
    """One line a model: the figures of its last answer."""
    say = source.say
    heads = ("", say("metric.ttft"), say("metric.speed"), say("metric.total"), say("metric.memory"), "")
    rows = [["---"] * len(heads)]
    for model in source.transcript.order:
        for kept in attempts(turn, model)[-1:]:
            metrics = kept.answer.metrics
            note = say("metric.contended") if metrics.contended else ""
            rows.append([plain(cell) for cell in (source.name(model), *_cells(metrics), note)])
    return [f"| {' | '.join(cells)} |" for cells in ([plain(head) for head in heads], *rows)]


def _cells(metrics: Metrics) -> tuple[str, ...]:
    peak = metrics.peak_memory_bytes
    return (
        _seconds(metrics.ttft_s),
        _NOT_MEASURED if metrics.tokens_per_s is None else f"{metrics.tokens_per_s:.1f}",
        _seconds(metrics.e2e_s),
        _NOT_MEASURED if peak is None else readable_size(peak),
    )


def _seconds(value: float | None) -> str:
    return _NOT_MEASURED if value is None else f"{value:.3f} s"


CONVERSATION_FORMATS: Mapping[str, tuple[str, Callable[[ConversationFile], str]]] = MappingProxyType(
    {"markdown": (".md", conversation_markdown), "json": (".json", conversation_json)}
)
"""Every format by name: the ending of its files, and what makes their content."""
