"""Every tab in Chromium, looked through by axe for WCAG 2.1 AA: light and dark, on a phone, in Chinese."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from comparer.dialogue import Dialogue
from comparer.engines.scripted_engine import Script
from comparer.pictures import normalise
from comparer.records import Answer, Metrics, Rating
from comparer.store import Conversation
from comparer.texts import text
from storage import SqlStore
from tests.conftest import Served, scripted_engines, scripted_lineup
from tests.e2e.conftest import OpenPage
from tests.e2e.test_journey import ask, wait_until_answered
from tests.safety.conftest import Open, in_the_open, quick_passwords  # noqa: F401 - fixtures
from tests.suites.queued import a_run_to_rate
from tests.suites.running import a_suite
from tests.ui.view_samples import long_run, of_precisions, of_sizes, short_run

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
HEAVY = ("serious", "critical")
STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"
"""Colours are measured where they arrive, not on their way."""

Found = dict[str, list[dict[str, str]]]
"""By what was shown: what is wrong there."""


@dataclass(frozen=True)
class Listed:
    """What Gradio draws so, and no style or attribute of ours can mend."""

    rule: str
    elements: str
    """A selector."""
    why: str


LISTED = (
    Listed(
        "nested-interactive",
        "#case-pictures .icon-button",
        "A gallery that takes uploads draws its button for one more picture inside of another button.",
    ),
)

LOOK = """
async ({ only, listed, heavy }) => {
  const found = await axe.run(document, { runOnly: only, resultTypes: ["violations"] });
  const known = (id, target) =>
    listed.some(({ rule, elements }) => rule === id && document.querySelector(target)?.matches(elements));
  return found.violations.filter(({ impact }) => heavy.includes(impact)).flatMap(({ id, nodes }) => nodes
    .filter(({ target }) => !known(id, target.join(" ")))
    .map(({ target, html, failureSummary }) => ({ id, target: target.join(" "), html: html.slice(0, 200), failureSummary })));
}
"""  # noqa: E501


def wrong(page: Page, *rules: str) -> list[dict[str, str]]:
    """What axe finds on the page as it stands, by the rules named or else by all of the levels."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(f"{AXE_SCRIPT}; undefined")
        page.add_style_tag(content=STILL)
    page.evaluate("document.getAnimations().forEach((one) => one.cancel())")
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": LEVELS}
    asked = {"only": only, "listed": [asdict(one) for one in LISTED], "heavy": HEAVY}
    found: list[dict[str, str]] = page.evaluate(LOOK, asked)
    return found


def told(found: Found) -> str:
    return json.dumps({shown: each for shown, each in found.items() if each}, indent=1, ensure_ascii=False)


def fill(store: SqlStore, tmp_path: Path, drawing: Path) -> Dialogue:
    """Something for every tab to show: ratings with reasons and notes, runs of every kind, a suite of one's own."""
    lineup = scripted_lineup()
    quick = Script(ttft_s=0.01, tokens_per_s=1000, tokens=4)
    dialogue = Dialogue(lineup, scripted_engines(lineup, [quick] * 3), store)
    picture = dialogue.keep_picture(normalise(drawing))
    weights = {model: engine.model_id for model, engine in dialogue.engines.items()}
    for number in range(12):
        talk = store.begin(Conversation(lineup.name, lineup.keys, "manual", reviewer="Ann"))
        turn = store.add_turn(talk, f"{number}?", [picture])
        for place, spec in enumerate(lineup.models):
            metrics = Metrics(e2e_s=1.0 + number / 12, output_tokens=20, tokens_per_s=20.0)
            said = Answer(spec.key, "A **pump**.", "stop", metrics, weights[spec.key], spec.precision, "cpu")
            answer, right = store.add_answer(turn, said), number % 3 < place
            store.rate(answer, Rating(right, "Ann", () if right else ("made_up",), "" if right else "no such part"))
            if number < 3:
                store.rate(answer, Rating(False, "Ben"))
    red, blue = ("The red lamp.", True), ("The blue lamp.", False)
    answers = {"8B-nf4": [blue] * 12, "8B-int8": [red] * 11 + [blue], "8B-bf16": [red] * 12}
    short_run(store, of_precisions(), answers, picture)  # the oldest: it is opened
    a_run_to_rate(store, picture, cases=2, title="Rooms")
    long_run(store, {"S": [2, 3], "M": [4, 6], "L": [6, 6]}, of_sizes(), turns=6, title_en="Talks")
    a_suite(tmp_path / "data" / "suites" / "small", cases=2, items=("manual", "fault"))
    return dialogue


def turn_to(page: Page, name: str, tabs: str = "#tabs") -> None:
    """Open a tab by its text's key; where it has no room it lies in the menu at the end."""
    named = text(name, "zh" if page.locator("html[lang^=zh]").count() else "en")
    row = page.locator(f"{tabs} > .tab-wrapper")
    tab = row.get_by_role("tab", name=named, exact=True)
    if tab.is_visible():
        tab.click()
    else:
        row.locator(".overflow-menu > button").click()
        row.locator(".overflow-dropdown").get_by_text(named, exact=True).click()


def compare_at_first(page: Page) -> None:
    turn_to(page, "tab.compare")
    expect(page.locator("#starters button").first).to_be_visible()
    page.locator("#settings > button").click()
    expect(page.locator("#policy")).to_be_visible()


def compare_answered(page: Page) -> None:
    page.locator("#gallery .thumbnail-item").first.click()
    page.locator("#picture img").wait_for()
    ask(page, "Which pump is this?")
    wait_until_answered(page)
    page.locator("#accept-0").click()
    if page.locator(".switcher").is_visible():
        page.locator(".switcher button").nth(1).click()
    page.locator("#refuse-1").click()
    page.locator("#column-1 .why > button").click()
    expect(page.locator("#column-1 .why input").first).to_be_visible()
    page.locator("#best-0").click()
    expect(page.locator("#best-0")).to_have_class(re.compile("primary"))
    page.locator("#compare-add-case").click()
    expect(page.locator("#compare-adding")).to_be_visible()


def suites_run(page: Page) -> None:
    turn_to(page, "tab.suites")
    page.locator("#run-options > button").click()
    expect(page.locator("#run-seed")).to_be_visible()
    page.locator(".run-open").last.click()
    page.locator("#run-grid .case-open").first.click()
    expect(page.locator("#run-case .run-case")).to_be_visible()


def suites_cases(page: Page) -> None:
    turn_to(page, "suites.tab_cases", "#suites-tabs")
    page.locator("#case-suite input").click()
    page.get_by_role("option", name="Small").click()
    page.locator("#case-list .conversation").filter(has_text="fault").first.click()
    expect(page.locator("#case-form h2")).to_be_visible()
    for closed in ("#check-help", "#suite-import"):
        page.locator(f"{closed} > button").click()
    expect(page.locator("#import-name")).to_be_visible()


def suites_rate(page: Page) -> None:
    turn_to(page, "suites.tab_rate", "#suites-tabs")
    expect(page.locator(".queue-card h3")).to_be_visible()
    page.locator(".queue [data-act=refuse]").click()
    expect(page.locator(".queue-saved")).to_have_text("Saved 1 of 1")


def suites_drift(page: Page) -> None:
    turn_to(page, "suites.tab_drift", "#suites-tabs")
    expect(page.locator("#drift-plot .js-plotly-plot")).to_be_visible()


def suites_compared(page: Page) -> None:
    turn_to(page, "suites.tab_compare_runs", "#suites-tabs")
    expect(page.locator(".change").first).to_be_visible()


def fit(page: Page) -> None:
    turn_to(page, "tab.fit")
    page.locator("tr[data-item=manual] td[data-key=small] .rate").click()
    expect(page.locator("#cell-answers .case").first).to_be_visible()
    for closed in ("#insight-charts", "#insight-sure", "#test-items"):
        page.locator(f"{closed} > button").click()
    expect(page.locator("#chart-scores .main-svg").first).to_be_visible()
    expect(page.locator("#findings .finding").first).to_be_visible()
    expect(page.locator("#item-save")).to_be_visible()


def hardware(name: str, shown: str) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        turn_to(page, "tab.hardware")
        turn_to(page, f"hardware.tab_{name}", "#hardware-tabs")
        expect(page.locator(shown).first).to_be_visible(timeout=60_000)

    return show


def history(page: Page) -> None:
    turn_to(page, "tab.history")
    page.locator("#history-list .conversation").first.click()
    expect(page.locator("#history-reading .read-answer").first).to_be_visible()
    page.locator("#history-delete").click()
    expect(page.locator("#history-confirm")).to_be_visible()


STOPS: dict[str, Callable[[Page], None]] = {
    "compare, at first": compare_at_first,
    "compare, answered": compare_answered,
    "suites, run": suites_run,
    "suites, cases": suites_cases,
    "suites, rate": suites_rate,
    "suites, long conversations": suites_drift,
    "suites, compare runs": suites_compared,
    "models": hardware("models", "#cost-models .cost-card"),
    "cost": hardware("cost", "#cost-told [data-model]"),
    "choice": hardware("choice", "#cost-decision h3"),
    "prices": hardware("prices", "#cost-prices tr[data-gpu]"),
    "memory": hardware("memory", ".memory-model"),
    "history": history,
    "fit": fit,
}
"""What axe looks at, once it is there. The charts come last: axe reads hidden tabs too, and is slow from then on."""
ON_A_PHONE = ("compare, answered", "suites, run", "prices", "history", "fit")


@pytest.fixture
def url(store: SqlStore, tmp_path: Path, drawing: Path, serve: Callable[..., Served]) -> str:
    """Of a dashboard that has something to show on every tab."""
    return f"{serve(fill(store, tmp_path, drawing)).url}?__theme=light"


def test_every_tab_on_both_grounds(url: str, open_page: OpenPage) -> None:
    """Names and roles are the same on both: on the dark one only colours are measured."""
    page = open_page(url)
    found: Found = {}
    for name, show in STOPS.items():
        show(page)
        found[name] = wrong(page)
        page.evaluate("document.body.classList.add('dark')")
        found[f"{name}, dark"] = wrong(page, "color-contrast")
        page.evaluate("document.body.classList.remove('dark')")
    assert not any(found.values()), told(found)


def test_on_a_phone_in_chinese(url: str, open_page: OpenPage) -> None:
    page = open_page(url, width=390, height=844, locale="zh-CN", phone=True)
    expect(page.locator("#brand h1")).to_have_attribute("data-language", "zh")
    found: Found = {}
    for name in ON_A_PHONE:
        STOPS[name](page)
        found[name] = wrong(page)
    assert not any(found.values()), told(found)


@pytest.mark.usefixtures("quick_passwords")
def test_signing_in(in_the_open: Open, browser: Browser) -> None:  # noqa: F811
    """The page that refused a password; it takes its colours from the browser."""
    page = browser.new_page(color_scheme="dark", locale="en-US")
    page.goto(in_the_open(access="users").url)
    page.get_by_label("Name").fill("Rea")
    page.get_by_label("Password").fill("not hers")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".wrong")).to_be_visible()
    found = {"dark": wrong(page)}
    page.emulate_media(color_scheme="light")
    found["light"] = wrong(page)
    page.close()
    assert not any(found.values()), told(found)
