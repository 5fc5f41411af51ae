"""The figures hold the numbers that they claim to show, in both languages and on both grounds."""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from comparer.charts import (
    drift_chart,
    latency_chart,
    ratings_chart,
    scores_chart,
    strictness_chart,
)
from comparer.charts.look import SYMBOLS
from comparer.fit.agreement import Strictness
from comparer.fit.differences import Difference
from comparer.fit.drift import Drift, TurnJudgement, drift
from comparer.fit.latency import Latency, latencies
from comparer.fit.per_day import DayCount, ratings_per_day
from comparer.fit.score_table import ScoreTable, score_table
from comparer.palette import COLOURS, SHADES, model_shade
from comparer.paths import ASSETS
from comparer.records import CellCount, TestItem
from comparer.store import GivenRating

ITEMS = (
    TestItem("manual", "Manual pages", "手册页", 0.8),
    TestItem("fault", "Fault <charts>", "故障图", 0.6),
    TestItem("empty", "Nobody rated it", "无人评", 0.5),
)
MODELS = ("S", "M")
DAY = date(2026, 3, 5)


@pytest.fixture
def table() -> ScoreTable:
    counts = [
        CellCount("manual", "S", 10, 12, 4),
        CellCount("manual", "M", 10, 11, 9),
        CellCount("fault", "M", 5, 5, 5),
    ]
    return score_table(ITEMS, MODELS, counts)


def annotations(figure: Any) -> str:
    return " ".join(note.text for note in figure.layout.annotations)


def test_scores_stand_with_their_intervals(table: ScoreTable) -> None:
    small, medium, thresholds = scores_chart(table, "en", labels={"S": "Small <b>"}).data
    cell = table.rows[0].cells["S"]
    assert small.x == (0.4,)
    assert small.x[0] + small.error_x.array[0] == pytest.approx(cell.high)
    assert small.x[0] - small.error_x.arrayminus[0] == pytest.approx(cell.low)
    assert medium.x == (0.9, 1.0)
    assert [round(y) for y in medium.y] == [0, 1]
    assert small.y[0] < medium.y[0]  # the smaller one above
    assert small.name == "Small &lt;b&gt;"
    assert "Small &lt;b&gt; · Manual pages: 40%" in small.hovertext[0]
    assert thresholds.x == (0.8, 0.8, None, 0.6, 0.6, None)


def test_models_differ_in_colour_and_in_symbol(table: ScoreTable) -> None:
    for theme in ("light", "dark"):
        small, medium, _ = scores_chart(table, "en", theme).data  # type: ignore[arg-type]
        assert (small.marker.color, medium.marker.color) == (model_shade(0, theme), model_shade(1, theme))  # type: ignore[arg-type]
        assert small.marker.symbol != medium.marker.symbol
    assert len(set(SYMBOLS)) == len(COLOURS) == 6


def test_items_are_named_in_the_readers_language(table: ScoreTable) -> None:
    assert scores_chart(table, "zh").layout.yaxis.ticktext == ("手册页", "故障图")
    assert scores_chart(table, "en").layout.yaxis.ticktext == ("Manual pages", "Fault &lt;charts&gt;")


def test_quality_against_latency(table: ScoreTable) -> None:
    took = {("manual", "S"): Latency(0.5, 9), ("manual", "M"): Latency(2.0, 8), ("empty", "S"): Latency(9.0, 1)}
    figure = latency_chart(table, took, "en")
    assert [(trace.name, trace.x[0], trace.y[0]) for trace in figure.data] == [("S", 0.5, 0.4), ("M", 2.0, 0.9)]
    assert figure.data[1].y[0] - figure.data[1].error_y.arrayminus[0] == pytest.approx(table.rows[0].cells["M"].low)
    region = figure.layout.shapes[0]
    assert (region.type, region.y0) == ("rect", 0.8)
    assert annotations(figure) == "Manual pages"
    assert figure.layout.xaxis.range == (0, pytest.approx(2.3))


def test_every_model_is_named_once_in_the_legend(table: ScoreTable) -> None:
    took = {(item.key, model): Latency(1.0, 3) for item in ITEMS for model in MODELS}
    figure = latency_chart(table, took, "en")
    assert [(trace.name, trace.showlegend) for trace in figure.data] == [("S", True), ("M", True), ("M", False)]


def rated(answer_id: str, e2e_s: float | None, *, contended: bool = False, stop_reason: str = "stop") -> GivenRating:
    when = datetime(2026, 3, 5, tzinfo=UTC)
    return GivenRating("manual", "S", "c", answer_id, "Ann", True, False, when, e2e_s, contended, stop_reason)


def test_the_median_is_that_of_answers_that_ran_alone_and_to_their_end() -> None:
    given = [
        *(rated("a", 1.0), rated("a", 1.0), rated("b", 2.0), rated("c", 6.0), rated("d", None)),
        *(rated("e", 99.0, contended=True), rated("f", 99.0, stop_reason="cancelled")),
    ]
    assert latencies(given) == {("manual", "S"): Latency(2.0, 3)}


def test_the_strictest_reviewer_stands_on_top() -> None:
    found = {
        "王芳": Strictness(Difference(0.1, -0.05, 0.25), 20, 10),
        "2026-01-01": Strictness(Difference(-0.2, -0.4, -0.1), 20, 10),  # no date
        "": Strictness(Difference(0.0, -0.1, 0.1), 4, 4),
    }
    figure = strictness_chart(found, "en")
    (points,) = figure.data
    assert figure.layout.yaxis.ticktext == ("2026-01-01", "(no name)", "王芳")
    assert points.x == (-0.2, 0.0, 0.1)
    assert points.error_x.array == pytest.approx((0.1, 0.1, 0.15))
    assert points.error_x.arrayminus == pytest.approx((0.2, 0.1, 0.15))
    assert "-20% (-40% to -10%)" in points.hovertext[0]
    assert figure.layout.xaxis.range[1] == -figure.layout.xaxis.range[0] > 0.4


def test_ratings_are_counted_by_the_day_in_utc() -> None:
    late_in_shanghai = datetime(2026, 3, 6, 7, 0, tzinfo=timezone(timedelta(hours=8)))
    noon = datetime(2026, 3, 5, 12, tzinfo=UTC)
    given = [(late_in_shanghai, True), (noon, False), (noon, True), (noon - timedelta(days=2), True)]
    assert ratings_per_day(given) == [DayCount(DAY - timedelta(days=2), 1, 0), DayCount(DAY, 2, 1)]


def test_ratings_over_time_are_stacked() -> None:
    figure = ratings_chart([DayCount(DAY, 2, 1), DayCount(DAY + timedelta(days=1), 0, 4)], "zh")
    accepted, refused = figure.data
    assert accepted.x == refused.x == ("2026-03-05", "2026-03-06")
    assert (accepted.y, refused.y) == ((2, 0), (1, 4))
    assert (accepted.name, refused.name) == ("可接受", "不可接受")
    assert figure.layout.barmode == "stack"
    assert not accepted.marker.pattern.shape and refused.marker.pattern.shape == "/"


def drifts(**held: list[int]) -> dict[str, Drift]:
    """By model, how many of 4 turns of each conversation go well; 9: it was followed for 2 turns only, both well."""
    return drift(
        TurnJudgement(f"c{number}", model, turn, "Ann", turn <= good)
        for model, all_held in held.items()
        for number, good in enumerate(all_held)
        for turn in range(1, 3 if good == 9 else 5)
    )


def test_conversations_fall_step_by_step() -> None:
    figure = drift_chart(drifts(S=[1, 2, 9, 4]), ["L", "S"], "en", labels={"S": "Small <b>"})
    band, curve, ended = figure.data
    assert curve.x == (0, 2, 3, 4)
    assert curve.y == pytest.approx((1, 0.75, 0.375, 0.375))
    assert (curve.line.shape, curve.name, curve.line.color) == ("hv", "Small &lt;b&gt;", model_shade(1))
    assert "after turn 2: 75% (13% – 96%) · followed 4, drifted here 1" in curve.hovertext[1]
    assert (ended.x, ended.y) == ((2, 4), pytest.approx((0.75, 0.375)))  # followed no further
    assert band.y[0] < 0.75 < band.y[2] and band.x[:2] == (2, 3)
    assert figure.layout.shapes[0].y0 == 0.5


def test_curves_differ_in_colour_and_in_dashes() -> None:
    figure = drift_chart(drifts(S=[1, 2], M=[3, 4]), ["S", "M"], "zh", "dark")
    curves = [trace for trace in figure.data if trace.line.shape == "hv"]
    assert [curve.line.color for curve in curves] == [model_shade(0, "dark"), model_shade(1, "dark")]
    assert len({curve.line.dash for curve in curves}) == 2
    assert figure.layout.xaxis.title.text == "轮次"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "draw",
    [
        lambda *look: scores_chart(score_table(ITEMS, MODELS, ()), *look),
        lambda *look: latency_chart(score_table(ITEMS, MODELS, ()), {}, *look),
        lambda *look: strictness_chart({}, *look),
        lambda *look: ratings_chart([], *look),
        lambda *look: drift_chart({}, ["S"], *look),
    ],
)
def test_without_data_a_sentence_says_so(draw: Callable[..., Any], language: str, theme: str) -> None:
    figure = draw(language, theme)
    assert not figure.data
    said = annotations(figure)
    assert said and bool(re.search(r"[\u4e00-\u9fff]", said)) == (language == "zh")
    json.loads(figure.to_json())


def test_colours_are_those_of_the_page() -> None:
    light, dark = re.findall(
        r"^(?::root|\.dark) \{(.*?)\}", (ASSETS / "dashboard.css").read_text("utf-8"), re.S | re.M
    )
    assert dict(re.findall(r"--([a-z-]+): (#\w+)", light)) == {name: both.light for name, both in SHADES.items()}
    assert dict(re.findall(r"--([a-z-]+): (#\w+)", dark)) == {name: both.dark for name, both in SHADES.items()}
