"""The panel "Long conversations" without a browser."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from comparer.fit.drift import Drift, drift
from comparer.records import Rating
from comparer.run_records import RunModel
from comparer.suites.judged import turn_judgements
from comparer.ui.drift_handlers import DriftHandlers
from comparer.ui.drift_panel import build_drift_panel
from comparer.ui.drift_rendering import interval_words, median_words, reference_turns
from comparer.ui.i18n import Localizer, Updates
from comparer.ui.view_address import DriftLooking
from storage import SqlStore
from tests.ui.view_samples import a_context, long_run, of_sizes, short_run

HELD = {"S": [2, 3, 3, 1, 4, 3, 2, 3], "M": [5, 6, 7, 5, 6, 10, 7, 6], "L": [10, 10, 10, 9, 10, 10, 10, 10]}


class Page:
    def __init__(self, store: SqlStore, tmp_path: Path) -> None:
        self.context = a_context(store, tmp_path)
        with gr.Blocks():
            self.panel = build_drift_panel(Localizer())
        self.handlers = DriftHandlers(self.context, self.panel)

    def show(self, looking: DriftLooking = DriftLooking(), language: Any = "en") -> Updates:
        return self.handlers.show(looking, "light", language)

    def head(self, looking: DriftLooking = DriftLooking(), language: Any = "en") -> str:
        return str(self.show(looking, language)[self.panel.head])


@pytest.fixture
def page(store: SqlStore, tmp_path: Path) -> Page:
    return Page(store, tmp_path)


def test_medians_counts_and_the_table_that_says_what_the_chart_shows(page: Page, store: SqlStore) -> None:
    run = long_run(store, HELD, of_sizes())
    updates = page.show()
    head, below = updates[page.panel.head], updates[page.panel.below]
    assert updates[page.panel.looking] == DriftLooking(run)
    assert "3 turns" in head and "6 turns" in head and "10 turns or more" in head
    assert "Drifted: 8 · Held to the end: 0" in head and "Drifted: 1 · Held to the end: 7" in head
    assert "Judged by automatic checks, not by people." in head and "Reference" not in head
    assert "<td>88%<small>8</small></td>" in below  # Small after its first turn but one
    assert "Medium goes well for longer than Small (log-rank test, p &lt; 0.001)." in below
    assert "Large goes well for longer than Medium" in below
    traces = json.loads(updates[page.panel.plot]["value"].plot)["data"]
    curves = [trace for trace in traces if trace.get("line", {}).get("shape") == "hv"]
    assert [curve["name"] for curve in curves] == ["Small", "Medium", "Large"]
    assert curves[0]["y"] == pytest.approx([1, 0.875, 0.625, 0.125, 0])


def test_people_judge_apart_from_checks(page: Page, store: SqlStore) -> None:
    run = long_run(store, {"S": [10, 10], "M": [10, 10]}, of_sizes()[:2])
    assert "Nobody has rated these conversations yet" in page.head(DriftLooking(run, "people"))
    for answer in store.runs.answers(run, "talk-00"):
        if answer.place.model == "S" and answer.place.turn < 3:
            store.rate(answer.answer_id, Rating(answer.place.turn < 2, "Bea"))
    head = page.head(DriftLooking(run, "people"))
    assert "2 turns" in head and "Judged by people, not by automatic checks." in head and "Medium" not in head
    assert "10 turns or more" in page.head(DriftLooking(run))


def test_runs_of_the_same_models_are_taken_together_on_demand(page: Page, store: SqlStore) -> None:
    first = long_run(store, {"S": [4, 4]}, of_sizes()[:1])
    long_run(store, {"S": [2, 2]}, (replace(of_sizes()[0], precision="nf4"),))
    newest = long_run(store, {"S": [2, 2]}, of_sizes()[:1])
    updates = page.show(DriftLooking(newest))
    assert "2 turns" in updates[page.panel.head] and updates[page.panel.all_runs]["visible"] is True
    together = page.head(DriftLooking(first, all_runs=True))
    assert "Runs taken together: 2" in together and "2 turns" in together  # a tie is no yes


def test_a_staged_run_is_no_ground_to_compare_models(page: Page, store: SqlStore) -> None:
    long_run(store, HELD, of_sizes(), plan="staged")
    updates = page.show()
    assert "This run was staged" in updates[page.panel.head]
    assert "log-rank" not in updates[page.panel.below] and "drift-caption" in updates[page.panel.below]


def test_the_articles_claims_stand_beside_its_models_alone(page: Page, store: SqlStore) -> None:
    models = (
        RunModel("4B", "Qwen3-VL 4B", "Qwen/Qwen3-VL-4B-Instruct@abc", "bf16"),
        RunModel("30B", "Qwen3-VL 30B", "Qwen/Qwen3-VL-30B-A3B-Instruct", "bf16"),
    )
    long_run(store, {"4B": [3, 3], "30B": [9, 9]}, models, lineup="qwen3-vl")
    assert "Reference, not measured here: 3 turns" in page.head()
    assert "参考值，非本处实测：≥ 10 轮" in page.head(language="zh")
    assert reference_turns("demo@123") == ""


def test_without_such_a_run_it_says_what_to_do(page: Page, store: SqlStore, warnings: list[str]) -> None:
    assert "No run has conversations of several turns yet" in page.head()
    short_run(store, of_sizes()[:1], {"S": [("red", True)]})
    assert "No run has conversations of several turns yet" in page.head() and not warnings
    long_run(store, {"S": [1]}, of_sizes()[:1])
    assert "1 turn<" in page.head(DriftLooking("gone")) and len(warnings) == 1


def test_names_from_outside_are_no_markup(page: Page, store: SqlStore) -> None:
    long_run(store, {"S": [1, 2]}, (RunModel("S", "<b>bold</b>", "s", "bf16"),))
    updates = page.show()
    assert "<b>bold" not in updates[page.panel.head] + updates[page.panel.below]


def of_durations(*held: int, turns: int = 10) -> Drift:
    from tests.suites.test_judged import RIGHT, WRONG, a_case, an_answer, asked

    run = asked(
        [a_case(str(number), turns) for number in range(len(held))],
        *(
            an_answer(str(number), turn, RIGHT if turn < good else WRONG)
            for number, good in enumerate(held)
            for turn in range(turns)
        ),
    )
    return drift(turn_judgements([run], "checks"))["S"]


def test_a_median_is_said_with_what_is_known_of_its_bounds() -> None:
    assert median_words(of_durations(10, 10, 10, 2), "en") == "10 turns or more"
    assert "from 2 up, no upper bound" in interval_words(of_durations(*([10] * 6), 2, 2, 2), "en")
    assert "3.5" in median_words(of_durations(3, 4), "en")
    assert "interval from 10 up" in interval_words(of_durations(*([10] * 30), 2), "en")  # half lies below all bounds
    assert "too little is known" in interval_words(of_durations(10, 10), "en")
    assert "interval" in interval_words(of_durations(*range(10), *range(10)), "en")
