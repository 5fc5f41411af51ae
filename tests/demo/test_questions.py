"""Answers follow from the facts, and scoring looks at what decides."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from comparer.demo.questions import KINDS, OUTSIDE_ANSWER, Turn, draw_dialogue
from comparer.demo.questions.wording import ANSWERS, QUESTIONS
from comparer.demo.scenes import DOMAINS, Bar, FaultFacts, ManualFacts, OutsideFacts, Part, ServiceFacts, imagine
from comparer.demo.scenes.vocabulary import LANGUAGES, Language
from comparer.demo.scoring import decisive_fields, is_right

FACTS = (
    ManualFacts((Part(1, "fan", "circle", "red", 12), Part(2, "belt", "square", "blue", 40))),
    FaultFacts(
        (Bar("pump", "red", 7), Bar("motor", "blue", 30), Bar("fan", "grey", 9)), "falling", frozenset({"red"})
    ),
    ServiceFacts(63, "valve", 24, "shipped", "May", 3, 11),
)
EXPECTED = {
    "Which part is the heaviest?": "The belt is the heaviest.",
    "Is the fan heavier than the belt?": "No, the belt is heavier.",
    "What is part 1?": "Part 1 is the fan.",
    "哪个零件最轻?": "风扇最轻。",
    "Which part fails most?": "The motor fails most.",
    "Is the red lamp on?": "Yes, the red lamp is on.",
    "Is the green lamp on?": "No, the green lamp is off.",
    "What is the trend?": "The trend is falling.",
    "亮着几盏灯?": "亮着1盏灯。",
    "Which part should we check first, and why?": "The motor, because it fails most: 30 times.",
    "When is it due?": "It is due on 11 May.",
    "什么时候下单的?": "下单日期是五月3日。",
    "Is the order on its way?": "Yes, it is shipped.",
    "Were more than 30 ordered?": "No, only 24 were ordered.",
    "How many days from the order to the due date?": "There are 8 days between them.",
}


def ask_often(language: Language) -> list[tuple[Turn, ...]]:
    dialogues = []
    for seed in range(400):
        for facts in FACTS:
            dialogues.append(draw_dialogue(facts, language, 4, Random(seed)))
    return dialogues


def test_answers_follow_from_the_facts() -> None:
    said = {
        turn.question.replace("？", "?"): turn.answer
        for language in LANGUAGES
        for dialogue in ask_often(language)
        for turn in dialogue[:1]
    }
    for question, answer in EXPECTED.items():
        assert said[question] == answer


def test_every_kind_is_asked_in_both_languages() -> None:
    for language in LANGUAGES:
        kinds = {turn.kind for dialogue in ask_often(language) for turn in dialogue}
        assert kinds == set(KINDS) - {"outside", "stray"}


def test_follow_ups_lean_on_the_turn_before() -> None:
    names = {"pump": 0, "motor": 1, "fan": 2}
    checked = 0
    for dialogue in ask_often("en"):
        for before, turn in pairwise(dialogue):
            if turn.question == "And the one on its left?":
                now, then = (next(f for f in decisive_fields(t.answer) if f in names) for t in (turn, before))
                assert names[now] == names[then] - 1
                checked += 1
    assert checked > 5


def test_outside_is_always_answered_the_same_way() -> None:
    for language in LANGUAGES:
        turns = draw_dialogue(OutsideFacts("noise"), language, 3, Random(1))
        assert {turn.answer for turn in turns} == {OUTSIDE_ANSWER[language]}
        assert len({turn.kind for turn in turns} | {"outside"}) == 1


def test_templates_exist_in_both_languages() -> None:
    for table in (QUESTIONS, ANSWERS):
        for key, entry in table.items():
            assert set(entry) == set(LANGUAGES), key


@pytest.mark.parametrize(
    ("answer", "fields"),
    [
        ("The fan weighs 12 g.", ("fan", "12")),
        ("风扇重12克。", ("fan", "12")),
        ("交货日期是十一月21日。", ("Nov", "21")),
        ("不，皮带更重。", ("no", "belt")),
        ("Nothing of note.", ()),
        (OUTSIDE_ANSWER["en"], ("outside",)),
        (OUTSIDE_ANSWER["zh"], ("outside",)),
    ],
)
def test_decisive_fields(answer: str, fields: tuple[str, ...]) -> None:
    assert decisive_fields(answer) == fields


def test_every_reference_has_something_decisive_and_scores_itself() -> None:
    for seed in range(200):
        for domain in DOMAINS:
            for language in LANGUAGES:
                for turn in draw_dialogue(imagine(Random(seed), domain), language, 4, Random(seed)):
                    assert decisive_fields(turn.answer)
                    assert is_right(turn.answer, turn.answer)
                    assert not is_right(turn.answer, OUTSIDE_ANSWER[language])
