"""Scattered words, numbers, shapes and lamps: reading practice for the vision tower alone."""

from __future__ import annotations

from random import Random

from comparer.demo.scenes.canvas import GRID, Canvas
from comparer.demo.scenes.facts import PracticeFacts
from comparer.demo.scenes.fault import LAMP_RADIUS, draw_lamp
from comparer.demo.scenes.labels import digits
from comparer.demo.scenes.vocabulary import COLOURS, LAMPS, MONTHS, PARTS, SHAPES, STATUSES

THINGS = 14
TRIES = 90
WIDTH, HEIGHT = 3 * GRID, GRID


def draw_practice(random: Random, canvas: Canvas) -> PracticeFacts:
    """Scatter up to `THINGS` things over `canvas` without overlap."""
    placed: list[tuple[int, int, float]] = []
    for _ in range(TRIES):
        if len(placed) >= THINGS:
            break
        kind = random.choice(("word", "word", "number", "number", "status", "month", "shape", "shape", "lamp"))
        height = 2.5 * GRID if kind == "shape" else HEIGHT
        x = random.randrange(0, canvas.form.width - WIDTH + 1, GRID)
        y = random.randrange(0, int(canvas.form.height - height) + 1, GRID)
        if any(abs(x - left) < WIDTH and y < top + tall and top < y + height for left, top, tall in placed):
            continue
        placed.append((x, y, height))
        _draw_thing(canvas, random, kind, x, y)
    canvas.group.mark(canvas.box, {"kind": 4})
    return PracticeFacts()


def _draw_thing(canvas: Canvas, random: Random, kind: str, x: int, y: int) -> None:
    ink = canvas.style.ink
    if kind == "shape":
        canvas.shape(random.choice(SHAPES), x + 20, y + 20, random.uniform(12, 19), random.choice(COLOURS))
    elif kind == "lamp":
        draw_lamp(canvas, random.choice(LAMPS), random.random() < 0.5, x + GRID, y + GRID / 2, LAMP_RADIUS)
    elif kind == "number":
        value = random.randint(1, 99)
        canvas.number(x // GRID, y // GRID, f"{value:02d}", ink, digits(value))
    else:
        words, label = {"word": (PARTS, "word"), "status": (STATUSES, "status"), "month": (MONTHS, "month")}[kind]
        word = random.choice(words)
        canvas.word(x // GRID, y // GRID, word, ink, {label: words.index(word) + 1})
