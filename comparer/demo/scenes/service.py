"""A customer-service ticket: one order with its lines (item, quantity, price), its status and two dates."""

from __future__ import annotations

from random import Random

from comparer.demo.scenes.canvas import GRID, TALL, WIDE, WORD_PX, Canvas
from comparer.demo.scenes.facts import OrderLine, ServiceFacts
from comparer.demo.scenes.labels import digits
from comparer.demo.scenes.vocabulary import MONTHS, PARTS, STATUSES

FIELDS = ("Status", "Ordered", "Due")
LINE_ROWS = 2
QUANTITY_COLUMN, PRICE_COLUMN = 4, 6
MOST_LINES = 3


def imagine_service(random: Random, most_lines: int = MOST_LINES) -> ServiceFacts:
    """An order of two to `most_lines` lines; items, quantities and prices never repeat."""
    ordered_day = random.randint(1, 18)
    count = random.randint(2, most_lines)
    columns = (random.sample(PARTS, count), random.sample(range(10, 61), count), random.sample(range(10, 100), count))
    return ServiceFacts(
        order_number=random.randint(10, 99),
        lines=tuple(OrderLine(*line) for line in zip(*columns, strict=True)),
        status=random.choice(STATUSES),
        month=random.choice(MONTHS),
        ordered_day=ordered_day,
        due_day=ordered_day + random.randint(2, 12),
    )


def draw_service(random: Random, canvas: Canvas) -> ServiceFacts:
    """Draw a ticket onto `canvas`; lines and fields stand in either order."""
    square = canvas.form not in (WIDE, TALL)
    facts = imagine_service(random, 2 if square else MOST_LINES)
    fields = random.sample(FIELDS, len(FIELDS))
    lines_first = random.random() < 0.6
    if canvas.form == WIDE:
        left = 0 if lines_first else 9
        _draw_header(canvas, random, facts.order_number)
        _draw_lines(canvas, facts, left, 2)
        _draw_fields(canvas, facts, fields, 9 - left, 2, LINE_ROWS, 4, 0)
    elif canvas.form == TALL:
        lines_row, fields_row = (2, 3 + LINE_ROWS * len(facts.lines)) if lines_first else (12, 2)
        _draw_header(canvas, random, facts.order_number)
        _draw_lines(canvas, facts, 0, lines_row)
        _draw_fields(canvas, facts, fields, 0, fields_row, 3, 1, 1)
    else:
        lines_row, fields_row = (2, 6) if lines_first else (8, 2)
        _draw_header(canvas, random, facts.order_number)
        _draw_lines(canvas, facts, random.randint(0, 3), lines_row)
        _draw_fields(canvas, facts, fields, 0, fields_row, LINE_ROWS, 5, 0)
    everywhere = {
        "kind": 3,
        "count": len(facts.lines),
        "status": STATUSES.index(facts.status) + 1,
        "month": MONTHS.index(facts.month) + 1,
        **digits(facts.order_number, "order_"),
        **digits(facts.ordered_day, "ordered_"),
        **digits(facts.due_day, "due_"),
    }
    canvas.group.mark(canvas.box, everywhere)
    return facts


def _draw_header(canvas: Canvas, random: Random, number: int) -> None:
    style = canvas.style
    if random.random() < 0.5:
        canvas.rectangle((0, 0, canvas.form.width, 1.5 * GRID), fill=style.band)
    else:
        canvas.line([(2, 1.5 * GRID), (canvas.form.width - 2, 1.5 * GRID)], style.rule)
    canvas.text(4, GRID / 2 + 1, random.choice(("ORDER", "TICKET")), 13, style.accent, anchor="lm", weight=0.2)
    canvas.number(5, 0, number, style.ink, digits(number, "order_"))


def _draw_lines(canvas: Canvas, facts: ServiceFacts, left: int, first: int) -> None:
    """Item, quantity and price of every line side by side, in eight columns from column `left` on."""
    style = canvas.style
    dearest_first = sorted(facts.lines, key=lambda line: -line.price)
    for position, line in enumerate(facts.lines):
        row = first + LINE_ROWS * position
        x, y = left * GRID, row * GRID
        if style.framed:
            canvas.rectangle(
                (x + 0.5, y, x + 8 * GRID - 0.5, y + LINE_ROWS * GRID - 3), style.panel, style.rule, 1, 2
            )
        canvas.word(left, row, line.name, style.ink, {"word": PARTS.index(line.name) + 1})
        canvas.number(left + QUANTITY_COLUMN, row, line.quantity, style.ink, digits(line.quantity))
        canvas.number(left + PRICE_COLUMN, row, line.price, style.ink, digits(line.price, "price_"))
        canvas.text(x + (PRICE_COLUMN + 1.35) * GRID, y + GRID / 2, "$", 12, style.soft, anchor="lm")
        labels = {
            "word": PARTS.index(line.name) + 1,
            "index": position + 1,
            "rank": dearest_first.index(line) + 1,
            "lowest": 2 if dearest_first[-1] is line else 1,
            **digits(line.quantity),
            **digits(line.price, "price_"),
        }
        canvas.group.mark((x, y, x + 8 * GRID, y + LINE_ROWS * GRID), labels)


def _draw_fields(
    canvas: Canvas,
    facts: ServiceFacts,
    fields: list[str],
    left: int,
    first: int,
    pitch: int,
    value_columns: int,
    value_rows: int,
) -> None:
    """Labelled values below each other, `pitch` rows apart; the value stands that many columns and rows on."""
    style = canvas.style
    for position, field in enumerate(fields):
        row = first + pitch * position
        x, y = left * GRID, (row + 0.5) * GRID
        canvas.text(x + 4, y, field, WORD_PX - 1, style.soft, anchor="lm")
        _draw_value(canvas, facts, field, left + value_columns, row + value_rows)
        edge = (row + pitch) * GRID - 2
        canvas.line([(x + 4, edge), (x + 8 * GRID - 4, edge)], style.rule)


def _draw_value(canvas: Canvas, facts: ServiceFacts, field: str, column: int, row: int) -> None:
    ink = canvas.style.ink
    if field == "Status":
        canvas.word(column, row, facts.status, ink, {"status": STATUSES.index(facts.status) + 1})
        return
    day, prefix = {"Ordered": (facts.ordered_day, "ordered_"), "Due": (facts.due_day, "due_")}[field]
    canvas.number(column, row, f"{day:02d}", ink, digits(day, prefix))
    canvas.word(column + 2, row, facts.month, ink, {"month": MONTHS.index(facts.month) + 1})
