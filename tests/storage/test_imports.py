"""What comes in from elsewhere: the newer word, items, pictures; and what is refused, with nothing of it kept."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from comparer.cli import app
from comparer.errors import InputError
from comparer.export import export
from comparer.imports import file as imports_file
from comparer.imports import json_ratings, read_ratings
from comparer.records import Answer, Metrics, Preference, Rating, TestItem
from comparer.store import Conversation, RatingFilter
from comparer.transfer import ImportReport
from storage import SqlStore
from tests.storage.databases import Database, an_answer, answered
from tests.storage.test_scores import assert_kept_counts_are_right

MODELS = ("4B", "8B")


def file_of(store: SqlStore, folder: Path, format_name: str = "json") -> Path:
    return export(format_name, store, models=MODELS, destination=folder / f"ratings.{format_name}")


def taken_in(store: SqlStore, file: Path) -> ImportReport:
    return store.import_ratings(read_ratings(file))


def changed_json(file: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    whole = json.loads(file.read_text("utf-8"))
    change(whole)
    file.write_text(json.dumps(whole, ensure_ascii=False), "utf-8")
    return file


def changed_csv(file: Path, row: int, **cells: str) -> Path:
    """The CSV with some cells of one row (2 is the first after the header) replaced."""
    rows = list(csv.reader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline="")))
    for name, cell in cells.items():
        rows[row - 1][rows[0].index(name)] = cell
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        csv.writer(opened).writerows(rows)
    return file


def refused(store: SqlStore, file: Path, *says: str) -> None:
    """The import raises a sentence with those words in it, in both languages, and keeps nothing."""
    before = (list(store.rated_answers()), list(store.votes()), store.items(include_archived=True))
    with pytest.raises(InputError) as caught:
        taken_in(store, file)
    sentence = str(caught.value)
    assert "Nothing was imported" in sentence
    assert "未导入任何内容" in caught.value.sentence("zh")
    for part in says:
        assert part in sentence, sentence
    assert (list(store.rated_answers()), list(store.votes()), store.items(include_archived=True)) == before


@pytest.fixture
def there(tmp_path: Path, sqlite: Database) -> SqlStore:
    """Two answers to one question with a picture, both rated by Ann, one of them by Ben; Ann's vote."""
    store = sqlite.open()
    picture = store.save_picture(b"picture", 3, 2, ".webp")
    conversation = store.begin(Conversation("demo", MODELS, "fault", blind=True))
    turn = store.add_turn(conversation, "Which lamp is on?", [picture])
    small, large = (store.add_answer(turn, an_answer(model)) for model in MODELS)
    store.rate(small, Rating(False, "Ann", ("wrong",), "No.", blind=True))
    store.rate(large, Rating(True, "Ann"))
    store.rate(large, Rating(True, "Ben"))
    store.prefer(turn, Preference("answer", large, "Ann"))
    return store


@pytest.fixture
def here(tmp_path: Path, request: pytest.FixtureRequest, make_database: Callable[[str], Database]) -> SqlStore:
    database = make_database(getattr(request, "param", "sqlite"))
    database.data_dir = tmp_path / "here"
    if database.is_sqlite:
        database.url = f"sqlite:///{tmp_path}/here/comparer.db"
    return database.open()


def answer_of(store: SqlStore, model: str, reviewer: str = "Ann") -> str:
    return next(
        row.answer_id for row in store.rated_answers() if (row.answer.model, row.rating.reviewer) == (model, reviewer)
    )


# --- the newer word wins ---


@pytest.mark.parametrize("format_name", ["csv", "json"])
def test_a_newer_state_updates_and_an_older_one_is_left_out(
    there: SqlStore, here: SqlStore, tmp_path: Path, format_name: str
) -> None:
    old = file_of(there, tmp_path, format_name).rename(tmp_path / "old")
    assert taken_in(here, old).ratings_new == 3
    there.rate(answer_of(there, "4B"), Rating(True, "Ann", note="After all."))
    report = taken_in(here, file_of(there, tmp_path, format_name))

    assert (report.ratings_new, report.ratings_updated, report.ratings_unchanged) == (0, 1, 2)
    assert list(here.rated_answers()) == list(there.rated_answers())
    assert here.counts() == there.counts()
    assert_kept_counts_are_right(here, [])
    with here._reader.connect() as connection:
        history = connection.execute(text("SELECT note, acceptable FROM rating_history")).all()
    assert [tuple(row) for row in history] == [("No.", 0)]

    report = taken_in(here, old)
    assert (report.ratings_updated, report.ratings_older, report.ratings_unchanged) == (0, 1, 2)
    assert list(here.rated_answers()) == list(there.rated_answers())
    assert "newer here and kept" in report.sentences("en")[0]


def test_one_reviewers_ratings_of_one_answer_in_two_places_become_one(
    there: SqlStore, here: SqlStore, tmp_path: Path
) -> None:
    taken_in(here, file_of(there, tmp_path))
    here.rate(answer_of(here, "4B"), Rating(True, "Zoe", note="first, here"))
    there.rate(answer_of(there, "4B"), Rating(False, "Zoe", note="later, there"))
    assert taken_in(here, file_of(there, tmp_path)).ratings_updated == 1
    assert [row.rating.note for row in here.rated_answers() if row.rating.reviewer == "Zoe"] == ["later, there"]
    assert_kept_counts_are_right(here, [])


def test_a_changed_vote_comes_along(there: SqlStore, here: SqlStore, tmp_path: Path) -> None:
    taken_in(here, file_of(there, tmp_path))
    vote = next(there.votes())
    there.prefer(vote.turn_id, Preference("tie", reviewer="Ann"))
    there.prefer(vote.turn_id, Preference("none", reviewer="Only a voter"))
    report = taken_in(here, file_of(there, tmp_path))
    assert (report.votes_updated, report.votes_new) == (1, 1)
    assert list(here.votes()) == list(there.votes())


def test_work_goes_on_in_an_imported_conversation(there: SqlStore, here: SqlStore, tmp_path: Path) -> None:
    there.add_answer(next(there.votes()).turn_id, an_answer("8B", "Nobody rated this."))
    later = there.add_answer(next(there.votes()).turn_id, an_answer("8B", "Again."))
    there.rate(later, Rating(False, "Ben"))
    taken_in(here, file_of(there, tmp_path))
    turn = here.turn_of(later)
    again = here.add_answer(turn, an_answer("4B", "Once more."))
    stored = here.conversation(next(here.rated_answers()).conversation_id).turns[0].answers
    assert [answer.id for answer in stored][-2:] == [later, again]
    report = taken_in(there, file_of(here, tmp_path))  # nobody rated the new answer
    assert report.ratings_unchanged == report.ratings == 4


def test_an_answer_made_in_each_place_is_kept_beside_the_other(
    there: SqlStore, here: SqlStore, tmp_path: Path
) -> None:
    taken_in(here, file_of(there, tmp_path))
    for store, words in ((there, "There."), (here, "Here.")):
        answer = store.add_answer(next(store.votes()).turn_id, an_answer("8B", words))
        store.rate(answer, Rating(True, "Ben"))
    assert taken_in(here, file_of(there, tmp_path)).ratings_new == 1
    texts = [row.answer.text for row in here.rated_answers() if row.rating.reviewer == "Ben"]
    assert sorted(texts) == ["Here.", "The red lamp.", "There."]


@pytest.mark.parametrize("here", ["postgresql"], indirect=True)
def test_into_postgresql(there: SqlStore, here: SqlStore, tmp_path: Path) -> None:
    assert taken_in(here, file_of(there, tmp_path)).ratings_new == 3
    there.rate(answer_of(there, "4B"), Rating(True, "Ann"))
    assert taken_in(here, file_of(there, tmp_path, "csv")).ratings_updated == 1
    assert list(here.rated_answers()) == list(there.rated_answers())
    assert list(here.votes()) == list(there.votes())
    assert_kept_counts_are_right(here, [])


# --- items ---


def test_an_unknown_item_is_made_with_the_files_names(there: SqlStore, here: SqlStore, tmp_path: Path) -> None:
    there.add_item(TestItem("own", "Own work", "自有业务", 0.6, must_have=True, archived=True))
    there.rate(answered(there, item="own"), Rating(True, "Ann"))
    report = taken_in(here, file_of(there, tmp_path, "csv"))
    assert report.items_created == ("own",)
    assert here.items(include_archived=True)[-1] == TestItem("own", "Own work", "自有业务", 0.6, 1, True, True)
    assert "New test items: own." in report.sentences("en")


def test_the_definition_of_an_item_in_use_stays(there: SqlStore, here: SqlStore, tmp_path: Path) -> None:
    answered(here, item="fault")
    there.set_threshold("fault", 0.5)
    there.set_threshold("service", 0.5)
    report = taken_in(here, file_of(there, tmp_path))
    assert (report.items_kept, report.items_taken_over) == (("fault",), ("service",))
    assert {item.key: item.threshold for item in here.items()} == {"manual": 0.8, "fault": 0.75, "service": 0.5}


# --- pictures ---


def test_a_picture_that_did_not_come_is_counted_and_can_be_added(
    there: SqlStore, here: SqlStore, tmp_path: Path
) -> None:
    report = taken_in(here, file_of(there, tmp_path))
    assert report.pictures_missing == 1
    conversation = next(here.rated_answers()).conversation_id
    (picture,) = here.conversation(conversation).turns[0].pictures
    assert not picture.is_here and not picture.path.exists()
    assert here.search().conversations[0].picture == picture
    added = here.save_picture(b"picture", 3, 2, ".webp")
    assert added.is_here and added.path.read_bytes() == b"picture"
    assert here.conversation(conversation).turns[0].pictures == (added,)
    assert taken_in(here, file_of(there, tmp_path)).pictures_missing == 0
    here.delete_conversation(conversation)
    assert not added.path.exists()


# --- what is refused ---


def test_files_that_are_not_ours(here: SqlStore, there: SqlStore, tmp_path: Path) -> None:
    file = tmp_path / "file"
    for content in (b"", b"a,b\n1,2\n", b"a shopping list", b"{}", b'{"version": 1, "models": []}'):
        file.write_bytes(content)
        refused(here, file, "not a file of ratings")
    refused(here, file_of(there, tmp_path, "csv-summary"), "not a file of ratings")
    for content in (b"PK\x03\x04\x90\xff", "评分".encode("gb18030")):
        file.write_bytes(content)
        refused(here, file, "UTF-8")
    refused(here, tmp_path / "none", "could not be read")
    refused(here, tmp_path, "could not be read")


def test_a_json_that_is_cut_off_or_damaged(there: SqlStore, here: SqlStore, tmp_path: Path) -> None:
    whole = file_of(there, tmp_path).read_bytes()
    file = tmp_path / "cut"
    for length in (1, len(whole) // 3, len(whole) - 3):
        file.write_bytes(whole[:length])
        refused(here, file, "damaged or was cut off")
    for damaged in (b"{" * 100_000, b'{"version": 1, "ratings": [' + b"[" * 100_000, b'{"version": NaN}'):
        file.write_bytes(damaged)
        refused(here, file, "damaged or was cut off")
    file.write_bytes(whole)
    assert taken_in(here, file).ratings_new == 3


@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_json_is_read_in_pieces_of_any_size(
    there: SqlStore, here: SqlStore, tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_ratings, "CHUNK", chunk)
    assert taken_in(here, file_of(there, tmp_path)).ratings_new == 3
    assert list(here.rated_answers()) == list(there.rated_answers())


def test_files_of_other_versions(there: SqlStore, here: SqlStore, tmp_path: Path) -> None:
    refused(here, changed_json(file_of(there, tmp_path), lambda whole: whole.update(version=2)), "newer version")
    refused(here, changed_json(file_of(there, tmp_path), lambda whole: whole.pop("version")), "earlier version")
    file = file_of(there, tmp_path, "csv")
    refused(here, changed_csv(file, 2, for_import='{"version": 2}'), "newer version")
    refused(here, changed_csv(file, 1, for_import="something"), "earlier version")
    refused(here, changed_csv(file_of(there, tmp_path, "csv"), 1, lineup="Lineup"), "lacks these columns: lineup")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("acceptable", "maybe"),
        ("rated_at", "yesterday"),
        ("rated_at", "0001-01-01T00:00:00Z"),
        ("ttft_s", "fast"),
        ("ttft_s", "nan"),
        ("e2e_s", "1e999"),
        ("output_tokens", "1.5"),
        ("peak_memory_bytes", str(2**63)),
        ("top_k", str(2**31)),
        ("precision", "fp17"),
        ("stop_reason", ""),
        ("model", ""),
        ("rating_id", ""),
        ("rating_id", "x" * 33),
        ("turn_id", "../x"),
        ("pictures", "not-a-hash"),
        ("reasons", "something else"),
        ("for_import", "{"),
        ("for_import", "[]"),
        ("for_import", '{"version": 1, "reasons": []}'),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_row(
    there: SqlStore, here: SqlStore, tmp_path: Path, column: str, value: str
) -> None:
    refused(here, changed_csv(file_of(there, tmp_path, "csv"), 3, **{column: value}), "Row 3: ")


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"question": "Another?"}, "the case no longer fits"),
        ({"item": "manual"}, "the case no longer fits"),
        ({"note": "x" * 2_001}, "The note has 2001 characters"),
        ({"reviewer": " Ann"}, "not as it was exported"),
        ({"answer": "Other words."}, "here already with other words"),
        ({"lineup": "other"}, "began otherwise"),
        ({"acceptable": "false"}, "at the very same moment"),
    ],
)
def test_a_row_that_was_changed_by_hand(there: SqlStore, tmp_path: Path, cells: dict[str, str], says: str) -> None:
    refused(there, changed_csv(file_of(there, tmp_path, "csv"), 3, **cells), "Row 3: ", says)


def test_two_answers_under_one_id_in_one_file(there: SqlStore, here: SqlStore, tmp_path: Path) -> None:
    refused(here, changed_csv(file_of(there, tmp_path, "csv"), 4, answer="Another."), "Row 4: ", "other words")


def test_a_rating_said_twice(there: SqlStore, here: SqlStore, tmp_path: Path) -> None:
    def again(whole: dict[str, Any]) -> None:
        whole["ratings"].append(whole["ratings"][0])

    def again_otherwise(whole: dict[str, Any]) -> None:
        whole["ratings"][-1] |= {"acceptable": True, "rated_at": "2090-01-01T00:00:00Z"}

    file = changed_json(file_of(there, tmp_path), again)
    report = taken_in(here, file)
    assert (report.ratings_new, report.ratings_unchanged) == (3, 1)
    here.delete_conversation(next(here.rated_answers()).conversation_id)
    refused(here, changed_json(file, again_otherwise), "Row 4: ", "stands in the file twice")


def test_a_conversation_that_went_on_in_both_places(there: SqlStore, here: SqlStore, tmp_path: Path) -> None:
    taken_in(here, file_of(there, tmp_path))
    for store in (there, here):
        row = next(store.rated_answers())
        turn = store.add_turn(row.conversation_id, "And then?", [])
        store.rate(store.add_answer(turn, an_answer()), Rating(True, "Ann"))
    refused(here, file_of(there, tmp_path), "Row 4: ", "went on with another question 2")


def test_ids_that_belong_to_something_else(there: SqlStore, here: SqlStore, tmp_path: Path) -> None:
    taken_in(here, file_of(there, tmp_path))
    first, *_ = here.rated_answers()
    file = file_of(there, tmp_path, "csv")
    refused(here, changed_csv(file, 3, rating_id=first.rating_id), "belongs to another answer or reviewer")
    file = file_of(there, tmp_path)
    other = answered(here)

    def vote_for_another(whole: dict[str, Any]) -> None:
        whole["votes"][0]["vote"] |= {"answer_id": other, "answer": None}

    refused(here, changed_json(file, vote_for_another), "Row 1: ", "not among those of its turn")


def test_a_file_that_is_too_long(
    there: SqlStore, here: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = file_of(there, tmp_path)
    whole = json.loads(file.read_text("utf-8"))
    rows = len(whole["ratings"]) + len(whole["votes"])
    monkeypatch.setattr(imports_file, "MAX_ROWS", rows - 1)
    refused(here, file, f"more than {rows - 1} ratings")
    monkeypatch.setattr(imports_file, "MAX_ROWS", rows)
    assert taken_in(here, file).ratings_new == len(whole["ratings"])


def test_an_export_of_some_ratings_can_be_imported(there: SqlStore, here: SqlStore, tmp_path: Path) -> None:
    file = tmp_path / "blind.json"
    export("json", there, models=MODELS, destination=file, ratings=RatingFilter(blind_only=True))
    report = taken_in(here, file)
    assert (report.ratings_new, report.conversations_new) == (1, 1)


def test_a_spreadsheets_way_of_saving(there: SqlStore, here: SqlStore, tmp_path: Path) -> None:
    """Excel writes TRUE, keeps the byte order mark and may leave an empty line at the end."""
    file = file_of(there, tmp_path, "csv")
    written = file.read_text("utf-8-sig").replace(",true,", ",TRUE,").replace(",false,", ",FALSE,")
    file.write_text(written + ",,\r\n", "utf-8-sig", newline="")
    assert taken_in(here, file).ratings_new == 3


def test_the_command_line(there: SqlStore, tmp_path: Path) -> None:
    file = file_of(there, tmp_path)
    into = ["--data-dir", str(tmp_path / "cli")]
    said = CliRunner().invoke(app, ["import", str(file), *into], catch_exceptions=False)
    assert "3 ratings read: 3 new" in said.output and "1 votes read" in said.output
    said = CliRunner().invoke(app, ["import", str(file), "--json", *into], catch_exceptions=False)
    report = json.loads(said.stdout)
    assert (report["ratings_unchanged"], report["votes_unchanged"], report["file"]) == (3, 1, str(file))


def test_progress_is_told_and_memory_is_one_batch(
    there: SqlStore, here: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.imports.BATCH", 2)
    told: list[int] = []
    here.import_ratings(read_ratings(file_of(there, tmp_path, "csv")), told.append)
    assert told == [2, 4]
    assert list(here.rated_answers()) == list(there.rated_answers())
    assert here.counts() == there.counts()


def test_an_answer_without_text_cannot_have_been_rated(here: SqlStore, there: SqlStore, tmp_path: Path) -> None:
    answer = Answer("4B", "The red", "cancelled", Metrics())
    turn = next(there.votes()).turn_id
    there.rate(there.add_answer(turn, answer), Rating(True, "Ann"))
    refused(here, changed_csv(file_of(there, tmp_path, "csv"), 5, answer=""), "Row 5: ")
