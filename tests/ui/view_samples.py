"""Runs with answers put straight into the database, for the panels that read them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

from comparer.dialogue import Dialogue
from comparer.engines.scripted_engine import Script
from comparer.records import Answer, Metrics, Picture, Sampling
from comparer.run_records import AutomaticScore, Place, RunCase, RunModel, RunRequest, RunTurn
from comparer.settings import Settings
from comparer.ui.context import Context
from storage import SqlStore
from tests.conftest import scripted_engines, scripted_lineup

RIGHT = AutomaticScore(1.0, True, "found", {"expected": "red"})
WRONG = AutomaticScore(0.0, False, "not_found", {"expected": "red"})
SIZES = (("S", "Small", "s"), ("M", "Medium", "m"), ("L", "Large", "l"))
PRECISIONS = (("8B-nf4", "8B · nf4", "nf4"), ("8B-int8", "8B · int8", "int8"), ("8B-bf16", "8B · bf16", "bf16"))
"""Key, label and precision; of `SIZES`, the id of the model."""


def a_context(store: SqlStore, tmp_path: Path) -> Context:
    lineup = scripted_lineup()
    dialogue = Dialogue(lineup, scripted_engines(lineup, [Script()] * 3), store)
    return Context(Settings(data_dir=tmp_path / "data"), lineup, dialogue, store)


def a_picture(store: SqlStore, tmp_path: Path) -> Picture:
    file = tmp_path / "red.webp"
    Image.new("RGB", (64, 48), "firebrick").save(file)
    return store.save_picture(file.read_bytes(), 64, 48, ".webp")


def of_sizes() -> tuple[RunModel, ...]:
    return tuple(RunModel(key, label, model, "bf16") for key, label, model in SIZES)


def of_precisions() -> tuple[RunModel, ...]:
    return tuple(RunModel(key, label, "Qwen/Qwen3-VL-8B-Instruct", precision) for key, label, precision in PRECISIONS)


def keep(store: SqlStore, run: str, place: Place, text: str, right: bool | None, metrics: Metrics = Metrics()) -> str:
    answer = Answer(place.model, text, "stop", metrics, device="cuda:0")
    score = None if right is None else RIGHT if right else WRONG
    return store.runs.keep(run, place, answer, 0.5, score)


def long_run(
    store: SqlStore, held: Mapping[str, Sequence[int]], models: tuple[RunModel, ...], turns: int = 10, **request: str
) -> str:
    """`held` says by model how many turns of each conversation go well; the next one does not."""
    count = len(next(iter(held.values())))
    questions = tuple(RunTurn(f"Question {turn + 1}?") for turn in range(turns))
    cases = [RunCase(f"talk-{number:02}", "manual", questions, ()) for number in range(count)]
    run = _begun(store, models, cases, **request)
    for model, all_held in held.items():
        for number, good in enumerate(all_held):
            for turn in range(turns):
                keep(store, run, Place(f"talk-{number:02}", 0, turn, model), f"Answer {turn}.", turn < good)
    return run


def short_run(
    store: SqlStore,
    models: tuple[RunModel, ...],
    answers: Mapping[str, Sequence[tuple[str, bool]]],
    picture: Picture | None = None,
    figures: Mapping[str, Metrics] | None = None,
    **request: str,
) -> str:
    """`answers` gives by model the text to each case's only question, and whether its check passed."""
    count = len(next(iter(answers.values())))
    pictures = (picture,) if picture else ()
    cases = [
        RunCase(f"lamp-{number:02}", "manual", (RunTurn(f"Which lamp is {number}?", "red"),), pictures)
        for number in range(count)
    ]
    run = _begun(store, models, cases, **request)
    for model, said in answers.items():
        for number, (text, right) in enumerate(said):
            metrics = (figures or {}).get(model, Metrics())
            keep(store, run, Place(f"lamp-{number:02}", 0, 0, model), text, right, metrics)
    return run


def _begun(store: SqlStore, models: tuple[RunModel, ...], cases: Sequence[RunCase], **request: str) -> str:
    given = {"suite": "lamps", "title_en": "Lamps", "title_zh": "灯", "lineup": "scripted"} | request
    run = store.runs.create(RunRequest(models=models, sampling=Sampling(), **given), cases)  # type: ignore[arg-type]
    claimed = store.runs.claim("test", 60, only=run)
    assert claimed is not None
    store.runs.release(run, "test", "finished")
    return run
