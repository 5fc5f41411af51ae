"""The whole way of a product manager, in Chromium, on the demo lineup."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from gradio_client import Client
from playwright.sync_api import Page, expect

from comparer.engines import Limits
from comparer.engines.scripted_engine import Script
from comparer.paths import ASSETS
from tests.conftest import MakeDialogue, Served
from tests.e2e.conftest import App, OpenPage

MANUAL = ASSETS / "examples" / "drawn-manual-1.webp"
ANSWERED_WITHIN_MS = 60_000


def upload(page: Page, picture: Path = MANUAL) -> None:
    page.locator("#picture input[type=file]").first.set_input_files(str(picture))
    page.locator("#picture img").wait_for()


def choose_item(page: Page, name: str) -> None:
    page.locator("#item input").click()
    page.get_by_role("option", name=name).click()


def ask(page: Page, question: str) -> None:
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")


def wait_until_answered(page: Page) -> None:
    page.locator("#voting").wait_for(state="visible", timeout=ANSWERED_WITHIN_MS)
    page.locator("#send").wait_for(state="visible", timeout=ANSWERED_WITHIN_MS)


def ratings_in_table(app: App, item: str = "manual") -> int:
    table = Client(app.url, verbose=False).predict(api_name="/score_table")
    row = next(row for row in table["rows"] if row["item"] == item)
    return sum(cell["ratings"] for cell in row["cells"].values())


def test_the_whole_journey_by_keyboard(app: App, open_page: OpenPage) -> None:
    before = ratings_in_table(app)
    page = open_page(app.url)
    upload(page)
    choose_item(page, "Product manual parsing")
    page.locator("#blind input").check()
    ask(page, "Which part is number 1?")
    wait_until_answered(page)

    # Blind: neither names nor figures, in what is seen and in the markup.
    stage = page.locator("#stage")
    assert not re.search(r"Demo [SML]|\bMiB\b|small|medium|large", stage.inner_text())
    assert "Demo" not in stage.inner_html()
    expect(page.locator(".col-name").nth(0)).to_have_text("Model A")
    assert page.locator("#question textarea").input_value() == ""

    # Rate all three by keyboard, then vote: the names are shown.
    for column, key in (("1", "a"), ("2", "n"), ("3", "a")):
        page.keyboard.press(column)
        page.keyboard.press(key)
        chosen = page.locator(f"#{'accept' if key == 'a' else 'refuse'}-{int(column) - 1}")
        expect(chosen).to_have_class(re.compile(r"primary|stop"))
    page.keyboard.press("t")
    expect(page.locator(".col-name").nth(0)).to_have_text(re.compile(r"Demo [SML]"))
    assert sorted(name[:6] for name in page.locator(".col-name").all_inner_texts()) == ["Demo L", "Demo M", "Demo S"]
    expect(page.locator(".tile").first).to_be_visible()
    expect(page.locator(".vote-status")).to_contain_text("Tie")

    # The table has changed.
    page.get_by_role("tab", name="Business fit").click()
    row = page.locator("#score-table tr[data-item=manual]")
    expect(row).to_contain_text("ratings")
    assert ratings_in_table(app) == before + 3

    # The language switches at once, here and in the other tab.
    page.locator("#language").get_by_text("中文").click()
    expect(row).to_contain_text("产品说明书解析")
    page.get_by_role("tab", name="对比").click()
    expect(page.locator("#send")).to_have_text("发送")
    expect(page.locator("#accept-0")).to_contain_text("可接受")

    # A second turn is answered from the first one's picture, in Chinese.
    page.locator("#brand h1").click()  # away from the tab, which takes Enter for itself
    page.keyboard.press("Enter")
    expect(page.locator("#question textarea")).to_be_focused()
    ask(page, "2号呢？")
    page.locator("#stop").wait_for(state="visible")
    wait_until_answered(page)
    assert page.locator("#chat-0 .user-row").count() == 2
    assert page.locator("#chat-0 .bot-row").count() == 2

    # All of it is found again.
    page.get_by_role("tab", name="历史").click()
    page.locator(".conversation").first.click()
    expect(page.locator(".read-turn")).to_have_count(2)
    expect(page.locator(".read")).to_contain_text("2号呢？")

    # The choice of language and the reviewer's name survive a reload.
    name = page.locator("#reviewer input").input_value()
    page.reload()
    expect(page.locator("#send")).to_have_text("发送")
    expect(page.locator("#reviewer input")).to_have_value(name)


def test_gallery_picture_brings_item_and_questions(app: App, open_page: OpenPage) -> None:
    page = open_page(app.url)
    page.locator("#gallery .thumbnail-item").nth(4).click()
    page.locator("#picture img").wait_for()
    expect(page.locator("#item input")).to_have_value("Fault diagram diagnosis")
    suggestion = page.locator("#suggestions button").first
    expect(suggestion).not_to_be_empty()
    said = suggestion.inner_text()
    suggestion.click()
    expect(page.locator("#question textarea")).to_have_value(said)
    page.locator("#send").click()
    wait_until_answered(page)
    for tile in page.locator("#column-0 .tile b").all_inner_texts():
        assert tile != "–"


def test_a_newcomer_is_one_click_and_enter_away_from_three_answers(app: App, open_page: OpenPage) -> None:
    page = open_page(app.url)
    about = page.locator("#column-1 .about")
    expect(about).to_contain_text("Demo model · 2.5M parameters")
    expect(about).to_contain_text("Knows drawn manual pages, fault charts and order tickets, nothing else.")
    page.locator("#language").get_by_text("中文").click()
    expect(about).to_contain_text("演示模型 · 参数量 2.5M")
    starter = page.locator("#starters button").nth(1)
    expect(starter).to_have_text(re.compile("[\u4e00-\u9fff]"))
    said = starter.inner_text()
    starter.click()
    page.locator("#picture img").wait_for()
    expect(page.locator("#item input")).to_have_value("故障图谱诊断")
    question = page.locator("#question textarea")
    expect(question).to_have_value(said)
    expect(question).to_be_focused()
    page.keyboard.press("Enter")
    wait_until_answered(page)
    for column in range(3):
        expect(page.locator(f"#chat-{column} .user-row")).to_contain_text(said)
        expect(page.locator(f"#chat-{column} .bot-row")).not_to_contain_text("…")
    expect(page.locator(".about")).to_have_count(0)  # the answers have the room
    expect(page.locator("#starters")).not_to_be_visible()
    page.locator("#new").click()
    expect(page.locator(".about")).to_have_count(3)
    expect(page.locator("#starters")).to_be_visible()


@pytest.mark.parametrize("phone", [False, True])
def test_the_model_card_opens_and_closes(app: App, open_page: OpenPage, phone: bool) -> None:
    page = open_page(app.url, phone=True, width=390, height=844) if phone else open_page(app.url)
    card = page.locator("#card-0")
    expect(card).not_to_be_visible()
    page.locator("#column-0 .card-link").click()
    expect(card).to_be_visible()
    expect(page.get_by_role("dialog", name="Demo S")).to_contain_text("What it can answer")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    expect(card.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("2")  # the keys belong to the card
    expect(page.locator("#column-1")).not_to_have_class(re.compile("focused"))
    page.keyboard.press("Escape")
    expect(card).not_to_be_visible()
    expect(page.locator("#column-0 .card-link")).to_be_focused()
    page.locator("#column-0 .card-link").click()
    card.get_by_role("button", name="Close").click()
    expect(card).not_to_be_visible()


def test_blind_columns_say_the_same_and_offer_no_card(app: App, open_page: OpenPage) -> None:
    page = open_page(app.url)
    page.locator("#blind input").check()
    expect(page.locator(".col-name").nth(0)).to_have_text("Model A")
    blocks = page.locator(".about").all_inner_texts()
    assert len(blocks) == 3 and len(set(blocks)) == 1
    assert page.locator("#stage .card-link, #stage .card-info, #stage .scores").count() == 0
    page.locator("#starters button").first.click()
    page.locator("#picture img").wait_for()
    expect(page.locator(".col-name").nth(0)).to_have_text("Model A")


def test_language_of_the_browser(app: App, open_page: OpenPage) -> None:
    page = open_page(app.url, locale="zh-CN")
    expect(page.locator("#send")).to_have_text("发送")
    expect(page.get_by_role("tab", name="业务适配")).to_be_visible()
    page.locator("#language").get_by_text("EN").click()
    expect(page.locator("#send")).to_have_text("Send")
    page.reload()
    expect(page.locator("#send")).to_have_text("Send")


def test_phone(app: App, open_page: OpenPage) -> None:
    page = open_page(app.url, width=390, height=844, phone=True)
    upload(page)
    ask(page, "How many parts are shown?")
    wait_until_answered(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator("#column-0")).to_be_visible()
    expect(page.locator("#column-1")).not_to_be_visible()
    page.locator(".switcher [data-show='1']").click()
    expect(page.locator("#column-1")).to_be_visible()
    expect(page.locator("#column-0")).not_to_be_visible()
    page.locator("#accept-1").click()
    expect(page.locator("#accept-1")).to_have_class(re.compile("primary"))
    expect(page.locator("#column-1")).to_be_visible()  # an update does not undo the choice
    page.locator("#best-1").click()
    expect(page.locator(".vote-status")).to_contain_text("Demo M")
    ask(page, "What is part 1?")
    expect(page.locator("#chat-1 .user-row")).to_have_count(2)
    wait_until_answered(page)
    page.locator("#language").get_by_text("中文").click()
    expect(page.locator("#send")).to_have_text("发送")
    page.get_by_role("tab", name="业务适配").click()
    page.locator("#score-table table").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_bad_pictures_and_questions(app: App, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(app.url)
    ask(page, "What is this?")
    expect(page.locator(".toast-body").first).to_contain_text("Choose a picture first")
    expect(page.locator("#question textarea")).to_have_value("What is this?")  # nothing is lost

    damaged = tmp_path / "cut.png"
    damaged.write_bytes(MANUAL.read_bytes()[:900])
    page.locator("#picture input[type=file]").first.set_input_files(str(damaged))
    expect(page.locator(".toast-wrap")).to_contain_text("is damaged or cut off")

    upload(page)
    page.fill("#question textarea", "  ")
    page.locator("#send").click()
    expect(page.locator(".toast-wrap")).to_contain_text("Type a question first")

    page.locator("#settings button").first.click()
    page.fill("#address textarea, #address input", "http://169.254.169.254/latest")
    page.locator("#address textarea, #address input").press("Enter")
    expect(page.locator(".toast-wrap")).to_contain_text("does not lead to a public server")


@pytest.fixture
def scripted(make_dialogue: MakeDialogue, serve: Callable[..., Served]) -> Callable[..., Served]:
    def start(*scripts: Script, stall_s: float = 30) -> Served:
        return serve(make_dialogue(*scripts, limits=Limits(stall_s=stall_s)))

    return start


def test_streams_steadily_and_stops(scripted: Callable[..., Served], open_page: OpenPage) -> None:
    slow = Script(ttft_s=0.2, tokens_per_s=20, tokens=2000)
    served = scripted(slow, slow, slow)
    page = open_page(served.url)
    upload(page)
    ask(page, "Tell me.")
    answer = page.locator("#chat-0 .bot-row .message-content")
    lengths = []
    for _ in range(12):
        page.wait_for_timeout(250)
        lengths.append(len(answer.last.inner_text()) if answer.count() else 0)
    assert len(set(lengths)) >= 6 and lengths == sorted(lengths)
    expect(page.locator(".state").nth(0)).to_have_text("answering")
    expect(page.locator(".state").nth(1)).to_have_text("waiting its turn")
    page.fill("#question textarea", "The next question")
    page.wait_for_timeout(1000)
    expect(page.locator("#question textarea")).to_have_value("The next question")
    page.locator("#stop").click()
    for column in range(3):
        expect(page.locator(".state").nth(column)).to_have_text("stopped", timeout=3000)
    page.locator("#send").wait_for(state="visible")


def test_closing_the_tab_stops_the_work(scripted: Callable[..., Served], open_page: OpenPage) -> None:
    endless = Script(ttft_s=0.2, tokens_per_s=20, tokens=100_000)
    served = scripted(endless, endless, endless)
    page = open_page(served.url)
    upload(page)
    ask(page, "Tell me.")
    expect(page.locator(".state").nth(0)).to_have_text("answering")
    page.close()
    other = open_page(served.url)
    upload(other)
    ask(other, "Is it free?")
    expect(other.locator(".state").nth(0)).to_have_text("answering", timeout=15_000)
    other.locator("#stop").click()


@pytest.mark.parametrize("fault", ["load", "middle", "hang"])
def test_a_failing_column_says_why_and_the_others_are_rated(
    scripted: Callable[..., Served], open_page: OpenPage, fault: str
) -> None:
    fine = Script(ttft_s=0.05, tokens_per_s=100, tokens=6)
    served = scripted(fine, Script(fault=fault, tokens=6), fine, stall_s=2)  # type: ignore[arg-type]
    page = open_page(served.url)
    upload(page)
    choose_item(page, "Fault diagram diagnosis")
    ask(page, "Tell me.")
    wait_until_answered(page)
    expect(page.locator(".state").nth(1)).to_have_text("failed")
    expect(page.locator("#column-1 .col-failure")).to_contain_text("Scripted medium")
    expect(page.locator("#retry-1")).to_be_visible()
    for column in ("1", "3"):
        page.keyboard.press(column)
        page.keyboard.press("a")
        expect(page.locator(f"#accept-{int(column) - 1}")).to_have_class(re.compile("primary"))
    page.keyboard.press("b")
    expect(page.locator(".vote-status")).to_contain_text("Scripted large")
    counts = served.context.store.counts()
    assert {count.model: count.passed for count in counts} == {"small": 1, "large": 1}


def rated_in(served: Served) -> dict[tuple[str, str], float]:
    return {(count.item, count.model): count.passed for count in served.context.store.counts()}


def test_another_item_begins_another_conversation(scripted: Callable[..., Served], open_page: OpenPage) -> None:
    fine = Script(tokens=3)
    served = scripted(fine)
    page = open_page(served.url)
    upload(page)
    choose_item(page, "Product manual parsing")
    ask(page, "First?")
    wait_until_answered(page)
    choose_item(page, "Fault diagram diagnosis")
    ask(page, "Second?")
    expect(page.locator("#chat-0 .user-row")).to_contain_text("Second?")
    wait_until_answered(page)
    assert page.locator("#chat-0 .user-row").count() == 1
    page.keyboard.press("a")
    expect(page.locator("#accept-0")).to_have_class(re.compile("primary"))
    assert rated_in(served) == {("fault", "small"): 1}


def test_reasons_belong_to_one_refusal(scripted: Callable[..., Served], open_page: OpenPage) -> None:
    fine = Script(tokens=3)
    served = scripted(fine)
    page = open_page(served.url)
    upload(page)
    choose_item(page, "Product manual parsing")
    ask(page, "First?")
    wait_until_answered(page)
    page.keyboard.press("n")
    why = page.locator("#column-0 .why")
    why.get_by_role("button").click()
    why.get_by_text("Made up").click()
    why.locator("textarea").fill("a note")
    page.locator("#brand h1").click()  # leaves the note
    expect(page.locator(".vote-status")).to_contain_text("Rating kept")
    page.wait_for_timeout(500)
    (first,) = served.context.store.rated_answers()
    assert (first.rating.reasons, first.rating.note) == (("made_up",), "a note")
    page.keyboard.press("a")
    expect(why).not_to_be_visible()
    page.wait_for_timeout(300)
    (changed,) = served.context.store.rated_answers()
    assert (changed.rating.acceptable, changed.rating.reasons, changed.rating.note) == (True, (), "")
    page.keyboard.press("n")
    ask(page, "Second?")
    expect(page.locator("#chat-0 .user-row")).to_have_count(2)
    wait_until_answered(page)
    page.keyboard.press("n")
    expect(page.locator("#refuse-0")).to_have_class(re.compile("stop"))
    page.wait_for_timeout(300)
    notes = {
        rated.question: (rated.rating.reasons, rated.rating.note) for rated in served.context.store.rated_answers()
    }
    assert notes["Second?"] == ((), "")


def test_new_and_language_while_streaming(scripted: Callable[..., Served], open_page: OpenPage) -> None:
    slow = Script(ttft_s=0.2, tokens_per_s=5, tokens=600)
    page = open_page(scripted(slow, slow).url)
    upload(page)
    ask(page, "Tell me.")
    expect(page.locator(".state").nth(0)).to_have_text("answering")
    page.locator("#language").get_by_text("中文").click()
    expect(page.locator(".state").nth(0)).to_have_text("回答中")
    page.wait_for_timeout(1500)
    expect(page.locator(".state").nth(0)).to_have_text("回答中")
    assert page.evaluate("document.documentElement.lang") == "zh" and page.title() == "模型对比台"
    page.locator("#new").click()
    expect(page.locator(".state").nth(0)).to_have_text("就绪")
    page.wait_for_timeout(2500)
    expect(page.locator(".state").nth(0)).to_have_text("就绪")
    assert page.locator("#chat-0 .user-row").count() == 0
    assert not page.locator("#voting").is_visible()


def test_blind_hides_at_once_and_even_failures(scripted: Callable[..., Served], open_page: OpenPage) -> None:
    fine = Script(tokens=3)
    served = scripted(fine, Script(fault="middle", tokens=4), fine)
    page = open_page(served.url)
    page.locator("#blind input").check()
    expect(page.locator(".col-name").nth(0)).to_have_text("Model A")
    upload(page)
    choose_item(page, "Product manual parsing")
    ask(page, "First?")
    wait_until_answered(page)
    page.keyboard.press("1")
    page.keyboard.press("a")
    page.wait_for_timeout(800)
    assert "Scripted" not in page.locator("#stage").inner_html()
    page.get_by_role("tab", name="Business fit").click()
    page.wait_for_timeout(800)
    assert page.locator("#score-table .rate").count() == 0  # it would say which model A is
    page.get_by_role("tab", name="Compare").click()
    page.locator("#best-none").click()
    expect(page.locator(".col-name").nth(0)).to_contain_text("Scripted")
    page.get_by_role("tab", name="Business fit").click()
    expect(page.locator("#score-table tbody")).to_contain_text("100%")


def test_download(app: App, open_page: OpenPage) -> None:
    page = open_page(app.url)
    page.get_by_role("tab", name="Business fit").click()
    page.locator("#score-table table").wait_for()
    with page.expect_download(timeout=20_000) as download:
        page.locator("#download").click()
    assert re.fullmatch(r"comparer-ratings-.*\.csv", download.value.suggested_filename)
    page.locator("#export-format input").click()
    page.get_by_role("option", name="Everything (JSON)").click()
    with page.expect_download(timeout=20_000) as download:
        page.locator("#download").click()
    assert download.value.suggested_filename.endswith(".json")


def test_markup_in_questions_and_answers_is_text(scripted: Callable[..., Served], open_page: OpenPage) -> None:
    fine = Script(tokens=2)
    page = open_page(scripted(fine, fine, fine).url)
    upload(page)
    ask(page, "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script> what?")
    wait_until_answered(page)
    assert page.title() != "broken"
    assert page.locator("#stage script").count() == 0
    ask(page, "![x](http://evil.example/p.png)")
    expect(page.locator("#chat-0 .user-row")).to_have_count(2)
    wait_until_answered(page)  # the fixture sees every request to another host
