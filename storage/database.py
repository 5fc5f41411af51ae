"""The database as a connection: SQLite or PostgreSQL by address. Knows no table and no record."""

import sqlite3
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from comparer.errors import StoreError

JournalMode = Literal["WAL", "DELETE"]
WAIT_S = 15
"""How long a write waits for others before it is refused as busy."""


def default_url(data_dir: Path) -> str:
    """The address of the SQLite file that is used where nothing else is asked for."""
    return f"sqlite:///{data_dir.resolve() / 'comparer.db'}"


def parse_url(address: str) -> URL:
    """A database address, with this project's driver. Raises StoreError `store_url_unusable`."""
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise StoreError("store_url_unusable") from error
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError("store_url_unusable")
    return url


def shown(url: URL) -> str:
    """The address as a person may read it: without a password."""
    return url.render_as_string(hide_password=True)


def connect(
    url: URL, journal_mode: JournalMode = "WAL", *, foreign_keys: bool = True, wait_s: float = WAIT_S
) -> Engine:
    """The database's connections. Nothing is opened yet.

    `journal_mode` matters to SQLite only: "WAL" on a local disk; "DELETE" on a network mount, where
    this one process locks the file and all calls share one connection. `foreign_keys` is off only while the
    tables themselves are being changed.
    """
    if url.get_backend_name() == "sqlite":
        return _connect_sqlite(url, journal_mode, foreign_keys=foreign_keys, wait_s=wait_s)
    return _connect_postgresql(url, wait_s)


def for_writing(database: Engine) -> Engine:
    """The same connections, but a transaction takes SQLite's write lock at once: it never has to be given up
    half-way because another one wrote after its first read."""
    return database.execution_options(sqlite_begin="IMMEDIATE")


def for_snapshots(database: Engine) -> Engine:
    """The same connections, but all that a transaction reads is of one moment, as in SQLite it always is."""
    if database.dialect.name == "sqlite":
        return database
    return database.execution_options(isolation_level="REPEATABLE READ")


def _connect_sqlite(url: URL, journal_mode: JournalMode, *, foreign_keys: bool, wait_s: float) -> Engine:
    one_connection = journal_mode == "DELETE"
    database = create_engine(
        url,
        pool_size=1 if one_connection else 8,
        max_overflow=0 if one_connection else 56,
        pool_timeout=wait_s,
        connect_args={"timeout": wait_s},
    )
    pragmas = [
        f"busy_timeout = {round(wait_s * 1000)}",
        f"journal_mode = {journal_mode}",
        f"foreign_keys = {'ON' if foreign_keys else 'OFF'}",
        "synchronous = FULL",
    ]
    if one_connection and foreign_keys:
        pragmas.append("locking_mode = EXCLUSIVE")

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        # The driver's own transactions leave out reads and table changes: begin them ourselves.
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()

    def begin(connection: Connection) -> None:
        kind = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {kind}")

    event.listen(database, "connect", prepare)
    event.listen(database, "begin", begin)
    return database


def _connect_postgresql(url: URL, wait_s: float) -> Engine:
    try:
        database = create_engine(
            url,
            pool_size=8,
            max_overflow=24,
            pool_timeout=wait_s,
            pool_pre_ping=True,
            connect_args={"connect_timeout": max(2, round(wait_s))},
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StoreError("store_driver_missing", extra="postgres") from error

    def prepare(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {round(wait_s * 1000)}")
            cursor.execute("SET synchronous_commit = on")
        connection.commit()

    event.listen(database, "connect", prepare)
    return database
