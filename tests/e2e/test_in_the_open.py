"""Signing in as people do it, what a reviewer is not offered, and that nothing foreign runs in the page."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from comparer.engines.scripted_engine import Script
from comparer.records import Answer, Metrics, Rating
from comparer.store import Conversation
from tests.e2e.conftest import TORN_OFF
from tests.safety import attacks
from tests.safety.conftest import PASSWORDS, InTheOpen, Open, in_the_open, quick_passwords  # noqa: F401 - fixtures

FOR_ADMINS = ("#test-items", "#import", ".threshold")


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A page that may log no error, and call nobody else."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    page = context.new_page()
    wrong: list[str] = []
    signing_out: list[str] = []  # until the next document is there: what the old one still asks for is refused
    page.on("request", lambda asked: signing_out.append(asked.url) if asked.url.endswith("/logout") else None)
    page.on("load", lambda _: signing_out.clear())
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" and not signing_out else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda asked: wrong.append(asked.url) if "pwned" in asked.url.partition("?")[0] else None)
    yield page
    context.close()
    assert not [said for said in wrong if not any(words in said for words in TORN_OFF)]


def sign_in(page: Page, opened: InTheOpen, name: str, query: str = "") -> None:
    page.goto(f"{opened.url}/{query}")
    fill_in(page, name, "Sign in")


def fill_in(page: Page, name: str, button: str) -> None:
    page.locator("#username").fill(name)
    page.locator("#password").fill(PASSWORDS[name])
    page.get_by_role("button", name=button).click()
    page.locator("#gallery .thumbnail-item").first.wait_for()
    page.wait_for_function("document.querySelector('#reviewer input').value !== ''")


@pytest.mark.usefixtures("quick_passwords")
def test_a_reviewer_signs_in_and_is_offered_nothing_for_admins(in_the_open: Open, tab: Page) -> None:  # noqa: F811
    opened = in_the_open(access="users", shared=True, retention_days=30)
    tab.goto(opened.url)
    assert tab.url == f"{opened.url}/login" and tab.title() == "Sign in · Model Comparer"
    tab.get_by_role("link", name="中文").click()
    expect(tab.get_by_role("button", name="登录")).to_be_visible()
    fill_in(tab, "Rea", "登录")
    expect(tab.locator("#account")).to_contain_text("退出")  # what was chosen there holds here
    expect(tab).not_to_have_url(re.compile("lang"))
    tab.locator("#language").get_by_text("EN").click()
    expect(tab.get_by_role("button", name="Sign out")).to_be_visible()
    tab.reload()
    expect(tab.get_by_role("button", name="Sign out")).to_be_visible()
    expect(tab.locator("#reviewer input")).to_have_value("Rea")
    expect(tab.locator("#reviewer input")).to_be_disabled()
    expect(tab.locator("#account")).to_contain_text("reviewer")
    expect(tab.locator(".consent summary")).to_contain_text("kept here for 30 days")
    tab.locator(".consent summary").click()
    expect(tab.locator(".consent")).to_contain_text("unless it is starred")
    tab.get_by_role("tab", name="Business fit").click()
    expect(tab.locator("#score-table .threshold-said").first).to_have_text("80")
    tab.get_by_role("tab", name="Test suites").click()
    expect(tab.locator("#run-start")).to_be_visible()
    for selector in FOR_ADMINS:
        assert tab.locator(selector).count() and not any(one.is_visible() for one in tab.locator(selector).all())
    tab.get_by_role("tab", name="Cost and hardware").click()
    for panel, said in (
        ("Models and precision", "Conversations at a time"),
        ("Cost", "Peak factor"),
        ("The choice", "Budget a month"),
    ):
        tab.get_by_role("tab", name=panel, exact=True).click()
        expect(tab.locator(".plan-said:visible")).to_contain_text(said)
        expect(tab.get_by_label(said)).to_be_hidden()
    tab.get_by_role("tab", name="Prices", exact=True).click()
    expect(tab.locator(".cost-prices input:visible")).to_have_count(0)
    expect(tab.get_by_text("Type your own")).to_be_hidden()
    reserved = tab.locator(".cost-prices tr[data-gpu=t4] .cost-money").nth(1)
    assert reserved.inner_text().strip() == "unknown"  # and no currency in front of nothing
    tab.get_by_role("button", name="Sign out").click()
    expect(tab.get_by_role("button", name="Sign in")).to_be_visible()
    sign_in(tab, opened, "Ada")
    tab.get_by_role("tab", name="Business fit").click()
    for selector in ("#test-items", "#import", ".threshold"):
        expect(tab.locator(selector).first).to_be_visible()
    tab.get_by_role("tab", name="Cost and hardware").click()
    tab.get_by_role("tab", name="Cost", exact=True).click()
    expect(tab.get_by_label("Peak factor")).to_be_visible()
    expect(tab.locator("#cost-told .plan-said")).to_be_hidden()


def test_whoever_waits_sees_how_many_are_ahead(in_the_open: Open, tab: Page) -> None:  # noqa: F811
    opened = in_the_open(Script(ttft_s=0.1, tokens_per_s=5, tokens=200))
    tab.goto(opened.url)
    tab.locator("#gallery .thumbnail-item").first.wait_for()
    line = opened.context.dialogue._comparison._line
    tickets = [line.join("scripted", shared=False) for _ in range(2)]
    tab.locator("#gallery .thumbnail-item").first.click()
    expect(tab.locator("#picture img")).to_be_visible()
    tab.locator("#question textarea").fill("What is this?")
    tab.locator("#send").click()
    expect(tab.locator("#column-0 .state")).to_have_text("waiting its turn · 2 ahead of you")
    tickets[0].release()
    expect(tab.locator("#column-2 .state")).to_have_text("waiting its turn · 1 ahead of you")
    tickets[1].release()
    expect(tab.locator("#column-2 .state")).to_have_text("waiting its turn")
    tab.locator("#stop").click()
    expect(tab.locator("#send")).to_be_visible()


def test_nothing_foreign_runs_in_the_page(in_the_open: Open, tab: Page) -> None:  # noqa: F811
    """All markup of the attack list at once, wherever somebody can write, in every tab that shows it."""
    opened = in_the_open()
    store, keys = opened.store, opened.context.lineup.keys
    weights = dict(zip(keys, opened.context.model_ids, strict=True))
    conversation = ""
    for attack in attacks.MARKUP:
        conversation = store.begin(Conversation("scripted", keys, "manual", reviewer=attack[:80]))
        for question in (attack, f"Go on. {attack}"):
            turn = store.add_turn(conversation, question, [])
            for model in keys:
                answered = Answer(model, attack, "stop", Metrics(e2e_s=1), model_id=weights[model])
                answer = store.add_answer(turn, answered)
                store.rate(answer, Rating(False, attack[:80], (attack[:200],), attack))
    everything = "\n\n".join(attacks.MARKUP)
    turn = store.add_turn(conversation, everything, [])
    for model in keys:
        store.add_answer(turn, Answer(model, everything, "stop", Metrics(), model_id=weights[model]))
    tab.add_init_script("window.pwned = () => { throw new Error('pwned'); }")
    tab.goto(f"{opened.url}/?conversation={conversation}")
    expect(tab.locator("#history-reading h2")).to_be_visible()
    expect(tab.locator("#history-reading")).to_contain_text("pwned")
    tab.locator("#history-resume").click()
    expect(tab.locator("#chat-0")).to_contain_text("pwned")
    tab.get_by_role("tab", name="Business fit").click()
    tab.locator("#score-table button.rate").first.click()
    expect(tab.locator("#cell-answers")).to_contain_text("pwned")
    tab.get_by_text("How sure is this?").click()
    harmful = "script, iframe, object, embed, base, [onerror], [onload], [ontoggle], [onfocus], [onmouseover]"
    inside = tab.locator(f":is(#history-reading, #cell-answers, .chat, #score-table) :is({harmful})")
    assert inside.count() == 0 and tab.locator("a[href^='javascript']").count() == 0


def test_a_question_beyond_the_limit_is_refused_with_a_sentence_and_stays_typed(
    in_the_open: Open,  # noqa: F811
    tab: Page,
) -> None:
    opened = in_the_open(shared=True, visitor_questions=1)
    tab.goto(opened.url)
    tab.locator("#gallery .thumbnail-item").first.click()
    expect(tab.locator("#picture img")).to_be_visible()
    question = tab.locator("#question textarea")
    question.fill("What is this?")
    tab.locator("#send").click()
    tab.locator("#voting").wait_for(state="visible")
    expect(tab.locator("#send")).to_be_visible()
    picture = tab.locator("#picture img").get_attribute("src") or ""
    question.fill("And what is that?")
    tab.locator("#send").click()
    expect(tab.locator(".toast-body")).to_contain_text("try again in")
    expect(question).to_have_value("And what is that?")
    expect(tab.locator("#picture img")).to_have_attribute("src", picture)
    expect(tab.locator("#send")).to_be_visible()
    assert [one.turns for one in opened.store.search().conversations] == [1]
