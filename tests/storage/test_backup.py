"""A copy made while people rate is whole, of one moment, and can be worked with."""

import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from zipfile import ZipFile

import pytest
from typer.testing import CliRunner

import storage.backup
from comparer.cli import app
from comparer.errors import InputError, StoreError
from comparer.records import Rating
from comparer.store import Conversation
from comparer.suites.reading import read_suite
from storage import SqlStore, open_store
from storage.backup import back_up
from storage.pictures import PictureFiles
from tests.storage.databases import Database, an_answer, answered
from tests.storage.test_scores import assert_kept_counts_are_right
from tests.suites.running import a_suite


def with_picture(store: SqlStore, content: bytes = b"picture") -> str:
    """A conversation that shows a picture; returns its id."""
    conversation = store.begin(Conversation("demo", ("4B",), "manual"))
    turn = store.add_turn(conversation, "?", [store.save_picture(content, 1, 1, ".webp")])
    store.rate(store.add_answer(turn, an_answer()), Rating(True, "Ann"))
    return conversation


def test_a_copy_made_during_writes_is_whole_and_can_be_worked_with(sqlite: Database, tmp_path: Path) -> None:
    store = sqlite.open()
    with_picture(store)
    answers = [answered(store, f"question {number}") for number in range(5)]
    acknowledged: list[str] = []
    enough = threading.Event()

    def write(thread: int) -> None:
        number = 0
        while not enough.is_set():
            rating = Rating(number % 3 > 0, f"reviewer {thread} {number}")
            acknowledged.append(store.rate(answers[number % 5], rating))
            number += 1

    writers = [threading.Thread(target=write, args=(thread,)) for thread in range(3)]
    for writer in writers:
        writer.start()
    try:
        for copy in range(3):
            before = list(acknowledged)
            made = back_up(sqlite.data_dir, None, tmp_path / "copies" / f"{copy}.zip")
            assert (made.pictures, made.missing_pictures) == (1, 0)
            assert made.size_bytes == made.file.stat().st_size
            folder = tmp_path / f"unpacked {copy}"
            with ZipFile(made.file) as packed:
                packed.extractall(folder)
            with closing(sqlite3.connect(folder / "comparer.db")) as opened:
                assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                assert opened.execute("PRAGMA foreign_key_check").fetchall() == []
            copied = open_store(folder)
            assert set(before) <= {row.rating_id for row in copied.rated_answers()}
            assert_kept_counts_are_right(copied, [])
            with_picture(copied)
            copied.close()
            assert [file.read_bytes() for file in folder.rglob("*.webp")] == [b"picture"]
    finally:
        enough.set()
        for writer in writers:
            writer.join()
    assert sorted(file.name for file in (tmp_path / "copies").iterdir()) == ["0.zip", "1.zip", "2.zip"]


def test_a_file_that_is_there_is_replaced_only_when_forced(sqlite: Database, tmp_path: Path) -> None:
    with_picture(sqlite.open())
    copy = tmp_path / "copy.zip"
    copy.write_text("precious")
    command = ["backup", "--out", str(copy), "--data-dir", str(sqlite.data_dir), "--json"]
    refused = CliRunner().invoke(app, command)
    assert isinstance(refused.exception, InputError)
    assert refused.exception.code == "backup_exists"
    assert copy.read_text() == "precious"
    said = json.loads(CliRunner().invoke(app, [*command, "--force"]).stdout)
    size = copy.stat().st_size
    assert said == {"file": str(copy), "size_bytes": size, "pictures": 1, "missing_pictures": 0, "suites": 0}
    in_words = CliRunner().invoke(app, [*command[:-1], "--force"]).stdout
    assert "1 pictures" in in_words and "missing" not in in_words


def test_suites_come_along_and_what_was_thrown_away_does_not(sqlite: Database, tmp_path: Path) -> None:
    with_picture(sqlite.open())
    suites = sqlite.data_dir / "suites"
    a_suite(suites / "mine", cases=3)
    a_suite(suites / ".trash" / "old", cases=2)
    made = back_up(sqlite.data_dir, None, tmp_path / "copy.zip")
    with ZipFile(made.file) as packed:
        packed.extractall(tmp_path / "unpacked")
    assert made.suites == 1
    copied = read_suite(tmp_path / "unpacked" / "suites" / "mine")
    assert copied.cases == read_suite(suites / "mine").cases
    assert all((copied.folder / picture).is_file() for case in copied.cases for picture in case.pictures)
    assert not (tmp_path / "unpacked" / "suites" / ".trash").exists()


def test_a_picture_deleted_meanwhile_makes_it_begin_anew(
    sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = sqlite.open()
    going = with_picture(store, b"going")
    with_picture(store, b"staying")
    copy_database = storage.backup._copy_database

    def delete_after(database: Path, copy: Path) -> None:
        copy_database(database, copy)
        if len(store.search().conversations) == 2:
            store.delete_conversation(going)

    monkeypatch.setattr("storage.backup._copy_database", delete_after)
    made = back_up(sqlite.data_dir, None, tmp_path / "copy.zip")
    assert (made.pictures, made.missing_pictures) == (1, 0)


def test_pictures_that_were_gone_before_are_said(sqlite: Database, tmp_path: Path) -> None:
    store = sqlite.open()
    conversation = with_picture(store)
    picture = store.conversation(conversation).turns[0].pictures[0]
    PictureFiles(sqlite.data_dir / "pictures").delete(str(picture.path.relative_to(sqlite.data_dir / "pictures")))
    command = ["backup", "--out", str(tmp_path / "copy.zip"), "--data-dir", str(sqlite.data_dir)]
    said = CliRunner().invoke(app, command).stdout
    assert "0 pictures" in said and "1 pictures are not in it" in said


def test_without_a_database_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as refused:
        back_up(tmp_path / "nowhere", None, tmp_path / "copy.zip")
    assert refused.value.code == "store_unreachable"
    assert list(tmp_path.iterdir()) == []


def test_postgresql_is_left_to_its_own_tool(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="pg_dump") as refused:
        back_up(tmp_path, "postgresql://me:secret@host/name", tmp_path / "copy.zip")
    for sentence in (refused.value.sentence("en"), refused.value.sentence("zh")):
        assert "secret" not in sentence
        assert "{" not in sentence
