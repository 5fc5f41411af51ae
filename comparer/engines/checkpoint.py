"""Checkpoints on disk: where a model's folder is, whether it is whole, and how large its weights are.

Reads configurations and safetensors headers only: no torch, no weights, no network.
"""

import hashlib
import json
import struct
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

from comparer.errors import LoadError
from comparer.lineup import ModelSpec
from comparer.records import Precision

_BYTES_PER_VALUE: dict[Precision, float] = {"fp32": 4, "bf16": 2, "fp16": 2, "fp8": 1, "int8": 1, "nf4": 0.5}
"""int4 is not among them: a server holds such weights."""
_BYTES_PER_FILE_VALUE = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2}
_NF4_SCALES = 0.127 / 8
"""Bytes a value for nf4's block scales with double quantisation (0.127 bit; QLoRA, arXiv:2305.14314, section 3)."""


def find_checkpoint(spec: ModelSpec) -> Path:
    """The folder with the weights of `spec`: itself, or its snapshot in the local Hub cache.

    Raises `LoadError("weights_missing")` when they are not on this computer: nothing is downloaded unasked.
    """
    folder = Path(spec.model)
    if not folder.is_dir():
        cached = cached_snapshot(spec.model)
        if cached is None:
            raise LoadError("weights_missing", model=spec.label, path=spec.model)
        folder = cached
    if not has_weights(folder):
        raise LoadError("weights_missing", model=spec.label, path=spec.model)
    return folder


def cached_snapshot(model_id: str) -> Path | None:
    """The folder of a Hub id in the local cache, None when it has none or is no id. Never asks the network."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model_id, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError):
        return None


SAMPLED_BYTES = 1 << 20


def checkpoint_identity(model: str) -> str:
    """A name that changes when the weights do, the same on every machine: ratings of other weights are others.

    A Hub id with its commit where it is cached; a folder's name with a digest over its configuration and the size,
    the first and the last MiB of each weight file (hashing 60 GB would take minutes).
    """
    folder = Path(model)
    if not folder.is_dir():
        cached = cached_snapshot(model)
        return model if cached is None else f"{model}@{cached.name[:12]}"
    digest = hashlib.sha256()
    for file in (folder / "config.json", *_weight_files(folder)):
        if not file.is_file():
            continue
        size = file.stat().st_size
        digest.update(f"{file.name}:{size}:".encode())
        with file.open("rb") as content:
            digest.update(content.read(SAMPLED_BYTES))
            content.seek(max(0, size - SAMPLED_BYTES))
            digest.update(content.read(SAMPLED_BYTES))
    return f"{folder.name}@{digest.hexdigest()[:12]}"


def has_weights(folder: Path) -> bool:
    """Whether the configuration and every weight file are there (a stopped download leaves some out)."""
    if not (folder / "config.json").is_file():
        return False
    files = _weight_files(folder)
    return bool(files) and all(file.is_file() for file in files)


def _weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files a checkpoint consists of, there or not; empty when nothing names any."""
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        try:
            names = set(json.loads(index.read_text("utf-8"))["weight_map"].values())
        except (ValueError, KeyError, AttributeError):
            return ()
        return tuple(folder / name for name in sorted(names))
    whole = folder / "model.safetensors"
    return (whole,) if whole.is_file() else ()


class TensorHeader(NamedTuple):
    """One tensor as the header of its file describes it."""

    name: str
    dtype: str
    shape: tuple[int, ...]


def tensor_headers(folder: Path) -> Iterator[TensorHeader]:
    """Every stored tensor. Raises OSError or ValueError for a file that is no safetensors file.

    Format: 8 bytes little-endian header length, then JSON (huggingface.co/docs/safetensors).
    """
    for path in _weight_files(folder):
        with path.open("rb") as file:
            start = file.read(8)
            if len(start) < 8:
                raise ValueError(f"{path.name} is cut off")
            header: dict[str, Any] = json.loads(file.read(struct.unpack("<Q", start)[0]))
        for name, entry in header.items():
            if name != "__metadata__":
                yield TensorHeader(name, entry["dtype"], tuple(entry["shape"]))


def estimated_weights_bytes(folder: Path, precision: Precision) -> int:
    """What the weights will occupy at `precision`. Raises OSError or ValueError for a broken file.

    bitsandbytes shrinks the matrices of the text layers only; embeddings, norms, the vision tower and the head
    keep two bytes a value. A stored FP8 checkpoint occupies what its file does.
    """
    total = 0.0
    for name, dtype, shape in tensor_headers(folder):
        values = prod(shape)
        if precision == "fp8":
            total += values * _BYTES_PER_FILE_VALUE.get(dtype, 1)
        elif precision not in ("int8", "nf4"):
            total += values * _BYTES_PER_VALUE[precision]
        elif len(shape) != 2 or ".layers." not in name or "visual" in name:
            total += values * 2
        elif precision == "int8":
            total += values + 4 * shape[0]  # one fp32 scale a row
        else:
            total += values * (_BYTES_PER_VALUE["nf4"] + _NF4_SCALES)
    return int(total)


def count_parameters(folder: Path) -> int:
    """How many values the stored weights have; a tied head counts once, scales of a quantised file do not count."""
    return sum(prod(shape) for name, _, shape in tensor_headers(folder) if "scale" not in name.rpartition(".")[2])
