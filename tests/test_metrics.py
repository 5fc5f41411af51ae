"""The meter against figures worked out by hand."""

import pytest

from comparer.metrics import Meter
from comparer.records import Failed, Finished, Loaded, Loading, Queued, Started, StreamEvent, Tokens


def measured(*events: StreamEvent, contended: bool = False):  # type: ignore[no-untyped-def]
    meter = Meter(contended)
    for event in events:
        meter.add(event)
    return meter.metrics()


def test_definitions_of_the_serving_benchmark() -> None:
    # Handed in at 100; waits 2 s; loads 3 s; prepares 0.5 s; first token after 0.25 s; then 4 tokens 0.1 s apart.
    metrics = measured(
        Queued(100.0),
        Loading(102.0),
        Loaded(105.0, load_s=3.0),
        Started(105.5, preprocess_s=0.5, input_tokens=60, image_tokens=36),
        Tokens(105.75, "a"),
        Tokens(105.85, "b"),
        Tokens(105.95, "c"),
        Tokens(106.05, "d"),
        Tokens(106.15, "e"),
        Finished(106.16, "stop", peak_memory_bytes=700, weights_bytes=500),
    )
    assert metrics.queue_s == pytest.approx(2.0)
    assert metrics.load_s == pytest.approx(3.0)
    assert metrics.preprocess_s == pytest.approx(0.5)
    assert metrics.ttft_s == pytest.approx(0.25)
    assert metrics.tpot_s == pytest.approx(0.1)
    assert metrics.e2e_s == pytest.approx(0.65)
    assert metrics.tokens_per_s == pytest.approx(10.0)
    assert (metrics.input_tokens, metrics.image_tokens, metrics.output_tokens) == (60, 36, 5)
    assert (metrics.peak_memory_bytes, metrics.weights_bytes) == (700, 500)


def test_one_token_has_no_speed() -> None:
    metrics = measured(Queued(0.0), Started(0.0, 0.0, 1, 0), Tokens(0.2, "a"), Finished(0.2, "stop"))
    assert metrics.ttft_s == pytest.approx(0.2)
    assert metrics.tpot_s is None
    assert metrics.tokens_per_s is None


def test_tokens_that_come_together_share_the_time_after_the_first_chunk() -> None:
    metrics = measured(Started(0.0, 0.0, 1, 0), Tokens(1.0, "ab", 2), Tokens(2.0, "cdef", 4))
    assert metrics.tpot_s == pytest.approx(0.25)
    assert metrics.output_tokens == 6


def test_nothing_is_made_up_for_an_answer_that_never_began() -> None:
    metrics = measured(Queued(0.0), Failed(1.0, "engine_failed"), contended=True)
    assert metrics.ttft_s is metrics.e2e_s is metrics.output_tokens is metrics.queue_s is None
    assert metrics.contended


def test_a_servers_count_wins_and_the_first_chunk_is_one_token() -> None:
    metrics = measured(
        Started(0.0, 0.1, None, None),
        Tokens(1.0, "ab", None),
        Tokens(2.0, "cdef", None),
        Tokens(3.0, "", None),
        Finished(3.1, "stop", input_tokens=70, output_tokens=6),
    )
    assert (metrics.input_tokens, metrics.image_tokens, metrics.output_tokens) == (70, None, 6)
    assert metrics.tpot_s == pytest.approx(2.0 / 5)
    assert metrics.e2e_s == pytest.approx(3.0)


def test_what_nobody_counted_is_not_guessed() -> None:
    events = [Started(0.0, 0.1, None, None), Tokens(1.0, "ab", None), Tokens(2.0, "cdef", None)]
    for metrics in (measured(*events), measured(*events, Finished(2.1, "stop"))):
        assert metrics.output_tokens is metrics.input_tokens is metrics.tpot_s is metrics.tokens_per_s is None
        assert metrics.ttft_s == pytest.approx(1.0)


def test_a_question_that_is_asked_again_counts_from_the_last_time_and_waited_until_then() -> None:
    metrics = measured(
        Queued(0.0), Started(1.0, 0.2, None, None), Queued(1.5), Started(6.5, 0.2, None, None), Tokens(7.0, "a", None)
    )
    assert metrics.ttft_s == pytest.approx(0.5)
    assert metrics.queue_s == pytest.approx(6.3)


def test_a_server_at_work_for_others_disturbs_the_figures() -> None:
    assert measured(Started(0.0, 0.0, None, None, disturbed=True)).contended
    assert not measured(Started(0.0, 0.0, None, None)).contended
