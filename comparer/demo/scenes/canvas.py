"""Drawing in logical pixels (192 x 192) at any scale, with the labels of what is drawn.

Knows nothing about the three domains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from comparer.demo.scenes.labels import CANVAS, Box, LabelGrid
from comparer.demo.scenes.vocabulary import COLOUR_VALUES, COLOURS, RGB, SHAPES

GRID = 16
"""Words and numbers begin on this grid, one patch of the models: the same word then always looks the same to them."""
WORD_PX = 14.0
NUMBER_PX = 15.0

NO_LABELS: Mapping[str, int] = {}


@cache
def _font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size_px)


def mix(first: RGB, second: RGB, share: float) -> RGB:
    """`first` with `share` (0-1) of `second` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


class Canvas:
    """A picture in progress. All coordinates are logical pixels; `scale` is real pixels per logical one."""

    def __init__(self, background: RGB, scale: int = 1) -> None:
        self.background = background
        self.scale = scale
        self.image = Image.new("RGB", (CANVAS * scale, CANVAS * scale), background)
        self._pen = ImageDraw.Draw(self.image)
        self.own = LabelGrid(full_from=0.3)
        self.group = LabelGrid(full_from=0.55)

    def _real(self, values: Sequence[float]) -> list[int]:
        return [round(value * self.scale) for value in values]

    def rectangle(
        self, box: Box, fill: RGB | None = None, outline: RGB | None = None, width: float = 1, radius: float = 0
    ) -> None:
        stroke = max(1, round(width * self.scale)) if outline else 0
        self._pen.rounded_rectangle(self._real(box), round(radius * self.scale), fill, outline, stroke)

    def line(self, points: Sequence[tuple[float, float]], colour: RGB, width: float = 1) -> None:
        flat = [value for point in points for value in self._real(point)]
        self._pen.line(flat, colour, max(1, round(width * self.scale)), joint="curve")

    def disc(
        self, x: float, y: float, radius: float, fill: RGB, outline: RGB | None = None, width: float = 1
    ) -> None:
        stroke = max(1, round(width * self.scale)) if outline else 0
        box = (x - radius, y - radius, x + radius, y + radius)
        self._pen.ellipse(self._real(box), fill, outline, stroke)

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
        font = _font(round(size * self.scale))
        place = (x * self.scale, y * self.scale)
        stroke = weight * self.scale
        self._pen.text(place, text, colour, font, anchor, stroke_width=stroke)
        left, top, right, bottom = self._pen.textbbox(place, text, font, anchor)
        box = (left / self.scale, top / self.scale, right / self.scale, bottom / self.scale)
        if labels:
            self.own.mark(box, labels)
        return box

    def word(self, column: int, row: int, text: str, colour: RGB, labels: Mapping[str, int] = NO_LABELS) -> None:
        """Write a word that begins in a cell of the grid."""
        self.text(column * GRID + 2, row * GRID + GRID / 2, text, WORD_PX, colour, labels, "lm")

    def number(self, column: int, row: int, value: int, colour: RGB, labels: Mapping[str, int] = NO_LABELS) -> None:
        """Write a number that begins in a cell of the grid."""
        self.text(column * GRID + 2, row * GRID + GRID / 2, str(value), NUMBER_PX, colour, labels, "lm", 0.2)

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
