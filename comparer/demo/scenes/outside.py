"""Pictures that belong to none of the three domains: noise, blank paper, gradients, loose shapes, scribbles."""

from __future__ import annotations

from random import Random

import numpy as np
from PIL import Image

from comparer.demo.scenes.canvas import Canvas
from comparer.demo.scenes.facts import OutsideFacts
from comparer.demo.scenes.labels import CANVAS
from comparer.demo.scenes.style import Style
from comparer.demo.scenes.vocabulary import RGB

CONTENTS = ("noise", "blank", "gradient", "shapes", "scribble")


def draw_outside(random: Random, style: Style, scale: int) -> tuple[Canvas, OutsideFacts]:
    content = random.choice(CONTENTS)
    canvas = Canvas(style.paper if random.random() < 0.5 else _colour(random), scale)
    if content == "noise":
        cells = random.choice((6, 24, 96, 192))
        noise = np.random.default_rng(random.getrandbits(32)).integers(0, 256, (cells, cells, 3), np.uint8)
        canvas.image.paste(Image.fromarray(noise).resize(canvas.image.size, Image.Resampling.BICUBIC))
    elif content == "gradient":
        ends = np.array([[_colour(random), _colour(random)], [_colour(random), _colour(random)]], np.uint8)
        canvas.image.paste(Image.fromarray(ends).resize(canvas.image.size, Image.Resampling.BILINEAR))
    elif content == "shapes":
        for _ in range(random.randint(3, 14)):
            x, y, radius = random.uniform(0, CANVAS), random.uniform(0, CANVAS), random.uniform(5, 50)
            if random.random() < 0.5:
                canvas.disc(x, y, radius, _colour(random))
            else:
                canvas.rectangle((x - radius, y - radius, x + radius, y + radius), _colour(random))
    elif content == "scribble":
        for _ in range(random.randint(2, 8)):
            points = [(random.uniform(0, CANVAS), random.uniform(0, CANVAS)) for _ in range(random.randint(2, 7))]
            canvas.line(points, _colour(random), random.uniform(1, 6))
    canvas.group.mark((0, 0, CANVAS, CANVAS), {"kind": 5})
    return canvas, OutsideFacts(content)


def _colour(random: Random) -> RGB:
    return random.randint(0, 255), random.randint(0, 255), random.randint(0, 255)
