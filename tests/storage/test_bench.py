"""The measuring of the database, at a small size: its rows are whole, its figures are those of its command."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from comparer.cli import app
from comparer.errors import InputError
from comparer.store import RatingFilter
from storage import bench
from storage.database import connect, parse_url
from tests.storage.databases import Database
from tests.storage.test_scores import assert_kept_counts_are_right


def test_the_rows_made_for_measuring_are_whole(shared_database: Database) -> None:
    store = shared_database.open()
    engine = connect(parse_url(shared_database.url))
    bench.fill(engine, 250)
    engine.dispose()
    assert sum(count.ratings for count in store.counts(RatingFilter(lineup=bench.LINEUP))) == 250
    assert {(count.item, count.model) for count in store.counts()} == {
        (item, model) for item in bench.ITEMS for model in bench.MODELS
    }
    assert_kept_counts_are_right(store, ["c0", "c1"])
    rows = list(store.rated_answers())
    assert len(rows) == 250
    assert len(store.conversation("c3").turns[0].answers) == len(bench.MODELS)


def test_the_command_says_its_figures_as_one_object() -> None:
    said = CliRunner().invoke(app, ["bench", "store", "--ratings", "120", "--json"])
    figures = json.loads(said.stdout)
    assert figures.pop("score_table_ms") > 0
    assert figures.pop("rating_write_ms_p99") > 0
    assert figures == {"ratings": 120, "cases": 2, "database": "sqlite"}


def test_the_command_says_its_figures_in_words() -> None:
    said = CliRunner().invoke(app, ["bench", "store", "--ratings", "60"])
    assert said.exit_code == 0
    assert "60 ratings of 1 cases" in said.stdout


def test_too_few_ratings_are_refused_in_both_languages(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        bench.measure(59)
    assert "60" in refused.value.sentence("en")
    assert "60" in refused.value.sentence("zh")
