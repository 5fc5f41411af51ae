"""The columns of a table of cases, by the names that people give them in English and Chinese.

| column | headers | holds |
|---|---|---|
| question | question, prompt, 问题, 提问, 题目 | the question |
| pictures | picture(s), image(s), image path, 图片, 图像, 图片路径, 图片地址 | paths or addresses, `;` between |
| item | item, business item, category, 业务项, 测试项, 测试项目, 类别 | the business item's key or name |
| id | id, case, case id, 编号, 用例, 用例编号 | rows that follow each other with one id are turns of one case |
| reference | reference, answer, expected, 参考答案, 标准答案, 答案 | the right answer as a person would write it |
| check | check, 检查, 自动检查, 判定 | the short form of `comparer.suites.checks.forms` |
| A, B, C, … | A, option A, 选项A | options; the answer is then a letter |
| hint | hint, 提示 | stands before a question with options |
| key | key, key case, 关键, 关键用例 | yes or no: asked of every model |
| language, kind, depth | 语言, 题型, 深度 | as in `cases.jsonl` |

Case, spaces, hyphens and underscores in a header do not matter; other columns are left alone.
"""

import re
from collections.abc import Sequence
from string import ascii_uppercase

from comparer.suites.checks.wording import normalise

HEADERS = {
    "question": "question prompt 问题 提问 题目",
    "pictures": "picture pictures image images imagepath 图片 图像 图片路径 图片地址",
    "item": "item businessitem category 业务项 测试项 测试项目 类别",
    "id": "id case caseid 编号 用例 用例编号",
    "reference": "reference answer expected 参考答案 标准答案 答案",
    "check": "check 检查 自动检查 判定",
    "hint": "hint 提示",
    "key": "key keycase 关键 关键用例",
    "language": "language 语言",
    "kind": "kind 题型",
    "depth": "depth 深度",
}
_FIELDS = {name: field for field, names in HEADERS.items() for name in names.split()}
_OPTION = re.compile(r"(?:option|选项)?([a-z])")


def field_of(header: str) -> str:
    """Our name for a column called `header` ("A" … "Z" for an option); "" for a column that means nothing here."""
    name = re.sub(r"[\s_-]", "", normalise(header))
    option = _OPTION.fullmatch(name)
    return option[1].upper() if option else _FIELDS.get(name, "")


def fields_of(headers: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    """Position of each field among `headers`, and the headers that name a field which another names already."""
    positions: dict[str, int] = {}
    repeated = []
    for position, header in enumerate(headers):
        field = field_of(header)
        if field in positions:
            repeated.append(header)
        elif field:
            positions[field] = position
    return positions, repeated


def is_option(field: str) -> bool:
    """Whether a field is an option's letter."""
    return len(field) == 1 and field in ascii_uppercase
