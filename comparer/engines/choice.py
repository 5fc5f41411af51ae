"""Which lineup `auto` means on this machine, and why. Looks at the cards and the local Hub cache only.

Nothing is loaded and nothing is downloaded: the reason names what a switch would download.
"""

from collections.abc import Mapping
from typing import NamedTuple

from comparer.engines.cards import read_cards
from comparer.engines.checkpoint import cached_snapshot, estimated_weights_bytes, has_weights
from comparer.engines.memory import LOAD_MARGIN, readable_size
from comparer.lineup import read_lineup

REAL, DEMO = "qwen3-vl", "demo"
DOWNLOAD_GB = {
    "Qwen/Qwen3-VL-4B-Instruct": 8.9,
    "Qwen/Qwen3-VL-8B-Instruct": 17.5,
    "Qwen/Qwen3-VL-30B-A3B-Instruct": 62.0,
}
"""Size of each checkpoint's files in GB: its bf16 parameters, two bytes each."""


class Choice(NamedTuple):
    """A lineup's name, and the reason as the key of a text (`lineup_reason.<reason_code>`) with its parameters."""

    name: str
    reason_code: str
    parameters: Mapping[str, str | int | float]


def choose_lineup() -> Choice:
    """The real lineup where a card has room for its largest model and all weights are here, else the demo."""
    switch = f"python app.py --lineup {REAL}"
    models = read_lineup(REAL).models
    folders = {spec.model: cached_snapshot(spec.model) for spec in models}
    missing = [model for model, folder in folders.items() if folder is None or not has_weights(folder)]
    download = {
        "switch": switch,
        "missing": ", ".join(missing),
        "gigabytes": f"{sum(DOWNLOAD_GB.get(model, 0.0) for model in missing):.1f}",
        "fetch": " && ".join(f"hf download {model}" for model in missing),
    }
    card_bytes = _first_card_bytes()
    if card_bytes is None:
        code = "no_card_no_weights" if missing else "no_card"
        return Choice(DEMO, code, download if missing else {"switch": switch})
    if missing:
        return Choice(DEMO, "weights_missing", download)
    needed = LOAD_MARGIN * max(
        estimated_weights_bytes(folder, spec.precision) for spec in models if (folder := folders[spec.model])
    )
    if card_bytes < needed:
        sizes = {"needed": readable_size(needed), "card": readable_size(card_bytes)}
        return Choice(DEMO, "card_too_small", {"switch": switch, **sizes})
    return Choice(REAL, "ready", {"card": readable_size(card_bytes)})


def _first_card_bytes() -> int | None:
    """Memory of the first card that torch computes on, None without one.

    NVML is asked first: it answers in milliseconds where importing torch takes seconds.
    """
    if not read_cards().cards:
        return None
    import torch

    if not torch.cuda.is_available():
        return None
    return int(torch.cuda.get_device_properties(0).total_memory)
