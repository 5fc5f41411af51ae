"""A dashboard in the open, served over real HTTP on scripted engines, and a caller that speaks as a browser does."""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest

from comparer.access import Access
from comparer.access.guard import guarded_store
from comparer.access.users import UserList
from comparer.comparison import Comparison
from comparer.dialogue import Dialogue
from comparer.engines.scripted_engine import Script
from comparer.settings import Settings
from comparer.ui.context import Context
from comparer.ui.dashboard import build_dashboard
from comparer.ui.launch import launch
from comparer.ui.present import Present
from storage import open_store
from storage.store import SqlStore
from tests.conftest import scripted_engines, scripted_lineup

QUICK = Script(ttft_s=0.01, tokens_per_s=1000, tokens=4)
PASSWORDS = {"Ada": "an admin's password", "Rea": "a reviewer's password", "Ron": "another one's password"}


@dataclass
class Caller:
    """One visitor's browser: its cookies, its session, and Gradio's way of running an event."""

    url: str
    http: httpx.Client
    session: str = field(default_factory=lambda: secrets.token_hex(6))

    def sign_in(self, name: str, password: str = "") -> httpx.Response:
        form = {"username": name, "password": password or PASSWORDS[name]}
        return self.http.post("/login", data=form)

    def run(self, event: int, data: list[Any], event_data: Any = None) -> list[dict[str, Any]]:
        """The messages of one event by its number, until it is over; what the page's own buttons do."""
        body = {"fn_index": event, "data": data, "session_hash": self.session, "event_data": event_data}
        joined = self.http.post("/gradio_api/queue/join", json=body)
        if joined.status_code != 200:
            return [{"msg": "refused", "status": joined.status_code}]
        said: list[dict[str, Any]] = []
        with self.http.stream("GET", "/gradio_api/queue/data", params={"session_hash": self.session}) as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    said.append(json.loads(line.removeprefix("data: ")))
                    if said[-1]["msg"] == "process_completed":
                        break
        return said

    def endpoint(self, name: str, *values: Any) -> tuple[bool, Any]:
        """Whether a named endpoint did it, and what it said last."""
        config = self.http.get("/config").json()
        event = next(one["id"] for one in config["dependencies"] if one["api_name"] == name)
        last = self.run(event, list(values))[-1]
        output = last.get("output", {})
        return bool(last.get("success")), output.get("error") or (output.get("data") or [None])[0]


@dataclass
class InTheOpen:
    """A dashboard being served, with its database as nobody else has it."""

    url: str
    store: SqlStore
    context: Context
    page: gr.Blocks
    callers: list[httpx.Client] = field(default_factory=list)

    def caller(self, name: str = "", **headers: str) -> Caller:
        """A new browser, that has signed in when a name is given, and has looked at the page."""
        http = httpx.Client(base_url=self.url, headers=headers, timeout=30)
        self.callers.append(http)
        caller = Caller(self.url, http)
        if name:
            assert caller.sign_in(name).status_code == 200
        http.get("/")
        return caller


Open = Callable[..., InTheOpen]


@pytest.fixture
def in_the_open(tmp_path: Path, new_database: Callable[[], str]) -> Iterator[Open]:
    """`in_the_open(access="users", shared=True, …)`: serves a dashboard with these options; closed at the end."""
    running: list[InTheOpen] = []

    def start(script: Script = QUICK, **options: Any) -> InTheOpen:
        settings = Settings(port=0, data_dir=tmp_path / "data", database_url=new_database(), **options)
        if settings.access == "users":
            users = UserList(settings.list_of_users)
            for name, password in PASSWORDS.items():
                users.put(name, "admin" if name == "Ada" else "reviewer", password)
        lineup = scripted_lineup()
        store = open_store(settings.data_dir, settings.database_url)
        access = Access(settings.access, settings.shared, Present())
        guarded = guarded_store(store, access)
        dialogue = Dialogue(lineup, scripted_engines(lineup, [script] * 3), guarded, Comparison())
        context = Context(settings, lineup, dialogue, guarded, access=access)
        page = build_dashboard(context)
        _, url, _ = launch(page, settings, prevent_thread_lock=True, quiet=True)
        running.append(InTheOpen(url.rstrip("/"), store, context, page))
        return running[-1]

    yield start
    for one in running:
        for caller in one.callers:
            caller.close()
        one.page.close()
        one.store.close()


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that take a moment only: their strength is tested by itself."""
    monkeypatch.setattr("comparer.access.users._N", 2**4)
