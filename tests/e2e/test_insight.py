"""The panel below the score table in a real browser: nothing before it is opened, then charts and findings."""

from collections.abc import Callable

from playwright.sync_api import expect

from comparer.charts import CHARTS
from comparer.charts.look import ink
from comparer.engines.scripted_engine import Script
from comparer.fit.findings import STATISTICS
from comparer.records import Answer, Metrics, Preference, Rating
from comparer.store import Conversation, Store
from comparer.texts import text
from tests.conftest import KEYS, MakeDialogue, Served
from tests.e2e.conftest import OpenPage

REVIEWER = "<b>Ben</b>"


def fill(store: Store) -> None:
    """Twelve cases: the large one always right, the small one never, by two people."""
    for number in range(12):
        turn = store.add_turn(store.begin(Conversation("scripted", KEYS, "fault")), str(number), [])
        for place, model in enumerate(KEYS):
            made = Answer(model, "x", "stop", Metrics(e2e_s=1.0 + place), model_id=model)
            answer = store.add_answer(turn, made)
            for reviewer in ("王芳", REVIEWER):
                store.rate(answer, Rating(place == 2 or (place == 1 and number % 2 == 0), reviewer))
        store.prefer(turn, Preference("answer", answer, REVIEWER))


def test_charts_and_findings(
    make_dialogue: MakeDialogue, serve: Callable[..., Served], open_page: OpenPage, store: Store
) -> None:
    dialogue = make_dialogue(Script(), Script(), Script())
    fill(store)
    page = open_page(f"{serve(dialogue).url}?__theme=light")
    page.get_by_role("tab", name="Business fit").click()
    expect(page.locator("#score-table tbody")).to_contain_text("100%")
    assert page.locator(".main-svg").count() == page.locator(".finding").count() == 0

    page.locator("#insight-charts button").first.click()
    for name in CHARTS:
        expect(page.locator(f"#chart-{name} .main-svg").first).to_be_visible()
    words = page.locator("#chart-scores .xtitle")
    light = words.evaluate("one => getComputedStyle(one).fill")
    assert page.locator("#chart-strictness .ytick").all_inner_texts() != []
    page.locator("#theme-toggle").click()
    expect(words).not_to_have_css("fill", light)
    red, green, blue = bytes.fromhex(ink("dark")[1:])
    expect(page.locator("#chart-scores .ytick text").first).to_have_css("fill", f"rgb({red}, {green}, {blue})")

    page.locator("#insight-sure button").first.click()
    expect(page.locator(".finding")).to_have_count(len(STATISTICS))
    expect(page.locator("[data-finding=strictness]")).to_contain_text(REVIEWER)
    expect(page.locator("[data-finding=preference]")).to_contain_text("Scripted large is liked best")
    expect(page.locator("[data-finding=blinding]")).to_contain_text(text("sure.blinding_none"))
    page.locator("[data-finding=paired] summary").click()
    expect(page.locator("[data-finding=paired] details")).to_contain_text("McNemar")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.get_by_text("中文", exact=True).click()
    expect(page.locator("[data-finding=paired] h3")).to_have_text(text("figure.paired", "zh"))
    expect(page.locator("#chart-scores .xtitle")).to_have_text(text("chart.rate", "zh"))
