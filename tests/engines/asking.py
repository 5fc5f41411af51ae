"""Short ways to ask an engine in a test."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from comparer.engines import Engine
from comparer.metrics import Meter
from comparer.records import (
    Failed,
    Finished,
    Metrics,
    Picture,
    Request,
    Sampling,
    Started,
    StreamEvent,
    Tokens,
    Turn,
)
from comparer.texts import LANGUAGES, text


class Reply(NamedTuple):
    """Everything one answer's stream brought."""

    events: list[StreamEvent]
    text: str
    metrics: Metrics

    @property
    def started(self) -> Started:
        return next(event for event in self.events if isinstance(event, Started))

    @property
    def finished(self) -> Finished:
        last = self.events[-1]
        assert isinstance(last, Finished), last
        return last

    @property
    def failed(self) -> Failed:
        last = self.events[-1]
        assert isinstance(last, Failed), last
        for language in LANGUAGES:
            sentence = text(f"error.{last.code}", language, **last.parameters)
            assert str(last.parameters["model"]) in sentence
        return last

    @property
    def tokens(self) -> list[Tokens]:
        return [event for event in self.events if isinstance(event, Tokens)]


def collect(stream: Iterable[StreamEvent]) -> Reply:
    """Read a stream to its end."""
    meter = Meter()
    events = []
    for event in stream:
        meter.add(event)
        events.append(event)
    text = "".join(event.text for event in events if isinstance(event, Tokens))
    return Reply(events, text, meter.metrics())


def request(question: str, *pictures: Picture, max_new_tokens: int = 12, **sampling: object) -> Request:
    """One question in a new conversation."""
    return conversation([Turn(question, pictures)], max_new_tokens=max_new_tokens, **sampling)


def conversation(turns: Sequence[Turn], max_new_tokens: int = 12, **sampling: object) -> Request:
    """A conversation whose last turn is open."""
    return Request(tuple(turns), Sampling(max_new_tokens=max_new_tokens, **sampling))  # type: ignore[arg-type]


def ask(engine: Engine, question: str, *pictures: Picture, **sampling: object) -> Reply:
    """Ask one question and read the whole answer."""
    return collect(engine.stream(request(question, *pictures, **sampling)))
