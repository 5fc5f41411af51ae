"""What can be done about an answer for which memory ran out. Pure; knows nothing of Gradio."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Literal

from comparer.dialogue import Column
from comparer.engines import Engine
from comparer.engines.residency import Residency
from comparer.lineup import ModelSpec, read_lineup, shipped_lineups
from comparer.records import Picture, Precision, Sampling
from comparer.texts import Language, text

Remedy = Literal["release", "unpin", "smaller", "shorter"]
REMEDIES: tuple[Remedy, ...] = ("release", "unpin", "smaller", "shorter")

LEAST_IMAGE_TOKENS = 64
LEAST_NEW_TOKENS = 32
PIXELS_A_TOKEN = 32 * 32
FROM_THE_LARGEST: tuple[Precision, ...] = ("fp32", "bf16", "fp16", "fp8", "int8", "nf4")


def ran_out(column: Column) -> bool:
    """Whether memory ran out for the column's answer, or for its model before it."""
    return column.failure is not None and column.failure.code.startswith("out_of_memory")


def remedies(column: Column, engine: Engine, neighbours: Iterable[Engine], residency: Residency) -> set[Remedy]:
    """What may help the column; `neighbours` are all engines of this program.

    Pictures and text count only once the model is there: what is loaded is the same whatever is asked.
    """
    if not ran_out(column) or column.failure is None:
        return set()
    beside = [one for one in neighbours if one is not engine and one.state == "ready" and one.holds_memory]
    pinned = [one for one in beside if one.device == engine.device and residency.stay(one).pinned]
    found: set[Remedy] = set()
    if len(pinned) < sum(one.device == engine.device for one in beside):
        found.add("release")
    if pinned:
        found.add("unpin")
    if column.failure.parameters.get("during", "prefill") != "load":
        if column.sampling.max_image_tokens > LEAST_IMAGE_TOKENS:
            found.add("smaller")
        if column.sampling.max_new_tokens > LEAST_NEW_TOKENS:
            found.add("shorter")
    return found


def with_smaller_pictures(sampling: Sampling, pictures: Sequence[Picture]) -> Sampling:
    """Half of what the largest picture takes now, and so a budget that does make it smaller."""
    taken = max((picture.width * picture.height // PIXELS_A_TOKEN for picture in pictures), default=0)
    budget = min(sampling.max_image_tokens, taken or sampling.max_image_tokens) // 2
    return replace(sampling, max_image_tokens=max(LEAST_IMAGE_TOKENS, budget))


def with_shorter_answer(sampling: Sampling) -> Sampling:
    """Half the new tokens."""
    return replace(sampling, max_new_tokens=max(LEAST_NEW_TOKENS, sampling.max_new_tokens // 2))


def fewer_turns(turns: int) -> int:
    """How many of a conversation's turns to go on with: the newer half."""
    return max(1, (turns + 1) // 2 if turns > 2 else 1)


def lower_precision_advice(spec: ModelSpec, column: Column, language: Language) -> str:
    """How to start with the model at a lower precision, where a lineup with one ships; empty where none does."""
    if not ran_out(column):
        return ""
    found = _lineup_with_lower_precision(spec.model, spec.precision)
    if not found:
        return ""
    return text("remedy.precision", language, precision=found[1], command=f"python app.py --lineup {found[0]}")


@cache
def _lineup_with_lower_precision(model: str, precision: Precision) -> tuple[str, Precision] | None:
    """A shipped lineup that runs the same weights here at the next lower precision, and that precision."""
    found: list[tuple[int, str, Precision]] = []
    for name in shipped_lineups():
        for other in read_lineup(name).models:
            lower = _rank(other.precision) - _rank(precision)
            if other.engine == "transformers" and other.model == model and lower > 0:
                found.append((lower, name, other.precision))
    return min(found)[1:] if found else None


def _rank(precision: Precision) -> int:
    return FROM_THE_LARGEST.index(precision) if precision in FROM_THE_LARGEST else len(FROM_THE_LARGEST)
