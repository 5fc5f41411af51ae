"""One question with its answer, before it is put into words. Knows nothing about languages or pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Depth = Literal["read", "compare", "reason"]
Slots = dict[str, str | int]


@dataclass(frozen=True)
class Ask:
    """A question about known facts.

    `kind` is the reported question type; `question` and `answer` name the templates it is worded with (`kind`
    where left out); `subject` is what "it" means in the next turn; `aspect` is what "and the pump?" repeats.
    """

    kind: str
    slots: Slots = field(default_factory=dict)
    question: str = ""
    answer: str = ""
    subject: str = ""
    aspect: str = ""

    def same_as(self, other: Ask) -> bool:
        """Whether both ask for the same thing, in whatever words."""
        return (self.kind, self.slots) == (other.kind, other.slots)


KINDS: dict[str, tuple[Depth, float]] = {
    "manual.name": ("read", 1 / 8),
    "manual.number": ("read", 1 / 3),
    "manual.colour": ("read", 1 / 6),
    "manual.shape": ("read", 1 / 3),
    "manual.weight": ("read", 1 / 90),
    "manual.count": ("read", 1 / 3),
    "manual.heaviest": ("compare", 1 / 8),
    "manual.lightest": ("compare", 1 / 8),
    "manual.heavier": ("compare", 1 / 8100),
    "manual.why": ("reason", 1 / 90),
    "manual.lift": ("reason", 1 / 720),
    "manual.recall": ("reason", 1 / 8),
    "manual.absent": ("read", 0.0),
    "fault.value": ("read", 1 / 50),
    "fault.colour": ("read", 1 / 6),
    "fault.lamp": ("read", 1 / 2),
    "fault.trend": ("read", 1 / 3),
    "fault.count": ("read", 1 / 2),
    "fault.most": ("compare", 1 / 8),
    "fault.least": ("compare", 1 / 8),
    "fault.more": ("compare", 1 / 2500),
    "fault.lamps": ("compare", 3 / 8),
    "fault.first": ("reason", 1 / 400),
    "fault.change": ("reason", 1 / 3),
    "fault.stop": ("reason", 1 / 2),
    "fault.difference": ("reason", 1 / 2500),
    "fault.recall": ("reason", 1 / 8),
    "fault.absent": ("read", 0.0),
    "service.items": ("read", 1 / 112),
    "service.count": ("read", 1 / 2),
    "service.quantity": ("read", 1 / 51),
    "service.price": ("read", 1 / 90),
    "service.status": ("read", 1 / 4),
    "service.number": ("read", 1 / 90),
    "service.ordered": ("read", 1 / 108),
    "service.due": ("read", 1 / 168),
    "service.more": ("compare", 1 / 51),
    "service.dearest": ("compare", 1 / 8),
    "service.cheapest": ("compare", 1 / 8),
    "service.dearer": ("compare", 1 / 8100),
    "service.way": ("reason", 1 / 4),
    "service.call": ("reason", 1 / 4),
    "service.days": ("reason", 1 / 1000),
    "service.recall": ("reason", 1 / 8),
    "service.absent": ("read", 0.0),
    "outside": ("read", 0.0),
    "stray": ("read", 0.0),
}
"""Question type -> its depth, and the share that a guess right in form would get without looking at the picture:
about one over the number of answers that the scenes draw from (for lamps: the likeliest count). What is answered
with the same sentence whatever is shown (absent, outside, stray) cannot be guessed by form: 0."""
