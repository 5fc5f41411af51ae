"""What the cost part says, as plain rows for JSON, CSV and tables: None is unknown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from comparer.cost.choice import Decision
from comparer.cost.estimate import Estimate
from comparer.cost.figure import Figure
from comparer.cost.fits import ModelMemory, fit
from comparer.cost.footprint import MemoryPrediction
from comparer.cost.prices import Gpu, PriceTable
from comparer.cost.sensitivity import Flip
from comparer.cost.wording import NO_LABELS
from comparer.records import Precision
from comparer.texts import Language

Value = str | int | float | bool | None


def footprint_json(models: Sequence[ModelMemory], gpus: Sequence[Gpu], language: Language = "en") -> dict[str, Any]:
    """All predictions as `comparer footprint --json` gives them; a model that is unknown has only a reason."""
    return {
        "models": {
            model.model: {
                precision: _prediction_json(model, precision, prediction, gpus, language)
                for precision, prediction in model.predictions.items()
            }
            for model in models
        },
        "unknown": {model.model: model.unknown.say(language) for model in models if model.unknown},
        "gpus": {gpu.key: {"name": gpu.name, "memory_bytes": gpu.memory_bytes} for gpu in gpus},
    }


def _prediction_json(
    model: ModelMemory, precision: Precision, prediction: MemoryPrediction, gpus: Sequence[Gpu], language: Language
) -> dict[str, Any]:
    fits = {gpu.key: fit(model, precision, gpu, gpus) for gpu in gpus}
    refusal = model.refusals.get(precision)
    return {
        "weights_bytes": prediction.weights_bytes,
        "kv_cache_bytes": prediction.kv_cache_bytes,
        "text_bytes": prediction.text_bytes,
        "vision_bytes": prediction.vision_bytes,
        "overhead_bytes": prediction.overhead_bytes,
        "total_bytes": prediction.total_bytes,
        "refused": refusal.say(language) if refusal else None,
        "fits": {key: one.fits for key, one in fits.items()},
        "says": {key: one.says.say(language) for key, one in fits.items()},
    }


def price_rows(prices: PriceTable) -> Iterator[dict[str, Value]]:
    """The price table, one row a card; prices as text, so that they stay exactly as they were written."""
    for gpu in prices.gpus:
        yield {
            "gpu": gpu.key,
            "name": gpu.name,
            "memory_gb": float(gpu.memory_gb),
            "usable_gib": round(float(gpu.usable_gib), 2),
            "currency": prices.currency,
            "on_demand_per_hour": _written(gpu.on_demand_per_hour),
            "reserved_per_hour": _written(gpu.reserved_per_hour),
            "source": gpu.source,
            "date": gpu.date,
        }


def estimate_rows(estimate: Estimate, language: Language) -> Iterator[dict[str, Value]]:
    """Every figure of an estimate: its value unrounded, how it is shown, and the formula with its inputs."""
    for name in ("requests_an_hour", "peak_an_hour", "cards", "busy", "cold"):
        yield _figure_row(name, getattr(estimate, name), language)
    for mode, cost in estimate.modes.items():
        for name in ("monthly", "per_thousand", "per_million_tokens"):
            yield _figure_row(f"{mode}_{name}", getattr(cost, name), language)


def _figure_row(name: str, figure: Figure, language: Language) -> dict[str, Value]:
    return {
        "figure": name,
        "value": None if figure.value is None else float(figure.value),
        "unit": figure.amount.unit,
        "shown": figure.shown(language),
        "formula": figure.explained(language),
        "missing": " ".join(figure.missing),
    }


def decision_rows(
    decision: Decision, language: Language, labels: Mapping[str, str] = NO_LABELS
) -> Iterator[dict[str, Value]]:
    """Every option that was weighed, in the order of the choice, with why it is not the chosen one."""
    for one in decision.judged:
        yield {
            "model": one.option.model,
            "precision": one.option.precision,
            "gpu": one.option.gpu,
            "standing": one.standing,
            "chosen": one is decision.chosen,
            "monthly": None if one.monthly is None else float(one.monthly),
            "rented": one.rent[0] if one.rent else None,
            "reasons": "\n".join(reason.say(language, labels) for reason in decision.why_not(one)),
        }


def decision_json(
    decision: Decision, flips: Sequence[Flip], language: Language, labels: Mapping[str, str] = NO_LABELS
) -> dict[str, Any]:
    """The whole decision for an export, with how far it is from another one."""
    return {
        "outcome": decision.outcome,
        "headline": decision.headline.say(language, labels),
        "needs": [need.say(language, labels) for need in decision.needs],
        "options": list(decision_rows(decision, language, labels)),
        "flips": [
            {
                "knob": flip.knob,
                "at": flip.at,
                "bound": flip.bound,
                "becomes": flip.becomes.say(language, labels) if flip.becomes else None,
            }
            for flip in flips
        ],
    }


def _written(price: object) -> str | None:
    return None if price is None else str(price)
