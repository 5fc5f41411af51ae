"""What a demo checkpoint's folder tells the page, and that no folder can keep the page from opening."""

import json
from pathlib import Path
from typing import Any

import pytest

from comparer.demo.measured import DemoFacts, read_card, read_demo_facts, read_measured
from comparer.paths import ASSETS

SCORE = {"accuracy": 0.43, "low": 0.4, "high": 0.46, "n": 812, "chance": 0.2}
EVALUATION: dict[str, Any] = {
    "model": "small", "date": "2026-11-22", "device": "cpu", "precision": "fp32", "pictures": 1000, "seed": 123,
    "mean": 0.61, "items": {"manual": SCORE, "fault": SCORE, "service": SCORE}, "languages": {"en": SCORE},
    "out_of_domain": {"accuracy": 0.9, "low": 0.8, "high": 1, "n": 98},
    "first_wrong": {"median": 3, "turns": 10, "conversations": 60},
}  # fmt: skip


def test_scores_are_read(tmp_path: Path) -> None:
    (tmp_path / "evaluation.json").write_text(json.dumps(EVALUATION))
    measured = read_measured(tmp_path)
    assert measured is not None
    assert (measured.date.isoformat(), measured.device, measured.pictures) == ("2026-11-22", "cpu", 1000)
    assert set(measured.items) == {"manual", "fault", "service"}
    assert (measured.items["manual"].accuracy, measured.items["manual"].n) == (0.43, 812)


@pytest.mark.parametrize(
    "content",
    [
        "", "not json", "[]", "null", '{"items": {}}', "[" * 10_000, "\udcff",
        json.dumps({"model": "small", "pictures": 400, "domains": {"manual": SCORE}}),  # without items
        json.dumps(EVALUATION | {"items": {}}),
        json.dumps(EVALUATION | {"items": {"manual": SCORE | {"accuracy": 43}}}),
        json.dumps(EVALUATION | {"items": {"manual": SCORE | {"accuracy": float("nan")}}}),
        json.dumps(EVALUATION | {"items": {"manual": SCORE | {"low": None}}}),
        json.dumps(EVALUATION | {"date": "yesterday"}),
        json.dumps(EVALUATION | {"pictures": "many"}),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_not_measured(tmp_path: Path, content: str) -> None:
    (tmp_path / "evaluation.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    assert read_measured(tmp_path) is None


def test_a_folder_without_anything(tmp_path: Path) -> None:
    assert read_demo_facts(tmp_path) == read_demo_facts(tmp_path / "nowhere") == DemoFacts()
    (tmp_path / "evaluation.json").mkdir()
    (tmp_path / "README.md").mkdir()
    (tmp_path / "model.safetensors").write_bytes(b"\xff" * 64)
    assert read_demo_facts(tmp_path) == DemoFacts()
    (tmp_path / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"[]")
    assert read_demo_facts(tmp_path) == DemoFacts()


def test_the_card_without_what_is_for_the_hub(tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    card.write_text("---\nlicense: apache-2.0\n---\n\n# Title\n\nText\n---\nmore", "utf-8")
    assert read_card(tmp_path) == "# Title\n\nText\n---\nmore"
    card.write_text("---\nno end of it", "utf-8")
    assert read_card(tmp_path) == "---\nno end of it"
    card.write_bytes(b"\xff\xfe caf\xe9")
    assert "caf" in read_card(tmp_path)


@pytest.mark.parametrize(("model", "parameters"), [("small", 648_384), ("medium", 2_453_504), ("large", 7_482_240)])
def test_the_shipped_models(model: str, parameters: int) -> None:
    facts = read_demo_facts(ASSETS / "models" / model)
    assert facts.parameters == parameters
    assert facts.card.startswith("# Demo model")
