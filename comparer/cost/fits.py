"""Which card holds which model at which precision: it fits with so much room, or not, and then what would.

Knows predictions and cards; nothing of what a card costs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Literal

from comparer.cost.footprint import DEFAULT_WORKLOAD, MemoryPrediction, Workload, predict_memory
from comparer.cost.prices import Gpu
from comparer.cost.weights import find_config, take_inventory
from comparer.cost.wording import Amount, Part, Sentence, exact, sentence, told_by
from comparer.engines.loading import refuse_to_quantise_experts
from comparer.errors import LoadError
from comparer.lineup import ModelSpec
from comparer.records import Precision

PREDICTED: tuple[Precision, ...] = ("bf16", "fp8", "int8", "nf4")
"""What is predicted beside a model's own precision."""
FP8_CAPABILITY = Decimal("8.9")
"""The least compute capability that transformers takes for FP8 checkpoints (its fine-grained FP8 quantizer)."""


@dataclass(frozen=True, slots=True)
class ModelMemory:
    """A model's predictions; none where its architecture is unknown, and then `unknown` says why."""

    model: str
    """Its key in the lineup."""
    label: str
    parameters: int | None
    workload: Workload
    """What was asked, with no longer conversations than the model takes."""
    predictions: Mapping[Precision, MemoryPrediction]
    refusals: Mapping[Precision, Sentence]
    """Precisions that this program refuses for the model, with the reason; they are predicted all the same."""
    unknown: Sentence | None = None


Verdict = Literal["fits", "does_not_fit", "refused"]


@dataclass(frozen=True, slots=True)
class Fit:
    """One model at one precision on one card."""

    gpu: Gpu
    verdict: Verdict
    room_bytes: int
    """What would be left; negative when it does not fit."""
    says: Sentence
    other_precisions: tuple[Precision, ...]
    """Precisions at which the model fits this card, when it does not at this one."""
    other_gpus: tuple[Gpu, ...]
    """Cards that hold it at this precision, when this one does not."""

    @property
    def fits(self) -> bool:
        """Whether the model runs there."""
        return self.verdict == "fits"


def model_memory(spec: ModelSpec, workload: Workload = DEFAULT_WORKLOAD) -> ModelMemory:
    """What the model of `spec` needs at its own precision and at `PREDICTED`.

    A model behind an endpoint, or one whose configuration is not here, is unknown. Raises `LoadError` for a
    configuration that cannot be used.
    """
    folder = find_config(spec)
    if folder is None:
        known_elsewhere = spec.engine == "transformers"
        why = sentence("cost.memory_no_config" if known_elsewhere else "cost.memory_not_here", label=spec.label)
        return ModelMemory(spec.key, spec.label, None, workload, {}, {}, why)
    inventory = take_inventory(spec, folder)
    longest = getattr(inventory.config.get_text_config(), "max_position_embeddings", None)
    limits = [tokens for tokens in (workload.context_tokens, spec.context_tokens, longest) if tokens]
    workload = replace(workload, context_tokens=min(limits))
    refusals = {}
    for precision in _precisions(spec):
        try:
            refuse_to_quantise_experts(spec.model_copy(update={"precision": precision}), inventory.config)
        except LoadError as error:
            refusals[precision] = told_by(error)
    predictions = {precision: predict_memory(inventory, precision, workload) for precision in _precisions(spec)}
    return ModelMemory(spec.key, spec.label, inventory.parameters, workload, predictions, refusals)


def _precisions(spec: ModelSpec) -> tuple[Precision, ...]:
    """The model's own and `PREDICTED`; FP8 is another checkpoint, which a folder of one's own does not have."""
    elsewhere = () if Path(spec.model).is_dir() else ("fp8",)
    wanted = (spec.precision, *(one for one in PREDICTED if one != "fp8" or one in elsewhere))
    return tuple(dict.fromkeys(wanted))


def fit(model: ModelMemory, precision: Precision, gpu: Gpu, gpus: Sequence[Gpu] = ()) -> Fit:
    """Whether `gpu` holds the model at `precision`; `gpus` are the cards to look among for another one."""
    prediction = model.predictions[precision]
    room = gpu.memory_bytes - prediction.total_bytes
    refusal = _refusal(model, precision, gpu)
    if refusal is None and room >= 0:
        says = sentence("cost.fits", gpu=gpu.name, room=_size(room), needed=_size(prediction.total_bytes))
        return Fit(gpu, "fits", room, says, (), ())
    precisions = tuple(other for other in model.predictions if other != precision and _holds(gpu, model, other))
    cards = tuple(other for other in gpus if other.key != gpu.key and _holds(other, model, precision))
    if refusal is not None:
        return Fit(gpu, "refused", room, refusal, precisions, cards)
    return Fit(gpu, "does_not_fit", room, _lack(gpu, prediction, room, precisions, cards), precisions, cards)


def _holds(gpu: Gpu, model: ModelMemory, precision: Precision) -> bool:
    enough = model.predictions[precision].total_bytes <= gpu.memory_bytes
    return enough and _refusal(model, precision, gpu) is None


def _refusal(model: ModelMemory, precision: Precision, gpu: Gpu) -> Sentence | None:
    if precision in model.refusals:
        return model.refusals[precision]
    if precision == "fp8" and gpu.compute_capability is not None and gpu.compute_capability < FP8_CAPABILITY:
        return sentence("cost.fp8_needs_newer_card", gpu=gpu.name, least=str(FP8_CAPABILITY))
    return None


def _lack(
    gpu: Gpu, prediction: MemoryPrediction, room: int, precisions: tuple[Precision, ...], cards: tuple[Gpu, ...]
) -> Sentence:
    sizes: dict[str, Part] = {"gpu": gpu.name, "needed": _size(prediction.total_bytes), "lacking": _size(-room)}
    names = tuple(card.name for card in cards)
    if precisions and cards:
        return Sentence("cost.does_not_fit_both", {**sizes, "precisions": precisions, "cards": names})
    if precisions:
        return Sentence("cost.does_not_fit_precision", {**sizes, "precisions": precisions})
    if cards:
        return Sentence("cost.does_not_fit_card", {**sizes, "cards": names})
    return Sentence("cost.does_not_fit", sizes)


def _size(size_bytes: int) -> Amount:
    return Amount(exact(size_bytes), "bytes")
