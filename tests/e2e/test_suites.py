"""A suite is run from the page, in Chromium: demo models to the end, slow scripted ones by every button."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from comparer.dialogue import Dialogue
from comparer.suites.reading import SHIPPED
from storage import SqlStore
from tests.conftest import Served
from tests.e2e.conftest import App, OpenPage
from tests.suites.running import HARD, SLOW, ScriptedPool, a_runner, a_suite, until, working

RUN_WITHIN_MS = 90_000
"""Six cases on three real models, on a busy machine."""


def open_suites(page: Page) -> None:
    page.get_by_role("tab", name="Test suites").click()
    expect(page.locator("#run-start")).to_be_enabled()


def choose_suite(page: Page, title: str) -> None:
    page.locator("#run-suite input").click()
    page.get_by_role("option", name=title).click()


def small_suite(library: Path) -> None:
    """Six shipped cases of one question each."""
    shipped, folder = SHIPPED / "demo-business", library / "six"
    (folder / "pictures").mkdir(parents=True)
    cases = [json.loads(line) for line in (shipped / "cases.jsonl").read_text("utf-8").splitlines()]
    six = [case for case in cases if len(case["turns"]) == 1][:6]
    for case in six:
        for picture in case["pictures"]:
            shutil.copy(shipped / picture, folder / picture)
    (folder / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in six), "utf-8")
    items = json.dumps(sorted({case["item"] for case in six}))
    (folder / "suite.toml").write_text(f'name = "six"\ntitle_en = "Six cases"\ntitle_zh = "六例"\nitems = {items}\n')


def test_the_demo_models_run_a_suite(app: App, open_page: OpenPage) -> None:
    small_suite(app.data_dir / "suites")
    page = open_page(app.url)
    open_suites(page)
    choose_suite(page, "Six cases")
    expect(page.locator("#run-about")).to_contain_text("Cases: 6 · Questions: 6 · With a check: 6")
    page.locator("#run-start").click()
    newest = page.locator(".run").first
    expect(newest).to_contain_text("Finished", timeout=RUN_WITHIN_MS)
    expect(newest).to_contain_text("Answers: 18 of 18")
    expect(page.locator("#run-result")).to_contain_text("By automatic checks, not by people")
    expect(page.locator("#run-grid tr[data-case]")).to_have_count(6)
    expect(page.locator("#run-grid .outcome").first).to_have_text(re.compile("passed|failed"))

    # The score table by checks stands apart from that of people, who have rated nothing.
    page.get_by_role("tab", name="Business fit").click()
    expect(page.locator("#score-table")).not_to_contain_text("checked answers")
    page.locator("#filter-judge").get_by_text("Automatic checks").click()
    expect(page.locator("#score-table")).to_contain_text("checked answers 6")
    expect(page.locator("#score-table")).to_contain_text("automatic checks in runs of test suites, not by people")
    expect(page.locator("#advice")).to_contain_text("By automatic checks, not by people")


def test_paused_continued_reloaded_read_and_cancelled(
    store: SqlStore, tmp_path: Path, serve: Callable[..., Served], open_page: OpenPage
) -> None:
    pool = ScriptedPool(SLOW, SLOW)
    a_suite(tmp_path / "data" / "suites" / "small", cases=100, items=("manual", "fault"), check=HARD)
    served = serve(Dialogue(pool.lineup, pool.engines, store))
    with working(a_runner(store, pool)):
        page = open_page(served.url)
        open_suites(page)
        choose_suite(page, "Small")
        page.locator("#run-start").click()
        run = page.locator(".run").first
        expect(run).to_contain_text("Running")
        expect(page.locator("#run-grid .outcome.failed").first).to_be_visible()  # it fills while one watches
        run.get_by_role("button", name="Pause").click()
        expect(run).to_contain_text("Paused")
        (kept,) = store.runs.listed()
        assert 0 < kept.answers < 400

        # A reload shows the same run, and it goes on.
        assert f"run={kept.id}" in page.url
        page.reload()
        expect(page.locator("#run-title")).to_have_text("Small")
        run.get_by_role("button", name="Continue").click()
        expect(run).to_contain_text("Running")
        until(store, kept.id, "running", answers=kept.answers + 1)

        # Filtered, read by keyboard, and back by the browser.
        page.locator("#grid-show input").click()
        page.get_by_role("option", name="Failures").click()
        expect(page).to_have_url(re.compile("show=failures"))
        first = page.locator("#run-grid .case-open").first
        first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#case-title")).to_be_focused()
        expect(page.locator("#run-case")).to_contain_text("does not stand in the answer")
        expect(page).to_have_url(re.compile("case="))
        page.go_back()
        expect(page.locator("#run-case .run-case")).to_have_count(0)
        expect(page.locator("#run-grid tr[data-case]").first).to_be_visible()

        run.get_by_role("button", name="Cancel").click()
        expect(run).to_contain_text("Cancelled")
        run.get_by_role("button", name="Delete").click()
        expect(run).to_contain_text("Delete this run")
        run.get_by_role("button", name="Delete for good").click()
        expect(page.locator("#run-list")).to_contain_text("Nothing has been run yet")
    assert store.runs.listed() == ()
