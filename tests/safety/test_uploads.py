"""What strangers may upload, and that nothing is kept for what is refused."""

from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from sqlalchemy import create_engine
from sqlalchemy import text as sql

from comparer.serving.gate import UPLOADS_A_MINUTE, UPLOADS_A_QUESTION
from comparer.store import MAX_QUESTION
from storage.database import default_url
from tests.safety.conftest import Open

pytestmark = pytest.mark.usefixtures("quick_passwords")


def upload(http: httpx.Client, size_bytes: int = 10) -> httpx.Response:
    return http.post("/gradio_api/upload", files={"files": ("a.png", b"x" * size_bytes, "image/png")})


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
