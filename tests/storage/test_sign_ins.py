"""Sign-ins are kept over a restart, for every process on one database, and no longer than they hold."""

from datetime import UTC, datetime, timedelta

from comparer.sign_ins import SignIn
from tests.storage.databases import Database

TOMORROW = datetime.now(UTC) + timedelta(days=1)


def test_known_after_a_restart_and_elsewhere(shared_database: Database) -> None:
    ada = SignIn("Ada", "s1", TOMORROW)
    store = shared_database.open()
    store.sign_ins.keep("k1", ada)
    assert shared_database.open().sign_ins.find("k1") == ada
    store.close()
    store = shared_database.open()
    assert store.sign_ins.find("k1") == ada and store.sign_ins.find("k2") is None
    store.sign_ins.end("k1")
    store.sign_ins.end("k1")
    assert store.sign_ins.find("k1") is None


def test_what_is_over_goes_with_the_next_one(shared_database: Database) -> None:
    store = shared_database.open()
    over = SignIn("Rea", "s", datetime.now(UTC) - timedelta(seconds=1))
    store.sign_ins.keep("k1", over)
    assert store.sign_ins.find("k1") == over
    store.sign_ins.keep("k2", SignIn("名字", "s", TOMORROW))
    assert store.sign_ins.find("k1") is None and store.sign_ins.find("k2") is not None
    assert shared_database.all("SELECT count(*) FROM sign_ins") == [(1,)]
