"""What `python app.py` says when it cannot start: one sentence and an exit code, never a traceback."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from comparer.paths import ASSETS

ROOT = ASSETS.parent


def start(tmp_path: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "app.py", "--data-dir", str(tmp_path), "--preload", "never", "--lineup", "demo", *options],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("options", "variables", "flag"),
    [
        (("--port", "abc"), {}, "--port"),
        (("--port", "70000"), {}, "--port"),
        ((), {"COMPARER_MAX_UPLOAD_MB": "much"}, "--max-upload-mb"),
        (("--language", "fr"), {}, "--language"),
    ],
)
def test_a_wrong_option_is_named(
    tmp_path: Path, options: tuple[str, ...], variables: dict[str, str], flag: str
) -> None:
    ended = start(tmp_path, *options, **variables)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert f"{flag} (or COMPARER_" in ended.stderr and "python app.py --help" in ended.stderr


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = start(tmp_path, "--port", str(port))
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    (sentence,) = [line for line in ended.stderr.splitlines() if line.startswith("app.py: ")]
    assert f"port {port}" in sentence and "--port" in sentence


def test_an_unknown_lineup_is_one_sentence(tmp_path: Path) -> None:
    ended = start(tmp_path, "--lineup", "qwen4")
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr and "There is no lineup “qwen4”" in ended.stderr


def test_served_models_are_looked_for_at_start(tmp_path: Path) -> None:
    from app import build
    from comparer.settings import Settings
    from tests.engines.openai_server import OddServer, wait_until

    with OddServer([]) as server:
        path = tmp_path / "mine.toml"
        model = f'key = "a"\nlabel = "A"\nengine = "openai"\nmodel = "m"\nendpoint = "{server.url}"\n'
        path.write_text(f'title = {{ en = "Mine", zh = "我的" }}\n[[models]]\n{model}', "utf-8")

        build(Settings(lineup=str(path), data_dir=tmp_path / "data"))

        wait_until(lambda: any(seen.path == "/v1/models" for seen in server.seen))
