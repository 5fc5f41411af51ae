"""The halves of the stray questions: as large as each other, and not each other in other words."""

from __future__ import annotations

from difflib import SequenceMatcher
from random import Random

import pytest

from comparer.demo.questions import KINDS, OUTSIDE_ANSWER, draw_stray_question
from comparer.demo.questions.stray import written_questions
from comparer.demo.scenes.vocabulary import CHINESE, CLOSED_WORDS, LANGUAGES, Language
from comparer.demo.scoring import is_refusal


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_question_has_a_twin_in_the_other_half(language: Language) -> None:
    trained, held_out = (written_questions(language, which) for which in (False, True))
    assert len(trained) == len(held_out) == len(set(trained)) == len(set(held_out)) >= 20
    for mine in trained:
        for other in held_out:
            alike = SequenceMatcher(None, mine.lower().strip("?？!！。."), other.lower().strip("?？!！。.")).ratio()
            assert alike < 0.7, (mine, other)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_stray_question_is_about_the_drawn_pictures(language: Language) -> None:
    closed = (
        [CHINESE[word] for word in CLOSED_WORDS] if language == "zh" else [*CLOSED_WORDS, "part", "order", "lamp"]
    )
    for question in (*written_questions(language, False), *written_questions(language, True)):
        asked = question if language == "zh" else question.lower().strip("?!.").split()
        assert not [word for word in closed if word.lower() in asked], question


@pytest.mark.parametrize("held_out", [True, False])
def test_drawn_from_the_half_that_was_asked_for(held_out: bool) -> None:
    for language in LANGUAGES:
        turns = [draw_stray_question(language, Random(seed), held_out) for seed in range(800)]
        asked = {turn.question.replace("?", "？") for turn in turns}
        mine, other = (
            {question.replace("?", "？") for question in written_questions(language, half)}
            for half in (held_out, not held_out)
        )
        assert mine <= asked
        assert not asked & other
        assert {turn.answer for turn in turns} == {OUTSIDE_ANSWER[language]} and is_refusal(turns[0].answer)
        assert {turn.kind for turn in turns} == {"stray"} <= set(KINDS)
