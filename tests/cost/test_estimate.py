"""Hand-calculated cost cases, the arithmetic beside each; unknown stays unknown; every figure shows how it came."""

import random
from decimal import Decimal
from fractions import Fraction
from math import ceil, exp

import pytest

from comparer.cost.estimate import MODES, estimate
from comparer.cost.figure import Figure
from comparer.cost.latency import Latencies
from comparer.cost.load import Load
from comparer.cost.prices import Gpu, read_prices
from comparer.cost.rows import estimate_rows
from comparer.cost.scale_to_zero import standby
from comparer.cost.session import session_cost
from comparer.cost.wording import cents
from comparer.errors import InputError
from comparer.texts import LANGUAGES

TABLE = read_prices()
A10G = TABLE.gpu("a10g")


def card(on_demand: str | None, reserved: str | None = None) -> Gpu:
    return A10G.model_copy(
        update={
            "on_demand_per_hour": None if on_demand is None else Decimal(on_demand),
            "reserved_per_hour": None if reserved is None else Decimal(reserved),
        }
    )


def dollars(figure: Figure) -> str:
    assert figure.value is not None
    return str(cents(figure.value))


def test_a_thousand_requests_a_day_on_one_card() -> None:
    made = estimate(Load(1000, 24, 3, Decimal("0.7")), Latencies((1.0, 1.5, 2.0)), card("1.01"))

    assert made.requests_an_hour.value == 2400  # 3600 s / 1.5 s
    assert made.peak_an_hour.value == 125  # 1000 / 24 h * 3
    assert made.cards.value == 1  # 125 / (2400 * 0.7 = 1680) = 0.074, rounded up
    assert made.busy.value == Fraction(1000, 2400) / 24  # 0.4167 h of work a day, 1.736 %
    on_demand = made.modes["on_demand"]
    assert dollars(on_demand.monthly) == "737.30"  # 1 card * 730 h * 1.01
    assert dollars(on_demand.per_thousand) == "24.24"  # 737.30 / 30,416.67 answers * 1000


def test_many_requests_in_office_hours_on_many_cards() -> None:
    load = Load(200_000, 10, 2, Decimal("0.6"), output_tokens=250)

    made = estimate(load, Latencies((3.2,), concurrency=4), card("2.50", "1.50"))

    assert made.requests_an_hour.value == 4500  # 4 * 3600 s / 3.2 s
    assert made.peak_an_hour.value == 40_000  # 200,000 / 10 h * 2
    assert made.cards.value == 15  # 40,000 / (4500 * 0.6 = 2700) = 14.81, rounded up
    on_demand, reserved = made.modes["on_demand"], made.modes["reserved"]
    assert dollars(on_demand.monthly) == "11406.25"  # 15 * 304.1667 h (10 h * 365 / 12) * 2.50
    assert dollars(reserved.monthly) == "16425.00"  # 15 * 730 h * 1.50
    assert dollars(on_demand.per_thousand) == "1.88"  # 11,406.25 / 6,083,333.33 answers * 1000 = 1.875
    assert dollars(on_demand.per_million_tokens) == "7.50"  # 11,406.25 / (6,083,333.33 * 250 tokens) * 1,000,000
    assert made.cheapest() == ("on_demand", Fraction(1140625, 100))
    assert made.cheapest(("reserved",)) == ("reserved", Fraction(16425))


FULL = [(0.32, 189000, 1), (0.32, 378000, 2), (0.32, 567000, 3)]
"""Seconds, requests a day, and the cards that are exactly full of them at 70 %."""


def test_a_card_that_is_just_enough_is_enough() -> None:
    latencies = Latencies((0.8,))  # 4500 an hour

    assert estimate(Load(108_000, 24, 1, 1), latencies, A10G).cards.value == 1  # 108,000 / 24 = 4500
    assert estimate(Load(108_001, 24, 1, 1), latencies, A10G).cards.value == 2


@pytest.mark.parametrize(("seconds", "a_day", "cards"), FULL)
def test_no_float_makes_one_card_too_many(seconds: float, a_day: int, cards: int) -> None:
    in_floats = ceil(a_day / 24 / (3600 / seconds * 0.7))
    assert in_floats == cards + 1  # what this guards against

    assert estimate(Load(a_day, 24, 1, 0.7), Latencies((seconds,)), A10G).cards.value == cards


def test_switched_off_when_idle_pays_for_what_is_on() -> None:
    # 480 requests in 8 hours: one a minute. S = 3 s, C = 20 s, T = 90 s.
    load = Load(480, 8, 1, 1, cold_start_s=20, idle_timeout_s=90)

    made = estimate(load, Latencies((3.0,)), card("0.80"))

    off = exp(-1.5)  # no request for 90 s: exp(-90 / 60) = 0.22313
    on_s = 20 * off + (20 / 60 * off + 1) * 3 / (1 - 3 / 60) + (1 - off) * 60  # 54.4666 s a cycle, over exp(1.5)
    paid = on_s / (on_s + 60 * off)  # 54.4666 / 67.8544 = 0.80270
    assert float(made.modes["scale_to_zero"].monthly.value or 0) == pytest.approx(8 * 365 / 12 * 0.80 * paid)
    assert dollars(made.modes["scale_to_zero"].monthly) == "156.26"  # 1 card * 243.3333 h * 0.80 * 0.80270
    assert dollars(made.modes["on_demand"].monthly) == "194.67"  # 1 card * 243.3333 h * 0.80
    # Of a cycle's l (on + off) requests, the first and those of 20 s of waking wait for the card.
    assert float(made.cold.value or 0) == pytest.approx((1 + 20 / 60) * off / ((on_s + 60 * off) / 60))


@pytest.mark.parametrize(("a_second", "seconds", "cold_s", "idle_s"), [(1 / 60, 3, 20, 90), (0.2, 3, 60, 5)])
def test_the_formula_for_idle_cards_agrees_with_a_simulation(
    a_second: float, seconds: float, cold_s: float, idle_s: float
) -> None:
    dice = random.Random(20260110)
    now = free_at = on_since = paid = 0.0  # the card answers until free_at, and is on until free_at + idle_s
    cold, requests, on = 0, 60_000, False
    ready_at = 0.0
    for _ in range(requests):
        now += dice.expovariate(a_second)
        if on and now > free_at + idle_s:
            paid += free_at + idle_s - on_since
            on = False
        if not on:
            on, on_since, free_at, ready_at = True, now, now + cold_s, now + cold_s
        cold += now < ready_at
        free_at = max(free_at, now) + dice.expovariate(1 / seconds)
    paid += now - on_since if on else 0

    told = standby(a_second, seconds, cold_s, idle_s)

    assert told.paid == pytest.approx(paid / now, rel=0.02)
    assert told.cold == pytest.approx(cold / requests, rel=0.04)


def test_an_idle_card_costs_between_its_work_and_being_always_on() -> None:
    assert standby(0.01, 5, 0, 0).paid == pytest.approx(0.05)  # only its work: l S
    assert standby(0.01, 5, 30, 1e6).paid == pytest.approx(1)
    assert standby(0.01, 5, 30, 1e6).cold == pytest.approx(0)
    with pytest.raises(ValueError, match="requests"):
        standby(1, 5, 30, 60)


def test_without_a_measurement_everything_that_rests_on_it_is_unknown() -> None:
    made = estimate(Load(1000, cold_start_s=30), Latencies(()), card("1.01", "0.60"))

    assert made.peak_an_hour.value == 125
    for figure in (made.requests_an_hour, made.cards, made.busy, made.cold):
        assert figure.value is None and figure.missing
        assert figure.shown("en") == "unknown" and figure.shown("zh") == "未知"
    assert all(made.modes[mode].monthly.value is None for mode in MODES)
    assert made.cheapest() is None


def test_a_price_that_is_missing_stays_unknown_and_the_others_are_told() -> None:
    made = estimate(Load(1000), Latencies((1.5,)), card("1.01"))

    assert made.modes["on_demand"].monthly.value is not None
    assert made.modes["reserved"].monthly.missing == ("price",)
    assert made.modes["scale_to_zero"].monthly.missing == ("paid", "cold_start_s")
    assert made.modes["on_demand"].per_million_tokens.missing == ("tokens",)
    assert made.cheapest() == ("on_demand", Fraction(73730, 100))


def test_every_figure_shows_its_formula_with_its_inputs() -> None:
    load = Load(1000, cold_start_s=30, output_tokens=200)
    made = estimate(load, Latencies((1.0, 1.5, 2.0)), card("1.01", "0.60"))

    english = {row["figure"]: row for row in estimate_rows(made, "en")}
    assert english["cards"]["formula"] == (
        "125 requests in the busiest hour ÷ (2,400 an hour × 70% utilisation), rounded up to whole cards = 1"
    )
    assert english["on_demand_monthly"]["formula"] == "cards 1 × 730 h × $1.01 an hour = $737.30"
    assert english["reserved_monthly"]["shown"] == "$438.00"
    for language in LANGUAGES:
        for row in estimate_rows(made, language):
            assert row["value"] is not None and str(row["shown"]) in str(row["formula"]), row


def test_a_session_against_a_month() -> None:
    told = session_cost(2, card("3.99", "2.10"))

    assert dollars(told.session) == "7.98"  # 2 h * 3.99
    assert dollars(told.month_on_demand) == "2912.70"  # 730 h * 3.99
    assert dollars(told.month_reserved) == "1533.00"  # 730 h * 2.10
    assert told.saved_against_on_demand.shown("en") == "99.7%"  # 1 - 2 / 730 = 0.99726
    assert told.saved_against_reserved.shown("en") == "99.5%"  # 1 - 7.98 / 1533 = 0.99479
    unknown = session_cost(2, card("3.99"))
    assert unknown.saved_against_reserved.value is None and unknown.month_reserved.value is None


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"requests_a_day": 0}, "requests_unusable"),
        ({"active_hours": 25}, "active_hours_unusable"),
        ({"peak_factor": 0.5}, "peak_factor_unusable"),
        ({"peak_factor": 25}, "peak_factor_unusable"),  # more in one hour than in the day's 24
        ({"utilisation": 1.01}, "utilisation_unusable"),
        ({"utilisation": float("nan")}, "utilisation_unusable"),
        ({"cold_start_s": -1}, "cold_start_unusable"),
        ({"idle_timeout_s": 1e9}, "idle_timeout_unusable"),
        ({"output_tokens": 0}, "output_tokens_unusable"),
    ],
)
def test_a_load_that_cannot_be_is_refused(wrong: dict[str, float], code: str) -> None:
    with pytest.raises(InputError) as caught:
        Load(**wrong)  # type: ignore[arg-type]

    assert caught.value.code == code
    assert str(next(iter(wrong.values()))) in caught.value.sentence("zh")
