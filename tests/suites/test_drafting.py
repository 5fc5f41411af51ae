"""Cases as they are typed: short forms there and back, options out of a question, and what is wrong with a draft."""

import pytest
from hypothesis import given

from comparer.suites.cases import CaseTurn, SuiteCase
from comparer.suites.checks import Anls, Check, Choice, Exact, Number, Regex
from comparer.suites.checks.forms import CHECK, read_form, write_form
from comparer.suites.drafting import CaseDraft, TurnDraft, check_of, draft_of, options_in, read_draft
from comparer.suites.problems import SuiteError
from tests.suites.test_suite_folders import CASES, CHECKS

QUESTION = "Question: Which animal?\nOptions:\nA. cat\nB. dog\nPlease select the correct answer."


@given(CHECKS)
def test_every_check_is_written_as_it_is_read(check: Check) -> None:
    options = check.options if isinstance(check, Choice) else None
    assert CHECK.validate_python(read_form(write_form(check), "", options)) == check


@pytest.mark.parametrize(
    ("check", "reference", "form"),
    [
        (Exact(value="12 g"), "", "exact: 12 g"),
        (Exact(value="12 g"), "12 g", "exact"),
        (Number(value=12, unit="g", relative=0.05), "", "number: 12 g ± 5%"),
        (Number(value=12, unit="g", absolute=0.5), "12 g", "number: ± 0.5"),
        (Anls(references=("coca cola", "cola")), "", "anls: coca cola | cola"),
        (Choice(answer="B", options={"A": "cat", "B": "dog"}), "B. dog", "choice: B"),
        (Regex(pattern="a||b"), "", '{"kind":"regex","pattern":"a||b"}'),
    ],
)
def test_the_shortest_form_is_written(check: Check, reference: str, form: str) -> None:
    assert write_form(check, reference) == form


@given(CASES)
def test_a_kept_case_that_nobody_changes_stays_as_it_is(case: SuiteCase) -> None:
    assert read_draft(draft_of(case)) == case


def test_options_stand_in_the_question() -> None:
    assert options_in(QUESTION) == {"A": "cat", "B": "dog"}
    assert options_in("选哪个？\nA、猫\n（B）狗\nC：鸟") == {"A": "猫", "B": "狗", "C": "鸟"}
    assert options_in("A. only one") == options_in("B. no first\nC. one") == {}
    draft = TurnDraft(QUESTION, "B", "choice")
    assert check_of(draft) == Choice(answer="B", options={"A": "cat", "B": "dog"})
    kept = CaseTurn(question="Which?", check=Choice(answer="A", options={"A": "cat", "B": "dog"}))
    changed = check_of(TurnDraft("Which?", "", "choice: B", kept))  # its options stand elsewhere, and stay
    assert changed == Choice(answer="B", options={"A": "cat", "B": "dog"})


def test_another_reference_changes_the_check_that_leans_on_it() -> None:
    kept = CaseTurn(question="How heavy?", reference="12 g", check=Exact(value="12 g"), kind="weight", depth="read")
    draft = draft_of(SuiteCase(id="one", item="manual", pictures=("a.png",), turns=(kept,)))
    (turn,) = draft.turns
    assert turn.check == "exact"
    again = read_draft(CaseDraft("one", "manual", False, "", ("a.png",), (TurnDraft("How?", "13 g", "exact", kept),)))
    assert again.turns[0].check == Exact(value="13 g") and again.turns[0].kind == "weight"


def test_all_that_is_wrong_is_named() -> None:
    draft = CaseDraft(
        "new", "", turns=(TurnDraft(" ", "", "guess"), TurnDraft("Why?", "", "exact: 。"), TurnDraft("?"))
    )
    with pytest.raises(SuiteError) as raised:
        read_draft(draft)
    error = raised.value
    assert {problem.column for problem in error.problems} == {
        "item", "pictures", "turns[0].question", "turns[0].check", "turns[1].check.exact.value",
    }  # fmt: skip
    assert error.heading("en").startswith("The case was not saved")


@pytest.mark.parametrize("form", ["guess", "choice", "regex: (", "number: many", '{"kind": 1}', "{", "{[]}"])
def test_a_check_that_cannot_be_says_why(form: str) -> None:
    with pytest.raises(SuiteError) as raised:
        check_of(TurnDraft("What?", "", form))
    assert raised.value.problems and raised.value.heading("zh")


def test_no_check_is_no_problem() -> None:
    assert check_of(TurnDraft("What?", "", "  ")) is None
    assert TurnDraft(" ", "", "").is_empty and not TurnDraft("?").is_empty
