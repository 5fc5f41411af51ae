"""A crowd of visitors who ask all the time, through the real server, with engines that answer everybody at once.

By default 25 visitors for 10 s; `COMPARER_PROOF_S=60` makes it 100 visitors for a minute. The figures are printed
(`pytest -s`).
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import psutil
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from comparer.ui.streaming import FEW, LONGEST_REST_S, REST, Crowd
from tests.serving.processes import ROOT, Dashboard

SECONDS = float(os.environ.get("COMPARER_PROOF_S", "10"))
PROOF = "COMPARER_PROOF_S" in os.environ
VISITORS = 100 if PROOF else 25
ARRIVE_WITHIN_S = 300
LAG_P95_S = 1.0
GROWTH = 1.10
ANSWER_S = 15 if PROOF else 5
TOKENS_PER_S = 3
"""Of each of a visitor's three columns."""


class Load(NamedTuple):
    """What a crowd's stay cost the server, and what the crowd saw."""

    seen: dict[str, Any]
    cpu_s: float
    lasted_s: float
    memory_bytes: list[int]
    refused: str


def crowd(dashboard: Dashboard, picture: Path) -> Load:
    """Let the crowd arrive and stay; while it is there, one visitor too many asks."""
    server = psutil.Process(dashboard.process.pid)
    command = [sys.executable, "-m", "tests.serving.visitors", dashboard.url, picture, SECONDS, VISITORS]
    with subprocess.Popen([str(part) for part in command], cwd=ROOT, stdout=subprocess.PIPE, text=True) as visitors:
        assert visitors.stdout is not None
        assert visitors.stdout.readline().startswith("arrived")
        assert visitors.stdout.readline().startswith("all ask")
        began, before = time.monotonic(), server.cpu_times()
        memory, refused = [], ""
        while visitors.poll() is None:
            memory.append(server.memory_info().rss)
            if not refused and len(memory) > SECONDS:
                refused = one_too_many(dashboard, picture)
            try:
                visitors.wait(0.25)
            except subprocess.TimeoutExpired:
                continue
        after, lasted_s = server.cpu_times(), time.monotonic() - began
        cpu_s = after.user + after.system - before.user - before.system
        return Load(json.loads(visitors.stdout.read()), cpu_s, lasted_s, memory, refused)


def one_too_many(dashboard: Dashboard, picture: Path) -> str:
    """What somebody reads who asks while as many as may are asking."""
    try:
        Client(dashboard.url, verbose=False).predict("And I?", handle_file(str(picture)), api_name="/ask")
    except AppError as refused:
        return str(refused)
    return ""


@pytest.mark.slow
@pytest.mark.timeout(ARRIVE_WITHIN_S + 4 * SECONDS)
def test_a_crowd_is_served_steadily_and_nobody_is_dropped(tmp_path: Path, drawing: Path) -> None:
    with Dashboard.scripted(
        tmp_path / "data",
        "--max-questions",
        str(VISITORS),
        crowd=True,
        ttft_s=0.2,
        tokens_per_s=TOKENS_PER_S,
        tokens=TOKENS_PER_S * ANSWER_S,
    ) as dashboard:
        load = crowd(dashboard, drawing)
        failures = [line for line in dashboard.log.splitlines() if "Traceback" in line]
    seen, middle = load.seen, load.memory_bytes[len(load.memory_bytes) // 2 :]
    quarter = max(1, len(middle) // 4)
    growth = mean(middle[-quarter:]) / mean(middle[:quarter])
    busy = os.getloadavg()[0] > (os.cpu_count() or 1) + 1
    print(  # noqa: T201 - the figures are what one runs this for
        f"\n{VISITORS} visitors for {SECONDS:.0f} s, {TOKENS_PER_S} x 3 tokens a second each: "
        f"{seen['tokens']} tokens in {seen['updates']} updates, lag "
        f"{seen['lag_p50_s']:.2f} s (median), {seen['lag_p95_s']:.2f} s (p95), {seen['lag_max_s']:.2f} s (longest); "
        f"{1000 * load.cpu_s / load.lasted_s / VISITORS:.1f} ms of processor a second and stream, "
        f"{1000 * load.cpu_s / seen['updates']:.1f} ms an update; memory {middle[-1] / 1e6:.0f} MB, second half "
        f"{growth - 1:+.1%}; {seen['answered']} answered; load of the computer {os.getloadavg()[0]:.1f}"
    )
    assert seen["broken"] == []
    assert not failures
    assert seen["answered"] >= VISITORS or busy
    assert f"{VISITORS} questions are being answered or waiting" in load.refused or not load.refused
    assert growth < GROWTH or not PROOF
    assert seen["lag_p95_s"] < LAG_P95_S or busy  # where others want the processors, they decide


def test_a_few_are_updated_at_full_pace_and_a_crowd_as_the_server_can() -> None:
    streams = Crowd()
    for _ in range(FEW):
        streams.__enter__()
    assert streams.pause_s(0.1, took_s=5.0) == 0.1
    with streams:
        assert streams.pause_s(0.1, took_s=0.001) == 0.1
        assert streams.pause_s(0.1, took_s=0.1) == pytest.approx(0.1 * REST)
        assert streams.pause_s(0.1, took_s=60.0) == LONGEST_REST_S
    assert streams.pause_s(0.1, took_s=5.0) == 0.1
