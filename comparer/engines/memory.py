"""How much memory there is, how much is used, and what an error says it wanted. Reads probes; decides nothing.

Imports neither torch nor NVML at import time, and lives without either.
"""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from comparer.engines.cards import Cards, read_cards
from comparer.torch_memory import scale_bytes

LOAD_MARGIN = 1.1
"""Free memory that a model asks for, as a multiple of its weights: activations and fragments need the rest."""

GIB = 1024**3
_UNITS = {"b": 1, "bytes": 1, "kib": 1024, "mib": 1024**2, "gib": GIB, "tib": 1024 * GIB}
_TRIED = re.compile(r"[Tt]ried to allocate ([\d.]+) ?(bytes|[KMGT]i?B|B)\b", re.IGNORECASE)


def readable_size(size_bytes: float) -> str:
    """A size for people, in binary units: "512 MiB", "16.3 GiB"."""
    for unit, name in ((GIB, "GiB"), (1024**2, "MiB"), (1024, "KiB")):
        if size_bytes >= unit:
            amount = size_bytes / unit
            return f"{amount:.0f} {name}" if amount >= 100 else f"{amount:.1f} {name}"
    return f"{size_bytes:.0f} B"


# --- devices -----------------------------------------------------------------------------------------


class Free(NamedTuple):
    """What is free and what there is on one device, in bytes."""

    free_bytes: int
    total_bytes: int


def device_memory(device: str) -> Free:
    """Free and total memory of "cuda:N" (as the driver sees it, all processes) or of the host for anything else.

    A container's memory limit counts as the host's total when it is lower (cgroup v2).
    """
    if device.startswith("cuda"):
        import torch

        return Free(*torch.cuda.mem_get_info(device))
    import psutil

    host = psutil.virtual_memory()
    free, total = int(host.available), int(host.total)
    limit = _container_limit()
    if limit is not None and limit.total_bytes < total:
        return Free(min(free, limit.free_bytes), limit.total_bytes)
    return Free(free, total)


def _container_limit(group: Path = Path("/sys/fs/cgroup")) -> Free | None:
    """The control group's own limit and what is left of it, None where there is none.

    Files: kernel.org, "Control Group v2", memory interface files.
    """
    try:
        limit = (group / "memory.max").read_text("ascii").strip()
        used = int((group / "memory.current").read_text("ascii"))
        lines = (line.split() for line in (group / "memory.stat").read_text("ascii").splitlines())
        reclaimable = int(dict(lines).get("inactive_file", 0))  # page cache that the kernel gives back when asked
    except (OSError, ValueError):
        return None
    if not limit.isdigit():
        return None
    return Free(max(0, int(limit) - used + reclaimable), int(limit))


@dataclass(frozen=True, slots=True)
class TorchReading:
    """What torch of this process holds on one device."""

    device: str
    allocated_bytes: int
    """In tensors."""
    reserved_bytes: int
    """Taken from the driver, for tensors and to be handed out again."""
    memory: Free | None = None
    """The device's own memory, all processes; read only where the driver's NVML cannot be asked."""


@dataclass(frozen=True, slots=True)
class DeviceMemory:
    """One look at the machine's memory."""

    cards: Cards
    torch: tuple[TorchReading, ...]
    process_bytes: int
    """Resident memory of this process."""
    available_bytes: int
    total_bytes: int


def read_device_memory() -> DeviceMemory:
    """The present memory of all cards, of torch, this process and the host. Never raises for what a driver does."""
    host = device_memory("cpu")
    cards = read_cards()
    return DeviceMemory(cards, read_torch(not cards.cards), resident_bytes(), host.free_bytes, host.total_bytes)


def read_torch(with_totals: bool) -> tuple[TorchReading, ...]:
    """What torch holds, on every card on which it holds something; nothing while torch is not in use.

    `with_totals` asks the driver for each device's free and total memory too. Never imports torch.
    """
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    try:
        if cuda is None or not cuda.is_initialized():
            return ()
        readings = []
        for number in range(cuda.device_count()):
            reserved = int(cuda.memory_reserved(number))
            if reserved:
                memory = Free(*cuda.mem_get_info(number)) if with_totals else None
                readings.append(TorchReading(f"cuda:{number}", int(cuda.memory_allocated(number)), reserved, memory))
        return tuple(readings)
    except (RuntimeError, AttributeError):  # a card that failed; a torch that another thread is just importing
        return ()


# --- this process ------------------------------------------------------------------------------------


def resident_bytes() -> int:
    """Resident memory of this process."""
    import psutil

    return int(psutil.Process(os.getpid()).memory_info().rss)


# --- models and errors ------------------------------------------------------------------------------------------


def count_weights_bytes(model: Any) -> int:
    """What the weights occupy: parameters, buffers, and the scales that bitsandbytes keeps beside its matrices.

    `get_memory_footprint` leaves those scales out: 2 % of an nf4 model.
    """
    return int(model.get_memory_footprint()) + sum(scale_bytes(parameter) for parameter in model.parameters())


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that a device or the host has no memory left, whichever library says it."""
    if isinstance(error, MemoryError):
        return True
    if not isinstance(error, RuntimeError):
        return False
    import torch

    problem = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError) or any(
        words in problem for words in ("out of memory", "can't allocate memory", "cublas_status_alloc_failed")
    )


def wanted_bytes(problem: str) -> int | None:
    """How much an out-of-memory message says it tried to get, None when it does not say."""
    found = _TRIED.search(problem)
    if found is None:
        return None
    unit = found[2].lower()
    return int(float(found[1]) * _UNITS.get(unit, _UNITS.get(unit.replace("b", "ib"), 1)))
