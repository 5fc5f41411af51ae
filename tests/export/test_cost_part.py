"""The cost part of the exports: the choice, every formula, prices; nothing while nobody has set anything."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from comparer import cli
from comparer.cost.kept import keep_plan, keep_price
from comparer.cost.load import Load
from comparer.cost.plan import ModelPlan, Plan
from comparer.cost.reading import kept_cost
from comparer.export import export
from comparer.lineup import read_lineup
from comparer.store import RatingFilter
from storage import SqlStore

LINEUP = read_lineup("qwen3-vl")
SOURCE = "our contract <b>"
PLAN = Plan(load=Load(1000, 24, 1, 1), models={"8B": ModelPlan("a10g", 1.5)})
Write = Callable[..., Path]


@pytest.fixture
def write(store: SqlStore, tmp_path: Path) -> Write:
    ratings = RatingFilter(lineup=LINEUP.name)

    def run(format_name: str, **options: Any) -> Path:
        return export(
            format_name,
            store,
            models=LINEUP.keys,
            destination=tmp_path,
            ratings=ratings,
            labels=LINEUP.labels,
            read_cost=lambda: kept_cost(store, store.runs, LINEUP, ratings),
            **options,
        )

    return run


@pytest.fixture
def reckoned(store: SqlStore) -> None:
    keep_plan(store, LINEUP.name, PLAN)
    keep_price(store, "a10g", "2.00", "", SOURCE, date(2026, 12, 1))


def test_without_anything_set_there_is_no_cost_part(write: Write) -> None:
    assert json.loads(write("json").read_text("utf-8"))["cost"] is None
    assert "Cost and hardware" not in write("html").read_text("utf-8")
    assert len(load_workbook(write("xlsx")).sheetnames) == 4


@pytest.mark.usefixtures("reckoned")
def test_json_has_decision_estimates_with_formulas_and_prices(write: Write) -> None:
    cost = json.loads(write("json").read_text("utf-8"))["cost"]
    middle = cost["models"][1]
    figures = {row["figure"]: row for row in middle["figures"]}
    assert (middle["model"], middle["gpu"], middle["gpu_chosen_by_people"]) == ("8B", "a10g", True)
    assert middle["speed"]["source"] == "assumed" and middle["speed"]["mean_s"] == 1.5
    assert figures["on_demand_monthly"]["value"] == 1460.0  # 730 h * $2.00
    assert figures["on_demand_monthly"]["formula"] == "cards 1 × 730 h × $2.00 an hour = $1,460.00"
    assert figures["reserved_monthly"]["value"] is None and cost["models"][0]["speed"] is None
    assert cost["decision"]["outcome"] == "cannot_be_decided" and len(cost["decision"]["flips"]) == 6
    prices = {row["gpu"]: row for row in cost["prices"]}
    assert (prices["a10g"]["on_demand_per_hour"], prices["a10g"]["source"]) == ("2.00", SOURCE)
    assert (prices["a10g"]["date"], prices["a10g"]["edited"], prices["t4"]["edited"]) == ("2026-12-01", True, False)
    assert cost["plan"]["load"]["requests_a_day"] == 1000 and cost["session"] is None


@pytest.mark.usefixtures("reckoned")
@pytest.mark.parametrize(("language", "title"), [("en", "Cost and hardware"), ("zh", "成本与硬件")])
def test_the_report_says_it_in_both_languages_and_escapes_what_people_typed(
    write: Write, language: str, title: str
) -> None:
    page = write("html", language=language).read_text("utf-8")
    part = page.partition("<section class='cost'>")[2].partition("</section>")[0]
    assert title in part and "$1,460.00" in part and "2026-12-01" in part
    assert "our contract &lt;b&gt;" in part and SOURCE not in page
    assert part.count("Qwen3-VL 8B") >= 2


@pytest.mark.usefixtures("reckoned")
def test_the_workbook_has_figures_as_numbers_and_a_sheet_of_prices(write: Write) -> None:
    book = load_workbook(write("xlsx"))
    rows = [[cell.value for cell in row] for row in book["Cost"].iter_rows()]
    (monthly,) = [row for row in rows if row[0] == "A month, on demand" and row[1] is not None]
    assert monthly[1] == 1460 and "730 h" in str(monthly[3])
    assert any(row[0] == "Requests a day" and row[1] == "1,000" for row in rows)
    head, *prices = [[cell.value for cell in row] for row in book["Prices"].iter_rows()]
    a10g = dict(zip(head, next(row for row in prices if row[0] == "a10g"), strict=True))
    assert (a10g["on_demand_per_hour"], a10g["reserved_per_hour"], a10g["source"]) == (2.0, None, SOURCE)


@pytest.mark.usefixtures("reckoned")
def test_the_command_line_exports_what_is_kept(store: SqlStore, tmp_path: Path) -> None:
    out = tmp_path / "all.json"
    arguments = ["export", "--format", "json", "--lineup", "qwen3-vl", "--out", str(out)]
    done = CliRunner().invoke(cli.app, [*arguments, "--data-dir", str(tmp_path / "data"), "--json"])
    assert done.exit_code == 0, done.output
    prices = {row["gpu"]: row for row in json.loads(out.read_text("utf-8"))["cost"]["prices"]}
    assert prices["a10g"]["on_demand_per_hour"] == "2.00"
