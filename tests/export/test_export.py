"""Exports of a real database: what a spreadsheet or a script reads back."""

import csv
import io
import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner

from comparer.cli import app
from comparer.errors import InputError, StoreError
from comparer.export import FORMATS, export
from comparer.export.csv_file import cell
from comparer.records import Answer, Metrics, Preference, Rating, Sampling
from comparer.store import Conversation, RatingFilter
from storage import SqlStore, open_store

MODELS = ("4B", "8B")
EVIL = '=HYPERLINK("http://evil.example","click")'


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    """Two answers to one question, three ratings, one vote."""
    made = open_store(tmp_path / "data")
    picture = made.save_picture(b"picture", 3, 2, ".webp")
    conversation = made.begin(Conversation("demo", MODELS, "fault", blind=True))
    turn = made.add_turn(conversation, EVIL, [picture])
    metrics = Metrics(ttft_s=0.125, tpot_s=0.01, e2e_s=1.5, output_tokens=100, contended=True)
    small = made.add_answer(turn, Answer("4B", '-5 °C\n红灯, "on"', "length", metrics, "Qwen/4B", "bf16", "cuda:0"))
    large = made.add_answer(turn, Answer("8B", "The pump.", "stop", Metrics()))
    made.rate(small, Rating(False, "王芳", ("wrong", "too short"), "@SUM(1+1)*cmd|' /C calc'!A0", blind=True))
    made.rate(large, Rating(True, "王芳"))
    made.rate(large, Rating(True, "+Ben"))
    made.prefer(turn, Preference("answer", large, "王芳"))
    yield made
    made.close()


def rows_of(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline="")))


def test_ratings_as_csv(store: SqlStore, tmp_path: Path) -> None:
    file = export("csv", store, models=MODELS, destination=tmp_path / "ratings.csv")

    assert file == tmp_path / "ratings.csv"
    assert file.read_bytes().startswith(b"\xef\xbb\xbfrated_at,")
    first, second, third = rows_of(file)
    assert first["reviewer"] == "王芳"
    assert (first["item"], first["item_name_en"]) == ("fault", "Fault diagram diagnosis")
    assert first["item_name_zh"] == "故障图谱诊断"
    assert (first["lineup"], first["model"], first["model_id"]) == ("demo", "4B", "Qwen/4B")
    assert (first["precision"], first["device"], first["stop_reason"]) == ("bf16", "cuda:0", "length")
    assert (first["acceptable"], first["blind"], first["preferred"]) == ("false", "true", "false")
    assert first["reasons"] == "wrong; too short"
    assert (first["ttft_s"], first["output_tokens"], first["contended"]) == ("0.125", "100", "true")
    assert first["queue_s"] == ""
    assert first["max_new_tokens"] == "512"
    assert first["rated_at"].endswith("Z")
    assert len(first["pictures"]) == 64
    assert (second["model"], second["acceptable"], second["preferred"]) == ("8B", "true", "true")
    assert third["preferred"] == ""
    assert {field.name for field in (*fields(Metrics), *fields(Sampling))} <= first.keys()


def test_nothing_in_the_csv_can_run_as_a_formula(store: SqlStore, tmp_path: Path) -> None:
    file = export("csv", store, models=MODELS, destination=tmp_path / "ratings.csv")
    first, _, third = rows_of(file)
    assert first["question"] == f"'{EVIL}"
    assert first["note"].startswith("'@SUM")
    assert first["answer"] == '\'-5 °C\n红灯, "on"'
    assert third["reviewer"] == "'+Ben"
    for row in rows_of(file):
        assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r")) for value in row.values())


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_text_that_starts_like_a_formula_gets_an_apostrophe(start: str) -> None:
    assert cell(f"{start}1") == f"'{start}1"
    assert cell(f"a{start}1") == f"a{start}1"


def test_numbers_stay_numbers() -> None:
    assert [cell(value) for value in (-1.5, -3, 0, None, True, False)] == [-1.5, -3, 0, None, "true", "false"]


def test_the_summary_as_csv(store: SqlStore, tmp_path: Path) -> None:
    rows = rows_of(export("csv-summary", store, models=MODELS, destination=tmp_path / "summary.csv"))
    assert [(row["item"], row["model"]) for row in rows] == [
        (item, model) for item in ("manual", "fault", "service") for model in MODELS
    ]
    fault = {row["model"]: row for row in rows if row["item"] == "fault"}
    assert (fault["4B"]["pass_rate"], fault["4B"]["cases"], fault["4B"]["ratings"]) == ("0.0", "1", "1")
    assert (fault["8B"]["pass_rate"], fault["8B"]["cases"], fault["8B"]["ratings"]) == ("1.0", "1", "2")
    assert (fault["8B"]["threshold"], fault["8B"]["verdict"]) == ("0.75", "undecided")
    assert fault["8B"]["item_name_zh"] == "故障图谱诊断"
    assert fault["8B"]["smallest_sufficient"] == "false"
    assert (rows[0]["pass_rate"], rows[0]["verdict"]) == ("", "no_ratings")


def test_both_as_json(store: SqlStore, tmp_path: Path) -> None:
    file = export("json", store, models=MODELS, destination=tmp_path / "all.json", language="zh")
    given = json.loads(file.read_text("utf-8"))
    assert given["models"] == list(MODELS)
    assert given["rows"][1]["cells"]["8B"]["ratings"] == 2
    assert given["recommendation"]["model"] is None
    assert "尚无" in given["recommendation"]["reasons"][0]
    assert [row["reviewer"] for row in given["ratings"]] == ["王芳", "王芳", "+Ben"]
    assert given["ratings"][0]["question"] == EVIL  # only spreadsheets run formulas
    assert given["ratings"][0]["ttft_s"] == 0.125
    assert given["ratings"][0]["acceptable"] is False


def test_statistics_stand_beside_the_table_in_the_json(store: SqlStore, tmp_path: Path) -> None:
    """One case: 8B right by two reviewers, 4B wrong by one; too little to say anything."""
    file = export("json", store, models=MODELS, destination=tmp_path / "all.json")
    found = json.loads(file.read_text("utf-8"), parse_constant=pytest.fail)["statistics"]
    assert (found["ratings"], found["votes"], found["reviewers"]) == (3, 1, 2)
    assert not found["newest_ratings_only"]
    assert found["paired"][0] | {"p_value_while_looking": 0} == {
        "larger": "8B",
        "smaller": "4B",
        "cases": 1,
        "larger_rate": 1.0,
        "smaller_rate": 0.0,
        "difference": found["paired"][0]["difference"],
        "larger_ahead": 1,
        "smaller_ahead": 0,
        "ratio": {"value": None, "low": pytest.approx(0.0256, abs=1e-4), "high": None},
        "test": "mcnemar_exact",
        "p_value": 1.0,
        "p_value_while_looking": 0,
        "verdict": "no_difference_shown",
        "more_cases": found["paired"][0]["more_cases"],
    }
    assert found["agreement"]["undefined"] == "only_one_value"
    assert set(found["preference"]["models"]) == set(MODELS)


def test_votes_as_battles(store: SqlStore, tmp_path: Path) -> None:
    file = export("battles", store, models=MODELS, destination=tmp_path)
    assert re.fullmatch(r"comparer-battles-\d{4}-\d\d-\d\d\.jsonl", file.name)
    (battle,) = map(json.loads, file.read_text("utf-8").splitlines())
    assert (battle["model_a"], battle["model_b"], battle["winner"]) == ("4B", "8B", "model_b")
    assert (battle["judge"], battle["category"]) == ("王芳", "fault")


def test_an_export_holds_the_filtered_ratings_only(store: SqlStore, tmp_path: Path) -> None:
    only = RatingFilter(reviewers=("+Ben",))
    rows = rows_of(export("csv", store, models=MODELS, destination=tmp_path / "x.csv", ratings=only))
    assert [row["reviewer"] for row in rows] == ["'+Ben"]
    rows = rows_of(export("csv-summary", store, models=MODELS, destination=tmp_path / "y.csv", ratings=only))
    assert sum(int(row["ratings"]) for row in rows) == 1


def test_without_ratings_there_is_still_a_header(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    file = export("csv", store, models=MODELS, destination=tmp_path / "ratings.csv")
    store.close()
    assert file.read_text("utf-8-sig").startswith("rated_at,reviewer,blind,item")
    assert rows_of(file) == []


def test_into_a_folder_under_a_name_with_the_day(store: SqlStore, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    made = {export(name, store, models=MODELS, destination=folder).name for name in FORMATS}
    assert len(made) == len(FORMATS)
    assert {path.name for path in folder.iterdir()} == made
    assert all(name.startswith("comparer-") for name in made)


def test_an_unknown_format_names_the_known_ones(store: SqlStore, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        export("pdf", store, models=MODELS, destination=tmp_path / "x.pdf")
    assert refused.value.code == "unknown_format"
    assert "csv, csv-summary, json" in str(refused.value)
    assert "pdf" in refused.value.sentence("zh")


def test_an_export_that_fails_leaves_the_earlier_file_alone(
    store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = export("csv", store, models=MODELS, destination=tmp_path / "ratings.csv")
    before = file.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("comparer.export.csv_file.cell", full)
    with pytest.raises(InputError, match="No space left on device"):
        export("csv", store, models=MODELS, destination=tmp_path / "ratings.csv")
    assert file.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"data", "ratings.csv"}


def test_into_a_place_that_is_not_there(store: SqlStore, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        export("csv", store, models=MODELS, destination=tmp_path / "none" / "x.csv")
    assert refused.value.code == "export_not_written"


def test_the_command_makes_no_database_where_there_is_none(tmp_path: Path) -> None:
    mistyped = tmp_path / "mistyped"
    refused = CliRunner().invoke(app, ["export", "--data-dir", str(mistyped), "--out", str(tmp_path)])
    assert isinstance(refused.exception, StoreError) and str(mistyped) in refused.exception.sentence("zh")
    assert not mistyped.exists() and list(tmp_path.iterdir()) == []
