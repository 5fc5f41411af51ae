"""What is practised when: the stages of training, as shares of the whole run.

Vision first, on its auxiliary labels alone; then questions join; then many questions on frozen vision; then all
together with the learning rate falling to nothing. Measured to matter: started jointly, binding never takes off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from comparer.demo.scenes import SceneKind

REAL: dict[SceneKind, float] = {"manual": 10, "fault": 9, "service": 9, "outside": 2}


@dataclass(frozen=True)
class Stage:
    """One stage. `tokens` is the room for packed dialogues per picture (0: no questions), see `shape_of`; the
    learning-rate factor goes linearly from `rate_from` to `rate_to`."""

    name: str
    share: float
    mix: dict[SceneKind, float]
    tokens: int
    auxiliary_weight: float
    rate_from: float
    rate_to: float
    vision_frozen: bool = False


STAGES = (
    Stage("vision", 0.26, {**REAL, "practice": 16}, 0, 1.0, 1.0, 0.8),
    Stage("joint", 0.30, REAL, 88, 0.2, 0.8, 0.6),
    Stage("frozen", 0.08, REAL, 128, 0.0, 0.6, 0.6, vision_frozen=True),
    Stage("polish", 0.36, REAL, 112, 0.15, 0.6, 0.02),
)
CONTINUED = (
    Stage("vision", 0.20, REAL, 0, 1.0, 0.6, 0.6),
    Stage("joint", 0.30, REAL, 112, 0.2, 0.6, 0.5),
    Stage("frozen", 0.10, REAL, 128, 0.0, 0.5, 0.5, vision_frozen=True),
    Stage("polish", 0.40, REAL, 112, 0.15, 0.5, 0.01),
)
"""For a run that starts from trained weights: gentler rates, and no more reading practice."""
WARM_UP_STEPS = 50
LONG_EVERY = 4
LONG_TOKENS = 272
"""One batch in `LONG_EVERY` has room for a dialogue of ten turns, and half as many pictures."""


class Place(NamedTuple):
    """Where in the curriculum a step lies."""

    stage: Stage
    rate: float


class Shape(NamedTuple):
    """How many pictures a batch has, and how much room for dialogues each."""

    pictures: int
    tokens: int


def shape_of(step: int, batch_size: int, stage: Stage) -> Shape:
    """The shape of batch `step`: short dialogues of up to four turns, or in turn long ones."""
    if stage.tokens and step % LONG_EVERY == LONG_EVERY - 1:
        return Shape(max(1, batch_size // 2), LONG_TOKENS)
    return Shape(batch_size, stage.tokens)


def place(step: int, steps: int, stages: tuple[Stage, ...] = STAGES) -> Place:
    """Stage and learning-rate factor of `step` (0-based) in a run of `steps`."""
    done = 0.0
    total = sum(stage.share for stage in stages)
    for stage in stages:
        first, last = round(done / total * steps), round((done + stage.share) / total * steps)
        done += stage.share
        if step < last or stage is stages[-1]:
            along = (step - first) / max(1, last - first)
            warm = min(1.0, (step + 1) / min(WARM_UP_STEPS, max(1, steps // 10)))
            return Place(stage, warm * (stage.rate_from + (stage.rate_to - stage.rate_from) * along))
    raise ValueError("A curriculum needs at least one stage.")
