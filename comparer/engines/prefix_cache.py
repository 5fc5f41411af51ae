"""What a model has read and said in batches, kept so that a conversation's next question in a batch begins after it.

The questions of a conversation repeat all that came before, pictures included: without this, a suite's tenth question
costs ten times its first one. Only batches use it, whose answers' times are nobody's own; a question that is asked
alone reads everything, so that its first token has all of its work in it. Works in the engine's thread; knows nothing
of conversations: what was kept serves whatever begins with the same tokens on the same pictures.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from itertools import takewhile
from time import perf_counter
from typing import Any, NamedTuple

SHARE = 1 / 16
"""Of the device's memory, for all that is kept."""
IDLE_S = 60.0
"""How long after the last batch it is kept at most, once something else is asked."""

Pictures = tuple[tuple[Any, ...], ...]
"""Each picture's name, and the grid of patches that it was read as."""


class Prefix(NamedTuple):
    """Tokens that were read, and what the model keeps of them."""

    ids: tuple[int, ...]
    states: Any
    """Keys and values, shape (layers, 2, heads, tokens, width of a head)."""
    rope_delta: int
    """By how much the next token's position is less than the count of tokens: pictures take few positions."""

    @property
    def bytes(self) -> int:
        """What it takes on the device."""
        return int(self.states.nbytes)

    def upto(self, count: int) -> "Prefix":
        """Its first `count` tokens; all pictures must lie within them."""
        return Prefix(self.ids[:count], self.states[:, :, :, :count], self.rope_delta)


class PrefixCache:
    """One model's prefixes, the least recently used forgotten first."""

    def __init__(self, most_bytes: int, clock: Callable[[], float] = perf_counter) -> None:
        self._most_bytes = most_bytes
        self._clock = clock
        self._used_s = clock()
        self._kept: OrderedDict[tuple[Pictures, tuple[int, ...]], Prefix] = OrderedDict()

    @property
    def bytes(self) -> int:
        """What all of them take on the device."""
        return sum(prefix.bytes for prefix in self._kept.values())

    def clear(self) -> None:
        """Forget all of them, which gives their memory back."""
        self._kept.clear()

    def clear_idle(self) -> None:
        """Forget them when no batch has been asked for `IDLE_S` seconds."""
        if self._clock() - self._used_s > IDLE_S:
            self.clear()

    def longest(self, pictures: Pictures, ids: Sequence[int], text_from: int) -> Prefix | None:
        """The most that is known of the beginning of `ids`, one token at least left to be read; None for nothing.

        Every picture lies before token `text_from`, and within what is found.
        """
        self._used_s = self._clock()
        found: tuple[int, Any] = (text_from - 1, None)
        for key in [key for key in self._kept if key[0] == pictures]:
            found = max(found, (min(_alike(key[1], ids), len(ids) - 1), key), key=lambda one: one[0])
        length, key = found
        if key is None or length < 1:
            return None
        self._kept.move_to_end(key)
        return self._kept[key].upto(length)

    def keep(self, pictures: Pictures, prefix: Prefix) -> None:
        """Keep `prefix`; what it goes on from need not be kept any more."""
        begun = [key for key in self._kept if key[0] == pictures and prefix.ids[: len(key[1])] == key[1]]
        for key in begun:
            del self._kept[key]
        self._kept[pictures, prefix.ids] = prefix
        while self._kept and self.bytes > self._most_bytes:
            self._kept.popitem(last=False)


def can_continue(model: Any) -> bool:
    """Whether `generate` goes on from kept states with pictures among them: transformers' Qwen3-VL classes."""
    return hasattr(model.base_model, "rope_deltas") and "cache" in signature(model.forward).parameters


def continued(model: Any, rows: Sequence[Sequence[int]], prefixes: Sequence[Prefix], pad_id: int) -> dict[str, Any]:
    """What `generate` takes to read the rest of each row's ids after its prefix.

    Prefixes and rests are each padded on the left, so that a row may have padding in its middle: it is masked, and
    positions count what is not. The deltas of the positions are handed to the model itself, which keeps them there.
    """
    import torch
    from transformers import DynamicCache

    device = prefixes[0].states.device
    before = max(len(prefix.ids) for prefix in prefixes)
    after = max(len(ids) - len(prefix.ids) for ids, prefix in zip(rows, prefixes, strict=True))
    input_ids = torch.full((len(rows), before + after), pad_id, device=device)
    mask = torch.zeros_like(input_ids)
    for row, (ids, prefix) in enumerate(zip(rows, prefixes, strict=True)):
        for part, end in ((ids[: len(prefix.ids)], before), (ids[len(prefix.ids) :], before + after)):
            input_ids[row, end - len(part) : end] = torch.tensor(part, device=device)
            mask[row, end - len(part) : end] = 1
    states = torch.stack([torch.nn.functional.pad(one.states, (0, 0, before - len(one.ids), 0)) for one in prefixes])
    cache = DynamicCache(config=model.config)
    for layer in range(states.shape[1]):
        cache.update(states[:, layer, 0], states[:, layer, 1], layer)
    deltas = [[prefix.rope_delta] for prefix in prefixes]
    model.base_model.rope_deltas = torch.tensor(deltas, device=device)
    return {"input_ids": input_ids, "attention_mask": mask, "cache": cache}


def prefixes_of(model: Any, inputs: Mapping[str, Any], answers: Sequence[Sequence[int]]) -> list[Prefix]:
    """What the model has read and said, row by row, after `generate` with `inputs`; answers are cut at their ends.

    What was said last in the longest row has not been read yet, and is not there.
    """
    import torch

    cache, mask = inputs["cache"], inputs["attention_mask"].bool()
    read = cache.get_seq_length() - mask.shape[1]
    made = []
    for row, answer in enumerate(answers):
        said = answer[:read]
        columns = torch.cat([mask[row].nonzero()[:, 0], mask.shape[1] + torch.arange(len(said), device=mask.device)])
        states = torch.stack([torch.stack((layer.keys[row], layer.values[row])) for layer in cache.layers])
        ids = (*inputs["input_ids"][row][mask[row]].tolist(), *said)
        delta = int(model.base_model.rope_deltas[row])
        made.append(Prefix(ids, states[:, :, :, columns], delta))
    return made


def _alike(known: Sequence[int], ids: Sequence[int]) -> int:
    """With how many equal ids both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(known, ids, strict=False)))
