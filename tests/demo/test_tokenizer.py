"""Any text goes through the tokenizer and comes back; closed words and digits are single tokens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparer.demo.scenes.vocabulary import CHINESE, CLOSED_WORDS
from comparer.demo.tokenizer import IM_END, IMAGE_PAD, SPECIAL_TOKENS, VOCABULARY_SIZE, build_tokenizer, encode


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return build_tokenizer()


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_round_trips(text: str) -> None:
    tokenizer = build_tokenizer()
    assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False)) == text


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n a  b\t", "fan风扇 fanatic 传感器！", "été 🙂\u200d👩 \x00", "\u2028'll've"]
)
def test_awkward_text_round_trips(tokenizer: Any, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False)) == text


def test_closed_words_are_single_tokens() -> None:
    for word in (*CLOSED_WORDS, *CHINESE.values(), *(f" {word}" for word in CLOSED_WORDS)):
        assert len(encode(word)) == 1, word


def test_digits_are_single_tokens() -> None:
    assert len(encode("2026")) == 4


def test_special_tokens_have_the_ids_of_the_configuration(tokenizer: Any) -> None:
    assert tokenizer.convert_tokens_to_ids(list(SPECIAL_TOKENS)) == list(range(len(SPECIAL_TOKENS)))
    assert tokenizer.eos_token_id == IM_END
    assert len(tokenizer) <= VOCABULARY_SIZE


def test_the_template_takes_pictures_system_messages_and_several_turns(tokenizer: Any) -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What is part 2?"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Part 2 is the fan."}]},
        {"role": "user", "content": [{"type": "text", "text": "And part 1?"}]},
    ]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert text == (
        "<|im_start|>system\nBe brief.<|im_end|>\n"
        "<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>What is part 2?<|im_end|>\n"
        "<|im_start|>assistant\nPart 2 is the fan.<|im_end|>\n"
        "<|im_start|>user\nAnd part 1?<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    assert tokenizer(text)["input_ids"].count(IMAGE_PAD) == 1
