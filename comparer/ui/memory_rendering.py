"""The panel "Memory": pure, from readings to HTML. Everything foreign is escaped.

Knows nothing of Gradio. While it would tell who is who in a blind conversation, it shows nothing of single models.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil
from typing import Literal

from comparer.engines.cards import CardReading
from comparer.engines.memory import DeviceMemory
from comparer.engines.residency import Stay
from comparer.records import Loading
from comparer.texts import Language, text
from comparer.ui import units
from comparer.ui.rendering import loading_words
from comparer.ui.rights import for_deed

OLD_S = 15.0
"""A reading older than this is said to be old: the driver keeps whoever asks it waiting."""

RowState = Literal["unloaded", "loading", "ready", "answering", "served"]


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model as it stands."""

    label: str
    colour: str
    precision: str
    device: str
    state: RowState
    stay: Stay
    place: int | None = None
    """Its place in the lineup; None for a model of another lineup, which a run has brought in."""
    weights_bytes: int | None = None
    loading: Loading | None = None


def span(seconds: float, language: Language) -> str:
    """A length of time in one unit: "40 s", "12 min", "3 h"."""
    if seconds < 120:
        return text("memory.seconds", language, count=ceil(seconds))
    if seconds < 7200:
        return text("memory.minutes", language, count=round(seconds / 60))
    return text("memory.hours", language, count=round(seconds / 3600))


# --- devices -----------------------------------------------------------------------------------------


def devices_html(memory: DeviceMemory, age_s: float, budget_bytes: int | None, language: Language) -> str:
    """One row for each card or slice, for what torch holds on one, and for this process; says what cannot be told."""
    rows = [_card_row(card, memory, language) for card in memory.cards.cards]
    for held in memory.torch:
        used = None if held.memory is None else held.memory.total_bytes - held.memory.free_bytes
        total = None if held.memory is None else held.memory.total_bytes
        says = text(
            "memory.torch", language,
            allocated=units.size(held.allocated_bytes), reserved=units.size(held.reserved_bytes),
        )  # fmt: skip
        rows.append(_row(text("memory.program_on", language, device=held.device), used, total, says, language))
    room = memory.process_bytes + memory.available_bytes
    says = text("memory.host", language, total=units.size(memory.total_bytes))
    rows.append(_row(text("memory.process", language), memory.process_bytes, room, says, language))
    heads = "".join(f"<th scope='col'>{escape(text(f'memory.head_{name}', language))}</th>" for name in _HEADS)
    caption = escape(text("memory.devices", language))
    return (
        f"<div class='fit-scroll'><table class='memory-table' aria-label='{caption}'><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>{_notes(memory, age_s, budget_bytes, language)}"
    )


_HEADS = ("device", "used", "free", "note")


def _card_row(card: CardReading, memory: DeviceMemory, language: Language) -> str:
    number = f"GPU {card.index}: " if len(memory.cards.cards) > 1 else ""
    kind = "card" if card.slice_index is None else "slice"
    says = text(f"memory.all_programs_{kind}" if card.used_bytes is not None else "app.memory_untold_hint", language)
    return _row(f"{number}{card.name}", card.used_bytes, card.total_bytes, says, language)


def _row(name: str, used: int | None, total: int | None, says: str, language: Language) -> str:
    bar, free, head = "", units.UNKNOWN, escape(text("memory.head_free", language))
    if used is not None and total:
        share = min(100.0, 100 * used / total)
        bar = f"<span class='gauge' aria-hidden='true'><i style='width:{share:.1f}%'></i></span>"
        free = text("memory.free_of", language, free=units.size(total - used), total=units.size(total))
    return (
        f"<tr><th scope='row'>{escape(name)}</th><td>{bar}{escape(units.size(used))}</td>"
        f"<td data-head='{head}'>{escape(free)}</td><td>{escape(says)}</td></tr>"
    )


def _notes(memory: DeviceMemory, age_s: float, budget_bytes: int | None, language: Language) -> str:
    notes = []
    if memory.cards.state == "failing":
        notes.append(("warning", text("app.driver_failing_hint", language, problem=memory.cards.problem)))
    elif not memory.cards.cards:
        notes.append(("", text("memory.no_nvml" if memory.torch else "memory.no_card", language)))
    if age_s > OLD_S:
        notes.append(("warning", text("memory.old", language, age=span(age_s, language))))
    if budget_bytes is not None:
        notes.append(("", text("memory.budget", language, budget=units.size(budget_bytes))))
    return "".join(f"<p class='memory-note {kind}'>{escape(note)}</p>" for kind, note in notes)


# --- models ------------------------------------------------------------------------------------------


def models_html(rows: Sequence[ModelRow], now_s: float, secretive: str, language: Language) -> str:
    """One row for each model with its buttons, and one button for all; names only where `secretive` says why."""
    admins = f" class='{for_deed('models.load')}'"
    release = _button("", "release_all", text("memory.release_all", language), language, admins)
    head = f"<div class='memory-head'><h3>{escape(text('memory.models', language))}</h3>{release}</div>"
    if secretive:
        names = "".join(f"<li>{_name(row)}</li>" for row in rows)
        said = escape(text(secretive, language))
        return f"{head}<p class='memory-note' role='status'>{said}</p><ul class='memory-names'>{names}</ul>"
    listed = "".join(_model_row(row, now_s, language) for row in rows)
    return f"{head}<ul class='memory-models'>{listed}</ul>"


def _name(row: ModelRow) -> str:
    return (
        f"<span class='{row.colour}'><span class='dot' aria-hidden='true'></span></span>"
        f"<b>{escape(row.label)}</b><span class='memory-precision'>{escape(row.precision)}</span>"
    )


def _model_row(row: ModelRow, now_s: float, language: Language) -> str:
    facts = " · ".join(_facts(row, now_s, language))
    return (
        f"<li class='memory-model {row.state}' data-place='{'' if row.place is None else row.place}'>"
        f"<span class='memory-name'>{_name(row)}</span>"
        f"<span class='memory-state'>{escape(_state_words(row, language))}</span>"
        f"<span class='memory-facts'>{escape(facts)}</span>{_buttons(row, language)}</li>"
    )


def _state_words(row: ModelRow, language: Language) -> str:
    if row.state == "loading" and row.loading is not None:
        return loading_words(row.loading, language)
    return text(f"memory.state_{row.state}", language)


def _facts(row: ModelRow, now_s: float, language: Language) -> list[str]:
    """Weights, device, last use, pin, and what becomes of it, as far as each is known."""
    if row.state == "served":
        return [text("memory.served", language, endpoint=row.device)]
    stay, leaving = row.stay, row.stay.leaving
    facts = []
    if row.weights_bytes is not None:
        facts.append(text("memory.weights", language, size=units.size(row.weights_bytes), device=row.device))
    if row.state == "ready" and stay.used_s is not None:
        facts.append(_ago("memory.used", now_s - stay.used_s, language))
    if stay.pinned:
        facts.append(text("memory.pinned", language))
    if row.state == "ready" and stay.idle_left_s is not None:
        facts.append(text("memory.released_in", language, time=span(stay.idle_left_s, language)))
    if leaving is not None:
        facts.append(_ago(f"memory.left_{leaving.why}", now_s - leaving.at_s, language, model=leaving.newcomer))
        if leaving.freed_bytes > 0:
            facts.append(text("memory.freed", language, size=units.size(leaving.freed_bytes)))
    return facts


def _ago(key: str, seconds: float, language: Language, **words: str) -> str:
    """By the minute, so that a row that nothing happens to stays as it is."""
    minutes = int(seconds // 60)
    when = text("memory.just_now", language)
    if minutes:
        unit, count = ("minutes", minutes) if minutes < 120 else ("hours", round(minutes / 60))
        when = text("memory.ago", language, time=text(f"memory.{unit}", language, count=count))
    return text(key, language, when=when, **words)


def _buttons(row: ModelRow, language: Language) -> str:
    if row.state == "served" or row.place is None:
        return ""
    if row.state == "unloaded":
        first = _button(row.label, "load", text("memory.load", language), language, "")
    else:
        first = _button(
            row.label, "release", text("memory.release", language), language, "",
            disabled=row.state == "loading",
        )  # fmt: skip
    pressed = " aria-pressed='true'" if row.stay.pinned else " aria-pressed='false'"
    pin = _button(row.label, "unpin" if row.stay.pinned else "pin", text("memory.pin", language), language, pressed)
    return f"<span class='memory-actions {for_deed('models.load')}'>{first}{pin}</span>"


def _button(label: str, act: str, words: str, language: Language, attributes: str, disabled: bool = False) -> str:
    """A button with the model's name for whoever does not see its row."""
    name = f"{words} {label}".strip()
    hint = escape(text(f"memory.hint_{act}", language))
    off = " disabled" if disabled else ""
    return (
        f"<button type='button' data-act='{act}' aria-label='{escape(name)}' title='{hint}'{attributes}{off}>"
        f"{escape(words)}</button>"
    )
