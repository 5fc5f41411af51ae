"""How a conversation about one picture is laid out in tokens and positions, as the chat template writes it.

The prefix (`<|im_start|>user\\n<|vision_start|>` image `<|vision_end|>`) is shared by all dialogues about a picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from comparer.demo.questions import Turn
from comparer.demo.scenes import CELLS
from comparer.demo.tokenizer import IM_END, IM_START, IMAGE_PAD, VISION_END, VISION_START, encode

if TYPE_CHECKING:
    from torch import Tensor

_OPENING = [IM_START, *encode("user\n"), VISION_START]
PREFIX_IDS = [*_OPENING, *[IMAGE_PAD] * CELLS, VISION_END]
PREFIX_LENGTH = len(PREFIX_IDS)

_TO_ASSISTANT = [IM_END, *encode("\n"), IM_START, *encode("assistant\n")]
_TO_USER = [*encode("\n"), IM_START, *encode("user\n")]


class DialogueTokens(NamedTuple):
    """Token ids after the prefix, and the id to be predicted at each place (-100 where none is)."""

    ids: list[int]
    targets: list[int]


def lay_out(turns: Sequence[Turn]) -> DialogueTokens:
    """The tokens of a dialogue; answers and their `<|im_end|>` are the targets."""
    ids: list[int] = []
    targets: list[int] = []
    for number, turn in enumerate(turns):
        asked = [*(_TO_USER if number else []), *encode(turn.question), *_TO_ASSISTANT]
        answered = [*encode(turn.answer), IM_END]
        ids += [*asked, *answered]
        targets += [-100] * (len(asked) - 1) + answered + [-100]
    return DialogueTokens(ids, targets)


def first_position(rows: int, columns: int) -> int:
    """Position of the first token after a picture of so many cells: it advances by the longer side, not the area."""
    return len(_OPENING) + max(rows, columns) + 1


def prefix_positions(rows: int, columns: int) -> Tensor:
    """Rotary positions of the prefix: int64 [3 (time, height, width), prefix length]."""
    import torch

    start = len(_OPENING)
    down, right = torch.arange(rows).repeat_interleave(columns), torch.arange(columns).repeat(rows)
    image = torch.stack((torch.zeros_like(down), down, right)) + start
    before = torch.arange(start).expand(3, -1)
    after = torch.full((3, 1), first_position(rows, columns) - 1)
    return torch.cat((before, image, after), 1)
