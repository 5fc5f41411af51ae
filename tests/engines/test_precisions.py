"""One model at several precisions, the shrunken real classes, and what is refused before loading."""

import threading
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig

from comparer.engines import Engine
from comparer.engines.checkpoint import count_parameters, estimated_weights_bytes
from comparer.engines.loading import load_arguments, read_config, refuse_unfit_precision, resolve_device
from comparer.engines.transformers_engine import TransformersEngine
from comparer.errors import EngineError, LoadError
from comparer.lineup import read_lineup
from comparer.records import Turn

from .asking import ask, collect, conversation
from .checkpoints import save_dense, save_llava, save_moe
from .conftest import DrawPicture, spec_of


def test_three_precisions_answer_with_three_weight_sizes(precisions: dict[str, Engine], draw: DrawPicture) -> None:
    sizes = {}
    for precision, engine in precisions.items():
        reply = ask(engine, "What is in the picture?", draw())
        assert reply.finished.stop_reason in ("stop", "length")
        assert reply.metrics.peak_memory_bytes
        footprint = engine.footprint()
        assert footprint is not None
        assert footprint.precision == precision
        assert footprint.weights_bytes == reply.finished.weights_bytes
        sizes[precision] = footprint.weights_bytes

    assert sizes["nf4"] < sizes["int8"] < sizes["fp32"]
    footprints = [engine.footprint() for engine in precisions.values()]
    assert len({footprint.parameters for footprint in footprints if footprint}) == 1


@pytest.mark.parametrize("precision", ["fp32", "int8", "nf4"])
def test_the_predicted_weight_size_is_the_real_one(precisions: dict[str, Engine], precision: str) -> None:
    engine = precisions[precision]
    footprint = engine.footprint()
    assert footprint is not None

    predicted = estimated_weights_bytes(Path(engine.spec.model), engine.spec.precision)

    assert predicted == pytest.approx(footprint.weights_bytes, rel=0.02)


def test_vision_tower_and_head_stay_unquantised(precisions: dict[str, Engine]) -> None:
    for precision in ("int8", "nf4"):
        engine = precisions[precision]
        assert isinstance(engine, TransformersEngine) and engine._resident is not None
        model = engine._resident.model
        quantised = [
            name
            for name, module in model.named_modules()
            if type(module).__name__.startswith("Linear") and type(module) is not torch.nn.Linear
        ]
        assert quantised
        assert all(name.startswith("model.language_model.layers.") for name in quantised)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16", "int8", "nf4"])
def test_the_dense_class_loads_and_answers(dense_folder: Path, draw: DrawPicture, precision: str) -> None:
    engine = TransformersEngine(spec_of(dense_folder, precision))

    reply = ask(engine, "What?", draw())

    assert reply.finished.stop_reason in ("stop", "length")
    assert engine._resident is not None
    assert type(engine._resident.model).__name__ == "Qwen3VLForConditionalGeneration"
    engine.close()


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_mixture_of_experts_class_loads_and_answers(moe_folder: Path, draw: DrawPicture, precision: str) -> None:
    engine = TransformersEngine(spec_of(moe_folder, precision))

    reply = ask(engine, "What?", draw())

    assert reply.finished.stop_reason in ("stop", "length")
    assert reply.started.image_tokens > 0
    assert engine._resident is not None
    assert type(engine._resident.model).__name__ == "Qwen3VLMoeForConditionalGeneration"
    assert engine._resident.parameters == count_parameters(moe_folder)
    engine.close()


def test_another_family_loads_and_answers(tmp_path: Path, draw: DrawPicture) -> None:
    engine = TransformersEngine(spec_of(save_llava(tmp_path)))
    turns = [Turn("word " * 30, (draw("red", (300, 100)),), "yes") for _ in range(4)] + [Turn("And?")]

    reply = collect(engine.stream(conversation(turns)))

    assert reply.finished.stop_reason in ("stop", "length")
    assert reply.started.dropped_turns > 0
    assert reply.started.image_tokens % 16 == 0 and reply.started.image_tokens > 0  # (56 / 14)^2 each
    engine.close()


def test_models_that_load_at_once_keep_their_own_precision(dense_folder: Path, draw: DrawPicture) -> None:
    engines = [TransformersEngine(spec_of(dense_folder, precision)) for precision in ("fp32", "bf16") * 3]
    threads = [threading.Thread(target=engine.load) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for engine, dtype in zip(engines, (torch.float32, torch.bfloat16) * 3, strict=True):
        assert engine._resident is not None
        assert {parameter.dtype for parameter in engine._resident.model.parameters()} == {dtype}
        engine.close()


def refusal(folder: Path, precision: str, device: str = "cpu") -> LoadError:
    spec = spec_of(folder, precision)
    with pytest.raises(LoadError) as caught:
        refuse_unfit_precision(spec, read_config(spec, folder), device)
    assert "Model M" in str(caught.value) and precision in str(caught.value)
    assert "Model M" in caught.value.sentence("zh")
    return caught.value


@pytest.mark.parametrize("precision", ["int8", "nf4"])
def test_experts_are_refused_before_a_weight_is_read(
    moe_folder: Path, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("the weights were read")

    monkeypatch.setattr("comparer.engines.transformers_engine.load_model", never)
    engine = TransformersEngine(spec_of(moe_folder, precision))

    with pytest.raises(EngineError) as caught:
        engine.load()

    assert caught.value.code == "precision_unsupported_experts"
    assert "FP8" in str(caught.value) and "bf16" in str(caught.value)
    engine.close()


def test_nf4_on_a_cpu_refuses_widths_the_kernel_cannot_take(tmp_path: Path) -> None:
    error = refusal(save_dense(tmp_path, width=96), "nf4")

    assert error.code == "precision_unsupported_width"
    assert error.parameters["width"] == 96


def test_nf4_on_a_card_takes_any_width(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = save_dense(tmp_path, width=96)
    monkeypatch.setattr("comparer.engines.loading._has_card", lambda _: True)

    refuse_unfit_precision(spec_of(folder, "nf4"), read_config(spec_of(folder), folder), "cuda:0")


def test_fp8_needs_a_checkpoint_stored_so_and_a_card(dense_folder: Path, tmp_path: Path) -> None:
    assert refusal(dense_folder, "fp8").code == "precision_unsupported_not_fp8"

    config = AutoConfig.from_pretrained(save_dense(tmp_path))
    config.quantization_config = {"quant_method": "fp8"}
    config.save_pretrained(tmp_path)
    assert refusal(tmp_path, "fp8").code == "precision_unsupported_without_card"
    assert refusal(tmp_path, "bf16").code == "precision_unsupported_stored"
    assert refusal(tmp_path, "nf4").code == "precision_unsupported_stored"


def test_a_card_that_is_not_there_is_named(dense_folder: Path) -> None:
    spec = spec_of(dense_folder)

    with pytest.raises(LoadError) as caught:
        refuse_unfit_precision(spec, read_config(spec, dense_folder), "cuda:7")

    assert caught.value.code == "device_missing"
    assert "cuda:7" in caught.value.sentence("en") and "cuda:7" in caught.value.sentence("zh")


@pytest.mark.parametrize("key", ["30B-A3B"])
def test_the_real_30b_is_refused_by_its_class(tmp_path: Path, key: str) -> None:
    """The shipped lineup asks for bf16 there; a user's own line with nf4 gets the reason."""
    spec = next(model for model in read_lineup("qwen3-vl").models if model.key == key)
    assert spec.precision == "bf16"
    folder = save_moe(tmp_path)

    with pytest.raises(LoadError):
        refuse_unfit_precision(spec.model_copy(update={"precision": "nf4"}), read_config(spec, folder), "cpu")


def test_quantised_loading_says_what_to_leave_out() -> None:
    for precision in ("int8", "nf4"):
        arguments = load_arguments(precision, "cpu")  # type: ignore[arg-type]
        assert arguments["device_map"] == {"": "cpu"}
        assert arguments["dtype"] == torch.bfloat16
        assert {"lm_head", "model.visual"} <= set(arguments["quantization_config"].llm_int8_skip_modules)
    nf4 = load_arguments("nf4", "cpu")["quantization_config"]
    assert nf4.bnb_4bit_use_double_quant
    assert nf4.bnb_4bit_compute_dtype == torch.bfloat16


def test_a_card_without_bf16_computes_in_fp16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: False)

    arguments = load_arguments("nf4", "cuda:0")

    assert arguments["dtype"] == torch.float16
    assert arguments["quantization_config"].bnb_4bit_compute_dtype == torch.float16


def test_devices_are_resolved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto") == "cuda:0"
    assert resolve_device("cuda") == "cuda:0"
    assert resolve_device("cuda:1") == "cuda:1"
    assert resolve_device("cpu") == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == "cpu"
