"""The short form in which a table writes a check: `kind: what is expected`.

    exact: 12 g                     精确：12克
    contains: belt                  包含：皮带
    regex: ^\\d+$                    正则：^\\d+$
    number: 12 g ± 5%               数值：12克 ± 0.5
    anls: coca cola | coca-cola     相似：可口可乐
    choice                          选择            (the letter is the reference, the options are columns A, B, …)
    exact: yes || contains: 是      (any of them)

Where nothing follows the kind, the reference answer is what is expected: `exact`, `number: ± 5%`. A check that no
short form can write stands there as the JSON object that `cases.jsonl` has.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from comparer.suites.checks.kinds import Anls, AnyOf, Check, Choice, Contains, Exact, Number, Regex
from comparer.suites.checks.quantities import quantities
from comparer.suites.checks.wording import plain

_KINDS = {
    "exact": "exact",
    "精确": "exact",
    "完全一致": "exact",
    "contains": "contains",
    "包含": "contains",
    "regex": "regex",
    "正则": "regex",
    "number": "number",
    "数值": "number",
    "choice": "choice",
    "选择": "choice",
    "选择题": "choice",
    "anls": "anls",
    "相似": "anls",
}
_HEAD = re.compile(r"\s*([\w-]+)\s*(?:[:：](.*))?$", re.DOTALL)
_ANY_OF = re.compile(r"\s*(?:any-of|任一)\s*[:：]", re.IGNORECASE)
_BEHIND_NUMBER = re.compile(r".*\d[\s万亿]*", re.DOTALL)
_TOLERANCE = re.compile(r"(?:±|\+/-|\+-)\s*(\d+(?:\.\d+)?)\s*(%)?")
CHECK: TypeAdapter[Check] = TypeAdapter(Check)
"""Makes a check of what `read_form` returns; raises `ValidationError`."""


def read_form(form: str, reference: str = "", options: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The check that `form` writes, as the table that `kinds.Check` reads.

    Raises `PydanticCustomError` named `check_unknown`, `choice_needs_options` or `number_unreadable`.
    """
    if form.lstrip().startswith("{"):
        return _read_json(form)
    any_of = _ANY_OF.match(form)
    parts = (form[any_of.end() :] if any_of else form).split("||")
    if any_of or len(parts) > 1:
        return {"kind": "any-of", "checks": [_read_one(part, reference, options) for part in parts]}
    return _read_one(form, reference, options)


def _read_one(form: str, reference: str, options: Mapping[str, str] | None) -> dict[str, Any]:
    head = _HEAD.match(form)
    kind = _KINDS.get(head[1].casefold()) if head else None
    if head is None or kind is None:
        raise PydanticCustomError("check_unknown", "no such check", {"value": form.strip()[:60]})
    expected = (head[2] or "").strip()
    match kind:
        case "number":
            return _read_number(expected, reference)
        case "anls":
            return {"kind": kind, "references": [one.strip() for one in (expected or reference).split("|")]}
        case "choice":
            if not options:
                raise PydanticCustomError("choice_needs_options", "no options")
            return {"kind": kind, "answer": (expected or reference).strip().upper(), "options": dict(options)}
        case "regex":
            return {"kind": kind, "pattern": expected or reference}
        case _:
            return {"kind": kind, "value": expected or reference}


def _read_number(expected: str, reference: str) -> dict[str, Any]:
    tolerance = _TOLERANCE.search(plain(expected))
    wanted = (plain(expected)[: tolerance.start()] if tolerance else expected).strip() or reference
    found = list(quantities(wanted))
    if len(found) != 1:
        raise PydanticCustomError("number_unreadable", "not one number", {"value": wanted[:60]})
    unit = found[0].unit or _BEHIND_NUMBER.sub("", wanted).strip()
    amount = float(tolerance[1]) if tolerance else 0.0
    share = bool(tolerance and tolerance[2])
    return Number(
        value=found[0].value,
        unit=unit,
        absolute=0.0 if share else amount,
        relative=amount / 100 if share else 0.0,
    ).model_dump()


def _read_json(form: str) -> dict[str, Any]:
    try:
        return dict(json.loads(form))
    except (ValueError, TypeError, RecursionError) as error:
        raise PydanticCustomError("check_unknown", "no such check", {"value": form.strip()[:60]}) from error


def write_form(check: Check, reference: str = "") -> str:
    """The shortest form that `read_form` reads as `check` beside that reference answer; JSON where none does."""
    options = check.options if isinstance(check, Choice) else None
    for form in _forms(check, reference):
        try:
            if CHECK.validate_python(read_form(form, reference, options)) == check:
                return form
        except (ValidationError, PydanticCustomError):
            continue
    return check.model_dump_json()


def _forms(check: Check, reference: str) -> Iterator[str]:
    """What might write `check`, the shortest first."""
    match check:
        case Exact(value=expected) | Contains(value=expected) | Regex(pattern=expected):
            yield from (check.kind, f"{check.kind}: {expected}")
        case Number():
            tolerance = f"± {check.relative * 100:.10g}%" if check.relative else f"± {check.absolute:.10g}"
            tolerance = tolerance if check.relative or check.absolute else ""
            yield f"number: {tolerance}".rstrip(": ")
            yield " ".join(filter(None, ["number:", f"{check.value:.15g}", check.unit, tolerance]))
        case Anls():
            yield from ("anls", f"anls: {' | '.join(check.references)}")
        case Choice():
            yield from ("choice", f"choice: {check.answer}")
        case AnyOf():
            yield " || ".join(write_form(one, reference) for one in check.checks)
