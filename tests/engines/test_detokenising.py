"""Text deltas add up to the text, whatever tokens it is cut into."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparer.engines.streaming import Detokeniser

from .checkpoints import SPECIAL, byte_tokenizer

TOKENIZER = byte_tokenizer()


def decode(ids: Sequence[int]) -> str:
    text: str = TOKENIZER.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return text


def deltas(ids: Sequence[int]) -> list[str]:
    detokeniser = Detokeniser(decode)
    return [detokeniser.push(number) for number in ids]


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffd"), max_size=30))
def test_any_text_comes_out_whole(text: str) -> None:
    ids = TOKENIZER(text, add_special_tokens=False)["input_ids"]

    pieces = deltas(ids)

    assert "".join(pieces) == text
    assert all("\ufffd" not in piece for piece in pieces)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, len(TOKENIZER) - 1), max_size=40))
def test_any_tokens_give_the_full_decode_without_broken_characters(ids: list[int]) -> None:
    assert "".join(deltas(ids)) == decode(ids).replace("\ufffd", "")


def test_special_tokens_say_nothing() -> None:
    ids = TOKENIZER.convert_tokens_to_ids(list(SPECIAL))

    assert "".join(deltas(ids)) == ""


def test_a_character_comes_with_its_last_token() -> None:
    assert deltas(TOKENIZER("a好", add_special_tokens=False)["input_ids"]) == ["a", "", "", "好"]


def test_a_leading_space_that_decoding_drops_is_kept_between_words() -> None:
    """Tokenizers of the SentencePiece kind drop the space at the start of what they decode."""
    words = {1: " one", 2: " two", 3: " three"}

    def dropping(ids: Sequence[int]) -> str:
        return "".join(words[number] for number in ids).removeprefix(" ")

    detokeniser = Detokeniser(dropping)

    assert [detokeniser.push(number) for number in (1, 2, 3)] == ["one", " two", " three"]


def test_the_work_for_a_token_does_not_grow_with_the_answer() -> None:
    lengths: list[int] = []

    def counting(ids: Sequence[int]) -> str:
        lengths.append(len(ids))
        return decode(ids)

    detokeniser = Detokeniser(counting)
    for number in TOKENIZER("word " * 100, add_special_tokens=False)["input_ids"]:
        detokeniser.push(number)

    assert max(lengths) < 8


@pytest.mark.parametrize("noise", [[200] * 50, [228, 189] * 30])
def test_endless_broken_bytes_neither_stall_nor_leak(noise: list[int]) -> None:
    alphabet = [TOKENIZER.convert_tokens_to_ids(mark) for mark in _marks(noise)]

    pieces = deltas([*alphabet, *TOKENIZER("ok", add_special_tokens=False)["input_ids"]])

    assert "".join(pieces) == "ok"


def _marks(numbers: list[int]) -> list[str]:
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    return [bytes_to_unicode()[number] for number in numbers]
