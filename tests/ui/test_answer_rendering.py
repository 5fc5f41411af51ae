"""Rated cases as HTML: everything is told, and nothing that people or models wrote is markup."""

from dataclasses import replace
from datetime import UTC, datetime

from comparer.records import Answer, Metrics, Picture, Rating
from comparer.store import CaseAnswer, DatedRating, RatedCase
from comparer.ui.answer_rendering import answers_html

AT = datetime(2026, 1, 10, 9, 30, tzinfo=UTC)
REFUSED = Rating(False, "<b>Ann</b>", ("made_up", "<odd>"), "no <i>lamp</i>", blind=True)
ANSWER = CaseAnswer(
    "answer 1",
    "c<1>",
    True,
    Answer("small", "<img src=x>\n  two", "stop", Metrics(), precision="int8"),
    (DatedRating(REFUSED, AT), DatedRating(Rating(True), AT)),
)
CASE = RatedCase("key", 2, "Which <script>?", (), 2, 1, (ANSWER,))


def test_a_case_tells_question_answer_and_who_said_what() -> None:
    html = answers_html("Small <S>", "teal", "Manuals & more", [CASE], "en")
    for told in (
        "Small &lt;S&gt; · Manuals &amp; more",
        "Which &lt;script&gt;?",
        "50% acceptable (1 of 2 ratings)",
        "question 2 of its conversation",
        "&lt;img src=x&gt;\n  two",
        "✗ Not acceptable",
        "&lt;b&gt;Ann&lt;/b&gt; · 2026-01-10 09:30 UTC · blind",
        "Made up, &lt;odd&gt;",
        "no &lt;i&gt;lamp&lt;/i&gt;",
        "✓ Acceptable",
        "(no name)",
        "int8",
        "data-conversation='c&lt;1&gt;'",
    ):
        assert told in html, told
    assert "<script" not in html and "<img" not in html and "<i>" not in html


def test_in_chinese_and_without_anything_to_show() -> None:
    assert "编造" in answers_html("S", "teal", "说明书", [CASE], "zh")
    assert "当前筛选下没有可显示的回答" in answers_html("S", "teal", "说明书", [], "zh")


def test_an_answer_without_text_and_a_picture_that_cannot_be_read(tmp_path) -> None:  # type: ignore[no-untyped-def]
    empty = replace(ANSWER, answer=replace(ANSWER.answer, text=" "))
    missing = Picture("0" * 64, tmp_path / "gone.webp", 8, 8)
    html = answers_html("S", "teal", "M", [replace(CASE, turn=1, pictures=(missing,), answers=(empty,))], "en")
    assert "(no text)" in html and "<img" not in html and "of its conversation" not in html
