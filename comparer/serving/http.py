"""The routes beside the page, and the middleware that gives every HTTP request its id, a count and a line in the log.

`/health` is for balancers (503 while no question can be kept), `/health/live` says only that the process runs,
`/metrics` is Prometheus'. Paths are logged and counted as the pattern that they match: a path may hold a file's name.
"""

import logging
from collections.abc import Sequence
from time import perf_counter
from typing import Any, Literal

from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from comparer.serving.health import HealthCheck
from comparer.serving.request_ids import HEADER, begin_request, request_id_for
from comparer.serving.telemetry import Telemetry

log = logging.getLogger(__name__)

Audience = Literal["loopback", "open", "off"]
"""Who may read the metrics: programs on this computer that come straight to it, everybody, nobody."""

STARTUP = "/startup-events"
"""Gradio starts its workers in this request: its id would stick to all that they ever do."""
_LOOPBACK = ("127.0.0.1", "::1")
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def routes(health: HealthCheck, telemetry: Telemetry, audience: Audience) -> list[BaseRoute]:
    """The routes for operators."""

    def readiness(_: Request) -> Response:  # no coroutine: it may wait for the database
        now = health.look()
        return JSONResponse(now.as_json(), 200 if now.ready else 503, {"Cache-Control": "no-store"})

    async def liveness(_: Request) -> Response:
        return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})

    def metrics(request: Request) -> Response:
        if audience == "loopback" and not _is_from_here(request):
            return JSONResponse({"error": "Metrics are for this computer only: see --metrics."}, 403)
        return Response(telemetry.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    endpoints = {"/health": readiness, "/health/live": liveness, "/metrics": metrics}
    if audience == "off":
        del endpoints["/metrics"]
    return [APIRoute(path, endpoint, include_in_schema=False) for path, endpoint in endpoints.items()]


def _is_from_here(request: Request) -> bool:
    """Whether a program on this computer asks by itself; what a proxy hands on comes from elsewhere."""
    asks = request.client.host if request.client else ""
    return asks in _LOOPBACK and not any(name in request.headers for name in _FORWARDED)


def middleware(telemetry: Telemetry) -> Sequence[Middleware]:
    """What every HTTP request goes through."""
    return [Middleware(RequestNotes, telemetry=telemetry)]


class RequestNotes:
    """Gives a request its id (header `X-Request-ID`, both ways), counts it, and notes how it went."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s = perf_counter()
        name = HEADER.encode()
        given = dict(scope["headers"]).get(name, b"").decode("latin-1")
        request_id = request_id_for(given)
        if not scope["path"].endswith(STARTUP):
            begin_request(request_id)
        others = [(key, value) for key, value in scope["headers"] if key != name]
        scope["headers"] = [*others, (name, request_id.encode())]  # Gradio's events find it there

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (name, request_id.encode())]
                self._note(scope, message["status"], perf_counter() - began_s)
            await send(message)

        await self._app(scope, receive, send_with_id)

    def _note(self, scope: Scope, status: int, response_s: float) -> None:
        """A stream is noted when it begins: how long a visitor stays says nothing of how we do."""
        route = _pattern(scope)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._telemetry.count_request(method, route, status, response_s)
        level = logging.WARNING if status >= 500 else logging.DEBUG
        about: dict[str, Any] = {"method": method, "route": route, "status": status, "ms": round(response_s * 1000)}
        log.log(level, "http", extra=about)


def _pattern(scope: Scope) -> str:
    """The route that was matched, as it is written; "none" without one, so that nobody can make up new ones."""
    return str(getattr(scope.get("route"), "path", "none"))
