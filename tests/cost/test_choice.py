"""The smallest that is enough, why the others are not, and what would have to be known."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from comparer.cost.choice import Decision, Judged, decide
from comparer.cost.latency import Latencies
from comparer.cost.load import Load
from comparer.cost.needs import Needs
from comparer.cost.rows import decision_json
from comparer.cost.sensitivity import flips
from comparer.errors import InputError
from comparer.texts import LANGUAGES

from .questions import OPTIONS, PRICES, RATED, option, question, table

LABELS = {"4B": "Qwen3-VL 4B", "8B": "Qwen3-VL 8B", "30B-A3B": "Qwen3-VL 30B-A3B"}


def chosen(decision: Decision) -> tuple[str, str, str] | None:
    return None if decision.chosen is None else decision.chosen.option[:3]


def why_not(decision: Decision, model: str, precision: str, gpu: str) -> list[str]:
    one: Judged = next(one for one in decision.judged if one.option[:3] == (model, precision, gpu))
    return [reason.say("en", LABELS) for reason in decision.why_not(one)]


def test_the_smallest_model_and_precision_that_is_enough_is_chosen() -> None:
    decision = decide(question())

    assert (decision.outcome, chosen(decision)) == ("chosen", ("8B", "nf4", "t4"))
    assert decision.headline.say("en", LABELS) == "Qwen3-VL 8B at nf4 on T4 16 GB is the smallest that is enough."
    assert why_not(decision, "4B", "bf16", "t4") == ["Qwen3-VL 4B at bf16 falls short on: Product manual parsing."]
    assert why_not(decision, "8B", "bf16", "a10g") == ["Enough too, but larger."]
    assert decision.needs == ()


def test_of_one_model_and_precision_the_cheaper_card_is_chosen() -> None:
    decision = decide(question(options=OPTIONS[2:4]))

    assert chosen(decision) == ("8B", "bf16", "l4")  # 730 h * 0.80 = 584.00, before 730 h * 1.01 = 737.30
    assert why_not(decision, "8B", "bf16", "a10g") == ["Enough too, but this card costs more."]


def test_a_larger_model_that_costs_less_is_named_as_such() -> None:
    cheap = PRICES.with_prices("a100-80g", Decimal("0.10"), None, "", date(2026, 1, 1))

    decision = decide(question(prices=cheap))

    assert chosen(decision) == ("8B", "nf4", "t4")
    assert why_not(decision, "30B-A3B", "bf16", "a100-80g") == ["Enough too and cheaper, but larger."]


def test_ratings_say_nothing_about_another_precision() -> None:
    decision = decide(question(rated={**RATED, "8B": frozenset({"bf16"})}))

    assert (decision.outcome, chosen(decision)) == ("chosen_so_far", ("8B", "bf16", "l4"))
    assert [need.say("en") for need in decision.needs] == ["8B at nf4 has no ratings on: Product manual parsing."]


def test_what_does_not_fit_is_out() -> None:
    decision = decide(question(options=[option("8B", "bf16", "t4", 1.5), option("30B-A3B", "nf4", "h100", 1.0)]))

    assert decision.outcome == "none_is_enough" and decision.chosen is None
    assert "Does not fit on T4 16 GB" in why_not(decision, "8B", "bf16", "t4")[0]
    assert "128 experts" in why_not(decision, "30B-A3B", "nf4", "h100")[0]


def test_every_reason_is_told_the_gravest_first() -> None:
    needs = Needs(budget_a_month=Decimal(100), latency_limit_s=0.5)

    decision = decide(question(needs=needs, options=[option("4B", "bf16", "t4", *[0.8] * 100)]))

    assert why_not(decision, "4B", "bf16", "t4") == [
        "Qwen3-VL 4B at bf16 falls short on: Product manual parsing.",
        "Qwen3-VL 4B at bf16 on T4 16 GB is too slow: fewer than 95% of its answers come within 0.5 s "
        "(95th percentile 0.8 s).",
        "Qwen3-VL 4B at bf16 on T4 16 GB costs $386.90 a month on demand, over the budget of $100.00.",
    ]


def test_exactly_the_budget_is_within_it() -> None:
    within, below = Needs(budget_a_month=Decimal("386.90")), Needs(budget_a_month=Decimal("386.89"))

    assert decide(question(needs=within)).outcome == "chosen"  # 730 h * 0.53
    assert decide(question(needs=below)).outcome == "none_is_enough"


def test_items_that_must_pass_decide_and_all_while_there_are_none() -> None:
    scores = table(manual="fails fails meets", service="meets meets meets")  # service is a must-have

    assert chosen(decide(question(scores))) == ("4B", "bf16", "t4")
    assert chosen(decide(question(scores, Needs(items=("manual", "service"))))) == ("30B-A3B", "bf16", "a100-80g")


def test_only_the_cards_at_hand_are_weighed() -> None:
    decision = decide(question(needs=Needs(gpus=("a10g",))))

    assert chosen(decision) == ("8B", "bf16", "a10g") and len(decision.judged) == 1
    assert decide(question(needs=Needs(gpus=("h100",)))).outcome == "no_options"


UNKNOWN: list[tuple[dict[str, Any], str]] = [
    ({"scores": table(manual="fails - -")}, "8B at bf16 has no ratings on: Product manual parsing."),
    (
        {"scores": table(manual="fails undecided undecided")},
        "8B at bf16 is still undecided on: Product manual parsing.",
    ),
    (
        {"needs": Needs(latency_limit_s=2.0)},
        "is open (about 132 more measured answers; 95th percentile so far 1.5 s)",
    ),
    (
        {"needs": Needs(latency_limit_s=2.0), "options": [OPTIONS[2]._replace(latencies=Latencies(()))]},
        "No answers of 8B at bf16 were measured alone on A10G 24 GB.",
    ),
    (
        {"needs": Needs(budget_a_month=Decimal(9000)), "options": [OPTIONS[2]._replace(latencies=Latencies(()))]},
        "No answers of 8B at bf16 were measured alone on A10G 24 GB.",
    ),
    ({"needs": Needs(budget_a_month=Decimal(9000)), "load": Load(None)}, "say how many requests a day"),
    (
        {"needs": Needs(budget_a_month=Decimal(9000), modes=("reserved",))},
        "The cost of 8B at bf16 on A10G 24 GB is unknown: its reserved price is missing.",
    ),
    (
        {"needs": Needs(budget_a_month=Decimal(1), modes=("on_demand", "scale_to_zero"))},
        "its price on demand or its cold start is missing",
    ),
    ({"needs": Needs(budget_a_month=Decimal(1), modes=())}, "No way of renting is allowed."),
    ({"options": [OPTIONS[2]._replace(fit=None)]}, "The memory that 8B at bf16 needs on A10G 24 GB is unknown."),
]


@pytest.mark.parametrize(("changes", "need"), UNKNOWN)
def test_what_is_unknown_is_named_and_never_guessed(changes: dict[str, Any], need: str) -> None:
    decision = decide(question(**{"options": OPTIONS[2:3], **changes}))

    assert (decision.outcome, decision.chosen) == ("cannot_be_decided", None)
    assert any(need in one.say("en") for one in decision.needs), [one.say("en") for one in decision.needs]
    assert all(one.say("zh", LABELS) for one in decision.needs)
    assert decision.headline.say("en").startswith("It cannot be decided yet")


def test_without_a_budget_or_a_limit_nothing_needs_to_be_measured() -> None:
    unmeasured = [one._replace(latencies=Latencies(())) for one in OPTIONS]

    assert decide(question(options=unmeasured)).outcome == "chosen"


def test_a_table_without_items_decides_nothing() -> None:
    decision = decide(question(table()))

    assert decision.outcome == "cannot_be_decided"
    assert "no test item" in decision.needs[0].say("en")


def test_an_open_option_after_the_chosen_one_does_not_unsettle_it() -> None:
    assert decide(question(table(manual="fails meets undecided"))).outcome == "chosen"
    assert decide(question(table(manual="undecided meets meets"))).outcome == "chosen_so_far"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"items": ("nothing",)}, "unknown_item"),
        ({"gpus": ("b300",)}, "gpu_unknown"),
        ({"budget_a_month": Decimal("-1")}, "budget_unusable"),
        ({"budget_a_month": Decimal("NaN")}, "budget_unusable"),
        ({"latency_limit_s": 0.0}, "latency_limit_unusable"),
        ({"within": 1.0}, "within_unusable"),
    ],
)
def test_needs_that_cannot_be_are_refused(wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(InputError) as caught:
        decide(question(needs=Needs(**wrong)))

    assert caught.value.code == code and caught.value.sentence("zh")


def test_an_export_holds_every_option_with_its_reasons() -> None:
    asked = question(needs=Needs(budget_a_month=Decimal(700), latency_limit_s=10.0))
    asked = replace(asked, options=[one._replace(latencies=Latencies((1.0,) * 150)) for one in OPTIONS])
    decision = decide(asked)

    for language in LANGUAGES:
        told = decision_json(decision, flips(asked), language, LABELS)
        assert told["outcome"] == "chosen" and "Qwen3-VL 8B" in told["headline"]
        assert [row["chosen"] for row in told["options"]] == [False, True, False, False, False]
        assert all(row["reasons"] for row in told["options"] if not row["chosen"])
        assert len(told["flips"]) == 6
    assert told["options"][1]["monthly"] == pytest.approx(386.90)
