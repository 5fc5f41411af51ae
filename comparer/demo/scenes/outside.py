"""Pictures that belong to none of the three domains: noise, blank paper, clouds of colour like those of photographs,
and drawings of other things."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from string import ascii_lowercase

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from comparer.demo.scenes.canvas import GRID, Canvas
from comparer.demo.scenes.facts import OutsideFacts
from comparer.demo.scenes.vocabulary import COLOUR_VALUES, RGB


def draw_outside(random: Random, canvas: Canvas) -> OutsideFacts:
    """Draw something onto `canvas` that none of the domains knows."""
    content = random.choices(list(_PAINTERS), [weight for weight, _ in _PAINTERS.values()])[0]
    _PAINTERS[content][1](random, canvas)
    canvas.group.mark(canvas.box, {"kind": 5})
    return OutsideFacts(content)


def _colour(random: Random) -> RGB:
    return random.randint(0, 255), random.randint(0, 255), random.randint(0, 255)


def _place(random: Random, canvas: Canvas) -> tuple[float, float]:
    return random.uniform(0, canvas.form.width), random.uniform(0, canvas.form.height)


def _blank(random: Random, canvas: Canvas) -> None:
    if random.random() < 0.5:
        canvas.rectangle(canvas.box, _colour(random))


def _noise(random: Random, canvas: Canvas) -> None:
    cells = random.choice((6, 24, 96, 192))
    noise = np.random.default_rng(random.getrandbits(32)).integers(0, 256, (cells, cells, 3), np.uint8)
    canvas.image.paste(Image.fromarray(noise).resize(canvas.image.size, Image.Resampling.BICUBIC))


def _gradient(random: Random, canvas: Canvas) -> None:
    ends = np.array([[_colour(random), _colour(random)], [_colour(random), _colour(random)]], np.uint8)
    canvas.image.paste(Image.fromarray(ends).resize(canvas.image.size, Image.Resampling.BILINEAR))


def _cloud(generator: np.random.Generator, width: int, height: int, roughness: float) -> NDArray[np.float64]:
    """A field in [0, 1] whose amplitude falls as 1 / frequency^roughness, as it does in photographs (D. J. Field,
    J. Opt. Soc. Am. A 4 (1987) 2379-2394)."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :])
    frequency[0, 0] = 1.0
    field = np.fft.ifft2(np.fft.fft2(generator.normal(size=(height, width))) / frequency**roughness).real
    low, high = np.percentile(field, (1, 99))
    spread: NDArray[np.float64] = np.clip((field - low) / (high - low), 0, 1)
    return spread


def _clouds(random: Random, canvas: Canvas) -> None:
    """Things with soft surfaces and sharp edges before a ground: no photograph, but with a photograph's spectrum."""
    generator = np.random.default_rng(random.getrandbits(32))
    width, height = canvas.form
    picture = _tinted(random, generator, width, height)
    for _ in range(random.randint(0, 4)):
        cover = _cloud(generator, width, height, random.uniform(1.6, 2.4)) > random.uniform(0.45, 0.8)
        picture[cover] = _tinted(random, generator, width, height)[cover]
    light = 1 + random.uniform(-0.4, 0.4) * np.linspace(-1, 1, width)[None, :, None]
    shown = Image.fromarray(np.clip(picture * light, 0, 255).astype(np.uint8))
    canvas.image.paste(shown.resize(canvas.image.size, Image.Resampling.BICUBIC))


def _tinted(random: Random, generator: np.random.Generator, width: int, height: int) -> NDArray[np.float64]:
    """A cloud between two colours: [height, width, 3], 0 to 255."""
    depth = _cloud(generator, width, height, random.uniform(0.8, 2.2))[..., None]
    dark, bright = np.array(_colour(random), float), np.array(_colour(random), float)
    if random.random() < 0.2:
        dark, bright = np.array([20.0] * 3), np.array([235.0] * 3)
    tinted: NDArray[np.float64] = dark + (bright - dark) * depth
    return tinted


def _shapes(random: Random, canvas: Canvas) -> None:
    if random.random() < 0.5:
        canvas.rectangle(canvas.box, _colour(random))
    for _ in range(random.randint(3, 14)):
        (x, y), radius = _place(random, canvas), random.uniform(5, 50)
        shape = random.choice(("disc", "box", "polygon"))
        if shape == "disc":
            canvas.disc(x, y, radius, _colour(random))
        elif shape == "box":
            canvas.rectangle((x - radius, y - radius, x + radius, y + radius), _colour(random))
        else:
            corners = [
                (x + random.uniform(-1, 1) * radius, y + random.uniform(-1, 1) * radius)
                for _ in range(random.randint(3, 6))
            ]
            canvas.polygon(corners, _colour(random))


def _scribble(random: Random, canvas: Canvas) -> None:
    for _ in range(random.randint(2, 8)):
        points = [_place(random, canvas) for _ in range(random.randint(2, 7))]
        canvas.line(points, _colour(random), random.uniform(1, 6))


def _letter(random: Random, canvas: Canvas) -> None:
    """A page of running text in words that nobody knows."""
    style, (width, height) = canvas.style, canvas.form
    size = random.choice((9, 11, 14))
    for y in range(12, height - 8, size + 5):
        line = " ".join(
            "".join(random.choices(ascii_lowercase, k=random.randint(2, 9))) for _ in range(width // (size * 4))
        )
        if random.random() < 0.85:
            canvas.text(8, y, line, size, style.ink, anchor="lm")


def _pie(random: Random, canvas: Canvas) -> None:
    width, height = canvas.form
    radius = min(width, height) * random.uniform(0.25, 0.45)
    x, y = random.uniform(radius, width - radius), random.uniform(radius, height - radius)
    start = random.uniform(0, 360)
    ends = sorted(random.uniform(30, 330) for _ in range(random.randint(1, 4)))
    for begin, end in zip([0.0, *ends], [*ends, 360.0], strict=True):
        fill = random.choice(list(COLOUR_VALUES.values()))
        canvas.slice((x - radius, y - radius, x + radius, y + radius), start + begin, start + end, fill)


def _plan(random: Random, canvas: Canvas) -> None:
    """Rooms, streets or a board: boxes and lines in a few colours."""
    style, (width, height) = canvas.style, canvas.form
    step = random.choice((GRID, 24, 32, 48))
    fills = [_colour(random) for _ in range(random.randint(2, 4))] + [style.paper]
    for y in range(0, height, step):
        for x in range(0, width, step):
            if random.random() < 0.7:
                canvas.rectangle((x, y, x + step, y + step), random.choice(fills), style.rule)


def _curves(random: Random, canvas: Canvas) -> None:
    """Curves over axes, with nothing to read."""
    style, (width, height) = canvas.style, canvas.form
    canvas.line([(12, 8), (12, height - 12), (width - 8, height - 12)], style.ink, 1.5)
    for _ in range(random.randint(1, 4)):
        colour, count = random.choice(list(COLOUR_VALUES.values())), random.randint(4, 16)
        points = [(14 + (width - 24) * i / (count - 1), random.uniform(10, height - 16)) for i in range(count)]
        canvas.line(points, colour, random.uniform(1, 3))


_PAINTERS: dict[str, tuple[float, Callable[[Random, Canvas], None]]] = {
    "noise": (1, _noise),
    "blank": (1, _blank),
    "gradient": (1, _gradient),
    "clouds": (5, _clouds),
    "shapes": (2, _shapes),
    "scribble": (1, _scribble),
    "letter": (1.5, _letter),
    "pie": (1, _pie),
    "plan": (1, _plan),
    "curves": (1, _curves),
}
CONTENTS = tuple(_PAINTERS)
