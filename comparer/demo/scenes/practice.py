"""Scattered words, numbers, shapes and lamps: reading practice for the vision tower alone."""

from __future__ import annotations

from random import Random

from comparer.demo.scenes.canvas import GRID, Canvas
from comparer.demo.scenes.facts import PracticeFacts
from comparer.demo.scenes.fault import draw_lamp
from comparer.demo.scenes.labels import CANVAS, digits
from comparer.demo.scenes.style import Style
from comparer.demo.scenes.vocabulary import COLOURS, LAMPS, MONTHS, PARTS, SHAPES, STATUSES

THINGS = 12
WIDTH, HEIGHT = 3 * GRID, GRID


def draw_practice(random: Random, style: Style, scale: int) -> tuple[Canvas, PracticeFacts]:
    canvas = Canvas(style.paper, scale)
    placed: list[tuple[int, int, float]] = []
    for _ in range(90):
        if len(placed) >= THINGS:
            break
        kind = random.choice(("word", "word", "number", "number", "status", "month", "shape", "shape", "lamp"))
        height = 2.5 * GRID if kind == "shape" else HEIGHT
        x, y = random.randrange(0, CANVAS - WIDTH, GRID), random.randrange(0, int(CANVAS - height), GRID)
        if any(abs(x - left) < WIDTH and y < top + tall and top < y + height for left, top, tall in placed):
            continue
        placed.append((x, y, height))
        _draw_thing(canvas, random, style, kind, x, y)
    canvas.group.mark((0, 0, CANVAS, CANVAS), {"kind": 4})
    return canvas, PracticeFacts()


def _draw_thing(canvas: Canvas, random: Random, style: Style, kind: str, x: int, y: int) -> None:
    if kind == "shape":
        canvas.shape(random.choice(SHAPES), x + 20, y + 20, random.uniform(12, 19), random.choice(COLOURS))
    elif kind == "lamp":
        draw_lamp(canvas, random.choice(LAMPS), random.random() < 0.5, x + GRID, y + GRID / 2, 7.5)
    elif kind == "number":
        value = random.randint(10, 99)
        canvas.number(x // GRID, y // GRID, value, style.ink, digits(value))
    else:
        words, label = {"word": (PARTS, "word"), "status": (STATUSES, "status"), "month": (MONTHS, "month")}[kind]
        word = random.choice(words)
        canvas.word(x // GRID, y // GRID, word, style.ink, {label: words.index(word) + 1})
