"""Prompts made of numbers: no tokenizer and no picture is needed to keep a model busy. Needs torch."""

from typing import Any

from comparer.bench.building import Config
from comparer.bench.plan import grid

_CHANNELS = 3


def text_prompt(config: Config, batch: int, tokens: int, device: str) -> dict[str, Any]:
    """`batch` different prompts of random words: `input_ids` and `attention_mask`, int64 of shape (batch, tokens)."""
    import torch

    marks_from = config["vision_start_token_id"]  # words are below the ids that stand for pictures
    words = torch.randint(0, marks_from, (batch, tokens), generator=_dice()).to(device)
    return {"input_ids": words, "attention_mask": torch.ones_like(words)}


def picture_prompt(config: Config, image_tokens: int, text_tokens: int, device: str) -> dict[str, Any]:
    """One prompt with a picture of noise and `text_tokens` of text (two marks included), as a processor gives it.

    `pixel_values` has a row for every patch (patches, channels x temporal x patch x patch), float32;
    `mm_token_type_ids` is 1 where the picture is.
    """
    import torch

    vision = config["vision_config"]
    merge, patch = vision["spatial_merge_size"], vision["patch_size"]
    rows, columns = (side * merge for side in grid(image_tokens))
    prompt = text_prompt(config, 1, text_tokens - 2, "cpu")
    words = torch.cat(
        [
            torch.tensor([config["vision_start_token_id"]]),
            torch.full((image_tokens,), config["image_token_id"]),
            torch.tensor([config["vision_end_token_id"]]),
            prompt["input_ids"][0],
        ]
    )
    values = torch.randn(rows * columns, _CHANNELS * vision["temporal_patch_size"] * patch**2, generator=_dice())
    words = words[None].to(device)
    return {
        "input_ids": words,
        "attention_mask": torch.ones_like(words),
        "mm_token_type_ids": (words == config["image_token_id"]).int(),
        "pixel_values": values.to(device),
        "image_grid_thw": torch.tensor([[1, rows, columns]], device=device),
    }


def _dice() -> Any:
    """The same throws in every run."""
    import torch

    return torch.Generator().manual_seed(0)
