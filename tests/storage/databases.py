"""Which databases can be tested here, and short ways to fill one."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, create_engine, text

from comparer.records import Answer, Metrics, StopReason
from comparer.store import Conversation
from storage import JournalMode, SqlStore, open_store


def _postgres_binaries() -> Path | None:
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


POSTGRES = _postgres_binaries()
DATABASES = ["sqlite", "sqlite-network-mount", *(["postgresql"] if POSTGRES else [])]


@dataclass
class Database:
    """One empty database and how to open it."""

    kind: str
    url: str
    data_dir: Path
    opened: list[SqlStore] = field(default_factory=list)

    @property
    def is_sqlite(self) -> bool:
        return self.kind.startswith("sqlite")

    @property
    def journal_mode(self) -> JournalMode:
        return "DELETE" if self.kind == "sqlite-network-mount" else "WAL"

    def open(self, **options: Any) -> SqlStore:
        options = {"database_url": self.url, "journal_mode": self.journal_mode} | options
        store = open_store(self.data_dir, **options)
        self.opened.append(store)
        return store

    def all(self, query: str) -> list[Any]:
        """What the database itself holds, seen by another program (open no store of a network mount then)."""
        engine = create_engine(self.url)
        with engine.connect() as connection:
            rows = list(connection.execute(text(query)))
        engine.dispose()
        return rows

    def fill(self, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Put rows into tables past the store; boolean and JSON values are given as Python's."""
        engine = create_engine(self.url)
        metadata = MetaData()
        metadata.reflect(engine)
        with engine.begin() as connection:
            for table, values in rows.items():
                connection.execute(metadata.tables[table].insert(), list(values))
        engine.dispose()


def an_answer(
    model: str = "4B", text: str = "The red lamp.", stop_reason: StopReason = "stop", **changes: Any
) -> Answer:
    """An answer with enough in it to be rated."""
    return Answer(model, text, stop_reason, Metrics(), **changes)


def asked(
    store: SqlStore,
    question: str = "Which lamp is on?",
    *,
    item: str = "manual",
    lineup: str = "demo",
    blind: bool = False,
) -> str:
    """A conversation of one turn; returns the turn's id."""
    conversation = store.begin(Conversation(lineup, ("4B", "8B"), item=item, blind=blind))
    return store.add_turn(conversation, question, [])


def answered(store: SqlStore, question: str = "Which lamp is on?", **options: Any) -> str:
    """A conversation of one turn with one answer; returns the answer's id."""
    return store.add_answer(asked(store, question, **options), an_answer())
