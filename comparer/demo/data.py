"""Batches of training pictures with packed dialogues. Batch `i` of a run depends on its seed and `i` alone, so a
resumed run continues with exactly the data it would have seen.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from comparer.demo.curriculum import LONG_TOKENS, STAGES, Stage, place, shape_of
from comparer.demo.fast_forward import Batch
from comparer.demo.prompt import first_position, lay_out
from comparer.demo.questions import LONGEST_DIALOGUE, Turn, draw_dialogue
from comparer.demo.scenes import CELLS, FORMAT_SHARES, FORMATS, Format, Scene, SceneKind, draw_scene
from comparer.demo.scenes.vocabulary import LANGUAGES

HELD_OUT_FROM = 10**12
"""Scene seeds from here on are never trained on."""
RUN_STRIDE = 10**8
SHORT_DIALOGUE = 4
SCALES = (1, 2, 3)
SCALE_WEIGHTS = (2, 5, 1)
_PATCH, _MERGE = 16, 2


class Example(NamedTuple):
    """One picture's row of a batch, with the turns that its targets spell, in order."""

    scene: Scene
    patches: NDArray[np.uint8]
    tokens: NDArray[np.int64]
    targets: NDArray[np.int64]
    positions: NDArray[np.int64]
    blocks: NDArray[np.int64]
    turns: tuple[Turn, ...]


def to_patches(image: Image.Image, form: Format) -> NDArray[np.uint8]:
    """uint8 [patches, 3*16*16] in the order of the Qwen3-VL image processor: merged 2x2 blocks, channel first."""
    if image.size != form:
        image = image.resize(form, Image.Resampling.BICUBIC)
    rows, columns = form.height // (_PATCH * _MERGE), form.width // (_PATCH * _MERGE)
    pixels = np.asarray(image).transpose(2, 0, 1).reshape(3, rows, _MERGE, _PATCH, columns, _MERGE, _PATCH)
    return pixels.transpose(1, 4, 2, 5, 0, 3, 6).reshape(-1, 3 * _PATCH * _PATCH)


def draw_example(seed: int, kind: SceneKind, tokens: int, scale: int, form: Format) -> Example:
    """The scene of `seed` with as many dialogues as fit into `tokens`."""
    scene = draw_scene(seed, kind, scale, form)
    random = Random(f"dialogues:{kind}:{seed}")
    row = {name: np.zeros(tokens, np.int64) for name in ("tokens", "positions", "blocks")}
    targets = np.full(tokens, -100, np.int64)
    used = block = 0
    begin = first_position(*scene.own.shape[1:])
    longest = LONGEST_DIALOGUE if tokens >= LONG_TOKENS else SHORT_DIALOGUE
    asked: list[Turn] = []
    while tokens and kind != "practice":
        turns = draw_dialogue(scene.facts, random.choice(LANGUAGES), random.randint(1, longest), random)
        laid = lay_out(turns)
        while used + len(laid.ids) > tokens and len(turns) > 1:
            turns = turns[:-1]
            laid = lay_out(turns)
        end = used + len(laid.ids)
        if end > tokens:
            break
        block += 1
        row["tokens"][used:end] = laid.ids
        row["positions"][used:end] = np.arange(begin, begin + len(laid.ids))
        row["blocks"][used:end] = block
        targets[used:end] = laid.targets
        asked += turns
        used = end
    patches = to_patches(scene.image, form)
    return Example(scene, patches, row["tokens"], targets, row["positions"], row["blocks"], tuple(asked))


def collate(examples: list[Example]) -> Batch:
    """Stack the rows of a batch; all pictures have one format."""
    columns = [
        np.stack([getattr(example, name) for example in examples])
        for name in ("patches", "tokens", "targets", "positions", "blocks")
    ]
    labels = [np.stack([getattr(e.scene, name).reshape(-1, CELLS) for e in examples]) for name in ("own", "group")]
    grid = np.array(examples[0].scene.own.shape[1:], np.int64)
    return Batch(*(torch.from_numpy(column) for column in [*columns, *labels, grid]))


class TrainingBatches(Dataset[Batch]):
    """Batch number -> batch. Models trained by the same plan see the same batches: a `cache` folder saves drawing
    them again (3.5 MB a batch of 32)."""

    def __init__(
        self,
        seed: int,
        steps: int,
        batch_size: int,
        stages: tuple[Stage, ...] = STAGES,
        cache: Path | None = None,
    ) -> None:
        self._seed, self._steps, self._batch_size, self._stages = seed, steps, batch_size, stages
        self._cache = cache
        if cache:
            cache.mkdir(parents=True, exist_ok=True)

    def __getitem__(self, step: int) -> Batch:
        if not self._cache:
            return self._draw(step)
        file = self._cache / f"{self._seed}-{self._steps}-{self._batch_size}-{step}.pt"
        if file.exists():
            return Batch(*torch.load(file, weights_only=True))
        batch = self._draw(step)
        fresh = file.with_suffix(f".{os.getpid()}")
        torch.save(list(batch), fresh)
        fresh.replace(file)
        return batch

    def _draw(self, step: int) -> Batch:
        stage = place(step, self._steps, self._stages).stage
        shape = shape_of(step, self._batch_size, stage)
        form = Random(f"format:{self._seed}:{step}").choices(FORMATS, FORMAT_SHARES)[0]
        examples = []
        for index in range(step * self._batch_size, step * self._batch_size + shape.pictures):
            seed = self._seed * RUN_STRIDE + index
            random = Random(f"example:{seed}")
            kind = random.choices(list(stage.mix), list(stage.mix.values()))[0]
            scale = random.choices(SCALES, SCALE_WEIGHTS)[0]
            examples.append(draw_example(seed, kind, shape.tokens, scale, form))
        return collate(examples)


def stream_batches(batches: TrainingBatches, first: int, last: int, workers: int) -> Iterator[Batch]:
    """Batches `first` to `last`, drawn ahead by `workers` processes (0: in this one)."""
    loader = DataLoader(
        batches,
        batch_size=None,
        sampler=range(first, last),
        num_workers=workers,
        prefetch_factor=4 if workers else None,
    )
    return iter(loader)
