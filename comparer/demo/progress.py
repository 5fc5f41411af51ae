"""How far a run has come: teacher-forced answers and labels on a few held-out pictures. Cheap, for the log only;
published scores come from `evaluate`."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch

from comparer.demo.data import HELD_OUT_FROM, Example, collate, draw_example
from comparer.demo.fast_forward import Batch, FastForward, Output
from comparer.demo.scenes import DOMAINS, FORMATS
from comparer.demo.scenes.labels import ATTRIBUTE_NAMES

PICTURES = 48
TOKENS = 112
SEEDS_FROM = HELD_OUT_FROM + 10**9


class HeldOut:
    """Fixed examples: equally many a domain, in every format."""

    def __init__(self, device: torch.device) -> None:
        self.parts: list[tuple[list[Example], Batch]] = []
        for number, form in enumerate(FORMATS):
            examples = [
                draw_example(SEEDS_FROM + i, DOMAINS[i // len(FORMATS) % len(DOMAINS)], TOKENS, 3, form)
                for i in range(number, PICTURES, len(FORMATS))
            ]
            self.parts.append((examples, collate(examples).to(device)))


@torch.no_grad()
def measure(forward: FastForward, held_out: HeldOut, questions: bool) -> dict[str, Any]:
    """Percentages of labels right (`own`, `group`, by attribute) and, with `questions`, of whole answers right."""
    labels: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for examples, whole in held_out.parts:
        batch = (
            whole if questions else whole._replace(**{name: getattr(whole, name)[:, :0] for name in _TOKEN_FIELDS})
        )
        output = forward(batch)
        for name, scores, wanted in (
            ("own", output.own_scores, batch.own.transpose(1, 2)),
            ("group", output.group_scores, batch.group.transpose(1, 2)),
        ):
            hits = (scores.argmax(-1) == wanted) & (wanted > 0)
            for attribute, hit, count in zip(
                ATTRIBUTE_NAMES, hits.sum((0, 1)).tolist(), (wanted > 0).sum((0, 1)).tolist(), strict=True
            ):
                for key in (name, f"{name}.{attribute}"):
                    labels[key] += hit
                    seen[key] += count
        if questions:
            _count_answers(examples, batch, output, right, asked)
    shares = {key: _percent(labels[key], seen[key]) for key in seen}
    entry: dict[str, Any] = {
        "own": shares["own"],
        "group": shares["group"],
        "labels": {name: shares[f"group.{name}"] for name in ATTRIBUTE_NAMES},
    }
    if questions:
        answers = {key: _percent(right[key], asked[key]) for key in sorted(asked)}
        entry["kinds"] = {key: answers.pop(key) for key in list(answers) if "." in key}
        entry["answers"] = answers
    return entry


_TOKEN_FIELDS = ("tokens", "targets", "positions", "blocks")


def _count_answers(
    examples: list[Example], batch: Batch, output: Output, right: Counter[str], asked: Counter[str]
) -> None:
    """A turn is right when every token of its answer is predicted from the true tokens before it."""
    wanted = batch.targets >= 0
    hits = torch.zeros_like(wanted)
    hits[wanted] = output.predicted == batch.targets[wanted]
    for example, row, hit in zip(examples, wanted.tolist(), hits.tolist(), strict=True):
        for turn, (first, last) in zip(example.turns, _runs(row), strict=True):
            for key in (turn.kind.split(".")[0], turn.language, "all", turn.kind):
                asked[key] += 1
                right[key] += all(hit[first:last])


def _runs(row: list[bool]) -> list[tuple[int, int]]:
    """Begin and end of each unbroken run of True."""
    padded = [False, *row, False]
    edges = [i for i in range(len(row) + 1) if padded[i] != padded[i + 1]]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0
