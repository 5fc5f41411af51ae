"""The report as text: whole in one file, everything foreign escaped, nothing allowed to be fetched."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import unescape
from pathlib import Path

import pytest

from comparer.export import export
from comparer.records import Answer, Metrics, Rating
from comparer.store import Conversation, RatingFilter
from storage import open_store

MODELS = ("S", "M")
NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A report in each language on two cases; a model and a reviewer have names that are markup."""
    folder = tmp_path_factory.mktemp("report")
    store = open_store(folder / "data")
    for question in ("1", "2"):
        turn = store.add_turn(store.begin(Conversation("demo", MODELS, "fault")), question, ())
        answer = store.add_answer(turn, Answer("S", "x", "stop", Metrics(e2e_s=1.5)))
        store.rate(answer, Rating(question == "1", NASTY))
        store.rate(answer, Rating(True, "Ben"))
    given = {
        language: export(
            "html",
            store,
            models=MODELS,
            destination=folder / f"{language}.html",
            language=language,
            labels={"S": NASTY},
            ratings=RatingFilter(reviewers=(NASTY, "Ben")),
        ).read_text("utf-8")
        for language in ("en", "zh")
    }
    store.close()
    return given


def scripts(page: str) -> list[tuple[str, str]]:
    return re.findall(r"<script([^>]*)>(.*?)</script>", page, re.S)


def test_only_its_own_scripts_may_run(written: dict[str, str]) -> None:
    page = written["en"]
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert found
    policy = unescape(found[1])
    figures, *running = scripts(page)
    assert "application/json" in figures[0] and len(running) == 2
    for _, script in running:
        assert f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in policy
    assert policy.startswith("default-src 'none'") and "http" not in policy
    assert "unsafe-inline" not in policy.split("script-src")[1]
    assert "plotly.js" in running[0][1][:200]


def test_nothing_foreign_is_markup(written: dict[str, str]) -> None:
    for page in written.values():
        without_library = page.replace(scripts(page)[1][1], "")
        assert "<img" not in without_library and "alert(1)</script>" not in without_library
        assert "&lt;/script&gt;" in without_library
        assert not re.search(r"(?:src|href)=['\"]?(?:https?:)?//", without_library)


def test_the_figures_are_those_of_the_ratings(written: dict[str, str]) -> None:
    drawn = json.loads(scripts(written["en"])[0][1])
    assert [one["id"] for one in drawn] == ["scores", "latency", "strictness", "per_day"]
    by_id = {one["id"]: one["figure"]["data"] for one in drawn}
    assert by_id["scores"][0]["x"] == [0.75]
    assert (by_id["latency"][0]["x"], by_id["latency"][0]["y"]) == ([1.5], [0.75])
    assert len(by_id["strictness"][0]["x"]) == 2
    assert (by_id["per_day"][0]["y"], by_id["per_day"][1]["y"]) == ([3], [1])
    assert all(one["config"]["displayModeBar"] is False for one in drawn)


def test_it_says_how_sure_it_is(written: dict[str, str]) -> None:
    """Two answers that two people rated, one of them only to disagree."""
    assert "<h2>How sure is this?</h2>" in written["en"] and "<h2>这些结论有多可靠？</h2>" in written["zh"]
    section = written["en"].split("<section class='statistics'>")[1].split("</section>")[0]
    assert section.count("<h3>") == 6
    assert "No two models have been rated on the same case yet." in section
    assert "No reviewer stands out" in section and "Ratings: 4, reviewers: 2" in section
    assert "Krippendorff, Content Analysis" in written["en"].split("What the figures mean")[1]


def test_it_speaks_the_readers_language(written: dict[str, str]) -> None:
    assert '<html lang="zh-CN">' in written["zh"] and "<h1>多大的模型够用？</h1>" in written["zh"]
    assert '<html lang="en">' in written["en"] and "<h1>Which model is enough?</h1>" in written["en"]
    assert "故障图谱诊断" in written["zh"] and "75%" in written["zh"]


def test_the_file_is_replaced_only_when_whole(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    file = export("html", store, models=MODELS, destination=tmp_path / "report.html")
    store.close()
    assert file.read_text("utf-8").endswith("</html>\n")
    assert file.stat().st_size < 6_000_000
