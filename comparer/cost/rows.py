"""What the cost part says, as plain rows for JSON, CSV and tables: None is unknown."""

from collections.abc import Iterator, Sequence
from typing import Any

from comparer.cost.fits import ModelMemory, fit
from comparer.cost.footprint import MemoryPrediction
from comparer.cost.prices import Gpu, PriceTable
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


def _written(price: object) -> str | None:
    return None if price is None else str(price)
