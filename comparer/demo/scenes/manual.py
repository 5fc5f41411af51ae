"""A page of a product manual: numbered parts and a small table of their weights."""

from __future__ import annotations

from random import Random

from comparer.demo.scenes.canvas import Canvas
from comparer.demo.scenes.facts import ManualFacts, Part
from comparer.demo.scenes.labels import CANVAS, digits
from comparer.demo.scenes.style import Style
from comparer.demo.scenes.vocabulary import COLOURS, PARTS, SHAPES


def imagine_manual(random: Random) -> ManualFacts:
    count = random.randint(2, 4)
    names = random.sample(PARTS, count)
    weights = random.sample(range(2, 100), count)
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


def _draw_part(canvas: Canvas, random: Random, style: Style, part: Part, box: tuple[float, ...], size: float) -> None:
    """Number at the top left, the shape in the middle, the name below, inside `box`."""
    left, top, right, bottom = box
    middle = (left + right) / 2 + random.uniform(-2, 2)
    name_y = bottom - size - random.uniform(2, 5)
    width = canvas.text_width(part.name, size)
    name_x = min(max(middle - width / 2, left + 1), right - width - 1)
    canvas.text(left + 4, top + 2, str(part.number), size + 2, style.ink, {"index": part.number}, weight=0.3)
    room = min(right - left, name_y - top)
    radius = min(random.uniform(0.27, 0.34) * room, 24)
    canvas.shape(part.shape, middle + 2, (top + name_y) / 2 + 2, radius, part.colour)
    canvas.text(name_x, name_y, part.name, size, style.ink, {"word": PARTS.index(part.name) + 1}, weight=style.weight)


def _row_page(canvas: Canvas, random: Random, style: Style, parts: tuple[Part, ...]) -> None:
    """Parts side by side, their weights in a table below with one column a part."""
    top = random.choice((4, 24))
    if top == 24:
        canvas.rectangle((0, 0, CANVAS, 20), fill=style.band)
        canvas.text(8, 10, "PARTS", 13, style.accent, anchor="lm", weight=0.3)
    size = random.uniform(12.5, 14.5)
    table_height = random.uniform(50, 58)
    table_top = CANVAS - table_height - 4
    bottom = min(table_top - 4, top + random.uniform(92, 112))
    width = (CANVAS - 8) / len(parts)
    for position, part in enumerate(parts):
        box = (4 + position * width, top, 4 + (position + 1) * width, bottom)
        if style.framed:
            canvas.rectangle((box[0] + 1, top, box[2] - 1, bottom), fill=style.panel, outline=style.rule, radius=3)
        _draw_part(canvas, random, style, part, box, size)
        canvas.group.mark(box, _labels(part, parts))
    middle = table_top + table_height / 2
    canvas.rectangle((6, table_top, CANVAS - 6, CANVAS - 4), fill=style.panel, outline=style.rule)
    canvas.rectangle((6, table_top, CANVAS - 6, middle), fill=style.band, outline=style.rule)
    canvas.text(12, (table_top + middle) / 2, "no", 12, style.soft, anchor="lm")
    canvas.text(12, (middle + CANVAS - 4) / 2, "g", 12, style.soft, anchor="lm")
    column = (CANVAS - 12 - 26) / len(parts)
    for position, part in enumerate(parts):
        left = 32 + position * column
        centre = left + column / 2
        canvas.text(
            centre, (table_top + middle) / 2, str(part.number), size + 1, style.ink, {"index": part.number}, "mm"
        )
        canvas.text(
            centre,
            (middle + CANVAS - 4) / 2,
            str(part.weight_g),
            size + 2,
            style.ink,
            digits(part.weight_g),
            "mm",
            style.weight,
        )
        canvas.group.mark((left, table_top, left + column, CANVAS - 4), _labels(part, parts))


def _grid_page(canvas: Canvas, random: Random, style: Style, parts: tuple[Part, ...]) -> None:
    """Parts in two columns, their weights in a table at one side with one row a part."""
    table_width = random.uniform(58, 64)
    table_left: float = random.choice((4.0, CANVAS - table_width - 4))
    parts_left = table_width + 6 if table_left < 10 else 2
    top = random.uniform(4, 16)
    width = (CANVAS - table_width - 8) / 2
    height = random.uniform(80, 88)
    size = random.uniform(12.5, 14.5)
    for position, part in enumerate(parts):
        left = parts_left + (position % 2) * width
        upper = top + (position // 2) * height
        box = (left, upper, left + width, upper + height)
        if style.framed:
            canvas.rectangle(
                (left + 1, upper + 1, left + width - 1, upper + height - 1), style.panel, style.rule, 1, 3
            )
        _draw_part(canvas, random, style, part, box, size)
        canvas.group.mark(box, _labels(part, parts))
    row = random.uniform(30, 36)
    upper = top + random.uniform(0, 168 - row * (len(parts) + 0.7))
    right = table_left + table_width
    canvas.rectangle((table_left, upper, right, upper + row * (len(parts) + 0.7)), style.panel, style.rule)
    canvas.rectangle((table_left, upper, right, upper + row * 0.7), style.band, style.rule)
    canvas.text(table_left + 6, upper + row * 0.35, "no", 12, style.soft, anchor="lm")
    canvas.text(right - 8, upper + row * 0.35, "g", 12, style.soft, anchor="rm")
    for position, part in enumerate(parts):
        y = upper + row * (position + 0.7)
        canvas.line([(table_left, y), (right, y)], style.rule)
        canvas.text(table_left + 8, y + row / 2, str(part.number), size + 1, style.ink, {"index": part.number}, "lm")
        canvas.text(
            right - 8, y + row / 2, str(part.weight_g), size + 2, style.ink, digits(part.weight_g), "rm", style.weight
        )
        canvas.group.mark((table_left, y, right, y + row), _labels(part, parts))
