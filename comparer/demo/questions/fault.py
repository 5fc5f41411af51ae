"""Questions about a fault chart."""

from __future__ import annotations

from random import Random

from comparer.demo.questions.asks import Ask, Slots
from comparer.demo.scenes.facts import Bar, FaultFacts
from comparer.demo.scenes.vocabulary import LAMPS

IT_QUESTIONS = {"failures": "it.failures", "bar": "it.bar"}


def about_bar(bar: Bar, aspect: str, question: str = "") -> Ask:
    """The failures or the colour of one bar."""
    kind, name = {"failures": ("fault.value", "failures"), "bar": ("fault.colour", "colour")}[aspect]
    slots: Slots = {"name": bar.name, name: bar.failures if name == "failures" else bar.colour}
    return Ask(kind, slots, question or kind, kind, subject=bar.name, aspect=aspect)


def _lamp(facts: FaultFacts, colour: str, question: str = "fault.lamp") -> Ask:
    verdict = "yes" if colour in facts.lamps_on else "no"
    return Ask("fault.lamp", {"colour": colour}, question, f"fault.lamp.{verdict}", f"{colour} lamp", "lamp")


def _difference(first: Bar, second: Bar, question: str) -> Ask:
    low, high = sorted((first.failures, second.failures))
    slots: Slots = {"a": first.name, "b": second.name, "high": high, "low": low, "difference": high - low}
    return Ask("fault.difference", slots, question)


def fault_openings(facts: FaultFacts, random: Random) -> list[Ask]:
    """One candidate of every kind that needs no earlier turn; kinds that stand twice are asked twice as often."""
    first, second = random.sample(facts.bars, 2)
    by_failures = sorted(facts.bars, key=lambda bar: bar.failures)
    least, most = by_failures[0], by_failures[-1]
    verdict = "yes" if first.failures > second.failures else "no"
    compared: Slots = {"a": first.name, "b": second.name, "x": first.failures, "y": second.failures}
    change: Slots = {"trend": facts.trend, "change": facts.change} if facts.change else {"trend": facts.trend}
    return [
        about_bar(random.choice(facts.bars), "failures"),
        about_bar(random.choice(facts.bars), "failures"),
        about_bar(random.choice(facts.bars), "bar"),
        _lamp(facts, random.choice(LAMPS)),
        Ask("fault.trend", {"trend": facts.trend}),
        Ask("fault.count", {"count": len(facts.bars)}),
        Ask("fault.most", {"name": most.name}, subject=most.name, aspect="most"),
        Ask("fault.least", {"name": least.name}, subject=least.name, aspect="least"),
        Ask("fault.more", compared, answer=f"fault.more.{verdict}"),
        Ask("fault.lamps", {"count": len(facts.lamps_on)}),
        Ask("fault.first", {"name": most.name, "failures": most.failures}, subject=most.name, aspect="failures"),
        Ask("fault.change", change, answer="fault.change" if facts.change else "fault.trend"),
        Ask("fault.stop", {"colour": "red"}, answer=f"fault.lamp.{'yes' if 'red' in facts.lamps_on else 'no'}"),
        _difference(first, second, "fault.difference"),
    ]


def fault_follow_ups(facts: FaultFacts, previous: list[Ask], random: Random) -> list[Ask]:
    """Questions that lean on the last turns: "and the one on its left?", "what is the difference?"."""
    last = previous[-1]
    if last.aspect == "lamp":
        return [_lamp(facts, random.choice([c for c in LAMPS if f"{c} lamp" != last.subject]), "and.lamp")]
    place = next((i for i, bar in enumerate(facts.bars) if bar.name == last.subject), None)
    if place is None:
        return []
    bar = facts.bars[place]
    asks = [about_bar(bar, aspect, question) for aspect, question in IT_QUESTIONS.items()]
    if last.aspect not in IT_QUESTIONS:
        return asks
    asks.append(
        about_bar(random.choice([other for other in facts.bars if other is not bar]), last.aspect, "and.name")
    )
    asks += [
        about_bar(facts.bars[place + step], last.aspect, f"and.{word}")
        for word, step in (("after", 1), ("before", -1))
        if 0 <= place + step < len(facts.bars)
    ]
    before = previous[-2] if len(previous) > 1 else None
    if before and before.aspect == last.aspect == "failures" and before.subject != last.subject:
        earlier = next(other for other in facts.bars if other.name == before.subject)
        asks += [_difference(earlier, bar, "and.difference")] * 2
    return asks
