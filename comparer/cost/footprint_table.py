"""Predicted memory as a table for a terminal."""

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from comparer.cost.fits import Fit, ModelMemory, fit
from comparer.cost.prices import Gpu
from comparer.cost.wording import sentence
from comparer.engines.memory import GIB, readable_size
from comparer.texts import Language, text


def footprint_table(model: ModelMemory, gpus: Sequence[Gpu], language: Language) -> Table:
    """One model: its precisions by cards, with the GiB that are left on each card, or lacking."""
    table = Table(title=escape(model.label), title_justify="left", caption_justify="left", caption_style="")
    for part in ("precision", "weights", "cache", "working", "total"):
        table.add_column(text(f"cost.column_{part}", language), justify="left" if part == "precision" else "right")
    for gpu in gpus:
        table.add_column(escape(gpu.key), justify="right")
    for precision, needs in model.predictions.items():
        parts = (needs.weights_bytes, needs.kv_cache_bytes, needs.working_bytes, needs.total_bytes)
        rooms = (_room(fit(model, precision, gpu), language) for gpu in gpus)
        table.add_row(precision, *(readable_size(part) for part in parts), *rooms)
    notes = [model.unknown] if model.unknown else [sentence("cost.caption_room"), *model.refusals.values()]
    table.caption = "\n".join(dict.fromkeys(escape(note.say(language)) for note in notes))
    return table


def _room(one: Fit, language: Language) -> str:
    if one.verdict == "refused":
        return text("cost.refused", language)
    return f"{one.room_bytes / GIB:+.1f}".replace("-", "−")
