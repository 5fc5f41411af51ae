"""What visitors type, as it is kept: cleaned of what a database cannot hold, and bounded in length."""

import re
import unicodedata

from comparer.errors import InputError
from comparer.store import MAX_QUESTION

MAX_NOTE = 2_000
MAX_REVIEWER = 80
MAX_REASON = 200
MAX_REASONS = 20

_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL takes no NUL, UTF-8 no lone surrogate


def clean(text: str) -> str:
    """`text` with characters that cannot be kept shown as U+FFFD."""
    return _UNKEEPABLE.sub("\ufffd", text)


def question(text: str) -> str:
    """A question without outer blanks. Raises InputError `question_too_long`."""
    return _bounded("question_too_long", clean(text).strip(), MAX_QUESTION)


def note(text: str) -> str:
    """A rating's note without outer blanks. Raises InputError `note_too_long`."""
    return _bounded("note_too_long", clean(text).strip(), MAX_NOTE)


def reviewer(name: str) -> str:
    """A reviewer's name: composed characters, single blanks; so "Ann  Lee " is "Ann Lee".

    Raises InputError `reviewer_too_long`.
    """
    return _bounded("reviewer_too_long", " ".join(unicodedata.normalize("NFC", clean(name)).split()), MAX_REVIEWER)


def reasons(given: tuple[str, ...]) -> list[str]:
    """A rating's reasons, each once, in their order. Raises InputError `reasons_too_long`."""
    kept = list(dict.fromkeys(clean(reason).strip() for reason in given if reason.strip()))
    if len(kept) > MAX_REASONS or any(len(reason) > MAX_REASON for reason in kept):
        raise InputError("reasons_too_long", limit=MAX_REASONS, length_limit=MAX_REASON)
    return kept


def _bounded(code: str, text: str, limit: int) -> str:
    if len(text) > limit:
        raise InputError(code, length=len(text), limit=limit)
    return text
