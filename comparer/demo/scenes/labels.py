"""Dense labels of a picture: what lies in each cell, and everything known of the object the cell belongs to.

One cell is one merged image token of the model (32 logical pixels). Used for the auxiliary losses of training
only; knows nothing about drawing or questions.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from comparer.demo.scenes.vocabulary import COLOURS, MONTHS, PARTS, SHAPES, STATUSES, TRENDS

CELL = 32

IGNORED = -1
"""Label of a cell that is only partly covered, or shared by two objects: no loss there."""

ATTRIBUTES: dict[str, int] = {
    "kind": 6,
    "colour": len(COLOURS) + 1,
    "shape": len(SHAPES) + 1,
    "word": len(PARTS) + 1,
    "index": 5,
    "tens": 11,
    "units": 11,
    "price_tens": 11,
    "price_units": 11,
    "rank": 5,
    "lowest": 3,
    "count": 5,
    "trend": len(TRENDS) + 1,
    "change": 4,
    "lamp": 3,
    "lamp_red": 3,
    "lamp_orange": 3,
    "lamp_green": 3,
    "status": len(STATUSES) + 1,
    "month": len(MONTHS) + 1,
    "order_tens": 11,
    "order_units": 11,
    "ordered_tens": 11,
    "ordered_units": 11,
    "due_tens": 11,
    "due_units": 11,
}
"""Attribute -> number of classes, class 0 meaning "none here"."""
ATTRIBUTE_NAMES = tuple(ATTRIBUTES)
_INDEX = {name: position for position, name in enumerate(ATTRIBUTE_NAMES)}

Box = tuple[float, float, float, float]
LabelArray = NDArray[np.int8]


def digits(value: int, prefix: str = "") -> dict[str, int]:
    """Classes of the tens and units digit of a number below 100 (class 1 is the digit 0)."""
    return {f"{prefix}tens": value // 10 + 1, f"{prefix}units": value % 10 + 1}


class LabelGrid:
    """Labels of one kind (own content, or group) for all attributes: int8 array [attributes, rows, columns]."""

    def __init__(self, width: int, height: int, full_from: float) -> None:
        """A grid over a picture of `width` x `height` logical pixels."""
        self._columns = np.arange(0, width, CELL)
        self._rows = np.arange(0, height, CELL)
        self.values: LabelArray = np.zeros((len(ATTRIBUTES), len(self._rows), len(self._columns)), np.int8)
        self._full_from = full_from

    def mark(self, box: Box, attributes: Mapping[str, int]) -> None:
        """Label the cells that `box` (logical pixels) covers; a share below `full_from` is ignored."""
        x0, y0, x1, y1 = box
        area = min(max(1.0, (x1 - x0) * (y1 - y0)), CELL * CELL)
        widths = np.maximum(np.minimum(x1, self._columns + CELL) - np.maximum(x0, self._columns), 0)
        heights = np.maximum(np.minimum(y1, self._rows + CELL) - np.maximum(y0, self._rows), 0)
        share = heights[:, None] * widths[None, :] / area
        full = share >= self._full_from
        touched = ~full & (share > 0.05)
        for name, value in attributes.items():
            cells = self.values[_INDEX[name]]
            other = full & (cells > 0) & (cells != value)
            cells[touched & (cells == 0)] = IGNORED
            cells[full] = value
            cells[other] = IGNORED
