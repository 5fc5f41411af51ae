"""One question with its answer, before it is put into words. Knows nothing about languages or pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Depth = Literal["read", "compare", "reason"]


@dataclass(frozen=True)
class Ask:
    """A question about known facts.

    `kind` is the reported question type; `question` and `answer` name the templates it is worded with (`kind`
    where left out); `subject` is what "it" means in the next turn; `aspect` is what "and the pump?" repeats.
    """

    kind: str
    slots: dict[str, str | int] = field(default_factory=dict)
    question: str = ""
    answer: str = ""
    subject: str = ""
    aspect: str = ""


KINDS: dict[str, tuple[Depth, float]] = {
    "manual.name": ("read", 1 / 6),
    "manual.number": ("read", 1 / 3),
    "manual.colour": ("read", 1 / 6),
    "manual.shape": ("read", 1 / 3),
    "manual.weight": ("read", 1 / 90),
    "manual.count": ("read", 1 / 3),
    "manual.heaviest": ("compare", 1 / 6),
    "manual.lightest": ("compare", 1 / 6),
    "manual.heavier": ("compare", 1 / 2),
    "manual.why": ("reason", 1 / 90),
    "fault.value": ("read", 1 / 50),
    "fault.colour": ("read", 1 / 6),
    "fault.lamp": ("read", 1 / 2),
    "fault.trend": ("read", 1 / 3),
    "fault.count": ("read", 1 / 2),
    "fault.most": ("compare", 1 / 6),
    "fault.least": ("compare", 1 / 6),
    "fault.more": ("compare", 1 / 2),
    "fault.lamps": ("compare", 3 / 8),
    "fault.first": ("reason", 1 / 300),
    "fault.difference": ("reason", 1 / 30),
    "service.item": ("read", 1 / 6),
    "service.quantity": ("read", 1 / 51),
    "service.status": ("read", 1 / 4),
    "service.number": ("read", 1 / 90),
    "service.ordered": ("read", 1 / 72),
    "service.due": ("read", 1 / 112),
    "service.more": ("compare", 1 / 2),
    "service.way": ("reason", 1 / 4),
    "service.days": ("reason", 1 / 11),
    "outside": ("read", 0.0),
    "stray": ("read", 0.0),
}
"""Question type -> its depth, and the share that a guess right in form would get without looking at the picture:
one over the number of values the scenes draw from (for lamps: the likeliest count). "outside" and "stray" are to be
declined, which nobody guesses."""
