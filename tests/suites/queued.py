"""A run whose answers wait to be rated, put into the store as a worker would have."""

from collections.abc import Sequence

from comparer.records import Answer, Metrics, Picture
from comparer.run_records import Place, RunCase, RunModel, RunRequest, RunTurn
from storage import SqlStore
from tests.conftest import KEYS


def a_run_to_rate(
    store: SqlStore,
    *pictures: Picture,
    cases: int = 10,
    dialogues: int = 0,
    turns: int = 3,
    items: Sequence[str] = ("manual", "fault"),
    title: str = "Lamps",
) -> str:
    """Of every item `cases` cases of one question and `dialogues` of several; all models have answered all of them.

    What a model says does not tell which it is: "Answer to <question>". A scripted engine's weights are its key.
    """
    made = [
        RunCase(
            f"{item}-{kind}-{number}",
            item,
            tuple(RunTurn(f"{item} {kind} {number}.{turn}?", f"Reference {turn}") for turn in range(count)),
            pictures,
        )
        for item in items
        for kind, many, count in (("case", cases, 1), ("talk", dialogues, turns))
        for number in range(many)
    ]
    models = tuple(RunModel(key, f"Scripted {key}", key, "fp32") for key in KEYS)
    run = store.runs.create(RunRequest(title.lower(), title, "灯", "scripted", models), made)
    for case in made:
        for turn, asked in enumerate(case.turns):
            for key in KEYS:
                said = Answer(key, f"Answer to {asked.question}", "stop", Metrics(), key)
                store.runs.keep(run, Place(case.id, 0, turn, key), said, 0.5, None)
    store.runs.claim("queued", 60, only=run)
    store.runs.release(run, "queued", "finished")
    return run
