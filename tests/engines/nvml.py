"""A stand-in for the driver's binding: cards, slices, or the failure it is told to have."""

import types
from collections.abc import Sequence
from dataclasses import dataclass, field


class NVMLError(Exception):
    pass


class NVMLError_LibraryNotFound(NVMLError):  # noqa: N801, N818 - the binding's names
    pass


class NVMLError_NotSupported(NVMLError):  # noqa: N801, N818
    pass


@dataclass
class Card:
    """A card by its name and memory; `slices` cuts it (None: an older card, which knows no MIG)."""

    name: str | bytes = "NVIDIA H100 80GB HBM3"
    used: int = 10
    total: int = 100
    slices: "Sequence[Card | None] | None" = ()
    fails: Sequence[str] = field(default=())


class Nvml(types.ModuleType):
    """`fails` names what raises: "init", "count"; a card's own: "handle", "memory"."""

    NVMLError = NVMLError
    NVMLError_LibraryNotFound = NVMLError_LibraryNotFound
    NVML_DEVICE_MIG_ENABLE = 1

    def __init__(self, *cards: Card, fails: str = "", error: NVMLError | None = None) -> None:
        super().__init__("pynvml")
        self.cards = cards
        self.fails = fails
        self.error = error or NVMLError("GPU is lost")
        self.started = 0

    def _may_fail(self, where: str) -> None:
        if where == self.fails:
            raise self.error

    def nvmlInit(self) -> None:  # noqa: N802
        self._may_fail("init")
        self.started += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.started -= 1

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        self._may_fail("count")
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Card:  # noqa: N802
        card = self.cards[index]
        if "handle" in card.fails:
            raise self.error
        return card

    def nvmlDeviceGetName(self, card: Card) -> str | bytes:  # noqa: N802
        return card.name

    def nvmlDeviceGetMemoryInfo(self, card: Card) -> types.SimpleNamespace:  # noqa: N802
        if "memory" in card.fails:
            raise self.error
        return types.SimpleNamespace(used=card.used, total=card.total)

    def nvmlDeviceGetMigMode(self, card: Card) -> list[int]:  # noqa: N802
        if card.slices is None:
            raise NVMLError_NotSupported
        return [int(bool(card.slices)), 0]

    def nvmlDeviceGetMaxMigDeviceCount(self, card: Card) -> int:  # noqa: N802
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, card: Card, number: int) -> Card:  # noqa: N802
        piece = card.slices[number] if card.slices and number < len(card.slices) else None
        if piece is None:
            raise NVMLError("Not Found")
        return piece


GIB = 2**30
ONE = (Card(used=20 * GIB, total=80 * GIB),)
TWO = (Card(used=20 * GIB, total=80 * GIB), Card(used=1 * GIB, total=80 * GIB))
MIG = (
    Card(
        fails=("memory",),
        slices=(
            Card("NVIDIA H100 80GB HBM3 MIG 3g.40gb", 30 * GIB, 40 * GIB),
            None,
            Card("NVIDIA H100 80GB HBM3 MIG 1g.10gb", 1 * GIB, 10 * GIB),
        ),
    ),
)
