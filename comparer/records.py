"""The frozen values that flow from a request to the score table.

Plain values only: no database ids, no input or output, no torch. Times ending in `_s` are seconds,
`at_s` is `time.perf_counter()` of the thread that made the event, sizes ending in `_bytes` are bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Precision = Literal["fp32", "bf16", "fp16", "int8", "nf4", "fp8", "int4"]
"""int4: four-bit weights as a server runs them (AWQ, GPTQ, GGUF)."""
StopReason = Literal["stop", "length", "cancelled", "error"]
Policy = Literal["fair", "together"]
LoadStep = Literal["room", "weights", "warm_up"]
"""Others are asked to leave; weights are read; a first answer is given and thrown away."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A normalised picture on disk: 8-bit RGB, upright, one frame; named by the SHA-256 of its bytes."""

    sha256: str
    path: Path
    width: int
    height: int

    @property
    def is_here(self) -> bool:
        """Whether the database has it: of a picture in imported ratings it has only the name, and no size."""
        return self.width > 0


@dataclass(frozen=True, slots=True)
class Sampling:
    """How an answer is drawn. `temperature` 0 is greedy and then `top_p`, `top_k`, `seed` do nothing."""

    max_new_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 0.8
    top_k: int = 20
    seed: int = 0
    max_image_tokens: int = 1280
    """Pixel budget of one picture, in merged image tokens (32 x 32 pixels each for Qwen3-VL)."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One question, its new pictures, and this model's answer to it (None while it is being asked)."""

    question: str
    pictures: tuple[Picture, ...] = ()
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What one engine is asked: the whole conversation as this model has seen it; the last turn is open."""

    turns: tuple[Turn, ...]
    sampling: Sampling = field(default_factory=Sampling)


# --- events of one answer, in the order in which they come -------------------------------------------


@dataclass(frozen=True, slots=True)
class Queued:
    """The request was handed in and waits for its turn; `ahead` questions of others come before it."""

    at_s: float
    ahead: int = 0


@dataclass(frozen=True, slots=True)
class Loading:
    """The model is not in memory and is being loaded (warm-up included). Comes again with every step of it."""

    at_s: float
    step: LoadStep | None = None
    share: float | None = None
    """How much of the step is done, 0..1, where that is known."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model is ready after `load_s` seconds; sent only after `Loading`."""

    at_s: float
    load_s: float


@dataclass(frozen=True, slots=True)
class Started:
    """Preprocessing is over and the model begins: time to first token counts from `at_s`.

    Comes again when a server had to be asked again; the last one counts. Token counts are None where a server counts.
    """

    at_s: float
    preprocess_s: float
    input_tokens: int | None
    image_tokens: int | None
    dropped_turns: int = 0
    """Whole old turns left out because the conversation no longer fits the context."""
    disturbed: bool = False
    """Whether the server was at work for others at that moment."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """`count` new tokens at `at_s`; `text` is what they add (empty inside a character, and for reasoning)."""

    at_s: float
    text: str
    count: int | None = 1
    """None where a server sends text without saying how many tokens it is."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer is complete. Memory figures are None where the engine cannot know them."""

    at_s: float
    stop_reason: StopReason
    peak_memory_bytes: int | None = None
    weights_bytes: int | None = None
    input_tokens: int | None = None
    """As a server counted them in the end; None where the events before tell, or nobody does."""
    output_tokens: int | None = None
    """Likewise, reasoning and the end token included."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The answer ended by an error; `code` and `parameters` name a sentence in the locales."""

    at_s: float
    code: str
    parameters: Mapping[str, str | int | float] = field(default_factory=dict)


StreamEvent = Queued | Loading | Loaded | Started | Tokens | Finished | Failed


# --- what is kept ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Metrics:
    """Timing and memory of one answer, by the definitions of vLLM's serving benchmark.

    TTFT = model starts -> first token. E2E = model starts -> last token. TPOT = (E2E - TTFT) / (n - 1).
    Queue, load and preprocessing time are apart and never inside TTFT. None = not measured.
    """

    queue_s: float | None = None
    load_s: float | None = None
    preprocess_s: float | None = None
    ttft_s: float | None = None
    tpot_s: float | None = None
    e2e_s: float | None = None
    tokens_per_s: float | None = None
    input_tokens: int | None = None
    image_tokens: int | None = None
    output_tokens: int | None = None
    peak_memory_bytes: int | None = None
    weights_bytes: int | None = None
    contended: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an answer has no (whole) text, as a sentence's key and its parameters."""

    code: str
    parameters: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """One model's answer in one turn, with everything needed to judge its figures later."""

    model: str
    text: str
    stop_reason: StopReason
    metrics: Metrics
    model_id: str = ""
    precision: Precision = "fp32"
    device: str = ""
    sampling: Sampling = field(default_factory=Sampling)
    position: int = 0
    """Column on screen, 0 = left."""
    dropped_turns: int = 0
    failure: Failure | None = None


def ratable(stop_reason: str, text: str) -> bool:
    """Whether an answer can be judged: it ended by itself, even empty, or it has at least some text."""
    return stop_reason in {"stop", "length"} or bool(text.strip())


@dataclass(frozen=True, slots=True)
class Rating:
    """One reviewer's verdict on one answer."""

    acceptable: bool
    reviewer: str = ""
    reasons: tuple[str, ...] = ()
    note: str = ""
    blind: bool = False
    """Whether the model's name was hidden when the rating was given."""


Choice = Literal["answer", "tie", "none"]


@dataclass(frozen=True, slots=True)
class Preference:
    """Which answer of a turn a reviewer likes best: one of them, a tie, or none."""

    choice: Choice
    answer_id: str = ""
    """The preferred answer's id when `choice` is "answer"."""
    reviewer: str = ""
    blind: bool = False


def preference_for(best: str, reviewer: str = "", blind: bool = False) -> Preference:
    """A vote from what a client sends: an answer's id, "tie" or "none"."""
    if best == "tie":
        return Preference("tie", "", reviewer, blind)
    if best == "none":
        return Preference("none", "", reviewer, blind)
    return Preference("answer", best, reviewer, blind)


@dataclass(frozen=True, slots=True)
class TestItem:
    """A kind of business work, with the pass rate (0..1) that it needs."""

    __test__ = False  # not a pytest class

    key: str
    name_en: str
    name_zh: str
    threshold: float
    weight: float = 1.0
    """How much it counts beside the other items; 0 or more."""
    must_have: bool = False
    """Whether a model that falls short here is not enough, however well it does elsewhere."""
    archived: bool = False
    """Whether it is no longer offered; what was rated under it is kept."""


@dataclass(frozen=True, slots=True)
class RatingSpread:
    """How the ratings of one cell lie in their cases: sums over cases with n ratings, x of them acceptable."""

    accepted: int
    """Sum of x."""
    ratings_squared: int
    """Sum of n^2."""
    ratings_by_accepted: int
    """Sum of n x."""
    accepted_squared: int
    """Sum of x^2."""


@dataclass(frozen=True, slots=True)
class CellCount:
    """Ratings of one model on one item, counted by case (same pictures, same questions so far).

    `passed` is the sum over cases of the share of acceptable ratings within the case: 0 <= passed <= cases.
    """

    item: str
    model: str
    cases: int
    ratings: int
    passed: float
    spread: RatingSpread | None = field(default=None, compare=False)
    """None where only the cases are known; a detail of the same count, and so no part of its equality."""
