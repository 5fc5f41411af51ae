"""A suite is made on the page: a case from scratch, one from a conversation, and benchmarks, good and broken."""

import base64
import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from comparer.engines.scripted_engine import Script
from comparer.suites.reading import read_suite
from tests.conftest import MakeDialogue, Served
from tests.e2e.conftest import OpenPage
from tests.e2e.test_journey import ask, choose_item, upload, wait_until_answered


def go_to_cases(page: Page) -> None:
    page.get_by_role("tab", name="Test suites").click()
    page.get_by_role("tab", name="Cases").click()
    expect(page.locator("#case-list .conversation").first).to_be_visible()


def choose(page: Page, label: str, option: str, within: str) -> None:
    page.locator(within).get_by_label(label).click()
    page.get_by_role("option", name=option).click()


def make_a_suite(page: Page) -> None:
    page.locator("#suite-new").click()
    page.locator("#suite-title-en textarea, #suite-title-en input").fill("Pumps <b>& co</b>")
    page.locator("#suite-save-titles").click()
    expect(page.locator("#suite-status [role=status]")).to_contain_text("“Pumps <b>& co</b>” is ready. Cases: 0.")
    expect(page.locator("#case-status")).to_contain_text("Make the first one")


def make_a_case(page: Page, picture: Path) -> None:
    """Two questions about a picture, one with a check that is tried; what is missing is named first."""
    page.locator("#case-new").click()
    page.fill("#case-check textarea", "contains pump")
    page.locator("#case-save").click()
    said = page.locator("#case-status")
    expect(said.locator("[role=alert]")).to_contain_text("The case was not saved")
    for field in ("question 1 · Question", "question 1 · Automatic check", "Pictures", "Test item"):
        expect(said.locator(".problems")).to_contain_text(field)
    page.locator("#case-pictures input[type=file]").first.set_input_files(str(picture))
    expect(page.locator("#case-pictures img").first).to_be_visible()
    choose(page, "Test item", "Product manual parsing", "#case-form")
    page.locator("#case-key input").check()
    page.fill("#case-question textarea", "What is on the picture?")
    page.fill("#case-reference textarea", "A pump.")
    page.fill("#case-check textarea", "contains: pump")
    page.fill("#case-tried textarea", "It is a red pump!")
    expect(page.locator("#case-judged .meets")).to_contain_text("“pump” stands in the answer")
    page.fill("#case-tried textarea", "It is a belt.")
    expect(page.locator("#case-judged .fails")).to_contain_text("does not pass")
    page.locator("#case-add-turn").click()
    expect(page.locator("#case-question textarea")).to_have_value("")
    page.fill("#case-question textarea", "Is it red?")
    page.locator("#case-turn label").first.click()
    expect(page.locator("#case-question textarea")).to_have_value("What is on the picture?")
    page.locator("#case-save").click()
    expect(said).to_contain_text("case-1 was saved")
    expect(page.locator("#case-form h2")).to_have_text("case-1")
    row = page.locator("#case-list .conversation")
    expect(row).to_contain_text("Product manual parsing · questions 2 · checks 1")
    expect(row).to_contain_text("key case")


def benchmark(picture: Path, *answers: str) -> dict[str, Any]:
    """A file in VLMEvalKit's format with one question for each answer."""
    written = io.StringIO()
    table = csv.writer(written, delimiter="\t")
    table.writerow(["index", "image", "question", "A", "B", "answer", "category"])
    image = base64.b64encode(picture.read_bytes()).decode()
    for number, answer in enumerate(answers):
        table.writerow(
            [number, image if answer else "!", f"Question {number}?", "cat", "dog", answer or "B", "animals"]
        )
    return {"name": "Animals.tsv", "mimeType": "text/tab-separated-values", "buffer": written.getvalue().encode()}


def import_benchmarks(page: Page, picture: Path) -> None:
    """The broken one names its rows and leaves nothing; the other one's new item is given a threshold."""
    page.locator("#suite-import button").first.click()
    with page.expect_file_chooser() as chooser:
        page.locator("#import-suite").click()
    chooser.value.set_files(benchmark(picture, "A", "X", ""))
    status = page.locator("#suite-status")
    expect(status.locator("[role=alert]")).to_contain_text("nothing was kept. Problems: 2.")
    rows = status.locator(".problems tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("not one of the options (A, B)")
    expect(rows.nth(0).locator("td").nth(1)).to_have_text("3")
    expect(rows.nth(1)).to_contain_text("no row with that index")
    with page.expect_file_chooser() as chooser:
        page.locator("#import-suite").click()
    chooser.value.set_files(benchmark(picture, "A", "B", "A"))
    expect(status.locator("[role=status]")).to_contain_text("“Animals” was imported. Cases: 3.")
    expect(page.locator("#suite-missing")).to_contain_text("New to the score table: animals")
    page.fill("#suite-threshold input", "70")
    page.locator("#suite-add-items").click()
    expect(page.locator("#suite-missing")).not_to_be_visible()
    page.locator("#case-list .conversation").nth(1).click()
    expect(page.locator("#case-check textarea")).to_have_value("choice: B")


def delete_and_undo(page: Page) -> None:
    page.locator("#suite-delete").click()
    expect(page.locator("#suite-status")).to_contain_text("“Animals” was deleted")
    page.locator("#suite-undo").click()
    expect(page.locator("#suite-status")).to_contain_text("“Animals” is back")
    page.locator("#language label").first.click()
    expect(page.locator("#case-new")).to_have_text("＋ 新建用例", timeout=40_000)
    expect(page.locator("#case-list")).to_contain_text("共 3 个用例")


def test_a_suite_is_made_on_the_page(
    make_dialogue: MakeDialogue, serve: Callable[..., Served], open_page: OpenPage, drawing: Path
) -> None:
    served = serve(make_dialogue(Script(), Script(), Script()))
    page = open_page(served.url)
    go_to_cases(page)
    make_a_suite(page)
    make_a_case(page, drawing)
    (mine,) = [found for found in served.context.suites.listed() if found.folder.name.startswith("pumps")]
    (case,) = read_suite(mine.folder).cases
    assert [turn.question for turn in case.turns] == ["What is on the picture?", "Is it red?"] and case.key


def test_benchmarks_come_in_whole_or_not_at_all(
    make_dialogue: MakeDialogue, serve: Callable[..., Served], open_page: OpenPage, drawing: Path
) -> None:
    served = serve(make_dialogue(Script(), Script(), Script()))
    page = open_page(served.url)
    go_to_cases(page)
    import_benchmarks(page, drawing)
    delete_and_undo(page)
    assert {item.key: item.threshold for item in served.context.store.items()}["animals"] == 0.7


def test_a_blind_conversation_becomes_a_case(
    make_dialogue: MakeDialogue, serve: Callable[..., Served], open_page: OpenPage
) -> None:
    """Names stay hidden in the form, and the link leads to the new case in the new suite."""
    fast = Script(ttft_s=0.02, tokens_per_s=200, tokens=4)
    page = open_page(serve(make_dialogue(fast, fast, fast)).url)
    upload(page)
    choose_item(page, "Fault diagram diagnosis")
    page.locator("#blind input").check()
    ask(page, "Which part failed?")
    wait_until_answered(page)
    page.locator("#compare-add-case").click()
    page.fill("#compare-add-title :is(input, textarea)", "From Compare")
    page.locator("#compare-adding").get_by_label("Reference answer").click()
    expect(page.get_by_role("option", name="the answers of Model B")).to_be_visible()
    assert "Scripted" not in page.locator("#compare-adding").inner_html()
    page.get_by_role("option", name="the answers of Model B").click()
    page.locator("#compare-add").click()
    page.locator("#compare-added a").click()
    expect(page.locator("#case-form h2")).to_have_text("case-1")
    expect(page.locator("#case-question textarea")).to_have_value("Which part failed?")
    expect(page.locator("#case-reference textarea")).not_to_have_value("")
    expect(page.locator("#case-item input")).to_have_value("Fault diagram diagnosis")
    expect(page.get_by_role("tab", name="Cases")).to_have_attribute("aria-selected", "true")
