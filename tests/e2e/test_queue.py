"""The rating queue in Chromium: sixty answers by keyboard, changed minds, failed writes, a lost server, a phone."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest
from playwright.sync_api import Page, Response, Route, expect

from comparer.engines.scripted_engine import Script
from comparer.errors import StoreError
from comparer.paths import ASSETS
from comparer.pictures import normalise
from comparer.records import Rating
from storage import SqlStore
from tests.conftest import MakeDialogue, Served
from tests.e2e.conftest import OpenPage
from tests.suites.queued import a_run_to_rate

ANSWERS = 60
ACKNOWLEDGED_WITHIN_MS = 150

STOPWATCH = """
window.keystrokes = [];      // until the next frame, which shows another answer; and until it is called saved
window.painted = [];         // the browser's own figures: until the pixels were there (nothing below 16 ms)
new PerformanceObserver((list) => list.getEntries().filter((one) => one.name === 'keydown')
  .forEach((one) => window.painted.push(one.duration))).observe({ type: 'event', durationThreshold: 16 });
document.addEventListener('keydown', (event) => {
  const queue = document.querySelector('.queue'), card = queue.querySelector('[data-slot=card]');
  const saved = queue.querySelector('[data-slot=saved]');
  const stroke = { before: card.dataset.answer }, number = saved.textContent.match(/\\d+$/);
  window.keystrokes.push(stroke);
  requestAnimationFrame(() => {
    stroke.shown = performance.now() - event.timeStamp;
    stroke.after = card.dataset.answer;
  });
  const watcher = new MutationObserver(() => {
    if (stroke.saved) return;
    const [, saved] = /Saved (\\d+) of/.exec(queue.querySelector('[data-slot=saved]').textContent) ?? [];
    if (!(Number(saved) > Number(number ?? 0))) return;
    stroke.saved = performance.now() - event.timeStamp;
    watcher.disconnect();
  });
  watcher.observe(queue, { childList: true, subtree: true, characterData: true });
}, true);
"""


@pytest.fixture
def served(store: SqlStore, make_dialogue: MakeDialogue, serve: Callable[..., Served], drawing: Path) -> Served:
    dialogue = make_dialogue(*[Script()] * 3)
    picture = dialogue.keep_picture(normalise(drawing))
    a_run_to_rate(store, picture, cases=8, dialogues=2)  # 2 x (8 + 2 x 3) x 3 = 84 answers
    return serve(dialogue)


def open_queue(page: Page) -> None:
    page.get_by_role("tab", name="Test suites").click()
    page.get_by_role("tab", name="Rate").click()
    expect(page.locator(".queue-card h3")).to_be_visible()


def question(page: Page) -> str:
    return page.locator(".queue-card h3").inner_text()


def given(store: SqlStore) -> list[Rating]:
    return [one.rating for one in store.rated_answers()]


def saved(page: Page, count: int) -> None:
    expect(page.locator(".queue-saved")).to_have_text(f"Saved {count} of {count}")


def rate_by_keyboard(page: Page, verdicts: list[bool]) -> dict[str, list[float]]:
    """Rate as many answers without a pause; how long it took in ms until each was seen, painted, and called saved."""
    page.evaluate("window.keystrokes = []; window.painted = []")
    for acceptable in verdicts:
        expect(page.locator(".queue-card h3")).to_be_visible()
        page.keyboard.press("a" if acceptable else "n")
    page.wait_for_function("window.keystrokes.every((stroke) => stroke.saved)")
    strokes = page.evaluate("window.keystrokes")
    assert len({stroke["before"] for stroke in strokes}) == len(strokes) == len(verdicts)
    assert all(stroke["after"] != stroke["before"] for stroke in strokes)
    painted = page.evaluate("window.painted")
    return {
        "shown": [one["shown"] for one in strokes],
        "painted": painted,
        "saved": [one["saved"] for one in strokes],
    }


def test_sixty_answers_by_keyboard_alone(
    store: SqlStore,
    make_dialogue: MakeDialogue,
    serve: Callable[..., Served],
    drawing: Path,
    open_page: OpenPage,
    record_property: Callable[[str, object], None],
) -> None:
    """Whoever shares the machine may stop the browser for a while: then another sixty are rated, twice at most.

    Where more programs want to run than there are processors, one keystroke in ten may wait for its turn.
    """
    dialogue = make_dialogue(*[Script()] * 3)
    run = a_run_to_rate(store, dialogue.keep_picture(normalise(drawing)), cases=28, dialogues=2)
    page = open_page(serve(dialogue).url)
    for name in ("Test suites", "Rate"):  # no mouse: along the tabs by Tab and Enter
        page.get_by_role("tab", name=name).focus()
        page.keyboard.press("Enter")
    expect(page.locator(".queue-card h3")).to_be_visible()
    page.evaluate(STOPWATCH)
    verdicts = [bool(number % 3) for number in range(ANSWERS)]
    for rounds in (1, 2, 3):
        page.wait_for_timeout(2000)  # the first answer is read; the page has settled
        took = rate_by_keyboard(page, verdicts)
        saved(page, rounds * ANSWERS)
        longest = max(*took["shown"], *took["painted"])
        record_property("longest_ms", round(longest))
        record_property("shown_median_ms", round(median(took["shown"])))
        record_property("saved_median_ms", round(median(took["saved"])))
        rated = [one for one in store.runs.ratable(run) if one.raters]
        assert sorted(one.acceptable for one in given(store)) == sorted(verdicts * rounds)
        assert len(rated) == len(given(store)) == rounds * ANSWERS
        if longest <= ACKNOWLEDGED_WITHIN_MS:
            break
    assert sorted(took["shown"])[ANSWERS * 9 // 10] <= ACKNOWLEDGED_WITHIN_MS
    assert longest <= ACKNOWLEDGED_WITHIN_MS or os.getloadavg()[0] > (os.cpu_count() or 1)
    assert all(one.blind for one in given(store))
    expect(page.locator(".queue-session")).to_contain_text(f"This session: {rounds * ANSWERS}")
    expect(page.locator(".queue-progress")).to_contain_text(re.compile(r"Score table: \d of 6 cells decided"))


def test_a_mind_is_changed_and_explained(store: SqlStore, served: Served, open_page: OpenPage) -> None:
    page = open_page(served.url)
    open_queue(page)
    first = question(page)
    page.keyboard.press("a")
    second = question(page)
    assert second != first
    page.keyboard.press("n")
    third = question(page)
    page.keyboard.press("2")
    page.keyboard.press("w")
    page.keyboard.type("no such lamp & all")
    page.keyboard.press("Enter")
    assert question(page) == third  # the reasons were about the one before
    saved(page, 2)
    expect(page.get_by_role("button", name="Made up")).to_have_attribute("aria-pressed", "true")

    page.keyboard.press("s")
    assert question(page) != third
    page.keyboard.press("u")
    assert question(page) == third
    page.keyboard.press("u")
    assert question(page) == second
    expect(page.locator(".queue-acts .refuse")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("u")
    assert question(page) == first
    page.keyboard.press("n")  # another mind
    assert question(page) == second
    page.keyboard.press("Enter")  # as it was
    assert question(page) == third
    saved(page, 2)

    kept = sorted(given(store), key=lambda one: one.note)
    assert [(one.acceptable, one.reasons, one.note) for one in kept] == [
        (False, (), ""),
        (False, ("made_up",), "no such lamp & all"),
    ]


def test_everything_else_by_keyboard_and_nothing_tells_of_the_model(served: Served, open_page: OpenPage) -> None:
    page = open_page(served.url)
    sent: list[Response] = []
    page.on("response", lambda response: sent.append(response) if "component_server" in response.url else None)
    open_queue(page)
    first = question(page)
    page.keyboard.press("r")
    expect(page.locator(".queue-card > .reference")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.locator(".queue-keys")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator(".queue-large img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".queue-large img")).to_be_hidden()
    for _ in range(300):
        if len(sent) >= 2:  # what comes next, and the picture in full size
            break
        page.wait_for_timeout(50)
    said = [response.text() for response in sent]
    assert len(said) >= 2
    panel = page.locator("#rating-queue").inner_html()
    for telling in ("small", "medium", "Scripted", "scripted"):
        assert telling not in panel
        assert not [text for text in said if telling in text]

    page.get_by_text("中文").click()
    expect(page.locator(".queue-acts .accept")).to_contain_text("可接受")
    expect(page.locator(".queue-because")).to_contain_text(re.compile("尚无定论|同一对话"))
    assert question(page) == first
    expect(page).to_have_url(re.compile(r"\?tab=suites&on=rate$"))
    page.reload()  # its address leads back to it
    expect(page.get_by_role("tab", name="评分")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".queue-card h3")).to_be_visible()
    expect(page.locator(".queue-card > .reference")).to_be_hidden()  # remembered


def test_ratings_survive_a_lost_server_and_a_reload(store: SqlStore, served: Served, open_page: OpenPage) -> None:
    page = open_page(served.url)
    open_queue(page)
    page.on("dialog", lambda dialog: dialog.accept())  # "leave the page?"

    def lost(route: Route) -> None:
        route.fulfill(status=200, content_type="text/html", body="not the server")

    page.route("**/component_server/", lost)
    first = question(page)
    page.keyboard.press("a")
    expect(page.locator(".queue-card h3")).not_to_have_text(first)
    page.keyboard.press("n")
    page.keyboard.press("1")
    expect(page.locator(".queue-message")).to_contain_text("The server cannot be reached. Ratings not yet saved: 2.")
    expect(page.locator(".queue-saved")).to_have_text("Saved 0 of 2")
    assert given(store) == []

    page.unroute("**/component_server/")
    page.reload()
    page.wait_for_function("document.querySelector('#reviewer input')?.value")
    open_queue(page)
    saved(page, 2)
    assert sorted((one.acceptable, one.reasons) for one in given(store)) == [(False, ("wrong",)), (True, ())]
    assert page.evaluate("localStorage.getItem('comparer-unsent-ratings')") == "[]"


def test_a_failed_write_returns_with_its_answer(
    store: SqlStore, served: Served, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page(served.url)
    open_queue(page)
    keep, failures = store.rate, [1]

    def busy_once(answer_id: str, rating: Rating) -> str:
        if failures:
            failures.pop()
            raise StoreError("store_busy", database="d")
        return keep(answer_id, rating)

    monkeypatch.setattr(store, "rate", busy_once)
    first = question(page)
    page.keyboard.press("a")
    expect(page.locator(".queue-message")).to_contain_text("Not saved: ")
    assert question(page) == first
    expect(page.locator(".queue-acts .accept")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("a")
    saved(page, 1)
    expect(page.locator(".queue-message")).to_be_hidden()
    assert question(page) != first


def test_everything_is_rated_and_somebody_else_goes_on(
    store: SqlStore, make_dialogue: MakeDialogue, serve: Callable[..., Served], open_page: OpenPage
) -> None:
    a_run_to_rate(store, cases=1, items=("manual",))
    served = serve(make_dialogue(*[Script()] * 3))
    page = open_page(served.url)
    page.get_by_role("tab", name="Test suites").click()
    page.get_by_role("tab", name="Rate").click()
    for _ in range(2):
        expect(page.locator(".queue-card h3")).to_be_visible()
        page.keyboard.press("a")
    page.keyboard.press("s")
    expect(page.locator(".queue-empty")).to_contain_text("Nothing is left for you to rate here.")
    expect(page.locator(".queue-empty")).to_contain_text("Skipped: 1")
    page.keyboard.press("u")
    expect(page.locator(".queue-card h3")).to_be_visible()
    page.keyboard.press("a")
    saved(page, 3)
    a_run_to_rate(store, cases=1, items=("fault",), title="Second")
    expect(page.locator(".queue-runs option")).to_have_count(3, timeout=20_000)  # it looks again by itself
    page.locator(".queue-runs select").select_option(index=0)
    expect(page.locator(".queue-card h3")).to_have_text("fault case 0.0?")


def test_on_a_phone_by_touch(store: SqlStore, served: Served, open_page: OpenPage) -> None:
    page = open_page(served.url, width=390, height=844, phone=True)
    page.get_by_role("tab", name="Test suites").tap()
    page.get_by_role("tab", name="Rate").tap()
    for number, name in enumerate(("Acceptable", "Not acceptable"), 1):
        button = page.get_by_role("button", name=name, exact=True)
        box = button.bounding_box()
        assert box is not None and box["height"] >= 44 and box["y"] + box["height"] <= 844
        button.tap()
        saved(page, number)
    page.get_by_role("button", name="Incomplete").tap()
    saved(page, 2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator(".queue-card h3")).to_be_in_viewport()
    assert sorted((one.acceptable, one.reasons) for one in given(store)) == [(False, ("incomplete",)), (True, ())]


def test_a_panel_that_is_put_up_anew_goes_on_where_it_was(
    store: SqlStore, served: Served, open_page: OpenPage
) -> None:
    page = open_page(served.url)
    open_queue(page)
    first = question(page)
    page.keyboard.press("a")
    saved(page, 1)
    second = question(page)
    script = (ASSETS / "queue.js").read_text("utf-8")
    page.evaluate(  # as Gradio does: another element with the same content, and the script once more
        """script => {
          const old = document.querySelector("#rating-queue .queue").parentElement, element = old.cloneNode(true);
          const none = async () => null, server = { upcoming: none, keep: none, enlarge: none };
          old.replaceWith(element);
          new Function("element", "server", "watch", script)(element, server, () => {});
        }""",
        script,
    )
    assert question(page) == second
    expect(page.locator(".queue-saved")).to_have_text("Saved 1 of 1")
    page.keyboard.press("u")
    assert question(page) == first
    expect(page.locator(".queue-acts .accept")).to_have_attribute("aria-pressed", "true")
    assert len(given(store)) == 1
