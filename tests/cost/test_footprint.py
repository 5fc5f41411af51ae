"""Predicted memory against allocations that are watched, and how it grows with the work."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from comparer.cost.footprint import DEFAULT_WORKLOAD, RUNTIME_BYTES, MemoryPrediction, Workload, predict_memory
from comparer.cost.weights import CONFIGS, Inventory, take_inventory
from comparer.engines.loading import ONE_LOAD_AT_A_TIME, empty_model, load_model, read_config
from comparer.errors import InputError
from comparer.lineup import ModelSpec, read_lineup

LARGE = read_lineup("demo").models[-1]


def real(key: str) -> Inventory:
    folder = CONFIGS / f"Qwen3-VL-{key}-Instruct"
    return take_inventory(ModelSpec(key=key, label=key, model=str(folder)), folder)


def predicted(key: str, workload: Workload = DEFAULT_WORKLOAD) -> MemoryPrediction:
    return predict_memory(real(key), "bf16", workload)


def highest_bytes(work: Callable[[], object]) -> int:
    """The most that was allocated at once on the CPU while `work` ran, beyond what there was before."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as watched, torch.no_grad():
        work()
    events = [event for event in watched.profiler.kineto_results.events() if event.name() == "[memory]"]  # type: ignore[union-attr]
    now = top = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        now += event.nbytes()
        top = max(top, now)
    return top


def read_text(model: Any, tokens: int) -> Callable[[], object]:
    ids = torch.randint(10, 200, (1, tokens))
    return lambda: model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=1)


@pytest.fixture(scope="module")
def large() -> Any:
    spec = LARGE.model_copy(update={"precision": "bf16"})
    folder = Path(spec.model)
    with ONE_LOAD_AT_A_TIME:
        model = load_model(spec, folder, read_config(spec, folder), "cpu")
    read_text(model, 16)()
    return model


@pytest.mark.parametrize("tokens", [256, 1024])
def test_reading_a_text_takes_what_was_predicted(large: Any, tokens: int) -> None:
    needs = predict_memory(take_inventory(LARGE, Path(LARGE.model)), "bf16", Workload(tokens, 1, 0))

    watched = highest_bytes(read_text(large, tokens))

    assert needs.kv_cache_bytes + needs.text_bytes == pytest.approx(watched, rel=0.02)


@pytest.mark.parametrize("grid", [(16, 16), (24, 32)])
def test_reading_a_picture_takes_what_was_predicted(large: Any, grid: tuple[int, int]) -> None:
    rows, columns = grid
    pixels = torch.randn(rows * columns, 3 * 2 * 16 * 16, dtype=torch.bfloat16)
    size = torch.tensor([[1, rows, columns]])
    work = Workload(1, 1, rows * columns * 16 * 16)
    needs = predict_memory(take_inventory(LARGE, Path(LARGE.model)), "bf16", work)

    watched = highest_bytes(lambda: large.model.visual(pixels, grid_thw=size)) + pixels.nbytes

    assert needs.vision_bytes == pytest.approx(watched, rel=0.02)


def test_reading_a_text_with_the_real_widths_takes_what_was_predicted() -> None:
    """Two layers of the 30B-A3B with eight of its experts, all of which are asked."""
    spec = ModelSpec(key="m", label="m", model="m")
    with ONE_LOAD_AT_A_TIME:
        config = read_config(spec, CONFIGS / "Qwen3-VL-30B-A3B-Instruct")
        config.text_config.num_hidden_layers, config.text_config.num_experts = 2, 8
        config.text_config.vocab_size, config.vision_config.depth = 1024, 1
        config.vision_config.deepstack_visual_indexes = []
        model = empty_model(config).to(torch.bfloat16).to_empty(device="cpu").eval()
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.data.fill_(0.01)
    read_text(model, 16)()
    needs = predict_memory(Inventory((), config), "bf16", Workload(128, 1, 0))

    watched = highest_bytes(read_text(model, 128))

    assert needs.kv_cache_bytes + needs.text_bytes == pytest.approx(watched, rel=0.02)


@pytest.mark.parametrize(("key", "bytes_a_token"), [("4B", 147_456), ("8B", 147_456), ("30B-A3B", 98_304)])
def test_the_cache_takes_the_published_bytes_a_token(key: str, bytes_a_token: int) -> None:
    assert predicted(key).kv_bytes_a_token == bytes_a_token
    assert predicted(key, Workload(1000, 3)).kv_cache_bytes == 3000 * bytes_a_token


def test_the_whole_is_its_parts() -> None:
    needs = predicted("8B")
    working = max(needs.text_bytes, needs.vision_bytes)

    assert needs.total_bytes == needs.weights_bytes + needs.kv_cache_bytes + working + needs.overhead_bytes
    assert needs.overhead_bytes == RUNTIME_BYTES + int(0.1 * (needs.kv_cache_bytes + working))


def test_a_short_conversation_still_needs_room_to_load() -> None:
    needs = predicted("30B-A3B", Workload(64, 1, 0))

    assert needs.total_bytes == needs.loading_bytes == int(1.1 * needs.weights_bytes) + RUNTIME_BYTES


@pytest.mark.parametrize("more", [{"context_tokens": 65536}, {"concurrency": 8}, {"picture_pixels": 1 << 25}])
def test_more_work_needs_more_memory(more: dict[str, int]) -> None:
    assert predicted("8B", replace(DEFAULT_WORKLOAD, **more)).total_bytes > predicted("8B").total_bytes


def test_fp32_doubles_all_but_the_runtime() -> None:
    full, half = predict_memory(real("4B"), "fp32"), predict_memory(real("4B"), "bf16")

    assert full.kv_cache_bytes == 2 * half.kv_cache_bytes
    assert (full.text_bytes, full.vision_bytes) == (2 * half.text_bytes, 2 * half.vision_bytes)


def test_nf4_unpacks_its_largest_matrix() -> None:
    half, packed = predict_memory(real("8B"), "bf16"), predict_memory(real("8B"), "nf4")

    assert packed.text_bytes - half.text_bytes == 2 * 4096 * 12288


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"context_tokens": 0}, "context_unusable"),
        ({"concurrency": 2000}, "concurrency_unusable"),
        ({"picture_pixels": -1}, "pixels_unusable"),
    ],
)
def test_work_that_cannot_be_is_refused(wrong: dict[str, int], code: str) -> None:
    with pytest.raises(InputError) as caught:
        Workload(**wrong)

    assert caught.value.code == code
    assert str(next(iter(wrong.values()))) in caught.value.sentence("zh")
