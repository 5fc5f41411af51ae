"""Which measured times count, and what is said of them."""

import pytest

from comparer.cost.latency import Latencies, latencies_of
from comparer.cost.wording import exact
from comparer.records import Answer, Metrics, StopReason


def answer(seconds: float | None, stop: StopReason = "stop", contended: bool = False) -> Answer:
    return Answer("8B", "text", stop, Metrics(e2e_s=seconds, contended=contended))


def test_only_answers_that_ran_alone_and_ended_by_themselves_count() -> None:
    answers = [
        answer(1.0), answer(2.0, "length"), answer(9.0, contended=True), answer(9.0, "cancelled"),
        answer(9.0, "error"), answer(None),
    ]  # fmt: skip

    assert latencies_of(answers) == Latencies((1.0, 2.0))


def test_mean_median_and_95th_percentile() -> None:
    told = Latencies(tuple(float(number) for number in range(40, 0, -1)))

    assert (told.mean_s, told.median_s, told.p95_s) == (exact(20.5), exact(20.5), 38)  # the 38th of 40
    assert Latencies((3.0,)).p95_s == 3
    assert Latencies(()).mean_s is None and Latencies(()).median_s is None and Latencies(()).p95_s is None


def test_a_limit_is_kept_only_when_enough_answers_show_it() -> None:
    few, many = Latencies((1.0,) * 20), Latencies((1.0,) * 150)

    assert few.within(2.0) == "undecided" and few.more_to_settle(2.0) == 113
    assert many.within(2.0) == "meets" and many.more_to_settle(2.0) == 0
    assert Latencies((3.0,) * 5).within(2.0) == "fails"
    assert Latencies(()).within(2.0) == "no_ratings"
    assert Latencies((1.0,) * 30).within(2.0, share=0.8) == "meets"


@pytest.mark.parametrize(("seconds", "concurrency"), [((0.0,), 1), ((float("inf"),), 1), ((1.0,), 0)])
def test_times_that_no_clock_gives_are_refused(seconds: tuple[float, ...], concurrency: int) -> None:
    with pytest.raises(ValueError, match="at a time"):
        Latencies(seconds, concurrency)
