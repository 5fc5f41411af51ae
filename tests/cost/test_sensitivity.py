"""How far the choice is from flipping, against points that can be worked out by hand."""

from decimal import Decimal

import pytest

from comparer.cost.load import MOST_REQUESTS, Load
from comparer.cost.needs import Needs
from comparer.cost.sensitivity import Flip, flips
from comparer.fit.intervals import confidence_sequence

from .questions import OPTIONS, question, table


def by_knob(found: tuple[Flip, ...]) -> dict[tuple[str, float], Flip]:
    return {(flip.knob, flip.bound): flip for flip in found}


def test_a_price_that_breaks_the_budget_flips_the_choice() -> None:
    found = by_knob(flips(question(needs=Needs(budget_a_month=Decimal(400)))))

    up = found["price", 10.0]
    assert up.at == pytest.approx(400 / 386.90, rel=1e-4)  # 730 h * 0.53 = 386.90
    assert up.becomes and up.becomes.say("en") == "No option is enough for these needs."
    down = found["price", 0.1]
    assert down.at is None  # cheaper cards do not make a smaller model good enough


def test_more_requests_need_a_second_card_and_break_the_budget() -> None:
    found = by_knob(flips(question(needs=Needs(budget_a_month=Decimal(700)))))

    # 8B nf4 on a T4: 1440 an hour * 0.7 = 1008, so that one card carries 1008 * 24 / 3 = 8064 a day; two cost 773.80.
    # Then 8B bf16 on an L4 (584.00) carries 3600 / 1.9 * 0.7 * 8 = 10,610 a day.
    up = found["requests", 100.0]
    assert up.at == pytest.approx(8.0645, abs=0.001)  # 8064.5 rounds to 8065 requests
    assert up.becomes and "8B at bf16 on L4 24 GB" in up.becomes.say("en")
    assert found["requests", 0.01].at is None


def test_a_threshold_flips_where_the_confidence_sequence_ends() -> None:
    found = by_knob(flips(question()))
    low = confidence_sequence(190, 200).low  # of the 95 % that the 8B reaches; the threshold is 0.80

    up = found["threshold", 0.2]
    assert up.at == pytest.approx(low - 0.80, abs=1e-4)
    assert up.becomes and up.becomes.say("en").startswith("It cannot be decided yet")
    assert found["threshold", -0.2].at is None  # the 4B's 10 % are far below 60 %


def test_a_lower_threshold_lets_a_smaller_model_in() -> None:
    found = by_knob(flips(question(table(manual="undecided meets meets"))))
    low = confidence_sequence(156, 200).low  # of the 78 % that the 4B reaches

    down = found["threshold", -0.2]
    assert down.at == pytest.approx(low - 0.80, abs=1e-4)
    assert down.becomes and down.becomes.say("en") == "4B at bf16 on T4 16 GB is the smallest that is enough."


def test_a_choice_without_options_never_flips() -> None:
    assert all(flip.at is None and flip.becomes is None for flip in flips(question(options=())))


def test_the_card_may_change_without_the_choice() -> None:
    """With the L4 twice as dear the A10G is the cheaper one for the same model: no other choice."""
    found = by_knob(flips(question(options=OPTIONS[2:4])))

    assert found["price", 10.0].at is None and found["requests", 100.0].at is None


@pytest.mark.parametrize("requests", [1, MOST_REQUESTS])
def test_the_largest_and_the_smallest_load_can_be_turned(requests: int) -> None:
    assert len(flips(question(load=Load(requests), needs=Needs(budget_a_month=Decimal(700))))) == 6
