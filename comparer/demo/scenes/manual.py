"""A page of a product manual: numbered parts and a small table of their weights."""

from __future__ import annotations

from random import Random

from comparer.demo.scenes.canvas import GRID, TALL, WIDE, Canvas
from comparer.demo.scenes.facts import ManualFacts, Part
from comparer.demo.scenes.labels import digits
from comparer.demo.scenes.vocabulary import COLOURS, PARTS, SHAPES

PART_COLUMNS, PART_ROWS = 3, 5
TITLES = ("PARTS", "MANUAL")


def imagine_manual(random: Random) -> ManualFacts:
    """Two to four parts; names and weights never repeat."""
    count = random.randint(2, 4)
    names = random.sample(PARTS, count)
    weights = random.sample(range(10, 100), count)
    return ManualFacts(
        tuple(
            Part(number, name, random.choice(SHAPES), random.choice(COLOURS), weight)
            for number, name, weight in zip(range(1, count + 1), names, weights, strict=True)
        )
    )


def draw_manual(random: Random, canvas: Canvas) -> ManualFacts:
    """Draw a page onto `canvas` in one of the layouts of its format."""
    facts = imagine_manual(random)
    parts = facts.parts
    if canvas.form == WIDE:
        _wide_page(canvas, random, parts)
    elif canvas.form == TALL:
        _tall_page(canvas, random, parts)
    elif random.random() < 0.55:
        _row_page(canvas, random, parts)
    else:
        _grid_page(canvas, random, parts)
    canvas.group.mark(canvas.box, {"kind": 1, "count": len(parts)})
    return facts


def _labels(part: Part, parts: tuple[Part, ...]) -> dict[str, int]:
    heaviest_first = sorted(parts, key=lambda other: -other.weight_g)
    return {
        "colour": COLOURS.index(part.colour) + 1,
        "shape": SHAPES.index(part.shape) + 1,
        "word": PARTS.index(part.name) + 1,
        "index": part.number,
        "rank": heaviest_first.index(part) + 1,
        "lowest": 2 if heaviest_first[-1] is part else 1,
        **digits(part.weight_g),
    }


def _draw_part(
    canvas: Canvas, random: Random, parts: tuple[Part, ...], part: Part, column: int, row: int, columns: int
) -> None:
    """Number, shape and name of a part below each other, in `columns` columns and five rows of the grid."""
    style = canvas.style
    left, top = column * GRID, row * GRID
    box = (left, top, left + columns * GRID, top + PART_ROWS * GRID)
    if style.framed:
        canvas.rectangle((left + 0.5, top, box[2] - 0.5, box[3] - 0.5), style.panel, style.rule, 1, 3)
    canvas.number(column, row, part.number, style.ink, {"index": part.number})
    radius = random.uniform(13, 20)
    x, y = left + 24 + random.uniform(-3, 3 + 8 * (columns - PART_COLUMNS)), top + 2.5 * GRID + random.uniform(-3, 3)
    canvas.shape(part.shape, x, y, radius, part.colour)
    canvas.word(column, row + 4, part.name, style.ink, {"word": PARTS.index(part.name) + 1})
    canvas.group.mark(box, _labels(part, parts))


def _draw_title(canvas: Canvas, random: Random, x: float, rows: float) -> None:
    canvas.text(x, rows * GRID / 2, random.choice(TITLES), 13, canvas.style.accent, anchor="lm", weight=0.3)


def _draw_table(canvas: Canvas, parts: tuple[Part, ...], column: int, row: int, columns: int, pitch: int) -> None:
    """Part numbers and weights below each other; `pitch` is the height of a line in rows of the grid."""
    style = canvas.style
    left, right = column * GRID + 2, (column + columns) * GRID - 2
    top, first = row * GRID + 2, row + pitch
    canvas.rectangle((left, top, right, (first + pitch * len(parts)) * GRID - 2), style.panel, style.rule)
    canvas.rectangle((left, top, right, (row + 1) * GRID), style.band, style.rule)
    canvas.text(left + 6, (row + 0.5) * GRID + 1, "no", 12, style.soft, anchor="lm")
    canvas.text(right - 6, (row + 0.5) * GRID + 1, "g", 12, style.soft, anchor="rm")
    for position, part in enumerate(parts):
        line = first + pitch * position
        canvas.line([(left, line * GRID - 1), (right, line * GRID - 1)], style.rule)
        canvas.number(column + 1, line, part.number, style.soft, {"index": part.number})
        canvas.number(column + 2, line, part.weight_g, style.ink, digits(part.weight_g))
        canvas.group.mark((left, line * GRID, right, (line + pitch) * GRID), _labels(part, parts))


def _row_page(canvas: Canvas, random: Random, parts: tuple[Part, ...]) -> None:
    """Square: parts side by side; their weights in a table below, under the numbers again."""
    style, width = canvas.style, canvas.form.width
    canvas.rectangle((0, 0, width, 1.6 * GRID), fill=style.band)
    _draw_title(canvas, random, 8, 1.6)
    row = random.choice((2, 3))
    table = random.choice((8, 9)) if row == 2 else 9
    first = random.randint(0, 4 - len(parts)) * PART_COLUMNS
    top, bottom = table * GRID - 2, (table + 2) * GRID + 6
    canvas.rectangle((2, top, width - 2, bottom), fill=style.panel, outline=style.rule)
    canvas.rectangle((2, top, width - 2, (table + 1) * GRID), fill=style.band, outline=style.rule)
    for position, part in enumerate(parts):
        column = first + PART_COLUMNS * position
        left, right = column * GRID, (column + PART_COLUMNS) * GRID
        _draw_part(canvas, random, parts, part, column, row, PART_COLUMNS)
        canvas.number(column, table, part.number, style.soft, {"index": part.number})
        canvas.number(column, table + 1, part.weight_g, style.ink, digits(part.weight_g))
        canvas.text(left + 24, (table + 1.5) * GRID, "g", 12, style.soft, anchor="lm")
        canvas.group.mark((left, top, right, bottom), _labels(part, parts))


def _grid_page(canvas: Canvas, random: Random, parts: tuple[Part, ...]) -> None:
    """Square: parts in two rows of two, their weights in a table at one side."""
    table = random.choice((0, 8))
    first = 4 if table == 0 else 0
    top = random.choice((0, 1))
    for position, part in enumerate(parts):
        _draw_part(canvas, random, parts, part, first + 4 * (position % 2), top + 6 * (position // 2), 4)
    _draw_table(canvas, parts, table, 0, 4, 2)


def _wide_page(canvas: Canvas, random: Random, parts: tuple[Part, ...]) -> None:
    """Parts side by side, the table of weights on one side of them."""
    table_first = random.random() < 0.5
    row = random.randint(1, 3)
    first = random.randint(0, 12 - PART_COLUMNS * len(parts)) + (6 if table_first else 0)
    _draw_title(canvas, random, first * GRID + 4, 2 if row > 1 else 1.2)
    for position, part in enumerate(parts):
        _draw_part(canvas, random, parts, part, first + PART_COLUMNS * position, row, PART_COLUMNS)
    _draw_table(canvas, parts, 0 if table_first else 13, random.randint(0, 7 - len(parts)), 5, 1)


def _tall_page(canvas: Canvas, random: Random, parts: tuple[Part, ...]) -> None:
    """Parts in two columns, the table of weights below or above them."""
    table_first = random.random() < 0.5
    top = random.choice((6, 7)) if table_first else random.choice((1, 2))
    for position, part in enumerate(parts):
        _draw_part(canvas, random, parts, part, 4 * (position % 2), top + PART_ROWS * (position // 2), 4)
    if not table_first:
        _draw_title(canvas, random, 8, 1.2)
    row = 0 if table_first else 17 - len(parts)
    _draw_table(canvas, parts, random.randint(0, 3), row, 5, 1)
