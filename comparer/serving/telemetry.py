"""What the metrics endpoint counts, in Prometheus' terms. Metrics hold figures and model keys, never texts or names.

Counters grow as things happen; what merely is (questions under way, models, memory, runs) is read when somebody asks.
Each process counts for itself, as Prometheus expects; figures of runs are those of the whole database.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from comparer.dialogue import Dialogue
from comparer.engines import Engine
from comparer.engines.memory import read_device_memory
from comparer.errors import ComparerError
from comparer.records import Answer
from comparer.run_records import OVER, Run

log = logging.getLogger(__name__)

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
RUNS_LOOKED_AT = 50
"""The newest ones."""


class RunList(Protocol):
    """Whoever knows the runs."""

    def listed(self, *, limit: int = 50) -> tuple[Run, ...]:
        """The newest runs, newest first."""


class Telemetry:
    """The metrics of one process. Threads may share it."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry(auto_describe=True)
        new = self.registry
        self._questions = Counter("comparer_questions", "Questions asked, those of runs left out.", registry=new)
        self._answers = Counter("comparer_answers", "Answers kept.", ["model", "stop_reason"], registry=new)
        self._tokens = Counter("comparer_output_tokens", "Tokens of kept answers.", ["model"], registry=new)
        timed = ["model", "contended"]
        self._ttft = Histogram(
            "comparer_first_token_seconds", "Model starts to first token.", timed, buckets=SECONDS, registry=new
        )
        self._e2e = Histogram(
            "comparer_answer_seconds", "Model starts to last token.", timed, buckets=SECONDS, registry=new
        )
        self._ratings = Counter("comparer_ratings", "Ratings kept, changed ones again.", ["acceptable"], registry=new)
        self._votes = Counter("comparer_votes", "Votes kept, changed ones again.", registry=new)
        self._requests = Counter(
            "comparer_http_requests", "HTTP requests.", ["method", "route", "status"], registry=new
        )
        self._response = Histogram(
            "comparer_http_response_seconds",
            "HTTP request to the start of its response.",
            buckets=SECONDS,
            registry=new,
        )

    def count_question(self) -> None:
        """A question was asked."""
        self._questions.inc()

    def count_answer(self, answer: Answer) -> None:
        """An answer was kept. Its times count only where they were measured."""
        metrics = answer.metrics
        self._answers.labels(answer.model, answer.stop_reason).inc()
        self._tokens.labels(answer.model).inc(metrics.output_tokens or 0)
        contended = str(metrics.contended).lower()
        if metrics.ttft_s is not None:
            self._ttft.labels(answer.model, contended).observe(metrics.ttft_s)
        if metrics.e2e_s is not None and answer.stop_reason in {"stop", "length"}:
            self._e2e.labels(answer.model, contended).observe(metrics.e2e_s)

    def count_rating(self, acceptable: bool) -> None:
        """A rating was kept."""
        self._ratings.labels(str(acceptable).lower()).inc()

    def count_vote(self) -> None:
        """A vote was kept."""
        self._votes.inc()

    def count_request(self, method: str, route: str, status: int, response_s: float) -> None:
        """An HTTP request was answered; `route` is the pattern that it matched, never its own path."""
        self._requests.labels(method, route, str(status)).inc()
        self._response.observe(response_s)

    def watch(self, dialogue: Dialogue, runs: RunList) -> None:
        """Tell, when asked, how these stand."""
        for read in (_questions(dialogue), _models(dialogue), _memory, _runs(runs)):
            self.registry.register(_Reader(read))

    def text(self) -> bytes:
        """All metrics in Prometheus' text form."""
        return generate_latest(self.registry)


class _Reader(Collector):
    """Asks a function at every scrape; what it cannot tell is left out, and the log says why."""

    def __init__(self, read: Callable[[], Iterable[Metric]]) -> None:
        self._read = read

    def describe(self) -> Sequence[Metric]:
        """Nothing beforehand: reading would ask the database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        try:
            yield from tuple(self._read())
        except ComparerError as error:
            log.warning("some metrics are missing: %s", error)


def _questions(dialogue: Dialogue) -> Callable[[], Iterator[Metric]]:
    def read() -> Iterator[Metric]:
        under_way = GaugeMetricFamily("comparer_questions_under_way", "Questions being answered or waiting.")
        under_way.add_metric([], dialogue.admission.under_way)
        yield under_way
        refused = CounterMetricFamily("comparer_questions_refused", "Questions not let in.", labels=["reason"])
        for reason, count in dialogue.admission.refused.items():
            refused.add_metric([reason], count)
        yield refused
        waiting = GaugeMetricFamily(
            "comparer_queue_length",
            "Columns in the line for the model's device, the served one included.",
            labels=["model"],
        )
        for model in dialogue.engines:
            waiting.add_metric([model], dialogue.waiting(model))
        yield waiting

    return read


def _models(dialogue: Dialogue) -> Callable[[], Iterator[Metric]]:
    def read() -> Iterator[Metric]:
        ready = GaugeMetricFamily("comparer_model_ready", "1 while the model can answer at once.", labels=["model"])
        weights = GaugeMetricFamily("comparer_model_weights_bytes", "Weights of a loaded model.", labels=["model"])
        for model, engine in dialogue.engines.items():
            ready.add_metric([model], engine.state == "ready")
            if (held := _weights_bytes(engine)) is not None:
                weights.add_metric([model], held)
        yield from (ready, weights)

    return read


def _weights_bytes(engine: Engine) -> int | None:
    footprint = engine.footprint()
    return footprint.weights_bytes if footprint else None


def _memory() -> Iterator[Metric]:
    now = read_device_memory()
    process = GaugeMetricFamily("comparer_process_memory_bytes", "Resident memory of this process.")
    process.add_metric([], now.process_bytes)
    host = GaugeMetricFamily("comparer_host_memory_bytes", "Memory of this computer.", labels=["kind"])
    host.add_metric(["available"], now.available_bytes)
    host.add_metric(["total"], now.total_bytes)
    card = GaugeMetricFamily("comparer_card_memory_bytes", "Memory of a card.", labels=["card", "kind"])
    for one in now.cards.cards:
        name = str(one.index) if one.slice_index is None else f"{one.index}.{one.slice_index}"
        for kind, size_bytes in (("used", one.used_bytes), ("total", one.total_bytes)):
            if size_bytes is not None:
                card.add_metric([name, kind], size_bytes)
    yield from (process, host, card)


def _runs(runs: RunList) -> Callable[[], Iterator[Metric]]:
    def read() -> Iterator[Metric]:
        states = GaugeMetricFamily("comparer_runs", "The newest runs by how they stand.", labels=["state"])
        done = GaugeMetricFamily("comparer_run_answers", "Answers kept of runs that are not over.")
        planned = GaugeMetricFamily("comparer_run_answers_planned", "Answers that those runs have when whole.")
        listed = runs.listed(limit=RUNS_LOOKED_AT)
        going = [run for run in listed if run.state not in OVER]
        for state in sorted({run.state for run in listed}):
            states.add_metric([state], sum(run.state == state for run in listed))
        done.add_metric([], sum(run.answers for run in going))
        planned.add_metric([], sum(run.planned for run in going))
        yield from (states, done, planned)

    return read
