"""Several questions in one `generate`: the answers that are given alone, whatever stands beside them."""

import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from comparer.bench.batch import Conversation, next_batch, rounds_of
from comparer.engines import Engine, build_engine
from comparer.engines.batching import collate, padded_tokens, within_budget
from comparer.engines.scripted_engine import Script, ScriptedEngine
from comparer.engines.transformers_engine import TransformersEngine
from comparer.lineup import read_lineup
from comparer.records import Failed, Finished, Picture, Request, Sampling, StreamEvent, Tokens, Turn
from comparer.suites.reading import SHIPPED, read_suite

from .asking import Reply, ask, collect, conversation, request
from .checkpoints import save_llava
from .conftest import DrawPicture, spec_of
from .test_running_out_of_memory import CUDA_SAYS


def ask_batch(
    engine: Engine, requests: Sequence[Request], cancel: threading.Event | None = None
) -> tuple[Reply, ...]:
    """Ask all at once and read every answer; each must end exactly once, and with its last event."""
    events: list[list[StreamEvent]] = [[] for _ in requests]
    for row, event in engine.stream_batch(requests, cancel):
        events[row].append(event)
    for row in events:
        assert [isinstance(event, Finished | Failed) for event in row] == [False] * (len(row) - 1) + [True]
    return tuple(collect(row) for row in events)


def mixed_requests(draw: DrawPicture) -> list[Request]:
    """Without a picture, with one, with several of different sizes, and with a history: all of different lengths."""
    return [
        request("Hello?"),
        request("What is in the picture?", draw("blue", (320, 200)), max_new_tokens=24),
        request("Compare these two, please.", draw("red"), draw("green", (96, 256)), max_new_tokens=20),
        conversation([Turn("What?", (draw("red", (256, 256)),), "a red disc"), Turn("And its colour?")], 16),
        conversation([Turn("Hello?", (), "Hello."), Turn("Is it heavy?", (draw("blue"),))], 3),
    ]


def alone(engine: Engine, one: Request) -> Reply:
    return collect(engine.stream(one))


@pytest.mark.parametrize("model", ["medium", "dense"])
def test_answers_are_those_given_alone(
    model: str, draw: DrawPicture, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    engine: TransformersEngine = request.getfixturevalue(model)
    requests = mixed_requests(draw)
    expected = [alone(engine, one) for one in requests]
    alone_again = no_answer_alone(engine, monkeypatch)

    replies = ask_batch(engine, requests)

    assert not alone_again
    assert [reply.text for reply in replies] == [reply.text for reply in expected]
    for reply, other, asked in zip(replies, expected, requests, strict=True):
        assert reply.finished.stop_reason == other.finished.stop_reason
        assert len(reply.tokens) == len(other.tokens) <= asked.sampling.max_new_tokens
        assert reply.started.input_tokens == other.started.input_tokens
        assert reply.started.image_tokens == other.started.image_tokens
        assert reply.metrics.ttft_s and reply.metrics.e2e_s and reply.metrics.preprocess_s
        assert reply.finished.peak_memory_bytes and reply.finished.weights_bytes


def no_answer_alone(engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """The requests that the engine asks alone from now on."""
    asked: list[Request] = []
    answer = engine._answer_alone

    def note(one: Request, *arguments: Any) -> None:
        asked.append(one)
        answer(one, *arguments)

    monkeypatch.setattr(engine, "_answer_alone", note)
    return asked


def demo_conversations(cases: int | None = None) -> list[Conversation]:
    suite = read_suite(SHIPPED / "demo-business")
    return [
        Conversation(
            tuple(opened(suite.folder / picture) for picture in case.pictures),
            tuple(turn.question for turn in case.turns),
        )
        for case in suite.cases[:cases]
    ]


def opened(path: Path) -> Picture:
    with Image.open(path) as image:
        return Picture(path.stem, path, *image.size)


def test_demo_cases_are_answered_the_same(medium: TransformersEngine) -> None:
    for one in rounds_of(medium, demo_conversations(6), 16, Sampling(max_new_tokens=256)):
        assert one.batched == one.single


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("spec", read_lineup("demo").models, ids=lambda spec: spec.key)
def test_every_demo_model_answers_the_same_in_batches(spec: Any) -> None:
    """A tenth of the cases; all of them, which takes some ten minutes, with COMPARER_PROOF_S set."""
    engine = build_engine(spec.model_copy(update={"device": "cpu"}))
    conversations = demo_conversations()[:: 1 if "COMPARER_PROOF_S" in os.environ else 10]

    rounds = list(rounds_of(engine, conversations, 16, Sampling(max_new_tokens=256)))

    assert sum(len(one.single) for one in rounds) == sum(len(one.questions) for one in conversations)
    different = [pair for one in rounds for pair in zip(one.single, one.batched, strict=True) if pair[0] != pair[1]]
    assert not different
    engine.close()


def test_another_family_is_batched_too(tmp_path: Path, draw: DrawPicture, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = TransformersEngine(spec_of(save_llava(tmp_path / "llava")))
    requests = [request("Hello?"), request("What is this?", draw()), request("A?", draw("blue"), draw("red"))]
    expected = [alone(engine, one).text for one in requests]
    alone_again = no_answer_alone(engine, monkeypatch)

    assert [reply.text for reply in ask_batch(engine, requests)] == expected
    assert not alone_again
    engine.close()


def test_each_answer_ends_at_its_own_limit(dense: TransformersEngine, draw: DrawPicture) -> None:
    limits = (1, 30, 4)
    requests = [request("What?", draw(), max_new_tokens=limit) for limit in limits]

    replies = ask_batch(dense, requests)

    for reply, limit in zip(replies, limits, strict=True):
        assert len(reply.tokens) == limit or reply.finished.stop_reason == "stop"
    assert len(replies[0].tokens) == 1 and replies[0].finished.stop_reason == "length"
    assert replies[1].text.startswith(replies[2].text) and replies[2].text.startswith(replies[0].text)


def test_one_broken_request_fails_alone(dense: TransformersEngine, draw: DrawPicture, tmp_path: Path) -> None:
    missing = Picture("0" * 64, tmp_path / "missing.png", 192, 192)
    requests = [
        request("What?", draw()),
        request("Where?", missing),
        request("y" * 3000),
        request("Hello?"),
    ]

    first, broken, too_long, last = ask_batch(dense, requests)

    assert (broken.failed.code, too_long.failed.code) == ("engine_failed", "context_exceeded")
    assert "missing.png" in str(broken.failed.parameters["problem"])
    assert first.text == alone(dense, requests[0]).text
    assert last.text == alone(dense, requests[3]).text


def test_old_turns_are_dropped_per_request(dense: TransformersEngine, draw: DrawPicture) -> None:
    long = conversation([Turn("x" * 1500, (draw(),), "a disc"), Turn("y" * 1500)])

    replies = ask_batch(dense, [long, request("What?", draw())])

    assert [reply.started.dropped_turns for reply in replies] == [1, 0]
    assert replies[0].text == alone(dense, long).text


def test_a_failing_batch_is_asked_one_by_one(
    dense: TransformersEngine, draw: DrawPicture, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    requests = mixed_requests(draw)
    expected = [alone(dense, one).text for one in requests]
    assert dense._resident is not None
    dense._resident.read.clear()
    fail_with_rows(dense, monkeypatch, more_than=1, error=RuntimeError("shapes do not match"))

    replies = ask_batch(dense, requests)

    assert [reply.text for reply in replies] == expected
    assert "shapes do not match" in caplog.text


def fail_with_rows(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch, more_than: int, error: Exception, at_call: int = 0
) -> list[int]:
    """Let the model's forward raise for batches of more rows, at their `at_call`-th call; notes all batches' rows."""
    assert engine._resident is not None
    model = engine._resident.model
    forward = model.forward
    seen: list[int] = []
    calls = 0

    @wraps(forward)
    def limited(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        rows = int(options["input_ids"].shape[0])
        calls = 0 if options["input_ids"].shape[1] > 1 else calls + 1  # a prefill takes many ids, a step one
        if not calls:
            seen.append(rows)
        if rows > more_than and calls == at_call:
            raise error
        return forward(*arguments, **options)

    monkeypatch.setattr(model, "forward", limited)
    return seen


@pytest.mark.parametrize("at_call", [0, 2])
def test_a_batch_too_large_for_memory_is_split(
    dense_folder: Path, draw: DrawPicture, monkeypatch: pytest.MonkeyPatch, at_call: int
) -> None:
    engine = TransformersEngine(spec_of(dense_folder))
    requests = [request(f"What is in picture {number}?", draw()) for number in range(8)]
    expected = [alone(engine, one) for one in requests]
    error = torch.OutOfMemoryError(CUDA_SAYS)
    seen = fail_with_rows(engine, monkeypatch, more_than=2, error=error, at_call=at_call)

    replies = ask_batch(engine, requests)

    assert seen == [8, 4, 2, 2, 2, 2]
    assert [reply.text for reply in replies] == [reply.text for reply in expected]
    assert [len(reply.tokens) for reply in replies] == [len(reply.tokens) for reply in expected]
    seen.clear()
    ask_batch(engine, [request(f"Is picture {number} red?", draw()) for number in range(8)])
    assert seen == [2, 2, 2, 2]  # it has learned, until it is loaded again
    engine.close()


def test_running_out_of_memory_alone_is_told_of_each(
    dense_folder: Path, draw: DrawPicture, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = TransformersEngine(spec_of(dense_folder))
    engine.load()
    fail_with_rows(engine, monkeypatch, more_than=0, error=torch.OutOfMemoryError(CUDA_SAYS))

    replies = ask_batch(engine, [request("What?", draw()), request("Where?", draw())])

    assert [(reply.failed.code, reply.failed.parameters["needed"]) for reply in replies] == [
        ("out_of_memory", "2.5 GiB")
    ] * 2
    assert not any(reply.tokens for reply in replies)
    engine.close()


def test_cancelling_in_the_middle_ends_every_answer(
    dense: TransformersEngine, draw: DrawPicture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dense._resident is not None
    cancel = threading.Event()
    model = dense._resident.model
    forward = model.forward
    calls = iter(range(10_000))

    @wraps(forward)
    def stop_at_fifth(*arguments: Any, **options: Any) -> Any:
        if next(calls) == 5:
            cancel.set()
        return forward(*arguments, **options)

    monkeypatch.setattr(model, "forward", stop_at_fifth)
    requests = [request("What?", draw(), max_new_tokens=2), request("Where?", draw(), max_new_tokens=200)]

    short, long = ask_batch(dense, requests, cancel)

    assert short.finished.stop_reason in ("length", "stop")
    assert long.finished.stop_reason == "cancelled"
    assert len(long.tokens) == 5


def test_sampled_answers_are_drawn_with_their_own_seeds(dense: TransformersEngine, draw: DrawPicture) -> None:
    sampled = [
        request("What?", draw(), temperature=1.5, top_p=1.0, top_k=0, seed=seed, max_new_tokens=16) for seed in (3, 4)
    ]
    requests = [sampled[0], request("What?", draw()), sampled[1], request("Hello?")]

    replies = ask_batch(dense, requests)

    assert [reply.text for reply in replies] == [alone(dense, one).text for one in requests]
    assert replies[0].text != replies[2].text


def test_a_batch_of_none_and_of_one(dense: TransformersEngine, draw: DrawPicture) -> None:
    assert ask_batch(dense, []) == ()
    (reply,) = ask_batch(dense, [request("What?", draw())])
    assert reply.text == ask(dense, "What?", draw()).text


def test_an_engine_without_batches_answers_one_after_another() -> None:
    engine = ScriptedEngine(
        spec_of("script", engine="scripted"), script=Script(ttft_s=0, tokens_per_s=500, load_s=0.1)
    )

    replies = ask_batch(engine, [request("?")] * 3)

    assert [len(reply.tokens) for reply in replies] == [engine.script.tokens] * 3
    assert replies[0].finished.at_s <= replies[1].started.at_s
    assert all(reply.metrics.load_s for reply in replies)
    engine.close()


def test_a_failed_load_ends_all_requests() -> None:
    engine = ScriptedEngine(spec_of("script", engine="scripted"), script=Script(fault="load"))

    assert [reply.failed.code for reply in ask_batch(engine, [request("?")] * 3)] == ["weights_missing"] * 3
    engine.close()


def test_batches_stay_within_the_budget(dense: TransformersEngine, draw: DrawPicture) -> None:
    assert dense._resident is not None
    rows = [dense._resident.prepare(one, row) for row, one in enumerate(mixed_requests(draw))]

    for budget in (1, 150, 400, 10_000):
        groups = within_budget(rows, budget)
        assert [one for group in groups for one in group] == rows
        assert all(len(group) == 1 or padded_tokens(group) <= budget for group in groups)
    assert len(within_budget(rows, 1)) == len(rows) and len(within_budget(rows, 10_000)) == 1


def test_padding_is_on_the_left_and_masked(dense: TransformersEngine, draw: DrawPicture) -> None:
    assert dense._resident is not None
    rows = [dense._resident.prepare(one).inputs.tensors for one in mixed_requests(draw)]

    together = collate(rows, pad_token_id=7)

    for row, tensors in enumerate(rows):
        length = tensors["input_ids"].shape[1]
        assert torch.equal(together["input_ids"][row, -length:], tensors["input_ids"][0])
        assert torch.all(together["input_ids"][row, :-length] == 7)
        assert together["attention_mask"][row].sum() == length
        assert not together["mm_token_type_ids"][row, :-length].any()
    assert together["image_grid_thw"].shape == (5, 3)


def test_inputs_that_do_not_fit_each_other_are_refused() -> None:
    ids = torch.ones(1, 3, dtype=torch.long)
    rows = [{"input_ids": ids, "pixel_values": torch.zeros(1, tiles, 4)} for tiles in (2, 5)]

    with pytest.raises(ValueError, match="pixel_values"):
        collate(rows, 0)


def test_rounds_take_those_with_most_left() -> None:
    conversations = [Conversation((), ("?",) * turns) for turns in (1, 3, 2, 5)]

    assert [len(one.questions) for one in next_batch(conversations, 2)] == [5, 3]
    conversations[3] = replace(conversations[3], answers=["."] * 4)
    assert [one.left for one in next_batch(conversations, 4)] == [3, 2, 1, 1]


def test_tokens_of_a_row_come_with_the_steps_of_the_batch(dense: TransformersEngine, draw: DrawPicture) -> None:
    """Rows of one batch are stamped by the same steps: the n-th tokens of both came at one time."""
    replies = ask_batch(dense, [request("What?", draw()), request("Where is it?", draw())])

    stamps = [[event.at_s for event in reply.events if isinstance(event, Tokens)] for reply in replies]
    steps = min(map(len, stamps))
    assert stamps[0][:steps] == pytest.approx(stamps[1][:steps], abs=0)
