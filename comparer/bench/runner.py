"""Goes through the plan: one model after another, and whatever happens to one, the others are measured."""

from collections.abc import Callable, Sequence
from time import monotonic

from comparer.bench.building import Config, read_config, shrink, unfit
from comparer.bench.measurements import Measurement
from comparer.bench.notebook import Notebook
from comparer.bench.plan import Sizes, Task, pairs, tasks_of
from comparer.bench.subject import Subject, blank
from comparer.torch_memory import release_cached_memory


class Run:
    """One call of the program. `until_s` is a time of `monotonic()`, after which nothing more is begun."""

    def __init__(
        self,
        notebook: Notebook,
        *,
        sizes: Sizes,
        repeats: int,
        device: str,
        until_s: float,
        say: Callable[[Measurement], None],
    ) -> None:
        self._notebook = notebook
        self._sizes = sizes
        self._repeats = repeats
        self._device = device
        self._until_s = until_s
        self._say = say
        self._failed = 0

    def all(self, models: Sequence[str], precisions: Sequence[str]) -> int:
        """Measure everything that is not settled yet; returns how much failed."""
        for model, precision in pairs(models, precisions):
            tasks = [task for task in tasks_of(model, precision, self._sizes) if not self._notebook.settled(task.id)]
            if not tasks:
                continue
            config = read_config(model)
            why = unfit(config, precision)
            if why is None:
                self._measure(shrink(config) if self._notebook.measurements.shrunk else config, tasks)
            else:
                self._note(blank(Task(model, precision, "build"), status="not_measured", **why._asdict()))
        return self._failed

    def _measure(self, config: Config, tasks: Sequence[Task]) -> None:
        """Build one model, do its `tasks`, release it."""
        if self._over():
            self._skip(tasks, "budget")
            return
        build = Task(tasks[0].model, tasks[0].precision, "build")
        subject = self._build(config, build)
        if subject is None:
            self._skip([task for task in tasks if task != build], "build_failed")
            return
        if build in tasks:
            self._note(subject.built)
        for task in tasks:
            if task.kind in ("build", "release"):
                continue
            if self._over():
                self._skip([task], "budget")
            else:
                self._note(self._figure(subject, task))
        self._note(subject.release(Task(build.model, build.precision, "release")))

    def _build(self, config: Config, build: Task) -> Subject | None:
        try:
            return Subject(config, build, self._device, self._notebook.measurements.peak)
        except Exception as error:  # noqa: BLE001 - whatever a library raises, the other models are measured
            failed = _failed(build, error)
        self._note(failed)
        release_cached_memory()  # outside the handler: its error would keep the half-built model alive
        return None

    def _figure(self, subject: Subject, task: Task) -> Measurement:
        try:
            return subject.measure(task, self._repeats)
        except Exception as error:  # noqa: BLE001 - as above
            failed = _failed(task, error)
        release_cached_memory()
        return failed

    def _skip(self, tasks: Sequence[Task], reason: str) -> None:
        for task in tasks:
            self._note(blank(task, status="skipped", reason=reason))

    def _note(self, one: Measurement) -> None:
        self._failed += one.status == "failed"
        self._notebook.add(one)
        self._say(one)

    def _over(self) -> bool:
        return monotonic() >= self._until_s


def _failed(task: Task, error: Exception) -> Measurement:
    problem = f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
    return blank(task, status="failed", reason="failed", detail=problem)
