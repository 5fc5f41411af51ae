"""A database that cannot do it says so, keeps nothing half, and works again once the cause is gone."""

import errno
import os
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text

from comparer.errors import StoreError
from comparer.records import Rating
from storage import SqlStore, open_store
from storage.pictures import PictureFiles
from tests.storage.databases import POSTGRES, Database, an_answer, answered, asked


def refused(code: str, call: Callable[[], object]) -> StoreError:
    with pytest.raises(StoreError) as caught:
        call()
    assert caught.value.code == code
    for language in ("en", "zh"):
        assert "{" not in caught.value.sentence(language)
    return caught.value


def set_on_every_connection(store: SqlStore, pragma: str) -> None:
    event.listen(store._reader, "connect", lambda connection, _: connection.execute(f"PRAGMA {pragma}"))
    store._reader.dispose()


def test_a_locked_database_refuses_and_takes_the_rating_later(shared_database: Database) -> None:
    store = shared_database.open(wait_s=0.3)
    answer = answered(store)
    other = create_engine(shared_database.url, isolation_level="AUTOCOMMIT")
    with other.connect() as connection:
        locks = ["BEGIN IMMEDIATE"] if shared_database.is_sqlite else ["BEGIN", "LOCK TABLE ratings"]
        for lock in locks:
            connection.execute(text(lock))
        error = refused("store_busy", lambda: store.rate(answer, Rating(True)))
        assert "Nothing was saved" in str(error)
        connection.execute(text("ROLLBACK"))
    other.dispose()
    assert list(store.rated_answers()) == []
    store.rate(answer, Rating(True))
    assert len(list(store.rated_answers())) == 1


def test_writers_queue_no_longer_than_the_wait(sqlite: Database) -> None:
    store = sqlite.open(wait_s=0.2)
    answer = answered(store)
    with store._transactions.writing():
        refused("store_busy", lambda: store.rate(answer, Rating(True)))
    store.rate(answer, Rating(True))


def test_a_full_database_keeps_all_it_acknowledged(sqlite: Database) -> None:
    store = sqlite.open()
    turn = asked(store)
    pages = sqlite.all("PRAGMA page_count")[0][0]
    set_on_every_connection(store, f"max_page_count = {pages + 20}")
    kept = []

    def fill() -> None:
        while True:
            kept.append(store.add_answer(turn, an_answer(text="x" * 5_000)))

    refused("store_full", fill)
    assert len(kept) > 3
    conversation = sqlite.all("SELECT id FROM conversations")[0][0]
    stored = store.conversation(conversation).turns[0].answers
    assert [answer.id for answer in stored] == kept
    set_on_every_connection(store, "max_page_count = 1000000")
    kept.append(store.add_answer(turn, an_answer()))
    assert len(store.conversation(conversation).turns[0].answers) == len(kept)


def test_a_read_only_database_is_read_and_not_written(shared_database: Database) -> None:
    store = shared_database.open()
    answer = answered(store)
    store.rate(answer, Rating(True, "Ann"))
    if shared_database.is_sqlite:
        set_on_every_connection(store, "query_only = ON")
    else:
        url = shared_database.url
        store = shared_database.open(database_url=f"{url}%20-cdefault_transaction_read_only%3Don")
    refused("store_read_only", lambda: store.rate(answer, Rating(False, "Ann")))
    assert store.ratings(store.turn_of(answer), "Ann") == {answer: Rating(True, "Ann")}


def test_a_read_only_database_that_is_up_to_date_can_still_be_looked_at(sqlite: Database) -> None:
    store = sqlite.open()
    store.rate(answered(store), Rating(True))
    store.close()
    looked_at = sqlite.open(database_url=f"sqlite:///file:{sqlite.data_dir}/comparer.db?mode=ro&uri=true")
    assert looked_at.counts()[0].ratings == 1
    refused("store_read_only", lambda: looked_at.set_threshold("manual", 0.1))


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "comparer.db"
    file.write_bytes(b"a shopping list, perhaps" * 500)
    refused("store_damaged", lambda: open_store(tmp_path))
    assert file.read_bytes() == b"a shopping list, perhaps" * 500


def test_a_data_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    refused("store_broken", lambda: open_store(tmp_path / "file" / "data"))


def test_a_database_file_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    refused("store_unreachable", lambda: open_store(tmp_path, f"sqlite:///{tmp_path}/none/x.db"))


def test_a_server_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://ann:secret@127.0.0.1:9/none"
    error = refused("store_unreachable", lambda: open_store(tmp_path, url, wait_s=2))
    assert "secret" not in str(error.parameters)
    assert "ann" in str(error.parameters)


@pytest.mark.skipif(POSTGRES is None, reason="needs PostgreSQL")
def test_what_a_server_has_against_it_is_told(tmp_path: Path, postgres_server: str) -> None:
    error = refused("database_unknown", lambda: open_store(tmp_path, f"{postgres_server}/nothing_here"))
    assert "createdb nothing_here" in str(error)
    for address, name in ((postgres_server, "comparer"), (f"{postgres_server}/Maß%20%22a", 'Maß "a')):
        error = refused("database_unknown", partial(open_store, tmp_path, address))
        assert f"no database “{name}”" in str(error)
    stranger = postgres_server.replace("comparer@", "nobody:secret@")
    error = refused("database_sign_in", lambda: open_store(tmp_path, f"{stranger}/postgres"))
    assert "secret" not in str(error.parameters)


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/name", "http://host"])
def test_an_address_that_is_none(tmp_path: Path, url: str) -> None:
    if url:
        refused("store_url_unusable", lambda: open_store(tmp_path, url))
    else:
        open_store(tmp_path, url).close()  # nothing given: the file in the data folder
        assert (tmp_path / "comparer.db").exists()


def test_the_log_holds_neither_password_nor_what_visitors_typed(
    sqlite: Database, caplog: pytest.LogCaptureFixture
) -> None:
    refused(
        "store_unreachable", lambda: open_store(sqlite.data_dir, "postgresql://ann:secret@127.0.0.1:9/x", wait_s=2)
    )
    store = sqlite.open()
    turn = asked(store)
    set_on_every_connection(store, "query_only = ON")
    refused("store_read_only", lambda: store.add_answer(turn, an_answer(text="private words")))
    assert "store_unreachable" in caplog.text and "store_read_only" in caplog.text
    assert "secret" not in caplog.text and "private words" not in caplog.text


def test_a_connection_that_breaks_in_between_is_made_anew(shared_database: Database) -> None:
    store = shared_database.open()
    answer = answered(store)
    if not shared_database.is_sqlite:
        admin = create_engine(shared_database.url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            connection.execute(text(f"{end} AND datname = current_database()"))
        admin.dispose()
    store.rate(answer, Rating(True))
    assert len(list(store.rated_answers())) == 1


def test_every_connection_writes_through_to_the_disk(sqlite: Database) -> None:
    store = sqlite.open()
    with store._transactions._writer.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15_000}


def test_a_network_mount_gets_one_exclusive_file(make_database: Callable[[str], Database]) -> None:
    database = make_database("sqlite-network-mount")
    answered(database.open())
    files = {path.name for path in database.data_dir.iterdir()}
    assert not files & {"comparer.db-wal", "comparer.db-shm"}
    intruder = sqlite3.connect(database.data_dir / "comparer.db", timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        intruder.execute("SELECT count(*) FROM ratings")
    intruder.close()


# --- pictures ---


def test_a_picture_is_kept_once_under_its_hash(sqlite: Database) -> None:
    store = sqlite.open()
    first = store.save_picture(b"the same bytes", 4, 3, ".webp")
    assert store.save_picture(b"the same bytes", 4, 3, ".webp") == first
    folder = sqlite.data_dir / "pictures"
    assert [path for path in folder.rglob("*") if path.is_file()] == [first.path]
    assert first.path.relative_to(folder).as_posix() == f"{first.sha256[:2]}/{first.sha256}.webp"


def test_a_truncated_picture_file_is_mended(tmp_path: Path) -> None:
    files = PictureFiles(tmp_path)
    _, name = files.save(b"whole", ".webp")
    files.path(name).write_bytes(b"who")
    files.save(b"whole", ".webp")
    assert files.path(name).read_bytes() == b"whole"


@pytest.mark.parametrize("suffix", ["webp", "/../x", ".we/bp", ".", ""])
def test_a_suffix_cannot_lead_elsewhere(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(ValueError, match="not a file suffix"):
        PictureFiles(tmp_path).save(b"x", suffix)


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "store_full"), (errno.EROFS, "store_read_only"), (errno.EIO, "store_broken")],
)
def test_a_picture_on_a_bad_disk_leaves_nothing(
    sqlite: Database,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    number: int,
    code: str,
) -> None:
    store = sqlite.open()

    def fail(_handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("storage.pictures.os.fsync", fail)
    refused(code, lambda: store.save_picture(b"x", 1, 1, ".webp"))
    (record,) = [record for record in caplog.records if record.name == "storage.faults"]
    assert code in record.message
    assert ("Traceback" in caplog.text) == (code == "store_broken")  # "look into the program's log"
    assert [path for path in (sqlite.data_dir / "pictures").rglob("*") if path.is_file()] == []
    assert sqlite.all("SELECT * FROM pictures") == []
