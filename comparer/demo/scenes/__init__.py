"""Seeded drawing of the demo world: product manual pages, fault charts and customer-service tickets.

`draw_scene(seed, kind, scale)` gives a picture whose every attribute is known. The models see as many pixels as
192 x 192 have; `scale=3` draws the same scene with three times as many a side. Knows nothing about questions,
tokens or models.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from comparer.demo.scenes.canvas import CELLS, FORMATS, PIXELS, Canvas, Format
from comparer.demo.scenes.facts import (
    DOMAINS,
    SCENE_KINDS,
    Bar,
    Domain,
    Facts,
    FaultFacts,
    ManualFacts,
    OrderLine,
    OutsideFacts,
    Part,
    PracticeFacts,
    Scene,
    SceneKind,
    ServiceFacts,
)
from comparer.demo.scenes.fault import draw_fault, imagine_fault
from comparer.demo.scenes.manual import draw_manual, imagine_manual
from comparer.demo.scenes.outside import draw_outside
from comparer.demo.scenes.practice import draw_practice
from comparer.demo.scenes.service import draw_service, imagine_service
from comparer.demo.scenes.style import draw_style

__all__ = [
    "CELLS",
    "DOMAINS",
    "FORMATS",
    "FORMAT_SHARES",
    "PIXELS",
    "SCENE_KINDS",
    "Bar",
    "Domain",
    "Facts",
    "FaultFacts",
    "Format",
    "ManualFacts",
    "OrderLine",
    "OutsideFacts",
    "Part",
    "PracticeFacts",
    "Scene",
    "SceneKind",
    "ServiceFacts",
    "draw_scene",
    "imagine",
]

FORMAT_SHARES = (2, 1, 1)
"""How often a picture is square, wide, tall."""

_PAINTERS: dict[SceneKind, Callable[[Random, Canvas], Facts]] = {
    "manual": draw_manual,
    "fault": draw_fault,
    "service": draw_service,
    "practice": draw_practice,
    "outside": draw_outside,
}

_IMAGINED: dict[Domain, Callable[[Random], Facts]] = {
    "manual": imagine_manual,
    "fault": imagine_fault,
    "service": imagine_service,
}


def draw_scene(seed: int, kind: SceneKind, scale: int = 1, form: Format | None = None) -> Scene:
    """The scene of `kind` that belongs to `seed`; the same seed, kind and format give the same facts at every scale.

    Without `form` the seed decides the format too.
    """
    random = Random(f"{kind}:{seed}")
    drawn = random.choices(FORMATS, FORMAT_SHARES)[0]
    canvas = Canvas(form or drawn, draw_style(random), scale)
    facts = _PAINTERS[kind](random, canvas)
    return Scene(kind, seed, canvas.finish(), facts, canvas.own.values, canvas.group.values)


def imagine(random: Random, domain: Domain) -> Facts:
    """Facts of a scene of `domain` that nobody draws: something to ask about a picture that does not show it."""
    return _IMAGINED[domain](random)
