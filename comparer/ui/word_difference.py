"""Two texts side by side with the words marked that only one of them has. Everything is escaped."""

import re
from difflib import SequenceMatcher
from html import escape

MOST_WORDS = 4000
"""Of longer texts no words are matched: that would take seconds, and the whole text is marked."""
_PARTS = re.compile(r"[㐀-鿿豈-﫿぀-ヿ가-힯]|[^\W㐀-鿿豈-﫿぀-ヿ가-힯]+|\s+|[^\w\s]")
"""A Chinese, Japanese or Korean character, a word, white space, a sign."""


def marked(reference: str, candidate: str, only_here: str) -> tuple[str, str]:
    """Both texts as HTML; what one has alone is in `<mark>`, which says `only_here` to a screen reader.

    White space alone is not marked: a line that breaks elsewhere is no other word.
    """
    one, other = _PARTS.findall(reference), _PARTS.findall(candidate)
    if max(len(one), len(other)) > MOST_WORDS:
        return _mark(reference, only_here), _mark(candidate, only_here)
    first, second = [], []
    for tag, begin, end, start, stop in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        left, right = "".join(one[begin:end]), "".join(other[start:stop])
        first.append(escape(left) if tag == "equal" else _mark(left, only_here))
        second.append(escape(right) if tag == "equal" else _mark(right, only_here))
    return "".join(first), "".join(second)


def _mark(words: str, only_here: str) -> str:
    if not words.strip():
        return escape(words)
    said = f"<span class='sr-only'>[{escape(only_here)}: </span>"
    return f"<mark>{said}{escape(words)}<span class='sr-only'>]</span></mark>"
