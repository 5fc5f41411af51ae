"""A consistent copy of the database, its pictures and the suites in one file, made while the dashboard runs.

The copy is a ZIP file of what lies in a data folder: unpacked, it is one. Knows nothing of tables but the pictures'.
"""

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from shutil import copyfileobj
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from comparer.errors import InputError, StoreError
from storage.database import WAIT_S, default_url, parse_url, shown
from storage.faults import told_plainly
from storage.pictures import sync_folder

DATABASE = "comparer.db"
PICTURES = "pictures"
SUITES = "suites"
_TRIES = 3


class Backup(NamedTuple):
    """A copy that has been opened and found whole."""

    file: Path
    size_bytes: int
    pictures: int
    missing_pictures: int
    """Pictures that the database names but whose files were already gone from the data folder."""
    suites: int
    """Suites that people made; what lies in the trash is left out."""


def back_up(data_dir: Path, database_url: str | None, destination: Path, *, overwrite: bool = False) -> Backup:
    """Copy the SQLite database, the pictures and the suites of `data_dir` into the file `destination`, or nothing.

    Others may write meanwhile; the copy is of one moment. Raises InputError `backup_exists` without `overwrite`,
    `backup_needs_pg_dump` for PostgreSQL, and StoreError.
    """
    url = parse_url(database_url or default_url(data_dir))
    if url.get_backend_name() != "sqlite" or not url.database:
        raise InputError("backup_needs_pg_dump", database=shown(url), pictures=str(data_dir / PICTURES))
    if destination.exists() and not overwrite:
        raise InputError("backup_exists", file=str(destination))
    with told_plainly(shown(url)):
        destination.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=destination.parent) as folder:
            part = Path(folder) / "part.zip"
            pictures, missing = _pack(Path(url.database), data_dir / PICTURES, part)
            suites = _pack_suites(data_dir / SUITES, part)
            _check(part, Path(folder), shown(url))
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.replace(destination)
        sync_folder(destination.parent)
    return Backup(destination, destination.stat().st_size, pictures, missing, suites)


def _pack(database: Path, folder: Path, part: Path) -> tuple[int, int]:
    """Write the copy; returns how many pictures are in it and how many are missing.

    A picture can be deleted after the database was copied: then the copy begins anew.
    """
    for tries_left in reversed(range(_TRIES)):
        copied = part.with_name("copied.db")
        copied.unlink(missing_ok=True)
        _copy_database(database, copied)
        files = _picture_files(copied)
        missing = 0
        with ZipFile(part, "w") as packed:
            packed.write(copied, DATABASE, ZIP_DEFLATED, compresslevel=1)
            for file in files:
                try:
                    packed.write(folder / file, f"{PICTURES}/{file}", ZIP_STORED)
                except FileNotFoundError:
                    missing += 1
        copied.unlink()
        if not (missing and tries_left):
            break
    return len(files) - missing, missing


def _pack_suites(folder: Path, part: Path) -> int:
    """Add every suite; returns how many.

    A suite's files are each replaced in one step, and a picture is there before a case names it: with the cases read
    first, all pictures that they name are found.
    """
    suites = sorted(each for each in folder.glob("[!.]*") if each.is_dir())
    with ZipFile(part, "a") as packed:
        for suite in suites:
            files = [file for file in suite.rglob("*") if file.is_file() and not file.name.startswith(".")]
            for file in sorted(files, key=lambda file: (len(file.parts), file)):
                compression = ZIP_DEFLATED if file.parent == suite else ZIP_STORED
                packed.write(file, f"{SUITES}/{file.relative_to(folder).as_posix()}", compression)
    return len(suites)


def _copy_database(database: Path, copy: Path) -> None:
    """By SQLite's own means: its log is part of it, and writers need not wait."""
    address = f"{database.resolve().as_uri()}?mode=rw"  # a missing file must not be made
    with (
        closing(sqlite3.connect(address, uri=True, timeout=WAIT_S)) as old,
        closing(sqlite3.connect(copy)) as new,
    ):
        old.backup(new)
        new.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it


def _picture_files(database: Path) -> list[str]:
    """The files of all pictures but those of which an import brought the name only."""
    with closing(sqlite3.connect(database)) as opened:
        query = "SELECT file FROM pictures WHERE size_bytes > 0 ORDER BY file"
        return [file for (file,) in opened.execute(query)]


def _check(part: Path, folder: Path, name: str) -> None:
    """Read all of the copy and open its database. Raises StoreError `store_damaged`."""
    unpacked = folder / "unpacked.db"
    with ZipFile(part) as packed:
        if packed.testzip() is not None:
            raise StoreError("store_damaged", database=name)
        with packed.open(DATABASE) as inside, unpacked.open("wb") as outside:
            copyfileobj(inside, outside)
    with closing(sqlite3.connect(unpacked)) as opened:
        if opened.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise StoreError("store_damaged", database=name)
