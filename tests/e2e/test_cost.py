"""Cost and hardware in Chromium: from requests a day to a cost, a price of one's own, the choice and the file."""

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from comparer.cost.kept import keep_price
from comparer.dialogue import Dialogue
from comparer.engines.scripted_engine import Script
from comparer.records import Answer, Metrics, Rating
from comparer.store import Conversation
from tests.conftest import MakeDialogue, Served
from tests.e2e.conftest import OpenPage

CASES = 60
RIGHT = {"small": 20, "medium": 60, "large": 60}
SERVER = "http://gpu-1:8001/v1"
WITHIN_MS = 60_000
"""The first look imports torch, on a busy machine."""


def fill(dialogue: Dialogue) -> None:
    """The small model fails and answered on a processor, the others meet and answered on a server."""
    store, lineup = dialogue.store, dialogue.lineup
    for number in range(CASES):
        turn = store.add_turn(store.begin(Conversation(lineup.name, lineup.keys, "manual")), f"{number}?", [])
        for spec in lineup.models:
            metrics = Metrics(e2e_s=1.0 + number / CASES, output_tokens=20, tokens_per_s=20.0)
            device = "cpu" if spec.key == "small" else SERVER
            said = Answer(spec.key, "x", "stop", metrics, spec.model, spec.precision, device)
            store.rate(store.add_answer(turn, said), Rating(number < RIGHT[spec.key]))


def within(page: Page, name: str) -> None:
    """Turn to a tab within; where it has no room it lies in the menu at the end."""
    tabs = page.locator("#hardware-tabs")
    tab = tabs.get_by_role("tab", name=name, exact=True)
    if tab.is_visible():
        tab.click()
    else:
        tabs.locator(".overflow-menu button").first.click()
        tabs.locator(".overflow-dropdown").get_by_text(name, exact=True).click()


def monthly(page: Page, model: str) -> Locator:
    return page.locator(f"#cost-told [data-model={model}] [data-mode=on_demand] summary").first


def downloaded(page: Page, button: str, folder: Path) -> Any:
    """What the JSON file says that a button gives."""
    with page.expect_download() as file:
        page.locator(button).click()
    file.value.save_as(folder / "file.json")
    return json.loads((folder / "file.json").read_text("utf-8"))


def fits_its_width(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_from_requests_a_day_to_the_choice_and_the_file(
    make_dialogue: MakeDialogue, serve: Callable[..., Served], open_page: OpenPage, tmp_path: Path
) -> None:
    dialogue = make_dialogue(*[Script(tokens=3)] * 3)
    fill(dialogue)
    served = serve(dialogue)
    page = open_page(served.url)
    page.get_by_role("tab", name="Cost and hardware").click()
    expect(page.locator("#cost-models .cost-card")).to_have_count(3, timeout=WITHIN_MS)
    expect(page.locator("#cost-shipped")).to_contain_text("no graphics card could be used so far")

    # What was measured on a processor is shown and not priced; typed seconds are, and say that they are assumed.
    within(page, "Cost")
    expect(page.locator("#cost-told")).to_contain_text("never priced as if it had been a card", timeout=WITHIN_MS)
    expect(monthly(page, "medium")).to_have_text("unknown")
    page.locator("#cost-seconds-1 input").fill("1.5")
    page.locator("#cost-seconds-1 input").press("Enter")
    expect(monthly(page, "medium")).to_have_text("$386.90")
    expect(page.locator("#cost-told [data-model=medium]")).to_contain_text("Assumed")
    page.locator("#cost-requests-a-day input").fill("40000")
    page.locator("#cost-requests-a-day input").press("Tab")
    expect(monthly(page, "medium")).to_have_text("$1,160.70")  # 5,000 / (2,400 * 0.7): three cards

    # A formula opens by the keyboard.
    monthly(page, "medium").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#cost-told [data-model=medium] [data-mode=on_demand] p").first).to_have_text(
        "cards 3 × 730 h × $0.53 an hour = $1,160.70"
    )

    # A price of one's own holds in the choice, for the next visitor, and in the files.
    within(page, "Prices")
    price = page.locator("#cost-prices tr[data-gpu=t4] [name=on_demand]")
    price.fill("much")
    price.press("Tab")
    expect(page.get_by_text("is not a price an hour")).to_be_visible()
    expect(price).to_have_value("0.53")
    price.fill("1.00")
    price.press("Tab")
    expect(page.locator("#cost-prices-notice")).to_contain_text("Kept: prices of T4 16 GB.")
    expect(page.locator("#cost-prices tr[data-gpu=t4]")).to_contain_text("edited")
    page.locator(f"#cost-devices select[data-device='{SERVER}']").select_option("t4")
    expect(page.locator("#cost-prices-notice")).to_contain_text(f"Kept: which card {SERVER} is.")
    within(page, "The choice")
    expect(page.locator("#cost-decision")).to_be_visible(timeout=WITHIN_MS)
    page.locator("#cost-items input").click()
    page.get_by_role("option", name="Product manual parsing").click()
    expect(page.locator("#cost-decision .big")).to_have_text(
        "Scripted medium at bf16 on T4 16 GB is the smallest that is enough.", timeout=WITHIN_MS
    )
    small = page.locator("#cost-choice tr[data-option='small bf16']")
    expect(small).to_contain_text("Scripted small at bf16 falls short on: Product manual parsing.")
    expect(page.locator("#cost-choice tr[data-option='medium bf16']")).to_contain_text("$2,190.00")
    expect(page.locator("#cost-flips li")).to_have_count(6)

    within(page, "Prices")
    prices = downloaded(page, "#cost-prices-json", tmp_path)
    assert prices[0]["on_demand_per_hour"] == "1.00"
    page.get_by_role("tab", name="Business fit").click()
    page.locator("#score-table .rate").first.wait_for()
    page.locator("#export-format input").click()
    page.get_by_role("option", name=re.compile("JSON")).first.click()
    cost = downloaded(page, "#download", tmp_path)["cost"]
    assert cost["prices"][0]["on_demand_per_hour"] == "1.00" and cost["decision"]["outcome"] == "chosen"


def test_in_chinese_on_a_phone_what_others_have_set_is_there(
    make_dialogue: MakeDialogue, serve: Callable[..., Served], open_page: OpenPage
) -> None:
    dialogue = make_dialogue(*[Script(tokens=3)] * 3)
    dialogue.store.set_for_team("price", "t4", {
        "on_demand_per_hour": "1.00", "reserved_per_hour": None, "source": "合同", "date": "2026-12-01"
    })  # fmt: skip
    page = open_page(serve(dialogue).url, width=390, height=844, locale="zh-CN", phone=True)
    name = "成本与硬件"
    if page.get_by_role("tab", name=name).is_visible():
        page.get_by_role("tab", name=name).click()
    else:
        page.locator(".overflow-menu button").first.click()
        page.locator(".overflow-dropdown").get_by_text(name).first.click()
    expect(page.locator("#cost-models .cost-card")).to_have_count(3, timeout=WITHIN_MS)
    assert fits_its_width(page)
    within(page, "成本")
    expect(page.locator("#cost-told")).to_contain_text("参考 2026-01-10", timeout=WITHIN_MS)
    assert fits_its_width(page)
    page.locator("#cost-seconds-0 input").fill("0.8")
    page.locator("#cost-seconds-0 input").press("Enter")
    expect(monthly(page, "small")).to_have_text("$730.00")
    expect(page.locator("#cost-told [data-model=small]")).to_contain_text("假设值")
    monthly(page, "small").tap()
    expect(page.locator("#cost-told [data-model=small] [data-mode=on_demand] p").first).to_contain_text("730")
    assert fits_its_width(page)
    within(page, "选型")
    expect(page.locator("#cost-decision")).to_contain_text("选型结论", timeout=WITHIN_MS)
    assert fits_its_width(page)
    within(page, "价格")
    expect(page.locator("#cost-prices tr[data-gpu=t4] [name=source]")).to_have_value("合同")
    expect(page.locator("#cost-prices tr[data-gpu=t4]")).to_contain_text("已修改")
    assert fits_its_width(page)
    page.locator("#cost-prices [data-reset=t4]").tap()
    expect(page.locator("#cost-prices tr[data-gpu=t4] [name=on_demand]")).to_have_value("0.53")


def test_the_address_says_what_of_cost_and_hardware_is_shown(
    make_dialogue: MakeDialogue, serve: Callable[..., Served], open_page: OpenPage
) -> None:
    dialogue = make_dialogue(*[Script(tokens=3)] * 3)
    page = open_page(serve(dialogue).url)

    def in_front(name: str) -> None:
        tab = page.get_by_role("tab", name=name, exact=True)
        expect(tab).to_have_attribute("aria-selected", "true", timeout=WITHIN_MS)

    assert "tab=" not in page.url  # tabs within, laid out unseen, write no address
    page.get_by_role("tab", name="Cost and hardware").click()
    expect(page).to_have_url(re.compile(r"/\?tab=cost$"))
    expect(page.locator("#cost-models .cost-card")).to_have_count(3, timeout=WITHIN_MS)
    within(page, "Prices")
    expect(page).to_have_url(re.compile(r"/\?tab=cost&on=prices$"))
    expect(page.locator("#cost-prices tr[data-gpu=t4]")).to_be_visible()
    page.get_by_role("tab", name="Test suites").click()
    expect(page).to_have_url(re.compile(r"/\?tab=suites$"))
    page.get_by_role("tab", name="Cost and hardware").click()
    expect(page).to_have_url(re.compile(r"/\?tab=cost&on=prices$"))  # where somebody was

    page.reload()  # the same is shown, by the address alone
    in_front("Prices")
    expect(page.locator("#cost-prices tr[data-gpu=t4]")).to_be_visible(timeout=WITHIN_MS)
    within(page, "Memory")
    expect(page).to_have_url(re.compile(r"/\?tab=cost&on=memory$"))
    expect(page.locator("#memory-models")).to_contain_text("Scripted small")
    page.locator("#language").get_by_text("中文").click()
    expect(page.get_by_role("tab", name="内存", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/\?tab=cost&on=memory$"))
    page.locator("#language").get_by_text("EN").click()
    in_front("Memory")

    page.go_back()
    in_front("Prices")
    expect(page.locator("#cost-prices tr[data-gpu=t4]")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile(r"/\?tab=suites$"))
    in_front("Test suites")
    expect(page.locator("#run-start")).to_be_visible()
    page.go_forward()
    in_front("Cost and hardware")
    expect(page).to_have_url(re.compile(r"/\?tab=cost&on=prices$"))
    page.get_by_role("tab", name="Compare", exact=True).click()
    expect(page).not_to_have_url(re.compile("tab="))
    page.goto(page.url.partition("?")[0] + "?tab=cost&on=elsewhere")
    in_front("Models and precision")
    expect(page.locator("#cost-models .cost-card")).to_have_count(3, timeout=WITHIN_MS)
    expect(page).to_have_url(re.compile(r"/\?tab=cost$"))


def test_a_price_typed_while_another_is_being_saved_is_kept(
    make_dialogue: MakeDialogue, serve: Callable[..., Served], open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    saving = threading.Semaphore(0)

    def keep_slowly(*values: Any, **named: Any) -> None:
        assert saving.acquire(timeout=60)
        keep_price(*values, **named)

    monkeypatch.setattr("comparer.ui.cost_prices_panel.keep_price", keep_slowly)
    dialogue = make_dialogue(*[Script(tokens=3)] * 3)
    page = open_page(f"{serve(dialogue).url}?tab=cost&on=prices")

    def field(gpu: str, name: str) -> Locator:
        return page.locator(f"#cost-prices tr[data-gpu={gpu}] [name={name}]")

    field("t4", "on_demand").fill("1.00", timeout=WITHIN_MS)
    field("t4", "on_demand").press("Tab")
    expect(field("t4", "reserved")).to_be_focused()
    page.keyboard.type("0.7")
    saving.release()
    expect(page.locator("#cost-prices tr[data-gpu=t4]")).to_contain_text("edited")
    expect(field("t4", "reserved")).to_be_focused()  # the table was drawn anew below what is being typed
    expect(field("t4", "reserved")).to_have_value("0.7")
    field("t4", "reserved").press("Tab")
    field("l4", "on_demand").fill("0.9")  # and another one while that is being saved
    field("l4", "on_demand").press("Tab")
    saving.release(2)
    expect(field("l4", "on_demand")).to_have_value("0.9")
    expect(field("t4", "reserved")).to_have_value("0.7")
    kept = dialogue.store.team_settings("price")
    assert (kept["t4"]["on_demand_per_hour"], kept["t4"]["reserved_per_hour"]) == ("1.00", "0.7")
    assert kept["l4"]["on_demand_per_hour"] == "0.9"
