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
        self._first_count = 0
        self._count = 0
        self._finished: Finished | None = None

    def add(self, event: StreamEvent) -> None:
        """Take in one event; the order is that of the stream."""
        match event:
            case Queued():
                self._queued_s = event.at_s
            case Loaded():
                self._load_s = event.load_s
            case Started():
                self._started = event
            case Tokens():
                if self._first_s is None:
                    self._first_s, self._first_count = event.at_s, event.count
                self._last_s = event.at_s
                self._count += event.count
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
        tpot = None
        later = self._count - self._first_count  # tokens that came with the first one took no time of their own
        if ttft is not None and e2e is not None and later > 0:
            tpot = (e2e - ttft) / later
        waited = None if self._queued_s is None else started.at_s - self._queued_s
        return Metrics(
            queue_s=None if waited is None else max(0.0, waited - started.preprocess_s - self._load_s),
            load_s=self._load_s,
            preprocess_s=started.preprocess_s,
            ttft_s=ttft,
            tpot_s=tpot,
            e2e_s=e2e,
            tokens_per_s=1 / tpot if tpot else None,
            input_tokens=started.input_tokens,
            image_tokens=started.image_tokens,
            output_tokens=self._count,
            peak_memory_bytes=self._finished.peak_memory_bytes if self._finished else None,
            weights_bytes=self._finished.weights_bytes if self._finished else None,
            contended=self.contended,
        )
