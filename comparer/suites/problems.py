"""What is wrong with a suite, place by place, and the one error that lists all of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from comparer.errors import ComparerError, Parameter
from comparer.texts import Language, locale, text

MOST_SHOWN = 50
"""In a sentence; a table on the page shows all that an error holds."""
MOST_KEPT = 1_000

_LONGEST_VALUE = 60
"""Characters of a wrong value that are quoted in a sentence."""

_CODES = {
    "missing": "missing",
    "extra_forbidden": "unknown_field",
    "string_type": "not_text",
    "string_too_short": "missing",
    "string_too_long": "too_long",
    "too_short": "missing",
    "too_long": "too_many",
    "string_pattern_mismatch": "unusable_key",
    "bool_type": "not_true_or_false",
    "literal_error": "not_one_of",
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "less_than_equal": "out_of_range",
    "finite_number": "not_a_number",
    "float_parsing": "not_a_number",
    "float_type": "not_a_number",
    "tuple_type": "not_a_list",
    "model_type": "not_an_object",
    "dict_type": "not_an_object",
    "union_tag_invalid": "check_unknown",
    "union_tag_not_found": "check_unknown",
}
"""Pydantic's names of what can be wrong -> ours (`problem.<code>` in the locales)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where it stands, and the sentence that says what it is and what to do."""

    key: str
    """Key of the sentence in the locales."""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    file: str = ""
    row: int | None = None
    """As a spreadsheet or an editor counts: from 1, the header row included."""
    column: str = ""
    """A table's column, or the field inside a line of JSON (`turns[1].check`)."""

    def sentence(self, language: Language) -> str:
        """`cases.csv · row 3 · column question: this is missing. Fill it in.`"""
        places = [
            self.file,
            text("place.row", language, row=self.row) if self.row else "",
            text("place.column", language, column=self.column) if self.column else "",
        ]
        said = text(self.key, language, **self.parameters)
        place = " · ".join(filter(None, places))
        return text("place.problem", language, place=place, problem=said) if place else said


class SuiteError(ComparerError):
    """A suite or a case cannot be used as it is; nothing was kept. `problems` holds the first 1,000 of `count`."""

    def __init__(self, problems: tuple[Problem, ...], count: int, code: str = "import_refused") -> None:
        super().__init__(code, count=count)
        self.problems = problems
        self.count = count

    def sentence(self, language: Language) -> str:
        """The count, then the first 50 problems on a line each, then how many more there are."""
        shown = self.problems[:MOST_SHOWN]
        lines = [self.heading(language), *(problem.sentence(language) for problem in shown)]
        if self.count > len(shown):
            lines.append(text("place.more", language, count=self.count - len(shown)))
        return "\n".join(lines)

    def heading(self, language: Language) -> str:
        """The count alone."""
        return super().sentence(language)


class Problems:
    """Gathers what is wrong in one file, so that a person can mend all of it at once."""

    def __init__(self, file: str = "", columns: Mapping[str, str] | None = None) -> None:
        """`columns` maps our names of fields to those that the file's own header uses."""
        self._file = file
        self._columns = columns or {}
        self._found: list[Problem] = []

    def add(self, code: str, row: int | None = None, column: str = "", **parameters: Parameter) -> None:
        """Note the problem whose sentence is `problem.<code>`."""
        self._note(f"problem.{code}", parameters, row, column)

    def add_error(self, error: ComparerError, row: int | None = None, column: str = "") -> None:
        """Note an error that another module raised, in that module's own words."""
        self._note(f"error.{error.code}", error.parameters, row, column)

    def add_validation(self, error: ValidationError, row: int | None = None) -> None:
        """Note everything that pydantic found wrong in one value."""
        errors = error.errors(include_url=False)
        for found in errors:
            if found["type"] == "too_short" and any(_is_inside(other["loc"], found["loc"]) for other in errors):
                continue  # a list looks short to pydantic when some of its entries are wrong
            known = f"problem.{found['type']}" in locale("en")  # raised by our own validators, under our own name
            code = _CODES.get(found["type"], found["type"] if known else "invalid")
            if code == "unusable_key" and found["input"] == "":
                code = "missing"
            context = {name: _parameter(value) for name, value in found.get("ctx", {}).items()}
            limit = next((context[name] for name in ("max_length", "ge", "gt", "le", "lt") if name in context), "")
            context |= {"limit": limit, "value": _parameter(found["input"]), "message": found["msg"]}
            self._note(f"problem.{code}", context, row, _field(found["loc"]))

    def raise_if_any(self, code: str = "import_refused") -> None:
        """Raise `SuiteError` with what is wrong, in the order of rows, unless nothing is; `code` is its headline."""
        if self._found:
            by_row = sorted(self._found, key=lambda problem: problem.row or 0)
            raise SuiteError(tuple(by_row[:MOST_KEPT]), len(by_row), code)

    def _note(self, key: str, parameters: Mapping[str, Parameter], row: int | None, column: str) -> None:
        name = re.split(r"[.\[]", column, maxsplit=1)[0]
        column = self._columns.get(name, column)
        self._found.append(Problem(key, parameters, self._file, row, column))


def refuse(code: str, file: str = "", **parameters: Parameter) -> SuiteError:
    """The error for a file that is wrong as a whole."""
    return SuiteError((Problem(f"problem.{code}", parameters, file),), 1)


def _is_inside(location: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(location) > len(outer) and location[: len(outer)] == outer


def _field(location: tuple[int | str, ...]) -> str:
    """`("turns", 0, "question")` as `turns[0].question`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).removeprefix(".")


def _parameter(value: Any) -> Parameter:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    words = str(value)
    return words if len(words) <= _LONGEST_VALUE else words[:_LONGEST_VALUE] + "…"
