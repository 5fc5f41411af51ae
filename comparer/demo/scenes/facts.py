"""What is true of a drawn scene. Pure values: nothing about pixels, nothing about questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PIL import Image

from comparer.demo.scenes.labels import LabelArray

Domain = Literal["manual", "fault", "service"]
DOMAINS: tuple[Domain, ...] = ("manual", "fault", "service")
SceneKind = Literal["manual", "fault", "service", "practice", "outside"]
SCENE_KINDS: tuple[SceneKind, ...] = ("manual", "fault", "service", "practice", "outside")


@dataclass(frozen=True)
class Part:
    """A numbered part of a manual page."""

    number: int
    name: str
    shape: str
    colour: str
    weight_g: int


@dataclass(frozen=True)
class ManualFacts:
    """A product manual page: its parts in the order of their numbers, which is also left to right."""

    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Bar:
    """One part's failures in a fault chart."""

    name: str
    colour: str
    failures: int


@dataclass(frozen=True)
class FaultFacts:
    """A fault chart: bars in their order, the trend of all failures (by `change` percent), the lamps that are on."""

    bars: tuple[Bar, ...]
    trend: str
    change: int
    lamps_on: frozenset[str]


@dataclass(frozen=True)
class OrderLine:
    """One line of an order: how many of what, at which price apiece (in dollars)."""

    name: str
    quantity: int
    price: int


@dataclass(frozen=True)
class ServiceFacts:
    """A customer's order. Both dates lie in the same month."""

    order_number: int
    lines: tuple[OrderLine, ...]
    status: str
    month: str
    ordered_day: int
    due_day: int


@dataclass(frozen=True)
class OutsideFacts:
    """A picture outside the three domains; `content` says what was drawn."""

    content: str


@dataclass(frozen=True)
class PracticeFacts:
    """Scattered words, numbers and shapes: reading practice for the vision tower, never asked about."""


Facts = ManualFacts | FaultFacts | ServiceFacts | OutsideFacts | PracticeFacts


@dataclass(frozen=True)
class Scene:
    """A drawn picture with its facts and dense labels (`own` and `group`: int8 [attributes, rows, columns])."""

    kind: SceneKind
    seed: int
    image: Image.Image
    facts: Facts
    own: LabelArray
    group: LabelArray
