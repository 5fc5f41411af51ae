"""The tables come up to date at start, with a copy first, whole or not at all."""

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError

import storage.migrate
from comparer.errors import StoreError
from comparer.records import Rating, TestItem
from storage.database import parse_url
from storage.tables import RatingRow
from tests.storage.databases import Database, answered
from tests.storage.test_scores import assert_kept_counts_are_right

NEXT_VERSION = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", "0007", None, None

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


@pytest.fixture
def first_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The migrations as they were at first; undo it to have them all."""
    scripts = tmp_path / "first migrations"
    shutil.copytree(storage.migrate._SCRIPTS, scripts)
    for file in (scripts / "versions").glob("v*.py"):
        if not file.name.startswith("v0001"):
            file.unlink()
    monkeypatch.setattr("storage.migrate._SCRIPTS", scripts)
    return monkeypatch


def test_ratings_of_the_first_version_are_counted_by_the_upgrade(
    shared_database: Database, first_version: pytest.MonkeyPatch
) -> None:
    shared_database.data_dir.mkdir()
    storage.migrate.migrate(parse_url(shared_database.url))
    shared_database.fill(rows_of_the_first_version())
    first_version.undo()

    store = shared_database.open()

    assert store.items() == (
        TestItem("manual", "Product manual parsing", "产品说明书解析", 0.8),
        TestItem("fault", "Fault diagram diagnosis", "故障图谱诊断", 0.75),
        TestItem("service", "Customer-service dialogue", "客服对话理解", 0.7),
    )
    assert sum(count.ratings for count in store.counts()) == 2 * RATINGS // 3  # a third has no item
    assert_kept_counts_are_right(store, ["conversation 0", "conversation 1"])
    store.rate("answer 0", Rating(True, "Newcomer"))
    assert_kept_counts_are_right(store, ["conversation 0"])
    assert shared_database.all("SELECT version_num FROM alembic_version") == [("0007",)]
    if shared_database.is_sqlite:
        assert len(list(shared_database.data_dir.glob("*before-upgrade*"))) == 1
        with pytest.raises(IntegrityError, match="weight_is_not_negative"):
            shared_database.all("UPDATE items SET weight = -1")


RATINGS = 180


def rows_of_the_first_version() -> dict[str, list[dict[str, Any]]]:
    """Conversations of one turn and one answer, some on the same case, each rated by three reviewers."""
    made = datetime(2026, 1, 2, tzinfo=UTC)
    numbers = range(RATINGS // 3)
    fixed: dict[str, Any] = {"device": "cpu", "text": "?", "stop_reason": "stop", "dropped_turns": 0}
    fixed |= {"failure_parameters": {}, "contended": False, "max_new_tokens": 8, "temperature": 0, "top_p": 1}
    fixed |= {"top_k": 1, "seed": 0, "max_image_tokens": 64, "created_at": made, "sequence": 0, "position": 0}
    return {
        "reviewers": [{"id": f"reviewer {n}", "name": f"Reviewer {n}", "created_at": made} for n in range(3)],
        "conversations": [
            {
                "id": f"conversation {n}",
                "lineup": ("demo", "qwen3-vl")[n // 3 % 2],
                "model_order": ["4B", "8B"],
                "item": ("manual", "fault", None)[n % 3],
                "blind": n % 2 == 0,
                "reviewer_id": "reviewer 0",
                "created_at": made,
            }
            for n in numbers
        ],
        "turns": [
            {
                "id": f"turn {n}",
                "conversation_id": f"conversation {n}",
                "position": 0,
                "question": "?",
                "case_key": f"case {n % 12}",
                "created_at": made,
            }
            for n in numbers
        ],
        "answers": [
            {
                "id": f"answer {n}",
                "turn_id": f"turn {n}",
                "model": ("4B", "8B")[n // 6 % 2],
                "model_id": ("small@1", "small@2")[n // 4 % 2],
                "precision": ("fp32", "int8")[n // 5 % 2],
                **fixed,
            }
            for n in numbers
        ],
        "ratings": [
            {
                "id": f"rating {n} {reviewer}",
                "answer_id": f"answer {n}",
                "reviewer_id": f"reviewer {reviewer}",
                "acceptable": (n + reviewer) % 3 > 0,
                "reasons": [],
                "note": "",
                "blind": n % 2 == 0 and reviewer > 0,
                "rated_at": made,
                "created_at": made,
            }
            for n in numbers
            for reviewer in range(3)
        ],
    }


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
        assert old.execute("SELECT version_num FROM alembic_version").fetchall() == [("0007",)]
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
    assert shared_database.all("SELECT version_num FROM alembic_version") == [("0007",)]


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
    assert "0007" in str(refused.value)
    assert "更新版本" in refused.value.sentence("zh")
    assert shared_database.all("SELECT version_num FROM alembic_version") == [("9999",)]


def test_several_programs_may_start_at_once(shared_database: Database) -> None:
    with ThreadPoolExecutor(6) as starts:
        stores = list(starts.map(lambda _: shared_database.open(), range(6)))
    assert [len(store.items()) for store in stores] == [3] * 6
    assert shared_database.all("SELECT count(*) FROM items") == [(3,)]
