"""A customer-service ticket: one order with item, quantity, status and two dates."""

from __future__ import annotations

from random import Random

from comparer.demo.scenes.canvas import GRID, NUMBER_PX, WORD_PX, Canvas
from comparer.demo.scenes.facts import ServiceFacts
from comparer.demo.scenes.labels import CANVAS, digits
from comparer.demo.scenes.style import Style
from comparer.demo.scenes.vocabulary import MONTHS, PARTS, STATUSES

HEADER = 32


def imagine_service(random: Random) -> ServiceFacts:
    ordered_day = random.randint(1, 18)
    return ServiceFacts(
        order_number=random.randint(10, 99),
        item=random.choice(PARTS),
        quantity=random.randint(10, 60),
        status=random.choice(STATUSES),
        month=random.choice(MONTHS),
        ordered_day=ordered_day,
        due_day=ordered_day + random.randint(2, 12),
    )


def draw_service(random: Random, style: Style, scale: int) -> tuple[Canvas, ServiceFacts]:
    facts = imagine_service(random)
    canvas = Canvas(style.paper, scale)
    _draw_header(canvas, random, style, facts.order_number)
    _draw_rows(canvas, random, style, facts)
    everywhere = {
        "kind": 3,
        "word": PARTS.index(facts.item) + 1,
        "status": STATUSES.index(facts.status) + 1,
        "month": MONTHS.index(facts.month) + 1,
        **digits(facts.quantity),
        **digits(facts.order_number, "order_"),
        **digits(facts.ordered_day, "ordered_"),
        **digits(facts.due_day, "due_"),
    }
    canvas.group.mark((0, 0, CANVAS, CANVAS), everywhere)
    return canvas, facts


def _draw_header(canvas: Canvas, random: Random, style: Style, number: int) -> None:
    if random.random() < 0.5:
        canvas.rectangle((0, 0, CANVAS, HEADER - 2), fill=style.accent)
        ink = title = (255, 255, 255)
    else:
        canvas.rectangle((2, 2, CANVAS - 2, CANVAS - 2), outline=style.rule, width=1.5, radius=4)
        ink, title = style.ink, style.accent
    canvas.text(12, GRID, "ORDER", 16, title, anchor="lm", weight=0.2)
    canvas.text(6 * GRID + 1, GRID, str(number), 17, ink, digits(number, "order_"), "lm", 0.2)


def _draw_rows(canvas: Canvas, random: Random, style: Style, facts: ServiceFacts) -> None:
    """Five rows of two cells' height; values begin in the sixth column, months in the eighth."""
    order = ["Item", "Qty", "Status", "Ordered", "Due"]
    if random.random() < 0.5:
        random.shuffle(order)
    for position, label in enumerate(order):
        y = HEADER + 2 * GRID * (position + 0.5)
        if style.framed and position % 2 == 0:
            canvas.rectangle((6, y - GRID + 1, CANVAS - 6, y + GRID - 1), fill=style.panel)
        canvas.text(12, y, label, WORD_PX, style.soft, anchor="lm")
        _draw_value(canvas, style, facts, label, y)
        if not style.framed:
            canvas.line([(10, y + GRID), (CANVAS - 10, y + GRID)], style.rule)


def _draw_value(canvas: Canvas, style: Style, facts: ServiceFacts, label: str, y: float) -> None:
    x = 6 * GRID + 1
    dates = {"Ordered": (facts.ordered_day, "ordered_"), "Due": (facts.due_day, "due_")}
    if label in dates:
        day, prefix = dates[label]
        month = {"month": MONTHS.index(facts.month) + 1}
        canvas.text(x, y, f"{day:02d}", NUMBER_PX, style.ink, digits(day, prefix), "lm", 0.2)
        canvas.text(x + 2 * GRID, y, facts.month, WORD_PX, style.ink, month, "lm")
        return
    value, size, labels = {
        "Item": (facts.item, WORD_PX, {"word": PARTS.index(facts.item) + 1}),
        "Qty": (str(facts.quantity), NUMBER_PX, digits(facts.quantity)),
        "Status": (facts.status, WORD_PX, {"status": STATUSES.index(facts.status) + 1}),
    }[label]
    canvas.text(x, y, value, size, style.ink, labels, "lm", 0.2 if label == "Qty" else 0.0)
