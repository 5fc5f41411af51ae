"""The tables come up to date at start, with a copy first, whole or not at all."""

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

import storage.migrate
from comparer.errors import StoreError
from comparer.records import Rating
from storage.database import parse_url
from storage.tables import RatingRow
from tests.storage.databases import Database, answered

NEXT_VERSION = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", "0001", None, None

def upgrade():
    rebuild = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    op.add_column("ratings", sa.Column("mood", sa.Text(), server_default="calm", nullable=False))
    with op.batch_alter_table("reviewers", recreate=rebuild) as reviewers:
        reviewers.add_column(sa.Column("team", sa.Text()))
"""


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The migrations with one more; returns its file."""
    scripts = tmp_path / "migrations"
    shutil.copytree(storage.migrate._SCRIPTS, scripts)
    monkeypatch.setattr("storage.migrate._SCRIPTS", scripts)
    file = scripts / "versions" / "v9999_next.py"
    file.write_text(NEXT_VERSION)
    return file


def test_the_migrations_make_the_tables_of_the_code(shared_database: Database) -> None:
    shared_database.open().close()
    engine = create_engine(shared_database.url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, RatingRow.metadata)
    engine.dispose()
    assert differences == []


def test_nothing_is_copied_or_changed_when_all_is_up_to_date(sqlite: Database) -> None:
    store = sqlite.open()
    store.set_threshold("manual", 0.5)
    store.close()
    assert storage.migrate.migrate(parse_url(sqlite.url)) is None
    assert [path.name for path in sqlite.data_dir.glob("*.db*")] == ["comparer.db"]
    assert sqlite.open().items()[0].threshold == 0.5


def test_an_older_database_is_copied_and_upgraded_with_all_it_holds(
    shared_database: Database, request: pytest.FixtureRequest
) -> None:
    store = shared_database.open()  # and left open: a part of the data is in SQLite's log only
    answer = answered(store)
    rating = store.rate(answer, Rating(True, "Ann"))
    request.getfixturevalue("next_version")

    copy = storage.migrate.migrate(parse_url(shared_database.url))

    assert shared_database.all("SELECT id, mood FROM ratings") == [(rating, "calm")]
    assert shared_database.all("SELECT name, team FROM reviewers WHERE name <> ''") == [("Ann", None)]
    assert store.rate(answer, Rating(False, "Ann")) == rating
    if shared_database.is_sqlite:
        assert copy is not None
        assert copy.parent == shared_database.data_dir
        old = sqlite3.connect(copy)
        assert old.execute("SELECT id FROM ratings").fetchall() == [(rating,)]
        assert old.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
        assert old.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        old.close()
    else:
        assert copy is None


def test_an_upgrade_that_fails_changes_nothing(shared_database: Database, next_version: Path) -> None:
    next_version.unlink()
    store = shared_database.open()
    rating = store.rate(answered(store), Rating(True))
    store.close()
    next_version.write_text(NEXT_VERSION + '    op.execute("INSERT INTO nowhere VALUES (1)")\n')
    with pytest.raises(StoreError, match="unexpected error"):
        shared_database.open()
    next_version.unlink()
    assert next(shared_database.open().rated_answers()).rating_id == rating
    assert shared_database.all("SELECT version_num FROM alembic_version") == [("0001",)]


def test_an_upgrade_that_breaks_references_is_undone(sqlite: Database, next_version: Path) -> None:
    next_version.unlink()
    store = sqlite.open()
    answered(store)
    store.close()
    next_version.write_text(NEXT_VERSION + '    op.execute("DELETE FROM conversations")\n')
    with pytest.raises(StoreError, match="foreign key of turns"):
        sqlite.open()
    assert len(sqlite.all("SELECT * FROM conversations")) == 1


def test_a_newer_database_is_refused_and_left_alone(shared_database: Database, next_version: Path) -> None:
    shared_database.open().close()
    next_version.unlink()
    with pytest.raises(StoreError) as refused:
        shared_database.open()
    assert refused.value.code == "store_too_new"
    assert "9999" in str(refused.value)
    assert "0001" in str(refused.value)
    assert "更新版本" in refused.value.sentence("zh")
    assert shared_database.all("SELECT version_num FROM alembic_version") == [("9999",)]


def test_several_programs_may_start_at_once(shared_database: Database) -> None:
    with ThreadPoolExecutor(6) as starts:
        stores = list(starts.map(lambda _: shared_database.open(), range(6)))
    assert [len(store.items()) for store in stores] == [3] * 6
    assert shared_database.all("SELECT count(*) FROM items") == [(3,)]
