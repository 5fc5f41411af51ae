"""A run begins with everything it needs, or not at all and with a sentence that says what to do."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from comparer.errors import ComparerError, InputError
from comparer.records import Sampling
from comparer.run_records import Run
from comparer.suites.cases import Suite, SuiteItem
from comparer.suites.problems import SuiteError
from comparer.suites.progress import progress
from comparer.suites.reading import find_suite
from comparer.suites.report import forecast, run_report
from comparer.suites.staged import PlannedCase
from comparer.suites.starting import Options, items_of, run_models, start
from storage import SqlStore
from tests.suites.running import QUICK, ScriptedPool, a_suite, run_to_its_end


@pytest.fixture
def pool() -> ScriptedPool:
    return ScriptedPool(QUICK, QUICK)


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return a_suite(tmp_path / "suite", cases=2)


def begin(store: SqlStore, pool: ScriptedPool, suite: Suite, **options: Any) -> Run:
    return store.runs.run(start(store.runs, store, suite, pool.lineup, pool.engines, Options(**options)))


def with_item(suite: Suite, item: SuiteItem) -> Suite:
    cases = tuple(case.model_copy(update={"item": item.key}) for case in suite.cases)
    return replace(suite, head=suite.head.model_copy(update={"items": (item,)}), cases=cases)


def test_a_run_keeps_its_cases_pictures_and_checks(store: SqlStore, pool: ScriptedPool, suite: Suite) -> None:
    run = begin(store, pool, suite, reviewer="Ann")
    assert (run.state, run.planned, run.request.suite, run.request.reviewer) == ("queued", 4, "small", "Ann")
    assert [(model.key, model.model_id) for model in run.request.models] == [("small", "small"), ("medium", "medium")]
    first, second = store.runs.cases(run.id)
    assert first.pictures == second.pictures and first.pictures[0].path.is_file()
    assert first.turns[0].check == {"kind": "contains", "value": "word1"}


def test_items_that_the_suite_describes_are_added(store: SqlStore, pool: ScriptedPool, suite: Suite) -> None:
    described = with_item(suite, SuiteItem(key="labels", name_zh="标签", threshold=0.9))
    begin(store, pool, described)
    added = next(item for item in store.items() if item.key == "labels")
    assert (added.name_en, added.name_zh, added.threshold) == ("标签", "标签", 0.9)
    store.set_threshold("labels", 0.5)
    begin(store, pool, described)
    assert items_of(described, store)[0].threshold == 0.5


def test_what_cannot_be_run_is_refused(store: SqlStore, pool: ScriptedPool, suite: Suite, tmp_path: Path) -> None:
    unknown = with_item(suite, SuiteItem(key="labels"))
    unchecked = a_suite(tmp_path / "unchecked", check=None)
    wishes: list[tuple[str, Suite, dict[str, Any]]] = [
        ("suite_item_unknown", unknown, {}),
        ("repeats_without_temperature", suite, {"repeats": 2}),
        ("repeats_out_of_range", suite, {"repeats": 0}),
        ("batch_out_of_range", suite, {"batch": 0}),
        ("suite_without_checks", unchecked, {"plan": "staged"}),
    ]
    for code, wanted, options in wishes:
        with pytest.raises(InputError) as refused:
            begin(store, pool, wanted, **options)
        assert refused.value.code == code
        assert refused.value.sentence("zh")
    assert store.runs.listed() == ()
    begin(store, pool, unchecked, plan="staged", judge="people")
    begin(store, pool, suite, repeats=2, sampling=Sampling(temperature=0.7))


def test_every_picture_that_cannot_be_decoded_is_named(store: SqlStore, pool: ScriptedPool, suite: Suite) -> None:
    names = ("pictures/red.png", "pictures/other.png")
    for name in names:
        (suite.folder / name).write_bytes(b"no picture")
    cases = tuple(
        case.model_copy(update={"pictures": (name,)}) for case, name in zip(suite.cases, names, strict=True)
    )
    with pytest.raises(SuiteError) as refused:
        begin(store, pool, replace(suite, cases=cases))
    assert all(Path(name).name in str(refused.value) for name in names)
    assert store.runs.listed() == ()


def test_suites_are_found_by_name_or_folder(suite: Suite, tmp_path: Path) -> None:
    assert find_suite("demo-business").name == "demo-business"
    assert find_suite("small", tmp_path).name == "small"
    assert find_suite("suite", tmp_path).name == "small"
    assert find_suite(str(suite.folder)).cases == suite.cases
    with pytest.raises(ComparerError) as unknown:
        find_suite("nothing", tmp_path)
    assert "demo-business" in str(unknown.value) and "suite" in str(unknown.value)


def test_the_forecast_needs_measurements_of_every_model(store: SqlStore, tmp_path: Path) -> None:
    suite = a_suite(tmp_path / "suite", cases=30)
    pool = ScriptedPool(QUICK, QUICK)
    cases = [PlannedCase(case.id, case.item) for case in suite.cases]

    def expected(pool: ScriptedPool, name: str = "small") -> Any:
        return forecast(store.runs, name, items_of(suite, store), cases, run_models(pool.engines))

    assert expected(pool) is None
    run_to_its_end(store, pool, suite)
    found = expected(pool)
    assert found is not None and found.share_of_seconds > 0.3  # the small one passes everything
    assert expected(pool, "other suite") is None
    changed = ScriptedPool(QUICK, QUICK)
    changed.engines[1].spec = changed.engines[1].spec.model_copy(update={"precision": "int8"})
    assert expected(changed) is None


def test_what_was_never_measured_stays_unknown(store: SqlStore, tmp_path: Path) -> None:
    suite = a_suite(tmp_path / "suite", cases=30)
    pool = ScriptedPool(QUICK, QUICK)
    staged = run_to_its_end(store, pool, suite, Options("staged"))
    report = run_report(store.runs, store, staged.id)
    assert report.recommendation.model == "small"
    assert (report.saving, report.full_run_model_seconds, report.same) == (None, None, None)
    run_to_its_end(store, pool, suite)
    assert not report.priced
    report = run_report(store.runs, store, staged.id)
    assert report.saving is not None and report.unpriced == ("scripted",) and not report.saving.whole.money
    report = run_report(store.runs, store, staged.id, price={"scripted": 3.6}.get)
    assert report.saving is not None and report.saving.share_of_seconds > 0.3
    assert report.priced and report.saving.share_of_money == pytest.approx(report.saving.share_of_seconds)
    assert report.saving.whole.money == pytest.approx(report.saving.whole.model_seconds * 0.001)
    assert report.same is not None and report.same.same


def test_progress_is_measured_by_model(store: SqlStore, pool: ScriptedPool, suite: Suite) -> None:
    run = begin(store, pool, suite)
    before = progress(run, ())
    assert before.seconds_left is None and not before.at_most
    answers = run_to_its_end(store, pool, suite)
    kept = store.runs.answers(answers.id)
    assert progress(answers, kept).seconds_left == 0.0
    half = [answer for answer in kept if answer.place.case == "manual-0"]
    left = progress(answers, half)
    assert left.seconds_left == pytest.approx(sum(answer.model_s for answer in half))
    assert progress(answers, [one for one in half if one.place.model == "small"]).seconds_left is None
