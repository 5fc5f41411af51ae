"""A customer-service ticket: one order with item, quantity, status and two dates."""

from __future__ import annotations

from random import Random

from comparer.demo.scenes.canvas import Canvas
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
        quantity=random.randint(2, 60),
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
    labels = digits(number, "order_")
    if random.random() < 0.5:
        canvas.rectangle((0, 0, CANVAS, HEADER - 4), fill=style.accent)
        canvas.text(12, 14, "ORDER", 16, (255, 255, 255), anchor="lm", weight=0.2)
        canvas.text(96, 14, str(number), 17, (255, 255, 255), labels, "lm", style.weight)
    else:
        canvas.rectangle((3, 3, CANVAS - 3, CANVAS - 3), outline=style.rule, width=1.5, radius=4)
        canvas.text(12, 17, "ORDER", 16, style.accent, anchor="lm", weight=0.2)
        canvas.text(96, 17, str(number), 17, style.ink, labels, "lm", style.weight)


def _draw_rows(canvas: Canvas, random: Random, style: Style, facts: ServiceFacts) -> None:
    month = {"month": MONTHS.index(facts.month) + 1}
    rows = [
        ("Item", facts.item, {"word": PARTS.index(facts.item) + 1}),
        ("Qty", str(facts.quantity), digits(facts.quantity)),
        ("Status", facts.status, {"status": STATUSES.index(facts.status) + 1}),
        ("Ordered", f"{facts.ordered_day} {facts.month}", {**digits(facts.ordered_day, "ordered_"), **month}),
        ("Due", f"{facts.due_day} {facts.month}", {**digits(facts.due_day, "due_"), **month}),
    ]
    if random.random() < 0.5:
        random.shuffle(rows)
    size = random.uniform(13.5, 16)
    height = random.uniform(29, 31)
    top = HEADER + random.uniform(0, CANVAS - 4 - HEADER - 5 * height)
    column = random.uniform(84, 98)
    for position, (label, value, labels) in enumerate(rows):
        y = top + height * (position + 0.5)
        if style.framed and position % 2 == 0:
            canvas.rectangle((6, y - height / 2 + 1, CANVAS - 6, y + height / 2 - 1), fill=style.panel)
        canvas.text(12, y, label, size - 1, style.soft, anchor="lm")
        canvas.text(column, y, value, size, style.ink, labels, "lm", style.weight)
        if not style.framed:
            canvas.line([(10, y + height / 2), (CANVAS - 10, y + height / 2)], style.rule)
