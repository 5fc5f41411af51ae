"""The shipped folders are ordinary checkpoints, and what they say is clearly better than guessing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageChops, ImageStat

from comparer.demo.architecture import HEAD_WIDTH, SIZES
from comparer.demo.evaluate import evaluate
from comparer.demo.exam import Plan, draw_exam
from comparer.demo.measured import CARD_NAME, SCORES_NAME
from comparer.demo.model_card import WEAK
from comparer.demo.processor import load_processor
from comparer.demo.questions import KINDS
from comparer.demo.scenes import PIXELS
from comparer.demo.scores import OUTSIDE_KINDS
from comparer.demo.train import FACTS_NAME, LOG_NAME
from comparer.engines.checkpoint import checkpoint_identity
from comparer.lineup import read_lineup

MODELS = Path(__file__).parents[2] / "assets" / "models"
EXAMPLES = Path(__file__).parents[2] / "assets" / "examples"
PARAMETERS = {"small": (0.5e6, 0.8e6), "medium": (2e6, 3e6), "large": (6.5e6, 8e6)}


@pytest.mark.parametrize("name", list(SIZES))
def test_auto_classes_open_the_folder_and_generate(name: str) -> None:
    from transformers import AutoModelForImageTextToText, Qwen3VLForConditionalGeneration

    model = AutoModelForImageTextToText.from_pretrained(MODELS / name)
    assert isinstance(model, Qwen3VLForConditionalGeneration)
    assert model.dtype == torch.bfloat16
    low, high = PARAMETERS[name]
    assert low < sum(parameter.numel() for parameter in model.parameters()) < high
    processor = load_processor(MODELS / name)
    messages = [
        {
            "role": "user",
            "content": [
                {"type": "image", "image": Image.new("RGB", (576, 576), "white")},
                {"type": "text", "text": "What is part 1?"},
            ],
        }
    ]
    inputs = processor.apply_chat_template(
        messages, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
    )
    assert inputs["image_grid_thw"].tolist() == [[1, 12, 12]]
    ids = model.generate(**inputs)
    assert model.generation_config.eos_token_id == [2, 0]
    assert 1 < ids.shape[1] - inputs["input_ids"].shape[1] <= 64


@pytest.mark.parametrize("name", list(SIZES))
def test_widths_suit_nf4_on_a_cpu(name: str) -> None:
    from transformers import AutoModelForImageTextToText

    model = AutoModelForImageTextToText.from_pretrained(MODELS / name)
    for path, module in model.named_modules():
        if isinstance(module, torch.nn.Linear):
            assert module.in_features % 64 == 0, path
            assert module.out_features % 64 == 0, path
    assert model.config.text_config.head_dim == HEAD_WIDTH


def test_the_lineup_is_small_enough() -> None:
    total = sum(file.stat().st_size for file in MODELS.rglob("*") if file.is_file())
    assert total < 40 * 2**20
    for file in MODELS.rglob("*.safetensors"):
        assert file.stat().st_size < 16 * 2**20


@pytest.mark.parametrize("name", list(SIZES))
def test_the_card_says_what_was_measured(name: str) -> None:
    card = (MODELS / name / CARD_NAME).read_text(encoding="utf-8")
    scores = json.loads((MODELS / name / SCORES_NAME).read_text(encoding="utf-8"))
    facts = json.loads((MODELS / name / FACTS_NAME).read_text(encoding="utf-8"))
    assert f"**{scores['mean']:.1%}**" in card
    assert f"{facts['parameters']:,} parameters" in card
    assert scores["model"] == checkpoint_identity(str(MODELS / name)), "the card is of other weights"
    assert set(scores["kinds"]) - set(OUTSIDE_KINDS) == set(KINDS) - set(OUTSIDE_KINDS)
    for group in ("items", "depths", "languages"):
        for key, score in scores[group].items():
            assert score["low"] > score["chance"], key
            assert f"| {score['accuracy']:.1%} | {score['low']:.1%} to {score['high']:.1%} | {score['n']} |" in card
    for score in scores["turns"].values():
        assert score["accuracy"] > 1.5 * score["chance"]
    no_better = [kind for kind, score in scores["kinds"].items() if score["accuracy"] <= score["chance"]]
    assert len(no_better) <= len(KINDS) / 4, no_better
    listed = next((line for line in card.splitlines() if line.startswith(WEAK)), "").removeprefix(f"{WEAK}: ")
    owned_up_to = set(listed.rstrip(".").split(", ")) - {""}
    assert owned_up_to == {kind for kind, score in scores["kinds"].items() if score["low"] <= score["chance"]}
    assert (MODELS / name / LOG_NAME).read_text(encoding="utf-8").count("\n") >= 5


@pytest.mark.slow
def test_answers_are_clearly_better_than_chance(tmp_path: Path) -> None:
    plan = Plan(seed=77, pictures=24, outside=0, conversations=0)
    cases = list(draw_exam(plan, tmp_path))
    for spec in read_lineup("demo").models:
        items = evaluate(spec, plan, cases).scores.items.values()
        right = sum(score.accuracy * score.n for score in items)
        guessed = sum(score.chance * score.n for score in items)
        assert right > 1.5 * guessed, spec.key


def test_the_gallery_is_what_its_generator_draws(tmp_path: Path) -> None:
    from comparer.demo.gallery import write_gallery

    entries: list[dict[str, Any]] = write_gallery(tmp_path)
    assert json.loads((EXAMPLES / "drawn.json").read_text(encoding="utf-8")) == entries
    for entry in entries:
        with Image.open(EXAMPLES / entry["file"]) as shipped, Image.open(tmp_path / entry["file"]) as drawn:
            assert shipped.size == drawn.size
            assert shipped.width * shipped.height == 9 * PIXELS
            difference = ImageChops.difference(shipped.convert("L"), drawn.convert("L"))
            assert ImageStat.Stat(difference).mean[0] < 1.5, "letters may differ at their edges, no more"
        assert {len(questions) for questions in entry["questions"].values()} == {3}
        assert {len(questions) for questions in entry["dialogue"].values()} == {2}
