"""What somebody who starts a dashboard reads, in a process of its own."""

from pathlib import Path

import pytest

from tests.engines.openai_server import wait_until
from tests.serving.processes import Dashboard

OPEN_TO_ALL = "may read, change and delete everything here"


@pytest.mark.parametrize(
    ("options", "warned"),
    [
        (("--host", "0.0.0.0"), True),
        (("--host", "0.0.0.0", "--log-format", "json"), True),
        (("--host", "0.0.0.0", "--shared"), False),
    ],
)
def test_who_opens_a_page_to_a_network_is_told_who_can_change_it(
    tmp_path: Path, options: tuple[str, ...], warned: bool
) -> None:
    starting = Dashboard.scripted(tmp_path / "data", *options)
    starting.variables["PYTHONUNBUFFERED"] = ""  # a log collector must read the line at once, not when all ends
    with starting as dashboard:
        wait_until(lambda: "serving" in dashboard.log)
        if "json" not in options:
            wait_until(lambda: f":{dashboard.port}/ (Ctrl-C ends it)" in dashboard.log)
        assert (OPEN_TO_ALL in dashboard.log) == warned
        if warned:
            assert "--access users" in dashboard.log and "--shared" in dashboard.log
        assert "public link" not in dashboard.log and "share=True" not in dashboard.log
        if "json" in options:
            assert len(dashboard.log_lines) == len(dashboard.log.splitlines())
