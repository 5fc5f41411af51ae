"""A suite -> its two files. The same suite always gives the same bytes."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from comparer.suites.cases import CaseTurn, Suite, SuiteCase, SuiteHead, SuiteItem
from comparer.suites.reading import CASES, HEAD


def write_suite(suite: Suite) -> None:
    """Write `suite.toml` and `cases.jsonl` into the suite's folder, where its pictures lie already."""
    suite.folder.mkdir(parents=True, exist_ok=True)
    (suite.folder / HEAD).write_text(head_text(suite.head), encoding="utf-8", newline="\n")
    (suite.folder / CASES).write_text(cases_text(suite.cases), encoding="utf-8", newline="\n")


def cases_text(cases: Iterable[SuiteCase]) -> str:
    """`cases.jsonl`, a case a line."""
    return "".join(json.dumps(_case(case), ensure_ascii=False) + "\n" for case in cases)


def head_text(head: SuiteHead) -> str:
    """`suite.toml`; what is empty is left out."""
    fields = {name: getattr(head, name) for name in SuiteHead.model_fields if name != "items"}
    lines = [f"{name} = {_string(value)}\n" for name, value in fields.items() if value or name.startswith("title")]
    items = [_item(item) for item in head.items]
    if all(item.startswith('"') for item in items):
        lines.append(f"items = [{', '.join(items)}]\n")
    else:
        lines += ["items = [\n", *(f"  {item},\n" for item in items), "]\n"]
    return "".join(lines)


def _item(item: SuiteItem) -> str:
    fields = [f"{name} = {_string(value)}" for name in ("name_en", "name_zh") if (value := getattr(item, name))]
    if item.threshold is not None:
        fields.append(f"threshold = {item.threshold}")
    return f"{{ key = {_string(item.key)}, {', '.join(fields)} }}" if fields else _string(item.key)


def _string(value: str) -> str:
    """A basic string of TOML: JSON's escapes are among TOML's, which wants DEL escaped too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _case(case: SuiteCase) -> dict[str, Any]:
    fields = case.model_dump(mode="json", include={"id", "item", "language", "key", "pictures"})
    return _filled(fields) | {"turns": [_turn(turn) for turn in case.turns]}


def _turn(turn: CaseTurn) -> dict[str, Any]:
    return _filled(turn.model_dump(mode="json"))


def _filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", None)}
