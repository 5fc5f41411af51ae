"""What torch holds beyond what it counts, and how it gives it back. torch is imported on first use."""

import gc
from typing import Any


def scale_bytes(parameter: Any) -> int:
    """Bytes of the scales that bitsandbytes keeps beside a quantised matrix; 0 for any other parameter."""
    total = 0
    row_scales = getattr(parameter, "SCB", None)
    if row_scales is not None:
        total += row_scales.nbytes
    state = getattr(parameter, "quant_state", None)
    while state is not None:
        total += state.absmax.nbytes
        state = getattr(state, "state2", None)  # taken away where bitsandbytes repacks for the CPU
    return total


def release_cached_memory() -> None:
    """Give back what is no longer referenced: Python's cycles, then torch's cached blocks."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
