"""Predicted weights against the published counts, against loaded checkpoints, and what is read or refused."""

from pathlib import Path

import pytest

from comparer.cost.weights import CONFIGS, Inventory, find_config, predicted_weights_bytes, take_inventory
from comparer.engines.checkpoint import count_parameters, estimated_weights_bytes
from comparer.engines.loading import ONE_LOAD_AT_A_TIME, load_model, read_config
from comparer.engines.memory import GIB, count_weights_bytes
from comparer.errors import LoadError
from comparer.lineup import ModelSpec, read_lineup
from comparer.records import Precision
from tests.engines.checkpoints import save_moe

REAL = {spec.key: spec for spec in read_lineup("qwen3-vl").models}
DEMO = {spec.key: spec for spec in read_lineup("demo").models}
ONLY_THE_HEAD = ("lm_head",)
"""What is left alone when the vision tower is quantised too."""


def inventory(spec: ModelSpec) -> Inventory:
    folder = find_config(spec)
    assert folder is not None
    return take_inventory(spec, folder)


@pytest.fixture(autouse=True)
def nothing_in_the_hub_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comparer.cost.weights.cached_snapshot", lambda _: None)


@pytest.mark.parametrize(
    ("key", "parameters"), [("4B", 4_437_815_808), ("8B", 8_767_123_696), ("30B-A3B", 31_070_754_032)]
)
def test_the_shipped_configurations_have_the_published_parameters(key: str, parameters: int) -> None:
    assert inventory(REAL[key]).parameters == parameters


@pytest.mark.parametrize(
    ("key", "precision", "gib"),
    [
        ("4B", "bf16", 8.27), ("8B", "bf16", 16.33), ("30B-A3B", "bf16", 57.87),
        ("4B", "int8", 4.50), ("8B", "int8", 9.34), ("30B-A3B", "int8", 56.5),
        ("4B", "nf4", 2.68), ("8B", "nf4", 5.94), ("30B-A3B", "nf4", 55.9),
    ],
)  # fmt: skip
def test_weights_agree_with_the_published_sizes(key: str, precision: Precision, gib: float) -> None:
    predicted = predicted_weights_bytes(inventory(REAL[key]), precision, ONLY_THE_HEAD)

    assert predicted / GIB == pytest.approx(gib, rel=0.005)


@pytest.mark.parametrize(("key", "gib"), [("4B", 4.9), ("8B", 9.9), ("30B-A3B", 30.0)])
def test_fp8_checkpoints_have_the_published_sizes(key: str, gib: float) -> None:
    assert predicted_weights_bytes(inventory(REAL[key]), "fp8") / GIB == pytest.approx(gib, abs=0.05)


@pytest.mark.parametrize(
    ("key", "precision", "gib"),
    [("4B", "int8", 4.89), ("4B", "nf4", 3.24), ("8B", "int8", 9.87), ("8B", "nf4", 6.73)],
)
def test_by_default_the_vision_tower_stays_as_this_program_loads_it(
    key: str, precision: Precision, gib: float
) -> None:
    assert predicted_weights_bytes(inventory(REAL[key]), precision) / GIB == pytest.approx(gib, abs=0.006)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8", "nf4"])
@pytest.mark.parametrize("key", DEMO)
def test_a_loaded_checkpoint_weighs_what_was_predicted(key: str, precision: Precision) -> None:
    spec = DEMO[key].model_copy(update={"precision": precision})
    folder = Path(spec.model)
    with ONE_LOAD_AT_A_TIME:
        model = load_model(spec, folder, read_config(spec, folder), "cpu")

    predicted = predicted_weights_bytes(inventory(spec), precision)

    assert predicted == pytest.approx(count_weights_bytes(model), rel=0.002)
    assert predicted == pytest.approx(estimated_weights_bytes(folder, precision), rel=0.02)
    assert inventory(spec).parameters == count_parameters(folder)


def test_a_mixture_of_experts_keeps_its_experts_unless_stored_as_fp8(tmp_path: Path) -> None:
    made = inventory(ModelSpec(key="moe", label="M", model=str(save_moe(tmp_path))))
    experts = sum(tensor.values for tensor in made.tensors if tensor.kind == "experts")

    assert experts > 0
    assert predicted_weights_bytes(made, "nf4") > 2 * experts
    assert predicted_weights_bytes(made, "bf16") - predicted_weights_bytes(made, "fp8") > 0.9 * experts


def test_a_checkpoint_comes_before_the_cache_and_the_cache_before_what_is_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = REAL["4B"]
    assert find_config(spec) == CONFIGS / "Qwen3-VL-4B-Instruct"
    assert find_config(spec.model_copy(update={"model": spec.model + "-FP8"})) == CONFIGS / "Qwen3-VL-4B-Instruct"
    (tmp_path / "config.json").write_text("{}", "utf-8")
    monkeypatch.setattr("comparer.cost.weights.cached_snapshot", lambda _: tmp_path)
    assert find_config(spec) == tmp_path
    assert find_config(DEMO["small"]) == Path(DEMO["small"].model)


@pytest.mark.parametrize("change", [{"model": "someone/else"}, {"engine": "scripted"}])
def test_a_model_without_a_configuration_has_none(change: dict[str, str]) -> None:
    assert find_config(REAL["4B"].model_copy(update=change)) is None


@pytest.mark.parametrize("source", ["{", '{"model_type": "nothing_known"}', '{"model_type": "bert"}'])
def test_a_configuration_that_cannot_be_used_is_named(tmp_path: Path, source: str) -> None:
    (tmp_path / "config.json").write_text(source, "utf-8")
    spec = ModelSpec(key="m", label="My model", model=str(tmp_path))

    with pytest.raises(LoadError) as caught:
        take_inventory(spec, tmp_path)

    assert caught.value.code == "weights_broken"
    assert "My model" in caught.value.sentence("zh") and str(tmp_path) in str(caught.value)


def test_a_configuration_is_built_once_however_it_is_named(tmp_path: Path) -> None:
    source = Path(DEMO["small"].model) / "config.json"
    (tmp_path / "config.json").write_bytes(source.read_bytes())

    assert take_inventory(DEMO["small"], tmp_path) is inventory(DEMO["small"])
