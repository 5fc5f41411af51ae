"""A killed run continues to the very weights it would have reached."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from comparer.demo.curriculum import LONG_TOKENS, REAL, STAGES, Stage, place, shape_of
from comparer.demo.data import TrainingBatches
from comparer.demo.optimizer import orthogonalise
from comparer.demo.train import FACTS_NAME, LOG_NAME, TrainingPlan, train

PLAN = TrainingPlan(
    "small",
    steps=6,
    batch_size=2,
    seed=5,
    stages=(Stage("vision", 0.5, REAL, 0, 1.0, 1.0, 0.7), Stage("joint", 0.5, REAL, 64, 0.2, 0.7, 0.02)),
)
KILLED_RUN = """
import sys
from pathlib import Path
from tests.demo.test_training import PLAN
from comparer.demo import train as training
save = training.Run.save
def save_and_linger(run):
    save(run)
    if run.step >= 2:
        print("saved", flush=True)
        import time
        time.sleep(60)
training.Run.save = save_and_linger
scratch = Path(sys.argv[1])
training.train(PLAN, scratch / "out", scratch, device="cpu", workers=0, save_every_s=0, measure_every=0)
"""


def weights(folder: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def run_sitting(out: Path, scratch: Path, **options: Any) -> int:
    return train(PLAN, out, scratch, device="cpu", workers=0, measure_every=0, **options).steps


@pytest.mark.slow
def test_a_killed_run_resumes_to_identical_weights(tmp_path: Path) -> None:
    assert run_sitting(tmp_path / "straight", tmp_path / "a") == PLAN.steps
    with subprocess.Popen(
        [sys.executable, "-c", KILLED_RUN, str(tmp_path / "b")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "saved"
        process.send_signal(signal.SIGKILL)
    assert run_sitting(tmp_path / "resumed", tmp_path / "b", resume=True) == PLAN.steps
    straight, resumed = weights(tmp_path / "straight"), weights(tmp_path / "resumed")
    assert straight.keys() == resumed.keys()
    for name, tensor in straight.items():
        assert torch.equal(tensor, resumed[name]), name


def test_a_run_of_other_settings_is_not_taken_up(tmp_path: Path) -> None:
    run_sitting(tmp_path / "out", tmp_path, stop_after=1)
    other = TrainingPlan("small", steps=7, batch_size=2, seed=5, stages=PLAN.stages)
    with pytest.raises(ValueError, match="belongs to a run with other settings"):
        train(other, tmp_path / "out", tmp_path, resume=True, device="cpu", workers=0)


def test_an_unfinished_run_publishes_nothing(tmp_path: Path) -> None:
    assert run_sitting(tmp_path / "out", tmp_path, stop_after=2) == 2
    assert not (tmp_path / "out").exists()


def test_a_finished_run_leaves_its_record(tmp_path: Path) -> None:
    plan = TrainingPlan("small", steps=2, batch_size=2, stages=PLAN.stages)
    train(plan, tmp_path / "out", tmp_path, device="cpu", workers=0, measure_every=2)
    facts = json.loads((tmp_path / "out" / FACTS_NAME).read_text())
    assert facts["steps"] == 2
    assert facts["pictures"] == 4
    (line,) = (tmp_path / "out" / LOG_NAME).read_text().splitlines()
    assert json.loads(line)["step"] == 2


def test_batches_depend_on_seed_and_number_alone(tmp_path: Path) -> None:
    plain = TrainingBatches(1, 10, 2, PLAN.stages)
    cached = TrainingBatches(1, 10, 2, PLAN.stages, cache=tmp_path)
    other = TrainingBatches(2, 10, 2, PLAN.stages)
    for first, second in zip(plain[7], plain[7], strict=True):
        assert torch.equal(first, second)
    for _ in range(2):
        for first, second in zip(plain[7], cached[7], strict=True):
            assert torch.equal(first, second)
    assert not torch.equal(plain[7].patches, other[7].patches)
    assert not torch.equal(plain[7].patches, plain[8].patches)


def test_a_run_may_start_from_the_weights_of_another(tmp_path: Path) -> None:
    run_sitting(tmp_path / "first", tmp_path / "a", stop_after=3)
    still = TrainingPlan(
        "small", 1, 2, 5, (Stage("still", 1.0, REAL, 0, 1.0, 0.0, 0.0),), started_from="a run of 3 steps"
    )
    train(still, tmp_path / "second", tmp_path / "b", start_from=tmp_path / "a" / "small.pt", device="cpu", workers=0)
    state = torch.load(tmp_path / "a" / "small.pt", weights_only=True)
    for name, tensor in weights(tmp_path / "second").items():
        assert torch.equal(tensor, state["weights"][f"model.{name}"].bfloat16()), name
    facts = json.loads((tmp_path / "second" / FACTS_NAME).read_text())
    assert facts["started_from"] == "a run of 3 steps"


def test_one_batch_in_four_has_room_for_ten_turns() -> None:
    shapes = [shape_of(step, 24, STAGES[-1]) for step in range(8)]
    assert [shape.pictures for shape in shapes] == [24, 24, 24, 12] * 2
    long = TrainingBatches(1, 4, 4, PLAN.stages[1:])[3]
    assert long.tokens.shape == (2, LONG_TOKENS)
    assert int(long.blocks.max()) < LONG_TOKENS // 40
    assert shape_of(3, 24, STAGES[0]) == (24, 0)


def test_the_curriculum_visits_every_stage_in_order() -> None:
    places = [place(step, 200) for step in range(200)]
    names = list(dict.fromkeys(at.stage.name for at in places))
    assert names == [stage.name for stage in STAGES]
    assert max(at.rate for at in places) <= 1.0
    assert places[-1].rate < 0.05


def test_orthogonalised_matrices_have_singular_values_near_one() -> None:
    torch.manual_seed(0)
    for shape in ((3, 64, 192), (2, 32, 96), (2, 96, 32)):
        singular = torch.linalg.svdvals(orthogonalise(torch.randn(shape)))
        assert singular.min() > 0.5
        assert singular.max() < 1.4


def test_training_needs_no_page_and_no_database() -> None:
    code = (
        "import sys, comparer.demo.train, comparer.demo.evaluate\n"
        "print([m for m in ('gradio', 'bitsandbytes', 'sqlalchemy', 'typer') if m in sys.modules])"
    )
    started = time.monotonic()
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert out.stdout.strip() == "[]", time.monotonic() - started
