"""The two languages say the same things, and every sentence that the code asks for is there."""

import ast
import re
from collections.abc import Iterable
from string import Formatter

import pytest

from comparer.errors import ComparerError
from comparer.paths import ASSETS
from comparer.texts import locale

ROOT = ASSETS.parent
SOURCES = [*(ROOT / "comparer").rglob("*.py"), *(ROOT / "storage").rglob("*.py")]


def parameters(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_same_keys_and_parameters() -> None:
    english, chinese = locale("en"), locale("zh")
    assert english.keys() == chinese.keys()
    for key in english:
        assert parameters(english[key]) == parameters(chinese[key]), key
        assert english[key].strip() and chinese[key].strip(), key


def test_chinese_is_chinese() -> None:
    latin_only = {key for key, text in locale("zh").items() if not re.search(r"[\u4e00-\u9fff]", text)}
    assert latin_only <= {"metric.ttft", "metric.speed"}, latin_only


def test_every_key_in_the_code_has_a_text() -> None:
    known = locale("en")
    pattern = re.compile(r'text\(\s*"([a-z_]+\.[A-Za-z_-]+)"')
    shown = re.compile(r'"(?:label|value|placeholder)": "([a-z]+\.[a-z_]+)"')
    for source in SOURCES:
        code = source.read_text("utf-8")
        for key in (*pattern.findall(code), *shown.findall(code)):
            assert key in known, f"{source.name}: {key}"


def test_every_error_code_has_a_sentence() -> None:
    known = locale("en")
    raised = re.compile(r'(?:Input|Lineup|Engine|Load|OutOfMemory|Store)Error\(\s*"([a-z_0-9]+)"')
    failed = re.compile(r'Failed\(\s*perf_counter\(\),\s*"([a-z_]+)"')
    codes = {code for source in SOURCES for p in (raised, failed) for code in p.findall(source.read_text("utf-8"))}
    assert len(codes) > 25
    missing = {code for code in codes if f"error.{code}" not in known}
    assert not missing, missing


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_error_speaks_the_readers_language(language: str) -> None:
    error = ComparerError("picture_damaged", name="plan.png")
    assert "plan.png" in error.sentence(language)  # type: ignore[arg-type]
    assert str(error) == error.sentence("en")


def unused(keys: Iterable[str]) -> list[str]:
    """The keys that no code can ask for.

    A key is asked for when it stands in the code as it is, or when an f-string makes it (`f"state.{state}"`) from a
    word that stands in the code by itself, be it as the name of a record's field. The demo's trainer has sentences of
    its own and asks for none of these.
    """
    words: set[str] = {""}
    made: set[str] = set()
    for source in [*SOURCES, ROOT / "app.py"]:
        if "demo" in source.parts:
            continue
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.add(node.value)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                words.add(node.target.id)
            elif isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
                if re.match(r"[a-z_]+\.", str(parts[0])):
                    made.add("".join("(.*)" if part is None else re.escape(str(part)) for part in parts))

    def asked_for(key: str) -> bool:
        matches = (re.fullmatch(pattern, key) for pattern in made)
        return key in words or any(match and set(match.groups()) <= words for match in matches)

    return [key for key in keys if not asked_for(key)]


def test_no_text_is_left_unused() -> None:
    made_up = ["compare.left_over", "error.left_over", "fit.left_over", "notice.left_over", "metric.left_over_hint"]
    assert unused(made_up) == made_up
    assert not unused(locale("en"))
