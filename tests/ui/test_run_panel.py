"""The panel "Run" without a browser: begun, watched, steered, read; and the address that says what is looked at."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from comparer.dialogue import Dialogue
from comparer.engines.scripted_engine import Script
from comparer.fit.recommendation import recommend
from comparer.fit.score_table import score_table
from comparer.records import CellCount, Rating, TestItem
from comparer.run_records import Run
from comparer.settings import Settings
from comparer.suites.reading import SHIPPED
from comparer.suites.runner import Runner
from comparer.suites.savings import Saving, Usage
from comparer.ui.context import Context
from comparer.ui.i18n import Localizer, Updates
from comparer.ui.run_address import Looking, address, read_address
from comparer.ui.run_handlers import RunHandlers
from comparer.ui.run_panel import Seen, View, build_run_panel, found_suites
from comparer.ui.run_rendering import Result, result_html
from comparer.ui.run_starting import Chosen, StartHandlers
from storage import SqlStore
from tests.storage.run_samples import a_run
from tests.suites.running import CLEVER, HARD, QUICK, SLOW, ScriptedPool, a_runner, a_suite, until, working


class Page:
    """The panel without a server; remembers what a browser session remembers."""

    def __init__(self, context: Context, suite: str) -> None:
        self.context = context
        self.suite = suite
        with gr.Blocks(), gr.Tabs() as self.tabs, gr.Tab():
            self.panel = build_run_panel(context, Localizer())
        self.handlers = RunHandlers(context, self.panel, self.tabs)
        self.starting = StartHandlers(context, self.panel)
        self.view, self.seen = View(open=True), Seen()

    def did(self, updates: Updates) -> Updates:
        self.view = updates.get(self.panel.view, self.view)
        self.seen = updates.get(self.panel.seen, self.seen)
        return updates

    def chosen(self, **changes: Any) -> Chosen:
        first = Chosen(self.suite, "whole", "checks", "scripted", 1, 1, 0.0, 64, 0)
        return first._replace(**changes)

    def start(self, **changes: Any) -> str:
        *said, run = self.starting.start(self.chosen(**changes), " Ann ", "en")
        assert self.panel.setup.start in said[-1]
        return str(run)

    def act(self, run: str, action: str) -> Updates:
        return self.did(self.handlers.act(run, action, self.view, "en"))

    def rows(self, updates: Updates) -> list[str]:
        return re.findall(r"<tr data-case='(.*?)'", updates[self.panel.grid])


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(gr, "Warning", said.append)
    monkeypatch.setattr(gr, "Info", lambda _said: None)
    return said


def a_page(store: SqlStore, tmp_path: Path, pool: ScriptedPool, runner: Runner, **suite: Any) -> Page:
    folder = tmp_path / "data" / "suites" / "small"
    a_suite(folder, **suite)
    dialogue = Dialogue(pool.lineup, pool.engines, store)
    context = Context(Settings(data_dir=tmp_path / "data"), pool.lineup, dialogue, store, worker=runner)
    return Page(context, folder.name)


@pytest.fixture
def page(store: SqlStore, tmp_path: Path, warnings: list[str]) -> Iterator[Page]:
    """Hard questions that only the second model gets right; the runner is at work."""
    pool = ScriptedPool(QUICK, CLEVER)
    with working(a_runner(store, pool)) as runner:
        yield a_page(store, tmp_path, pool, runner, cases=3, items=("manual", "fault"), check=HARD)


def finished(page: Page, store: SqlStore, **changes: Any) -> Run:
    return until(store, page.start(**changes), "finished")


def test_a_suite_is_described_before_it_is_run(page: Page) -> None:
    updates = page.starting.show(page.chosen(), "en")
    about = updates[page.panel.setup.about]
    assert "Cases: 6 · Questions: 6 · With a check: 6" in about
    assert "Product manual parsing 3 · Fault diagram diagnosis 3" in about
    assert updates[page.panel.setup.start]["interactive"] is True
    staged = page.starting.show(page.chosen(plan="staged"), "zh")
    assert "暂时无法预估" in staged[page.panel.setup.plan_about]
    assert staged[page.panel.setup.judge]["visible"] is True


def test_a_broken_suite_shows_its_lines_and_cannot_be_run(page: Page, tmp_path: Path, warnings: list[str]) -> None:
    folder = tmp_path / "data" / "suites" / "broken"
    folder.mkdir()
    (folder / "suite.toml").write_text('name = "broken"\ntitle_en = "<b>"\ntitle_zh = "坏"\nitems = ["manual"]\n')
    (folder / "cases.jsonl").write_text('{"id": "a"}\n')
    updates = page.starting.show(page.chosen(suite="broken"), "en")
    assert "row 1" in updates[page.panel.setup.about] and "role='alert'" in updates[page.panel.setup.about]
    assert updates[page.panel.setup.start]["interactive"] is False
    assert page.start(suite="broken") == "" and "row 1" in warnings[0]


def test_only_suites_that_are_offered_are_read(page: Page, tmp_path: Path, warnings: list[str]) -> None:
    a_suite(tmp_path / "elsewhere")
    for path in (str(tmp_path / "elsewhere"), "../../elsewhere", ""):
        assert page.start(suite=path) == ""
    assert set(warnings) == {"This suite is not there any more. Choose another one."}


def test_a_suite_that_ships_comes_before_one_of_its_name(page: Page, tmp_path: Path) -> None:
    a_suite(tmp_path / "data" / "suites" / "demo-business")
    assert found_suites(page.context)["demo-business"].folder == SHIPPED / "demo-business"


def test_what_makes_no_sense_is_said_and_nothing_begins(page: Page, warnings: list[str]) -> None:
    assert page.start(repeats=3) == ""
    assert "temperature" in warnings[0]
    assert page.context.runs.listed() == ()


def test_a_run_is_begun_finished_and_read(page: Page, store: SqlStore) -> None:
    run = finished(page, store)
    assert run.request.reviewer == "Ann" and run.answers == 12
    updates = page.did(page.handlers.begun(run.id, page.view, "en"))
    assert "Finished" in updates[page.panel.list] and "Answers: 12 of 12" in updates[page.panel.list]
    assert "By automatic checks, not by people" in updates[page.panel.result]
    assert page.rows(updates) == [case.id for case in store.runs.cases(run.id)]
    assert updates[page.panel.grid].count("class='outcome failed'") == 6
    assert updates[page.panel.grid].count("class='outcome passed'") == 6
    assert f"data-address='?tab=suites&amp;run={run.id}'" in updates[page.panel.address]


def test_the_grid_is_filtered_and_a_case_is_read(page: Page, store: SqlStore) -> None:
    run = finished(page, store)
    rated = store.runs.answers(run.id, "fault-1")[1]
    store.rate(rated.answer_id, Rating(False, "Bea"))
    page.act(run.id, "open")
    grid = page.handlers.grid
    updates = page.did(grid.choose("differing", "fault", "", page.view, "en"))
    assert page.rows(updates) == ["fault-0", "fault-1", "fault-2"]
    assert "(3)" in str(updates[page.panel.show]["choices"])
    assert "People: 0 of 1 accept" in updates[page.panel.grid]
    updates = page.did(grid.open_case("fault-1", page.view, "en"))
    shown = updates[page.panel.case]
    assert "Check failed: “word5” does not stand in the answer." in shown and "Check passed" in shown
    assert f"data-conversation='{rated.conversation_id}'" in shown and "People: 0 of 1 accept" in shown
    assert "read-picture" in shown and updates[page.panel.grid] == ""
    updates = page.did(grid.step(1, page.view, "en"))
    assert page.view.looking.case == "fault-2" and updates[page.panel.after]["interactive"] is False
    updates = page.did(grid.close_case(page.view, "en"))
    assert "<tr data-case='fault-2' aria-current='true'>" in updates[page.panel.grid]


def test_the_clock_sends_only_what_has_changed_and_never_the_view(page: Page, store: SqlStore) -> None:
    run = finished(page, store)
    page.did(page.handlers.begun(run.id, page.view, "en"))
    for still_active in (False, False):
        quiet = page.did(page.handlers.tick(page.view, page.seen, "en"))
        assert not quiet.keys() & {page.panel.view, page.panel.grid, page.panel.result}
        assert quiet[page.panel.timer].active is still_active
    stale = page.handlers.tick(page.view, replace(page.seen, looking=Looking("another")), "en")
    assert page.panel.grid in stale and page.panel.view not in stale
    assert page.handlers.tick(replace(page.view, open=False), page.seen, "en").keys() == {page.panel.timer}


def test_nothing_is_watched_while_another_panel_covers_it(
    store: SqlStore, tmp_path: Path, warnings: list[str]
) -> None:
    pool = ScriptedPool(SLOW)
    page = a_page(store, tmp_path, pool, a_runner(store, pool), cases=2)  # nobody works on it: it stays queued
    run = page.start()
    timer, grid = page.panel.timer, page.panel.grid
    assert page.did(page.handlers.begun(run, page.view, "en"))[timer].active is True
    assert page.did(page.handlers.behind(page.view))[timer].active is False
    assert page.handlers.tick(page.view, page.seen, "en").keys() == {timer}
    updates = page.did(page.handlers.show(page.view, "en"))
    assert updates[timer].active is True and grid in updates


def test_a_run_is_paused_resumed_cancelled_and_deleted(store: SqlStore, tmp_path: Path, warnings: list[str]) -> None:
    pool = ScriptedPool(SLOW)
    with working(a_runner(store, pool)) as runner:
        page = a_page(store, tmp_path, pool, runner, cases=30)
        run = page.start()
        until(store, run, "running", answers=1)
        page.act(run, "pause")
        kept = until(store, run, "paused")
        assert 0 < kept.answers < 30
        assert "data-act='resume'" in page.act(run, "open")[page.panel.list]
        page.act(run, "resume")
        until(store, run, "running", answers=kept.answers + 1)
        page.act(run, "cancel")
        until(store, run, "cancelled")
        asked = page.act(run, "delete")
        assert "Delete this run" in asked[page.panel.list] and store.runs.listed()
        page.act(run, "keep")
        assert page.view.deleting == ""
        page.act(run, "really")
        assert store.runs.listed() == () and page.view.looking.run == ""
        assert warnings == []
        page.act(run, "pause")
        assert len(warnings) == 1 and page.handlers.act(run, "format the disk", page.view, "en").keys() == {
            page.panel.view
        }


def test_answers_that_failed_are_asked_again(store: SqlStore, tmp_path: Path, warnings: list[str]) -> None:
    pool = ScriptedPool(replace(QUICK, fault="middle"))
    with working(a_runner(store, pool)) as runner:
        page = a_page(store, tmp_path, pool, runner, cases=2)
        run = until(store, page.start(), "finished")
        assert run.errors == 2
        updates = page.act(run.id, "open")
        assert updates[page.panel.grid].count("outcome error") == 2 and "data-act='retry'" in updates[page.panel.list]
        pool.engines[0].script = QUICK  # type: ignore[attr-defined]
        page.act(run.id, "retry")
        assert until(store, run.id, "finished", answers=2).errors == 0
    assert warnings == []


def test_a_staged_run_says_what_it_saved_in_money_or_which_device_has_no_price(store: SqlStore) -> None:
    run = store.runs.run(a_run(store, plan="staged"))
    table = score_table([TestItem("manual", "Manual", "手册", 0.8)], ("4B",), [CellCount("manual", "4B", 9, 9, 9.0)])
    saved = Saving(Usage(900.0, 0.2), Usage(3600.0, 0.8))
    html = result_html(run, Result(table, recommend(table), saved), "en")
    assert "In money: $0.20 instead of $0.80, 75% saved." in html
    html = result_html(run, Result(table, recommend(table), saved, unpriced=("cpu",)), "en")
    assert "there is no price for cpu" in html and "$" not in html


def test_an_address_leads_to_what_it_names(page: Page, store: SqlStore, warnings: list[str]) -> None:
    run = finished(page, store)
    looking = Looking(run.id, "failures", "fault", "fault 1.0?", 1, "fault-1")
    updates = page.did(page.handlers.follow(address(looking) + " 7", page.view, "en"))
    assert page.view == View(looking, open=True)
    assert "fault 1.0?" in updates[page.panel.case]
    page.did(page.handlers.follow("?tab=suites&run=gone 8", page.view, "en"))
    assert page.view.looking == Looking(run.id) and len(warnings) == 1  # the last one, and a sentence
    assert page.did(page.handlers.follow("? 9", page.view, "en"))[page.tabs].selected == "compare"
    assert page.view.open is False


@pytest.mark.parametrize(
    ("query", "looking"),
    [
        ("", None),
        ("?conversation=abc", None),
        ("?tab=suites", Looking()),
        ("?tab=suites&run=a%3Cb%3E&show=everything&page=-1&case=../x", Looking()),
        ("?tab=suites&run=a&show=errors&page=2", Looking("a", "errors", page=2)),
        (address(Looking("r1", "unrated", "manual", "50 % & more", 3, "a-1")),
         Looking("r1", "unrated", "manual", "50 % & more", 3, "a-1")),
    ],
)  # fmt: skip
def test_addresses(query: str, looking: Looking | None) -> None:
    assert read_address(query) == looking


def test_a_hundred_cases_a_page(store: SqlStore, tmp_path: Path, warnings: list[str]) -> None:
    pool = ScriptedPool(Script(ttft_s=0, tokens_per_s=100_000, tokens=1))
    with working(a_runner(store, pool)) as runner:
        page = a_page(store, tmp_path, pool, runner, cases=130)
        run = until(store, page.start(), "finished", seconds=90)
    updates = page.act(run.id, "open")
    assert len(page.rows(updates)) == 100 and "Cases 1 – 100 of 130" in updates[page.panel.count]
    updates = page.did(page.handlers.grid.turn(1, page.view, "en"))
    assert len(page.rows(updates)) == 30 and updates[page.panel.older]["interactive"] is False
    assert page.did(page.handlers.grid.turn(1, page.view, "en")) and page.view.looking.page == 2
