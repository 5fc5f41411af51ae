"""Repeating a piece of work, and the time between tokens as the host sees them."""

import statistics
from collections.abc import Callable
from itertools import pairwise
from time import perf_counter
from typing import Any, NamedTuple


class Timing(NamedTuple):
    """Median and quartiles over the runs that count, and the first one, which does not; in seconds."""

    warm_up_s: float
    median_s: float
    q1_s: float
    q3_s: float
    runs: int


def repeat(run: Callable[[], float], repeats: int) -> Timing:
    """Call `run` once for nothing and then `repeats` times; each call returns its time in seconds."""
    start = perf_counter()
    run()
    warm_up_s = perf_counter() - start
    times = [run() for _ in range(repeats)]
    q1, median, q3 = statistics.quantiles(times, n=4, method="inclusive")
    return Timing(warm_up_s, median, q1, q3, repeats)


def wait_for(device: str) -> None:
    """Until the device has done all that it was given; a CPU has."""
    if device.startswith("cuda"):
        import torch

        torch.cuda.synchronize(device)


class TokenClock:
    """A streamer for `generate` that takes down when tokens reach the host; its first word is the prompt's."""

    def __init__(self) -> None:
        self._at_s: list[float] = []

    def put(self, _: Any) -> None:
        """Called with the prompt, then with every step's tokens after they were copied to the host."""
        self._at_s.append(perf_counter())

    def end(self) -> None:
        """Called after the last token."""

    def gaps_s(self, tokens: int) -> list[float]:
        """The times between `tokens` tokens, in seconds; RuntimeError when another number of tokens came."""
        at_s = self._at_s[1:]
        if len(at_s) != tokens:
            raise RuntimeError(f"{len(at_s)} tokens came where {tokens} were asked for")
        return [later - earlier for earlier, later in pairwise(at_s)]
