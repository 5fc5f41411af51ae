"""Days that people pick, as the moments that the store filters by. All in UTC."""

from datetime import UTC, date, datetime, time, timedelta

from comparer.errors import InputError


def read_day(written: str) -> date | None:
    """A day as ISO writes it (2026-01-31); None for blank. Raises InputError `date_unusable`."""
    if not written.strip():
        return None
    try:
        day = date.fromisoformat(written.strip())
    except ValueError as error:
        raise InputError("date_unusable", date=written.strip()[:40]) from error
    if day == date.max:  # the day after it cannot be written
        raise InputError("date_unusable", date=written.strip()[:40])
    return day


def beginning(day: date | None) -> datetime | None:
    """The first moment of a day; None for no day."""
    return datetime.combine(day, time(), UTC) if day else None


def end(day: date | None) -> datetime | None:
    """The first moment after a day; None for no day."""
    return beginning(day + timedelta(days=1)) if day else None
