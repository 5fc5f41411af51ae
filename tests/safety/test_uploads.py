"""What strangers may upload, and that nothing is kept for what is refused."""

from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from sqlalchemy import create_engine
from sqlalchemy import text as sql
from starlette.datastructures import Headers

from comparer.access.limits import PEOPLE_AT_AN_ADDRESS
from comparer.serving.gate import UPLOADS_A_MINUTE, UPLOADS_A_QUESTION, VISITOR_COOKIE
from comparer.store import MAX_QUESTION
from storage.database import default_url
from tests.safety.conftest import Caller, InTheOpen, Open

pytestmark = pytest.mark.usefixtures("quick_passwords")


def upload(http: httpx.Client, size_bytes: int = 10, content: bytes = b"") -> httpx.Response:
    return http.post("/gradio_api/upload", files={"files": ("a.png", content or b"x" * size_bytes, "image/png")})


def test_uploads_belong_to_somebody_and_have_a_size_and_a_number(in_the_open: Open) -> None:
    opened = in_the_open(shared=True, visitor_picture_mb=1)
    with httpx.Client(base_url=opened.url) as http:
        assert upload(http).status_code == 401  # nobody has opened the page
        http.get("/config")
        assert upload(http).status_code == 200
        too_large = upload(http, 4_100_000)
        assert too_large.status_code == 413 and "1 MB" in too_large.json()["detail"]
        for _ in range(UPLOADS_A_MINUTE - 1):
            assert upload(http).status_code == 200
        assert upload(http).status_code == 429


def test_uploads_are_as_many_as_questions_need(in_the_open: Open) -> None:
    opened = in_the_open(shared=True, visitor_questions=2)
    with httpx.Client(base_url=opened.url) as http:
        http.get("/config")
        assert [upload(http).status_code for _ in range(5)] == [200] * 2 * UPLOADS_A_QUESTION + [429]
        assert "try again in" in upload(http).json()["detail"]


def test_an_address_has_the_uploads_of_some_people_and_says_so(in_the_open: Open) -> None:
    opened = in_the_open(shared=True, visitor_questions=1, trust_proxy=True)

    def newcomer(address: str) -> httpx.Client:
        return opened.caller(**{"X-Forwarded-For": address, "Accept-Language": "zh"}).http

    for _ in range(PEOPLE_AT_AN_ADDRESS):
        http = newcomer("1.2.3.4")
        assert [upload(http).status_code for _ in range(UPLOADS_A_QUESTION)] == [200] * UPLOADS_A_QUESTION
    refused = upload(newcomer("1.2.3.4"))
    assert refused.status_code == 429 and "您所在网络" in refused.json()["detail"]
    assert upload(newcomer("5.6.7.8")).status_code == 200


def ask(caller: Caller, drawing: Path, times: int = 1) -> list[tuple[bool, str]]:
    """Upload a picture and ask about it so many times: whether it was answered, and what was said."""
    path = upload(caller.http, content=drawing.read_bytes()).json()[0]
    picture = {"path": path, "meta": {"_type": "gradio.FileData"}}
    answered = [caller.endpoint("ask", "What?", picture, "", "") for _ in range(times)]
    return [(done, str(said)) for done, said in answered]


def test_an_address_has_the_questions_of_some_people_and_says_so(in_the_open: Open, drawing: Path) -> None:
    opened = in_the_open(shared=True, visitor_questions=1)
    for _ in range(PEOPLE_AT_AN_ADDRESS):
        (first, _), (second, said) = ask(opened.caller(), drawing, times=2)
        assert first and not second and "the most that one visitor may have here" in said
    [(done, said)] = ask(opened.caller(), drawing)
    assert not done and "from your network within a minute" in said


@pytest.fixture
def at_the_hub(monkeypatch: pytest.MonkeyPatch, in_the_open: Open) -> InTheOpen:
    """A page that people sign in to at Hugging Face, whose word for who they are is a header here."""

    def name(scope: Any) -> str:
        return Headers(scope=scope).get("hub-name", "")

    monkeypatch.setenv("SPACE_ID", "team/demo")
    monkeypatch.setattr("comparer.ui.launch.find_spec", lambda package: package)
    monkeypatch.setattr("comparer.serving.gate._hub_name", name)
    monkeypatch.setattr("comparer.ui.header.gr.LoginButton", gr.Button)
    return in_the_open(access="huggingface", admins="ada", visitor_questions=1, visitor_picture_mb=1)


def test_at_the_hub_limits_are_those_of_a_name_and_admins_have_none(at_the_hub: InTheOpen, drawing: Path) -> None:
    rea, ron, ada = (at_the_hub.caller(**{"Hub-Name": name}) for name in ("rea", "ron", "ada"))
    for caller in (rea, ron):
        (first, _), (second, said) = ask(caller, drawing, times=2)
        assert first and not second and "the most that one visitor may have here" in said
        assert upload(caller.http, 4_100_000).status_code == 413
        assert [upload(caller.http).status_code for _ in range(2)] == [200, 429]
    again = at_the_hub.caller(**{"Hub-Name": "rea"})  # another browser, the same name
    assert upload(again.http).status_code == 429
    assert [done for done, _ in ask(ada, drawing, times=3)] == [True] * 3
    assert {upload(ada.http, size).status_code for size in (10, 10, 4_100_000)} == {200}


def test_at_the_hub_whoever_has_not_signed_in_asks_nothing(at_the_hub: InTheOpen) -> None:
    stranger = at_the_hub.caller()
    done, said = stranger.endpoint("ask", "What?", None, "", "")
    assert not done and "sign in" in str(said)
    assert not at_the_hub.store.search().conversations
    for number in range(PEOPLE_AT_AN_ADDRESS * UPLOADS_A_QUESTION + 1):  # each time another cookie
        cookie = {"Cookie": f"{VISITOR_COOKIE}={number:043}"}
        answered = httpx.post(f"{at_the_hub.url}/gradio_api/upload", files={"files": ("a.png", b"x")}, headers=cookie)
    assert answered.status_code == 429 and "from your network" in answered.json()["detail"]


def test_who_may_not_start_a_run_makes_nobody_work(in_the_open: Open) -> None:
    opened = in_the_open(shared=True)
    caller = opened.caller()
    before = sum(1 for file in opened.context.settings.data_dir.rglob("*.webp"))
    for event, one in opened.page.fns.items():
        if one.name == "start":
            chosen = {"run-suite": "demo-business"}
            kinds = [(kind.get_block_name(), getattr(kind, "elem_id", "")) for kind in one.inputs]
            values = [getattr(kind, "value", None) for kind in one.inputs]
            data = [
                None if name == "state" else chosen.get(place, value)
                for (name, place), value in zip(kinds, values, strict=True)
            ]
            caller.run(event, data)
    assert sum(1 for file in opened.context.settings.data_dir.rglob("*.webp")) == before
    assert not opened.store.runs.listed()


def test_a_question_that_is_refused_leaves_nothing(in_the_open: Open, drawing: Any) -> None:
    from gradio_client import handle_file

    opened = in_the_open(shared=True)
    client = Client(opened.url, verbose=False)
    with pytest.raises(AppError):
        client.predict("x" * (MAX_QUESTION + 1), handle_file(str(drawing)), "", "", api_name="/ask")
    settings = opened.context.settings
    assert not list(settings.data_dir.rglob("*.webp"))
    database = create_engine(settings.database_url or default_url(settings.data_dir))
    with database.connect() as connection:  # lists leave empty conversations out
        assert connection.scalar(sql("SELECT count(*) FROM conversations")) == 0
    database.dispose()
