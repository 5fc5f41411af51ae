"""Turns what a database driver or a disk reports into the sentence that a person can act on."""

import errno
import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from comparer.errors import StoreError

log = logging.getLogger(__name__)

# https://www.sqlite.org/rescode.html: the low byte is the primary result code
_SQLITE = {
    sqlite3.SQLITE_BUSY: "store_busy",
    sqlite3.SQLITE_LOCKED: "store_busy",
    sqlite3.SQLITE_FULL: "store_full",
    sqlite3.SQLITE_READONLY: "store_read_only",
    sqlite3.SQLITE_PERM: "store_read_only",
    sqlite3.SQLITE_CANTOPEN: "store_unreachable",
    sqlite3.SQLITE_CORRUPT: "store_damaged",
    sqlite3.SQLITE_NOTADB: "store_damaged",
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html: a whole code or its class of two characters
_POSTGRESQL = {
    "53100": "store_full",
    "53300": "store_busy",
    "55P03": "store_busy",
    "57014": "store_busy",
    "57P": "store_unreachable",
    "40": "store_busy",
    "25006": "store_read_only",
    "42501": "store_read_only",
    "08": "store_unreachable",
    "28": "database_sign_in",
    "3D000": "store_unreachable",
    "XX001": "store_damaged",
    "XX002": "store_damaged",
}
_REFUSALS = {
    'database "(?P<name>.*)" does not exist': "database_unknown",
    'role "[^"]*" does not exist|password authentication failed|no password supplied': "database_sign_in",
    "authentication failed for user|no pg_hba.conf entry": "database_sign_in",
}
_DISK = {
    errno.ENOSPC: "store_full",
    errno.EDQUOT: "store_full",
    errno.EROFS: "store_read_only",
    errno.EACCES: "store_read_only",
    errno.EPERM: "store_read_only",
}


@contextmanager
def told_plainly(database: str) -> Iterator[None]:
    """Errors of the database or the disk become StoreErrors, and are logged; `database` is its address to show."""
    try:
        yield
    except PoolTimeoutError as error:
        raise _logged(StoreError("store_busy", database=database), error) from error
    except DBAPIError as error:
        raise _logged(_store_error(error.orig, database), error.orig) from error
    except (sqlite3.Error, OSError) as error:
        raise _logged(_store_error(error, database), error) from error


def _logged(told: StoreError, cause: BaseException | None) -> StoreError:
    """`told`, after its cause went to the log: whole when it is unexpected, else as a line.

    The cause is the driver's own error: SQLAlchemy's around it would write what visitors typed into the log.
    """
    code, database = told.code, told.parameters["database"]
    if code in ("store_broken", "store_damaged"):
        log.error("%s: %s", code, database, exc_info=cause)
    else:
        log.warning("%s: %s (%s)", code, database, cause)
    return told


def _store_error(error: BaseException | None, database: str) -> StoreError:
    if isinstance(error, OSError):
        code = _DISK.get(error.errno or 0, "store_broken")
        return StoreError(code, database=database, reason=errno.errorcode.get(error.errno or 0, "OSError"))
    if isinstance(error, sqlite3.Error):
        return _sqlite_error(error, database)
    state = getattr(error, "sqlstate", None)
    if state is None:  # the driver's own word: with its OperationalError no connection came about
        kind = type(error).__name__
        code, named = _no_connection(str(error)) if kind == "OperationalError" else ("store_broken", {})
        return StoreError(code, database=database, reason=kind, **named)
    code = next((known for prefix, known in _POSTGRESQL.items() if state.startswith(prefix)), "store_broken")
    return StoreError(code, database=database, reason=state)


def _no_connection(message: str) -> tuple[str, dict[str, str]]:
    """What a server has against it that was reached; libpq hands its words on without their code.

    A database's name is taken from them: an address without one means the database that is called as the user is.
    """
    for words, code in _REFUSALS.items():
        if "FATAL" in message and (found := re.search(words, message)):
            return code, found.groupdict()
    return "store_unreachable", {}


def _sqlite_error(error: sqlite3.Error, database: str) -> StoreError:
    number = getattr(error, "sqlite_errorcode", None)
    if number is None:
        return StoreError("store_broken", database=database, reason=type(error).__name__)
    return StoreError(_SQLITE.get(number & 0xFF, "store_broken"), database=database, reason=error.sqlite_errorname)
