"""What decides an answer, and whether two answers agree in it. Pure text; knows nothing about models or pictures."""

from __future__ import annotations

import re

from comparer.demo.scenes.vocabulary import CHINESE, CLOSED_WORDS

_CANONICAL: dict[str, str] = {word.lower(): word for word in CLOSED_WORDS}
_CANONICAL |= {chinese: word for word, chinese in CHINESE.items()}
_CANONICAL |= {"yes": "yes", "no": "no", "是的": "yes", "不是": "no"}
_CANONICAL |= {"not in the picture": "absent", "图中没有": "absent"}
_CANONICAL |= {"outside what this demo model knows": "outside", "超出了本演示模型的知识范围": "outside"}


def _pattern() -> re.Pattern[str]:
    longest_first = sorted(_CANONICAL, key=len, reverse=True)
    words = [rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word) for word in longest_first]
    return re.compile(r"\d+|" + "|".join(words))


_PATTERN = _pattern()


def decisive_fields(answer: str) -> tuple[str, ...]:
    """The closed words and numbers of an answer in order, in canonical (English) form; the rest is phrasing.

    `"The fan weighs 12 g."` and `"风扇重12克。"` both give `("fan", "12")`.
    """
    found = _PATTERN.findall(answer.lower())
    return tuple(_CANONICAL.get(field, field) for field in found)


def is_right(answer: str, reference: str) -> bool:
    """Exact match of all decisive fields, in order."""
    return decisive_fields(answer) == decisive_fields(reference)


def is_refusal(answer: str) -> bool:
    """Whether an answer says, in either language, that the question is outside what the model knows."""
    return decisive_fields(answer) == ("outside",)
