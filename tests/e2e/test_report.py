"""The report in a real browser: it draws offline, asks nobody for anything, and prints on few pages."""

import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import Browser

from comparer.export import export
from comparer.records import CellCount, TestItem
from comparer.store import CastVote, GivenRating, RatingFilter, Store
from comparer.texts import Language

MODELS = ("small", "medium", "large")
LABELS = {"small": "Qwen3-VL 4B", "medium": "Qwen3-VL 8B", "large": "Qwen3-VL 30B-A3B"}
SCRIPT = "<script>window.ran = true</script><img src='http://evil.example/x.png' onerror='window.ran = true'>"
REVIEWERS = ("王芳", "Ben", SCRIPT, "李强")
CASES = 30


class MadeUp:
    """Six items, three models, four reviewers; one reviewer's name is markup."""

    def __init__(self) -> None:
        dice = random.Random(7)
        self._items = tuple(
            TestItem(f"item{number}", f"Reading of technical drawings {number}", f"技术图纸判读{number}", 0.7)
            for number in range(6)
        )
        self._counts: list[CellCount] = []
        self._rated: list[GivenRating] = []
        self._votes: list[CastVote] = []
        for number, item in enumerate(self._items):
            for place, model in enumerate(MODELS):
                passed = 0.0
                for case in range(CASES):
                    good = dice.random() < 0.45 + 0.2 * place + 0.03 * number
                    passed += good
                    for reviewer in dice.sample(REVIEWERS, 2):
                        self._rate(dice, item.key, model, case, reviewer, good)
                self._counts.append(CellCount(item.key, model, CASES, 2 * CASES, passed))

    def _rate(self, dice: random.Random, item: str, model: str, case: int, reviewer: str, good: bool) -> None:
        seconds = (MODELS.index(model) + 1) * dice.lognormvariate(0, 0.2)
        when = datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(days=case // 4)
        key, acceptable, blind = f"{item}{case}", good ^ (dice.random() < 0.1), dice.random() < 0.7
        self._rated.append(
            GivenRating(item, model, key, f"{key}{model}", reviewer, acceptable, blind, when, seconds, False, "stop")
        )
        if model == MODELS[-1]:
            order, liked = tuple(dice.sample(MODELS, 3)), dice.choice([*MODELS, "large", "tie", "none"])
            self._votes.append(CastVote(key, "c", key, item, "demo", order, liked, reviewer, blind, when))

    def items(self) -> tuple[TestItem, ...]:
        return self._items

    def counts(self, ratings: RatingFilter) -> tuple[CellCount, ...]:
        return tuple(self._counts)

    def newest_ratings(self, limit: int, ratings: RatingFilter) -> list[GivenRating]:
        return self._rated[-limit:]

    def newest_votes(self, limit: int, ratings: RatingFilter) -> list[CastVote]:
        return self._votes[-limit:]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_draws_offline_and_prints_on_four_pages(browser: Browser, tmp_path: Path, language: Language) -> None:
    used = RatingFilter(lineup="demo", since=datetime(2026, 3, 1, tzinfo=UTC))
    made = cast(Store, MadeUp())
    file = export(
        "html",
        made,
        models=MODELS,
        destination=tmp_path / "report.html",
        ratings=used,
        language=language,
        labels=LABELS | {"medium": f"8B {SCRIPT}"},
    )
    page = browser.new_page(viewport={"width": 1100, "height": 900})
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    page.locator("#per_day .main-svg").first.wait_for()

    for chart in ("scores", "latency", "strictness", "per_day"):
        assert page.locator(f"#{chart} .trace").count() > 0, chart
    assert page.locator("table.fit tbody tr").count() == 6
    assert page.evaluate("window.ran") is None
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".modebar").count() == 0
    pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True, print_background=True)))
    page.close()
    assert 1 <= pages <= 4
    assert said == [] and asked == [file.as_uri()]
