"""Scattered words, numbers, shapes and lamps: reading practice for the vision tower alone."""

from __future__ import annotations

from random import Random

from comparer.demo.scenes.canvas import Canvas
from comparer.demo.scenes.facts import PracticeFacts
from comparer.demo.scenes.fault import draw_lamp
from comparer.demo.scenes.labels import CANVAS, digits
from comparer.demo.scenes.style import Style
from comparer.demo.scenes.vocabulary import COLOURS, LAMPS, MONTHS, PARTS, SHAPES, STATUSES

THINGS = 10
WIDTH, HEIGHT = 58, 22


def draw_practice(random: Random, style: Style, scale: int) -> tuple[Canvas, PracticeFacts]:
    canvas = Canvas(style.paper, scale)
    placed: list[tuple[float, float, float]] = []
    for _ in range(70):
        if len(placed) >= THINGS:
            break
        kind = random.choice(("word", "word", "number", "number", "status", "month", "shape", "shape", "lamp"))
        height = 40 if kind == "shape" else HEIGHT
        x, y = random.uniform(2, CANVAS - WIDTH), random.uniform(2, CANVAS - height)
        if any(abs(x - left) < WIDTH and y < top + tall and top < y + height for left, top, tall in placed):
            continue
        placed.append((x, y, height))
        _draw_thing(canvas, random, style, kind, x, y)
    canvas.group.mark((0, 0, CANVAS, CANVAS), {"kind": 4})
    return canvas, PracticeFacts()


def _draw_thing(canvas: Canvas, random: Random, style: Style, kind: str, x: float, y: float) -> None:
    size = random.uniform(12.5, 17)
    if kind == "shape":
        canvas.shape(random.choice(SHAPES), x + 20, y + 20, random.uniform(12, 19), random.choice(COLOURS))
    elif kind == "lamp":
        draw_lamp(canvas, random.choice(LAMPS), random.random() < 0.5, x + 12, y + 11, 7.5)
    elif kind == "number":
        value = random.randint(1, 99)
        canvas.text(x, y, str(value), size, style.ink, digits(value), weight=style.weight)
    else:
        words, label = {"word": (PARTS, "word"), "status": (STATUSES, "status"), "month": (MONTHS, "month")}[kind]
        word = random.choice(words)
        canvas.text(x, y, word, size, style.ink, {label: words.index(word) + 1}, weight=style.weight)
