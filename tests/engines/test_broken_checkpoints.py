"""Weights that are missing, cut off or incomplete are said so, and never replaced by random numbers."""

import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from comparer.engines.checkpoint import find_checkpoint, has_weights
from comparer.engines.transformers_engine import TransformersEngine
from comparer.errors import EngineError

from .conftest import spec_of


@pytest.fixture
def folder(dense_folder: Path, tmp_path: Path) -> Path:
    """A copy of the shrunken checkpoint, to be broken."""
    return Path(shutil.copytree(dense_folder, tmp_path / "checkpoint"))


def load_error(model: Path | str) -> EngineError:
    engine = TransformersEngine(spec_of(model))
    with pytest.raises(EngineError) as caught:
        engine.load()
    assert engine.state == "unloaded"
    engine.close()
    assert "Model M" in caught.value.sentence("en") and "Model M" in caught.value.sentence("zh")
    return caught.value


def test_a_hub_id_that_is_not_here_says_how_to_fetch_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr("socket.socket.connect", no_network)

    error = load_error("Qwen/Qwen3-VL-4B-Instruct")

    assert error.code == "weights_missing"
    assert "hf download Qwen/Qwen3-VL-4B-Instruct" in str(error)
    assert "hf download Qwen/Qwen3-VL-4B-Instruct" in error.sentence("zh")


@pytest.mark.parametrize("model", ["no/such/folder/anywhere", "models/none", "???"])
def test_a_folder_that_is_not_there_is_named(model: str) -> None:
    error = load_error(model)

    assert error.code == "weights_missing"
    assert model in str(error)


def test_a_snapshot_in_the_hub_cache_is_found(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "hub"
    snapshot = cache / "models--someone--tiny" / "snapshots" / "0123456789012345678901234567890123456789"
    snapshot.parent.mkdir(parents=True)
    shutil.copytree(folder, snapshot)
    (cache / "models--someone--tiny" / "refs").mkdir()
    (cache / "models--someone--tiny" / "refs" / "main").write_text(snapshot.name)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    import huggingface_hub._snapshot_download as module

    monkeypatch.setattr(module.constants, "HF_HUB_CACHE", str(cache))

    assert find_checkpoint(spec_of("someone/tiny")) == snapshot


def test_a_folder_without_weights_counts_as_missing(folder: Path) -> None:
    (folder / "model.safetensors").unlink()

    assert load_error(folder).code == "weights_missing"


def test_a_download_that_stopped_half_way_counts_as_missing(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))

    assert not has_weights(folder)
    assert load_error(folder).code == "weights_missing"


@pytest.mark.parametrize("length", [0, 5, 100, 4000, -1000])
def test_a_cut_off_file_is_said_to_be_broken(folder: Path, length: int) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:length])

    error = load_error(folder)

    assert error.code == "weights_broken"
    assert str(folder) in str(error)


def test_tensors_that_are_missing_are_not_made_up(folder: Path) -> None:
    weights = folder / "model.safetensors"
    tensors = load_file(weights)
    tensors.pop("model.language_model.layers.1.mlp.up_proj.weight")
    save_file(tensors, weights, metadata={"format": "pt"})

    error = load_error(folder)

    assert error.code == "weights_broken"
    assert "up_proj" in str(error)


def test_an_unknown_architecture_is_said_to_be_broken(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "from_the_future"}))

    assert load_error(folder).code == "weights_broken"


def test_a_configuration_that_is_no_json_is_said_to_be_broken(folder: Path) -> None:
    (folder / "config.json").write_text("{")

    assert load_error(folder).code == "weights_broken"


def test_a_checkpoint_without_a_tokenizer_is_said_to_be_broken(folder: Path) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()

    assert load_error(folder).code == "weights_broken"
