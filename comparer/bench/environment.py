"""The card, the versions and the commit that figures belong to."""

import os
import platform
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from comparer.bench.measurements import Device
from comparer.errors import InputError
from comparer.paths import ASSETS

_PACKAGES = ("torch", "transformers", "accelerate", "bitsandbytes")


def choose_device(wanted: str, *, shrunk: bool) -> str:
    """ "cuda:N", or "cpu" for shrunken models. Raises InputError `bench_no_card` when there is no such card."""
    import torch

    cards = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if shrunk and (wanted == "cpu" or (wanted == "auto" and not cards)):
        return "cpu"
    named = re.fullmatch(r"auto|cuda|cuda:(\d+)", wanted)
    number = int(named[1] or 0) if named else cards
    if number >= cards:
        raise InputError("bench_no_card", device=wanted, cards=cards)
    return f"cuda:{number}"


def describe_device(device: str) -> Device:
    """Name, memory and driver of "cuda:N", or the processor of this computer."""
    if device.startswith("cuda"):
        import torch

        memory = int(torch.cuda.get_device_properties(device).total_memory)
        return Device(torch.cuda.get_device_name(device), memory, _driver())
    return Device(_processor(), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


def describe_versions() -> dict[str, str | None]:
    """What the figures were taken with; None for what is not installed."""
    import torch

    found: dict[str, str | None] = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    found["cuda"] = torch.version.cuda
    return found


def repository_commit(folder: Path = ASSETS.parent) -> str | None:
    """The commit that `folder` stands at, "-dirty" behind it when files were changed; None where git cannot say."""
    command = ("git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")
    try:
        said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.strip() or None


def file_name(device: str) -> str:
    """The file of a device's figures: "NVIDIA H100 80GB HBM3" has "nvidia-h100-80gb-hbm3.json"."""
    return f"{re.sub(r'[^a-z0-9]+', '-', device.lower()).strip('-')}.json"


def _driver() -> str | None:
    try:
        import pynvml

        pynvml.nvmlInit()
        said = pynvml.nvmlSystemGetDriverVersion()
    except Exception as error:  # noqa: BLE001 - no binding, no driver, no right to ask: all the same here
        sys.stderr.write(f"comparer: the driver's version is unknown ({type(error).__name__})\n")
        return None
    return said.decode() if isinstance(said, bytes) else str(said)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
