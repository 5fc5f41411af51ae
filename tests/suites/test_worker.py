"""A killed process is known by its name, and nobody else is taken for one."""

import subprocess
import sys

from comparer.suites.worker import is_gone, worker_name


def test_this_process_lives() -> None:
    assert worker_name() != worker_name()
    assert not is_gone(worker_name())


def test_a_killed_process_is_gone() -> None:
    code = "from comparer.suites.worker import worker_name; print(worker_name(), flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        assert not is_gone(name)
        process.kill()
        process.wait()
    assert is_gone(name)


def test_who_follows_with_the_same_number_is_another() -> None:
    name, _, _ = worker_name().rpartition(":")
    assert is_gone(f"{name}:1.00")


def test_what_cannot_be_told_is_not_gone() -> None:
    _, pid, began = worker_name().rsplit(":", 2)
    for name in ("killed", f"x@elsewhere:{pid}:{began}", "x@a:b", f"x@elsewhere:999999999:{began}"):
        assert not is_gone(name)
