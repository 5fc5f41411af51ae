"""Train one demo checkpoint: seeded, resumable, on CPU or CUDA.

    python -m comparer.demo.train --model small --steps 3200 --out assets/models/small --resume

A run depends on its seed, the number of steps and the batch size alone. Every few minutes its whole state is
written to `--scratch`; killed at any time, it continues from there to the same weights.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from comparer.demo.architecture import SIZES, build_model, parameter_count, save_checkpoint
from comparer.demo.console import write_line
from comparer.demo.curriculum import CONTINUED, STAGES, Stage, place
from comparer.demo.data import TrainingBatches, stream_batches
from comparer.demo.fast_forward import FastForward
from comparer.demo.optimizer import MuonWithAdam, Rates
from comparer.demo.progress import HeldOut, measure
from comparer.demo.scenes.labels import ATTRIBUTES

LOG_NAME = "training_log.jsonl"
FACTS_NAME = "training.json"


@dataclass(frozen=True)
class TrainingPlan:
    """All that decides the weights of a run, besides the code. `started_from` tells in words whose weights it took
    up (`start_from`), empty for a run from nothing."""

    model: str
    steps: int
    batch_size: int = 24
    seed: int = 1
    stages: tuple[Stage, ...] = STAGES
    started_from: str = ""

    def fingerprint(self) -> str:
        """Tells whether saved state belongs to this plan."""
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True)
class TrainingResult:
    """What a finished (or interrupted) run reached. `seconds` counts training only, over all its sittings."""

    model: str
    parameters: int
    steps: int
    pictures: int
    seconds: float
    device: str


def pick_device(name: str = "auto") -> torch.device:
    """`auto` is CUDA where there is one, else the CPU."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


class Run:
    """State of a training run, and how it is kept on disk."""

    def __init__(self, plan: TrainingPlan, scratch: Path, device: torch.device) -> None:
        self.plan = plan
        self.step = 0
        self.pictures = 0
        self.seconds = 0.0
        self.log: list[dict[str, Any]] = []
        self._file = scratch / f"{plan.model}.pt"
        model = build_model(SIZES[plan.model], plan.seed)
        self.forward = FastForward(model, list(ATTRIBUTES.values())).to(device)
        self.optimizer = MuonWithAdam(self.forward, Rates())
        self.device = device

    def save(self) -> None:
        """Write the state atomically: a kill leaves the earlier state or the new one."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "plan": self.plan.fingerprint(),
            "step": self.step,
            "pictures": self.pictures,
            "seconds": self.seconds,
            "log": self.log,
            "weights": self.forward.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        fresh = self._file.with_suffix(".new")
        torch.save(state, fresh)
        fresh.replace(self._file)

    def load(self) -> bool:
        """Take up saved state of the same plan, if there is any."""
        if not self._file.exists():
            return False
        state = torch.load(self._file, map_location=self.device, weights_only=True)
        if state["plan"] != self.plan.fingerprint():
            raise ValueError(
                f"{self._file} belongs to a run with other settings. Delete it, or train with the settings it names: "
                f"{state['plan']}"
            )
        self.step, self.pictures = state["step"], state["pictures"]
        self.seconds, self.log = state["seconds"], state["log"]
        self.forward.load_state_dict(state["weights"])
        self.optimizer.load_state_dict(state["optimizer"])
        return True

    def start_from(self, file: Path) -> None:
        """Take up the weights of another run's saved state, but neither its step nor its optimizer."""
        self.forward.load_state_dict(torch.load(file, map_location=self.device, weights_only=True)["weights"])

    def publish(self, folder: Path) -> None:
        """Write the checkpoint folder with the training log beside the weights."""
        save_checkpoint(self.forward.model, folder)
        lines = "".join(json.dumps(entry) + "\n" for entry in self.log)
        (folder / LOG_NAME).write_text(lines, encoding="utf-8")
        facts = {
            **asdict(self.result()),
            "batch_size": self.plan.batch_size,
            "seed": self.plan.seed,
            "started_from": self.plan.started_from,
            "stages": [{"name": stage.name, "share": stage.share} for stage in self.plan.stages],
            "torch": torch.__version__,
        }
        (folder / FACTS_NAME).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")

    def result(self) -> TrainingResult:
        """How far the run has come."""
        return TrainingResult(
            model=self.plan.model,
            parameters=parameter_count(self.forward.model),
            steps=self.step,
            pictures=self.pictures,
            seconds=round(self.seconds, 1),
            device=self.device.type,
        )


def train(
    plan: TrainingPlan,
    out: Path,
    scratch: Path,
    *,
    resume: bool = False,
    start_from: Path | None = None,
    device: str = "auto",
    stop_after: int | None = None,
    workers: int = 1,
    save_every_s: float = 60.0,
    measure_every: int = 80,
    cache: Path | None = None,
) -> TrainingResult:
    """Train by `plan` and write the checkpoint to `out`; `stop_after` ends this sitting at that step, unpublished."""
    torch.set_float32_matmul_precision("high")
    run = Run(plan, scratch, pick_device(device))
    if resume and run.load():
        write_line(f"{plan.model}: resumed at step {run.step} of {plan.steps}")
    elif start_from:
        run.start_from(start_from)
    last = min(plan.steps, stop_after or plan.steps)
    held_out = HeldOut(run.device) if measure_every else None
    batches = stream_batches(
        TrainingBatches(plan.seed, plan.steps, plan.batch_size, plan.stages, cache), run.step, last, workers
    )
    saved_at = time.monotonic()
    for batch in batches:
        started = time.perf_counter()
        stage, rate = place(run.step, plan.steps, plan.stages)
        run.forward.vision_frozen = stage.vision_frozen
        output = run.forward(batch.to(run.device))
        (output.answer_loss + stage.auxiliary_weight * output.auxiliary_loss).backward()
        run.optimizer.step(rate)
        run.step += 1
        run.pictures += len(batch.patches)
        run.seconds += time.perf_counter() - started
        if held_out and (run.step % measure_every == 0 or run.step == plan.steps):
            entry = {
                "step": run.step,
                "stage": stage.name,
                "pictures": run.pictures,
                "seconds": round(run.seconds, 1),
                "answer_loss": round(output.answer_loss.item(), 4),
                "auxiliary_loss": round(output.auxiliary_loss.item(), 3),
                **measure(run.forward, held_out, questions=stage.tokens > 0),
            }
            run.log.append(entry)
            write_line(json.dumps(entry))
        if time.monotonic() - saved_at > save_every_s:
            run.save()
            saved_at = time.monotonic()
    run.save()
    if run.step >= plan.steps:
        run.publish(out)
    return run.result()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=list(SIZES), required=True)
    parser.add_argument("--steps", type=int, default=3200)
    parser.add_argument("--batch-size", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="checkpoint folder to write")
    parser.add_argument("--scratch", type=Path, default=Path(".training"), help="folder of the resumable state")
    parser.add_argument("--resume", action="store_true", help="continue from the state in --scratch")
    parser.add_argument("--start-from", type=Path, help="saved state of another run whose weights to take up")
    parser.add_argument("--started-from", default="", help="whose weights those are, in words for the model card")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (0: all)")
    parser.add_argument("--workers", type=int, default=1, help="processes that draw pictures")
    parser.add_argument("--cache", type=Path, help="folder for drawn batches, shared by the three models")
    options = parser.parse_args(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    plan = TrainingPlan(
        model=options.model,
        steps=options.steps,
        batch_size=options.batch_size,
        seed=options.seed,
        stages=CONTINUED if options.start_from else STAGES,
        started_from=options.started_from,
    )
    result = train(
        plan,
        options.out,
        options.scratch,
        resume=options.resume,
        start_from=options.start_from,
        device=options.device,
        workers=options.workers,
        cache=options.cache,
    )
    write_line(json.dumps(asdict(result)))


if __name__ == "__main__":
    main()
