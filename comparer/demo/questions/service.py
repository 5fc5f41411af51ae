"""Questions about a customer-service ticket."""

from __future__ import annotations

from random import Random

from comparer.demo.questions.asks import Ask, Slots
from comparer.demo.scenes.facts import OrderLine, ServiceFacts

SHORT_QUESTIONS = {
    "service.items": "and.items",
    "service.status": "and.status",
    "service.number": "and.order",
    "service.ordered": "and.ordered",
    "service.due": "and.due",
}
ASPECTS = ("quantity", "price")
QUANTITY_LIMITS = (10, 20, 30, 40, 50)


def about_line(line: OrderLine, aspect: str, question: str = "") -> Ask:
    """The quantity or the price of one line of the order."""
    values: Slots = {"quantity": line.quantity, "price": line.price}
    kind = f"service.{aspect}"
    return Ask(
        kind, {"name": line.name, aspect: values[aspect]}, question or kind, kind, subject=line.name, aspect=aspect
    )


def service_openings(facts: ServiceFacts, random: Random) -> list[Ask]:
    """One candidate of every kind; kinds that stand twice are asked twice as often."""
    line, (first, second) = random.choice(facts.lines), random.sample(facts.lines, 2)
    limit = random.choice([candidate for candidate in QUANTITY_LIMITS if candidate != line.quantity])
    by_price = sorted(facts.lines, key=lambda candidate: candidate.price)
    dearer = "yes" if first.price > second.price else "no"
    compared: Slots = {"a": first.name, "b": second.name, "x": first.price, "y": second.price}
    names: Slots = dict(zip("abc", (each.name for each in facts.lines), strict=False))
    date: Slots = {"month": facts.month}
    more: Slots = {"name": line.name, "limit": limit, "quantity": line.quantity}
    span: Slots = {"ordered": facts.ordered_day, "due": facts.due_day, "days": facts.due_day - facts.ordered_day}
    return [
        Ask("service.items", names, answer=f"service.items.{len(facts.lines)}"),
        Ask("service.count", {"count": len(facts.lines)}),
        *(about_line(random.choice(facts.lines), aspect) for aspect in (*ASPECTS, *ASPECTS)),
        Ask("service.status", {"status": facts.status}),
        Ask("service.number", {"number": facts.order_number}),
        Ask("service.ordered", {"ordered": facts.ordered_day, **date}),
        Ask("service.due", {"due": facts.due_day, **date}),
        Ask("service.more", more, answer=f"service.more.{'yes' if line.quantity > limit else 'no'}"),
        Ask("service.dearest", {"name": by_price[-1].name}, subject=by_price[-1].name, aspect="dearest"),
        Ask("service.cheapest", {"name": by_price[0].name}, subject=by_price[0].name, aspect="cheapest"),
        Ask("service.dearer", compared, answer=f"service.dearer.{dearer}"),
        Ask(
            "service.way",
            {"status": facts.status},
            answer=f"service.way.{'yes' if facts.status == 'shipped' else 'no'}",
        ),
        Ask(
            "service.call",
            {"status": facts.status},
            answer=f"service.call.{'yes' if facts.status == 'late' else 'no'}",
        ),
        Ask("service.days", {**span, **date}),
    ]


def service_follow_ups(facts: ServiceFacts, previous: list[Ask], random: Random) -> list[Ask]:
    """The rest of a line ("and its price?", "and the pump?"), or what has not been asked yet, in short."""
    last = previous[-1]
    line = next((candidate for candidate in facts.lines if candidate.name == last.subject), None)
    if line is None:
        fresh = service_openings(facts, random)
        asked = {ask.kind for ask in previous}
        return [
            Ask(ask.kind, ask.slots, SHORT_QUESTIONS[ask.kind], ask.answer or ask.kind)
            for ask in fresh
            if ask.kind in SHORT_QUESTIONS and ask.kind not in asked
        ]
    asks = [about_line(line, aspect, f"it.{aspect}") for aspect in ASPECTS]
    if last.aspect in ASPECTS:
        other = random.choice([candidate for candidate in facts.lines if candidate is not line])
        asks += [about_line(other, last.aspect, "and.name")] * 2
    return asks
