"""A fault chart: failures per part as bars, the trend of all failures as a line, and three warning lamps."""

from __future__ import annotations

from random import Random

from comparer.demo.scenes.canvas import GRID, Canvas, mix
from comparer.demo.scenes.facts import Bar, FaultFacts
from comparer.demo.scenes.labels import CANVAS, digits
from comparer.demo.scenes.style import Style
from comparer.demo.scenes.vocabulary import COLOUR_VALUES, COLOURS, LAMPS, PARTS, TRENDS

LAMP_STRIP = 2 * GRID
TREND_STRIP = 2 * GRID


def imagine_fault(random: Random) -> FaultFacts:
    count = random.randint(3, 4)
    bars = tuple(
        Bar(name, colour, failures)
        for name, colour, failures in zip(
            random.sample(PARTS, count),
            random.sample(COLOURS, count),
            random.sample(range(10, 60), count),
            strict=True,
        )
    )
    trend = random.choice(TRENDS)
    return FaultFacts(bars, trend, frozenset(lamp for lamp in LAMPS if random.random() < 0.5))


def draw_fault(random: Random, style: Style, scale: int) -> tuple[Canvas, FaultFacts]:
    facts = imagine_fault(random)
    canvas = Canvas(style.paper, scale)
    _draw_lamps(canvas, random, style, facts.lamps_on)
    trend_first = random.random() < 0.4
    trend_top = LAMP_STRIP if trend_first else CANVAS - TREND_STRIP
    bars_top = LAMP_STRIP + (TREND_STRIP if trend_first else 0)
    _draw_trend(canvas, random, style, facts.trend, trend_top)
    _draw_bars(canvas, random, style, facts.bars, bars_top, bars_top + CANVAS - LAMP_STRIP - TREND_STRIP)
    lamp_labels = {f"lamp_{lamp}": 2 if lamp in facts.lamps_on else 1 for lamp in LAMPS}
    everywhere = {"kind": 2, "count": len(facts.bars), "trend": TRENDS.index(facts.trend) + 1, **lamp_labels}
    canvas.group.mark((0, 0, CANVAS, CANVAS), everywhere)
    return canvas, facts


def draw_lamp(canvas: Canvas, colour: str, on: bool, x: float, y: float, radius: float) -> None:
    """A lamp that is on is bright with a halo; one that is off is dark with a coloured rim."""
    bright = COLOUR_VALUES[colour]
    if on:
        canvas.disc(x, y, radius + 3, mix(canvas.background, bright, 0.35))
        canvas.disc(x, y, radius, bright, mix(bright, (255, 255, 255), 0.4), 1)
    else:
        canvas.disc(x, y, radius, (52, 54, 60), bright, 2.5)
    box = (x - radius, y - radius, x + radius, y + radius)
    canvas.own.mark(box, {"lamp": 2 if on else 1, "colour": COLOURS.index(colour) + 1})


def _draw_lamps(canvas: Canvas, random: Random, style: Style, lamps_on: frozenset[str]) -> None:
    canvas.rectangle((0, 0, CANVAS, LAMP_STRIP - 2), fill=style.band)
    on_the_left = random.random() < 0.5
    title = random.choice(("FAULTS", "FAILURES"))
    title_x, anchor = (CANVAS - 8, "rm") if on_the_left else (8, "lm")
    canvas.text(title_x, GRID, title, 13, style.accent, anchor=anchor)
    first = GRID if on_the_left else CANVAS - 5 * GRID
    for position, colour in enumerate(random.sample(LAMPS, len(LAMPS))):
        draw_lamp(canvas, colour, colour in lamps_on, first + position * 2 * GRID, GRID, 7.5)


def _draw_trend(canvas: Canvas, random: Random, style: Style, trend: str, top: float) -> None:
    canvas.rectangle((4, top + 2, CANVAS - 4, top + TREND_STRIP - 3), style.panel, style.rule, 1, 3)
    count = random.randint(5, 7)
    rise = {"rising": -1.0, "falling": 1.0, "flat": 0.0}[trend] * random.uniform(16, 24)
    middle = top + TREND_STRIP / 2
    colour = random.choice((style.accent, *COLOUR_VALUES.values()))
    points = [
        (12 + (CANVAS - 24) * i / (count - 1), middle + rise * (i / (count - 1) - 0.5) + random.uniform(-1.6, 1.6))
        for i in range(count)
    ]
    canvas.line(points, colour, 2.5)
    for x, y in points:
        canvas.disc(x, y, 3, colour)


def _draw_bars(
    canvas: Canvas, random: Random, style: Style, bars: tuple[Bar, ...], top: float, bottom: float
) -> None:
    floor = bottom - 2 * GRID - 4
    names_row, values_row = (int(bottom) - 2 * GRID) // GRID, (int(bottom) - GRID) // GRID
    tallest = max(bar.failures for bar in bars)
    room = floor - top - 6
    first = random.randint(0, 4 - len(bars)) * 3
    half = random.uniform(12, 17)
    ranked = sorted(bars, key=lambda bar: -bar.failures)
    for share in (0.25, 0.5, 0.75, 1.0):
        if style.framed:
            y = floor - room * share
            canvas.line([(4, y), (CANVAS - 4, y)], mix(style.paper, style.rule, 0.5))
    for position, bar in enumerate(bars):
        column = first + 3 * position
        left, right = column * GRID, (column + 3) * GRID
        height = max(3.0, room * bar.failures / tallest)
        box = (left + 22 - half, floor - height, left + 22 + half, floor)
        canvas.rectangle(box, COLOUR_VALUES[bar.colour])
        canvas.own.mark(box, {"colour": COLOURS.index(bar.colour) + 1})
        canvas.word(column, names_row, bar.name, style.ink, {"word": PARTS.index(bar.name) + 1})
        canvas.number(column, values_row, bar.failures, style.ink, digits(bar.failures))
        labels = {
            "colour": COLOURS.index(bar.colour) + 1,
            "word": PARTS.index(bar.name) + 1,
            "rank": ranked.index(bar) + 1,
            "lowest": 2 if ranked[-1] is bar else 1,
            "index": position + 1,
            **digits(bar.failures),
        }
        canvas.group.mark((left, top, right, bottom), labels)
    canvas.line([(4, floor), (CANVAS - 4, floor)], style.soft, 1)
