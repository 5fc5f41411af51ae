"""The training forward gives the numbers of the Hugging Face forward, on the tokens the chat template writes."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
import torch

from comparer.demo.architecture import SIZES, build_model
from comparer.demo.data import Example, collate, draw_example, to_patches
from comparer.demo.fast_forward import FastForward
from comparer.demo.prompt import PREFIX_IDS, lay_out
from comparer.demo.questions import draw_dialogue
from comparer.demo.scenes import draw_scene
from comparer.demo.scenes.canvas import FORMATS, SQUARE, TALL, WIDE, Format
from comparer.demo.scenes.labels import ATTRIBUTES
from comparer.demo.tokenizer import build_tokenizer


def hf_inputs(example: Example, ids: list[int]) -> dict[str, torch.Tensor]:
    """What the ordinary processor would hand to the model: both temporal frames of each patch, and the whole text."""
    frames = torch.from_numpy(example.patches).float().view(-1, 3, 1, 16, 16) / 127.5 - 1
    tokens = torch.tensor([ids])
    return {
        "input_ids": tokens,
        "mm_token_type_ids": (tokens == PREFIX_IDS[-2]).int(),
        "pixel_values": frames.expand(-1, -1, 2, -1, -1).reshape(len(frames), -1),
        "image_grid_thw": torch.tensor([[1, *(2 * cells for cells in example.scene.own.shape[1:])]]),
    }


@pytest.mark.parametrize(("name", "form"), [("small", SQUARE), ("small", WIDE), ("small", TALL), ("large", WIDE)])
def test_logits_equal_the_hugging_face_forward(name: str, form: Format) -> None:
    model = build_model(SIZES[name], seed=3).eval()
    forward = FastForward(model, list(ATTRIBUTES.values())).eval()
    examples = [draw_example(seed, "manual", 96, 1, form) for seed in (1, 2)]
    batch = collate(examples)
    with torch.no_grad():
        packed = forward.logits(forward.read(*forward.see(batch.patches, *batch.grid.tolist()), batch))
        for row, example in enumerate(examples):
            for block in range(1, int(batch.blocks[row].max()) + 1):
                places = (batch.blocks[row] == block).nonzero().flatten()
                ids = [*PREFIX_IDS, *batch.tokens[row][places].tolist()]
                expected = model(**hf_inputs(example, ids)).logits[0, len(PREFIX_IDS) :]
                torch.testing.assert_close(packed[row][places], expected, atol=2e-4, rtol=1e-3)


def test_layout_is_what_the_chat_template_writes() -> None:
    tokenizer: Any = build_tokenizer()
    for seed, language in enumerate(("en", "zh") * 6):
        scene = draw_scene(seed, ("manual", "fault", "service")[seed % 3])
        turns = draw_dialogue(scene.facts, "zh" if language == "zh" else "en", 4, Random(seed))
        messages: list[dict[str, Any]] = []
        for turn in turns:
            content: list[dict[str, str]] = [] if messages else [{"type": "image"}]
            messages.append({"role": "user", "content": [*content, {"type": "text", "text": turn.question}]})
            messages.append({"role": "assistant", "content": [{"type": "text", "text": turn.answer}]})
        text = tokenizer.apply_chat_template(messages, tokenize=False)
        text = text.replace("<|image_pad|>", "<|image_pad|>" * 36)
        written = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert written[: len(PREFIX_IDS)] == PREFIX_IDS
        assert [*lay_out(turns).ids, *tokenizer.encode("\n")] == written[len(PREFIX_IDS) :]


@pytest.mark.parametrize("form", FORMATS)
def test_patches_are_those_of_the_image_processor(form: Format) -> None:
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    processor = Qwen2VLImageProcessorPil(
        patch_size=16,
        temporal_patch_size=2,
        merge_size=2,
        size={"shortest_edge": 192 * 192, "longest_edge": 192 * 192},
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
    )
    image = draw_scene(5, "fault", 3, form).image
    expected = torch.as_tensor(processor(image, return_tensors="pt")["pixel_values"])
    ours = torch.from_numpy(to_patches(image, form)).float().view(-1, 3, 1, 16, 16) / 127.5 - 1
    torch.testing.assert_close(ours.expand(-1, -1, 2, -1, -1).reshape(len(ours), -1), expected, atol=1e-5, rtol=0)
