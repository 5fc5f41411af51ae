"""A real browser, and the dashboard as a newcomer starts it: `python app.py` in a process of its own."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from comparer.paths import ASSETS

ROOT = ASSETS.parent
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
STARTS_WITHIN_S = 120
expect.set_options(timeout=15_000)  # two busy cores


@dataclass
class App:
    """`python app.py` running; `kill` is SIGKILL."""

    data_dir: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    database_url: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        log = (self.data_dir.parent / f"app-{self.port}.log").open("ab")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "app.py",
                "--port",
                str(self.port),
                "--data-dir",
                str(self.data_dir),
                "--lineup",
                "demo",
                *(("--database-url", self.database_url) if self.database_url else ()),
            ],
            cwd=ROOT,
            stdout=log,
            stderr=log,
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
        )
        deadline = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < deadline:
            try:
                if httpx.get(self.url, timeout=5).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            assert self.process.poll() is None, Path(log.name).read_text("utf-8")
            time.sleep(0.2)
        raise AssertionError(f"no answer within {STARTS_WITHIN_S} s\n{Path(log.name).read_text('utf-8')}")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory, new_database: Callable[[], str]) -> Iterator[App]:
    """The dashboard on the demo lineup, shared by the session."""
    running = App(tmp_path_factory.mktemp("app") / "data", free_port(), database_url=new_database())
    running.start()
    yield running
    running.kill()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium")
    assert executable, "The browser tests need Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield launched
        launched.close()


TORN_OFF = ("AbortError: signal is aborted without reason", "Connection errored out")
"""What Gradio logs of requests under way when the browser leaves for another document."""


@dataclass
class Watched:
    """A page, and what it should not have done."""

    page: Page
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    documents: int = 0

    def saw_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    @property
    def own_errors(self) -> list[str]:
        """All errors, but for those of requests that a reload, a link or a form tore off."""
        torn_off = TORN_OFF if self.documents > 1 else ()
        return [error for error in self.errors if not any(words in error for words in torn_off)]

    def saw_response(self, response: Response) -> None:
        if response.status >= 400:
            self.errors.append(f"{response.status} {response.url}")

    def saw_request(self, request: Request) -> None:
        self.documents += request.is_navigation_request() and request.frame.parent_frame is None
        if not request.url.startswith(("http://127.0.0.1", "http://localhost", "data:", "blob:")):
            self.foreign.append(request.url)


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """`open_page(url, width=…, locale=…)`; at the end no page may have logged an error or called another host."""
    contexts: list[BrowserContext] = []
    watched: list[Watched] = []

    def go(url: str, width: int = 1440, height: int = 900, locale: str = "en-US", phone: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale=locale, is_mobile=phone, has_touch=phone
        )
        contexts.append(context)
        page = context.new_page()
        watch = Watched(page)
        watched.append(watch)
        page.on("console", watch.saw_console)
        page.on("pageerror", lambda error: watch.errors.append(str(error)))
        page.on("request", watch.saw_request)
        page.on("response", watch.saw_response)
        page.goto(url)
        page.locator("#question textarea").wait_for()
        page.locator("#gallery .thumbnail-item").first.wait_for()
        page.wait_for_function("document.querySelector('#reviewer input').value !== ''")
        return page

    yield go
    for context in contexts:
        context.close()
    assert not [error for watch in watched for error in watch.own_errors]
    assert not [url for watch in watched for url in watch.foreign]
