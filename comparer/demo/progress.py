"""How far a run has come: teacher-forced answers and labels on a few held-out pictures. Cheap, for the log only;
published scores come from `evaluate`."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch

from comparer.demo.data import HELD_OUT_FROM, collate, draw_example
from comparer.demo.fast_forward import FastForward, Output
from comparer.demo.scenes import DOMAINS
from comparer.demo.scenes.labels import ATTRIBUTE_NAMES

PICTURES = 48
TOKENS = 112
SEEDS_FROM = HELD_OUT_FROM + 10**9


class HeldOut:
    """Fixed examples, equally many a domain."""

    def __init__(self, device: torch.device) -> None:
        self.examples = [draw_example(SEEDS_FROM + i, DOMAINS[i % len(DOMAINS)], TOKENS, 3) for i in range(PICTURES)]
        self.batch = collate(self.examples).to(device)


@torch.no_grad()
def measure(forward: FastForward, held_out: HeldOut, questions: bool) -> dict[str, Any]:
    """Percentages of labels right (`own`, `group`, by attribute) and, with `questions`, of whole answers right."""
    batch = held_out.batch
    if not questions:
        batch = batch._replace(**{name: getattr(batch, name)[:, :0] for name in _TOKEN_FIELDS})
    output = forward(batch)
    entry: dict[str, Any] = {}
    for name, scores, labels in (("own", output.own_scores, batch.own), ("group", output.group_scores, batch.group)):
        wanted = labels.transpose(1, 2)
        right = (scores.argmax(-1) == wanted) & (wanted > 0)
        seen = (wanted > 0).sum((0, 1))
        entry[name] = _percent(int(right.sum()), int(seen.sum()))
        if name == "group":
            hits = right.sum((0, 1)).tolist()
            entry["labels"] = {
                attribute: _percent(hit, int(count))
                for attribute, hit, count in zip(ATTRIBUTE_NAMES, hits, seen.tolist(), strict=True)
            }
    if questions:
        entry |= _answers_right(held_out, output)
    return entry


_TOKEN_FIELDS = ("tokens", "targets", "positions", "blocks")


def _answers_right(held_out: HeldOut, output: Output) -> dict[str, Any]:
    """A turn is right when every token of its answer is predicted from the true tokens before it."""
    targets = held_out.batch.targets
    hits = torch.zeros_like(targets, dtype=torch.bool)
    wanted = targets >= 0
    hits[wanted] = output.predicted == targets[wanted]
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for example, row, hit in zip(held_out.examples, wanted.tolist(), hits.tolist(), strict=True):
        answers = _runs(row)
        for turn, (first, last) in zip(example.turns, answers, strict=True):
            for key in (turn.kind.split(".")[0], turn.language, "all", turn.kind):
                asked[key] += 1
                right[key] += all(hit[first:last])
    shares = {key: _percent(right[key], asked[key]) for key in sorted(asked)}
    kinds = {key: shares.pop(key) for key in list(shares) if "." in key}
    return {"answers": shares, "kinds": kinds}


def _runs(row: list[bool]) -> list[tuple[int, int]]:
    """Begin and end of each unbroken run of True."""
    padded = [False, *row, False]
    edges = [i for i in range(len(row) + 1) if padded[i] != padded[i + 1]]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0
