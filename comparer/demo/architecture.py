"""The three sizes of the demo lineup and the folders they are saved in.

All widths are multiples of 64, which nf4 on a CPU needs. Knows nothing about training.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comparer.demo.scenes import PIXELS
from comparer.demo.tokenizer import (
    END_OF_TEXT,
    IM_END,
    IMAGE_PAD,
    VIDEO_PAD,
    VISION_END,
    VISION_START,
    VOCABULARY_SIZE,
    build_tokenizer,
)

PATCH = 16
MERGE = 2
TEMPORAL_PATCH = 2
POSITIONS_PER_SIDE = 12
"""Side of the grid of learned positions, which the model stretches over a picture of any format."""
HEAD_WIDTH = 32
MAX_POSITIONS = 2048
MAX_NEW_TOKENS = 64


@dataclass(frozen=True)
class Size:
    """Widths and depths of one demo model; every head is `HEAD_WIDTH` wide."""

    name: str
    text_width: int
    text_depth: int
    text_mlp: int
    heads: int
    key_value_heads: int
    vision_width: int
    vision_depth: int
    vision_mlp: int
    vision_heads: int


SIZES: dict[str, Size] = {
    size.name: size
    for size in (
        Size("small", 64, 3, 192, 4, 2, 64, 3, 192, 2),
        Size("medium", 128, 4, 384, 4, 2, 128, 4, 384, 4),
        Size("large", 256, 5, 768, 8, 4, 192, 4, 512, 6),
    )
}


def build_config(size: Size) -> Any:
    """The `Qwen3VLConfig` of `size`."""
    from transformers import Qwen3VLConfig

    spatial = HEAD_WIDTH // 2 // 3
    return Qwen3VLConfig(
        text_config={
            "vocab_size": VOCABULARY_SIZE,
            "hidden_size": size.text_width,
            "intermediate_size": size.text_mlp,
            "num_hidden_layers": size.text_depth,
            "num_attention_heads": size.heads,
            "num_key_value_heads": size.key_value_heads,
            "head_dim": HEAD_WIDTH,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10_000.0,
                "mrope_section": [HEAD_WIDTH // 2 - 2 * spatial, spatial, spatial],
                "mrope_interleaved": True,
            },
            "max_position_embeddings": MAX_POSITIONS,
            "tie_word_embeddings": True,
            "bos_token_id": None,
            "eos_token_id": IM_END,
            "pad_token_id": END_OF_TEXT,
        },
        vision_config={
            "depth": size.vision_depth,
            "hidden_size": size.vision_width,
            "intermediate_size": size.vision_mlp,
            "num_heads": size.vision_heads,
            "patch_size": PATCH,
            "spatial_merge_size": MERGE,
            "temporal_patch_size": TEMPORAL_PATCH,
            "out_hidden_size": size.text_width,
            "num_position_embeddings": POSITIONS_PER_SIDE**2,
            "deepstack_visual_indexes": [size.vision_depth // 2 - 1],
        },
        image_token_id=IMAGE_PAD,
        video_token_id=VIDEO_PAD,
        vision_start_token_id=VISION_START,
        vision_end_token_id=VISION_END,
        tie_word_embeddings=True,
    )


def build_model(size: Size, seed: int) -> Any:
    """A freshly initialised fp32 `Qwen3VLForConditionalGeneration`."""
    import torch
    from transformers import Qwen3VLForConditionalGeneration

    torch.manual_seed(seed)
    model = Qwen3VLForConditionalGeneration(build_config(size)).float()
    _start_copying(model.model.language_model)
    return model


def _start_copying(text: Any, output_scale: float = 0.1, embedding_scale: float = 0.1) -> None:
    """Start each head's value and output projections as one subspace and its transpose.

    What a head attends to is then added to the residual as it is, so that answering by copying has a gradient from
    the first step. After Trockman and Kolter, "Mimetic Initialization of Self-Attention Layers" (2023). Measured on
    the small model: the answer loss that took 460 steps took 160.
    """
    import torch

    config = text.config
    shared_by = config.num_attention_heads // config.num_key_value_heads
    kept = min(config.hidden_size, config.num_key_value_heads * HEAD_WIDTH)
    with torch.no_grad():
        for layer in text.layers:
            subspace = torch.linalg.qr(torch.randn(config.hidden_size, kept))[0]
            layer.self_attn.v_proj.weight.copy_(subspace.T)
            outputs = [
                subspace[:, head // shared_by * HEAD_WIDTH : (head // shared_by + 1) * HEAD_WIDTH]
                for head in range(config.num_attention_heads)
            ]
            layer.self_attn.o_proj.weight.copy_(output_scale * torch.cat(outputs, 1))
        text.embed_tokens.weight.normal_(0, embedding_scale)


def parameter_count(model: Any) -> int:
    """Number of parameters, tied ones counted once."""
    return sum(parameter.numel() for parameter in model.parameters())


def save_checkpoint(model: Any, folder: Path) -> None:
    """Write weights (bf16), tokenizer, processor and generation settings as an ordinary checkpoint folder.

    The folder is completed beside its place and moved there at the end, so that readers never see half of it.
    Files of an earlier folder that are not written anew (model card, training log) are kept.
    """
    import copy
    import shutil

    import torch
    from transformers import GenerationConfig

    fresh = folder.with_name(f".{folder.name}.new")
    old = folder.with_name(f".{folder.name}.old")
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    if folder.exists():
        shutil.copytree(folder, fresh)
    fresh.mkdir(parents=True, exist_ok=True)
    saved = copy.deepcopy(model).to("cpu", torch.bfloat16)
    saved.generation_config = GenerationConfig(
        bos_token_id=None,
        eos_token_id=[IM_END, END_OF_TEXT],
        pad_token_id=END_OF_TEXT,
        max_new_tokens=MAX_NEW_TOKENS,
        do_sample=False,
    )
    saved.save_pretrained(fresh)
    (fresh / "model.safetensors").chmod(0o644)
    build_tokenizer().save_pretrained(fresh)
    for name, content in _processor_files().items():
        (fresh / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _processor_files() -> dict[str, dict[str, Any]]:
    """Processor settings as Qwen3-VL ships them. `size` counts pixels: a square picture becomes 192 x 192."""
    shared = {
        "patch_size": PATCH,
        "temporal_patch_size": TEMPORAL_PATCH,
        "merge_size": MERGE,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
        "size": {"shortest_edge": PIXELS, "longest_edge": PIXELS},
        "processor_class": "Qwen3VLProcessor",
    }
    return {
        "preprocessor_config.json": {**shared, "image_processor_type": "Qwen2VLImageProcessorFast"},
        "video_preprocessor_config.json": {**shared, "video_processor_type": "Qwen3VLVideoProcessor"},
        "processor_config.json": {"processor_class": "Qwen3VLProcessor"},
    }
