"""Numbers as people read them, and sentences in the reader's language."""

from decimal import Decimal
from fractions import Fraction

import pytest

from comparer.cost.wording import Amount, Sentence, Unit, cents, exact, lies_within, rounded, sentence, told_by
from comparer.errors import InputError
from comparer.records import TestItem

ITEM = TestItem("manual", "Product manual parsing", "产品说明书解析", 0.8)


@pytest.mark.parametrize(
    ("value", "written"),
    [("1.005", "1.01"), ("1.00499", "1.00"), ("-1.005", "-1.01"), ("0", "0.00"), ("1234567.895", "1234567.90")],
)
def test_money_is_rounded_to_the_cent_half_a_cent_upwards(value: str, written: str) -> None:
    assert str(cents(Fraction(value))) == written


def test_thirds_are_thirds_until_they_are_shown() -> None:
    assert cents(Fraction(10, 3) * 3) == 10
    assert str(rounded(Fraction(10, 3), 3)) == "3.333"


def test_a_float_is_what_was_typed() -> None:
    assert exact(0.1) + exact(0.2) == exact(0.3)
    assert exact(0.53) * 730 == Fraction(38690, 100) == exact(Decimal("386.9"))


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        ("1234.5", "usd", "$1,234.50"), ("0.1178", "price", "$0.1178"), ("2.5", "price", "$2.50"),
        ("0.31013", "share", "31%"), ("1", "share", "100%"), ("0.99992", "share", "> 99.9%"),
        ("0", "share", "0%"), ("0.0002", "share", "< 0.1%"), ("0.7", "share", "70%"), ("0.0093", "share", "0.9%"),
        ("30416.67", "count", "30,417"), ("226.415", "hours", "226.4"), ("730", "hours", "730"),
        ("0.8", "seconds", "0.8"), ("1.23456", "number", "1.235"), (str(3 * 1024**3), "bytes", "3.0 GiB"),
    ],
)  # fmt: skip
def test_each_unit_is_written_its_own_way(value: str, unit: Unit, shown: str) -> None:
    assert Amount(Fraction(value), unit).shown("en") == shown


def test_unknown_is_said_so() -> None:
    assert (Amount(None, "usd").shown("en"), Amount(None).shown("zh")) == ("unknown", "未知")


def test_a_sentence_says_names_items_and_sentences_in_the_readers_language() -> None:
    said = sentence("cost.needs_ratings", model="8B", precision="nf4", items=(ITEM, ITEM))

    assert said.say("en", {"8B": "Qwen3-VL 8B"}).startswith("Qwen3-VL 8B at nf4")
    assert said.say("en").endswith("on: Product manual parsing, Product manual parsing.")
    assert "产品说明书解析、产品说明书解析" in said.say("zh")
    more = sentence("cost.about_more", count=3)
    inside = Sentence("cost.does_not_fit_card", {"gpu": "T4", "needed": "1", "lacking": "1", "cards": more})
    assert more.say("zh") in inside.say("zh")


def test_an_error_can_be_told_without_being_raised() -> None:
    error = InputError("gpu_unknown", gpu="b300", known="t4")

    assert told_by(error).say("zh") == error.sentence("zh")


@pytest.mark.parametrize(("value", "inside"), [(1, True), (5, True), (5.01, False), (float("nan"), False)])
def test_limits_are_part_of_the_range(value: float, inside: bool) -> None:
    assert lies_within(value, 1, 5) == inside
    assert not lies_within(Decimal("NaN"), 1, 5) and not lies_within(float("inf"), 1, 5)
