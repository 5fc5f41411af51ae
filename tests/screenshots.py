"""Make the README's pictures: `python -m tests.screenshots`.

Starts the dashboard on the demo lineup, asks about freshly drawn pictures, rates the answers by what was drawn (the
script knows it), runs the demo suite staged, and photographs the page in Chromium.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

from gradio_client import Client, handle_file
from playwright.sync_api import Page, sync_playwright

from comparer.demo.questions import draw_dialogue
from comparer.demo.scenes import DOMAINS, draw_scene
from comparer.demo.scoring import is_right
from comparer.paths import ASSETS
from tests.e2e.conftest import FLAGS, App, free_port

TARGET = ASSETS / "screenshots"
PICTURES_PER_ITEM = 48
FIRST_SEED = 7_000_000


def rate_drawn_pictures(app: App, folder: Path) -> None:
    """Fill the score table: questions about drawn pictures, rated by what was drawn."""
    client = Client(app.url, verbose=False)
    for place, item in enumerate(DOMAINS):
        for number in range(PICTURES_PER_ITEM):
            seed = FIRST_SEED + 1000 * place + number
            scene = draw_scene(seed, item, scale=3)
            (turn,) = draw_dialogue(scene.facts, "en", 1, Random(seed))
            picture = folder / f"{item}-{number}.png"
            scene.image.save(picture)
            result: Any = client.predict(turn.question, handle_file(str(picture)), "", item, api_name="/ask")
            for answer in result["answers"]:
                right = is_right(answer["text"], turn.answer)
                client.predict(answer["answer_id"], right, "", "script", api_name="/rate")


def run_suite(app: App) -> str:
    """The shipped suite, staged, as CI would run it; returns the run's id."""
    command = [sys.executable, "-m", "comparer.cli", "run", "demo-business", "--staged", "--batch", "16", "--json"]
    done = subprocess.run([*command, "--data-dir", str(app.data_dir)], check=True, stdout=subprocess.PIPE, text=True)
    run_id: str = json.loads(done.stdout)["run_id"]
    return run_id


def photograph_suites(page: Page, url: str, run_id: str) -> None:
    page.goto(f"{url}?__theme=light&tab=suites&run={run_id}&show=differing")
    page.locator("#run-grid tr[data-case]").first.wait_for(timeout=60_000)
    page.wait_for_timeout(1500)
    page.locator("#run-title").scroll_into_view_if_needed()
    page.screenshot(path=TARGET / "suites-light.png")
    page.get_by_role("tab", name="Rate").click()
    page.locator(".queue-card h3").wait_for()
    page.wait_for_timeout(800)
    page.screenshot(path=TARGET / "rate-light.png")


def photograph_hardware(page: Page, url: str) -> None:
    """The article's seconds, typed: on a computer without a card nothing else is priced."""
    page.goto(f"{url}?__theme=light")
    page.wait_for_function("document.querySelector('#reviewer input')?.value")
    page.get_by_role("tab", name="Cost and hardware").click()
    page.locator("#cost-models .cost-card").first.wait_for(timeout=60_000)
    page.locator("#hardware-tabs").get_by_role("tab", name="Cost", exact=True).click()
    page.locator("#cost-told .cost-card").first.wait_for(timeout=60_000)
    for place, (card, seconds) in enumerate((("T4 16 GB", "0.8"), ("A10G 24 GB", "1.5"), ("A100 80 GB", "3.2"))):
        page.locator(f"#cost-gpu-{place} input").click()
        page.get_by_role("option", name=card).click()
        page.wait_for_timeout(800)
        page.locator(f"#cost-seconds-{place} input").fill(seconds)
        page.locator(f"#cost-seconds-{place} input").press("Enter")
        page.wait_for_timeout(800)
    page.locator("#cost-models-said").evaluate("row => row.scrollIntoView()")
    page.wait_for_timeout(300)
    page.screenshot(path=TARGET / "cost-light.png")
    page.evaluate("scrollTo(0, 0)")
    page.locator("#hardware-tabs").get_by_role("tab", name="Memory").click()
    page.locator(".memory-curve").first.wait_for()
    page.wait_for_timeout(300)
    page.screenshot(path=TARGET / "memory-light.png")


def ask_in_page(page: Page, url: str, example: int, question: int = 0) -> None:
    page.goto(url)
    page.wait_for_function("document.querySelector('#reviewer input')?.value")  # the page has arrived
    page.locator("#gallery .thumbnail-item").nth(example).click()
    page.locator("#suggestions button").nth(question).click()
    page.wait_for_function("document.querySelector('#question textarea').value")
    page.locator("#send").click()
    page.locator("#voting").wait_for(state="visible", timeout=60_000)
    page.locator("#send").wait_for(state="visible", timeout=60_000)
    page.wait_for_timeout(800)


def main() -> None:
    TARGET.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = App(Path(folder) / "data", free_port())
        app.start()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        try:
            rate_drawn_pictures(app, Path(folder))
            run_id = run_suite(app)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            ask_in_page(page, f"{app.url}?__theme=light", 0)
            page.keyboard.press("1")
            page.screenshot(path=TARGET / "compare-light.png")
            page.get_by_role("tab", name="Business fit").click()
            page.locator("#score-table table").wait_for()
            page.wait_for_timeout(500)
            page.screenshot(path=TARGET / "fit-light.png")
            page.locator("#insight-sure button").first.click()
            page.locator(".finding").first.wait_for()
            page.wait_for_timeout(500)
            page.locator("#insight-sure").screenshot(path=TARGET / "sure-light.png")
            page.get_by_role("tab", name="History").click()
            page.locator("#history-list a").first.click()
            page.locator(".read").wait_for()
            page.wait_for_timeout(500)
            page.screenshot(path=TARGET / "history-light.png")
            photograph_suites(page, app.url, run_id)
            photograph_hardware(page, app.url)
            chinese = browser.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
            ask_in_page(chinese, f"{app.url}?__theme=dark", 4)
            chinese.screenshot(path=TARGET / "compare-dark-zh.png")
            phone = browser.new_context(
                viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True
            ).new_page()
            ask_in_page(phone, f"{app.url}?__theme=light", 8)
            phone.locator("#switcher").scroll_into_view_if_needed()
            phone.screenshot(path=TARGET / "compare-phone.png")
        finally:
            browser.close()
            app.kill()
    sys.stdout.write(f"Wrote {', '.join(sorted(path.name for path in TARGET.glob('*.png')))} to {TARGET}.\n")


if __name__ == "__main__":
    main()
