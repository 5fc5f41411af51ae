"""Questions about a fault chart."""

from __future__ import annotations

from random import Random

from comparer.demo.questions.asks import Ask
from comparer.demo.scenes.facts import Bar, FaultFacts
from comparer.demo.scenes.vocabulary import LAMPS

IT_QUESTIONS = {"failures": "it.failures", "bar": "it.bar"}


def _about(bar: Bar, aspect: str, question: str = "") -> Ask:
    """The failures or the colour of one bar."""
    kind = {"failures": "fault.value", "bar": "fault.colour"}[aspect]
    slots: dict[str, str | int] = {"name": bar.name, "failures": bar.failures, "colour": bar.colour}
    return Ask(kind, slots, question or kind, kind, subject=bar.name, aspect=aspect)


def _lamp(facts: FaultFacts, colour: str, question: str = "fault.lamp") -> Ask:
    verdict = "yes" if colour in facts.lamps_on else "no"
    return Ask("fault.lamp", {"colour": colour}, question, f"fault.lamp.{verdict}", f"{colour} lamp", "lamp")


def fault_openings(facts: FaultFacts, random: Random) -> list[Ask]:
    """One candidate of every kind that needs no earlier turn; kinds that stand twice are asked twice as often."""
    first, second = random.sample(facts.bars, 2)
    by_failures = sorted(facts.bars, key=lambda bar: bar.failures)
    least, most = by_failures[0], by_failures[-1]
    verdict = "yes" if first.failures > second.failures else "no"
    return [
        _about(random.choice(facts.bars), "failures"),
        _about(random.choice(facts.bars), "failures"),
        _about(random.choice(facts.bars), "bar"),
        _lamp(facts, random.choice(LAMPS)),
        Ask("fault.trend", {"trend": facts.trend}),
        Ask("fault.count", {"count": len(facts.bars)}),
        Ask("fault.most", {"name": most.name}, subject=most.name, aspect="most"),
        Ask("fault.least", {"name": least.name}, subject=least.name, aspect="least"),
        Ask("fault.more", {"a": first.name, "b": second.name}, answer=f"fault.more.{verdict}"),
        Ask("fault.lamps", {"count": len(facts.lamps_on)}),
        Ask("fault.first", {"name": most.name, "failures": most.failures}, subject=most.name, aspect="failures"),
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
    asked = {ask.aspect for ask in previous if ask.subject == bar.name}
    asks = [_about(bar, aspect, question) for aspect, question in IT_QUESTIONS.items() if aspect not in asked]
    if last.aspect not in IT_QUESTIONS:
        return asks
    asks.append(_about(random.choice([other for other in facts.bars if other is not bar]), last.aspect, "and.name"))
    asks += [
        _about(facts.bars[place + step], last.aspect, f"and.{word}")
        for word, step in (("left", -1), ("right", 1))
        if 0 <= place + step < len(facts.bars)
    ]
    before = previous[-2] if len(previous) > 1 else None
    if before and before.aspect == last.aspect == "failures" and before.subject != last.subject:
        difference = abs(int(before.slots["failures"]) - int(last.slots["failures"]))
        asks += [Ask("fault.difference", {"difference": difference})] * 2
    return asks
