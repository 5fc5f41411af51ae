"""How one picture looks: palette, typeface, ground, noise. Drawn once per picture from its seed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

from comparer.demo.scenes.vocabulary import RGB

LIGHT_PAPERS: tuple[RGB, ...] = (
    (255, 255, 255), (250, 249, 244), (243, 245, 249), (238, 242, 240), (249, 244, 238), (232, 236, 242),
)  # fmt: skip
DARK_PAPERS: tuple[RGB, ...] = ((24, 27, 33), (18, 22, 30), (34, 32, 36), (22, 34, 40))
LIGHT_ACCENTS: tuple[RGB, ...] = ((30, 58, 95), (60, 60, 66), (20, 83, 74), (92, 38, 60), (88, 60, 20))
DARK_ACCENTS: tuple[RGB, ...] = ((122, 162, 220), (160, 160, 170), (110, 190, 170), (210, 150, 180))
LIGHT_INKS: tuple[RGB, ...] = ((16, 18, 22), (32, 36, 48), (24, 40, 64))
DARK_INKS: tuple[RGB, ...] = ((240, 242, 246), (222, 228, 236), (236, 230, 220))
DARK_SHARE = 0.3

_FOLDER = Path(__file__).parents[1] / "fonts"
FONTS: tuple[Path | None, ...] = (None, _FOLDER / "roboto.ttf", _FOLDER / "noto-serif.ttf")
"""Typefaces of the pictures; None is the one that Pillow brings."""

Ground = Literal["plain", "slope", "lines", "dots"]
GROUNDS: dict[Ground, float] = {"plain": 0.55, "slope": 0.2, "lines": 0.12, "dots": 0.13}


def mix(first: RGB, second: RGB, share: float) -> RGB:
    """`first` with `share` (0-1) of `second` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


@dataclass(frozen=True)
class Style:
    """One picture's looks. Lengths are logical pixels; `noise` is the standard deviation in 8-bit levels."""

    paper: RGB
    panel: RGB
    band: RGB
    rule: RGB
    ink: RGB
    soft: RGB
    accent: RGB
    framed: bool
    font: Path | None
    enlarged: float
    nudge: tuple[int, int]
    ground: Ground
    blur: float
    noise: float
    noise_seed: int


def draw_style(random: Random) -> Style:
    """A style of its own for every picture."""
    dark = random.random() < DARK_SHARE
    paper = random.choice(DARK_PAPERS if dark else LIGHT_PAPERS)
    accent = random.choice(DARK_ACCENTS if dark else LIGHT_ACCENTS)
    ink = random.choice(DARK_INKS if dark else LIGHT_INKS)
    return Style(
        paper=paper,
        panel=mix(paper, (255, 255, 255), 0.06 if dark else 0.7),
        band=mix(paper, accent, 0.14),
        rule=mix(paper, accent, 0.32),
        ink=ink,
        soft=mix(ink, paper, 0.42),
        accent=accent,
        framed=random.random() < 0.6,
        font=random.choice(FONTS),
        enlarged=random.choice((-0.5, 0.0, 0.5)),
        nudge=(random.randint(0, 1), random.randint(-1, 1)),
        ground=random.choices(list(GROUNDS), list(GROUNDS.values()))[0],
        blur=random.choice((0.0, 0.0, 0.3, 0.5)),
        noise=random.choice((0.0, 0.0, 3.0, 7.0)),
        noise_seed=random.getrandbits(32),
    )
