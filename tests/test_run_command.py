"""`comparer run`: what it says, how it exits, and that no interruption and no kill doubles or loses an answer."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from comparer import cli
from comparer.cost.kept import state_card
from comparer.paths import ASSETS
from comparer.run_records import Place
from comparer.suites.cases import Suite, SuiteItem
from comparer.suites.checks import Contains
from comparer.suites.reading import read_suite
from comparer.suites.writing import write_suite
from storage import open_store
from tests.suites.running import a_suite, all_places

ROOT = ASSETS.parent
KILLS = 10
LINEUP = """
title = { en = "Scripted", zh = "脚本" }
demo = true
[[models]]
key = "small"
label = "Small"
engine = "scripted"
model = "small"
[[models]]
key = "large"
label = "Large"
engine = "scripted"
model = "large"
"""


@pytest.fixture
def lineup(tmp_path: Path) -> Path:
    """Two scripted models, both of which say "word0 word1 … word11" in a third of a second."""
    path = tmp_path / "scripted.toml"
    path.write_text(LINEUP, "utf-8")
    return path


def needing(folder: Path, threshold: float, cases: int, value: str = "word1") -> Suite:
    """A suite of an item of its own with this threshold."""
    suite = a_suite(folder, cases=cases, items=("labels",), check=Contains(value=value))
    item = SuiteItem(key="labels", name_en="Labels", threshold=threshold)
    changed = Suite(suite.head.model_copy(update={"items": (item,)}), suite.cases, folder)
    write_suite(changed)
    return changed


def run(tmp_path: Path, *arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, ["run", *map(str, arguments), "--data-dir", str(tmp_path / "data")])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def test_the_smallest_that_is_enough_exits_0(tmp_path: Path, lineup: Path) -> None:
    suite = needing(tmp_path / "suite", threshold=0.5, cases=7)
    code, said = run(tmp_path, suite.folder, "--lineup", lineup, "--json")
    found = json.loads(said)
    assert code == 0
    assert (found["recommendation"], found["state"], found["errors"]) == ("small", "finished", 0)
    assert {model: cell["cases"] for model, cell in found["cells"]["labels"].items()} == {"small": 7, "large": 7}
    assert found["cells"]["labels"]["small"]["verdict"] == "meets"
    assert found["full_run_model_seconds"] == found["model_seconds"] > 0
    assert found["same_decision"] is None and found["saving"] is None
    code, said = run(tmp_path, "--resume", found["run_id"], "--lineup", lineup, "--require", "large")
    assert code == 0
    assert "Labels" in said and "meets" in said and "not by people" in said


def test_what_a_staged_run_saves_has_a_price_once_its_device_stands_for_a_card(tmp_path: Path, lineup: Path) -> None:
    suite = needing(tmp_path / "suite", threshold=0.5, cases=7)
    run(tmp_path, suite.folder, "--lineup", lineup)
    found = json.loads(run(tmp_path, suite.folder, "--lineup", lineup, "--staged", "--json")[1])
    assert found["saving"]["money"] is None and found["saving"]["no_price_for"] == ["scripted"]
    store = open_store(tmp_path / "data")
    state_card(store, "scripted", "l4")
    store.close()
    resumed = [tmp_path, "--resume", found["run_id"], "--lineup", lineup]
    priced = json.loads(run(*resumed, "--json")[1])["saving"]  # type: ignore[arg-type]
    assert priced["money"]["whole"] == pytest.approx(found["full_run_model_seconds"] * 0.80 / 3600)
    assert (priced["currency"], priced["no_price_for"]) == ("USD", [])
    assert "In money: $" in run(*resumed)[1]  # type: ignore[arg-type]


def test_a_threshold_that_no_model_meets_exits_3(tmp_path: Path, lineup: Path) -> None:
    suite = needing(tmp_path / "suite", threshold=0.9, cases=4, value="nothing")
    code, said = run(tmp_path, suite.folder, "--lineup", lineup, "--json", "--require", "large")
    assert (code, json.loads(said)["recommendation"]) == (3, None)


def test_too_few_cases_exit_4(tmp_path: Path, lineup: Path) -> None:
    suite = needing(tmp_path / "suite", threshold=0.9, cases=1)
    code, said = run(tmp_path, suite.folder, "--lineup", lineup, "--language", "zh")
    assert code == 4
    assert "未定" in said or "待定" in said or "尚" in said


def test_wrong_usage_exits_2_and_begins_nothing(tmp_path: Path, lineup: Path) -> None:
    suite = needing(tmp_path / "suite", threshold=0.9, cases=1)
    assert run(tmp_path)[0] == 2
    assert run(tmp_path, suite.folder, "--resume", "x")[0] == 2
    assert run(tmp_path, suite.folder, "--lineup", lineup, "--require", "huge")[0] == 2
    assert open_store(tmp_path / "data").runs.listed() == ()


def test_an_error_is_one_sentence_and_exits_1(tmp_path: Path, lineup: Path) -> None:
    suite = needing(tmp_path / "suite", threshold=0.9, cases=1)
    for wrong, words in (
        (["nothing"], "There is no suite nothing"),
        ([str(suite.folder), "--repeats", "2"], "temperature"),
        (["--resume", "nothing"], "nothing"),
    ):
        process = begin(tmp_path, "--lineup", lineup, *wrong)
        _, said = process.communicate(timeout=120)
        assert process.returncode == 1
        assert words in " ".join(said.split()) and "Traceback" not in said


def begin(tmp_path: Path, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "comparer.cli", "run", *map(str, arguments)]
    return subprocess.Popen(
        [*command, "--data-dir", str(tmp_path / "data")],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def places(data_dir: Path, run_id: str) -> list[Place]:
    """Where answers are, counted in the conversations themselves: one that was kept twice would show twice."""
    store = open_store(data_dir)
    try:
        found = []
        for conversation, place in {one.conversation_id: one.place for one in store.runs.answers(run_id)}.items():
            for number, turn in enumerate(store.conversation(conversation).turns):
                found += [place._replace(turn=number, model=kept.answer.model) for kept in turn.answers]
        return sorted(found)
    finally:
        store.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_an_interruption_pauses_and_the_run_goes_on(tmp_path: Path, lineup: Path) -> None:
    suite = needing(tmp_path / "suite", threshold=0.5, cases=60)
    process = begin(tmp_path, suite.folder, "--lineup", lineup, "--json")
    store = open_store(tmp_path / "data")
    wait_for(lambda: store.runs.listed() and store.runs.listed()[0].answers >= 2, process)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    paused = json.loads(said)
    assert (process.returncode, paused["state"]) == (130, "paused")
    assert 2 <= paused["answers"] < 120
    code, said = run(tmp_path, "--resume", paused["run_id"], "--lineup", lineup, "--json")
    assert (code, json.loads(said)["answers"]) == (0, 120)
    assert places(tmp_path / "data", paused["run_id"]) == all_places(suite, ("small", "large"))
    store.close()


def wait_for(happened: Any, process: subprocess.Popen[str]) -> None:
    while not happened():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_ten_times_a_run_has_every_answer_once(tmp_path: Path) -> None:
    """Real demo models on cases of the demo suite; SIGKILL at moments of the dice, some before the first answer."""
    suite = a_part_of_the_demo_suite(tmp_path / "suite", every=25)
    dice = random.Random(2026)
    data_dir = tmp_path / "data"
    open_store(data_dir).close()
    arguments: Sequence[object] = (suite.folder, "--batch", 2)
    run_id = ""
    for _ in range(KILLS):
        process = begin(tmp_path, *arguments, "--json")
        store = open_store(data_dir)
        before = store.runs.run(run_id).answers if run_id else 0
        enough = before + dice.choice((0, 1, 1, 2, 3))
        wait_for(lambda: store.runs.listed() and store.runs.listed()[0].answers >= enough, process)  # noqa: B023
        time.sleep(dice.uniform(0, 0.4))
        assert process.poll() is None
        process.kill()
        process.communicate()
        run_id = store.runs.listed()[0].id
        arguments = ("--resume", run_id)
        store.close()
    left = open_store(data_dir).runs.run(run_id)
    assert 5 < left.answers < left.planned
    code, said = run(tmp_path, "--resume", run_id, "--json")
    assert code in (0, 3, 4)
    assert json.loads(said)["state"] == "finished"
    assert places(data_dir, run_id) == all_places(suite, ("small", "medium", "large"))


def a_part_of_the_demo_suite(folder: Path, every: int) -> Suite:
    whole = read_suite(ASSETS / "suites" / "demo-business")
    cases = whole.cases[::every]
    (folder / "pictures").mkdir(parents=True)
    for case in cases:
        for picture in case.pictures:
            (folder / picture).write_bytes((whole.folder / picture).read_bytes())
    part = Suite(whole.head, cases, folder)
    write_suite(part)
    return part


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif("COMPARER_PROOF_S" not in os.environ, reason="takes minutes: set COMPARER_PROOF_S to run it")
def test_the_staged_run_of_the_demo_suite_decides_as_the_whole_one_for_less(tmp_path: Path) -> None:
    """By models that answer here and now; `suites/test_demo_suite_staged.py` replays recorded answers in seconds."""
    whole, staged = (
        json.loads(run(tmp_path, "demo-business", "--lineup", "demo", "--json", *plan)[1])
        for plan in ((), ("--staged",))
    )
    assert staged["recommendation"] == whole["recommendation"]
    assert staged["same_decision"] is True
    assert staged["model_seconds"] <= 0.6 * whole["model_seconds"]
    assert staged["full_run_model_seconds"] == pytest.approx(whole["model_seconds"], rel=0.5)
