"""Questions about a manual page."""

from __future__ import annotations

from random import Random

from comparer.demo.questions.asks import Ask, Slots
from comparer.demo.scenes.facts import ManualFacts, Part

ASPECTS = ("colour", "shape", "weight")


def about_part(part: Part, aspect: str, question: str = "") -> Ask:
    """One attribute of one part; the answer names the part again, so that the next turn can lean on it."""
    values: Slots = {"colour": part.colour, "shape": part.shape, "weight": part.weight_g}
    slots: Slots = {"name": part.name, "n": part.number, aspect: values[aspect]}
    kind = f"manual.{aspect}"
    return Ask(kind, slots, question or kind, kind, subject=part.name, aspect=aspect)


def _name(part: Part, question: str = "manual.name") -> Ask:
    slots: Slots = {"n": part.number, "name": part.name}
    return Ask("manual.name", slots, question, subject=part.name, aspect="name")


def manual_openings(facts: ManualFacts, random: Random) -> list[Ask]:
    """One candidate of every kind that needs no earlier turn; kinds that stand twice are asked twice as often."""
    part = random.choice(facts.parts)
    first, second = random.sample(facts.parts, 2)
    by_weight = sorted(facts.parts, key=lambda candidate: candidate.weight_g)
    lightest, heaviest = by_weight[0], by_weight[-1]
    verdict = "yes" if first.weight_g > second.weight_g else "no"
    number: Slots = {"name": part.name, "n": part.number}
    compared: Slots = {"a": first.name, "b": second.name, "x": first.weight_g, "y": second.weight_g}
    asks = [_name(part), Ask("manual.number", number, subject=part.name, aspect="number")]
    for aspect in ASPECTS:
        question = f"manual.{aspect}" if random.random() < 0.6 else f"manual.{aspect}_n"
        asks.append(about_part(random.choice(facts.parts), aspect, question))
    return [
        *asks,
        asks[-1],
        Ask("manual.count", {"count": len(facts.parts)}),
        Ask("manual.heaviest", {"name": heaviest.name}, subject=heaviest.name, aspect="heaviest"),
        Ask("manual.lightest", {"name": lightest.name}, subject=lightest.name, aspect="lightest"),
        Ask("manual.heavier", compared, answer=f"manual.heavier.{verdict}"),
        Ask("manual.lift", {"name": heaviest.name, "weight": heaviest.weight_g}, subject=heaviest.name),
    ]


def manual_follow_ups(facts: ManualFacts, previous: list[Ask], random: Random) -> list[Ask]:
    """Questions that lean on the last turn: "it", "and the pump?", "and the next part?", "why?"."""
    last = previous[-1]
    part = next((candidate for candidate in facts.parts if candidate.name == last.subject), None)
    if part is None:
        return []
    asks = [about_part(part, aspect, f"it.{aspect}") for aspect in ASPECTS]
    other = random.choice([candidate for candidate in facts.parts if candidate is not part])
    neighbours = [
        (candidate, word)
        for candidate in facts.parts
        for word, step in (("next", 1), ("previous", -1))
        if candidate.number == part.number + step
    ]
    if last.aspect in ASPECTS:
        asks.append(about_part(other, last.aspect, random.choice(("and.name", "and.number"))))
        asks += [about_part(neighbour, last.aspect, f"and.{word}") for neighbour, word in neighbours]
    elif last.aspect == "name":
        asks.append(_name(other, "and.number"))
        asks += [_name(neighbour, f"and.{word}") for neighbour, word in neighbours]
    elif last.aspect in ("heaviest", "lightest"):
        slots: Slots = {"name": part.name, "weight": part.weight_g}
        asks.append(Ask("manual.why", slots, answer="manual.weight", subject=part.name, aspect="weight"))
    return asks
