"""Fresh databases of every kind that the product supports, and short ways to fill them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage import SqlStore
from storage.database import default_url
from tests.postgres import fresh_postgres_url
from tests.storage.databases import DATABASES, Database


@pytest.fixture
def make_database(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Database]]:
    made: list[Database] = []

    def make(kind: str) -> Database:
        data_dir = tmp_path / "data"
        if kind == "postgresql":
            url = fresh_postgres_url(request.getfixturevalue("postgres_server"))
        else:
            url = default_url(data_dir)
        made.append(Database(kind, url, data_dir))
        return made[-1]

    yield make
    for database in made:
        for store in database.opened:
            store.close()


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, make_database: Callable[[str], Database]) -> Database:
    """One of each kind."""
    return make_database(request.param)


@pytest.fixture(params=[kind for kind in DATABASES if kind != "sqlite-network-mount"])
def shared_database(request: pytest.FixtureRequest, make_database: Callable[[str], Database]) -> Database:
    """One of each kind that several programs may have open at once."""
    return make_database(request.param)


@pytest.fixture
def sqlite(make_database: Callable[[str], Database]) -> Database:
    return make_database("sqlite")


@pytest.fixture
def store(shared_database: Database) -> SqlStore:
    return shared_database.open()
