"""Ceilings: the cards by their names, and the models' own sizes against published and hand-counted ones."""

import pytest

from comparer.bench.building import parameter_counts, read_config, shrink, workload
from comparer.bench.plan import MODELS
from comparer.bench.roofline import Card, Workload, find_card, shortest_s

PUBLISHED = {"4B": 4_437_815_808, "8B": 8_767_123_696, "30B-A3B": 31_070_754_032}
READ_PER_TOKEN = {"4B": 4.02e9, "8B": 7.57e9, "30B-A3B": 3.04e9}
CACHE_BYTES = {"4B": 147_456, "8B": 147_456, "30B-A3B": 98_304}


class Bf16:
    """Stands for a loaded model: parameters of the published sizes without their memory."""

    def __init__(self, config: dict[str, object]) -> None:
        import torch
        from transformers import CONFIG_MAPPING, AutoModelForImageTextToText

        with torch.device("meta"):
            self.model = AutoModelForImageTextToText.from_config(
                CONFIG_MAPPING[config["model_type"]].from_dict(config), dtype=torch.bfloat16
            )

    def named_parameters(self) -> object:
        return self.model.named_parameters()


def published_workload(model: str) -> Workload:
    config = read_config(model)
    return workload(config, parameter_counts(config), Bf16(config))


@pytest.mark.parametrize("model", MODELS)
def test_models_have_their_published_sizes(model: str) -> None:
    config = read_config(model)
    counts = parameter_counts(config)
    work = workload(config, counts, Bf16(config))

    assert sum(counts.values()) == PUBLISHED[model]
    assert work.decode_bytes(1, 0) / 2 == pytest.approx(READ_PER_TOKEN[model], rel=0.005)
    assert work.cache_bytes_per_token == CACHE_BYTES[model]
    assert work.decode_bytes(1, 1000) - work.decode_bytes(1, 0) == 1000 * CACHE_BYTES[model]
    assert work.decode_flops(1, 0) == pytest.approx(2 * READ_PER_TOKEN[model], rel=0.005)


@pytest.mark.parametrize(("model", "tokens_per_s"), [("4B", 416), ("8B", 221), ("30B-A3B", 551)])
def test_decode_ceilings_of_an_h100(model: str, tokens_per_s: float) -> None:
    card = find_card("NVIDIA H100 80GB HBM3")
    assert card is not None
    work = published_workload(model)
    ceiling = 1 / shortest_s(card, work.decode_bytes(1, 0), work.decode_flops(1, 0))
    assert ceiling == pytest.approx(tokens_per_s, rel=0.01)


def work_of(**known: int) -> Workload:
    zero = dict.fromkeys(Workload.__dataclass_fields__, 0)
    return Workload(**(zero | known))


def test_more_conversations_read_more_experts() -> None:
    work = work_of(layer_bytes=100, expert_bytes=1000, experts=4, experts_per_token=2)

    assert work.decode_bytes(1, 50) == 100 + 500
    assert work.decode_bytes(2, 50) == 100 + 750
    assert work.prefill_bytes(1000) == pytest.approx(1100)


def test_prefill_counts_text_picture_and_attention() -> None:
    work = work_of(
        layer_parameters=7,
        expert_parameters=40,
        head_parameters=5,
        experts=4,
        experts_per_token=1,
        text_layers=3,
        attention_width=8,
        vision_parameters=11,
        merger_parameters=13,
        vision_layers=2,
        vision_width=6,
        patches_per_image_token=4,
    )

    text = 2 * (7 + 10) * 100 + 2 * 5 + 2 * 100 * 100 * 8 * 3
    vision = 2 * (11 * 40 + 13 * 10) + 4 * 40 * 40 * 6 * 2
    assert work.prefill_flops(100, 10) == text + vision
    assert work.prefill_flops(100, 0) == text


@pytest.mark.parametrize(
    ("name", "terabytes"),
    [
        ("NVIDIA H100 80GB HBM3", 3.35),
        ("NVIDIA H100 PCIe", 2.0),
        ("NVIDIA H200", 4.8),
        ("NVIDIA H200 NVL", 4.8),
        ("NVIDIA A100-SXM4-80GB", 2.039),
        ("NVIDIA L4", 0.3),
        ("NVIDIA L40S", 0.864),
        ("NVIDIA A10G", 0.6),
        ("Tesla T4", 0.32),
    ],
)
def test_cards_are_known_by_their_drivers_name(name: str, terabytes: float) -> None:
    card = find_card(name)
    assert card is not None
    assert card.bandwidth_bytes_per_s == pytest.approx(terabytes * 1e12)
    assert card.source


@pytest.mark.parametrize("name", ["NVIDIA H100 80GB HBM3 MIG 3g.40gb", "NVIDIA A100-SXM4-40GB", "AMD EPYC", ""])
def test_a_slice_and_an_unknown_card_have_no_ceiling(name: str) -> None:
    assert find_card(name) is None


def test_the_slower_of_reading_and_computing_counts() -> None:
    card = Card(100.0, 1000.0, "made up")
    assert shortest_s(card, 200, 1000) == 2
    assert shortest_s(card, 50, 3000) == 3


def test_a_shrunken_model_keeps_its_architecture() -> None:
    config = read_config("30B-A3B")
    small = shrink(config)

    assert config == read_config("30B-A3B"), "the original is not touched"
    assert small["architectures"] == config["architectures"]
    assert small["text_config"]["num_experts_per_tok"] < small["text_config"]["num_experts"]
    assert small["vision_config"]["deepstack_visual_indexes"]
    assert sum(parameter_counts(small).values()) < 1_000_000
