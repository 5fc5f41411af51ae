"""How a dashboard's process ends, and what its log holds of all that visitors typed: nothing."""

import signal
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.client import Job
from gradio_client.exceptions import AppError

from comparer.engines.scripted_engine import Script
from comparer.records import StopReason
from comparer.suites.starting import Options, start
from storage import open_store
from tests.engines.openai_server import wait_until
from tests.serving.processes import Dashboard
from tests.suites.running import ScriptedPool, a_suite

SECRET_QUESTION, SECRET_NOTE, SECRET_NAME = "what-i-asked-7f3", "what-i-noted-7f3", "who-i-am-7f3"


def ask(client: Client, picture: Path) -> Job:
    """A question whose answers have begun."""
    job = client.submit(SECRET_QUESTION, handle_file(str(picture)), "", "manual", api_name="/ask")
    for snapshot in job:
        if any(answer["text"] for answer in snapshot["answers"]):
            return job
    raise AssertionError("no answer began")


def kept(data_dir: Path) -> list[StopReason]:
    """How the answers to the only question ended."""
    store = open_store(data_dir)
    (conversation,) = store.search().conversations
    answers = store.conversation(conversation.id).turns[0].answers
    store.close()
    return [answer.answer.stop_reason for answer in answers]


def test_running_answers_end_and_the_log_holds_no_contents(tmp_path: Path, drawing: Path) -> None:
    options = ("--log-format", "json", "--log-level", "debug", "--shutdown-grace-s", "30")
    with Dashboard.scripted(tmp_path / "data", *options, ttft_s=0.1, tokens_per_s=15, tokens=20) as dashboard:
        broken = {"fn_index": 5, "data": [{"SECRETQ": SECRET_QUESTION}], "session_hash": "s"}
        assert httpx.post(f"{dashboard.url}gradio_api/queue/join", json=broken).status_code < 500
        wait_until(lambda: "event failed" in dashboard.log)
        client = Client(dashboard.url, verbose=False, headers={"X-Request-ID": "request-of-mine"})
        job = ask(client, drawing)
        dashboard.tell_to_end()
        wait_until(lambda: httpx.get(f"{dashboard.url}health").status_code == 503)
        for language, sentence in (("en", "about to be restarted"), ("zh-CN", "即将重启")):
            other = Client(dashboard.url, verbose=False, headers={"Accept-Language": language})
            with pytest.raises(AppError) as refused:
                other.predict("Too late?", handle_file(str(drawing)), api_name="/ask")
            assert sentence in str(refused.value)
        last: Any = job.result(timeout=30)
        assert [answer["stop_reason"] for answer in last["answers"]] == ["stop"] * 3
        small = last["answers"][0]
        client.predict(small["answer_id"], True, SECRET_NOTE, SECRET_NAME, api_name="/rate")
        assert dashboard.ended() == 0
    assert kept(tmp_path / "data") == ["stop"] * 3

    lines = dashboard.log_lines
    assert len(lines) == len(dashboard.log.splitlines())  # all of it is JSON
    answers = [line for line in lines if line["message"] == "answer"]
    assert {line["request_id"] for line in answers} == {"request-of-mine"}
    assert {line["model"] for line in answers} == {"small", "medium", "large"}
    assert all(line["stop_reason"] == "stop" and line["ttft_s"] > 0 for line in answers)
    assert "ended" in [line["message"] for line in lines]
    assert "event failed" in [line["message"] for line in lines]
    contents = (SECRET_QUESTION, "SECRETQ", SECRET_NOTE, SECRET_NAME, "word1", "Too late", drawing.name)
    assert not [word for word in contents if word in dashboard.log]


def test_what_takes_too_long_is_stopped_and_kept_and_runs_are_given_back(tmp_path: Path, drawing: Path) -> None:
    data_dir = tmp_path / "data"
    slow = Script(ttft_s=0.1, tokens_per_s=20, tokens=10_000)
    store = open_store(data_dir)
    pool = ScriptedPool(slow, slow, slow)
    run = start(store.runs, store, a_suite(tmp_path / "suite", cases=2), pool.lineup, pool.engines, Options())
    with Dashboard.scripted(
        data_dir, "--shutdown-grace-s", "0.3", ttft_s=0.1, tokens_per_s=20, tokens=10_000
    ) as dashboard:
        wait_until(lambda: store.runs.run(run).state == "running")
        client = Client(dashboard.url, verbose=False)
        job = client.submit("What?", handle_file(str(drawing)), api_name="/ask")
        next(iter(job))
        dashboard.tell_to_end()
        assert dashboard.ended() == 0
    assert "answers were stopped questions=1 all_kept=True" in dashboard.log
    assert (store.runs.run(run).state, dict(store.runs.holders())) == ("queued", {})
    assert store.runs.claim("another", 30) is not None
    store.close()
    assert kept(data_dir) == ["cancelled"] * 3


def test_a_second_signal_ends_at_once(tmp_path: Path, drawing: Path) -> None:
    with Dashboard.scripted(
        tmp_path / "data", "--shutdown-grace-s", "600", ttft_s=0.1, tokens_per_s=20, tokens=10_000
    ) as dashboard:
        ask(Client(dashboard.url, verbose=False), drawing)
        dashboard.tell_to_end()
        wait_until(lambda: httpx.get(f"{dashboard.url}health").status_code == 503)
        dashboard.process.send_signal(signal.SIGINT)
        assert dashboard.ended(5) == 130
