"""Questions of the right sort that a picture does not answer: about a part that it does not show, or about another
kind of picture."""

from __future__ import annotations

from random import Random

from comparer.demo.questions.asks import Ask
from comparer.demo.questions.fault import fault_openings
from comparer.demo.questions.manual import manual_openings
from comparer.demo.questions.service import service_openings
from comparer.demo.scenes import Domain, Facts, FaultFacts, ManualFacts, ServiceFacts, imagine

FOREIGN: dict[Domain, dict[Domain, tuple[str, ...]]] = {
    "manual": {
        "fault": ("value", "trend", "lamps", "lamp", "stop"),
        "service": ("status", "number", "ordered", "due", "price", "quantity"),
    },
    "fault": {
        "manual": ("weight", "heaviest", "shape"),
        "service": ("status", "number", "ordered", "due", "price"),
    },
    "service": {
        "manual": ("shape", "colour", "weight", "heaviest"),
        "fault": ("trend", "lamps", "value", "colour", "stop"),
    },
}
"""Domain -> question types of the other two that its pictures certainly do not answer."""

NAMED: dict[Domain, tuple[str, ...]] = {
    "manual": ("number", "colour", "shape", "weight"),
    "fault": ("value", "colour"),
    "service": ("quantity", "price"),
}
"""Question types that ask about one part by its name."""


def domain_of(facts: Facts) -> Domain:
    """The domain that `facts` belong to.

    Raises TypeError for a scene outside the domains."""
    if isinstance(facts, ManualFacts):
        return "manual"
    if isinstance(facts, FaultFacts):
        return "fault"
    if isinstance(facts, ServiceFacts):
        return "service"
    raise TypeError(f"{type(facts).__name__} belongs to no domain.")


def openings(facts: Facts, random: Random) -> list[Ask]:
    """Candidates for a first question about `facts`."""
    if isinstance(facts, ManualFacts):
        return manual_openings(facts, random)
    if isinstance(facts, FaultFacts):
        return fault_openings(facts, random)
    if isinstance(facts, ServiceFacts):
        return service_openings(facts, random)
    raise TypeError(f"{type(facts).__name__} has no questions of its own.")


def names_in(facts: Facts) -> frozenset[str]:
    """The parts that a picture names."""
    if isinstance(facts, ManualFacts):
        return frozenset(part.name for part in facts.parts)
    if isinstance(facts, FaultFacts):
        return frozenset(bar.name for bar in facts.bars)
    return frozenset(line.name for line in facts.lines) if isinstance(facts, ServiceFacts) else frozenset()


def absent_question(facts: Facts, random: Random) -> Ask:
    """Half of the time a part that is not shown, else a question that belongs to another domain."""
    domain, shown = domain_of(facts), names_in(facts)
    if random.random() < 0.5:
        other = random.choice(list(FOREIGN[domain]))
        asks = openings(imagine(random, other), random)
        return random.choice([ask for ask in asks if ask.kind.removeprefix(f"{other}.") in FOREIGN[domain][other]])
    while True:
        ask = random.choice(openings(imagine(random, domain), random))
        named = ask.kind.removeprefix(f"{domain}.") in NAMED[domain] and not ask.question.endswith("_n")
        if named and ask.subject not in shown:
            return ask
