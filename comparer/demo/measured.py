"""What is known of a demo checkpoint: its size, its measured scores, its card, as they lie in its folder.

Files that are missing, broken or of another shape give None or an empty text, never an error: a page must open
whatever folder a lineup names. Knows nothing of how scores are made or shown.
"""

import datetime
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from comparer.engines.checkpoint import count_parameters

SCORES_NAME = "evaluation.json"
CARD_NAME = "README.md"
CARD_LIMIT_BYTES = 200_000


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True)


class ItemScore(_Read):
    """Share of right answers on one test item, with its 95 % interval; all shares from 0 to 1."""

    accuracy: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)
    n: int = Field(ge=1)
    """Questions asked."""
    chance: float | None = Field(default=None, ge=0, le=1)
    """Share that a guess in the right form would get."""


class Measured(_Read):
    """The scores of one evaluation, by the key of the test item."""

    date: datetime.date
    device: str = Field(min_length=1, max_length=40)
    precision: str = Field(min_length=1, max_length=20)
    pictures: int = Field(ge=1)
    items: dict[str, ItemScore] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class DemoFacts:
    """`parameters` and `measured` are None where the folder does not tell; `card` is Markdown, empty without one."""

    parameters: int | None = None
    measured: Measured | None = None
    card: str = ""


def read_demo_facts(folder: Path) -> DemoFacts:
    """Everything that `folder` says about its checkpoint."""
    if not folder.is_dir():
        return DemoFacts()
    return DemoFacts(_parameters(folder), read_measured(folder), read_card(folder))


def read_measured(folder: Path) -> Measured | None:
    """The scores in `folder`; None when there are none that can be understood."""
    try:
        return Measured.model_validate_json((folder / SCORES_NAME).read_bytes())
    except (OSError, ValueError):
        return None


def read_card(folder: Path) -> str:
    """The model card's Markdown without its front matter (which is for the Hub)."""
    try:
        with (folder / CARD_NAME).open("rb") as file:
            card = file.read(CARD_LIMIT_BYTES).decode("utf-8", errors="replace").replace("\r\n", "\n")
    except OSError:
        return ""
    if card.startswith("---\n"):
        _, closing, rest = card[4:].partition("\n---\n")
        card = rest if closing else card
    return card.strip()


def _parameters(folder: Path) -> int | None:
    try:
        return count_parameters(folder) or None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError, MemoryError):
        return None  # whatever a damaged header holds; loading the model says what is wrong with it
