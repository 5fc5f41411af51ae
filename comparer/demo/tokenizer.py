"""The demo models' tokenizer: a small byte-level BPE with Qwen's special tokens and a ChatML template.

Learned from the wording of questions and answers, so it needs no data set. Digits are single tokens; every closed
word is one token, with and without a leading space. Any text round-trips, because every byte is in the alphabet.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from comparer.demo.questions.wording import ABSENT_ANSWER, ANSWERS, OUTSIDE_ANSWER, QUESTIONS
from comparer.demo.scenes.vocabulary import CHINESE, CLOSED_WORDS

SPECIAL_TOKENS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
END_OF_TEXT, IM_START, IM_END, VISION_START, VISION_END, IMAGE_PAD, VIDEO_PAD = range(len(SPECIAL_TOKENS))
VOCABULARY_SIZE = 1024
"""Rows of the embedding; the tokenizer itself fills no more than these."""

_SLOT = re.compile(r"\{\w+\}")
CHAT_TEMPLATE = (Path(__file__).parent / "chat_template.jinja").read_text(encoding="utf-8")


def _corpus() -> list[str]:
    wording = [template for entry in QUESTIONS.values() for templates in entry.values() for template in templates]
    wording += [template for entry in ANSWERS.values() for template in entry.values()] * 3
    wording = [_SLOT.sub("#", template) for template in wording]
    wording += [answer for answers in (OUTSIDE_ANSWER, ABSENT_ANSWER) for answer in answers.values()]
    wording += [text.replace("?", "？") for text in wording if "?" in text and not text.isascii()]
    return wording * 10 + ["user\n", "assistant\n", "system\n"] * 40


@cache
def build_backend() -> Any:
    """The `tokenizers.Tokenizer`; deterministic, so every checkpoint carries the same one."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    backend.decoder = decoders.ByteLevel()
    closed = [*CLOSED_WORDS, *(f" {word}" for word in CLOSED_WORDS), *CHINESE.values()]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE - len(closed),
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=2,
        max_token_length=12,
        show_progress=False,
    )
    backend.train_from_iterator(_corpus(), trainer)
    backend.add_tokens([AddedToken(word, normalized=False) for word in closed])
    return backend


def build_tokenizer() -> Any:
    """The Hugging Face fast tokenizer with the chat template."""
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=build_backend(),
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=[token for token in SPECIAL_TOKENS[1:] if token != "<|im_end|>"],
        model_max_length=2048,
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def encode(text: str) -> list[int]:
    """Token ids of plain text; special tokens written in it are recognised."""
    ids: list[int] = build_backend().encode(text, add_special_tokens=False).ids
    return ids
