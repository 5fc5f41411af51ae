"""Dialogues of one to ten turns about a drawn scene, in English or Chinese, with exact reference answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from random import Random

from comparer.demo.questions.absent import absent_question, domain_of, openings
from comparer.demo.questions.asks import KINDS, Ask, Depth
from comparer.demo.questions.fault import fault_follow_ups
from comparer.demo.questions.manual import manual_follow_ups
from comparer.demo.questions.service import service_follow_ups
from comparer.demo.questions.stray import stray_question
from comparer.demo.questions.wording import ABSENT_ANSWER, ANSWERS, OUTSIDE_ANSWER, QUESTIONS
from comparer.demo.scenes import DOMAINS, Facts, FaultFacts, ManualFacts, OutsideFacts, ServiceFacts, imagine
from comparer.demo.scenes.vocabulary import PARTS, Language, say

__all__ = [
    "ABSENT_ANSWER",
    "KINDS",
    "LONGEST_DIALOGUE",
    "OUTSIDE_ANSWER",
    "Depth",
    "Turn",
    "draw_dialogue",
    "draw_stray_question",
    "openings",
    "put_into_words",
]

LONGEST_DIALOGUE = 10
_ANY_DEPTH: Collection[Depth] = ("read", "compare", "reason")
LEANING = 0.65
"""How often a later turn leans on the one before, where it can."""
STRAY, ABSENT, RECALL = 0.03, 0.05, 0.10
"""How often a turn asks for something that has nothing to do with pictures, for something that this picture does not
show, and (from the third turn on) for what was asked about first."""


@dataclass(frozen=True)
class Turn:
    """One question and its reference answer; `kind` is a key of `KINDS`."""

    kind: str
    language: Language
    question: str
    answer: str


def put_into_words(ask: Ask, language: Language, random: Random) -> Turn:
    """`ask` in one of its phrasings."""
    slots = {name: say(str(value), language) for name, value in ask.slots.items()}
    question = random.choice(QUESTIONS[ask.question or ask.kind][language]).format(**slots)
    if language == "zh" and random.random() < 0.5:
        question = question.replace("?", "？")
    return Turn(ask.kind, language, question, ANSWERS[ask.answer or ask.kind][language].format(**slots))


def draw_stray_question(language: Language, random: Random, held_out: bool = False) -> Turn:
    """A question that has nothing to do with the three domains; `held_out` ones are never trained on."""
    return Turn("stray", language, stray_question(language, random, held_out), OUTSIDE_ANSWER[language])


def draw_dialogue(
    facts: Facts, language: Language, turns: int, random: Random, *, deepening: bool = False
) -> tuple[Turn, ...]:
    """A dialogue of `turns` turns, most of which lean on the one before.

    Nothing is asked twice while there is something else to ask. A question that goes astray is a turn of kind
    "stray"; one about what the picture does not show ends in "absent". A `deepening` dialogue goes on as people's
    do: it reads first, then compares, and reasons at the end (`_depths`); any other one asks in no order.
    """
    if isinstance(facts, OutsideFacts):
        return tuple(_about_nothing(language, random) for _ in range(turns))
    asks: list[Ask] = []
    words: list[Turn] = []
    leaning = False
    for allowed in _depths(turns) if deepening else [_ANY_DEPTH] * turns:
        aside = _aside(facts, asks, language, random, allowed)
        if aside:
            words.append(aside)
            leaning = False
            continue
        candidates = _follow_ups(facts, asks, random) if leaning and random.random() < LEANING else []
        fresh = _fresh(candidates, asks, allowed)
        if not fresh:
            candidates = openings(facts, random)
            fresh = _fresh(candidates, asks, allowed) or _fresh(candidates, asks, _ANY_DEPTH) or candidates
        ask = random.choice(fresh)
        asks.append(ask)
        words.append(put_into_words(ask, language, random))
        leaning = True
    return tuple(words)


def _depths(turns: int) -> list[Collection[Depth]]:
    """What each turn of a deepening dialogue may be: 40 % read, 30 % compare, the rest reason."""
    limits: tuple[tuple[Depth, float], ...] = (("read", 0.4), ("compare", 0.7), ("reason", 1.0))
    return [(next(depth for depth, limit in limits if turn < limit * turns),) for turn in range(turns)]


def _fresh(candidates: Sequence[Ask], asks: Sequence[Ask], allowed: Collection[Depth]) -> list[Ask]:
    """The candidates of those depths that nobody has asked yet."""
    return [ask for ask in candidates if KINDS[ask.kind][0] in allowed and not any(ask.same_as(old) for old in asks)]


def _follow_ups(facts: Facts, previous: list[Ask], random: Random) -> list[Ask]:
    if isinstance(facts, ManualFacts):
        return manual_follow_ups(facts, previous, random)
    if isinstance(facts, FaultFacts):
        return fault_follow_ups(facts, previous, random)
    if isinstance(facts, ServiceFacts):
        return service_follow_ups(facts, previous, random)
    return []


def _about_nothing(language: Language, random: Random) -> Turn:
    """A question of one of the domains, or a stray one, about a picture that shows none of them."""
    if random.random() < 0.3:
        asked = draw_stray_question(language, random)
    else:
        ask = random.choice(openings(imagine(random, random.choice(DOMAINS)), random))
        asked = put_into_words(ask, language, random)
    return Turn("outside", language, asked.question, OUTSIDE_ANSWER[language])


def _aside(
    facts: Facts, asks: list[Ask], language: Language, random: Random, allowed: Collection[Depth]
) -> Turn | None:
    """Now and then a turn that the picture does not answer."""
    drawn = random.random()
    if drawn < STRAY:
        return draw_stray_question(language, random)
    if drawn < STRAY + ABSENT:
        question = put_into_words(absent_question(facts, random), language, random).question
        return Turn(f"{domain_of(facts)}.absent", language, question, ABSENT_ANSWER[language])
    first = next((ask.subject for ask in asks if ask.subject in PARTS), "")
    if first and len(asks) > 1 and "reason" in allowed and drawn < STRAY + ABSENT + RECALL:
        recall = Ask(f"{domain_of(facts)}.recall", {"name": first}, "recall", "recall")
        return put_into_words(recall, language, random)
    return None
