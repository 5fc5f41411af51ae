"""Models of their real size with random weights, built where they are used from their configuration alone.

Needs torch and transformers, and bitsandbytes for int8 and nf4.
"""

import json
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any, NamedTuple, cast

from comparer.bench.plan import MODELS
from comparer.bench.roofline import Workload
from comparer.paths import ASSETS
from comparer.quantisation import quantisation_config
from comparer.records import Precision
from comparer.torch_memory import scale_bytes

Config = dict[str, Any]


def read_config(model: str) -> Config:
    """The published configuration of a model of `MODELS`."""
    folder = MODELS[model].rpartition("/")[2]
    config: Config = json.loads((ASSETS / "configs" / folder / "config.json").read_text("utf-8"))
    return config


def shrink(config: Config) -> Config:
    """The same architecture at the size of a toy: what runs is the same code, what it measures means nothing."""
    text = config["text_config"] | {
        "vocab_size": 1024,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 32,
        "rope_scaling": config["text_config"]["rope_scaling"] | {"mrope_section": [6, 5, 5]},
    }
    if "num_experts" in text:
        text |= {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 64}
    vision = config["vision_config"] | {
        "depth": 3,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_heads": 2,
        "out_hidden_size": 64,
        "deepstack_visual_indexes": [0, 1],
    }
    marks = ("vision_start_token_id", "vision_end_token_id", "image_token_id", "video_token_id")
    return config | {"text_config": text, "vision_config": vision} | {mark: 1000 + n for n, mark in enumerate(marks)}


class Unfit(NamedTuple):
    """Why a model is not measured in a precision: a reason's code and what goes with it."""

    reason: str
    detail: str = ""


def unfit(config: Config, precision: str) -> Unfit | None:
    """Why the model cannot be had in `precision` here; None when it can."""
    if precision == "fp8":
        return Unfit("fp8_kernels")
    if precision in ("int8", "nf4"):
        if config["text_config"].get("num_experts"):
            return Unfit("experts_fused")
        if find_spec("bitsandbytes") is None:
            return Unfit("bitsandbytes_missing")
    return None


def build(config: Config, precision: str, device: str) -> Any:
    """A model of `config` on `device`, ready to generate; its weights are drawn there, as transformers draws them.

    Nothing passes through the host's memory. Quantised models are drawn in bf16 and quantised on the device.
    """
    import torch
    from transformers import CONFIG_MAPPING, AutoModelForImageTextToText, GenerationConfig

    settings = CONFIG_MAPPING[config["model_type"]].from_dict(config)
    torch.manual_seed(0)
    with torch.device(device):
        model = AutoModelForImageTextToText.from_config(settings, dtype=torch.bfloat16)
    if precision != "bf16":
        model = _quantise(model, cast("Precision", precision), device)
    # No end token, so that a model that talks at random never stops early.
    model.generation_config = GenerationConfig(pad_token_id=0)
    return model.eval()


def _quantise(model: Any, precision: Precision, device: str) -> Any:
    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()
    return type(model).from_pretrained(
        None,
        config=model.config,
        state_dict=model.state_dict(),
        dtype=torch.bfloat16,
        device_map={"": device},
        quantization_config=quantisation_config(precision, torch.bfloat16),
    )


def weights_bytes(model: Any) -> int:
    """What the parameters occupy, scales of quantised ones included."""
    return sum(parameter.nbytes + scale_bytes(parameter) for parameter in model.parameters())


def parameter_counts(config: Config) -> dict[str, int]:
    """Parameters by part of the model ("layers", "experts", "head", "embedding", "vision", "merger").

    Counted on torch's meta device, where nothing has a size in memory. A tied head is the embedding.
    """
    import torch
    from transformers import CONFIG_MAPPING, AutoModelForImageTextToText

    with torch.device("meta"):
        model = AutoModelForImageTextToText.from_config(CONFIG_MAPPING[config["model_type"]].from_dict(config))
    return _by_part((name, parameter.numel()) for name, parameter in model.named_parameters())


def workload(config: Config, counts: dict[str, int], model: Any) -> Workload:
    """What the loaded `model` of `config` must read and compute; `counts` as `parameter_counts` gives them."""
    sizes = _by_part(
        (name, parameter.nbytes + scale_bytes(parameter)) for name, parameter in model.named_parameters()
    )
    head = "head" if counts["head"] else "embedding"
    text, vision = config["text_config"], config["vision_config"]
    return Workload(
        layer_bytes=sizes["layers"] + sizes[head],
        expert_bytes=sizes["experts"],
        layer_parameters=counts["layers"],
        expert_parameters=counts["experts"],
        head_parameters=counts[head],
        vision_parameters=counts["vision"],
        merger_parameters=counts["merger"],
        experts=text.get("num_experts", 0),
        experts_per_token=text.get("num_experts_per_tok", 0),
        text_layers=text["num_hidden_layers"],
        attention_width=text["num_attention_heads"] * text["head_dim"],
        vision_layers=vision["depth"],
        vision_width=vision["hidden_size"],
        patches_per_image_token=vision["spatial_merge_size"] ** 2,
        cache_bytes_per_token=2 * 2 * text["num_hidden_layers"] * text["num_key_value_heads"] * text["head_dim"],
    )


def _by_part(amounts: Iterable[tuple[str, int]]) -> dict[str, int]:
    total = dict.fromkeys(("layers", "experts", "head", "embedding", "vision", "merger", "positions"), 0)
    for name, amount in amounts:
        total[_part(name)] += amount
    return total


def _part(name: str) -> str:
    if "visual." in name:
        if "merger" in name:
            return "merger"
        return "positions" if "pos_embed" in name else "vision"
    if "embed_tokens" in name:
        return "embedding"
    if name.startswith("lm_head"):
        return "head"
    return "experts" if ".experts." in name else "layers"
