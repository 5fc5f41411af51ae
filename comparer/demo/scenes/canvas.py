"""Drawing in logical pixels at any scale, with the labels of what is drawn.

Knows nothing about the three domains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from comparer.demo.scenes.labels import CELL, Box, LabelGrid
from comparer.demo.scenes.style import Style, mix
from comparer.demo.scenes.vocabulary import COLOUR_VALUES, COLOURS, RGB, SHAPES

GRID = 16
"""Words and numbers begin on this grid, one patch of the models: the same word then always looks much the same."""
WORD_PX = 14.0
NUMBER_PX = 15.0

NO_LABELS: Mapping[str, int] = {}


class Format(NamedTuple):
    """Size of a picture in logical pixels. All formats have the same area: 144 patches, 36 image tokens."""

    width: int
    height: int

    @property
    def columns(self) -> int:
        return self.width // GRID

    @property
    def rows(self) -> int:
        return self.height // GRID


SQUARE, WIDE, TALL = Format(192, 192), Format(288, 128), Format(128, 288)
FORMATS = (SQUARE, WIDE, TALL)
PIXELS = SQUARE.width * SQUARE.height
CELLS = PIXELS // CELL**2
"""Pixels and merged image tokens of a picture, whatever its format."""


@cache
def _font(file: Path | None, size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.truetype(file, size_px) if file else ImageFont.load_default(size=size_px)


class Canvas:
    """A picture in progress. All coordinates are logical pixels; `scale` is real pixels per logical one."""

    def __init__(self, form: Format, style: Style, scale: int = 1) -> None:
        self.form = form
        self.style = style
        self.scale = scale
        self.image = Image.new("RGB", (form.width * scale, form.height * scale), style.paper)
        self._pen = ImageDraw.Draw(self.image)
        self.own = LabelGrid(*form, full_from=0.3)
        self.group = LabelGrid(*form, full_from=0.55)
        self._lay_ground()

    @property
    def box(self) -> Box:
        """The whole picture."""
        return (0, 0, self.form.width, self.form.height)

    def _lay_ground(self) -> None:
        style, faint = self.style, mix(self.style.paper, self.style.accent, 0.10)
        width, height = self.form
        if style.ground == "slope":
            ends = np.array([[style.paper, style.paper], [faint, mix(faint, style.accent, 0.06)]], np.uint8)
            self.image.paste(Image.fromarray(ends).resize(self.image.size, Image.Resampling.BILINEAR))
        elif style.ground == "lines":
            for y in range(GRID, height, GRID):
                self.line([(0, y), (width, y)], faint)
        elif style.ground == "dots":
            for y in range(8, height, GRID):
                for x in range(8, width, GRID):
                    self.disc(x, y, 0.8, faint)

    def finish(self) -> Image.Image:
        """The picture with its style's blur and noise; both look alike at every scale."""
        image = self.image
        if self.style.blur:
            image = image.filter(ImageFilter.BoxBlur(self.style.blur * self.scale))
        if self.style.noise:
            generator = np.random.default_rng(self.style.noise_seed)
            grain = generator.normal(128, self.style.noise, (self.form.height, self.form.width, 3)).astype(np.uint8)
            enlarged = Image.fromarray(grain).resize(image.size, Image.Resampling.NEAREST)
            image = ImageChops.add(image, enlarged, offset=-128)
        return image

    def _real(self, values: Sequence[float]) -> list[int]:
        return [round(value * self.scale) for value in values]

    def rectangle(
        self, box: Box, fill: RGB | None = None, outline: RGB | None = None, width: float = 1, radius: float = 0
    ) -> None:
        stroke = max(1, round(width * self.scale)) if outline else 0
        self._pen.rounded_rectangle(self._real(box), round(radius * self.scale), fill, outline, stroke)

    def polygon(self, points: Sequence[tuple[float, float]], fill: RGB) -> None:
        self._pen.polygon([value for point in points for value in self._real(point)], fill)

    def line(self, points: Sequence[tuple[float, float]], colour: RGB, width: float = 1) -> None:
        flat = [value for point in points for value in self._real(point)]
        self._pen.line(flat, colour, max(1, round(width * self.scale)), joint="curve")

    def disc(
        self, x: float, y: float, radius: float, fill: RGB, outline: RGB | None = None, width: float = 1
    ) -> None:
        stroke = max(1, round(width * self.scale)) if outline else 0
        box = (x - radius, y - radius, x + radius, y + radius)
        self._pen.ellipse(self._real(box), fill, outline, stroke)

    def slice(self, box: Box, start: float, end: float, fill: RGB) -> None:
        """A slice of a pie from `start` to `end` degrees."""
        self._pen.pieslice(self._real(box), start, end, fill)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        colour: RGB,
        labels: Mapping[str, int] = NO_LABELS,
        anchor: str = "la",
        weight: float = 0.0,
    ) -> Box:
        """Write `text` with its anchor at (x, y); returns its box in logical pixels."""
        font = _font(self.style.font, round((size + self.style.enlarged) * self.scale))
        place = (x * self.scale, y * self.scale)
        self._pen.text(place, text, colour, font, anchor, stroke_width=weight * self.scale)
        left, top, right, bottom = self._pen.textbbox(place, text, font, anchor)
        box = (left / self.scale, top / self.scale, right / self.scale, bottom / self.scale)
        if labels:
            self.own.mark(box, labels)
        return box

    def word(self, column: int, row: int, text: str, colour: RGB, labels: Mapping[str, int] = NO_LABELS) -> None:
        """Write a word that begins in a cell of the grid."""
        self._on_grid(column, row, text, WORD_PX, colour, labels, 0.0)

    def number(
        self, column: int, row: int, value: int | str, colour: RGB, labels: Mapping[str, int] = NO_LABELS
    ) -> None:
        """Write a number that begins in a cell of the grid."""
        self._on_grid(column, row, str(value), NUMBER_PX, colour, labels, 0.2)

    def _on_grid(
        self, column: int, row: int, text: str, size: float, colour: RGB, labels: Mapping[str, int], weight: float
    ) -> None:
        right, down = self.style.nudge
        x, y = column * GRID + 1.5 + right, (row + 0.5) * GRID + down
        self.text(x, y, text, size, colour, labels, "lm", weight)

    def shape(self, name: str, x: float, y: float, radius: float, colour: str) -> None:
        """A labelled shape of the closed vocabulary centred on (x, y)."""
        fill = COLOUR_VALUES[colour]
        edge = mix(fill, (0, 0, 0), 0.28)
        stroke = max(1, round(0.8 * self.scale))
        box = (x - radius, y - radius, x + radius, y + radius)
        if name == "circle":
            self._pen.ellipse(self._real(box), fill, edge, stroke)
        elif name == "square":
            side = radius * 0.9
            self._pen.rectangle(self._real((x - side, y - side, x + side, y + side)), fill, edge, stroke)
        else:
            corners = [(x, y - radius), (x + radius, y + radius * 0.9), (x - radius, y + radius * 0.9)]
            flat = [value for corner in corners for value in self._real(corner)]
            self._pen.polygon(flat, fill, edge, stroke)
        self.own.mark(box, {"colour": COLOURS.index(colour) + 1, "shape": SHAPES.index(name) + 1})
