"""Multiple choice by VLMEvalKit's rule: its own examples, and what it cannot read."""

from collections.abc import Mapping

import pytest

from comparer.suites.checks import Choice, judge
from comparer.suites.checks.choice import infer, question_with_options

TOYS = {"A": "teddy bear", "B": "rabbit", "C": "cat", "D": "dog"}
POINTS = {"A": "Point A", "B": "Point B"}


@pytest.mark.parametrize(
    ("options", "answer", "letter"),
    [
        # the examples in VLMEvalKit's prompts for matching an answer with options
        (TOYS, "a cute teddy bear", "A"),
        (TOYS, "Spider", None),
        (
            POINTS,
            "Point B, where the child is sitting, is closer to the camera.",
            None,
        ),  # far from the end: no letter
        # the letter alone, and as models dress it
        (TOYS, "B", "B"),
        (TOYS, "B.", "B"),
        (TOYS, "(B)", "B"),
        (TOYS, "B. rabbit", "B"),
        (TOYS, "The answer is **B**.", "B"),
        (TOYS, "Answer: D", "D"),
        (TOYS, "  C \n", "C"),
        (TOYS, "rabbit", "B"),
        (TOYS, "RABBIT", "B"),
        # a lone letter counts among the last words only
        (TOYS, "A rabbit sits there", "A"),
        (TOYS, "A rabbit sits over there today", "B"),
        (TOYS, "The correct answer is C because of the long whiskers and the tail that everybody can see", "C"),
        # two letters, none, small ones, and text that fits two options or is far longer than all
        (TOYS, "A or B", None),
        (TOYS, "b", None),
        (TOYS, "a cat and a dog", None),
        (TOYS, "", None),
        (TOYS, "It might well be the rabbit, for I see ears, and yet I would not like to swear on it.", None),
        (TOYS, "E", None),
        # declining
        (TOYS, "Cannot determine the answer from this picture, though B looks likely", "Z"),
        (TOYS, "Z", "Z"),
        (TOYS, "Failed to obtain answer via API.", None),
        # the same signs in Chinese dress
        (TOYS, "B。", "B"),
        (TOYS, "（Ｂ）", "B"),
        (TOYS, "选项：B。", "B"),
    ],
)
def test_infer(options: Mapping[str, str], answer: str, letter: str | None) -> None:
    assert infer(answer, options) == letter


def test_an_answer_without_a_readable_option_is_wrong_and_said_to_be_so() -> None:
    check = Choice(answer="B", options=TOYS)
    assert judge(check, "B").passed
    assert judge(check, "C").code == "option_wrong"
    assert judge(check, "Cannot determine the answer").code == "option_declined"
    unread = judge(check, "either of them")
    assert (unread.score, unread.passed, unread.code) == (0.0, False, "no_option")
    assert all(judge(check, "either of them") == unread for _ in range(5))


def test_the_prompt_is_vlmevalkits() -> None:
    assert question_with_options("What is it?", {"A": "cat", "B": "dog"}, "Look at the ears.") == (
        "Hint: Look at the ears.\nQuestion: What is it?\nOptions:\nA. cat\nB. dog\n"
        "Please select the correct answer from the options above. \n"
    )
    assert question_with_options("What is it?", {}) == "Question: What is it?\n"
