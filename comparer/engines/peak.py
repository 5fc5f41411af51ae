"""The highest memory while a model answers: a card's by torch, the process's by watching it.

Imports neither torch nor psutil at import time.
"""

import threading
from types import TracebackType
from typing import Self

from comparer.engines.memory import resident_bytes


class ResidentPeak:
    """The process's highest resident memory inside a `with` block, read every 20 ms, at entry and at exit.

    It is the whole process's: the interpreter, every model in memory, and the page itself are in it. On a CPU nothing
    tells one model's memory from another's, so a difference between two models is meaningful and the amount is not.
    """

    interval_s = 0.02

    def __init__(self) -> None:
        self.peak_bytes = 0
        self._over = threading.Event()
        self._sampler = threading.Thread(target=self._sample, name="resident-peak", daemon=True)

    def __enter__(self) -> Self:
        self._look()
        self._sampler.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._sampler.join()
        self._look()

    def _look(self) -> None:
        self.peak_bytes = max(self.peak_bytes, resident_bytes())

    def _sample(self) -> None:
        while not self._over.wait(self.interval_s):
            self._look()


class CardPeak:
    """One model's highest memory on a card inside a `with` block: its weights, and what the work added to them.

    torch's peak is the process's, so the difference to the start is taken; models that compute at the same time on
    one card are in each other's figure (such answers are marked as contended).
    """

    def __init__(self, device: str, weights_bytes: int) -> None:
        self.peak_bytes = weights_bytes
        self._device = device
        self._start_bytes = 0

    def __enter__(self) -> Self:
        import torch

        torch.cuda.reset_peak_memory_stats(self._device)
        self._start_bytes = torch.cuda.memory_allocated(self._device)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import torch

        self.peak_bytes += torch.cuda.max_memory_allocated(self._device) - self._start_bytes


def peak_memory(device: str, weights_bytes: int) -> ResidentPeak | CardPeak:
    """The probe for the highest memory of work on `device` by a model of `weights_bytes`."""
    return CardPeak(device, weights_bytes) if device.startswith("cuda") else ResidentPeak()
