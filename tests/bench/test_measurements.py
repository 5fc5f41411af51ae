"""Files of measurements: written and read alike, and nothing odd in one is passed over."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from comparer.bench.environment import choose_device, describe_device, file_name, repository_commit
from comparer.bench.measurements import (
    SHIPPED,
    Device,
    Measurement,
    Measurements,
    read_measurements,
    shipped_measurements,
)
from comparer.bench.plan import Sizes, Task, grid, pairs, tasks_of
from comparer.bench.roofline import find_card
from comparer.bench.table import row, table
from comparer.bench.timing import TokenClock, repeat
from comparer.errors import InputError

NAME = "NVIDIA H100 80GB HBM3"
DECODE = Measurement(
    id="8B/bf16/decode/compiled/text1024/batch1",
    model="Qwen/Qwen3-VL-8B-Instruct",
    precision="bf16",
    kind="decode",
    status="measured",
    mode="compiled",
    text_tokens=1024,
    new_tokens=64,
    runs=5,
    median_s=0.008,
    q1_s=0.0079,
    q3_s=0.0081,
    warm_up_s=41.5,
    step_median_s=0.0078,
    tokens_per_s=125.0,
    ceiling_tokens_per_s=220.0,
    peak_bytes=18 * 2**30,
    graph_breaks=0,
    graph_skips=0,
)
SKIPPED = Measurement(
    id="30B-A3B/bf16/build",
    model="Qwen/Qwen3-VL-30B-A3B-Instruct",
    precision="bf16",
    kind="build",
    status="skipped",
    reason="budget",
)
CONTENT = Measurements(
    date=datetime(2026, 11, 22, 20, 0, tzinfo=UTC),
    device=Device(NAME, 80 * 2**30, "580.1"),
    versions={"torch": "2.11.0", "bitsandbytes": None},
    commit="0123456789ab",
    commands=("python -m comparer.bench.gpu",),
    peak=find_card(NAME),
    measurements=(DECODE, SKIPPED),
)


def written(folder: Path, **changes: Any) -> Path:
    file = folder / "card.json"
    file.write_text(replace(CONTENT, **changes).to_json(), "utf-8")
    return file


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert read_measurements(written(tmp_path)) == CONTENT
    assert DECODE.share_of_ceiling == pytest.approx(125 / 220)
    assert SKIPPED.share_of_ceiling is None
    assert "--resume" in SKIPPED.why("zh") and not DECODE.why("zh")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 2}, "schema 2"),
        ({"shrunk": "no"}, "shrunk"),
        ({"date": "yesterday"}, "isoformat"),
        ({"device": {"name": "x"}}, "memory_bytes"),
        ({"measurements": [{"id": "x"}]}, "missing"),
        ({"measurements": [json.loads(CONTENT.to_json())["measurements"][0] | {"surprise": 1}]}, "surprise"),
        ({"measurements": [json.loads(CONTENT.to_json())["measurements"][0] | {"median_s": "fast"}]}, "median_s"),
        ({"measurements": [json.loads(CONTENT.to_json())["measurements"][0] | {"status": "fine"}]}, "fine"),
        ({"measurements": [json.loads(CONTENT.to_json())["measurements"][1] | {"status": "measured"}]}, "median_s"),
        ({"measurements": [json.loads(CONTENT.to_json())["measurements"][1] | {"reason": ""}]}, "reason"),
        ({"measurements": [json.loads(CONTENT.to_json())["measurements"][1] | {"reason": "moon"}]}, "bench.moon"),
    ],
)
def test_a_wrong_file_is_refused_and_says_why(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    file = tmp_path / "card.json"
    file.write_text(json.dumps(json.loads(CONTENT.to_json()) | change), "utf-8")
    with pytest.raises(InputError) as refused:
        read_measurements(file)
    assert said in str(refused.value) and str(file) in str(refused.value)


@pytest.mark.parametrize("content", ["", "[]", "{", "null"])
def test_what_is_no_object_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "card.json").write_text(content)
    with pytest.raises(InputError):
        shipped_measurements(tmp_path)


def test_the_newest_come_first(tmp_path: Path) -> None:
    for day in (3, 9, 5):
        content = replace(CONTENT, date=datetime(2026, 11, day, tzinfo=UTC))
        (tmp_path / f"{day}.json").write_text(content.to_json(), "utf-8")
    assert [content.date.day for content in shipped_measurements(tmp_path)] == [9, 5, 3]


def test_what_is_shipped_was_measured_at_real_size() -> None:
    for content in shipped_measurements():
        assert not content.shrunk
        assert (SHIPPED / file_name(content.device.name)).is_file()


def test_the_table_says_what_it_is_of() -> None:
    lines = table(CONTENT, Path("card.json")).splitlines()
    assert NAME in lines[0] and "torch 2.11.0" in lines[0] and "bitsandbytes none" in lines[0]
    assert "3.35 TB/s" in lines[1]
    assert row(DECODE) in lines
    assert row(DECODE).split()[1:] == ["8.0", "ms", "7.9", "ms-8.1", "ms", "125", "220", "57%", "18.00"]
    assert "skipped: The time given" in row(SKIPPED)
    assert lines[-1] == "1 measured, 1 skipped in card.json."
    assert "mean nothing" in table(replace(CONTENT, shrunk=True, peak=None), Path("x"))


def test_every_task_has_its_own_name() -> None:
    asked = [
        task.id
        for model, precision in pairs(("4B", "8B"), ("bf16", "nf4"))
        for task in tasks_of(model, precision, Sizes())
    ]
    assert len(set(asked)) == len(asked) == 4 * 12
    assert asked[12] == "8B/bf16/build", "all models in bf16 come before any in nf4"
    assert Task("4B", "bf16", "prefill", 34, 256).input_tokens == 290


@pytest.mark.parametrize(("tokens", "sides"), [(256, (16, 16)), (1280, (32, 40)), (4096, (64, 64)), (7, (1, 7))])
def test_a_picture_has_exactly_the_tokens_asked_for(tokens: int, sides: tuple[int, int]) -> None:
    assert grid(tokens) == sides


def test_the_first_run_does_not_count() -> None:
    times = iter([100.0, 4.0, 1.0, 3.0, 2.0, 5.0])
    timing = repeat(lambda: next(times), 5)
    assert (timing.median_s, timing.q1_s, timing.q3_s, timing.runs) == (3.0, 2.0, 4.0, 5)


def test_gaps_are_between_tokens_only() -> None:
    clock = TokenClock()
    clock._at_s = [0.0, 5.0, 5.5, 6.5]
    assert clock.gaps_s(3) == [0.5, 1.0], "the prompt's reading is no gap"
    with pytest.raises(RuntimeError, match="3 tokens"):
        clock.gaps_s(4)


def test_names_of_files_and_devices() -> None:
    assert file_name(NAME) == "nvidia-h100-80gb-hbm3.json"
    described = describe_device("cpu")
    assert described.name and described.memory_bytes > 2**28 and described.driver is None


def test_no_repository_is_no_commit(tmp_path: Path) -> None:
    assert repository_commit(tmp_path) is None


def test_cards_are_chosen_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)

    chosen = {wanted: choose_device(wanted, shrunk=False) for wanted in ("auto", "cuda", "cuda:1")}
    assert chosen == {"auto": "cuda:0", "cuda": "cuda:0", "cuda:1": "cuda:1"}
    assert choose_device("auto", shrunk=True) == "cuda:0", "toys try the card's path where there is a card"
    assert choose_device("cpu", shrunk=True) == "cpu"
    with pytest.raises(InputError, match="2 found"):
        choose_device("cuda:2", shrunk=True)
