"""Which option an answer chooses, by the rule of VLMEvalKit, without its language-model judge and its dice.

Source: https://github.com/open-compass/VLMEvalKit, `vlmeval/utils/matching_util.py` (`can_infer`, state of commit
d21c5e9) and `vlmeval/dataset/image_mcq.py` (`ImageMCQDataset.build_prompt`). An answer from which the rule reads
no option is wrong: VLMEvalKit would hand it to a judge, and its older versions drew an option at random.
"""

import re
from collections.abc import Mapping

from comparer.suites.checks.wording import plain

NONE_OF_THEM = "Z"
"""VLMEvalKit's letter for an answer that declines to choose."""

_FAILED = "Failed to obtain answer via API"
_REFUSALS = (
    "Sorry, I can't help with images of people yet.",
    "I can't process this file.",
    "I'm sorry, but without the image provided",
    "Cannot determine the answer",
)
_MARKS = str.maketrans(dict.fromkeys(".()[],:;!*#{}", " "))
_LAST_WORDS = 5
"""A lone letter counts only among so many last words: further ahead it is more often the article "A"."""
_SAID_OUTRIGHT = re.compile(r"(?:correct\s+)?answer\s+is\s+\**([A-D])\**", re.IGNORECASE)


def question_with_options(question: str, options: Mapping[str, str], hint: str = "") -> str:
    """The prompt that VLMEvalKit builds for a multiple-choice question."""
    lines = [f"Hint: {hint}\n"] if hint else []
    lines.append(f"Question: {question}\n")
    if options:
        lines.append("Options:\n")
        lines += [f"{letter}. {option}\n" for letter, option in options.items()]
        lines.append("Please select the correct answer from the options above. \n")
    return "".join(lines)


def infer(answer: str, options: Mapping[str, str]) -> str | None:
    """The letter that `answer` chooses, `Z` if it declines, None if the rule cannot tell.

    The rule knows Western punctuation only and would miss "B。" and "（B）": what it cannot read as it is, it is
    given once more with full-width signs and Chinese punctuation in their Western form. Nothing else is added to it.
    """
    for wording in (answer.strip(), plain(answer).strip()):
        letter = _by_letter(wording, options) or _by_text(wording, options)
        if letter:
            return letter
    return None


def _by_letter(answer: str, options: Mapping[str, str]) -> str | None:
    """`can_infer_option`: the one letter that stands alone near the end, or that is called the answer."""
    if _FAILED in answer:
        return None
    if any(refusal in answer for refusal in _REFUSALS):
        return NONE_OF_THEM
    words = answer.translate(_MARKS).split()
    named = [letter for letter in options if letter in words]
    if len(named) == 1 and words.index(named[0]) > len(words) - _LAST_WORDS:
        return named[0]
    if not named and NONE_OF_THEM in words:
        return NONE_OF_THEM
    said = _SAID_OUTRIGHT.search(answer)
    if said and said[1].upper() in options:
        return said[1].upper()
    return None


def _by_text(answer: str, options: Mapping[str, str]) -> str | None:
    """`can_infer_text`: the one option whose text stands in an answer of at most twice all options' length."""
    said = answer.lower()
    if len(said) > 2 * sum(len(option) for option in options.values()):
        return None
    found = [letter for letter, option in options.items() if option.lower() in said]
    return found[0] if len(found) == 1 else None
