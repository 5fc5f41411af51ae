"""Signing in over real HTTP: who comes in, what their cookie is like, and what other sites can make a browser do."""

import re
import shlex
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from gradio_client import Client
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from comparer.access import Visitor
from comparer.access.users import UserList
from comparer.errors import InputError
from comparer.serving.gate import SESSION_COOKIE, VISITOR, VISITOR_COOKIE, Doors, Gate
from comparer.serving.headers import SecurityHeaders
from comparer.settings import Settings
from comparer.ui.launch import doors_of
from tests.safety.conftest import PASSWORDS, Open

pytestmark = pytest.mark.usefixtures("quick_passwords")

BROWSER = {"Accept": "text/html"}
BEFORE_SIGN_IN = [
    ("GET", "/config"),
    ("GET", "/gradio_api/info"),
    ("GET", "/gradio_api/queue/data?session_hash=abc"),
    ("GET", "/gradio_api/queue/status"),
    ("GET", "/gradio_api/heartbeat/abc"),
    ("GET", "/gradio_api/token"),
    ("GET", "/gradio_api/app_id"),
    ("GET", "/gradio_api/file=/etc/passwd"),
    ("GET", "/theme.css"),
    ("GET", "/login/"),
    ("GET", "/%2e%2e/config"),
    ("GET", "/?../config/../config"),
    ("POST", "/"),
    ("POST", "/gradio_api/upload"),
    ("POST", "/gradio_api/queue/join"),
    ("POST", "/gradio_api/run/rate"),
    ("POST", "/gradio_api/call/export"),
    ("POST", "/gradio_api/component_server"),
    ("POST", "/gradio_api/reset"),
    ("POST", "/gradio_api/cancel"),
    ("PUT", "/config"),
    ("OPTIONS", "/config"),
]


@pytest.mark.parametrize(
    "headers", [{}, {"X-Forwarded-User": "Ada", "Cookie": f"{SESSION_COOKIE}=a; comparer.visitor=Ada"}]
)
def test_nothing_is_to_be_had_before_signing_in(in_the_open: Open, headers: dict[str, str]) -> None:
    opened = in_the_open(access="users")
    described = opened.page.app.openapi()["paths"]
    assert len(described) > 30
    every = [(next(iter(methods)).upper(), re.sub(r"{[^}]*}", "x", path)) for path, methods in described.items()]
    with httpx.Client(base_url=opened.url, headers=headers) as http:
        for method, path in [*BEFORE_SIGN_IN, *every]:
            if path in {"/login", "/logout", "/gradio_api/startup-events", "/health"}:
                continue
            answer = http.request(method, path)
            assert answer.status_code == (303 if path.partition("?")[0] == "/" and method == "GET" else 401), path
            assert "Scripted" not in answer.text and "dependencies" not in answer.text
        for event in opened.page.fns:
            body = {"fn_index": event, "data": [], "session_hash": "abc"}
            assert http.post("/gradio_api/queue/join", json=body).status_code == 401


def test_a_browser_signs_in_and_out(in_the_open: Open) -> None:
    opened = in_the_open(access="users")
    with httpx.Client(base_url=opened.url, headers=BROWSER) as http:
        asked = http.get("/?conversation=abc&lang=zh")
        assert asked.status_code == 303 and asked.headers["location"] == "login?conversation=abc&lang=zh"
        assert "action='login?conversation=abc&amp;lang=zh'" in http.get("/login?conversation=abc&lang=zh").text
        no_form = {"Content-Type": "multipart/form-data; boundary=x"}
        assert http.post("/login", content=b"\xff\xfe=1", headers=no_form).status_code == 400
        form = http.get("/login?conversation=%22%3E%3Cscript%3Epwned%3C/script%3E")
        assert "<script" not in form.text and form.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in form.headers["content-security-policy"]
        wrong = http.post("/login?lang=zh", data={"username": "Rea", "password": "guessed wrong"})
        assert wrong.status_code == 400 and "用户名或密码错误" in wrong.text and not wrong.cookies
        planted = "a" * 43
        http.cookies.set(SESSION_COOKIE, planted)  # fixation: a secret that somebody else knows
        done = http.post("/login?conversation=abc", data={"username": " Rea ", "password": PASSWORDS["Rea"]})
        assert done.status_code == 303 and done.headers["location"] == "./?conversation=abc"
        assert re.search(r"; Path=/; HttpOnly; SameSite=Lax$", done.headers["set-cookie"])
        http.cookies.delete(SESSION_COOKIE, domain="")
        first = http.cookies[SESSION_COOKIE]
        assert first != planted and http.get("/config").status_code == 200
        again = http.post("/login", data={"username": "Rea", "password": PASSWORDS["Rea"]})
        second = again.cookies[SESSION_COOKIE]
        assert second not in {first, planted}
        for old in (first, planted):
            assert httpx.get(f"{opened.url}/config", cookies={SESSION_COOKIE: old}).status_code == 401
        assert http.get("/logout").status_code == 303 and http.get("/config").status_code == 200  # a mere link
        out = http.post("/logout")
        assert out.headers["location"] == "login" and "Max-Age=0" in out.headers["set-cookie"]
        assert httpx.get(f"{opened.url}/config", cookies={SESSION_COOKIE: second}).status_code == 401


def test_a_script_signs_in_as_gradio_client_does(in_the_open: Open) -> None:
    opened = in_the_open(access="users")
    client = Client(opened.url, auth=("Rea", PASSWORDS["Rea"]), verbose=False)
    assert client.predict(api_name="/score_table")["rows"]
    with pytest.raises(ValueError, match="Could not login"):
        Client(opened.url, auth=("Rea", "guessed wrong"), verbose=False)


def test_who_is_taken_off_the_list_is_out_at_once(in_the_open: Open) -> None:
    opened = in_the_open(access="users")
    caller = opened.caller("Rea")
    assert caller.http.get("/config").status_code == 200
    UserList(opened.context.settings.list_of_users).remove("Rea")
    assert caller.http.get("/config").status_code == 401


def test_a_new_password_ends_what_the_old_one_opened(in_the_open: Open) -> None:
    opened = in_the_open(access="users")
    caller = opened.caller("Rea")
    UserList(opened.context.settings.list_of_users).put("Rea", "reviewer", "another good password")
    assert caller.http.get("/config").status_code == 401
    assert caller.sign_in("Rea", "another good password").status_code == 200
    assert caller.http.get("/config").status_code == 200


def test_right_passwords_use_up_no_tries(in_the_open: Open) -> None:
    opened = in_the_open(access="users")
    assert [opened.caller().sign_in("Rea").status_code for _ in range(8)] == [200] * 8


def test_passwords_cannot_be_tried_one_after_another(in_the_open: Open) -> None:
    opened = in_the_open(access="users")
    caller = opened.caller()
    statuses = [caller.sign_in("Rea", "guessed wrong").status_code for _ in range(6)]
    assert statuses == [400] * 5 + [429]
    assert caller.sign_in("Rea").status_code == 429  # nor with the right one
    assert caller.sign_in("Ron").status_code == 200
    assert caller.http.post("/login", content=b"username=" + b"x" * 20_000).status_code == 413


FROM_ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "http://127.0.0.1.evil.example"},
]


@pytest.mark.parametrize("headers", FROM_ELSEWHERE)
def test_other_sites_make_a_browser_do_nothing(in_the_open: Open, headers: dict[str, str]) -> None:
    opened = in_the_open(access="users")
    caller = opened.caller("Rea")
    form = {"username": "Ron", "password": PASSWORDS["Ron"]}
    assert caller.http.post("/login", data=form, headers=headers).status_code == 403  # signed in as somebody else
    assert caller.http.post("/logout", headers=headers).status_code == 403
    assert caller.http.post("/gradio_api/queue/join", json={}, headers=headers).status_code == 403
    assert caller.http.post("/gradio_api/upload", files={"files": b"x"}, headers=headers).status_code == 403
    link = headers.get("Sec-Fetch-Mode") == "navigate"
    assert caller.http.get("/", headers=headers).status_code == (200 if link else 403)
    assert caller.http.get("/login", headers=headers).status_code == 403
    ours = {"Origin": opened.url, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
    assert caller.http.get("/config", headers=ours).status_code == 200


def test_a_name_that_leads_here_but_is_not_ours_opens_nothing(in_the_open: Open) -> None:
    """DNS rebinding: a page of evil.example, whose name means 127.0.0.1 by now, calls a local dashboard."""
    here = in_the_open()
    port = here.url.rpartition(":")[2]
    for host in ("evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}", "[::1", "10.0.0.5"):
        refused = httpx.get(f"{here.url}/config", headers={"Host": host})
        assert refused.status_code == 421 and "--trust-proxy" in refused.text
    for host in (f"localhost:{port}", "127.0.0.1", f"[::1]:{port}"):
        assert httpx.get(f"{here.url}/config", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "options",
    [{"shared": True}, {"trust_proxy": True}, {"root_path": "/compare"}, {"host": "0.0.0.0"}, {"access": "users"}],
)
def test_other_names_are_for_a_network_a_proxy_or_a_login(
    tmp_path: Path, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPACE_ID", raising=False)
    UserList(tmp_path / "users.json").put("Ada", "admin", "a good long password")
    assert not doors_of(Settings(data_dir=tmp_path, **options)).local_only
    for host in ("127.0.0.1", "localhost", "::1", "[::1]"):
        assert doors_of(Settings(data_dir=tmp_path, host=host)).local_only
    assert not doors_of(Settings(data_dir=tmp_path, host="::")).local_only


def test_the_command_that_adds_somebody_can_be_pasted(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "it's a folder", access="users")
    with pytest.raises(InputError) as refused:
        doors_of(settings)
    command = str(refused.value).rpartition("Add an admin first: ")[2]
    assert shlex.split(command)[-2:] == ["--users-file", str(settings.list_of_users)]


def test_only_a_proxy_that_is_trusted_says_who_we_are_and_how_people_came(
    in_the_open: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)  # as where no dashboard with a login was begun before
    said = {"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    alone, behind = in_the_open(), in_the_open(trust_proxy=True)
    assert httpx.get(f"{alone.url}/config", headers=said).status_code == 403
    answer = httpx.get(f"{behind.url}/config", headers=said)
    assert answer.status_code == 200 and answer.headers["strict-transport-security"].startswith("max-age=")
    del said["Origin"], said["X-Forwarded-Host"]
    assert "strict-transport-security" not in httpx.get(f"{alone.url}/config", headers=said).headers
    assert "strict-transport-security" not in httpx.get(f"{behind.url}/config").headers


@pytest.mark.parametrize(
    ("scheme", "told", "trusted", "kept"),
    [
        ("https", "", False, True),
        ("http", "", True, False),
        ("http", "https", True, True),
        ("http", "https", False, False),
        ("https", "https", False, False),  # the scheme is what any program on this computer has made of it
    ],
)
def test_https_is_kept_by_those_who_came_by_it(scheme: str, told: str, trusted: bool, kept: bool) -> None:
    started: list[Message] = []

    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        started.append(message)

    told_in = [(b"x-forwarded-proto", told.encode())] if told else []
    scope = {"type": "http", "scheme": scheme, "headers": told_in}
    anyio.run(SecurityHeaders(answer, trust_proxy=trusted), scope, receive, send)
    assert ("strict-transport-security" in MutableHeaders(scope=started[0])) == kept


def test_answers_carry_the_headers(in_the_open: Open) -> None:
    opened = in_the_open(shared=True)
    answer = opened.caller().http.get("/")
    policy = answer.headers["content-security-policy"]
    assert "img-src 'self' data: blob:" in policy and "frame-ancestors 'self'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


def test_strangers_are_told_apart_by_a_cookie_of_the_server(in_the_open: Open) -> None:
    opened = in_the_open(shared=True)
    answer = httpx.get(f"{opened.url}/")
    said = answer.headers["set-cookie"]
    assert re.fullmatch(rf"{VISITOR_COOKIE}=[\w-]{{43}}; Max-Age=\d+; Path=/; HttpOnly; SameSite=Lax", said)
    assert "set-cookie" not in httpx.get(f"{opened.url}/", cookies=answer.cookies).headers
    assert "set-cookie" in httpx.get(f"{opened.url}/", cookies={VISITOR_COOKIE: "short"}).headers


def test_a_page_where_nobody_could_sign_in_does_not_start(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.delenv("SPACE_ID", raising=False)
    with pytest.raises(InputError, match="list of users"):
        doors_of(Settings(access="users", data_dir=tmp_path))
    with pytest.raises(InputError, match="on a Space only"):
        doors_of(Settings(access="huggingface"))
    monkeypatch.setenv("SPACE_ID", "team/demo")
    monkeypatch.setattr("comparer.ui.launch.find_spec", lambda _package: None)
    with pytest.raises(InputError, match=r"gradio\[oauth\]"):
        doors_of(Settings(access="huggingface"))
    monkeypatch.setattr("comparer.ui.launch.find_spec", lambda package: package)
    doors = doors_of(Settings(access="huggingface", admins=" ada, ,rea"))
    assert doors.on_a_space and doors.shared and doors.trust_proxy and doors.admins == {"ada", "rea"}


HUB = Doors(mode="huggingface", shared=True, admins=frozenset({"ada"}), trust_proxy=True, on_a_space=True)


@pytest.mark.parametrize(
    ("session", "name", "role"),
    [
        ({"oauth_info": {"userinfo": {"preferred_username": "ada"}, "expires_at": 4e9}}, "ada", "admin"),
        ({"oauth_info": {"userinfo": {"preferred_username": "rea"}, "expires_at": 4e9}}, "rea", "reviewer"),
        ({"oauth_info": {"userinfo": {"preferred_username": "ada"}, "expires_at": 1}}, "", "reviewer"),
        ({"oauth_info": "ada"}, "", "reviewer"),
        ({}, "", "reviewer"),
    ],
)
def test_at_the_hub_people_are_who_gradio_has_signed_in(session: dict[str, Any], name: str, role: str) -> None:
    seen: list[Visitor] = []
    answered: list[Any] = []

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        seen.append(scope[VISITOR])
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def ask() -> None:
        async def said(message: Any) -> None:
            answered.append(message)

        forwarded = [(b"x-forwarded-for", b"6.6.6.6"), (b"x-forwarded-for", b"7.7.7.7, 9.9.9.9")]
        sent = [*forwarded, (b"comparer.visitor", b"ada")]
        scope = {
            "type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": sent, "session": session,
            "client": ("10.0.0.1", 1), VISITOR: "forged",
        }  # fmt: skip
        await Gate(app, HUB)(scope, said, said)

    anyio.run(ask)
    assert (seen[0].name, seen[0].role, seen[0].address) == (name, role, "9.9.9.9")
    assert seen[0].key.startswith("user:" if name else "visitor:")
    if not name:
        cookie = MutableHeaders(scope=answered[0])["set-cookie"]
        assert cookie.endswith("SameSite=None; Secure; Partitioned") and "HttpOnly" in cookie
