"""Seeded drawing of the demo world: product manual pages, fault charts and customer-service tickets.

`draw_scene(seed, kind, scale)` gives a picture whose every attribute is known. The models see 192 x 192 pixels;
`scale=3` draws the same scene at 576 x 576. Knows nothing about questions, tokens or models.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from comparer.demo.scenes.canvas import Canvas
from comparer.demo.scenes.facts import (
    DOMAINS,
    SCENE_KINDS,
    Bar,
    Domain,
    Facts,
    FaultFacts,
    ManualFacts,
    OutsideFacts,
    Part,
    PracticeFacts,
    Scene,
    SceneKind,
    ServiceFacts,
)
from comparer.demo.scenes.fault import draw_fault, imagine_fault
from comparer.demo.scenes.labels import CANVAS
from comparer.demo.scenes.manual import draw_manual, imagine_manual
from comparer.demo.scenes.outside import draw_outside
from comparer.demo.scenes.practice import draw_practice
from comparer.demo.scenes.service import draw_service, imagine_service
from comparer.demo.scenes.style import Style, draw_style

__all__ = [
    "CANVAS",
    "DOMAINS",
    "SCENE_KINDS",
    "Bar",
    "Domain",
    "Facts",
    "FaultFacts",
    "ManualFacts",
    "OutsideFacts",
    "Part",
    "PracticeFacts",
    "Scene",
    "SceneKind",
    "ServiceFacts",
    "draw_scene",
    "imagine",
]

_PAINTERS: dict[SceneKind, Callable[[Random, Style, int], tuple[Canvas, Facts]]] = {
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


def draw_scene(seed: int, kind: SceneKind, scale: int = 1) -> Scene:
    """The scene of `kind` that belongs to `seed`; the same seed and kind give the same facts at every scale."""
    random = Random(f"{kind}:{seed}")
    style = draw_style(random)
    canvas, facts = _PAINTERS[kind](random, style, scale)
    return Scene(kind, seed, canvas.image, facts, canvas.own.values, canvas.group.values)


def imagine(random: Random, domain: Domain) -> Facts:
    """Facts of a scene of `domain` that nobody draws: something to ask about a picture that does not show it."""
    return _IMAGINED[domain](random)
