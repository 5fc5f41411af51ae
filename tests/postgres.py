"""A PostgreSQL server of our own for the tests, and empty databases on it."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.storage.databases import POSTGRES


def _as_postgres(*command: str | Path) -> None:
    """PostgreSQL refuses to run as root: there it runs as the user its package has made."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*prefix, *map(str, command)], check=True, capture_output=True, timeout=60, cwd="/")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server of our own, without a database's name."""
    assert POSTGRES is not None
    folder = Path(tempfile.mkdtemp(prefix="comparer-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"
    _as_postgres(POSTGRES / "initdb", "-D", data, "-U", "comparer", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    _as_postgres(POSTGRES / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start")
    try:
        yield f"postgresql+psycopg://comparer@127.0.0.1:{port}"
    finally:
        _as_postgres(POSTGRES / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


_schema_numbers = count()


def fresh_postgres_url(server: str) -> str:
    """An empty schema for one test: made in a moment, where a database of its own takes half a second."""
    schema = f"test_{next(_schema_numbers)}"
    admin = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    admin.dispose()
    return f"{server}/postgres?options=-csearch_path%3D{schema}"
