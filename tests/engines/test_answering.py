"""A checkpoint answers: the same text as a plain `generate`, in order, honestly timed, and it stops when told."""

import gc
import threading
import warnings
import weakref
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
import torch
from PIL import Image
from transformers import AutoModelForImageTextToText

from comparer.engines.processing import load_processor
from comparer.engines.transformers_engine import TransformersEngine
from comparer.records import Finished, Loaded, Loading, Picture, Queued, Started, Tokens, Turn

from .asking import ask, collect, conversation, request
from .conftest import DrawPicture, spec_of


def plain_generate(folder: str, question: str, picture: Picture, max_new_tokens: int) -> str:
    """What transformers alone answers, with nothing of the product in between but the image-only processor."""
    model = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32)
    processor = load_processor(Path(folder))
    content = [{"type": "image"}, {"type": "text", "text": question}]
    prompt = processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)
    inputs = processor(text=[prompt], images=[Image.open(picture.path)], return_tensors="pt")
    output = model.generate(**inputs, do_sample=False, max_new_tokens=max_new_tokens)
    answer: str = processor.tokenizer.decode(output[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    return answer


@pytest.fixture
def clean_up() -> Iterator[ExitStack]:
    """What a test hangs onto a shared engine is taken off again."""
    with ExitStack() as stack:
        yield stack


def test_the_greedy_answer_is_that_of_plain_generate(medium: TransformersEngine, draw: DrawPicture) -> None:
    picture = draw("blue", (320, 200))

    reply = ask(medium, "What is in the picture?", picture, max_new_tokens=24)

    assert reply.text == plain_generate(medium.spec.model, "What is in the picture?", picture, 24)
    assert reply.text


def test_events_come_in_order_with_stamps_that_never_go_back(dense_folder: Path, draw: DrawPicture) -> None:
    engine = TransformersEngine(spec_of(dense_folder))

    reply = ask(engine, "What?", draw())

    kinds = [type(event) for event in reply.events if not isinstance(event, Tokens)]
    assert list(dict.fromkeys(kinds)) == [Queued, Loading, Loaded, Started, Finished]
    steps = [event.step for event in reply.events if isinstance(event, Loading)]
    assert list(dict.fromkeys(steps)) == [None, "room", "weights", "warm_up"]
    assert isinstance(reply.events[-1], Finished)
    assert all(before.at_s <= after.at_s for before, after in pairwise(reply.events))
    assert all(event.count == 1 for event in reply.tokens)
    assert 1 <= len(reply.tokens) <= 12
    engine.close()


def test_the_figures_add_up(medium: TransformersEngine, draw: DrawPicture) -> None:
    metrics = ask(medium, "What?", draw(), max_new_tokens=24).metrics

    assert metrics.ttft_s and metrics.tpot_s and metrics.e2e_s and metrics.output_tokens
    assert metrics.ttft_s + metrics.tpot_s * (metrics.output_tokens - 1) == pytest.approx(metrics.e2e_s, rel=0.05)
    assert metrics.tokens_per_s == pytest.approx(1 / metrics.tpot_s)
    assert metrics.preprocess_s and metrics.preprocess_s > 0
    assert metrics.load_s == 0
    assert metrics.weights_bytes and metrics.peak_memory_bytes and metrics.peak_memory_bytes > metrics.weights_bytes


def test_the_end_token_counts_and_says_nothing(
    dense: TransformersEngine, draw: DrawPicture, clean_up: ExitStack
) -> None:
    resident = dense._resident
    assert resident is not None
    end = resident.end_token_ids[0]
    _speak(clean_up, dense, [*b"ok", end])

    reply = ask(dense, "What?", draw())

    assert reply.finished.stop_reason == "stop"
    assert reply.text == "ok"
    assert [event.text for event in reply.tokens] == ["o", "k", ""]
    assert reply.metrics.output_tokens == 3


def test_an_answer_at_the_limit_says_so(medium: TransformersEngine, draw: DrawPicture) -> None:
    reply = ask(medium, "What?", draw(), max_new_tokens=1)

    assert len(reply.tokens) == 1
    assert reply.finished.stop_reason in ("length", "stop")


@pytest.mark.parametrize("answer", ["你好，世界。", "👩‍🔧 fährt 🚒 — ¡olé!", "é́ 한국어 🇩🇪"])
def test_no_half_character_is_ever_given_out(
    dense: TransformersEngine, draw: DrawPicture, clean_up: ExitStack, answer: str
) -> None:
    _speak(clean_up, dense, list(answer.encode()))  # one token a byte: most of them end inside a character

    reply = ask(dense, "What?", draw(), max_new_tokens=len(answer.encode()))

    assert reply.text == answer
    assert all("\ufffd" not in event.text for event in reply.tokens)
    assert len(reply.tokens) == len(answer.encode())


def test_an_answer_cut_inside_a_character_ends_before_it(
    dense: TransformersEngine, draw: DrawPicture, clean_up: ExitStack
) -> None:
    _speak(clean_up, dense, list("好坏".encode()))

    assert ask(dense, "What?", draw(), max_new_tokens=5).text == "好"


def test_stop_ends_an_answer_within_one_token(
    dense: TransformersEngine, draw: DrawPicture, clean_up: ExitStack
) -> None:
    cancel = threading.Event()
    begun_after_stop = 0
    _speak(clean_up, dense, list(b"x" * 400))
    assert dense._resident is not None

    def count(*_: object) -> None:
        nonlocal begun_after_stop
        begun_after_stop += cancel.is_set()

    hook = dense._resident.model.register_forward_pre_hook(count)
    clean_up.callback(hook.remove)
    tokens_after_stop, stopped_s = 0, 0.0
    for event in dense.stream(request("Describe everything.", draw(), max_new_tokens=400), cancel):
        if isinstance(event, Tokens):
            if cancel.is_set():
                tokens_after_stop += event.at_s > stopped_s
            elif event.text == "x":
                cancel.set()
                stopped_s = perf_counter()
        last = event

    assert isinstance(last, Finished) and last.stop_reason == "cancelled"
    assert begun_after_stop <= 1
    assert tokens_after_stop <= 1


def test_stop_during_the_prefill_ends_without_a_token(
    dense: TransformersEngine, draw: DrawPicture, monkeypatch: pytest.MonkeyPatch
) -> None:
    resident = dense._resident
    assert resident is not None
    cancel = threading.Event()
    visual = resident.model.model.visual
    forward = visual.forward

    def look_and_stop(*args: object, **options: object) -> object:
        cancel.set()
        return forward(*args, **options)

    monkeypatch.setattr(visual, "forward", look_and_stop)

    reply = collect(dense.stream(request("What?", draw()), cancel))

    assert reply.finished.stop_reason == "cancelled"
    assert not reply.tokens


def test_stop_before_the_start_ends_at_once(dense: TransformersEngine, draw: DrawPicture) -> None:
    cancel = threading.Event()
    cancel.set()

    reply = collect(dense.stream(request("What?", draw()), cancel))

    assert reply.finished.stop_reason == "cancelled"
    assert not reply.tokens


def test_a_later_turn_sees_the_earlier_picture(medium: TransformersEngine, draw: DrawPicture) -> None:
    def second_turn(picture: Picture) -> list[float]:
        turns = [Turn("What?", (picture,), "a disc"), Turn("And its colour?")]
        reply = collect(medium.stream(conversation(turns)))
        assert reply.started.image_tokens > 0
        return _first_scores(medium, turns)

    assert second_turn(draw("red")) != second_turn(draw("blue"))


def test_a_later_turn_sees_the_earlier_answer(medium: TransformersEngine, draw: DrawPicture) -> None:
    def scores(answer: str) -> list[float]:
        return _first_scores(medium, [Turn("What?", (draw(),), answer), Turn("And then?")])

    assert scores("a fan") != scores("a pump")


def test_several_pictures_all_count(medium: TransformersEngine, draw: DrawPicture) -> None:
    one = ask(medium, "What?", draw("red"))
    two = ask(medium, "What?", draw("red"), draw("blue"))

    assert two.started.image_tokens == 2 * one.started.image_tokens
    turns = [Turn("What?", (draw("red"), draw("blue"))), Turn("What?", (draw("blue"), draw("red")))]
    assert _first_scores(medium, turns[:1]) != _first_scores(medium, turns[1:])


def test_a_question_without_a_picture_is_answered(medium: TransformersEngine) -> None:
    reply = ask(medium, "Hello?")

    assert reply.started.image_tokens == 0
    assert reply.finished.stop_reason in ("stop", "length")


def test_a_seed_repeats_an_answer_and_another_changes_it(dense: TransformersEngine, draw: DrawPicture) -> None:
    def drawn(seed: int) -> str:
        return ask(dense, "What?", draw(), temperature=1.5, top_p=1.0, top_k=0, seed=seed, max_new_tokens=24).text

    state = torch.random.get_rng_state()

    assert drawn(1) == drawn(1)
    assert len({drawn(seed) for seed in range(4)}) > 1
    assert torch.equal(torch.random.get_rng_state(), state)


def test_greedy_answers_carry_no_sampling_advice_of_the_checkpoint(
    dense: TransformersEngine, draw: DrawPicture, caplog: pytest.LogCaptureFixture
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first = ask(dense, "What?", draw())
        second = ask(dense, "What?", draw())

    assert first.text == second.text
    assert not caplog.records


def test_unloading_gives_the_model_back(dense_folder: Path, draw: DrawPicture) -> None:
    engine = TransformersEngine(spec_of(dense_folder))
    ask(engine, "What?", draw())
    assert engine._resident is not None
    model = weakref.ref(engine._resident.model)
    footprint = engine.footprint()
    assert footprint is not None and footprint.weights_bytes > 0
    assert footprint.free_bytes and footprint.total_bytes and footprint.free_bytes < footprint.total_bytes

    engine.unload()
    gc.collect()

    assert model() is None
    assert engine.state == "unloaded"
    assert engine.footprint() is None
    assert any(isinstance(event, Loaded) for event in ask(engine, "What?", draw()).events)
    engine.close()


def test_the_warm_up_is_over_when_the_model_is_ready(medium: TransformersEngine, draw: DrawPicture) -> None:
    """The first answer's time to the first token is like the later ones', within what a shared machine allows."""
    spec = medium.spec
    engine = TransformersEngine(spec)
    engine.load()

    times = [ask(engine, "What?", draw(), max_new_tokens=2).metrics.ttft_s or 0 for _ in range(5)]

    assert times[0] < 10 * sorted(times)[2]
    engine.close()


def _first_scores(engine: TransformersEngine, turns: list[Turn]) -> list[float]:
    """The scores of the first answered token: they differ wherever the inputs do, even untrained."""
    resident = engine._resident
    assert resident is not None
    tensors = resident.chat.prepare(turns, 1280, 2048).tensors
    with torch.no_grad():
        scores: list[float] = resident.model(**tensors).logits[0, -1].tolist()
    return scores


def _speak(clean_up: ExitStack, engine: TransformersEngine, ids: list[int]) -> None:
    """Let the model say the given bytes (ids below 256) and special tokens, whatever it is asked."""
    resident = engine._resident
    assert resident is not None
    tokenizer = resident.chat.tokenizer
    said = [_byte_token(tokenizer, number) if number < 256 else number for number in ids]

    def recite(_module: object, _inputs: object, output: Any) -> None:
        output.logits[:, -1, :] = -1e4
        output.logits[:, -1, said.pop(0) if said else 0] = 1e4

    hook = resident.model.register_forward_hook(recite)
    clean_up.callback(hook.remove)


def _byte_token(tokenizer: object, byte: int) -> int:
    """The id of one byte in the tests' byte-level vocabulary."""
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    identifier: int = tokenizer.convert_tokens_to_ids(bytes_to_unicode()[byte])  # type: ignore[attr-defined]
    return identifier
