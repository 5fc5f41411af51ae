"""How large a model's weights are at each precision, from its configuration alone: no weight is read or made.

The model is built on torch's meta device, so that names, shapes and tied matrices are those of the real class. Says
what transformers and bitsandbytes make of each tensor; `comparer.engines.checkpoint` reads the same from files.
"""

from dataclasses import dataclass
from hashlib import sha256
from math import ceil, prod
from pathlib import Path
from typing import Any, Literal

from comparer.engines.checkpoint import cached_snapshot
from comparer.engines.loading import (
    ONE_LOAD_AT_A_TIME,
    broken_weights,
    empty_model,
    is_left_alone,
    read_config,
)
from comparer.lineup import ModelSpec
from comparer.paths import ASSETS
from comparer.quantisation import UNQUANTISED_MODULES
from comparer.records import Precision

CONFIGS = ASSETS / "configs"
"""Configurations of models whose weights need not be here, by the last part of their Hub id."""

NF4_BLOCK, NF4_SECOND_BLOCK = 64, 256
"""Values that share a scale, and scales that share a second one (double quantisation; QLoRA, arXiv:2305.14314)."""
FP8_BLOCK = 128
"""Edge of the square of values that share a scale in the published FP8 checkpoints (DeepSeek-V3's scheme)."""
_SCALE_BYTES = 4

Kind = Literal["matrix", "experts", "other", "buffer"]


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of a model; a tied one counts once, under its first name."""

    module: str
    kind: Kind
    """"matrix": the weight of an ordinary linear layer, which bitsandbytes shrinks; "experts": the fused matrices of
    all experts of a layer, which it does not know; "buffer": kept in fp32 at every precision."""
    shape: tuple[int, ...]
    values: int


@dataclass(frozen=True, slots=True)
class Inventory:
    """All tensors of a model, and the configuration that they follow from."""

    tensors: tuple[Tensor, ...]
    config: Any

    @property
    def parameters(self) -> int:
        """How many values the weights have; buffers are not among them."""
        return sum(tensor.values for tensor in self.tensors if tensor.kind != "buffer")


def find_config(spec: ModelSpec) -> Path | None:
    """The folder of the configuration: the checkpoint's own, in the Hub cache, or one of `CONFIGS`; None for none.

    An FP8 checkpoint has the architecture of the original one, so that its name without "-FP8" will do.
    """
    if spec.engine != "transformers":
        return None
    shipped = CONFIGS / Path(spec.model).name.removesuffix("-FP8")
    for folder in (Path(spec.model), cached_snapshot(spec.model), shipped):
        if folder is not None and (folder / "config.json").is_file():
            return folder
    return None


_INVENTORIES: dict[bytes, Inventory] = {}
"""By the digest of the configuration file; guarded by `ONE_LOAD_AT_A_TIME`."""


def take_inventory(spec: ModelSpec, folder: Path) -> Inventory:
    """The tensors of the model in `folder`. Raises `LoadError` for a configuration that cannot be used.

    Waits while a model is being loaded. The same configuration is built once.
    """
    try:
        digest = sha256((folder / "config.json").read_bytes()).digest()
        with ONE_LOAD_AT_A_TIME:
            if digest not in _INVENTORIES:
                _INVENTORIES[digest] = _built(read_config(spec, folder))
            return _INVENTORIES[digest]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise broken_weights(spec, folder, error) from error


def _built(config: Any) -> Inventory:
    from torch import nn

    model = empty_model(config)
    modules = dict(model.named_modules())
    tensors = []
    for name, parameter in model.named_parameters():
        module, _, last = name.rpartition(".")
        kind: Kind = "other"
        if type(modules[module]) is nn.Linear and last == "weight":  # exactly: what bitsandbytes looks for
            kind = "matrix"
        elif parameter.ndim == 3 and module.endswith(".experts"):
            kind = "experts"
        tensors.append(Tensor(module, kind, tuple(parameter.shape), parameter.numel()))
    for name, values in model.named_buffers():
        tensors.append(Tensor(name.rpartition(".")[0], "buffer", tuple(values.shape), values.numel()))
    return Inventory(tuple(tensors), config)


def predicted_weights_bytes(
    inventory: Inventory, precision: Precision, left_alone: tuple[str, ...] = UNQUANTISED_MODULES
) -> int:
    """What the weights occupy at `precision`, scales included; modules in `left_alone` keep two bytes a value.

    Counts what `comparer.engines.memory.count_weights_bytes` counts in a loaded model.
    """
    return sum(_bytes(tensor, precision, is_left_alone(tensor.module, left_alone)) for tensor in inventory.tensors)


def _bytes(tensor: Tensor, precision: Precision, left_alone: bool) -> int:
    values = tensor.values
    if tensor.kind == "buffer" or precision == "fp32":
        return 4 * values
    if left_alone or tensor.kind == "other" or (tensor.kind == "experts" and precision != "fp8"):
        return 2 * values
    if precision == "int8":
        return values + _SCALE_BYTES * tensor.shape[0]  # one scale a row
    if precision == "nf4":
        scales = ceil(values / NF4_BLOCK)
        return ceil(values / 2) + scales + _SCALE_BYTES * ceil(scales / NF4_SECOND_BLOCK)
    if precision == "fp8":
        *stacked, rows, columns = tensor.shape
        return values + _SCALE_BYTES * prod(stacked) * ceil(rows / FP8_BLOCK) * ceil(columns / FP8_BLOCK)
    return 2 * values
