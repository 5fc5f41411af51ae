"""Inserts that stay right while others insert the same key. Knows no table."""

from collections.abc import Mapping

from sqlalchemy import Table, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.base import Base


def add_if_absent(session: Session, row: type[Base], **values: object) -> bool:
    """Insert a row unless one with the same unique key is there, whoever is first; returns whether it did."""
    insert = _insert(session, row).values(**values).on_conflict_do_nothing()
    return session.execute(insert.returning(literal(1))).first() is not None


def add_amounts(
    session: Session, row: type[Base], key: Mapping[str, object], amounts: Mapping[str, int]
) -> tuple[int, ...]:
    """Add `amounts` to the row of that primary key, which begins at nothing; returns what it holds then.

    The database does the sum and keeps the row locked until the transaction ends: no addition is lost.
    """
    table = _table(row)
    insert = _insert(session, row).values(**key, **amounts)
    added = insert.on_conflict_do_update(
        index_elements=list(key),
        set_={name: table.c[name] + insert.excluded[name] for name in amounts},
    ).returning(*(table.c[name] for name in amounts))
    return tuple(session.execute(added).one())


def put(session: Session, row: type[Base], key: Mapping[str, object], values: Mapping[str, object]) -> None:
    """Make the row of that primary key hold `values`, whether it is there or not; whoever comes last decides."""
    insert = _insert(session, row).values(**key, **values)
    changes = {column.name: insert.excluded[column.name] for column in _table(row).columns if column.name not in key}
    session.execute(insert.on_conflict_do_update(index_elements=list(key), set_=changes))


def _insert(session: Session, row: type[Base]) -> sqlite.Insert | postgresql.Insert:
    table = _table(row)
    return sqlite.insert(table) if session.get_bind().dialect.name == "sqlite" else postgresql.insert(table)


def _table(row: type[Base]) -> Table:
    return row.__table__  # type: ignore[return-value]  # mapped to a plain table
