"""The folder that `comparer space` writes starts by itself and answers.

By default on the packages that are here; with `COMPARER_PROOF_S` in a clean environment made from its own
requirements.txt, which takes minutes.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client, handle_file
from typer.testing import CliRunner

from comparer.cli import app
from comparer.errors import InputError
from comparer.serving.space import ENTRY, write_space
from tests.serving.processes import Dashboard

INSTALLED_WITHIN_S = 1500


def interpreter_for(folder: Path, tmp_path: Path) -> str:
    """A Python that has what the folder asks for, and nothing of this project."""
    if "COMPARER_PROOF_S" not in os.environ:
        return sys.executable
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True, timeout=120)
    python = tmp_path / "venv" / "bin" / "python"
    command = [python, "-m", "pip", "install", "-q", "-r", folder / "requirements.txt"]
    subprocess.run(command, check=True, timeout=INSTALLED_WITHIN_S, cwd=tmp_path)
    return str(python)


@pytest.mark.slow
@pytest.mark.timeout(180 + INSTALLED_WITHIN_S)
def test_the_folder_is_a_space_that_answers(tmp_path: Path) -> None:
    folder = tmp_path / "space"
    written = CliRunner().invoke(app, ["space", "--out", str(folder), "--json"])
    assert written.exit_code == 0, written.output
    assert json.loads(written.stdout)["bytes"] < 60_000_000
    python = interpreter_for(folder, tmp_path)

    variables = {"PYTHONPATH": "", "COMPARER_LINEUP": "demo", "COMPARER_SHUTDOWN_GRACE_S": "1"}
    with Dashboard(tmp_path / "data", (), (ENTRY,), variables, python, folder) as dashboard:
        client = Client(dashboard.url, verbose=False)
        picture = handle_file(str(folder / "assets" / "examples" / "drawn-manual-1.webp"))
        asked: Any = client.predict("What shape is part 3?", picture, "", "manual", api_name="/ask")
        assert all(answer["text"] and answer["error"] is None for answer in asked["answers"])
        assert client.predict(asked["answers"][0]["answer_id"], True, api_name="/rate")["rating_id"]
        assert not (tmp_path / "data" / "comparer.db-wal").exists()  # safe on a bucket
        dashboard.tell_to_end()
        assert dashboard.ended() == 0
    assert (tmp_path / "data" / "comparer.db").is_file()


def test_the_folder_holds_what_a_space_needs_and_nothing_else(tmp_path: Path) -> None:
    write_space(tmp_path / "plain")
    write_space(tmp_path / "zero", zero_gpu=True)

    front = (tmp_path / "plain" / "README.md").read_text("utf-8").split("---")[1]
    said = dict(re.findall(r"(?m)^(\w+): (\S.*)$", front))
    assert (said["sdk"], said["app_file"], said["hf_oauth"]) == ("gradio", ENTRY, "true")
    assert {"title", "sdk_version", "python_version", "license"} <= set(said)
    names = {path.name for path in (tmp_path / "plain").iterdir()}
    assert names == {"README.md", "requirements.txt", "app.py", ENTRY, "LICENSE", "comparer", "storage", "assets"}
    assert not (tmp_path / "plain" / "assets" / "screenshots").exists()
    assert not list((tmp_path / "plain").rglob("__pycache__"))
    compile((tmp_path / "zero" / ENTRY).read_text("utf-8"), ENTRY, "exec")
    assert "torch>=2.9,<2.12\n" in (tmp_path / "zero" / "requirements.txt").read_text("utf-8")
    assert 'python_version: "3.12.12"' in (tmp_path / "zero" / "README.md").read_text("utf-8")


def test_a_folder_in_use_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError) as refused:
        write_space(tmp_path)
    assert refused.value.code == "space_folder_in_use"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
