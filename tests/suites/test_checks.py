"""Automatic checks: what passes, what does not, and why."""

from time import process_time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from comparer.suites.checks import Anls, AnyOf, Check, Contains, Exact, Number, Regex, judge
from comparer.suites.checks.forms import read_form
from comparer.suites.checks.judging import REGEX_LIMIT_S
from comparer.suites.checks.wording import normalise
from comparer.texts import LANGUAGES

CHECK: TypeAdapter[Check] = TypeAdapter(Check)
WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("expected", "answer", "passed"),
    [
        ("12 g", "  12 G. ", True),
        ("12克", "“１２ 克。”", True),
        ("1234", "1,234", True),
        ("Yes", "**Yes**", True),
        ("是", "是。", True),
        ("12 g", "13 g", False),
        ("yes", "yes, it is", False),
        ("12 g", "", False),
    ],
)
def test_exact(expected: str, answer: str, passed: bool) -> None:
    assert judge(Exact(value=expected), answer).passed is passed


@pytest.mark.parametrize(
    ("expected", "answer", "passed"),
    [
        ("belt", "Part 3 is the Belt.", True),
        ("皮带", "３号零件是皮带。", True),
        ("no", "It is not there", False),
        ("no", "No, it is not", True),
        ("12", "It weighs 112 g", False),
        ("12", "It weighs 12.5 g", False),
        ("12", "It weighs 3.12 g", False),
        ("12", "It weighs 12 g.", True),
        ("12 克", "重12克左右", True),
        ("1234", "1,234 pieces", True),
    ],
)
def test_contains_means_whole_words_and_numbers(expected: str, answer: str, passed: bool) -> None:
    assert judge(Contains(value=expected), answer).passed is passed


def test_a_regular_expression_sees_the_answer_as_it_was_written() -> None:
    assert judge(Regex(pattern=r"^A-\d{3}$"), "A-123").passed
    assert not judge(Regex(pattern=r"^A-\d{3}$"), "a-123").passed


def test_a_pattern_that_never_ends_is_stopped_and_said_to_be_too_slow() -> None:
    begun = process_time()
    judgement = judge(Regex(pattern=r"(x+x+)+y"), "x" * 5_000)
    assert not judgement.passed and judgement.code == "too_slow"
    assert process_time() - begun < 10 * REGEX_LIMIT_S


@pytest.mark.parametrize(
    ("check", "answer", "passed"),
    [
        (Number(value=12, unit="g"), "The fan (part 2) weighs 12 g.", True),
        (Number(value=12, unit="g"), "The fan weighs 0.012 kg", True),
        (Number(value=12, unit="克"), "风扇重１２克。", True),
        (Number(value=12, unit="g"), "12", True),
        (Number(value=12, unit="g"), "12 mm, part 12", True),
        (Number(value=12, unit="g"), "12 mm", False),
        (Number(value=18, unit="g"), "The pump weighs 76 g and the fan 58 g, so 18 g more.", True),
        (Number(value=12), "There are 12.", True),
        (Number(value=12), "There are none.", False),
        (Number(value=12000), "一共1.2万件", True),
        (Number(value=1234.5, unit="元"), "合计 ¥1,234.50", True),
        (Number(value=-5, unit="°C"), "约 −5 ℃", True),
        (Number(value=10), "5-10", True),
        (Number(value=4), "Part A4", False),
        (Number(value=100, relative=0.05), "105", True),
        (Number(value=100, relative=0.05), "105.1", False),
        (Number(value=100, relative=0.05), "95", True),
        (Number(value=100, absolute=2), "102", True),
        (Number(value=100, absolute=2), "97.9", False),
        (Number(value=0.3), "0.3", True),
        (Number(value=12, unit="box"), "12 box", True),
        (Number(value=5, unit="MW"), "5 mW", False),
        (Number(value=2, unit="h"), "120 minutes", True),
        (Number(value=20, unit="°C"), "20 °F", False),
    ],
)
def test_number(check: Number, answer: str, passed: bool) -> None:
    assert judge(check, answer).passed is passed


def test_a_wrong_number_says_which_one_was_read() -> None:
    judgement = judge(Number(value=12, unit="g"), "0.5 kg")
    assert judgement.parameters == {"read": "0.5 kg", "expected": "12 g"}


@given(st.integers(-(10**9), 10**9), st.integers(0, 3), st.sampled_from(["", " g", "克", " ."]))
def test_a_number_is_found_however_it_is_grouped(value: int, places: int, behind: str) -> None:
    amount = value / 10**places
    check = Number(value=amount)
    assert judge(check, f"so: {amount:,.{places}f}{behind}").passed
    assert judge(check, f"so: {amount:.{places}f}{behind}").passed


@given(st.floats(0.001, 10**6), st.floats(0, 0.5), st.floats(-1, 1))
def test_a_number_passes_just_when_it_is_within_the_tolerance(value: float, share: float, off: float) -> None:
    assume(abs(abs(off) - share) > 1e-6)
    read = value * (1 + off)
    assert judge(Number(value=value, relative=share), f"{read:.17g}").passed is (abs(off) < share or read == value)


@pytest.mark.parametrize(
    ("references", "answer", "score"),
    [  # by hand from the paper's definition: 1 - distance / longer length, 0 from a distance of 0.5 on
        (("coca cola", "coca cola company"), "Coca  Cola", 1.0),
        (("coca cola",), "coca-cola", 8 / 9),
        (("kitten",), "sitting", 4 / 7),
        (("abcd",), "abxy", 0.0),
        (("abcd",), "abcx", 0.75),
        (("coca cola",), "the coca", 0.0),
        (("可口可乐",), "可口可樂", 0.75),
        (("coca cola",), "", 0.0),
    ],
)
def test_anls(references: tuple[str, ...], answer: str, score: float) -> None:
    judgement = judge(Anls(references=references), answer)
    assert judgement.score == pytest.approx(score)
    assert judgement.passed is (score > 0)


@given(WORDS, WORDS)
def test_anls_lies_between_0_and_1_and_favours_the_reference_itself(reference: str, answer: str) -> None:
    assume(normalise(reference))
    assert 0 <= judge(Anls(references=(reference,)), answer).score <= 1
    assert judge(Anls(references=("something else", reference)), reference).score == 1


def test_any_of_takes_the_best() -> None:
    check = AnyOf(checks=(Exact(value="yes"), Anls(references=("jawohl",)), Contains(value="是")))
    assert judge(check, "是的").passed
    assert judge(check, "jawoll").score == pytest.approx(5 / 6)
    assert not judge(check, "no").passed


@given(WORDS)
def test_every_text_is_exactly_itself_in_other_dress(words: str) -> None:
    assume(normalise(words))
    for dressed in (words, words.upper(), f"  “{words}。” ", f"**{words}**\n"):
        if normalise(words.upper()) == normalise(words) or dressed != words.upper():
            assert judge(Exact(value=words), dressed).passed
    assert judge(Contains(value=words), f"answer: {words} !").passed


@pytest.mark.parametrize(
    ("form", "reference", "expected"),
    [
        ("exact: 12 g", "", Exact(value="12 g")),
        ("exact", "yes", Exact(value="yes")),
        ("包含：皮带", "", Contains(value="皮带")),
        (r"regex: ^\d+: \d$", "", Regex(pattern=r"^\d+: \d$")),
        ("number: 12 g ± 5%", "", Number(value=12, unit="g", relative=0.05)),
        ("数值：12克 ±0.5", "", Number(value=12, unit="克", absolute=0.5)),
        ("number: +-2", "40 boxes", Number(value=40, unit="boxes", absolute=2)),
        ("number", "1.2万", Number(value=12000)),
        ("anls: coca cola | coke", "", Anls(references=("coca cola", "coke"))),
        ("exact: yes || contains: 是", "", AnyOf(checks=(Exact(value="yes"), Contains(value="是")))),
        ("any-of: exact: yes", "", AnyOf(checks=(Exact(value="yes"),))),
    ],
)
def test_the_short_form(form: str, reference: str, expected: Check) -> None:
    check = CHECK.validate_python(read_form(form, reference))
    assert check == expected
    assert CHECK.validate_json(CHECK.dump_json(check)) == check


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ("exactly: 12", "check_unknown"),
        ("", "check_unknown"),
        ("exact: yes || or no", "check_unknown"),
        ("number: about a dozen", "number_unreadable"),
        ("number: 12 or 13", "number_unreadable"),
        ("choice: B", "choice_needs_options"),
    ],
)
def test_a_form_that_is_wrong_is_named(form: str, code: str) -> None:
    with pytest.raises(PydanticCustomError) as raised:
        read_form(form)
    assert raised.value.type == code


@pytest.mark.parametrize(
    ("check", "code"),
    [
        ({"kind": "regex", "pattern": "(a"}, "regex_invalid"),
        ({"kind": "exact", "value": " … "}, "expected_empty"),
        ({"kind": "number", "value": 1, "relative": -1}, "greater_than_equal"),
        ({"kind": "number", "value": float("nan")}, "finite_number"),
        ({"kind": "choice", "answer": "C", "options": {"A": "x", "B": "y"}}, "answer_not_an_option"),
        ({"kind": "any-of", "checks": []}, "too_short"),
        ({"kind": "vibes"}, "union_tag_invalid"),
    ],
)
def test_a_check_that_cannot_work_is_refused_when_it_is_read(check: dict[str, object], code: str) -> None:
    with pytest.raises(ValidationError) as raised:
        CHECK.validate_python(check)
    assert [error["type"] for error in raised.value.errors()] == [code]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_judgement_explains_itself(language: str) -> None:
    checks = (
        Exact(value="12"),
        Contains(value="12"),
        Regex(pattern="12"),
        Number(value=12, unit="g"),
        Anls(references=("12",)),
    )
    sentences = {judge(check, answer).sentence(language) for check in checks for answer in ("12", "13", "")}  # type: ignore[arg-type]
    assert len(sentences) >= 9
    assert not any("{" in sentence for sentence in sentences)
