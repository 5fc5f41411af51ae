"""A database that cannot write: the reviewer is told, no button looks pressed, and the next click saves."""

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from comparer.engines.scripted_engine import Script
from comparer.errors import StoreError
from comparer.records import Rating
from comparer.settings import Settings
from comparer.ui.compare_handlers import CompareHandlers
from comparer.ui.compare_layout import CompareTab, build_compare_tab
from comparer.ui.compare_state import CompareState
from comparer.ui.context import Context
from comparer.ui.endpoints import Endpoints
from comparer.ui.i18n import Localizer
from comparer.ui.rating_handlers import RatingHandlers
from storage import SqlStore, open_store
from tests.conftest import MakeDialogue
from tests.storage.test_faults import set_on_every_connection

NOTHING_SAVED = {"en": "Nothing was saved", "zh": "未保存任何内容"}
LONG_NOTE = "x" * 1_500
"""Takes a good part of a database page: there is no room for it by chance."""
Fault = Callable[[SqlStore, Path], AbstractContextManager[None]]


@contextmanager
def full(store: SqlStore, database: Path) -> Iterator[None]:
    """No page more than there is, and those filled to the last by other reviewers."""
    with sqlite3.connect(database) as opened:
        (pages,) = opened.execute("PRAGMA page_count").fetchone()
        (answer,) = opened.execute("SELECT id FROM answers ORDER BY sequence DESC").fetchone()
    set_on_every_connection(store, f"max_page_count = {pages}")
    large = (Rating(True, f"filler {number}", note=LONG_NOTE) for number in count())
    small = (Rating(True, f"small filler {number}") for number in count())
    changes = (Rating(number % 2 > 0, "filler 0") for number in count())
    for ratings in (large, small, changes):
        with pytest.raises(StoreError, match="full"):
            for rating in ratings:
                store.rate(answer, rating)
    yield
    set_on_every_connection(store, "max_page_count = 1000000")


@contextmanager
def no_larger_file(store: SqlStore, database: Path) -> Iterator[None]:
    """The system lets no file grow: what a quota does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (database.with_name("comparer.db-wal").stat().st_size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def locked(store: SqlStore, database: Path) -> Iterator[None]:
    """Another program writes, and does not end."""
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    yield
    other.execute("ROLLBACK")
    other.close()


@contextmanager
def read_only(store: SqlStore, database: Path) -> Iterator[None]:
    """Connections that may not write, as on a medium mounted read-only (file modes do not bind root)."""
    set_on_every_connection(store, "query_only = ON")
    yield
    set_on_every_connection(store, "query_only = OFF")


FAULTS: list[Fault] = [full, no_larger_file, locked, read_only]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """One that does not wait long for others."""
    opened = open_store(tmp_path / "data", wait_s=0.3)
    yield opened
    opened.close()


@pytest.fixture
def context(make_dialogue: MakeDialogue, kept_picture: Any, tmp_path: Path) -> Context:
    dialogue = make_dialogue(Script(tokens=3, tokens_per_s=1000), Script(tokens=3, tokens_per_s=1000))
    return Context(Settings(data_dir=tmp_path / "data"), dialogue.lineup, dialogue, dialogue.store)


class Page:
    """The Compare tab after one question, without a server."""

    def __init__(self, context: Context, picture: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.warnings: list[str] = []
        monkeypatch.setattr("comparer.ui.rating_handlers.gr.Warning", self.warnings.append)
        with gr.Blocks():
            self.tab: CompareTab = build_compare_tab(context, Localizer())
        compare = CompareHandlers(context, self.tab)
        self.handlers = RatingHandlers(context, self.tab, compare)
        conversation = context.dialogue.begin("manual")
        *_, last = context.dialogue.ask(conversation, "What is this?", [picture])
        columns = {column.model: column for column in last.columns}
        self.state = CompareState(context.lineup.keys, conversation, last.turn_id, "manual", columns=columns)

    def rate(self, acceptable: bool) -> dict[Any, Any]:
        return self.handlers.rate(0, acceptable, "Ann", self.state)

    def looks(self, updates: dict[Any, Any]) -> tuple[str, str]:
        """The variants of the buttons Acceptable and Not acceptable of the first column."""
        column = self.tab.columns[0]
        return updates[column.accept]["variant"], updates[column.refuse]["variant"]


def said_by(store: SqlStore, reviewer: str) -> list[bool]:
    return [row.rating.acceptable for row in store.rated_answers() if row.rating.reviewer == reviewer]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_click_that_cannot_be_kept(
    fault: Fault,
    context: Context,
    store: SqlStore,
    kept_picture: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = Page(context, kept_picture, monkeypatch)
    assert page.looks(page.rate(False)) == ("secondary", "stop")
    explain = page.handlers.explain(0, ["wrong"], "No.", "Ann", page.state)
    assert page.looks(explain) == ("secondary", "stop") and not page.warnings

    with fault(store, tmp_path / "data" / "comparer.db"):
        updates = page.rate(True)
        assert len(page.warnings) == 1 and NOTHING_SAVED["en"] in page.warnings[0]
        assert page.looks(updates) == ("secondary", "stop")
        assert page.tab.columns[0].note not in updates  # what was typed stays
        page.state.language = "zh"
        page.rate(True)
        assert NOTHING_SAVED["zh"] in page.warnings[1]
        kept = said_by(store, "Ann")

    assert kept == [False]
    with store._reader.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM rating_history WHERE note = 'No.'").scalar_one() == 0
    assert page.looks(page.rate(True)) == ("primary", "secondary")
    assert said_by(store, "Ann") == [True]
    assert len(page.warnings) == 2


@pytest.mark.parametrize("fault", FAULTS)
def test_a_rating_through_the_endpoint_that_cannot_be_kept(
    fault: Fault, context: Context, store: SqlStore, kept_picture: Any, tmp_path: Path
) -> None:
    conversation = context.dialogue.begin("manual")
    *_, last = context.dialogue.ask(conversation, "What is this?", [kept_picture])
    answer_id = last.columns[0].answer_id
    endpoints = Endpoints(context)
    with fault(store, tmp_path / "data" / "comparer.db"):
        with pytest.raises(gr.Error, match=NOTHING_SAVED["en"]):
            endpoints.rate(answer_id, True, LONG_NOTE, "Ann")
        kept = said_by(store, "Ann")
    assert kept == []
    with store._reader.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM reviewers WHERE name = 'Ann'").scalar_one() == 0
    assert endpoints.rate(answer_id, True, LONG_NOTE, "Ann")["rating_id"]
    assert said_by(store, "Ann") == [True]
