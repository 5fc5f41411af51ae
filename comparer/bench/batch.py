"""What answering in batches gains: the same questions one by one and together, in turns of one small round each.

A round takes the next question of those conversations that have most left, so that batches stay full to the end; the
model's own answers are in its history. Each way has pictures of its own name, so that neither finds prepared what the
other has opened. Knows nothing of suites: whoever measures hands the conversations in.
"""

import statistics
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import NamedTuple

from comparer.engines import Engine
from comparer.errors import EngineError
from comparer.records import Failed, Picture, Request, Sampling, StreamEvent, Tokens, Turn


@dataclass(slots=True)
class Conversation:
    """Pictures and the questions about them in order, with the model's answers so far."""

    pictures: tuple[Picture, ...]
    questions: tuple[str, ...]
    answers: list[str] = field(default_factory=list)

    @property
    def left(self) -> int:
        """How many questions are still to be asked."""
        return len(self.questions) - len(self.answers)

    def request(self, sampling: Sampling, way: str) -> Request:
        """The next question with everything before it, on pictures of the name that one `way` of asking has."""
        asked = self.questions[: len(self.answers) + 1]
        named = tuple(replace(picture, sha256=f"{way}:{picture.sha256}") for picture in self.pictures)
        pictures = (named, *((),) * (len(asked) - 1))
        return Request(tuple(map(Turn, asked, pictures, (*self.answers, None))), sampling)


class Round(NamedTuple):
    """The same questions both ways: seconds, and what was answered."""

    single_s: float
    batched_s: float
    single: tuple[str, ...]
    batched: tuple[str, ...]

    @property
    def equal(self) -> int:
        """How many of the answers are the same."""
        return sum(one == other for one, other in zip(self.single, self.batched, strict=True))


class Gain(NamedTuple):
    """What was measured of one model. `ratio` is of the whole times, its median and quartiles are of the rounds."""

    device: str
    threads: int
    """Of the processor, for one operation of torch."""
    cases: int
    questions: int
    equal_answers: int
    single_cases_per_minute: float
    batched_cases_per_minute: float
    ratio: float
    round_ratio_q1: float
    round_ratio_median: float
    round_ratio_q3: float
    rounds: int


def measure(engine: Engine, conversations: Sequence[Conversation], batch: int, sampling: Sampling) -> Gain:
    """Have all `conversations`, from their beginning, both ways. Raises `EngineError` when an answer fails."""
    import torch

    engine.load()
    rounds = list(rounds_of(engine, conversations, batch, sampling))
    single_s = sum(one.single_s for one in rounds)
    batched_s = sum(one.batched_s for one in rounds)
    ratios = [one.single_s / one.batched_s for one in rounds]
    q1, median, q3 = statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    return Gain(
        device=engine.device,
        threads=torch.get_num_threads(),
        cases=len(conversations),
        questions=sum(len(one.single) for one in rounds),
        equal_answers=sum(one.equal for one in rounds),
        single_cases_per_minute=60 * len(conversations) / single_s,
        batched_cases_per_minute=60 * len(conversations) / batched_s,
        ratio=single_s / batched_s,
        round_ratio_q1=q1,
        round_ratio_median=median,
        round_ratio_q3=q3,
        rounds=len(rounds),
    )


def rounds_of(
    engine: Engine, conversations: Sequence[Conversation], batch: int, sampling: Sampling
) -> Iterator[Round]:
    """The rounds one after another; which way comes first alternates. Answers given alone make the history."""
    conversations = [replace(one, answers=[]) for one in conversations]
    ways = [one_by_one, together]
    while open_ones := next_batch(conversations, batch):
        done = {way: way(engine, [one.request(sampling, way.__name__) for one in open_ones]) for way in ways}
        ways.reverse()
        single, batched = done[one_by_one], done[together]
        for one, answer in zip(open_ones, single.texts, strict=True):
            one.answers.append(answer)
        yield Round(single.seconds, batched.seconds, single.texts, batched.texts)


def next_batch(conversations: Sequence[Conversation], size: int) -> list[Conversation]:
    """Those of which most is left to ask: the fewest batches in all (T. C. Hu, "Parallel Sequencing", 1961)."""
    return sorted((one for one in conversations if one.left), key=lambda one: -one.left)[:size]


class Answered(NamedTuple):
    """The answers to one round's questions, and the seconds that all of them took."""

    texts: tuple[str, ...]
    seconds: float


def one_by_one(engine: Engine, requests: Sequence[Request]) -> Answered:
    """Ask each alone, the next when the one before is over."""
    began_s = perf_counter()
    texts = tuple(_text(engine.stream(request)) for request in requests)
    return Answered(texts, perf_counter() - began_s)


def together(engine: Engine, requests: Sequence[Request]) -> Answered:
    """Ask all as one batch."""
    began_s = perf_counter()
    events: list[list[StreamEvent]] = [[] for _ in requests]
    with closing(engine.stream_batch(requests)) as stream:  # type: ignore[type-var]
        for row, event in stream:
            events[row].append(event)
    return Answered(tuple(map(_text, events)), perf_counter() - began_s)


def _text(events: Iterable[StreamEvent]) -> str:
    parts = []
    for event in events:
        if isinstance(event, Tokens):
            parts.append(event.text)
        elif isinstance(event, Failed):
            raise EngineError(event.code, **event.parameters)
    return "".join(parts)
