"""An answer in the making: the events of one model's stream gathered into what is kept. Knows no store or screen."""

from comparer.engines import Engine
from comparer.metrics import Meter
from comparer.records import (
    Answer,
    Failed,
    Failure,
    Finished,
    Metrics,
    Sampling,
    Started,
    StopReason,
    StreamEvent,
    Tokens,
)


class Draft:
    """One answer of `engine`, drawn as its model draws it when `sampling` is wanted.

    `left_out` old turns are not even shown to it.
    """

    def __init__(self, engine: Engine, position: int, sampling: Sampling, left_out: int = 0) -> None:
        self.model = engine.spec.key
        self.sampling = engine.spec.sampling(sampling)
        self.stop_reason: StopReason | None = None
        """None while it is being made."""
        self.failure: Failure | None = None
        self.dropped_turns = left_out
        self._left_out = left_out
        self.text = ""
        """What there is so far."""
        self._engine = engine
        self._position = position
        self._meter = Meter()

    @property
    def metrics(self) -> Metrics:
        """What is known so far."""
        return self._meter.metrics()

    def add(self, event: StreamEvent, contended: bool = False) -> None:
        """Take in the next event; `contended`: something else computed on the device at that moment."""
        self._meter.add(event)
        self._meter.contended |= contended
        match event:
            case Started():
                self.dropped_turns = self._left_out + event.dropped_turns
            case Tokens():
                self.text += event.text
            case Finished():
                self.stop_reason = event.stop_reason
            case Failed():
                self.stop_reason = "error"
                self.failure = Failure(event.code, event.parameters)

    def answer(self) -> Answer:
        """The answer as it is kept."""
        return Answer(
            model=self.model,
            text=self.text.strip(),
            stop_reason=self.stop_reason or "error",
            metrics=self.metrics,
            model_id=self._engine.model_id,
            precision=self._engine.spec.precision,
            device=self._engine.hardware,
            sampling=self.sampling,
            position=self._position,
            dropped_turns=self.dropped_turns,
            failure=self.failure,
        )
