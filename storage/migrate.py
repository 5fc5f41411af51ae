"""Brings a database to the tables of this version at start: a copy first, and never a newer one."""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, text

from comparer.errors import StoreError
from storage.database import JournalMode, connect, for_writing, shown
from storage.faults import told_plainly
from storage.pictures import sync_folder

_SCRIPTS = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = 0x636F6D70  # PostgreSQL's lock for several programs that start at once


def migrate(url: URL, *, journal_mode: JournalMode = "WAL") -> Path | None:
    """Upgrade the database at `url`; returns the copy that was made of an older SQLite file, if any.

    All of it is one transaction: it is whole or it has not happened. Raises StoreError `store_too_new` for a
    database of a later version, and the errors of `storage.faults`.
    """
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    database = for_writing(connect(url, journal_mode, foreign_keys=False))
    try:
        with told_plainly(shown(url)), database.execution_options(sqlite_begin="DEFERRED").begin() as reading:
            # No write lock for a database that needs nothing: it may be read-only or busy.
            if _version(reading, scripts, shown(url)) == scripts.get_current_head():
                return None
        with told_plainly(shown(url)), database.begin() as connection:
            if url.get_backend_name() == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})"))
            present = _version(connection, scripts, shown(url))
            if present == scripts.get_current_head():
                return None
            copy = _copy_of(url) if present is not None else None
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            _check_references(connection, shown(url))
            return copy
    finally:
        database.dispose()


def _version(connection: Connection, scripts: ScriptDirectory, database: str) -> str | None:
    present = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if present is not None and present not in known:
        newest = scripts.get_current_head() or ""
        raise StoreError("store_too_new", database=database, found=present, known=newest)
    return present


def _copy_of(url: URL) -> Path | None:
    """A consistent copy of a SQLite file beside it, through SQLite itself (the log of WAL included)."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    source = Path(url.database)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    copy = source.with_name(f"{source.stem}.before-upgrade-{stamp}{source.suffix}")
    part = copy.with_name(f".{copy.name}.writing")
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(part)) as new:
        old.backup(new)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(copy)
    sync_folder(copy.parent)
    return copy


def _check_references(connection: Connection, database: str) -> None:
    """Foreign keys are off while tables change (a rebuilt table must empty no other): check them now."""
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise StoreError("store_broken", database=database, reason=f"foreign key of {broken[0]}")
