"""The workbook, read back with another library than the one that wrote it."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from comparer.export import export
from comparer.export.definitions import COLUMNS
from comparer.export.rows import IMPORT_COLUMNS, RATING_COLUMNS
from comparer.export.xlsx_cell import LONGEST_CELL, cell_text
from comparer.records import Answer, Metrics, Preference, Rating
from comparer.store import Conversation, RatingFilter
from comparer.texts import locale
from storage import SqlStore, open_store

MODELS = ("S", "M")
LABELS = {"S": "Small", "M": "=Medium"}
Rows = list[list[Any]]
EVIL = '=HYPERLINK("http://evil.example","click")'


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    """Twelve cases on one item: S half right, M all right. Only read by the tests."""
    made = open_store(tmp_path_factory.mktemp("store"))
    made.set_threshold("fault", 0.4)
    for number in range(12):
        conversation = made.begin(Conversation("demo", MODELS, "fault"))
        turn = made.add_turn(conversation, f"{EVIL}{number}", ())
        metrics = Metrics(ttft_s=0.125, e2e_s=1.5, output_tokens=100)
        small = made.add_answer(turn, Answer("S", "https://evil.example", "stop", metrics, "Qwen/4B", "bf16", "cpu"))
        medium = made.add_answer(turn, Answer("M", "bad \x0b\x00\x1b[31m 𝄞" + "长" * 40_000, "length", Metrics()))
        made.rate(small, Rating(number % 2 == 0, "王芳", ("wrong", "=1+1"), "@note\r\nmore"))
        made.rate(medium, Rating(True, "Ben"))
        made.prefer(turn, Preference("answer", medium, "Ben"))
    yield made
    made.close()


def book(store: SqlStore, folder: Path, **options: Any) -> Any:
    return load_workbook(
        export("xlsx", store, models=MODELS, destination=folder / "x.xlsx", labels=LABELS, **options)
    )


def test_the_summary_agrees_with_the_json(store: SqlStore, tmp_path: Path) -> None:
    sheet = book(store, tmp_path)["Summary"]
    given = json.loads(export("json", store, models=MODELS, destination=tmp_path / "x.json").read_text("utf-8"))
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    heads = next(number for number, row in enumerate(rows) if row[0] == "Test item")
    assert rows[heads - 1][2] == "Small" and rows[heads - 1][8] == "=Medium"
    assert sheet.cell(heads, 9).data_type == "s"
    for row, wanted in zip(rows[heads + 1 :], given["rows"], strict=True):
        assert row[:2] == [wanted["name"], wanted["threshold"]]
        for place, model in enumerate(MODELS):
            cell = wanted["cells"][model]
            assert row[2 + 6 * place : 7 + 6 * place] == [
                pytest.approx(cell[name]) if cell[name] is not None else None
                for name in ("pass_rate", "low", "high", "cases", "ratings")
            ]
            assert row[7 + 6 * place] == locale("en")[f"verdict.{cell['verdict']}"]
    reasons = " ".join(str(row[0]) for row in rows[:heads])
    for reason in given["recommendation"]["reasons"]:
        assert reason.replace("M is", "=Medium is").replace("S is", "Small is") in reasons


def test_verdicts_are_coloured_as_on_the_page(store: SqlStore, tmp_path: Path) -> None:
    sheet = book(store, tmp_path)["Summary"]
    meets = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "meets")
    assert (meets.font.color.rgb, meets.fill.fgColor.rgb) == ("FF15803D", "FFDCFCE7")


def test_ratings_agree_with_the_json(store: SqlStore, tmp_path: Path) -> None:
    sheet = book(store, tmp_path)["Ratings"]
    given = json.loads(export("json", store, models=MODELS, destination=tmp_path / "x.json").read_text("utf-8"))
    head, *rows = ([cell.value for cell in row] for row in sheet.iter_rows())
    assert tuple(head) == RATING_COLUMNS
    assert len(rows) == 24
    for row, wanted in zip(rows, given["ratings"], strict=True):
        found = dict(zip(head, row, strict=True))
        assert isinstance(found["rated_at"], datetime)
        moment = datetime.fromisoformat(wanted.pop("rated_at"))
        assert abs((found.pop("rated_at").replace(tzinfo=UTC) - moment).total_seconds()) < 0.01
        for name, value in wanted.items():
            if name in IMPORT_COLUMNS:  # for machines: not in the workbook
                continue
            expected = cell_text(value, " […shortened]") if isinstance(value, str) else value
            assert found[name] == (expected if expected != "" else None), name
            assert isinstance(found[name], bool | str) == (expected != "" and isinstance(expected, bool | str)), name


def test_statistics_agree_with_the_json(store: SqlStore, tmp_path: Path) -> None:
    rows = [[cell.value for cell in row] for row in book(store, tmp_path)["Statistics"].iter_rows()]
    given = json.loads(export("json", store, models=MODELS, destination=tmp_path / "x.json").read_text("utf-8"))
    assert_statistics(rows, given["statistics"])


def assert_statistics(rows: Rows, wanted: Any) -> None:
    """Twelve cases: M right on all, S on half. Ben liked M best each time, and rated by himself."""
    (pair,) = wanted["paired"]
    row = row_of(rows, "=Medium − Small")
    numbers = [pair["cases"], *pair["difference"].values(), pair["larger_ahead"], pair["smaller_ahead"]]
    numbers += [*pair["ratio"].values(), pair["p_value"], pair["p_value_while_looking"]]
    assert row[1 : 1 + len(numbers)] == [None if end is None else pytest.approx(end, abs=1e-6) for end in numbers]
    assert (pair["cases"], pair["larger_ahead"], pair["smaller_ahead"], pair["ratio"]["high"]) == (12, 6, 0, None)
    assert pair["verdict"] == "no_difference_shown" and row[12] == f"about {pair['more_cases']}"
    liked = wanted["preference"]["models"]["M"]
    assert row_of(rows, "=Medium")[1:4] == pytest.approx(list(liked["score"].values()), abs=1e-6)
    assert (wanted["preference"]["votes"], liked["win_rates"], liked["rank"]) == (12, {"S": 1.0}, 1)
    assert wanted["places"]["verdict"] == "no_votes" and wanted["places"]["shares"] is None, "none was blind"
    assert wanted["agreement"]["undefined"] == "nothing_rated_twice" and wanted["strictness"] == []
    assert wanted["blinding"]["models"]["S"]["open_rate"] == 0.5 and wanted["blinding"]["p_value"] is None


def row_of(rows: Rows, first: str) -> list[Any]:
    return next(row for row in rows if row[0] == first)


@pytest.mark.skipif(not shutil.which("soffice"), reason="needs LibreOffice: apt-get install libreoffice-calc")
@pytest.mark.slow
def test_libreoffice_reads_the_same_figures(store: SqlStore, tmp_path: Path) -> None:
    """Opened by a spreadsheet and saved again: every sheet, number and verdict is still there."""
    made = export("xlsx", store, models=MODELS, destination=tmp_path / "x.xlsx", labels=LABELS)
    given = json.loads(export("json", store, models=MODELS, destination=tmp_path / "x.json").read_text("utf-8"))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir"]
    subprocess.run([*command, tmp_path / "opened", made], check=True, capture_output=True, timeout=240)
    opened = load_workbook(tmp_path / "opened" / "x.xlsx", data_only=True)
    sheets = {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in opened}
    assert opened.sheetnames == ["Summary", "Ratings", "Statistics", "Definitions"]
    assert_statistics(sheets["Statistics"], given["statistics"])
    summary = row_of(sheets["Summary"], given["rows"][1]["name"])
    for place, model in enumerate(MODELS):
        cell = given["rows"][1]["cells"][model]
        figures = [cell[name] for name in ("pass_rate", "low", "high", "cases", "ratings")]
        assert summary[2 + 6 * place : 7 + 6 * place] == pytest.approx(figures, abs=1e-6)
    head, *ratings = sheets["Ratings"]
    for row, wanted in zip(ratings, given["ratings"], strict=True):
        found = dict(zip(head, row, strict=True))
        for name in ("reviewer", "question", "acceptable", "ttft_s", "output_tokens", "rating_id"):
            assert found[name] == wanted[name], name
    for sheet in opened:
        assert not [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_nothing_is_a_formula_or_a_link(store: SqlStore, tmp_path: Path) -> None:
    for sheet in book(store, tmp_path):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f" and cell.hyperlink is None, cell.coordinate


def test_the_sheet_of_ratings_can_be_worked_with(store: SqlStore, tmp_path: Path) -> None:
    sheet = book(store, tmp_path)["Ratings"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == sheet.dimensions
    assert sheet.column_dimensions["A"].width > 15
    assert sheet["A2"].is_date


def test_every_column_is_defined(store: SqlStore, tmp_path: Path) -> None:
    only = RatingFilter(
        lineup="demo", reviewers=("王芳", "Ben"), since=datetime(2026, 1, 2, tzinfo=UTC), blind_only=True
    )
    made = book(store, tmp_path, language="zh", ratings=only)
    assert made.sheetnames == ["汇总", "评分明细", "统计", "说明"]
    pairs = {row[0].value: row[1].value for row in made["说明"].iter_rows()}
    assert set(COLUMNS) <= pairs.keys() and all(pairs[name] for name in COLUMNS)
    assert "Krippendorff" in pairs["评审人的一致性"]
    assert pairs["版本"].startswith("Model Comparer 0.")
    assert (pairs["评审人"], pairs["起始时间"], pairs["仅盲测评分"]) == ("王芳、Ben", "2026-01-02 00:00 UTC", "是")
    assert pairs["故障图谱诊断"] == "40%"


def test_a_cell_holds_what_excel_can_hold() -> None:
    assert cell_text("a\x00b\x0bc\td\ne\r\nf\ufffe\ud800", "!") == "abc\td\ne\nf"
    assert cell_text("x" * LONGEST_CELL, "!") == "x" * LONGEST_CELL
    shortened = cell_text("𝄞" * LONGEST_CELL, "!!")
    assert shortened.endswith("𝄞!!")
    assert len(shortened.encode("utf-16-le")) // 2 <= LONGEST_CELL


def test_without_ratings_the_sheets_are_there(tmp_path: Path) -> None:
    store = open_store(tmp_path / "empty")
    made = book(store, tmp_path)
    store.close()
    assert made.sheetnames == ["Summary", "Ratings", "Statistics", "Definitions"]
    assert made["Ratings"].max_row == 1
