"""Names for workers, by which another process on the same computer can tell that one has been killed."""

import os
import platform
from pathlib import Path
from uuid import uuid4

import psutil


def worker_name() -> str:
    """A name that no other worker has: who it is, which process of which computer, and when that began."""
    return f"{uuid4().hex}@{_computer()}:{os.getpid()}:{psutil.Process().create_time():.2f}"


def is_gone(worker: str) -> bool:
    """Whether the process of this worker ran on this computer and runs no more. False where that cannot be told."""
    _, _, place = worker.partition("@")
    try:
        computer, pid, began = place.rsplit(":", 2)
        if computer != _computer():
            return False
        process = psutil.Process(int(pid))
        return f"{process.create_time():.2f}" != began or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except (ValueError, psutil.Error):
        return False


def _computer() -> str:
    """Containers of one computer number their processes apart."""
    numbering = Path("/proc/self/ns/pid")
    return f"{platform.node()}/{numbering.readlink() if numbering.is_symlink() else ''}"
