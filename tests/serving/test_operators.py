"""What operators see of a dashboard: health, metrics, request ids; nothing of it leaks to strangers."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from comparer.dialogue import Dialogue
from comparer.engines.scripted_engine import Script
from comparer.errors import StoreError
from comparer.pictures import normalise
from comparer.records import Preference, Rating
from comparer.serving.health import HealthCheck
from comparer.serving.operations import Operations
from comparer.serving.telemetry import Telemetry
from comparer.serving.watched_store import watched
from comparer.settings import Settings
from storage import SqlStore
from storage.database import connect, parse_url
from storage.pictures import PictureFiles
from tests.conftest import MakeDialogue, Served
from tests.suites.queued import a_run_to_rate

ANSWER = Script(ttft_s=0.01, tokens_per_s=500, tokens=4)


def client_of(
    dialogue: Dialogue, telemetry: Telemetry | None = None, host: str = "127.0.0.1", **settings: str
) -> TestClient:
    operations = Operations(Settings(**settings), dialogue, dialogue.store, telemetry=telemetry or Telemetry())  # type: ignore[arg-type]
    return TestClient(FastAPI(**operations.server_options()), client=(host, 50_000))


def samples(text: str) -> dict[str, float]:
    """By name and labels, as they are written."""
    return {
        f"{one.name}{sorted(one.labels.items())}": one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def test_health_tells_of_database_and_models(make_dialogue: MakeDialogue) -> None:
    dialogue = make_dialogue(Script(), Script())
    client = client_of(dialogue)

    well = client.get("/health")
    assert well.status_code == 200
    assert well.json() == {
        "status": "ok",
        "ready": True,
        "database": "ok",
        "models": {"small": "unloaded", "medium": "unloaded"},
    }
    dialogue.engines["small"].load()
    assert client.get("/health").json()["models"]["small"] == "ready"
    dialogue.admission.close()
    closing = client.get("/health")
    assert closing.status_code == 503 and closing.json()["status"] == "closing"
    assert client.get("/health/live").status_code == 200


def test_a_database_that_is_gone_makes_the_process_unready_and_names_no_address(
    make_dialogue: MakeDialogue, tmp_path: Path
) -> None:
    pytest.importorskip("psycopg")
    dialogue = make_dialogue(Script())
    url = parse_url("postgresql://ann:secret@127.0.0.1:1/ratings")
    dialogue.store = SqlStore(connect(url), PictureFiles(tmp_path))
    client = client_of(dialogue)

    gone = client.get("/health")

    assert gone.status_code == 503
    assert (gone.json()["status"], gone.json()["database"]) == ("no_database", "unreachable")
    assert not [word for word in ("secret", "ann", "127.0.0.1", "ratings") if word in gone.text]
    assert client.get("/health/live").status_code == 200
    assert client.get("/metrics").status_code == 200  # the figures of runs are missing, the others are there


def test_a_database_that_hangs_is_not_waited_for(make_dialogue: MakeDialogue) -> None:
    dialogue = make_dialogue(Script())
    asked, release = [], threading.Event()

    class Hanging:
        def ping(self) -> None:
            asked.append(1)
            release.wait(10)

    dialogue.store = Hanging()  # type: ignore[assignment]
    check = HealthCheck(dialogue, within_s=0.05)
    assert [check.look().ready for _ in range(3)] == [False] * 3
    assert len(asked) == 1  # not asked again while it owes an answer
    release.set()
    check = HealthCheck(dialogue, within_s=5)
    assert check.look().ready


def test_metrics_count_what_was_kept(store: SqlStore, make_dialogue: MakeDialogue, drawing: Path) -> None:
    telemetry = Telemetry()
    dialogue = make_dialogue(ANSWER, Script(fault="middle", tokens=4))
    dialogue.store = watched(store, telemetry)
    client = client_of(dialogue, telemetry)
    picture = dialogue.keep_picture(normalise(drawing))
    *_, last = dialogue.ask(dialogue.begin("manual"), "What?", [picture])
    small = last.columns[0].answer_id
    for acceptable in (True, True, False):
        dialogue.store.rate(small, Rating(acceptable, "Ann"))
    dialogue.store.prefer(last.turn_id, Preference("none", reviewer="Ann"))
    a_run_to_rate(store, picture, cases=2, dialogues=0)
    dialogue.admission.close()
    with pytest.raises(Exception, match="takes no new questions"):
        dialogue.begin()

    text = client.get("/metrics").text
    now = samples(text)

    assert now["comparer_questions_total[]"] == 1
    assert now["comparer_answers_total[('model', 'small'), ('stop_reason', 'stop')]"] == 1
    assert now["comparer_answers_total[('model', 'medium'), ('stop_reason', 'error')]"] == 1
    assert now["comparer_output_tokens_total[('model', 'small')]"] == 4
    assert now["comparer_first_token_seconds_count[('contended', 'false'), ('model', 'small')]"] == 1
    assert now["comparer_answer_seconds_count[('contended', 'false'), ('model', 'small')]"] == 1
    assert now["comparer_ratings_total[('acceptable', 'true')]"] == 2
    assert now["comparer_ratings_total[('acceptable', 'false')]"] == 1
    assert now["comparer_votes_total[]"] == 1
    assert now["comparer_questions_refused_total[('reason', 'server_closing')]"] == 1
    assert now["comparer_questions_under_way[]"] == 0
    assert now["comparer_model_ready[('model', 'small')]"] == 1
    assert now["comparer_queue_length[('model', 'small')]"] == 0
    assert now["comparer_process_memory_bytes[]"] > 1_000_000
    assert sum(value for name, value in now.items() if name.startswith("comparer_runs[")) == 1
    for private in ("Ann", "What?", str(store), small, last.conversation_id, "scripted"):
        assert private not in text


@pytest.mark.parametrize(
    ("audience", "host", "headers", "status"),
    [
        ("loopback", "127.0.0.1", {}, 200),
        ("loopback", "::1", {}, 200),
        ("loopback", "10.0.0.9", {}, 403),
        ("loopback", "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("loopback", "127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 403),
        ("open", "10.0.0.9", {}, 200),
        ("off", "127.0.0.1", {}, 404),
    ],
)
def test_metrics_are_for_whom_the_option_says(
    make_dialogue: MakeDialogue, audience: str, host: str, headers: dict[str, str], status: int
) -> None:
    client = client_of(make_dialogue(Script()), host=host, metrics=audience)
    assert client.get("/metrics", headers=headers).status_code == status


def test_every_request_has_an_id_and_is_counted_by_its_pattern(make_dialogue: MakeDialogue) -> None:
    client = client_of(make_dialogue(Script()))
    assert client.get("/health", headers={"X-Request-ID": "proxy-7.a_B"}).headers["x-request-id"] == "proxy-7.a_B"
    made = [client.get("/health").headers["x-request-id"] for _ in range(2)]
    assert len(set(made)) == 2 and all(made)
    for forged in ("two words", "x" * 65, 'a"b', "é"):
        assert client.get("/health", headers={"X-Request-ID": forged.encode()}).headers["x-request-id"] != forged
    for number in range(3):
        client.get(f"/made-up/{number}?secret=1")

    now = samples(client.get("/metrics").text)
    assert now["comparer_http_requests_total[('method', 'GET'), ('route', '/health'), ('status', '200')]"] == 7
    assert now["comparer_http_requests_total[('method', 'GET'), ('route', 'none'), ('status', '404')]"] == 3
    assert not [name for name in now if "made-up" in name or "secret" in name]


def test_a_full_dashboard_says_so_and_lets_the_next_one_in_later(
    make_dialogue: MakeDialogue, serve: Callable[..., Served], drawing: Path
) -> None:
    from gradio_client import Client, handle_file
    from gradio_client.exceptions import AppError

    from comparer.admission import Admission

    dialogue = make_dialogue(Script(ttft_s=0.01, tokens_per_s=20, tokens=1000))
    dialogue.admission = Admission(most=1)
    client = Client(serve(dialogue).url, verbose=False)
    job = client.submit("What?", handle_file(str(drawing)), api_name="/ask")
    next(iter(job))
    for language, sentence in (("en", "1 questions are being answered or waiting"), ("zh-CN", "已有 1 个问题")):
        other = Client(client.src, verbose=False, headers={"Accept-Language": language})
        with pytest.raises(AppError) as refused:
            other.predict("And this?", handle_file(str(drawing)), api_name="/ask")
        assert sentence in str(refused.value)
    assert len(dialogue.store.search().conversations) == 1  # nothing is left of those that were refused
    assert dialogue.admission.cancel() == 1
    assert dialogue.admission.drain(5)
    job.cancel()
    assert dialogue.admission.refused == {"server_full": 2}


def test_a_refused_ping_is_a_store_error(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError) as gone:
        SqlStore(connect(parse_url("postgresql://127.0.0.1:1/x")), PictureFiles(tmp_path)).ping()
    assert gone.value.code == "store_unreachable"
