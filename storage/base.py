"""What all tables share: ids, moments in UTC, questions in parts, and named constraints."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import JSON, DateTime, Dialect, MetaData, TypeDecorator
from sqlalchemy.orm import DeclarativeBase


def new_id() -> str:
    """An opaque id that can stand in an address."""
    return uuid4().hex


def now() -> datetime:
    """This moment in UTC, with its zone."""
    return datetime.now(UTC)


AnyValue = TypeVar("AnyValue")
IN_ONE_QUESTION = 1000
"""How many values one question to the database may name: both databases bound it, the lowest at 32,766."""


def in_parts(values: Sequence[AnyValue]) -> Iterator[Sequence[AnyValue]]:
    """The values in parts that one question may name."""
    return (values[start : start + IN_ONE_QUESTION] for start in range(0, len(values), IN_ONE_QUESTION))


class Moment(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets zones: they are taken off on the way in, put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; a moment without a zone is taken as UTC."""
        if value is None:
            return None
        moment = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """With its zone, whatever the database gave."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Names every constraint, so that later migrations can change it on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as a plain dictionary
        datetime: Moment(),
        dict[str, Any]: JSON(),
        list[str]: JSON(),
        list[dict[str, Any]]: JSON(),
    }
