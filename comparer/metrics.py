"""From the events of one answer to its metrics, by the definitions of vLLM's serving benchmark.

Knows nothing of engines or the clock: all it has are the stamps that the producing thread put on the events.
Source of the definitions: vllm/benchmarks/serve.py (TTFT, TPOT, ITL, E2EL).
"""

from comparer.records import Failed, Finished, Loaded, Metrics, Queued, Started, StreamEvent, Tokens


class Meter:
    """Takes the events of one answer as they come; `metrics()` may be asked at any moment."""

    def __init__(self, contended: bool = False) -> None:
        self.contended = contended
        """Set it as soon as something else computes on the device."""
        self._queued_s: float | None = None
        self._load_s = 0.0
        self._started: Started | None = None
        self._first_s: float | None = None
        self._last_s: float | None = None
        self._first_count: int | None = None
        self._count: int | None = 0
        self._finished: Finished | None = None

    def add(self, event: StreamEvent) -> None:
        """Take in one event; the order is that of the stream."""
        match event:
            case Queued():
                if self._queued_s is None:  # a server that was busy has it wait again: all of it is waiting
                    self._queued_s = event.at_s
            case Loaded():
                self._load_s = event.load_s
            case Started():
                self._started = event
                self.contended |= event.disturbed
            case Tokens():
                if self._first_s is None:
                    self._first_s, self._first_count = event.at_s, event.count
                self._last_s = event.at_s
                self._count = None if self._count is None or event.count is None else self._count + event.count
            case Finished():
                self._finished = event
            case Failed():
                pass

    def metrics(self) -> Metrics:
        """What is known so far; whatever has not happened is None."""
        started = self._started
        if started is None:
            return Metrics(load_s=self._load_s or None, contended=self.contended)
        ttft = None if self._first_s is None else self._first_s - started.at_s
        e2e = None if self._last_s is None else self._last_s - started.at_s
        finished = self._finished
        counted = finished.output_tokens if finished else None  # by the server
        output_tokens = self._count if counted is None else counted
        tpot = None
        if ttft is not None and e2e is not None and output_tokens is not None:
            # Tokens that came with the first one took no time of their own; where nobody says how many, it is one.
            later = output_tokens - (1 if self._first_count is None else self._first_count)
            tpot = (e2e - ttft) / later if later > 0 else None
        waited = None if self._queued_s is None else started.at_s - self._queued_s
        return Metrics(
            queue_s=None if waited is None else max(0.0, waited - started.preprocess_s - self._load_s),
            load_s=self._load_s,
            preprocess_s=started.preprocess_s,
            ttft_s=ttft,
            tpot_s=tpot,
            e2e_s=e2e,
            tokens_per_s=1 / tpot if tpot else None,
            input_tokens=finished.input_tokens if finished and finished.input_tokens else started.input_tokens,
            image_tokens=started.image_tokens,
            output_tokens=output_tokens,
            peak_memory_bytes=finished.peak_memory_bytes if finished else None,
            weights_bytes=finished.weights_bytes if finished else None,
            contended=self.contended,
        )
