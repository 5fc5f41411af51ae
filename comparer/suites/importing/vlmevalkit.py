"""A benchmark in VLMEvalKit's TSV format -> a staged suite, one case a row.

The format (https://github.com/open-compass/VLMEvalKit, `docs/en/Development.md`; read as `ImageBaseDataset` and
`ImageMCQDataset` read it): `index`; `image` in base64, a Python list of such, or the `index` of another row with the
same picture (64 characters or less); or `image_path`; `question`; options `A`, `B`, …; `answer`; `hint`;
`category`, `l2-category`. Further columns are left alone.

The prompt is VLMEvalKit's, all pictures before it. A multiple-choice answer is checked by its rule, row by row
(MMBench's circular evaluation, which counts a question only if all its rotations are right, is not made). A question
without options is checked where VLMEvalKit's own rule can be: yes or no, DocVQA and InfoVQA (ANLS), ChartQA (5 %);
elsewhere people judge it beside the reference answer.
"""

import ast
import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from comparer.errors import InputError
from comparer.suites.cases import Suite
from comparer.suites.checks.choice import question_with_options
from comparer.suites.importing.columns import is_option
from comparer.suites.importing.rows import long_fields, opened_text, separated
from comparer.suites.importing.staging import Staging
from comparer.suites.importing.tables import stage_cases
from comparer.suites.problems import Problems

LONGEST_REFERENCE = 64
"""Characters up to which `image` names another row, as in VLMEvalKit."""
ROTATION = 1_000_000
"""Indexes of one question whose options have been rotated differ by multiples of this (`mcq_circular_eval`)."""
_SOURCE = "VLMEvalKit"
_ABSENT = {"", "nan", "NaN"}
"""What pandas writes for a cell without a value."""
_USABLE_ID = re.compile(r"\w(?:[\w.-]{0,62}\w)?")
_YES_OR_NO = {"yes": r"(?is)^(?!.*\bno\b).*\byes\b", "no": r"(?is)^(?!.*\byes\b).*\bno\b"}
"""`YOrN_Extraction`: the word is there and the other is not."""


def is_benchmark(file: Path) -> bool:
    """Whether `file` is a TSV whose header has the columns that VLMEvalKit needs."""
    if file.suffix.lower() != ".tsv":
        return False
    with long_fields(), opened_text(file) as stream:
        _, header = next(separated(stream, file.name, "\t"), (0, []))
    return {"index", "question"} <= set(header) and bool({"image", "image_path"} & set(header))


def stage_benchmark(file: Path, stage: Staging, base: Path | None = None) -> Suite:
    """Stage the rows of `file`; `image_path` is looked up in the folder `base`. Raises `SuiteError`."""
    problems = Problems(file.name, {"id": "index"})
    pictures = _Pictures(stage, base, problems)
    rows: list[tuple[int, dict[str, str]]] = []
    with long_fields(), opened_text(file) as stream:
        for number, row in _records(separated(stream, file.name, "\t"), problems):
            pictures.collect(number, row)
            rows.append((number, {name: text for name, text in row.items() if name not in {"image", "image_path"}}))
    item = next((name for name in ("l2-category", "category") if any(name in row for _, row in rows)), "")
    cases = [
        (number, _case(number, row, pictures.of(number), row.get(item) or file.stem, problems, file.stem))
        for number, row in rows
    ]
    return stage_cases(file, stage, cases, problems, source=f"{_SOURCE} · {file.name}")


def rotated_questions(suite: Suite) -> int:
    """How many questions of an imported benchmark are there several times, with their options rotated."""
    if not suite.head.source.startswith(_SOURCE):
        return 0
    indexes = [int(case.id) for case in suite.cases if case.id.isascii() and case.id.isdecimal()]
    times = Counter(index % ROTATION for index in indexes)
    return sum(count > 1 for count in times.values())


def _records(rows: Iterator[tuple[int, Sequence[str]]], problems: Problems) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row as what it has under each header; rows of another length are noted and left out."""
    _, header = next(rows, (0, ()))
    for number, cells in rows:
        if len(cells) != len(header):
            problems.add("cells_and_columns_differ", number, cells=len(cells), columns=len(header))
            continue
        yield number, {name: cell for name, cell in zip(header, cells, strict=True) if cell.strip() not in _ABSENT}


def _case(
    number: int, row: Mapping[str, str], pictures: list[str], item: str, problems: Problems, benchmark: str
) -> dict[str, Any]:
    index = row.get("index", "").strip()
    for column in ("index", "question"):
        if column not in row:
            problems.add("missing", number, column)
    options = {name: row[name] for name in sorted(row) if is_option(name)}
    question = row.get("question", "?")
    return {
        "id": index if _USABLE_ID.fullmatch(index) else f"row-{number}",
        "item": item,
        "pictures": pictures,
        "turns": [
            {"question": question_with_options(question, options, row.get("hint", ""))}
            | _expected(number, row.get("answer", "").strip(), options, problems, benchmark)
        ],
    }


def _expected(
    number: int, answer: str, options: Mapping[str, str], problems: Problems, benchmark: str
) -> dict[str, Any]:
    """Reference and check; neither where the benchmark keeps its answers to itself."""
    if not answer:
        return {}
    if not options:
        check = _open_check(_listed(answer), benchmark.lower())
        return {"reference": " / ".join(_listed(answer))} | ({"check": check} if check else {})
    if len(options) == 1:
        problems.add("one_option", number)
    elif answer not in options:
        problems.add("answer_not_an_option", number, "answer", value=answer[:60], letters=", ".join(options))
    else:
        check = {"kind": "choice", "answer": answer, "options": dict(options)}
        return {"reference": f"{answer}. {options[answer]}", "check": check}
    return {}


def _open_check(answers: Sequence[str], benchmark: str) -> dict[str, Any] | None:
    if len(answers) == 1 and answers[0].lower() in _YES_OR_NO:
        return {"kind": "regex", "pattern": _YES_OR_NO[answers[0].lower()]}
    if "docvqa" in benchmark or "infovqa" in benchmark:
        return {"kind": "anls", "references": list(answers)}
    if "chartqa" in benchmark:
        return {"kind": "any-of", "checks": [_relaxed(answer) for answer in answers]}
    return None


def _relaxed(answer: str) -> dict[str, Any]:
    """ChartQA's relaxed accuracy: numbers within 5 %, words the same."""
    try:
        return {"kind": "number", "value": float(answer.rstrip("%")), "relative": 0.05}
    except ValueError:
        return {"kind": "exact", "value": answer}


def _listed(text: str) -> list[str]:
    """A cell's one value, or the values of the Python list that it writes (`toliststr` of VLMEvalKit)."""
    if text.startswith("[") and text.endswith("]"):
        try:
            values = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return [text]
        return [str(value) for value in values]
    return [text]


class _Pictures:
    """The pictures of each row, by its `index`; a row may name another one's."""

    def __init__(self, stage: Staging, base: Path | None, problems: Problems) -> None:
        self._stage, self._base, self._problems = stage, base, problems
        self._own: dict[str, list[str]] = {}
        self._named: dict[int, str] = {}
        self._of_row: dict[int, list[str]] = {}

    def collect(self, number: int, row: Mapping[str, str]) -> None:
        """Keep the pictures in `row`, or remember which row it names."""
        image = row.get("image", "").strip()
        if image and len(image) <= LONGEST_REFERENCE:
            self._named[number] = image
            return
        places = _listed(image) if image else _listed(row.get("image_path", "").strip())
        column = "image" if image else "image_path"
        index = row.get("index", "").strip()
        kept = [self._keep(number, place, column, index) for place in places if place]
        self._of_row[number] = self._own[index] = kept

    def of(self, number: int) -> list[str]:
        """Paths in the suite, after all rows have been collected; notes it where there are none."""
        named = self._named.get(number)
        if named is not None:
            if named not in self._own:
                self._problems.add("no_row_with_that_picture", number, "image", value=named)
                return [_NOTED]
            return self._own[named]
        if not self._of_row[number]:
            self._problems.add("no_picture", number, "image")
            return [_NOTED]
        return self._of_row[number]

    def _keep(self, number: int, place: str, column: str, index: str) -> str:
        try:
            if column == "image_path":
                return self._stage.collect(place, self._base)
            return self._stage.keep(_decoded(place), index)
        except InputError as error:
            self._problems.add_error(error, number, column)
        except binascii.Error:
            self._problems.add("not_base64", number, column)
        return _NOTED


_NOTED = "pictures/refused"
"""Stands for a picture whose problem has been noted; a suite with one is never written."""


def _decoded(text: str) -> bytes:
    """Bytes of base64, with or without the head of a data address. Raises `binascii.Error`."""
    body = text.partition(",")[2] if text.startswith("data:") else text
    return base64.b64decode("".join(body.split()), validate=True)
