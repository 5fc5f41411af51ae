"""How fast a card could be at best: the roofline of a decoding step and of a prefill.

A step cannot take less than reading its bytes at full bandwidth, nor less than computing its operations at full rate
(Williams, Waterman and Patterson, "Roofline", Communications of the ACM 52(4), 2009). Plain arithmetic, no torch.
"""

from dataclasses import dataclass
from typing import NamedTuple


class Card(NamedTuple):
    """A card's peak figures by its maker's data sheet: bytes a second, dense 16-bit floating operations a second."""

    bandwidth_bytes_per_s: float
    flops_per_s: float
    source: str


_CARDS = (
    ("H200 NVL", Card(4.8e12, 835e12, "NVIDIA H200 data sheet, NVL")),
    ("H200", Card(4.8e12, 989e12, "NVIDIA H200 data sheet, SXM")),
    ("H100 PCIe", Card(2.0e12, 756e12, "NVIDIA H100 data sheet, PCIe")),
    ("H100 80GB HBM3", Card(3.35e12, 989e12, "NVIDIA H100 data sheet, SXM")),
    ("A100-SXM4-80GB", Card(2.039e12, 312e12, "NVIDIA A100 data sheet, 80 GB SXM")),
    ("A100 80GB PCIe", Card(1.935e12, 312e12, "NVIDIA A100 data sheet, 80 GB PCIe")),
    ("A10G", Card(600e9, 70e12, "NVIDIA A10G data sheet")),
    ("L40S", Card(864e9, 362e12, "NVIDIA L40S data sheet")),
    ("L4", Card(300e9, 121e12, "NVIDIA L4 data sheet, dense")),
    ("T4", Card(320e9, 65e12, "NVIDIA T4 data sheet, fp16")),
)


def find_card(name: str) -> Card | None:
    """The peak figures of a card by the name its driver gives it; None for an unknown one and for a MIG slice."""
    if "MIG" in name.split():
        return None
    words = f"{name} "
    return next((card for part, card in _CARDS if f" {part} " in words), None)


@dataclass(frozen=True, slots=True)
class Workload:
    """What a model must read and compute. Bytes are those of the precision it is in."""

    layer_bytes: int
    """Weights that every token reads: attention, dense layers, routers, norms and the head."""
    expert_bytes: int
    """Weights of all experts together, 0 for a dense model."""
    layer_parameters: int
    """Parameters of the text layers without experts and head."""
    expert_parameters: int
    head_parameters: int
    vision_parameters: int
    """Parameters that every patch of a picture passes."""
    merger_parameters: int
    """Parameters that every image token passes (the merger and the deepstack mergers)."""
    experts: int
    experts_per_token: int
    text_layers: int
    attention_width: int
    """Heads times width of a head, of the text layers."""
    vision_layers: int
    vision_width: int
    patches_per_image_token: int
    cache_bytes_per_token: int
    """Keys and values of one token in all layers."""

    def expert_share(self, tokens: int) -> float:
        """The expected share of the experts that `tokens` tokens use, each choosing its own evenly at random."""
        if not self.experts:
            return 0.0
        return float(1 - (1 - self.experts_per_token / self.experts) ** tokens)

    def decode_bytes(self, batch: int, context: int) -> float:
        """Bytes read for one more token of each of `batch` conversations of `context` tokens."""
        experts = self.expert_bytes * self.expert_share(batch)
        return self.layer_bytes + experts + batch * context * self.cache_bytes_per_token

    def decode_flops(self, batch: int, context: int) -> float:
        """Operations for one more token of each of `batch` conversations of `context` tokens."""
        attention = 4 * context * self.attention_width * self.text_layers
        return batch * (2 * (self._parameters_per_token + self.head_parameters) + attention)

    def prefill_flops(self, input_tokens: int, image_tokens: int) -> float:
        """Operations of reading one prompt: two a parameter and token, and attention (causal in the text only)."""
        patches = image_tokens * self.patches_per_image_token
        text = 2 * self._parameters_per_token * input_tokens + 2 * self.head_parameters
        text += 2 * input_tokens**2 * self.attention_width * self.text_layers
        vision = 2 * (self.vision_parameters * patches + self.merger_parameters * image_tokens)
        vision += 4 * patches**2 * self.vision_width * self.vision_layers
        return text + vision

    def prefill_bytes(self, input_tokens: int) -> float:
        """Weights of the text layers read once for a prompt."""
        return self.layer_bytes + self.expert_bytes * self.expert_share(input_tokens)

    @property
    def _parameters_per_token(self) -> float:
        share = self.experts_per_token / self.experts if self.experts else 0.0
        return self.layer_parameters + self.expert_parameters * share


def shortest_s(card: Card, read_bytes: float, flops: float) -> float:
    """The least time in which `card` reads and computes that much, both at once, in seconds."""
    return max(read_bytes / card.bandwidth_bytes_per_s, flops / card.flops_per_s)
