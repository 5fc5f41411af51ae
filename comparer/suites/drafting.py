"""A case as somebody types it, before it is one: checks in their short form, fields that may be empty or wrong."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from comparer.suites.cases import CaseTurn, SuiteCase
from comparer.suites.checks import Check, Choice
from comparer.suites.checks.forms import CHECK, read_form, write_form
from comparer.suites.problems import Problems

_OPTION = re.compile(r"^\s*[(（]?([A-Z])\s*[)）.．、:：]\s*(\S.*?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class TurnDraft:
    """One question as it is typed; `kept` is the turn as the suite has it, None for a new one."""

    question: str = ""
    reference: str = ""
    check: str = ""
    """In its short form (`checks.forms`)."""
    kept: CaseTurn | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been typed."""
        return not (self.question.strip() or self.reference.strip() or self.check.strip())


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """A case as it is typed. `pictures` are paths inside the suite's folder."""

    id: str = ""
    item: str = ""
    key: bool = False
    language: str = ""
    pictures: tuple[str, ...] = ()
    turns: tuple[TurnDraft, ...] = field(default=(TurnDraft(),))


def draft_of(case: SuiteCase) -> CaseDraft:
    """A kept case, ready to be changed."""
    turns = tuple(_draft_of_turn(turn) for turn in case.turns)
    return CaseDraft(case.id, case.item, case.key, case.language, case.pictures, turns)


def _draft_of_turn(turn: CaseTurn) -> TurnDraft:
    check = write_form(turn.check, turn.reference) if turn.check else ""
    return TurnDraft(turn.question, turn.reference, check, turn)


def read_draft(draft: CaseDraft) -> SuiteCase:
    """The case that the draft says. Raises `SuiteError` with everything that is wrong with it."""
    fields: dict[str, Any] = {name: getattr(draft, name) for name in ("id", "item", "key", "language", "pictures")}
    problems = Problems()
    turns = []
    for place, turn in enumerate(draft.turns):
        try:
            turns.append(_turn(turn))
        except PydanticCustomError as error:
            problems.add(error.type, None, f"turns[{place}].check", **(error.context or {}))
            turns.append({"question": turn.question, "reference": turn.reference})
    try:
        case = SuiteCase.model_validate(fields | {"turns": tuple(turns)})
    except ValidationError as error:
        problems.add_validation(error)
    problems.raise_if_any("case_refused")
    return case


def _turn(draft: TurnDraft) -> dict[str, Any]:
    check = _check(draft)
    fields = {"question": draft.question, "reference": draft.reference, "check": check}
    return fields | ({"kind": draft.kept.kind, "depth": draft.kept.depth} if draft.kept else {})


def _check(draft: TurnDraft) -> Check | Mapping[str, Any] | None:
    """As the suite has it where nothing was typed anew; a choice's options stand in the question, a line each."""
    if draft.kept is not None and draft == _draft_of_turn(draft.kept):
        return draft.kept.check
    if not draft.check.strip():
        return None
    options = options_in(draft.question)
    if not options and draft.kept is not None and isinstance(draft.kept.check, Choice):
        options = dict(draft.kept.check.options)
    return read_form(draft.check, draft.reference.strip(), options)


def options_in(question: str) -> dict[str, str]:
    """The options that a question lists on lines of their own ("A. cat"), from A on; empty with fewer than two."""
    options: dict[str, str] = {}
    for letter, option in _OPTION.findall(question):
        if letter == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[len(options) : len(options) + 1]:
            options[letter] = option
    return options if len(options) > 1 else {}


def check_of(draft: TurnDraft) -> Check | None:
    """The check that a question's draft writes, None for none. Raises `SuiteError` as `read_draft` does."""
    problems = Problems()
    try:
        check = _check(draft)
        return None if check is None else CHECK.validate_python(check)
    except PydanticCustomError as error:
        problems.add(error.type, None, "check", **(error.context or {}))
    except ValidationError as error:
        problems.add_validation(error)
    problems.raise_if_any("check_refused")
    raise AssertionError("a check that is refused has a problem")
