"""Suites, engines and runners for tests: answers of scripted engines are "word0 word1 …", as long as their script."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from PIL import Image

from comparer.comparison import Comparison
from comparer.engines import Engine
from comparer.engines.base import Emit
from comparer.engines.pool import EnginePool
from comparer.engines.scripted_engine import Script, ScriptedEngine
from comparer.lineup import Lineup
from comparer.records import Request
from comparer.run_records import Place, Run, RunState
from comparer.suites.cases import CaseTurn, Suite, SuiteCase, SuiteHead, SuiteItem
from comparer.suites.checks import Contains
from comparer.suites.runner import Runner
from comparer.suites.starting import Options
from comparer.suites.writing import write_suite
from storage import SqlStore
from tests.conftest import KEYS, scripted_lineup

QUICK = Script(ttft_s=0.001, tokens_per_s=10_000, tokens=3)
"""Says "word0 word1 word2"."""
CLEVER = Script(ttft_s=0.001, tokens_per_s=10_000, tokens=6)
SLOW = Script(ttft_s=0.05, tokens_per_s=20, tokens=3)
EASY, HARD = Contains(value="word1"), Contains(value="word5")


def a_suite(
    folder: Path, cases: int = 4, turns: int = 1, items: Sequence[str] = ("manual",), check: Contains | None = EASY
) -> Suite:
    """Written into `folder`; every question has `check`."""
    (folder / "pictures").mkdir(parents=True)
    Image.new("RGB", (32, 24), "red").save(folder / "pictures" / "red.png")
    head = SuiteHead(
        name="small", title_en="Small", title_zh="小", items=tuple(SuiteItem(key=item) for item in items)
    )
    made = tuple(
        SuiteCase(
            id=f"{item}-{number}",
            item=item,
            pictures=("pictures/red.png",),
            turns=tuple(CaseTurn(question=f"{item} {number}.{turn}?", check=check) for turn in range(turns)),
        )
        for item in items
        for number in range(cases)
    )
    suite = Suite(head, made, folder)
    write_suite(suite)
    return suite


class Recorder(ScriptedEngine):
    """Remembers what it was asked; `asked` counts also what was given up."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.requests: list[Request] = []

    def _answer(self, request: Request, cancel: threading.Event, emit: Emit) -> None:
        self.requests.append(request)
        super()._answer(request, cancel, emit)


class ScriptedPool(EnginePool):
    """Hands out engines that follow these scripts, whatever lineup is asked for."""

    def __init__(self, *scripts: Script) -> None:
        super().__init__()
        self.lineup = scripted_lineup(KEYS[: len(scripts)])
        self.engines = tuple(
            Recorder(spec, self._limits, script) for spec, script in zip(self.lineup.models, scripts, strict=True)
        )

    def of(self, lineup: Lineup) -> tuple[Engine, ...]:
        return self.engines


def a_runner(store: SqlStore, pool: ScriptedPool, lease_s: float = 30.0, only: str = "") -> Runner:
    return Runner(
        store.runs, store, Comparison(), pool, lambda _: pool.lineup, home=pool.lineup, lease_s=lease_s, only=only
    )


@contextmanager
def working(runner: Runner) -> Iterator[Runner]:
    runner.begin()
    try:
        yield runner
    finally:
        runner.close()


def until(store: SqlStore, run: str, *states: RunState, answers: int = 0, seconds: float = 30.0) -> Run:
    """The run once it is in one of the states (and has so many answers)."""
    end = monotonic() + seconds
    while (found := store.runs.run(run)).state not in states or found.answers < answers:
        assert monotonic() < end, found
        sleep(0.05)
    return found


def run_to_its_end(store: SqlStore, pool: ScriptedPool, suite: Suite, options: Options = Options()) -> Run:
    with working(a_runner(store, pool)) as runner:
        run = runner.start(suite, "scripted", options)
        return until(store, run, "finished", "failed", "waiting")


def all_places(suite: Suite, models: Sequence[str], repeats: int = 1) -> list[Place]:
    """Where a whole run has answers, sorted."""
    return sorted(
        Place(case.id, repeat, turn, model)
        for case in suite.cases
        for repeat in range(repeats)
        for turn in range(len(case.turns))
        for model in models
    )
