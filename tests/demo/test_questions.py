"""Answers follow from the facts, and scoring looks at what decides."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from comparer.demo.questions import (
    ABSENT_ANSWER,
    KINDS,
    LONGEST_DIALOGUE,
    OUTSIDE_ANSWER,
    Turn,
    draw_dialogue,
    openings,
)
from comparer.demo.questions.absent import absent_question, domain_of, names_in
from comparer.demo.questions.wording import ANSWERS, QUESTIONS
from comparer.demo.scenes import (
    DOMAINS,
    Bar,
    FaultFacts,
    ManualFacts,
    OrderLine,
    OutsideFacts,
    Part,
    ServiceFacts,
    imagine,
)
from comparer.demo.scenes.vocabulary import LANGUAGES, PARTS, Language
from comparer.demo.scoring import decisive_fields, is_right

FACTS = (
    ManualFacts((Part(1, "fan", "circle", "red", 12), Part(2, "belt", "square", "blue", 40))),
    FaultFacts(
        (Bar("pump", "red", 7), Bar("motor", "blue", 30), Bar("fan", "grey", 19)), "falling", 40, frozenset({"red"})
    ),
    ServiceFacts(63, (OrderLine("valve", 24, 35), OrderLine("gear", 41, 12)), "shipped", "May", 3, 11),
)
EXPECTED = {
    "Which part is the heaviest?": "The belt is the heaviest.",
    "Is the fan heavier than the belt?": "The fan weighs 12 g and the belt 40 g, so no.",
    "皮带比风扇重吗?": "皮带重40克，风扇重12克，是的。",
    "What is part 1?": "Part 1 is the fan.",
    "哪个零件最轻?": "风扇最轻。",
    "Which part needs two people, and why?": "The belt, because it is the heaviest: 40 g.",
    "Which part fails most?": "The motor fails most.",
    "Is the red lamp on?": "Yes, the red lamp is on.",
    "Is the green lamp on?": "No, the green lamp is off.",
    "Must the machine be stopped?": "Yes, the red lamp is on.",
    "What is the trend?": "The trend is falling.",
    "Is the trend rising, and by about how much?": "The trend is falling by about 40 %.",
    "亮着几盏灯?": "亮着1盏灯。",
    "Which part should be ordered first, and why?": "The motor, because it fails most: 30 times.",
    "How far apart are the pump and the fan?": "19 minus 7 is 12.",
    "When is it due?": "It is due on 11 May.",
    "什么时候下单的?": "下单日期是五月3日。",
    "Is the order on its way?": "Yes, it is shipped.",
    "Should we call the customer, and why?": "No, because the order is shipped.",
    "What was ordered?": "The valve and the gear.",
    "How many of the valve were ordered?": "The quantity of the valve is 24.",
    "What does one gear cost?": "The gear costs 12 dollars.",
    "Is the quantity of the valve above 30?": "The quantity is 24, so no.",
    "齿轮比阀门贵吗?": "齿轮单价12美元，阀门单价35美元，不是。",
    "How many days from the order to the due date?": "From 3 to 11 May it is 8 days.",
}


def ask_often(language: Language) -> list[tuple[Turn, ...]]:
    dialogues = []
    for seed in range(400):
        for facts in FACTS:
            dialogues.append(draw_dialogue(facts, language, 5, Random(seed)))
    return dialogues


def test_answers_follow_from_the_facts() -> None:
    said = {
        turn.question.replace("？", "?"): turn.answer
        for language in LANGUAGES
        for dialogue in ask_often(language)
        for turn in dialogue
        if not turn.kind.endswith(("absent", "stray"))
    }
    for question, answer in EXPECTED.items():
        assert said[question] == answer


def test_every_kind_is_asked_in_both_languages() -> None:
    for language in LANGUAGES:
        kinds = {turn.kind for dialogue in ask_often(language) for turn in dialogue}
        assert kinds == set(KINDS) - {"outside"}


def test_follow_ups_lean_on_the_turn_before() -> None:
    names = {"pump": 0, "motor": 1, "fan": 2}
    checked = 0
    for dialogue in ask_often("en"):
        for before, turn in pairwise(dialogue):
            if turn.question == "And the one before it?":
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
        ("不是，红色的灯没亮。", ("no", "red")),
        (ABSENT_ANSWER["en"], ("absent",)),
        (ABSENT_ANSWER["zh"], ("absent",)),
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
                    assert is_right(turn.answer, OUTSIDE_ANSWER[language]) == (turn.kind == "stray")


def test_nothing_is_asked_twice_in_ten_turns_while_there_is_something_else() -> None:
    for seed in range(60):
        for domain in DOMAINS:
            turns = draw_dialogue(imagine(Random(seed), domain), "en", LONGEST_DIALOGUE, Random(seed))
            asked = [
                (turn.kind, turn.answer) for turn in turns if turn.kind.split(".")[1:] not in (["absent"], ["recall"])
            ]
            assert len(turns) == LONGEST_DIALOGUE
            assert len(asked) - len(set(asked)) <= 1 + sum(turn.kind == "stray" for turn in turns)


def test_the_first_part_of_a_conversation_is_recalled() -> None:
    checked = 0
    for seed in range(200):
        for domain in DOMAINS:
            turns = draw_dialogue(imagine(Random(seed), domain), "en", LONGEST_DIALOGUE, Random(seed))
            named = [set(decisive_fields(turn.answer)) & set(PARTS) for turn in turns]
            for number, turn in enumerate(turns):
                if turn.kind.endswith(".recall"):
                    (name,) = named[number]
                    assert any(name in names for names in named[:number])
                    checked += 1
    assert checked > 50


def test_a_deepening_conversation_reads_then_compares_then_reasons() -> None:
    for seed in range(60):
        for domain in DOMAINS:
            turns = draw_dialogue(imagine(Random(seed), domain), "zh", LONGEST_DIALOGUE, Random(seed), deepening=True)
            asked = [turn for turn in turns if turn.kind != "stray" and not turn.kind.endswith(".absent")]
            assert len(turns) == LONGEST_DIALOGUE
            assert all(KINDS[turn.kind][0] == "read" for turn in turns[:4])
            assert all(KINDS[turn.kind][0] != "reason" for turn in turns[4:7] if turn in asked)
            assert any(KINDS[turn.kind][0] == "reason" for turn in turns[7:])


def test_an_absent_question_asks_for_nothing_that_is_shown() -> None:
    for seed in range(300):
        for domain in DOMAINS:
            facts = imagine(Random(seed), domain)
            ask = absent_question(facts, Random(seed))
            if ask.kind.startswith(domain_of(facts)):
                assert ask.subject not in names_in(facts)
            else:
                assert ask.kind not in {own.kind for own in openings(facts, Random(seed))}
