"""The Markdown, as a renderer reads it."""

import re
from html import escape
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from comparer.export import export
from comparer.export.markdown_file import plain
from comparer.records import Answer, Metrics, Rating
from comparer.store import Conversation, RatingFilter
from storage import open_store

MODELS = ("S", "M")
LABELS = {"S": "Small | <img src=x onerror=alert(1)>", "M": "[M](http://evil.example) `x` *y*"}


def rendered(source: str) -> str:
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(source)


def test_the_table_and_the_recommendation(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    for question in ("1", "2"):
        turn = store.add_turn(store.begin(Conversation("demo", MODELS, "fault")), question, ())
        store.rate(store.add_answer(turn, Answer("S", "x", "stop", Metrics())), Rating(question == "1", "Ann"))
    given = {
        language: export(
            "markdown",
            store,
            models=MODELS,
            destination=tmp_path / f"{language}.md",
            language=language,
            labels=LABELS,
            ratings=RatingFilter(reviewers=("Ann",)),
        ).read_text("utf-8")
        for language in ("en", "zh")
    }
    store.close()
    html = rendered(given["en"])
    assert html.count("<tr>") == 4 and html.count("<td>") == 3 * 4
    assert "<strong>50%</strong> undecided" in html and "cases 2 · ratings 2" in html
    assert "Reviewers: Ann" in html and "no ratings yet" in html
    assert "<td>Fault diagram diagnosis (needs ≥ 75%)</td>" in html
    assert "<strong>Agreement of reviewers</strong>: Needs at least two reviewers on the same answers." in html
    assert html.count("<li>") >= 6
    for foreign in ("<img", "<a ", "<code", "<em>"):
        assert foreign not in html
    assert "Small | &lt;img src=x" in html
    assert "故障图谱诊断" in rendered(given["zh"]) and "未定" in given["zh"]


def test_nothing_in_a_name_is_markup() -> None:
    nasty = "<b>x</b> **y** [z](http://e) ![i](e) `c` ~~d~~ | # - 1. @user #12 http://e.example a_b_c &amp; \\ \n new"
    html = rendered(plain(nasty))
    assert not re.search(r"<(?!/?p>)", html)
    assert "new" in html and "\n" not in plain(nasty)


@pytest.mark.parametrize(
    "start", ["- x", "+ x", "1. x", "12) x", "12345. x", "# x", "> x", "---", "www.example.com", "=="]
)
def test_nothing_begins_a_block(start: str) -> None:
    assert rendered(plain(start)).strip() == f"<p>{escape(start)}</p>"


def test_ordinary_names_stay_readable() -> None:
    assert plain("Qwen3-VL 30B-A3B (0.65M), 00:30") == "Qwen3-VL 30B-A3B (0.65M), 00:30"
