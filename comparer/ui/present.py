"""Which visitor the event that runs now is of: as the gate (`comparer.serving.gate`) has found out.

Gradio keeps the request of an event at hand for whatever its handler calls. The id of a browser session is chosen by
the browser: it belongs to the visitor who came with it first, and to nobody else.
"""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import replace
from typing import Any

from gradio.context import LocalContext

from comparer.access import Access, Visitor
from comparer.errors import AccessError
from comparer.serving.gate import VISITOR

SESSIONS = 20_000


class Present:
    """Tells the visitor of the present event; None outside of one. Raises AccessError `session_of_another`."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self) -> Visitor | None:
        request: Any = LocalContext.request.get(None)
        asked = getattr(request, "request", None) or request  # a component's function gets the request itself
        visitor: Visitor | None = getattr(asked, "scope", {}).get(VISITOR)
        session = str(getattr(request, "__dict__", {}).get("session_hash") or "")
        if visitor is None or not session:
            return visitor
        if not visitor.key:  # a script that keeps no cookies is known by its session alone
            visitor = replace(visitor, key=f"session:{hashlib.sha256(session.encode()).hexdigest()[:32]}")
        self._bind(session, visitor.key)
        return visitor

    def _bind(self, session: str, key: str) -> None:
        with self._lock:
            if self._sessions.setdefault(session, key) != key:
                raise AccessError("session_of_another")
            self._sessions.move_to_end(session)
            if len(self._sessions) > SESSIONS:
                self._sessions.popitem(last=False)


def present_person(access: Access) -> str:
    """Who is behind the present event: the visitor, or where nobody is told apart, the computer that they sit at."""
    if not access.everybodys:
        return access.visitor.key
    client = getattr(LocalContext.request.get(None), "client", None)
    return str(getattr(client, "host", ""))
