"""How much memory a model needs to answer, from its configuration and the work that is asked of it.

weights + KV cache + what is alive while it works (text or picture, whichever is more) + overhead. Weights are exact;
the rest is what transformers allocates in one forward pass, counted by watching its allocations in bf16 on shrunken
and whole Qwen3-VL classes (`tests/cost/test_footprint.py` counts again). A serving engine that reserves memory
beforehand takes what it was told to.
"""

from dataclasses import dataclass
from typing import Any

from comparer.cost.weights import Inventory, predicted_weights_bytes
from comparer.engines.loading import experts_a_layer, is_left_alone
from comparer.engines.memory import GIB, LOAD_MARGIN
from comparer.errors import InputError
from comparer.quantisation import UNQUANTISED_MODULES
from comparer.records import Precision, Sampling

PIXELS_A_TOKEN = 32 * 32
"""Of a picture, for Qwen3-VL; other families have their own patches, read from the configuration."""
RUNTIME_BYTES = int(0.6 * GIB)
"""An assumption: CUDA's context, kernels and cuBLAS workspaces, or Python and torch in the host's memory."""
FRAGMENTS = 0.1
"""An assumption: what the allocator holds and cannot use, as a share of cache and working memory."""
MOST_TOKENS = 1 << 20
MOST_AT_A_TIME = 1024
MOST_PIXELS = 1 << 28


@dataclass(frozen=True, slots=True)
class Workload:
    """What the model is asked to hold: a conversation with its answer, how many at a time, and pictures."""

    context_tokens: int = 8192
    concurrency: int = 1
    """Conversations held in the cache at the same time; each has `context_tokens`."""
    picture_pixels: int = Sampling().max_image_tokens * PIXELS_A_TOKEN
    """Of all pictures that are prepared at once."""

    def __post_init__(self) -> None:
        """Raises `InputError` for a number that no run can have."""
        if not 1 <= self.context_tokens <= MOST_TOKENS:
            raise InputError("context_unusable", value=self.context_tokens, most=MOST_TOKENS)
        if not 1 <= self.concurrency <= MOST_AT_A_TIME:
            raise InputError("concurrency_unusable", value=self.concurrency, most=MOST_AT_A_TIME)
        if not 0 <= self.picture_pixels <= MOST_PIXELS:
            raise InputError("pixels_unusable", value=self.picture_pixels, most=MOST_PIXELS)


DEFAULT_WORKLOAD = Workload()


@dataclass(frozen=True, slots=True)
class MemoryPrediction:
    """What a model needs at one precision, part by part, in bytes."""

    weights_bytes: int
    kv_cache_bytes: int
    text_bytes: int
    """Alive while one whole conversation is read (prefill)."""
    vision_bytes: int
    """Alive while its pictures are read."""
    overhead_bytes: int
    kv_bytes_a_token: int
    text_bytes_a_token: int

    @property
    def working_bytes(self) -> int:
        """Pictures are read before the text, so that the larger of the two counts."""
        return max(self.text_bytes, self.vision_bytes)

    @property
    def loading_bytes(self) -> int:
        """What this program wants to find free before it loads the model, and the runtime beside it."""
        return int(LOAD_MARGIN * self.weights_bytes) + RUNTIME_BYTES

    @property
    def total_bytes(self) -> int:
        """What a device must have: enough to load and enough to answer."""
        running = self.weights_bytes + self.kv_cache_bytes + self.working_bytes + self.overhead_bytes
        return max(running, self.loading_bytes)


def predict_memory(
    inventory: Inventory,
    precision: Precision,
    workload: Workload = DEFAULT_WORKLOAD,
    left_alone: tuple[str, ...] = UNQUANTISED_MODULES,
) -> MemoryPrediction:
    """The memory that the model of `inventory` needs for `workload`.

    `left_alone`: modules that int8, nf4 and fp8 do not shrink; by default those that this program leaves alone.
    """
    width = 4 if precision == "fp32" else 2
    text = inventory.config.get_text_config()
    kv_a_token = width * _cache_values_a_token(text)
    text_a_token = width * _text_values_a_token(text, precision)
    kv_cache = kv_a_token * workload.context_tokens * workload.concurrency
    prefill = text_a_token * workload.context_tokens + _unpacked_bytes(inventory, precision, left_alone)
    vision = width * _vision_values(getattr(inventory.config, "vision_config", None), workload.picture_pixels)
    return MemoryPrediction(
        weights_bytes=predicted_weights_bytes(inventory, precision, left_alone),
        kv_cache_bytes=kv_cache,
        text_bytes=prefill,
        vision_bytes=vision,
        overhead_bytes=RUNTIME_BYTES + int(FRAGMENTS * (kv_cache + max(prefill, vision))),
        kv_bytes_a_token=kv_a_token,
        text_bytes_a_token=text_a_token,
    )


def _cache_values_a_token(text: Any) -> int:
    """Keys and values of all layers."""
    kv_heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    return int(2 * text.num_hidden_layers * kv_heads * _head_width(text))


def _text_values_a_token(text: Any, precision: Precision) -> int:
    """Alive at the widest point of a layer, for each token that is read at once.

    Four hidden states (input, residual, two copies), then of a dense layer the gate's, the other branch's and their
    product; of a layer with experts four copies of the hidden state for each expert asked. Angles (sine, cosine) and
    positions come once. int8 adds its products in 32 bits before they are scaled (read in bitsandbytes, not watched).
    """
    hidden = int(text.hidden_size)
    if experts_a_layer(text):
        widest = 4 * hidden * int(text.num_experts_per_tok)
    else:
        widest = 3 * int(text.intermediate_size)
        if precision == "int8":
            widest += 2 * int(text.intermediate_size) + hidden // 2
    positions = 24
    return 4 * hidden + widest + 2 * _head_width(text) + positions


def _head_width(text: Any) -> int:
    return int(getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads)


def _vision_values(vision: Any, pixels: int) -> int:
    """Alive while pictures are read: their pixels (three colours, two frames) and 21 hidden states a patch.

    The widest point is the rotation of queries and keys, which is done in fp32.
    """
    if vision is None:
        return 0
    patch = int(vision.patch_size)
    patches = -(-pixels // patch**2)
    colours = int(getattr(vision, "in_channels", 3)) * int(getattr(vision, "temporal_patch_size", 1))
    return patches * (colours * patch**2 + 21 * int(vision.hidden_size) + 32)


def _unpacked_bytes(inventory: Inventory, precision: Precision, left_alone: tuple[str, ...]) -> int:
    """nf4 unpacks one matrix at a time into two bytes a value when several tokens are read."""
    if precision != "nf4":
        return 0
    shrunken = (
        tensor.values
        for tensor in inventory.tensors
        if tensor.kind == "matrix" and not is_left_alone(tensor.module, left_alone)
    )
    return 2 * max(shrunken, default=0)
