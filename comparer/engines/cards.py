"""What the graphics driver says of its cards, by NVML: several cards, MIG slices, cards and drivers that fail.

NVML is imported on first use; without it, or without a driver, there are no cards.
"""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class CardReading:
    """One graphics card, or one MIG slice of one, as its driver sees it, all processes together."""

    index: int
    """The card's number by the driver; slices have their card's."""
    name: str
    used_bytes: int | None
    """None where the driver does not tell, as of a card that fell off its bus."""
    total_bytes: int | None
    slice_index: int | None = None
    """The number of the MIG slice, None for a whole card."""


@dataclass(frozen=True, slots=True)
class Cards:
    """All cards. "absent": no driver (or no NVML) is here; "failing": there is one and it does not answer."""

    state: Literal["read", "absent", "failing"]
    cards: tuple[CardReading, ...] = ()
    problem: str = ""
    """What a failing driver said."""


_ABSENT = ("NVMLError_LibraryNotFound", "NVMLError_DriverNotLoaded")
PATIENCE_S = 1.0
"""How long to wait for somebody else's question to a driver that hangs."""
_lock = threading.Lock()
_started: Any = None
"""The binding once NVML runs; it is started anew after the driver stopped answering."""


def read_cards() -> Cards:
    """All NVIDIA cards and MIG slices. Never raises for what a driver does. From any thread."""
    try:
        import pynvml
    except ImportError:
        return Cards("absent")
    if not _lock.acquire(timeout=PATIENCE_S):
        return Cards("failing", problem=f"no answer in {PATIENCE_S:g} s")
    try:
        return _ask(pynvml)
    finally:
        _lock.release()


def _ask(nvml: Any) -> Cards:
    try:
        _start(nvml)
        count = int(nvml.nvmlDeviceGetCount())
    except (nvml.NVMLError, OSError) as error:
        _stop(nvml)
        absent = type(error).__name__ in _ABSENT
        return Cards("absent") if absent else Cards("failing", problem=str(error) or type(error).__name__)
    return Cards("read", tuple(card for index in range(count) for card in _read_card(nvml, index)))


def _start(nvml: Any) -> None:
    global _started  # noqa: PLW0603 - NVML itself is one for the process
    if _started is not nvml:
        nvml.nvmlInit()
        _started = nvml


def _stop(nvml: Any) -> None:
    global _started  # noqa: PLW0603
    if _started is nvml:
        with contextlib.suppress(nvml.NVMLError, OSError):
            nvml.nvmlShutdown()
    _started = None


def _read_card(nvml: Any, index: int) -> tuple[CardReading, ...]:
    """The card's slices where it is cut into some, else the card; one that fails is there without figures."""
    try:
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        name = _name(nvml, handle)
    except nvml.NVMLError:
        return (CardReading(index, f"GPU {index}", None, None),)
    return tuple(_slices(nvml, handle, index, name)) or (CardReading(index, name, *_memory(nvml, handle)),)


def _slices(nvml: Any, handle: Any, index: int, card_name: str) -> Iterator[CardReading]:
    """MIG slices; a cut card's own figures are for administrators only (NVML API, nvmlDeviceGetMemoryInfo)."""
    try:
        if nvml.nvmlDeviceGetMigMode(handle)[0] != nvml.NVML_DEVICE_MIG_ENABLE:
            return
        most = nvml.nvmlDeviceGetMaxMigDeviceCount(handle)
    except nvml.NVMLError:  # older cards know no MIG
        return
    for number in range(most):
        try:
            piece = nvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, number)
            name = _name(nvml, piece)
        except nvml.NVMLError:  # no slice has this number
            continue
        yield CardReading(
            index, name if "MIG" in name else f"{card_name} MIG {number}", *_memory(nvml, piece), slice_index=number
        )


def _memory(nvml: Any, handle: Any) -> tuple[int | None, int | None]:
    try:
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    except nvml.NVMLError:
        return None, None
    return int(memory.used), int(memory.total)


def _name(nvml: Any, handle: Any) -> str:
    name = nvml.nvmlDeviceGetName(handle)
    return name.decode() if isinstance(name, bytes) else str(name)
