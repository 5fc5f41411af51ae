"""The gate: finds out who comes, before anything of the page sees the request, and lets in who may come in.

What it has found out stands in the request's scope under `VISITOR`. Requests that pages of other sites make a browser
send are refused. With a list of users it shows the sign-in and keeps the sessions itself, since Gradio's own login
would be signed in to from other sites, and read by them.
"""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from comparer.access import Turnstile, Visitor
from comparer.access.roles import Mode
from comparer.access.users import UserList, clean_name
from comparer.errors import AccessError, StoreError
from comparer.serving.headers import came_by_https
from comparer.serving.login_page import login_html, login_policy, spoken
from comparer.serving.origin import from_another_site, is_local
from comparer.serving.sessions import LASTS, Sessions, hashed
from comparer.texts import Language, text

VISITOR = "comparer.visitor"
SESSION_COOKIE, VISITOR_COOKIE = "comparer-session", "comparer-visitor"
_VISITOR_LASTS_S = 180 * 86_400
_SECRET_LENGTH = 43
TRIES_A_MINUTE = 5
UPLOADS_A_QUESTION, UPLOADS_A_MINUTE = 2, 12
"""For every question a minute that a visitor has, and where questions are not limited."""
UPLOAD_SLACK = 4
"""Limits of uploads lie above those of pictures, so that it is a picture's sentence that a visitor reads."""
_UPLOAD = "/gradio_api/upload"
_OPEN_TO_ALL = ("/health", "/health/live", "/metrics", "/gradio_api/startup-events")
"""What says nothing of anybody, for whoever watches over the server; metrics ask by themselves who may read them."""
_LARGEST_FORM = 10_000


@dataclass(frozen=True)
class Doors:
    """How people come in."""

    mode: Mode = "open"
    shared: bool = False
    users: UserList | None = None
    admins: frozenset[str] = frozenset()
    """User names on Hugging Face."""
    trust_proxy: bool = False
    on_a_space: bool = False
    language: str = "auto"
    sessions: Sessions = field(default_factory=Sessions)
    tries: Turnstile = field(default_factory=lambda: Turnstile(TRIES_A_MINUTE))
    uploads: Turnstile = field(default_factory=lambda: Turnstile(UPLOADS_A_MINUTE))
    local_only: bool = False
    """Whether it listens to this computer only, and nobody signs in: then a name that leads here, but belongs to
    somebody else, would let pages of theirs in (DNS rebinding)."""
    picture_mb: int = 8
    """Largest picture of a stranger."""


class Gate:
    """The gate in front of `app`."""

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self._app = app
        self._doors = doors
        self._at_work = anyio.CapacityLimiter(2)
        """Passwords that are tried at a time: each takes some tenths of a second and 32 MiB."""
        self._at_the_keeper = anyio.CapacityLimiter(4)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.pop(VISITOR, None)
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return  # nothing here speaks over web sockets
        request = Request(scope, receive)
        path = _path(scope)
        doors, changes = self._doors, path in {"/login", "/logout"}
        if from_another_site(request.method, request.headers, changes=changes, trust_proxy=doors.trust_proxy):
            await PlainTextResponse(text("login.another_site"), 403)(scope, receive, send)
            return
        if doors.local_only and not is_local(host := request.headers.get("host", "")):
            language = spoken(None, doors.language, request.headers)
            await PlainTextResponse(text("error.host_not_here", language, host=host[:80]), 421)(scope, receive, send)
            return
        if self._doors.mode == "users":
            await self._for_users(request, path, send)
        elif self._doors.shared or self._doors.mode == "huggingface":
            await self._for_strangers(request, path, send)
        else:
            await self._app(scope, receive, send)

    # --- people on a list ------------------------------------------------------------------------------

    async def _for_users(self, request: Request, path: str, send: Send) -> None:
        scope, receive = request.scope, request.receive
        visitor = await self._signed_in(request)
        if path in {"/login", "/logout"}:
            answer = await (self._login(request, visitor) if path == "/login" else self._logout(request))
            await answer(scope, receive, send)
        elif visitor is not None:
            scope[VISITOR] = visitor
            await self._unless_too_much(request, path, visitor, send)
        elif path in _OPEN_TO_ALL and request.method in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
        elif path == "/" and request.method in {"GET", "HEAD"}:
            answer = RedirectResponse(f"login{_query(request)}", 303)
            await answer(scope, receive, send)
        else:
            await JSONResponse({"detail": text("error.sign_in_first")}, 401)(scope, receive, send)

    async def _signed_in(self, request: Request) -> Visitor | None:
        users, sessions = self._doors.users, self._doors.sessions
        secret = request.cookies.get(SESSION_COOKIE, "")
        if users is None or not secret:
            return None
        if sessions.is_at_hand(secret):
            found = sessions.find(secret)
        else:
            found = await anyio.to_thread.run_sync(sessions.find, secret, limiter=self._at_the_keeper)
        role = users.role(found.name) if found is not None else None
        if found is None or role is None or found.stamp != users.stamp(found.name):
            return None  # taken off the list, or given another password: signed out at once
        return Visitor(f"user:{found.name}", role, found.name, self._address(request))

    async def _login(self, request: Request, visitor: Visitor | None) -> Response:
        language = spoken(request.query_params.get("lang"), self._doors.language, request.headers)
        if request.method == "POST":
            return await self._try(request, language)
        if visitor is not None:
            return RedirectResponse(f"./{_query(request)}", 303)
        return self._form(request, language)

    async def _try(self, request: Request, language: Language) -> Response:
        """Sign somebody in who knows the password; a script (`gradio_client`) gets JSON, a browser the page."""
        users = self._doors.users
        if int(request.headers.get("content-length") or _LARGEST_FORM + 1) > _LARGEST_FORM:
            return PlainTextResponse(text("login.wrong", language), 413)
        try:
            form = await request.form()
        except (HTTPException, MultiPartException, KeyError, ValueError):  # a body that is none of a form
            return PlainTextResponse(text("login.wrong", language), 400)
        name, password = clean_name(str(form.get("username", ""))), str(form.get("password", ""))
        address = self._address(request)
        try:
            with self._doors.tries.passing(
                Visitor(f"login:{name}:{address}", "reviewer", address=address)
            ) as take_back:
                user = None
                if users is not None:
                    user = await anyio.to_thread.run_sync(users.verify, name, password, limiter=self._at_work)
                if user is not None:
                    take_back()  # only passwords that were wrong are counted
        except AccessError as error:
            seconds = error.parameters.get("seconds", 1)
            return self._refused(request, 429, text("login.too_often", language, seconds=seconds), language)
        if user is None:
            return self._refused(request, 400, text("login.wrong", language), language)
        try:
            await self._sign_out(request)
            begin = self._doors.sessions.begin
            secret = await anyio.to_thread.run_sync(begin, user.name, user.salt, limiter=self._at_the_keeper)
        except StoreError as error:
            return self._refused(request, 503, error.sentence(language), language)
        answer: Response = JSONResponse({"success": True})
        if _is_browser(request.headers):
            answer = RedirectResponse(f"./{_query(request)}", 303)
        self._set_cookie(answer.headers, request, SESSION_COOKIE, secret, int(LASTS.total_seconds()))
        return answer

    async def _sign_out(self, request: Request) -> None:
        if secret := request.cookies.get(SESSION_COOKIE, ""):
            await anyio.to_thread.run_sync(self._doors.sessions.end, secret, limiter=self._at_the_keeper)

    def _refused(self, request: Request, status: int, sentence: str, language: Language) -> Response:
        if not _is_browser(request.headers):
            return JSONResponse({"detail": sentence}, status)
        return self._form(request, language, sentence, status)

    def _form(self, request: Request, language: Language, said: str = "", status: int = 200) -> Response:
        html = login_html(language, _query(request), said)
        headers = {"Content-Security-Policy": login_policy(self._doors.on_a_space), "Cache-Control": "no-store"}
        return HTMLResponse(html, status, headers)

    async def _logout(self, request: Request) -> Response:
        if request.method != "POST":
            return RedirectResponse("./", 303)
        try:
            await self._sign_out(request)
        except StoreError as error:
            language = spoken(request.query_params.get("lang"), self._doors.language, request.headers)
            return self._refused(request, 503, error.sentence(language), language)
        answer = RedirectResponse("login", 303)
        self._set_cookie(answer.headers, request, SESSION_COOKIE, "", 0)
        return answer

    # --- strangers -------------------------------------------------------------------------------------

    async def _for_strangers(self, request: Request, path: str, send: Send) -> None:
        """Those who have signed in at Hugging Face by their name there, all others by a cookie.

        That is any secret of the right length, not only one that we made. It opens nothing but what came in under it,
        and a signature would keep nobody out: whoever looks at the page without a cookie gets a new one, which could
        as well be put into somebody else's browser. What such cookies could be made for is counted by the address.
        """
        scope = request.scope
        address = self._address(request)
        name = _hub_name(scope) if self._doors.mode == "huggingface" else ""
        if name:
            role = "admin" if name in self._doors.admins else "reviewer"
            visitor = Visitor(f"user:{name}", role, name, address)  # type: ignore[arg-type]
            scope[VISITOR] = visitor
            await self._unless_too_much(request, path, visitor, send)
            return
        secret = request.cookies.get(VISITOR_COOKIE, "")
        new = ""
        if len(secret) != _SECRET_LENGTH and path in {"/", "/config"}:
            new = secret = secrets.token_urlsafe(32)
        known = len(secret) == _SECRET_LENGTH
        key = f"visitor:{hashed(secret)[:32]}" if known else ""
        visitor = scope[VISITOR] = Visitor(key, "reviewer", address=address)

        async def send_with_cookie(message: Message) -> None:
            if new and message["type"] == "http.response.start":
                self._set_cookie(MutableHeaders(scope=message), request, VISITOR_COOKIE, new, _VISITOR_LASTS_S)
            await send(message)

        await self._unless_too_much(request, path, visitor, send_with_cookie)

    async def _unless_too_much(self, request: Request, path: str, visitor: Visitor, send: Send) -> None:
        """Go on, but for strangers' uploads that are too many, too large or nobody's: Gradio keeps whatever comes."""
        strangers = self._doors.shared or self._doors.mode == "huggingface"
        if path == _UPLOAD and request.method == "POST" and strangers and visitor.role != "admin":
            refused = self._upload_refused(request, visitor)
            if refused is not None:
                await refused(request.scope, request.receive, send)
                return
        await self._app(request.scope, request.receive, send)

    def _upload_refused(self, request: Request, visitor: Visitor) -> Response | None:
        language = spoken(None, self._doors.language, request.headers)
        limit_mb = self._doors.picture_mb
        if not visitor.key:
            return JSONResponse({"detail": text("error.upload_unknown", language)}, 401)
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > UPLOAD_SLACK * limit_mb * 1_000_000:
            return JSONResponse({"detail": text("error.upload_too_large", language, limit_mb=limit_mb)}, 413)
        try:
            with self._doors.uploads.passing(visitor):
                return None
        except AccessError as error:
            return JSONResponse({"detail": error.sentence(language)}, 429)

    # --- both ------------------------------------------------------------------------------------------

    def _address(self, request: Request) -> str:
        """Where a request comes from. What visitors write into X-Forwarded-For stands before what the proxy adds."""
        if self._doors.trust_proxy and (said := request.headers.getlist("x-forwarded-for")):
            return said[-1].rpartition(",")[2].strip()[:64]
        return request.client.host if request.client else ""

    def _set_cookie(self, headers: MutableHeaders, request: Request, name: str, value: str, lasts_s: int) -> None:
        """A cookie that no script reads and no other site makes a browser send, but for the frame of a Space."""
        secure = came_by_https(request.scope, self._doors.trust_proxy)
        site = "None; Secure; Partitioned" if self._doors.on_a_space else "Lax; Secure" if secure else "Lax"
        root = str(request.scope.get("root_path") or "")
        path = root if root.startswith("/") else "/"
        headers.append("set-cookie", f"{name}={value}; Max-Age={lasts_s}; Path={path}; HttpOnly; SameSite={site}")


def _path(scope: Scope) -> str:
    """The path below the prefix of a proxy."""
    return str(scope["path"]).removeprefix(str(scope.get("root_path") or "")) or "/"


def _query(request: Request) -> str:
    """What the address asks for (`?conversation=…&lang=zh`), to be asked for again once somebody has signed in."""
    asked = request.query_params.multi_items()
    return f"?{urlencode(asked)}" if asked else ""


def _is_browser(headers: Headers) -> bool:
    return "text/html" in headers.get("accept", "")


def _hub_name(scope: Scope) -> str:
    """The user name of whoever has signed in at Hugging Face, from the session that Gradio has signed."""
    session: Any = scope.get("session") or {}
    info = session.get("oauth_info") if isinstance(session, dict) else None
    if not isinstance(info, dict) or float(info.get("expires_at") or 0) <= time.time():
        return ""
    return str((info.get("userinfo") or {}).get("preferred_username") or "")
