"""The memory gauge in the header: pure, from one reading to HTML."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from comparer.engines.cards import CardReading
from comparer.engines.memory import DeviceMemory
from comparer.texts import Language, text
from comparer.ui import units

MOST_CHIPS = 2
"""More devices than this are one chip with their sum; its hint names each."""


class _Gauge(NamedTuple):
    name: str
    used_bytes: int | None
    total_bytes: int | None
    hint: str


def gauge_html(memory: DeviceMemory, language: Language) -> str:
    """The memory in use: every graphics card, or this process where none can be read; a failing driver is named."""
    gauges = _of_cards(memory, language) or _of_torch(memory, language) or [_of_process(memory, language)]
    if len(gauges) > MOST_CHIPS:
        gauges = [_together(gauges, _held_by_torch(memory, language), language)]
    chips = [_chip(gauge, language) for gauge in gauges]
    if memory.cards.state == "failing":
        hint = text("app.driver_failing_hint", language, problem=memory.cards.problem)
        said = text("app.driver_failing", language)
        chips.append(f"<span class='chip memory warning' title='{escape(hint)}'>{escape(said)}</span>")
    return f"<div class='facts'>{''.join(chips)}</div>"


def _of_cards(memory: DeviceMemory, language: Language) -> list[_Gauge]:
    cards = memory.cards.cards
    held = _held_by_torch(memory, language)
    return [
        _Gauge(_card_name(card, cards), card.used_bytes, card.total_bytes, _card_hint(card, language) + held)
        for card in cards
    ]


def _card_name(card: CardReading, cards: Sequence[CardReading]) -> str:
    """The driver's name of a lone card; numbers where there are more, whose names would not fit the header."""
    if len(cards) == 1:
        return card.name.removeprefix("NVIDIA ")
    if card.slice_index is None:
        return f"GPU {card.index}"
    piece = card.name[card.name.index("MIG") :]
    return piece if all(other.index == card.index for other in cards) else f"GPU {card.index} {piece}"


def _card_hint(card: CardReading, language: Language) -> str:
    if card.used_bytes is None or card.total_bytes is None:
        said = text("app.memory_untold_hint", language)
    else:
        key = "app.memory_hint_gpu" if card.slice_index is None else "app.memory_hint_slice"
        said = text(key, language, free=units.size(card.total_bytes - card.used_bytes))
    return f"{card.name}\n{said}"


def _of_torch(memory: DeviceMemory, language: Language) -> list[_Gauge]:
    """Cards as torch sees them, where the driver cannot be asked and torch has something on them."""
    held = _held_by_torch(memory, language)
    return [
        _Gauge(
            reading.device, total - free, total, text("app.memory_hint_gpu", language, free=units.size(free)) + held
        )
        for reading in memory.torch
        if reading.memory is not None
        for free, total in [reading.memory]
    ]


def _of_process(memory: DeviceMemory, language: Language) -> _Gauge:
    hint = text("app.memory_hint", language, free=units.size(memory.available_bytes))
    used = memory.process_bytes
    return _Gauge(text("app.memory", language), used, used + memory.available_bytes, hint)


def _held_by_torch(memory: DeviceMemory, language: Language) -> str:
    """A line for every card on which this program holds memory."""
    return "".join(
        "\n"
        + text(
            "app.memory_torch",
            language,
            device=reading.device,
            allocated=units.size(reading.allocated_bytes),
            reserved=units.size(reading.reserved_bytes),
        )
        for reading in memory.torch
    )


def _together(gauges: Sequence[_Gauge], held: str, language: Language) -> _Gauge:
    """One gauge for many: sums of what is known, and a line for each."""
    known = [(one.used_bytes, one.total_bytes) for one in gauges if one.used_bytes is not None and one.total_bytes]
    hint = "\n".join(f"{one.name}: {_said(one, language)}" for one in gauges) + held
    name = text("app.memory_devices", language, count=len(gauges))
    if not known:
        return _Gauge(name, None, None, hint)
    return _Gauge(name, sum(used for used, _ in known), sum(total for _, total in known), hint)


def _said(gauge: _Gauge, language: Language) -> str:
    if gauge.used_bytes is None or gauge.total_bytes is None:
        return text("app.memory_untold", language)
    free = gauge.total_bytes - gauge.used_bytes
    return text("app.memory_chip", language, used=units.size(gauge.used_bytes), free=units.size(free))


def _chip(gauge: _Gauge, language: Language) -> str:
    bar = ""
    if gauge.used_bytes is not None and gauge.total_bytes:
        share = min(100.0, gauge.used_bytes / gauge.total_bytes * 100)
        bar = f"<span class='gauge' aria-hidden='true'><i style='width:{share:.1f}%'></i></span>"
    return (
        f"<span class='chip memory' title='{escape(gauge.hint)}'><span class='muted'>{escape(gauge.name)}</span>"
        f"{bar}{escape(_said(gauge, language))}</span>"
    )
