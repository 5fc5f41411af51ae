"""Questions about a customer-service ticket."""

from __future__ import annotations

from random import Random

from comparer.demo.questions.asks import Ask
from comparer.demo.scenes.facts import ServiceFacts

SHORT_QUESTIONS = {
    "service.item": "and.item",
    "service.quantity": "and.quantity",
    "service.status": "and.status",
    "service.number": "and.order",
    "service.ordered": "and.ordered",
    "service.due": "and.due",
}
QUANTITY_LIMITS = (10, 20, 30, 40, 50)


def service_openings(facts: ServiceFacts, random: Random) -> list[Ask]:
    """One candidate of every kind."""
    limit = random.choice([candidate for candidate in QUANTITY_LIMITS if candidate != facts.quantity])
    more = "yes" if facts.quantity > limit else "no"
    way = "yes" if facts.status == "shipped" else "no"
    day = {"month": facts.month}
    return [
        Ask("service.item", {"item": facts.item}),
        Ask("service.quantity", {"quantity": facts.quantity}),
        Ask("service.status", {"status": facts.status}),
        Ask("service.number", {"number": facts.order_number}),
        Ask("service.ordered", {"ordered": facts.ordered_day, **day}),
        Ask("service.due", {"due": facts.due_day, **day}),
        Ask("service.more", {"limit": limit, "quantity": facts.quantity}, answer=f"service.more.{more}"),
        Ask("service.way", {"status": facts.status}, answer=f"service.way.{way}"),
        Ask("service.days", {"days": facts.due_day - facts.ordered_day}),
    ]


def service_follow_ups(facts: ServiceFacts, previous: list[Ask], random: Random) -> list[Ask]:
    """What has not been asked yet, in short; after both dates, how many days lie between."""
    asked = {ask.kind for ask in previous}
    fresh = [ask for ask in service_openings(facts, random) if ask.kind not in asked]
    asks = [
        Ask(ask.kind, ask.slots, SHORT_QUESTIONS[ask.kind], ask.kind) for ask in fresh if ask.kind in SHORT_QUESTIONS
    ]
    if {"service.ordered", "service.due"} <= asked and "service.days" not in asked:
        asks += [ask for ask in fresh if ask.kind == "service.days"] * 4
    return asks
