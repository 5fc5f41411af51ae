"""The precisions with which all models of a lineup are in memory together: so none waits for another to leave.

Knows predictions and how much memory there is; nothing of what is loaded now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType

from comparer.cost.fits import ModelMemory
from comparer.cost.footprint import RUNTIME_BYTES
from comparer.records import Precision

FROM_THE_BEST: tuple[Precision, ...] = ("fp32", "bf16", "fp16", "fp8", "int8", "nf4")
"""What a model would rather have, as long as it fits: what changes its answers least comes first."""


@dataclass(frozen=True, slots=True)
class Together:
    """A precision for each model, by its key; the models' memory in all, and what there is."""

    precisions: Mapping[str, Precision]
    needed_bytes: int
    memory_bytes: int


def fit_together(
    models: Sequence[ModelMemory], memory_bytes: int, most_weights_bytes: int | None = None
) -> Together | None:
    """The best precisions at which all models fit into `memory_bytes` at the same time; None where none do.

    The largest model chooses first, and so on down: it loses most by what it lacks, and the smaller ones can be had
    at full precision elsewhere. FP8 is another checkpoint, and so only for models that are configured with it.
    Refused precisions are never chosen. `most_weights_bytes`: a budget for the weights of all. None also where a
    model's memory is unknown.
    """
    if not models or any(model.unknown for model in models):
        return None
    largest_first = sorted(models, key=lambda model: model.parameters or 0, reverse=True)
    shared = RUNTIME_BYTES * (len(models) - 1)  # one program, one runtime
    for chosen in product(*(_choices(model) for model in largest_first)):
        pairs = list(zip(largest_first, chosen, strict=True))
        needed = sum(model.predictions[precision].total_bytes for model, precision in pairs) - shared
        weights = sum(model.predictions[precision].weights_bytes for model, precision in pairs)
        if needed <= memory_bytes and (most_weights_bytes is None or weights <= most_weights_bytes):
            by_key = {model.model: precision for model, precision in pairs}
            in_order = {model.model: by_key[model.model] for model in models}
            return Together(MappingProxyType(in_order), needed, memory_bytes)
    return None


def _choices(model: ModelMemory) -> list[Precision]:
    """The precisions that the model can take here, the best first; its own one stands first in its predictions."""
    own = next(iter(model.predictions))
    possible = {one for one in model.predictions if one not in model.refusals and (one != "fp8" or own == "fp8")}
    if own == "fp8":  # such a checkpoint takes no other precision
        possible &= {"fp8"}
    return sorted(possible, key=FROM_THE_BEST.index)
