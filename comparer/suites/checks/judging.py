"""A check and an answer -> a score with the reason for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import singledispatch
from unicodedata import normalize

from comparer.errors import Parameter
from comparer.suites.checks.choice import NONE_OF_THEM, infer
from comparer.suites.checks.kinds import Anls, AnyOf, Check, Choice, Contains, Exact, Number, Regex
from comparer.suites.checks.quantities import Quantity, is_within, read_number
from comparer.suites.checks.wording import holds, normalise
from comparer.texts import Language, text

REGEX_LIMIT_S = 1.0
"""Processor time after which a pattern is taken to backtrack without end."""
_LONGEST_QUOTED = 120


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a check says of an answer: `score` from 0 to 1, and the sentence `check.<code>` that explains it."""

    score: float
    passed: bool
    code: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    def sentence(self, language: Language) -> str:
        """The explanation in `language`."""
        return text(f"check.{self.code}", language, **self.parameters)


def judge(check: Check, answer: str) -> Judgement:
    """Judge `answer`. An empty answer, and one that cannot be read, is wrong; nothing is guessed."""
    return _judge(check, answer)


def _right(code: str, **parameters: Parameter) -> Judgement:
    return Judgement(1.0, True, code, parameters)


def _wrong(code: str, **parameters: Parameter) -> Judgement:
    return Judgement(0.0, False, code, parameters)


@singledispatch
def _judge(check: object, _answer: str) -> Judgement:
    raise TypeError(f"no check: {check!r}")


@_judge.register
def _(check: Exact, answer: str) -> Judgement:
    same = normalise(answer) == normalise(check.value)
    return _right("same") if same else _wrong("differs", expected=_quoted(check.value))


@_judge.register
def _(check: Contains, answer: str) -> Judgement:
    found = holds(normalise(answer), normalise(check.value))
    expected = _quoted(check.value)
    return _right("found", expected=expected) if found else _wrong("not_found", expected=expected)


@_judge.register
def _(check: Regex, answer: str) -> Judgement:
    import regex

    pattern = _quoted(check.pattern)
    try:
        found = regex.search(check.pattern, answer, timeout=REGEX_LIMIT_S)
    except TimeoutError:
        return _wrong("too_slow", pattern=pattern, limit=REGEX_LIMIT_S)
    return _right("matched", pattern=pattern) if found else _wrong("not_matched", pattern=pattern)


@_judge.register
def _(check: Number, answer: str) -> Judgement:
    expected = str(Quantity(check.value, check.unit))
    read = read_number(check, answer)
    if read is None:
        return _wrong("no_number", expected=expected)
    if is_within(check, read):
        return _right("number_right", read=str(read), expected=expected)
    return _wrong("number_wrong", read=str(read), expected=expected)


@_judge.register
def _(check: Choice, answer: str) -> Judgement:
    chosen = infer(answer, check.options)
    if chosen is None:
        return _wrong("no_option", expected=check.answer)
    if chosen == check.answer:
        return _right("option_right", read=chosen)
    if chosen == NONE_OF_THEM and chosen not in check.options:
        return _wrong("option_declined", expected=check.answer)
    return _wrong("option_wrong", read=chosen, expected=check.answer)


@_judge.register
def _(check: Anls, answer: str) -> Judgement:
    """1 - NL where the normalised distance NL to the closest reference is below the threshold, else 0."""
    from rapidfuzz.distance import Levenshtein

    said = _as_in_the_paper(answer)
    distance = min(Levenshtein.normalized_distance(said, _as_in_the_paper(one)) for one in check.references)
    score = 1.0 - distance if distance < check.threshold else 0.0
    return Judgement(
        score, score > 0, "similarity", {"score": f"{score:.2f}", "expected": _quoted(check.references[0])}
    )


@_judge.register
def _(check: AnyOf, answer: str) -> Judgement:
    return max(
        (_judge(one, answer) for one in check.checks), key=lambda judgement: (judgement.passed, judgement.score)
    )


def _as_in_the_paper(words: str) -> str:
    """Case set aside and white space made one, as DocVQA's evaluation does it; full-width signs too."""
    return " ".join(normalize("NFKC", words).lower().split())


def _quoted(words: str) -> str:
    return words if len(words) <= _LONGEST_QUOTED else words[:_LONGEST_QUOTED] + "…"
