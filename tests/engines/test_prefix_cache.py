"""A conversation's next question in a batch begins where the last one ended, and gets the answer it gets alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch

from comparer.engines.prefix_cache import IDLE_S, Prefix, PrefixCache
from comparer.engines.transformers_engine import TransformersEngine
from comparer.records import Turn

from .asking import Reply, conversation, request
from .conftest import DrawPicture, spec_of
from .test_batching import alone, ask_batch

QUESTIONS = ("What is in the picture?", "And its colour?", "Is it large?")
ONE, OTHER = (("one", 1, 12, 12),), (("other", 1, 12, 12),)


@contextmanager
def counting(engine: TransformersEngine) -> Iterator[list[tuple[int, int]]]:
    """Rows and tokens of every pass through the language model."""
    assert engine._resident is not None
    seen: list[tuple[int, int]] = []

    def note(_: Any, __: Any, output: Any) -> None:
        seen.append(tuple(output.last_hidden_state.shape[:2]))

    hook = engine._resident.model.base_model.language_model.register_forward_hook(note)
    yield seen
    hook.remove()


@pytest.fixture(params=["medium", "dense", "moe"])
def engine(request: pytest.FixtureRequest) -> Iterator[TransformersEngine]:
    if request.param != "moe":
        yield request.getfixturevalue(request.param)
        return
    moe = TransformersEngine(spec_of(request.getfixturevalue("moe_folder")))
    moe.load()
    yield moe
    moe.close()


def test_later_questions_read_only_what_is_new(engine: TransformersEngine, draw: DrawPicture) -> None:
    pictures = [(draw("red"),), (draw("blue", (320, 200)),), (draw("green"), draw("red", (96, 256)))]
    said: list[list[str]] = [[] for _ in pictures]
    assert engine._resident is not None
    engine._resident.read.clear()
    for number, question in enumerate(QUESTIONS):
        requests = [
            conversation(
                [
                    *(
                        Turn(QUESTIONS[turn], shown if turn == 0 else (), text)
                        for turn, text in enumerate(said[place])
                    ),
                    Turn(question, () if number else shown),
                ]
            )
            for place, shown in enumerate(pictures)
        ]
        expected = [alone(engine, one) for one in requests]
        with counting(engine) as passes:
            replies = ask_batch(engine, requests)
        assert [texts(reply) for reply in replies] == [texts(reply) for reply in expected]
        longest = max(reply.started.input_tokens or 0 for reply in replies)
        assert passes[0] == (3, longest) if number == 0 else passes[0][0] == 3 and passes[0][1] < longest / 2
        for place, reply in enumerate(replies):
            said[place].append(reply.text)


def texts(reply: Reply) -> tuple[str, list[str], int | None, str]:
    return reply.text, [token.text for token in reply.tokens], reply.started.input_tokens, reply.finished.stop_reason


def test_what_is_known_and_what_is_not_are_asked_apart(dense: TransformersEngine, draw: DrawPicture) -> None:
    assert dense._resident is not None
    dense._resident.read.clear()
    ask_batch(dense, [request("What?", draw("red")), request("What?", draw("blue"))])
    going_on = [
        conversation([Turn("What?", (draw(colour),), "a disc"), Turn("Is it heavy?")]) for colour in ("red", "blue")
    ]
    new = [request("What is it?", draw("green", (128, 64))), request("And this?", draw("green", (64, 128)))]
    mixed = [going_on[0], new[0], going_on[1], new[1]]
    expected = [alone(dense, one).text for one in mixed]
    with counting(dense) as passes:
        replies = ask_batch(dense, mixed)
    assert [reply.text for reply in replies] == expected
    assert {rows for rows, _ in passes} == {2}
    assert len([tokens for _, tokens in passes if tokens > 1]) == 2


def test_another_picture_of_the_same_size_is_another_beginning(dense: TransformersEngine, draw: DrawPicture) -> None:
    assert dense._resident is not None
    dense._resident.read.clear()
    ask_batch(dense, [request("What?", draw("red")), request("What?", draw("blue"))])
    others = [request("What?", draw("green")), request("What?", draw("black"))]
    expected = [alone(dense, one).text for one in others]
    with counting(dense) as passes:
        assert [reply.text for reply in ask_batch(dense, others)] == expected
    assert passes[0][1] > 36  # the picture's tokens among them


# --- the cache by itself -------------------------------------------------------------------------------


def prefix(*ids: int) -> Prefix:
    """One layer, one head of one number: four bytes each for the key and the value of a token."""
    return Prefix(ids, torch.arange(2.0 * len(ids)).reshape(1, 2, 1, len(ids), 1), -3)


def test_the_longest_beginning_with_one_token_left_to_read() -> None:
    cache = PrefixCache(1000)
    cache.keep(ONE, prefix(1, 2, 3, 4))
    cache.keep(ONE, prefix(1, 2, 9))
    found = cache.longest(ONE, (1, 2, 3, 5, 6), text_from=1)
    assert found is not None and found.ids == (1, 2, 3) and found.rope_delta == -3
    assert torch.equal(found.states, prefix(1, 2, 3, 4).states[:, :, :, :3])
    whole = cache.longest(ONE, (1, 2, 3, 4), text_from=1)
    assert whole is not None and whole.ids == (1, 2, 3)
    assert cache.longest(ONE, (7, 8), text_from=0) is None
    assert cache.longest(OTHER, (1, 2, 3, 5), text_from=1) is None


def test_a_picture_is_never_cut() -> None:
    cache = PrefixCache(1000)
    cache.keep(ONE, prefix(1, 2, 3, 4))
    assert cache.longest(ONE, (1, 2, 8, 9), text_from=3) is None
    assert cache.longest(ONE, (1, 2, 3, 9), text_from=3) is not None


def test_the_longer_one_takes_the_place_of_what_it_goes_on_from() -> None:
    cache = PrefixCache(1000)
    cache.keep(ONE, prefix(1, 2))
    cache.keep(OTHER, prefix(1, 2))
    cache.keep(ONE, prefix(1, 2, 3))
    assert cache.bytes == 8 * (3 + 2)


def test_the_least_recently_used_is_forgotten_when_there_is_no_room() -> None:
    cache = PrefixCache(8 * 7)
    cache.keep(ONE, prefix(1, 2, 3))
    cache.keep(OTHER, prefix(4, 5, 6))
    assert cache.longest(ONE, (1, 2, 3, 4), text_from=0) is not None
    cache.keep(ONE, prefix(7, 8, 9))
    assert cache.bytes <= 8 * 7
    assert cache.longest(OTHER, (4, 5, 6, 7), text_from=0) is None
    assert cache.longest(ONE, (1, 2, 3, 4), text_from=0) is not None
    cache.keep(ONE, prefix(*range(20, 40)))  # more than may be kept at all
    assert cache.bytes == 0


def test_it_is_given_back_once_batches_are_over() -> None:
    now = [0.0]
    cache = PrefixCache(1000, clock=lambda: now[0])
    cache.keep(ONE, prefix(1, 2))
    cache.longest(ONE, (1, 2, 3), text_from=0)
    now[0] = IDLE_S
    cache.clear_idle()
    assert cache.bytes
    now[0] = IDLE_S + 1
    cache.clear_idle()
    assert not cache.bytes
