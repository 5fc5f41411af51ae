"""A conversation is found again, read, continued, shared and deleted, in Chromium on scripted engines."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from comparer.engines.scripted_engine import Script
from tests.conftest import MakeDialogue, Served
from tests.e2e.conftest import OpenPage
from tests.e2e.test_journey import ask, choose_item, upload, wait_until_answered


def asked(page: Page, question: str) -> None:
    """A question about an uploaded picture, answered; the first column is accepted."""
    upload(page)
    choose_item(page, "Product manual parsing")
    ask(page, question)
    wait_until_answered(page)
    page.locator("#accept-0").click()
    expect(page.locator("#accept-0")).to_have_class(re.compile("primary"))


def delete_it(page: Page) -> None:
    """Delete the opened conversation in two steps; the list, the score table and Compare change."""
    page.get_by_role("tab", name="Business fit").click()
    expect(page.locator("#score-table tr[data-item=manual]")).to_contain_text("100%")
    page.get_by_role("tab", name="History").click()
    expect(page.locator(".conversation")).to_contain_text("turns 2")
    expect(page.locator(".read-turn")).to_have_count(2)  # what was opened is shown as it is now
    page.locator("#history-delete").click()
    expect(page.locator("#history-confirm")).to_contain_text("that will no longer count: 1.")
    expect(page.locator("#history-keep")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#history-confirm")).not_to_be_visible()
    page.locator("#history-delete").click()
    page.locator("#history-delete-for-good").click()
    expect(page.locator("#history-list")).to_contain_text("No conversation fits")
    expect(page.locator(".read")).to_have_count(0)
    page.get_by_role("tab", name="Business fit").click()
    expect(page.locator("#score-table tr[data-item=manual]")).not_to_contain_text("100%")
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator("#chat-0 .user-row")).to_have_count(0)


def test_found_read_continued_and_deleted(
    make_dialogue: MakeDialogue, serve: Callable[..., Served], open_page: OpenPage
) -> None:
    fast = Script(ttft_s=0.02, tokens_per_s=200, tokens=4)
    served = serve(make_dialogue(fast, fast, fast))
    page = open_page(served.url)
    asked(page, "Which pump <b>is</b> ${6*7} {{value}}?")
    page.locator("#new").click()
    expect(page.locator("#chat-0 .user-row")).to_have_count(0)

    # Found by a word of the question; markup in it is text.
    page.get_by_role("tab", name="History").click()
    row = page.locator(".conversation")
    expect(row).to_contain_text("Which pump <b>is</b> ${6*7} {{value}}?")
    expect(row).to_contain_text("turns 1 · ratings 1")
    page.fill("#history-text textarea, #history-text input", "no such words")
    page.locator("#history-go").click()
    expect(page.locator("#history-list")).to_contain_text("No conversation fits")
    page.locator("#history-clear").click()
    expect(row).to_have_count(1)

    # Read beside the list, by keyboard.
    row.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".read-answer")).to_have_count(3)
    expect(row).to_have_attribute("aria-current", "true")
    expect(page.locator(".read-answer").nth(0)).to_contain_text("✓ Acceptable")
    expect(page.locator(".read-answer").nth(2)).to_contain_text("Scripted large")
    with page.expect_download(timeout=20_000) as download:
        page.locator("#history-markdown").click()
    assert re.fullmatch(r"conversation-.*\.md", download.value.suggested_filename)

    # Continued in Compare: picture, item and rating are there, and the next question goes on in it.
    page.locator("#history-resume").click()
    expect(page.locator("#chat-0 .user-row")).to_have_count(1)
    expect(page.locator("#picture img")).to_be_visible()
    expect(page.locator("#item input")).to_have_value("Product manual parsing")
    expect(page.locator("#accept-0")).to_have_class(re.compile("primary"))
    ask(page, "And the valve?")
    expect(page.locator("#chat-0 .user-row")).to_have_count(2)
    wait_until_answered(page)
    (summary,) = served.context.store.search().conversations
    assert summary.turns == 2
    assert served.context.store.conversation(summary.id).turns[1].pictures == ()
    delete_it(page)


def test_a_link_opens_its_conversation_and_a_phone_shows_one_thing_at_a_time(
    make_dialogue: MakeDialogue, serve: Callable[..., Served], open_page: OpenPage
) -> None:
    fast = Script(ttft_s=0.02, tokens_per_s=200, tokens=4)
    served = serve(make_dialogue(fast))
    page = open_page(served.url, width=390, height=844, phone=True)
    upload(page)
    ask(page, "Which pump is this?")
    wait_until_answered(page)
    (summary,) = served.context.store.search().conversations

    page.goto(f"{served.url}?conversation={summary.id}")
    reading = page.locator(".read")
    expect(reading).to_contain_text("Which pump is this?")
    expect(page.locator("#history-found")).not_to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#history-back").click()
    expect(page.locator(".conversation")).to_be_visible()
    expect(reading).to_have_count(0)
    page.locator(".conversation").click()
    expect(reading).to_be_visible()
    expect(page.locator(".read-head h2")).to_be_focused()  # the row that had the focus is out of sight

    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: {writeText: (t) => { window.copied = t }}})")
    page.locator(".copy-link").click()
    expect(page.locator(".copy-link")).to_have_text("Link copied")
    assert page.evaluate("window.copied") == f"{served.url}?conversation={summary.id}"

    page.goto(f"{served.url}?conversation=gone")
    expect(page.locator(".toast-wrap")).to_contain_text("There is no conversation gone.")
