"""How far a run is and how long the rest may take. Pure: from the run and its answers."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from comparer.run_records import Run, RunAnswer


@dataclass(frozen=True, slots=True)
class ModelProgress:
    """One model's answers. `planned`: of a whole run; a staged one may need fewer."""

    model: str
    answers: int
    planned: int
    mean_s: float | None
    """Model-seconds of one answer, the mean of this run; None before the first one."""

    @property
    def seconds_left(self) -> float | None:
        """None where nothing has been measured yet."""
        left = self.planned - self.answers
        if not left:
            return 0.0
        return None if self.mean_s is None else left * self.mean_s


@dataclass(frozen=True, slots=True)
class RunProgress:
    """All models, smallest first."""

    models: tuple[ModelProgress, ...]
    at_most: bool
    """Whether the run may end sooner than its figures say: it is staged."""

    @property
    def seconds_left(self) -> float | None:
        """Model-seconds for the rest; None while some model has it all before it and has not been measured.

        By the mean and not the median, since the rest is a sum. Loading, and waiting for visitors, come on top.
        """
        seconds = [model.seconds_left for model in self.models]
        known = [each for each in seconds if each is not None]
        return sum(known) if len(known) == len(seconds) else None


def progress(run: Run, answers: Iterable[RunAnswer]) -> RunProgress:
    """How far `run` is by these `answers`, all of its own."""
    return progress_by_times(run, ((answer.place.model, answer.model_s) for answer in answers))


def progress_by_times(run: Run, times: Iterable[tuple[str, float]]) -> RunProgress:
    """The same from the model and the model-seconds of every answer."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for key, model_s in times:
        seconds[key].append(model_s)
    planned = run.planned // len(run.request.models)
    models = tuple(
        ModelProgress(model.key, len(found), planned, fmean(found) if found else None)
        for model in run.request.models
        for found in [seconds[model.key]]
    )
    return RunProgress(models, at_most=run.request.plan == "staged")
