"""What is measured, in which order. Plain values; nothing is run here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["build", "prefill", "decode", "release"]
Mode = Literal["eager", "compiled"]

MODELS = {
    "4B": "Qwen/Qwen3-VL-4B-Instruct",
    "8B": "Qwen/Qwen3-VL-8B-Instruct",
    "30B-A3B": "Qwen/Qwen3-VL-30B-A3B-Instruct",
}
"""Hub id of each model by its key in the lineup `qwen3-vl`; configurations are in `assets/configs`."""
PRECISIONS = ("bf16", "int8", "nf4", "fp8")
QUESTION_TOKENS = 32
"""Text beside a picture."""
BESIDE_PICTURE_TOKENS = 2 + QUESTION_TOKENS
"""The picture's start and end marks, and the question."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is asked of a model; all lengths in tokens."""

    pictures: tuple[int, ...] = (256, 1280, 4096)
    """256 to 1280 tokens is the advice of Qwen3-VL's README; 4096 is a picture of 2048 x 2048 pixels."""
    prefill_contexts: tuple[int, ...] = (1024, 8192, 32768)
    decode_contexts: tuple[int, ...] = (1024, 8192)
    batch: int = 16
    new_tokens: int = 64
    repeats: int = 5


SHRUNK_SIZES = Sizes((4, 16), (32, 64), (32, 64), batch=2, new_tokens=8)


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to measure. `text_tokens` counts all of the prompt but its picture."""

    model: str
    precision: str
    kind: Kind
    text_tokens: int = 0
    image_tokens: int = 0
    new_tokens: int = 0
    batch: int = 1
    mode: Mode = "eager"

    @property
    def input_tokens(self) -> int:
        """Tokens of one prompt, text and picture."""
        return self.text_tokens + self.image_tokens

    @property
    def id(self) -> str:
        """The task's name in a file of measurements, such as "4B/bf16/decode/compiled/text1024/batch1"."""
        name = f"{self.model}/{self.precision}/{self.kind}"
        if self.kind == "prefill":
            return f"{name}/image{self.image_tokens}" if self.image_tokens else f"{name}/text{self.text_tokens}"
        if self.kind == "decode":
            return f"{name}/{self.mode}/text{self.text_tokens}/batch{self.batch}"
        return name


def tasks_of(model: str, precision: str, sizes: Sizes) -> Iterator[Task]:
    """Everything to measure of one model in one precision; what is compiled comes last, since it costs most."""
    new_tokens, context = sizes.new_tokens, sizes.decode_contexts[0]
    yield Task(model, precision, "build")
    for tokens in sizes.pictures:
        yield Task(model, precision, "prefill", BESIDE_PICTURE_TOKENS, tokens)
    for tokens in sizes.prefill_contexts:
        yield Task(model, precision, "prefill", tokens)
    for tokens in sizes.decode_contexts:
        yield Task(model, precision, "decode", tokens, new_tokens=new_tokens)
    yield Task(model, precision, "decode", context, new_tokens=new_tokens, batch=sizes.batch)
    yield Task(model, precision, "decode", context, new_tokens=new_tokens, mode="compiled")
    yield Task(model, precision, "release")


def pairs(models: Sequence[str], precisions: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Models and precisions in the order of measuring: all models in the first precision come first."""
    for precision in precisions:
        for model in models:
            yield model, precision


def grid(image_tokens: int) -> tuple[int, int]:
    """Rows and columns, as square as can be, of a picture of that many image tokens."""
    rows = next(rows for rows in range(int(image_tokens**0.5), 0, -1) if image_tokens % rows == 0)
    return rows, image_tokens // rows
