"""The log: lines for people, or one JSON object a line for a collector, each with the id of its request.

By default no line holds what visitors typed, what models answered, or a key: whoever logs passes ids and figures as
`extra`. Knows nothing of what is logged.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, Literal

from comparer.serving.request_ids import current_request_id

LogFormat = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning"]

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}
_PLAIN = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "request_id", "taskName"})
"""What every record has; all else was passed as `extra`."""
_TALKATIVE = ("httpx", "httpcore", "openai", "alembic")
"""Libraries that would note addresses."""
_OURS = ("comparer", "storage")
"""No library is heard below "info": some log the texts that they work on."""


def begin_logging(log_format: LogFormat = "text", level: LogLevel = "info") -> None:
    """Write the log of this process to standard error; call once, before anything else is logged."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_with_request_id)
    handler.setFormatter(JsonLines() if log_format == "json" else TextLines())
    logging.basicConfig(level=max(logging.INFO, _LEVELS[level]), handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in _OURS:
        logging.getLogger(name).setLevel(_LEVELS[level])
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def adopt_server_logs() -> None:
    """Let uvicorn, which has set up handlers of its own, write through ours."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


def _with_request_id(record: logging.LogRecord) -> bool:
    record.request_id = current_request_id()
    return True


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _PLAIN and value is not None}


class TextLines(logging.Formatter):
    """Time, level, logger, request id, message, then `name=value` for each extra."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s [%(request_id)s]: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name for it
        record.request_id = getattr(record, "request_id", "") or "-"
        shown = [f"{name}={value}" for name, value in _extra(record).items()]
        return " ".join([super().formatMessage(record).replace("\n", "\\n"), *shown])


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, request_id, message, the extras, traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "request_id": getattr(record, "request_id", ""),
            "message": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["traceback"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)
