"""Which runs tell what quantisation does to a model: the same suite asked of the same weights at several precisions.

Picks runs; how they compare is for `suites.judged_reading`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from comparer.run_records import Run, RunRequest

EXACTNESS = ("fp32", "bf16", "fp16", "fp8", "int8", "nf4", "int4")
"""From the most exact to the least."""


@dataclass(frozen=True, slots=True)
class PrecisionRuns:
    """The newest runs of one suite that asked one model at several precisions, each with the model's key in it."""

    reference: str
    """The most exact precision among them."""
    sides: Mapping[str, tuple[Run, str]]
    """By precision, the reference's among them, the most exact first."""

    @property
    def others(self) -> tuple[str, ...]:
        """The precisions to hold against the reference."""
        return tuple(precision for precision in self.sides if precision != self.reference)


def precision_runs(runs: Sequence[Run], model_id: str) -> PrecisionRuns | None:
    """The runs to compare, `runs` being the newest first; None where no suite was asked at two precisions.

    Suites with the most precisions come first, then the newest. Answers drawn in another way are not compared.
    """
    asked: dict[tuple[object, ...], dict[str, tuple[Run, str]]] = {}
    for run in runs:
        for model in run.request.models:
            if model.model_id == model_id and run.answers and model.precision in EXACTNESS:
                asked.setdefault(_as_asked(run.request), {}).setdefault(model.precision, (run, model.key))
    several = [found for found in asked.values() if len(found) > 1]
    if not several:
        return None
    most = max(several, key=len)  # the first of them, which is the newest
    order = sorted(most, key=EXACTNESS.index)
    return PrecisionRuns(order[0], {precision: most[precision] for precision in order})


def _as_asked(request: RunRequest) -> tuple[object, ...]:
    return request.suite, request.repeats, request.sampling
