"""Several questions as one batch: prepared side by side, grouped within a budget, padded on the left.

Knows nothing of engines and devices: tensors stay on the host.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from comparer.engines.processing import ModelInputs
from comparer.records import Request

MAX_BATCH_TOKENS = 32_768
"""Padded tokens of one batch, questions and answers: 4.5 GiB of keys and values for Qwen3-VL 8B in bf16."""

PREPARING_THREADS = min(4, os.cpu_count() or 1)
"""Decoding and resizing pictures frees the interpreter, so that several go on side by side."""

_PER_TOKEN = ("input_ids", "attention_mask", "token_type_ids", "mm_token_type_ids")
"""Inputs of shape (1, tokens). Of the others (pictures, their grids) each row brings its own, one after another."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One row of a batch, ready to be asked; `answer_tokens` is the longest that its answer may become."""

    row: int
    request: Request
    inputs: ModelInputs
    answer_tokens: int


def prepare_all(
    prepare: Callable[[Request, int], Prepared], requests: Mapping[int, Request], cancel: threading.Event
) -> Iterator[Prepared | None]:
    """Rows in their order, prepared on a few threads; None for one that cannot be prepared, or after `cancel`."""

    def attempt(row: int) -> Prepared | None:
        try:
            return None if cancel.is_set() else prepare(requests[row], row)
        except Exception:  # noqa: BLE001 - the caller asks it alone, which says what is wrong
            return None

    with ThreadPoolExecutor(PREPARING_THREADS, thread_name_prefix="prepare") as pool:
        yield from pool.map(attempt, requests)


def padded_tokens(rows: Sequence[Prepared]) -> int:
    """How many tokens a batch of `rows` takes at its end, padding included."""
    return len(rows) * (max(one.inputs.input_tokens for one in rows) + max(one.answer_tokens for one in rows))


def within_budget(rows: Sequence[Prepared], max_tokens: int) -> list[list[Prepared]]:
    """`rows` in their order as batches of at most `max_tokens` padded tokens; a row that has more is alone."""
    groups: list[list[Prepared]] = []
    for one in rows:
        if groups and padded_tokens([*groups[-1], one]) <= max_tokens:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def collate(rows: Sequence[Any], pad_token_id: int) -> Any:
    """The rows' inputs (BatchFeatures of one row each) as one: per-token inputs padded on the left.

    Raises `ValueError` where a model family's inputs do not fit each other, for example pictures of fixed sizes cut
    into different numbers of tiles.
    """
    import torch
    from transformers import BatchFeature

    if len(rows) == 1:
        return rows[0]
    width = max(row["input_ids"].shape[1] for row in rows)
    together: dict[str, Any] = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        if name in _PER_TOKEN:
            filler = pad_token_id if name == "input_ids" else 0
            # A family's text-only questions may come without the types of their tokens: all are text, 0.
            parts = [row[name] if name in row else torch.zeros_like(row["input_ids"]) for row in rows]
            parts = [torch.nn.functional.pad(part, (width - part.shape[1], 0), value=filler) for part in parts]
        else:
            parts = [row[name] for row in rows if name in row]
            if len({part.shape[1:] for part in parts}) > 1:
                raise ValueError(f"the rows' {name} do not fit each other")
        together[name] = torch.cat(parts)
    return BatchFeature(together)
