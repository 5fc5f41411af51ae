"""How a conversation about one picture is laid out in tokens and positions, as the chat template writes it.

The prefix (`<|im_start|>user\\n<|vision_start|>` image `<|vision_end|>`) is shared by all dialogues about a picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from comparer.demo.questions import Turn
from comparer.demo.scenes.labels import CELLS
from comparer.demo.tokenizer import IM_END, IM_START, IMAGE_PAD, VISION_END, VISION_START, encode

if TYPE_CHECKING:
    from torch import Tensor

_OPENING = [IM_START, *encode("user\n"), VISION_START]
PREFIX_IDS = [*_OPENING, *[IMAGE_PAD] * CELLS**2, VISION_END]
PREFIX_LENGTH = len(PREFIX_IDS)
FIRST_POSITION = len(_OPENING) + CELLS + 1
"""Position of the first token after the prefix: a picture advances positions by its longer side, not its area."""

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


def prefix_positions() -> Tensor:
    """Rotary positions of the prefix: int64 [3 (time, height, width), prefix length]."""
    import torch

    start = len(_OPENING)
    cells = torch.arange(CELLS)
    image = torch.stack((torch.zeros(CELLS**2).long(), cells.repeat_interleave(CELLS), cells.repeat(CELLS))) + start
    before = torch.arange(start).expand(3, -1)
    after = torch.full((3, 1), start + CELLS)
    return torch.cat((before, image, after), 1)
