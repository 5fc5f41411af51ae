"""Dialogues of one to several turns about a drawn scene, in English or Chinese, with exact reference answers."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from comparer.demo.questions.asks import KINDS, Ask, Depth
from comparer.demo.questions.fault import fault_follow_ups, fault_openings
from comparer.demo.questions.manual import manual_follow_ups, manual_openings
from comparer.demo.questions.service import service_follow_ups, service_openings
from comparer.demo.questions.wording import ANSWERS, OUTSIDE_ANSWER, QUESTIONS
from comparer.demo.scenes import DOMAINS, Facts, FaultFacts, ManualFacts, OutsideFacts, ServiceFacts, imagine
from comparer.demo.scenes.vocabulary import Language, say

__all__ = ["KINDS", "OUTSIDE_ANSWER", "Depth", "Turn", "ask_openings", "draw_dialogue", "put_into_words"]


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


def ask_openings(facts: Facts, random: Random) -> list[Ask]:
    """Candidates for a first question about `facts`."""
    if isinstance(facts, ManualFacts):
        return manual_openings(facts, random)
    if isinstance(facts, FaultFacts):
        return fault_openings(facts, random)
    if isinstance(facts, ServiceFacts):
        return service_openings(facts, random)
    raise TypeError(f"{type(facts).__name__} has no questions of its own.")


def _follow_ups(facts: Facts, previous: list[Ask], random: Random) -> list[Ask]:
    if isinstance(facts, ManualFacts):
        return manual_follow_ups(facts, previous, random)
    if isinstance(facts, FaultFacts):
        return fault_follow_ups(facts, previous, random)
    if isinstance(facts, ServiceFacts):
        return service_follow_ups(facts, previous, random)
    return []


def draw_dialogue(facts: Facts, language: Language, turns: int, random: Random) -> tuple[Turn, ...]:
    """A dialogue of `turns` turns; where nothing leans on the last turn, a new subject is opened."""
    if isinstance(facts, OutsideFacts):
        imagined = imagine(random, random.choice(DOMAINS))
        asked = [
            put_into_words(random.choice(ask_openings(imagined, random)), language, random) for _ in range(turns)
        ]
        return tuple(Turn("outside", language, turn.question, OUTSIDE_ANSWER[language]) for turn in asked)
    asks = [random.choice(ask_openings(facts, random))]
    while len(asks) < turns:
        candidates = _follow_ups(facts, asks, random) or ask_openings(facts, random)
        asks.append(random.choice(candidates))
    return tuple(put_into_words(ask, language, random) for ask in asks)
