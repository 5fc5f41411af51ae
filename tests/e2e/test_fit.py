"""The Business fit tab in Chromium: thresholds, filters, the answers behind a cell, items, and the file."""

import csv
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from comparer.dialogue import Dialogue
from comparer.engines.scripted_engine import Script
from comparer.pictures import normalise
from comparer.records import Answer, Metrics, Rating
from comparer.store import Conversation
from tests.conftest import MakeDialogue, Served
from tests.e2e.conftest import OpenPage

CASES = 30
RIGHT = {"small": 10, "medium": 27, "large": 30}
"""Of the cases on manuals, so many answers of a model are acceptable: 33 %, 90 %, 100 %."""


def fill(dialogue: Dialogue, drawing: Path) -> None:
    """Ratings on the item "manual": Ann rates every case, Ben (who refuses all) the first three."""
    store, lineup = dialogue.store, dialogue.lineup
    picture = dialogue.keep_picture(normalise(drawing))
    weights = {model: engine.model_id for model, engine in dialogue.engines.items()}
    for number in range(CASES):
        conversation = store.begin(Conversation(lineup.name, lineup.keys, "manual", reviewer="Ann"))
        turn = store.add_turn(conversation, f"Question <{number}>?", [picture])
        for spec in lineup.models:
            said = Answer(spec.key, f"{spec.key} & {number}", "stop", Metrics(), weights[spec.key], spec.precision)
            answer = store.add_answer(turn, said)
            right = number >= CASES - RIGHT[spec.key]
            rating = Rating(right, "Ann")
            if number == 7:
                rating = replace(
                    rating, reasons=() if right else ("made_up",), note="" if right else "no <such> part"
                )
            store.rate(answer, rating)
            if number < 3:
                store.rate(answer, Rating(False, "Ben"))


@pytest.fixture
def filled(make_dialogue: MakeDialogue, serve: Callable[..., Served], drawing: Path) -> Served:
    dialogue = make_dialogue(*[Script(tokens=3)] * 3)
    fill(dialogue, drawing)
    return serve(dialogue)


def open_fit(page: Page) -> None:
    page.get_by_role("tab", name="Business fit").click()
    page.locator("#score-table .rate").first.wait_for()


def test_a_team_sets_what_it_needs_and_reads_what_that_means(
    filled: Served, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(filled.url)
    open_fit(page)
    row = page.locator("#score-table tr[data-item=manual]")
    medium = row.locator("td[data-key=medium]")
    expect(medium.locator(".verdict")).to_have_text("undecided")

    # A threshold is typed into the table; a useless one gets a sentence and changes nothing.
    row.locator(".threshold").fill("140")
    row.locator(".threshold").press("Enter")
    expect(page.locator(".toast-wrap")).to_contain_text("from 1 to 99")
    expect(row.locator(".threshold")).to_have_value("80")
    row.locator(".threshold").fill("62.5")
    row.locator(".threshold").press("Enter")
    expect(medium.locator(".verdict")).to_have_text("meets")
    expect(page.locator("#fit-notice")).to_contain_text(
        "Product manual parsing now needs ≥ 62.5 %, for all reviewers"
    )
    expect(page.locator("#advice .big")).to_contain_text("Scripted medium is the smallest model")
    expect(row.locator(".threshold")).to_be_focused()
    assert filled.context.store.items()[0].threshold == 0.625

    # Filters: chips say which, the file holds no other ratings, and one button undoes them all.
    page.locator("#filter-reviewers input").click()
    page.get_by_role("option", name="Ben").click()
    expect(page.locator("#filter-chips")).to_contain_text("Ben")
    expect(medium).to_contain_text("cases 3 · ratings 3")
    page.keyboard.press("Escape")
    with page.expect_download(timeout=20_000) as download:
        page.locator("#download").click()
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        assert {line["reviewer"] for line in csv.DictReader(file)} == {"Ben"}
    page.locator("#filter-days input[name=until]").fill("2020-01-01")
    expect(page.locator("#filter-chips")).to_contain_text("2020-01-01")
    expect(page.locator("#score-table .rate")).to_have_count(0)
    page.locator("#filter-clear").click()
    expect(medium).to_contain_text(f"cases {CASES} · ratings {CASES + 3}")
    expect(page.locator("#filter-chips .chip")).to_have_count(0)
    expect(page.locator("#filter-days input[name=until]")).to_have_value("")


def test_the_answers_behind_a_cell_are_a_key_press_away(filled: Served, open_page: OpenPage) -> None:
    page = open_page(filled.url)
    open_fit(page)
    page.locator("tr[data-item=manual] td[data-key=small] .rate").focus()
    page.keyboard.press("Enter")
    title = page.locator("#answers-title")
    expect(title).to_have_text("Scripted small · Product manual parsing")
    expect(title).to_be_focused()
    cases = page.locator("#cell-answers .case")
    expect(cases).to_have_count(20)
    expect(cases.first).to_contain_text("0% acceptable")
    assert cases.first.locator("img").get_attribute("src", timeout=1000).startswith("data:image/webp")
    page.locator("#answers-more").click()
    expect(cases).to_have_count(30)
    explained = cases.filter(has_text="Question <7>?")
    expect(explained).to_contain_text("Made up")
    expect(explained).to_contain_text("no <such> part")
    expect(explained.locator(".said")).to_have_text("small & 7")
    expect(explained.locator(".given")).to_contain_text("Ann")
    explained.get_by_role("link", name="Open the conversation").first.click()
    expect(page.locator(".read-turn")).to_contain_text("Question <7>?")
    page.get_by_role("tab", name="Business fit").click()
    expect(cases).to_have_count(30)
    page.locator("#language").get_by_text("中文").click()
    expect(title).to_have_text("Scripted small · 产品说明书解析")
    expect(cases).to_have_count(30)
    page.locator("#answers-close").click()
    expect(cases).to_have_count(0)


def test_items_of_the_team_are_in_both_tabs_at_once(filled: Served, open_page: OpenPage) -> None:
    page = open_page(filled.url)
    open_fit(page)
    page.locator("#test-items > button, #test-items .label-wrap").first.click()
    page.locator("#item-save").click()
    expect(page.locator(".toast-wrap")).to_contain_text("needs a name in English and one in Chinese")
    page.locator("#item-name-en input, #item-name-en textarea").fill("Invoice check")
    page.locator("#item-name-zh input, #item-name-zh textarea").fill("发票核对")
    page.locator("#item-threshold input").fill("90")
    page.locator("#item-save").click()
    expect(page.locator("#item-status")).to_contain_text("“Invoice check” was added")
    expect(page.locator("#score-table tr[data-item=invoice-check] .threshold")).to_have_value("90")
    page.locator("#item-must-have input").check()
    page.locator("#item-save").click()
    expect(page.locator("#advice .rule")).to_contain_text("every must-have item (Invoice check)")
    expect(page.locator("#advice .big")).to_contain_text("Must-have items without any ratings")
    page.locator("#item-up").click()
    expect(page.locator("#score-table tbody tr").nth(2)).to_have_attribute("data-item", "invoice-check")

    page.get_by_role("tab", name="Compare").click()
    page.locator("#item input").click()
    page.get_by_role("option", name="Invoice check").click()
    page.get_by_role("tab", name="Business fit").click()
    page.locator("#item-archive").click()
    expect(page.locator("#item-status")).to_contain_text("archived")
    expect(page.locator("#score-table tr[data-item=invoice-check]")).to_have_count(0)
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator("#item input")).to_have_value(re.compile("None"))
    page.locator("#item input").click()
    expect(page.get_by_role("option", name="Product manual parsing")).to_be_visible()
    expect(page.get_by_role("option", name="Invoice check")).to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Business fit").click()
    page.locator("#item-restore").click()
    expect(page.locator("#score-table tr[data-item=invoice-check]")).to_have_count(1)
