"""The two languages say the same things, and every sentence that the code asks for is there."""

import re
from pathlib import Path
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


def test_no_text_is_left_unused() -> None:
    """A key is used when it, or the part before its last dot as a prefix in an f-string, stands in the code."""
    code = "\n".join(source.read_text("utf-8") for source in SOURCES)
    code += Path(ASSETS / "dashboard.js").read_text("utf-8")
    unused = []
    for key in locale("en"):
        family, _, name = key.partition(".")
        composed = f'f"{family}.{{' in code or f"f'{family}.{{" in code
        partly = re.search(rf"f[\"']{family}\.[a-z_]*\{{", code) is not None
        if key not in code and not ((composed or partly) and re.search(rf"\b{re.escape(name)}\b|_\{{", code)):
            unused.append(key)
    assert not unused, unused
