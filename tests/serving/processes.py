"""Dashboards in processes of their own, for tests of what only a whole process shows."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from comparer.paths import ASSETS

ROOT = ASSETS.parent
STARTS_WITHIN_S = 120


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass
class Dashboard:
    """A process that serves the page; a context manager. `command` is what follows the Python interpreter."""

    data_dir: Path
    options: Sequence[str] = ()
    command: Sequence[str] = ("app.py",)
    variables: dict[str, str] = field(default_factory=dict)
    interpreter: str = sys.executable
    folder: Path = ROOT
    port: int = field(default_factory=free_port)

    @classmethod
    def scripted(cls, data_dir: Path, *options: str, crowd: bool = False, **script: Any) -> "Dashboard":
        """One whose engines follow a script."""
        variables = {"SCRIPT": json.dumps(script), "CROWD": "1" if crowd else ""}
        return cls(data_dir, options, ("-m", "tests.serving.scripted_app"), variables)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8")

    @property
    def log_lines(self) -> list[dict[str, Any]]:
        """The log, where it is JSON."""
        return [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]

    @property
    def _log(self) -> Path:
        return self.data_dir.parent / f"dashboard-{self.port}.log"

    def __enter__(self) -> "Dashboard":
        self.data_dir.mkdir(parents=True, exist_ok=True)
        options = ("--port", str(self.port), "--data-dir", str(self.data_dir), *self.options)
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "False", **self.variables}
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.interpreter, *self.command, *options],
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}health/live", timeout=5).status_code == 200:
                    return self
            except httpx.HTTPError:
                pass
            assert self.process.poll() is None, self.log
            time.sleep(0.1)
        raise AssertionError(f"no answer within {STARTS_WITHIN_S} s\n{self.log}")

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def tell_to_end(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def ended(self, within_s: float = 20.0) -> int:
        """Its exit code, once it has ended."""
        return self.process.wait(within_s)
