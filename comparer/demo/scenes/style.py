"""Palettes of a picture: paper, panels, ink. Drawn once per picture from its seed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from comparer.demo.scenes.canvas import mix
from comparer.demo.scenes.vocabulary import RGB

PAPERS: tuple[RGB, ...] = ((255, 255, 255), (250, 249, 244), (243, 245, 249), (238, 242, 240), (249, 244, 238))
ACCENTS: tuple[RGB, ...] = ((30, 58, 95), (60, 60, 66), (20, 83, 74), (92, 38, 60))
INKS: tuple[RGB, ...] = ((16, 18, 22), (32, 36, 48), (24, 40, 64))


@dataclass(frozen=True)
class Style:
    """Colours of one picture; `weight` thickens its letters, in logical pixels."""

    paper: RGB
    panel: RGB
    band: RGB
    rule: RGB
    ink: RGB
    soft: RGB
    accent: RGB
    framed: bool
    weight: float


def draw_style(random: Random) -> Style:
    paper, accent, ink = random.choice(PAPERS), random.choice(ACCENTS), random.choice(INKS)
    return Style(
        paper=paper,
        panel=mix(paper, (255, 255, 255), 0.7),
        band=mix(paper, accent, 0.14),
        rule=mix(paper, accent, 0.32),
        ink=ink,
        soft=mix(ink, paper, 0.42),
        accent=accent,
        framed=random.random() < 0.6,
        weight=random.choice((0.0, 0.0, 0.3)),
    )
