"""The reference article's cost line, and what its figures take for granted; the arithmetic is written out."""

from datetime import date
from decimal import Decimal

import pytest

from comparer.cost.article import CLAIMS, session_says, work_through
from comparer.cost.prices import read_prices
from comparer.cost.wording import cents
from comparer.texts import LANGUAGES

WORKED = {one.claim.model: one for one in work_through(read_prices())}


@pytest.mark.parametrize(
    ("model", "seconds", "requests"), [("4B", 0.8, 4500), ("8B", 1.5, 2400), ("30B-A3B", 3.2, 1125)]
)
def test_the_claimed_requests_an_hour_are_3600_over_the_seconds(model: str, seconds: float, requests: int) -> None:
    worked = WORKED[model]

    assert (worked.claim.seconds, worked.claim.requests_an_hour) == (seconds, requests)
    assert worked.estimate.requests_an_hour.value == requests  # 3600 s / 0.8 s, / 1.5 s, / 3.2 s
    assert worked.estimate.cards.value == 1  # 1000 / 24 h = 41.67 an hour


@pytest.mark.parametrize(
    ("model", "always_on", "busy"),
    [
        ("4B", "386.90", "0.9%"),  # 730 h * 0.53; 1000 * 0.8 s of 86,400 s = 0.926 %
        ("8B", "737.30", "1.7%"),  # 730 h * 1.01; 1.736 %
        ("30B-A3B", "1825.00", "3.7%"),  # 730 h * 2.50; 3.704 %
    ],
)
def test_the_same_load_by_this_products_formulas(model: str, always_on: str, busy: str) -> None:
    made = WORKED[model].estimate

    assert str(cents(made.modes["on_demand"].monthly.value or 0)) == always_on  # type: ignore[arg-type]
    assert made.busy.shown("en") == busy


@pytest.mark.parametrize(
    ("model", "hours", "share"),
    [("4B", "226.4", "31%"), ("8B", "376.2", "51.5%")],  # 120 / 0.53 = 226.4 of 730; 380 / 1.01 = 376.2
)
def test_the_claimed_cost_on_demand_pays_for_part_of_a_month(model: str, hours: str, share: str) -> None:
    worked = WORKED[model]

    assert (worked.hours.shown("en"), worked.share.shown("en")) == (hours, share)
    said = worked.says[1].say("en")
    assert hours in said and share in said and f"${worked.claim.monthly}.00" in said


def test_the_claimed_reserved_price_is_above_the_one_on_demand() -> None:
    worked = WORKED["30B-A3B"]

    assert worked.implied_price.shown("en") == "$6.8493"  # 5000 / 730 h
    assert worked.times_on_demand.shown("en") == "2.74"  # 6.8493 / 2.50
    assert "2.74 times" in worked.says[1].say("en")


def test_the_claimed_test_session_is_seven_dollars_an_hour() -> None:
    said = session_says(read_prices()).say("en")

    # 14 / 2 h; 0.53 + 1.01 + 2.50; 1 - 14 / 5000
    assert "$7.00 an hour" in said and "$4.04 an hour" in said and "99.7%" in said


def test_without_a_price_the_claim_is_not_worked_out() -> None:
    table = read_prices().with_prices("t4", None, None, "", date(2026, 11, 22))

    worked = work_through(table)[0]

    assert worked.hours.value is None and worked.share.value is None and "unknown" in worked.says[1].say("en")
    assert "unknown" in session_says(table).say("en")


def test_the_claims_are_the_articles_and_are_told_in_both_languages() -> None:
    assert [(claim.gpu, claim.rented, claim.monthly) for claim in CLAIMS] == [
        ("t4", "on_demand", Decimal(120)),
        ("a10g", "on_demand", Decimal(380)),
        ("a100-80g", "reserved", Decimal(5000)),
    ]
    for language in LANGUAGES:
        for worked in WORKED.values():
            assert all(sentence.say(language) for sentence in worked.says)
            for figure in (worked.hours, worked.share, worked.implied_price, worked.times_on_demand):
                assert figure.shown(language) in figure.explained(language)
        assert session_says(read_prices()).say(language)
