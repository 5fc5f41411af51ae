"""A fault chart: failures per part as bars, the trend of all failures as a line, and three warning lamps."""

from __future__ import annotations

from random import Random

from comparer.demo.scenes.canvas import GRID, TALL, WIDE, Canvas
from comparer.demo.scenes.facts import Bar, FaultFacts
from comparer.demo.scenes.labels import Box, digits
from comparer.demo.scenes.style import mix
from comparer.demo.scenes.vocabulary import CHANGES, COLOUR_VALUES, COLOURS, LAMPS, PARTS, TRENDS

LAMP_STRIP = 2 * GRID
TREND_STRIP = 2 * GRID
LAMP_RADIUS = 7.5
PIXELS_PER_PERCENT = 0.52
"""How steep a trend is drawn: over the width of its panel a change of 40 % is 21 pixels."""
TITLES = ("FAULTS", "FAILURES")


def imagine_fault(random: Random) -> FaultFacts:
    """Three or four bars; names, colours and failures never repeat."""
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
    change = 0 if trend == "flat" else random.choice(CHANGES)
    return FaultFacts(bars, trend, change, frozenset(lamp for lamp in LAMPS if random.random() < 0.5))


def draw_fault(random: Random, canvas: Canvas) -> FaultFacts:
    """Draw a chart onto `canvas` in one of the layouts of its format."""
    facts = imagine_fault(random)
    if canvas.form == WIDE:
        _wide_chart(canvas, random, facts)
    elif canvas.form == TALL:
        _tall_chart(canvas, random, facts)
    else:
        _square_chart(canvas, random, facts)
    lamp_labels = {f"lamp_{lamp}": 2 if lamp in facts.lamps_on else 1 for lamp in LAMPS}
    everywhere = {
        "kind": 2,
        "count": len(facts.bars),
        "trend": TRENDS.index(facts.trend) + 1,
        "change": facts.change // 20 + 1,
        **lamp_labels,
    }
    canvas.group.mark(canvas.box, everywhere)
    return facts


def draw_lamp(canvas: Canvas, colour: str, on: bool, x: float, y: float, radius: float) -> None:
    """A lamp that is on is bright with a halo; one that is off is dark with a coloured rim."""
    bright, paper = COLOUR_VALUES[colour], canvas.style.paper
    if on:
        canvas.disc(x, y, radius + 3, mix(paper, bright, 0.35))
        canvas.disc(x, y, radius, bright, mix(bright, (255, 255, 255), 0.4), 1)
    else:
        canvas.disc(x, y, radius, (52, 54, 60), bright, 2.5)
    box = (x - radius, y - radius, x + radius, y + radius)
    canvas.own.mark(box, {"lamp": 2 if on else 1, "colour": COLOURS.index(colour) + 1})


def _square_chart(canvas: Canvas, random: Random, facts: FaultFacts) -> None:
    """Lamps on top; trend above or below the bars."""
    width, height = canvas.form
    on_the_left = random.random() < 0.5
    canvas.rectangle((0, 0, width, LAMP_STRIP - 2), fill=canvas.style.band)
    title_x, anchor = (width - 8, "rm") if on_the_left else (8, "lm")
    canvas.text(title_x, GRID, random.choice(TITLES), 13, canvas.style.accent, anchor=anchor)
    _draw_lamps(canvas, random, facts, GRID if on_the_left else width - 5 * GRID, GRID, 2 * GRID, 0)
    trend_first = random.random() < 0.4
    trend_top = LAMP_STRIP if trend_first else height - TREND_STRIP
    _draw_trend(canvas, random, facts, (4, trend_top + 2, width - 4, trend_top + TREND_STRIP - 3))
    top = LAMP_STRIP + (TREND_STRIP if trend_first else 0)
    first = random.randint(0, 4 - len(facts.bars)) * 3
    _draw_bars(canvas, random, facts.bars, first, (0, top, width, top + height - LAMP_STRIP - TREND_STRIP))


def _wide_chart(canvas: Canvas, random: Random, facts: FaultFacts) -> None:
    """Lamps below each other on one side, the trend on the other, bars between them."""
    height = canvas.form.height
    lamps_first = random.random() < 0.5
    lamps_left, bars_left, trend_left = (0, 2, 14) if lamps_first else (16, 4, 0)
    canvas.rectangle((lamps_left * GRID, 0, (lamps_left + 2) * GRID, height), fill=canvas.style.band)
    _draw_lamps(canvas, random, facts, (lamps_left + 1) * GRID, random.choice((20, 28)), 0, 2.5 * GRID)
    top = random.choice((1, 2)) * GRID
    _draw_trend(canvas, random, facts, (trend_left * GRID + 3, top, (trend_left + 4) * GRID - 3, top + 4 * GRID))
    first = bars_left + random.randint(0, 12 - 3 * len(facts.bars))
    _draw_bars(canvas, random, facts.bars, first, (bars_left * GRID, 0, (bars_left + 12) * GRID, height))


def _tall_chart(canvas: Canvas, random: Random, facts: FaultFacts) -> None:
    """Lamps on top; bars lie; trend below or above them."""
    width, height = canvas.form
    canvas.rectangle((0, 0, width, LAMP_STRIP - 2), fill=canvas.style.band)
    _draw_lamps(canvas, random, facts, random.choice((GRID, 3 * GRID)), GRID, 2 * GRID, 0)
    trend_first = random.random() < 0.4
    trend_top = LAMP_STRIP if trend_first else height - 2 * TREND_STRIP
    _draw_trend(canvas, random, facts, (4, trend_top + 3, width - 4, trend_top + 2 * TREND_STRIP - 4))
    row = 6 if trend_first else 2
    _draw_lying_bars(canvas, random, facts.bars, row)


def _draw_lamps(
    canvas: Canvas, random: Random, facts: FaultFacts, x: float, y: float, right: float, down: float
) -> None:
    for position, colour in enumerate(random.sample(LAMPS, len(LAMPS))):
        place = (x + position * right, y + position * down)
        draw_lamp(canvas, colour, colour in facts.lamps_on, *place, LAMP_RADIUS)


def _draw_trend(canvas: Canvas, random: Random, facts: FaultFacts, box: Box) -> None:
    style = canvas.style
    left, top, right, bottom = box
    canvas.rectangle(box, style.panel, style.rule, 1, 3)
    count = random.randint(5, 7)
    rise = {"rising": -1, "falling": 1, "flat": 0}[facts.trend] * facts.change * PIXELS_PER_PERCENT
    slack = max(0.0, (bottom - top) / 2 - 14)
    middle = (top + bottom) / 2 + random.uniform(-slack, slack)
    colour = random.choice((style.accent, *COLOUR_VALUES.values()))
    points = [
        (
            left + 8 + (right - left - 16) * i / (count - 1),
            middle + rise * (i / (count - 1) - 0.5) + random.uniform(-1.2, 1.2),
        )
        for i in range(count)
    ]
    canvas.line(points, colour, 2.5)
    for x, y in points:
        canvas.disc(x, y, 3, colour)


def _labels(bar: Bar, bars: tuple[Bar, ...]) -> dict[str, int]:
    ranked = sorted(bars, key=lambda other: -other.failures)
    return {
        "colour": COLOURS.index(bar.colour) + 1,
        "word": PARTS.index(bar.name) + 1,
        "rank": ranked.index(bar) + 1,
        "lowest": 2 if ranked[-1] is bar else 1,
        "index": bars.index(bar) + 1,
        **digits(bar.failures),
    }


def _draw_bars(canvas: Canvas, random: Random, bars: tuple[Bar, ...], first: int, box: Box) -> None:
    """Bars side by side from column `first` on, three columns each, names and values in the two rows below."""
    style = canvas.style
    left_edge, top, right_edge, bottom = box
    floor = bottom - 2 * GRID - 4
    names_row, values_row = (int(bottom) - 2 * GRID) // GRID, (int(bottom) - GRID) // GRID
    tallest = max(bar.failures for bar in bars)
    room = floor - top - 6
    half = random.uniform(12, 17)
    for share in (0.25, 0.5, 0.75, 1.0):
        if style.framed:
            y = floor - room * share
            canvas.line([(left_edge + 4, y), (right_edge - 4, y)], mix(style.paper, style.rule, 0.5))
    for position, bar in enumerate(bars):
        column = first + 3 * position
        left, right = column * GRID, (column + 3) * GRID
        height = max(3.0, room * bar.failures / tallest)
        drawn = (left + 22 - half, floor - height, left + 22 + half, floor)
        canvas.rectangle(drawn, COLOUR_VALUES[bar.colour])
        canvas.own.mark(drawn, {"colour": COLOURS.index(bar.colour) + 1})
        canvas.word(column, names_row, bar.name, style.ink, {"word": PARTS.index(bar.name) + 1})
        canvas.number(column, values_row, bar.failures, style.ink, digits(bar.failures))
        canvas.group.mark((left, top, right, bottom), _labels(bar, bars))
    canvas.line([(left_edge + 4, floor), (right_edge - 4, floor)], style.soft, 1)


def _draw_lying_bars(canvas: Canvas, random: Random, bars: tuple[Bar, ...], first: int) -> None:
    """Bars below each other from row `first` on, three rows each: name and value, then the bar."""
    style, width = canvas.style, canvas.form.width
    longest = max(bar.failures for bar in bars)
    thick = random.uniform(14, 22)
    row = first + random.choice((0, (4 - len(bars)) * 3))
    for bar in bars:
        top = row * GRID
        canvas.word(0, row, bar.name, style.ink, {"word": PARTS.index(bar.name) + 1})
        canvas.number(6, row, bar.failures, style.ink, digits(bar.failures))
        drawn = (4.0, top + GRID + 3, 4 + max(3.0, (width - 10) * bar.failures / longest), top + GRID + 3 + thick)
        canvas.rectangle(drawn, COLOUR_VALUES[bar.colour])
        canvas.own.mark(drawn, {"colour": COLOURS.index(bar.colour) + 1})
        canvas.group.mark((0, top, width, top + 3 * GRID), _labels(bar, bars))
        row += 3
