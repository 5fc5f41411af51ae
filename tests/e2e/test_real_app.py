"""`python app.py` as a newcomer starts it, through `gradio_client`, and what is left after `kill -9`."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client, handle_file

from comparer.paths import ASSETS
from tests.e2e.conftest import App, free_port

MANUAL = ASSETS / "examples" / "drawn-manual-1.webp"
MODELS = ["small", "medium", "large"]


@pytest.fixture
def own_app(tmp_path: Path, database_url: str) -> Iterator[App]:
    running = App(tmp_path / "data", free_port(), database_url=database_url)
    running.start()
    yield running
    running.kill()


def test_answers_ratings_and_votes_survive_a_kill(own_app: App) -> None:
    client = Client(own_app.url, verbose=False)
    job = client.submit("What shape is part 3?", handle_file(str(MANUAL)), "", "manual", api_name="/ask")
    first: Any = job.result(timeout=90)
    growth = [sum(len(answer["text"]) for answer in snapshot["answers"]) for snapshot in job.outputs()]
    assert len(set(growth)) >= 3 and growth == sorted(growth)
    assert [answer["model"] for answer in first["answers"]] == MODELS
    weights = set()
    for answer in first["answers"]:
        metrics = answer["metrics"]
        assert None not in metrics.values(), metrics
        assert answer["text"] and answer["error"] is None and not metrics["contended"]
        assert metrics["image_tokens"] > 0 and metrics["input_tokens"] > metrics["image_tokens"]
        steps = metrics["tpot_s"] * (metrics["output_tokens"] - 1)
        assert metrics["ttft_s"] + steps == pytest.approx(metrics["e2e_s"], rel=0.05)
        weights.add(metrics["weights_bytes"])
    assert len(weights) == 3  # three different checkpoints

    second: Any = client.predict("What about part 1?", None, first["conversation_id"], api_name="/ask")
    for before, after in zip(first["answers"], second["answers"], strict=True):
        assert after["metrics"]["image_tokens"] == before["metrics"]["image_tokens"]  # the earlier turn's picture
        assert after["metrics"]["input_tokens"] > before["metrics"]["input_tokens"]

    for answer, acceptable in zip(first["answers"], (False, True, True), strict=True):
        client.predict(answer["answer_id"], acceptable, "", "Ann", api_name="/rate")
    client.predict(first["turn_id"], first["answers"][2]["answer_id"], "Ann", api_name="/prefer")

    own_app.kill()
    own_app.start()
    client = Client(own_app.url, verbose=False)
    table: Any = client.predict(api_name="/score_table")
    cells = next(row for row in table["rows"] if row["item"] == "manual")["cells"]
    assert [cells[model]["pass_rate"] for model in MODELS] == [0, 1, 1]
    assert [cells[model]["ratings"] for model in MODELS] == [1, 1, 1]
    with Path(client.predict("csv", api_name="/export")).open(encoding="utf-8-sig", newline="") as file:
        preferred = {row["model"]: row["preferred"] for row in csv.DictReader(file)}
    assert [model for model, best in preferred.items() if best.lower() in {"true", "1", "yes"}] == ["large"]
    third: Any = client.predict("And part 2?", None, first["conversation_id"], api_name="/ask")
    assert [answer["stop_reason"] for answer in third["answers"]].count("error") == 0


def test_three_precisions_of_one_checkpoint(tmp_path: Path) -> None:
    """int8 and nf4 by bitsandbytes on the CPU: three weight sizes side by side."""
    from comparer.dialogue import Dialogue
    from comparer.engines import build_engines
    from comparer.lineup import read_lineup
    from comparer.pictures import normalise
    from comparer.records import Sampling
    from storage import open_store

    lineup = read_lineup("demo-precisions")
    store = open_store(tmp_path)
    dialogue = Dialogue(lineup, build_engines(lineup), store)
    picture = dialogue.keep_picture(normalise(MANUAL))
    *_, last = dialogue.ask(dialogue.begin(), "What shape is part 3?", [picture], Sampling(max_new_tokens=12))
    weights = [column.metrics.weights_bytes for column in last.columns]
    assert all(column.state == "done" for column in last.columns)
    assert None not in weights and len(set(weights)) == 3
    assert weights == sorted(weights)  # type: ignore[type-var]  # a lineup lists the smallest first
    store.close()
