"""A page of a product manual: numbered parts and a small table of their weights."""

from __future__ import annotations

from random import Random

from comparer.demo.scenes.canvas import GRID, Canvas
from comparer.demo.scenes.facts import ManualFacts, Part
from comparer.demo.scenes.labels import CANVAS, digits
from comparer.demo.scenes.style import Style
from comparer.demo.scenes.vocabulary import COLOURS, PARTS, SHAPES


def imagine_manual(random: Random) -> ManualFacts:
    count = random.randint(2, 4)
    names = random.sample(PARTS, count)
    weights = random.sample(range(10, 100), count)
    return ManualFacts(
        tuple(
            Part(number, name, random.choice(SHAPES), random.choice(COLOURS), weight)
            for number, name, weight in zip(range(1, count + 1), names, weights, strict=True)
        )
    )


def draw_manual(random: Random, style: Style, scale: int) -> tuple[Canvas, ManualFacts]:
    facts = imagine_manual(random)
    parts = facts.parts
    canvas = Canvas(style.paper, scale)
    if random.random() < 0.55:
        _row_page(canvas, random, style, parts)
    else:
        _grid_page(canvas, random, style, parts)
    canvas.group.mark((0, 0, CANVAS, CANVAS), {"kind": 1, "count": len(parts)})
    return canvas, facts


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


def _draw_part(canvas: Canvas, random: Random, style: Style, part: Part, column: int, row: int) -> None:
    """Number, shape and name of a part below each other, in three columns and five rows of the grid."""
    left, top = column * GRID, row * GRID
    canvas.number(column, row, part.number, style.ink, {"index": part.number})
    radius = random.uniform(14, 20)
    x, y = left + 24 + random.uniform(-3, 3), top + 2.5 * GRID + random.uniform(-3, 3)
    canvas.shape(part.shape, x, y, radius, part.colour)
    canvas.word(column, row + 4, part.name, style.ink, {"word": PARTS.index(part.name) + 1})


def _row_page(canvas: Canvas, random: Random, style: Style, parts: tuple[Part, ...]) -> None:
    """Parts side by side, three columns of the grid each; their weights in a table below."""
    canvas.rectangle((0, 0, CANVAS, 1.6 * GRID), fill=style.band)
    canvas.text(8, 0.8 * GRID, random.choice(("PARTS", "MANUAL")), 13, style.accent, anchor="lm", weight=0.3)
    row = random.choice((2, 3))
    table = random.choice((8, 9)) if row == 2 else 9
    first = random.randint(0, 4 - len(parts)) * 3
    top, bottom = table * GRID - 2, (table + 2) * GRID + 6
    canvas.rectangle((2, top, CANVAS - 2, bottom), fill=style.panel, outline=style.rule)
    canvas.rectangle((2, top, CANVAS - 2, (table + 1) * GRID), fill=style.band, outline=style.rule)
    for position, part in enumerate(parts):
        column = first + 3 * position
        left, right = column * GRID, (column + 3) * GRID
        if style.framed:
            canvas.rectangle(
                (left + 0.5, row * GRID - 2, right - 0.5, (row + 5) * GRID + 2), style.panel, style.rule, 1, 3
            )
        _draw_part(canvas, random, style, part, column, row)
        canvas.number(column, table, part.number, style.soft, {"index": part.number})
        canvas.number(column, table + 1, part.weight_g, style.ink, digits(part.weight_g))
        canvas.text(left + 22, (table + 1.5) * GRID, "g", 12, style.soft, anchor="lm")
        canvas.group.mark((left, row * GRID, right, (row + 5) * GRID), _labels(part, parts))
        canvas.group.mark((left, top, right, bottom), _labels(part, parts))


def _grid_page(canvas: Canvas, random: Random, style: Style, parts: tuple[Part, ...]) -> None:
    """Parts in two rows of two, their weights in a table at one side."""
    table_left = random.choice((0, 8))
    first = 4 if table_left == 0 else 0
    top = random.choice((0, 1))
    for position, part in enumerate(parts):
        column, row = first + 4 * (position % 2), top + 6 * (position // 2)
        box = (column * GRID, row * GRID, (column + 4) * GRID, (row + 5) * GRID + 2)
        if style.framed:
            canvas.rectangle((box[0] + 1, box[1], box[2] - 1, box[3]), style.panel, style.rule, 1, 3)
        _draw_part(canvas, random, style, part, column, row)
        canvas.group.mark(box, _labels(part, parts))
    left, right = table_left * GRID + 3, (table_left + 4) * GRID - 3
    canvas.rectangle((left, 3, right, (2 * len(parts) + 2) * GRID - 2), style.panel, style.rule)
    canvas.rectangle((left, 3, right, 1.6 * GRID), style.band, style.rule)
    canvas.text(left + 6, 0.9 * GRID, "no", 12, style.soft, anchor="lm")
    canvas.text(right - 6, 0.9 * GRID, "g", 12, style.soft, anchor="rm")
    for position, part in enumerate(parts):
        row = 2 * position + 2
        canvas.line([(left, row * GRID - 3), (right, row * GRID - 3)], style.rule)
        canvas.number(table_left + 1, row, part.number, style.soft, {"index": part.number})
        canvas.number(table_left + 2, row, part.weight_g, style.ink, digits(part.weight_g))
        canvas.group.mark((left, row * GRID, right, (row + 2) * GRID), _labels(part, parts))
