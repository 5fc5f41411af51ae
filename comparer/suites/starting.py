"""A suite and a lineup -> a new run in the database: pictures normalised, items added, cases kept as they are now."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from comparer.engines import Engine
from comparer.errors import InputError
from comparer.lineup import Lineup
from comparer.pictures import normalise
from comparer.records import Picture, Sampling, TestItem
from comparer.run_records import Judge, RunCase, RunModel, RunPlan, RunRequest, RunTurn
from comparer.run_store import RunStore
from comparer.store import Store
from comparer.suites.cases import CaseTurn, Suite, SuiteCase, SuiteItem
from comparer.suites.problems import Problems
from comparer.suites.reading import CASES

PictureProgress = Callable[[int, int], None]
"""Hears how many of how many pictures are ready."""
MOST_REPEATS = 100
MOST_AT_A_TIME = 256


@dataclass(frozen=True, slots=True)
class Options:
    """How a suite is to be run; see `RunRequest`."""

    plan: RunPlan = "whole"
    judge: Judge = "checks"
    repeats: int = 1
    batch: int = 1
    sampling: Sampling = Sampling()
    reviewer: str = ""


def start(
    runs: RunStore,
    store: Store,
    suite: Suite,
    lineup: Lineup,
    engines: Sequence[Engine],
    options: Options = Options(),
    progress: PictureProgress = lambda _done, _of: None,
) -> str:
    """Keep a new run of `suite` on the lineup's `engines`, queued; returns its id.

    Items that the database lacks are added as the suite describes them. Raises `InputError` for options that make no
    sense and for an item that nobody has described, `SuiteError` with every picture that cannot be decoded.
    """
    check_options(suite, lineup, options)
    new = [item for item in items_of(suite, store) if item.key not in _known(store)]
    cases = _cases(suite, store, progress)
    for item in new:
        store.add_item(item)
    request = RunRequest(
        suite=suite.name,
        title_en=suite.head.title_en,
        title_zh=suite.head.title_zh,
        lineup=lineup.name,
        models=run_models(engines),
        plan=options.plan,
        judge=options.judge,
        repeats=options.repeats,
        batch=options.batch,
        sampling=options.sampling,
        reviewer=options.reviewer,
    )
    return runs.create(request, cases)


def run_models(engines: Iterable[Engine]) -> tuple[RunModel, ...]:
    """The models as a run remembers them."""
    return tuple(
        RunModel(engine.spec.key, engine.spec.label, engine.model_id, engine.spec.precision) for engine in engines
    )


def check_options(suite: Suite, lineup: Lineup, options: Options) -> None:
    """Raise `InputError` for what cannot be run so: in the words of whoever has to choose otherwise."""
    if not 1 <= options.repeats <= MOST_REPEATS:
        raise InputError("repeats_out_of_range", repeats=options.repeats, limit=MOST_REPEATS)
    if not 1 <= options.batch <= MOST_AT_A_TIME:
        raise InputError("batch_out_of_range", batch=options.batch, limit=MOST_AT_A_TIME)
    greedy = [spec.label for spec in lineup.models if spec.sampling(options.sampling).temperature == 0]
    if options.repeats > 1 and greedy:
        raise InputError("repeats_without_temperature", models=", ".join(greedy))
    checked = any(turn.check is not None for case in suite.cases for turn in case.turns)
    if options.plan == "staged" and options.judge == "checks" and not checked:
        raise InputError("suite_without_checks", suite=suite.name)


def items_of(suite: Suite, store: Store) -> tuple[TestItem, ...]:
    """The items of the suite's cases: as the database has them, else as the suite describes them.

    Raises InputError `suite_item_unknown` for one that the database lacks and the suite gives no threshold.
    """
    known = _known(store)
    used = {case.item for case in suite.cases}
    return tuple(known.get(item.key) or _described(item, suite) for item in suite.head.items if item.key in used)


def _known(store: Store) -> dict[str, TestItem]:
    return {item.key: item for item in store.items(include_archived=True)}


def _described(item: SuiteItem, suite: Suite) -> TestItem:
    if item.threshold is None:
        raise InputError("suite_item_unknown", item=item.key, suite=suite.name)
    return TestItem(
        item.key, item.name_en or item.name_zh or item.key, item.name_zh or item.name_en or item.key, item.threshold
    )


def _cases(suite: Suite, store: Store, progress: PictureProgress) -> list[RunCase]:
    paths = list(dict.fromkeys(path for case in suite.cases for path in case.pictures))
    pictures: dict[str, Picture] = {}
    problems = Problems(CASES)
    for done, path in enumerate(paths):
        progress(done, len(paths))
        try:
            pictures[path] = _kept(store, suite.folder / path)
        except InputError as error:
            problems.add_error(error)
    progress(len(paths), len(paths))
    problems.raise_if_any()
    return [_case(case, pictures) for case in suite.cases]


def _kept(store: Store, file: Path) -> Picture:
    picture = normalise(file)
    return store.save_picture(picture.content, picture.width, picture.height, ".webp")


def _case(case: SuiteCase, pictures: dict[str, Picture]) -> RunCase:
    return RunCase(
        id=case.id,
        item=case.item,
        turns=tuple(_turn(turn) for turn in case.turns),
        pictures=tuple(pictures[path] for path in case.pictures),
        language=case.language,
        key=case.key,
    )


def _turn(turn: CaseTurn) -> RunTurn:
    check = None if turn.check is None else turn.check.model_dump(mode="json")
    return RunTurn(turn.question, turn.reference, check, turn.kind, turn.depth)
