"""From the product's sampling settings to those of `generate`. Knows nothing of requests and engines."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from comparer.records import Sampling


@contextmanager
def seeded(sampling: Sampling, device: str) -> Iterator[None]:
    """Draw with the request's seed and leave the process's random state as it was.

    The generators are the process's: answers drawn at the same time on one device disturb each other's draws.
    """
    if not sampling.temperature:
        yield
        return
    import torch

    with torch.random.fork_rng(devices=[device] if device.startswith("cuda") else []):
        torch.manual_seed(sampling.seed)
        yield


def generation_config(sampling: Sampling, length: int) -> Any:
    """What `generate` is told for `sampling` and answers of at most `length` tokens."""
    from transformers import GenerationConfig

    if not sampling.temperature:
        return GenerationConfig(max_new_tokens=length, do_sample=False)
    return GenerationConfig(
        max_new_tokens=length,
        do_sample=True,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
    )


def end_token_ids_of(model: Any, tokenizer: Any) -> tuple[int, ...]:
    """The ids that end an answer: the checkpoint's own, or the tokenizer's."""
    ids = model.generation_config.eos_token_id
    if ids is None:
        ids = tokenizer.eos_token_id
    if ids is None:
        return ()
    return tuple(ids) if isinstance(ids, list | tuple) else (int(ids),)


def use_plain_generation_config(model: Any, tokenizer: Any, end_token_ids: tuple[int, ...]) -> None:
    """Forget the checkpoint's sampling advice: it would be mixed into every request (and warn when greedy)."""
    from transformers import GenerationConfig

    pad = tokenizer.pad_token_id
    if pad is None and end_token_ids:
        pad = end_token_ids[0]
    model.generation_config = GenerationConfig(eos_token_id=list(end_token_ids) or None, pad_token_id=pad)
