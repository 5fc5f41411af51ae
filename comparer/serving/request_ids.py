"""An id for every HTTP request, given back as `X-Request-ID` and found again on every line of the log.

Work that a request sets off in other threads takes the id along where they start with a copy of its context. Gradio
runs events apart from the request that asked for them; there the id is read from the request that Gradio keeps.
"""

import re
import sys
from contextvars import ContextVar
from secrets import token_hex

HEADER = "x-request-id"
_USABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_current: ContextVar[str] = ContextVar("request_id", default="")


def request_id_for(given: str) -> str:
    """The id that a proxy in front has given, where it can stand in a log as it is; else a new one."""
    return given if _USABLE.fullmatch(given) else token_hex(8)


def begin_request(request_id: str) -> None:
    """From here on, this context belongs to that request."""
    _current.set(request_id)


def current_request_id() -> str:
    """The id of the request that is being worked on here; "" outside of any."""
    return _of_gradios_event() or _current.get()


def _of_gradios_event() -> str:
    context = sys.modules.get("gradio.context")
    request = context.LocalContext.request.get(None) if context else None
    headers = getattr(request, "headers", None) if request is not None else None
    return request_id_for(headers.get(HEADER, "")) if headers and headers.get(HEADER) else ""
