"""Long conversations and compared runs in Chromium: chosen, read, filtered, reloaded, and back by the browser."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from comparer.dialogue import Dialogue
from comparer.engines.scripted_engine import Script
from storage import SqlStore
from tests.conftest import Served, scripted_engines, scripted_lineup
from tests.e2e.conftest import OpenPage
from tests.ui.view_samples import a_picture, long_run, of_precisions, of_sizes, short_run

HELD = {"S": [2, 3, 3, 1], "M": [4, 6, 5, 5], "L": [6, 6, 6, 6]}


def test_long_conversations_and_compared_runs(
    store: SqlStore, tmp_path: Path, serve: Callable[..., Served], open_page: OpenPage
) -> None:
    lineup = scripted_lineup()
    right, wrong = ("The red lamp.", True), ("The blue lamp.", False)
    answers = {"8B-nf4": [wrong] * 12, "8B-int8": [right] * 11 + [wrong], "8B-bf16": [right] * 12}
    compared = short_run(store, of_precisions(), answers, a_picture(store, tmp_path))
    talks = long_run(store, HELD, of_sizes(), turns=6)
    served = serve(Dialogue(lineup, scripted_engines(lineup, [Script()] * 3), store))
    page = open_page(served.url)
    assert "tab=" not in page.url  # tabs within, laid out unseen, write no address
    page.get_by_role("tab", name="Test suites").click()
    page.get_by_role("tab", name="Long conversations").click()
    expect(page.locator("#drift-head")).to_contain_text("6 turns or more")
    expect(page.locator("#drift-plot .js-plotly-plot")).to_be_visible()
    expect(page.locator("#drift-caption")).to_contain_text("Share of conversations still going well")
    expect(page).to_have_url(re.compile(f"on=drift&run={talks}"))
    page.locator("#drift-judge").get_by_text("People’s ratings").click()
    expect(page.locator("#drift-head")).to_contain_text("Nobody has rated these conversations yet")
    expect(page).to_have_url(re.compile("judge=people"))

    page.reload()  # the same is shown, by the address alone
    expect(page.locator("#drift-head")).to_contain_text("Nobody has rated these conversations yet")
    page.locator("#drift-judge").get_by_text("Automatic checks").click()
    expect(page.locator("#drift-plot .js-plotly-plot")).to_be_visible()
    here = page.url
    page.evaluate("history.replaceState(null, '', location.search + '&more=1')")  # the curves stay all the same
    assert page.url != here
    clips = page.locator("#drift-plot [clip-path]")
    expect(clips.first).to_have_attribute("clip-path", re.compile("^" + re.escape(f"url('{page.url}#")))
    page.locator("#theme-toggle").click()
    expect(page.locator("#drift-plot .xtick text").first).to_have_css("fill", "rgb(226, 232, 240)")

    page.get_by_role("tab", name="Compare runs").click()
    expect(page.locator("#versus-head")).to_contain_text(
        "8B · nf4 passes 100.0 percentage points less than 8B · bf16"
    )
    expect(page.locator(".change")).to_have_count(1)  # of int8, which stands first
    expect(page.locator(".change .difference mark").first).to_contain_text("red")
    page.locator("#versus-shown input").click()
    page.get_by_role("option", name="8B · nf4").click()
    expect(page.locator("#versus-count")).to_contain_text("Changes 1 – 10 of 12")
    page.locator("#versus-after button, button#versus-after").click()
    expect(page.locator(".change")).to_have_count(2)
    expect(page).to_have_url(re.compile(f"on=compare-runs&base={compared}.*page=2"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    assert download.value.suggested_filename == "compare-lamps.csv"

    page.go_back()
    expect(page.get_by_role("tab", name="Long conversations")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#drift-head")).to_contain_text("6 turns or more")
    page.get_by_role("tab", name="Run", exact=True).click()
    expect(page.locator("#run-list .run")).to_have_count(2)
    expect(page).to_have_url(re.compile(rf"\?tab=suites&run={talks}$"))  # the last run, for nobody asked for another
    page.get_by_role("tab", name="Compare", exact=True).click()
    expect(page).not_to_have_url(re.compile("tab="))
