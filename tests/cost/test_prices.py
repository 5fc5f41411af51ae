"""The shipped price table, tables of one's own, and prices as typed."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from comparer.cost.prices import PRICES, cards_here, parse_price, read_prices
from comparer.cost.rows import price_rows
from comparer.engines.cards import CardReading, Cards
from comparer.engines.memory import GIB
from comparer.errors import InputError, PriceError
from comparer.lineup import read_lineup, shipped_lineups
from comparer.texts import LANGUAGES

GOOD = PRICES.read_text("utf-8")


def write(folder: Path, source: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(source, "utf-8")
    return path


def test_the_shipped_prices_are_those_that_were_looked_up() -> None:
    table = read_prices()

    assert [(gpu.key, str(gpu.on_demand_per_hour), gpu.date) for gpu in table.gpus] == [
        ("t4", "0.53", "2026-11"), ("l4", "0.80", "2026-11"), ("a10g", "1.01", "2026-06"),
        ("a100-80g", "2.50", "2026"), ("h100", "3.99", "2026-11-09"),
    ]  # fmt: skip
    for gpu in table.gpus:
        assert gpu.source and gpu.reserved_per_hour is None
        assert 0.85 < gpu.usable_gib / gpu.memory_gb < 1


def test_every_card_that_a_lineup_names_has_a_price() -> None:
    named = {spec.card.price_key for name in shipped_lineups() for spec in read_lineup(name).models} - {""}

    assert named and named <= {gpu.key for gpu in read_prices().gpus}


def test_an_edit_makes_another_table_and_says_whose_price_it_is() -> None:
    table = read_prices()

    edited = table.with_prices("t4", Decimal("0.35"), Decimal("0.2"), "our contract", date(2026, 11, 20))

    assert edited.gpu("t4").reserved_per_hour == Decimal("0.2")
    assert (edited.gpu("t4").source, edited.gpu("t4").date) == ("our contract", "2026-11-20")
    assert table.gpu("t4").on_demand_per_hour == Decimal("0.53")
    assert edited.gpu("l4") == table.gpu("l4")
    row = next(iter(price_rows(edited)))
    assert (row["gpu"], row["on_demand_per_hour"], row["source"]) == ("t4", "0.35", "our contract")


def test_all_prices_times_a_factor_leave_unknown_ones_unknown() -> None:
    doubled = read_prices().times(Decimal(2))

    assert [str(gpu.on_demand_per_hour) for gpu in doubled.gpus] == ["1.06", "1.60", "2.02", "5.00", "7.98"]
    assert {gpu.reserved_per_hour for gpu in doubled.gpus} == {None}


def test_a_card_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(InputError) as caught:
        read_prices().gpu("b300")

    assert "b300" in caught.value.sentence("zh") and "a10g" in caught.value.sentence("zh")


@pytest.mark.parametrize(
    ("right", "wrong", "field"),
    [
        ("on_demand_per_hour = 0.80", "on_demand_per_hour = -1", "gpus.1.on_demand_per_hour"),
        ("on_demand_per_hour = 0.80", "on_demand_per_hour = nan", "gpus.1.on_demand_per_hour"),
        ("on_demand_per_hour = 1.01", 'on_demand_per_hour = "cheap"', "gpus.2.on_demand_per_hour"),
        ("usable_gib = 14.56", "usable_gib = 0", "gpus.0.usable_gib"),
        ('date = "2026-11-09"', 'date = "yesterday"', "gpus.4.date"),
        ('currency = "USD"', 'currency = "dollars"', "currency"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, right: str, wrong: str, field: str) -> None:
    assert GOOD.count(right) == 1
    path = write(tmp_path, GOOD.replace(right, wrong))

    with pytest.raises(PriceError) as caught:
        read_prices(path)

    assert caught.value.code == "prices_wrong"
    assert caught.value.parameters["field"] == field
    assert GOOD.splitlines()[int(caught.value.parameters["line"]) - 1] == right
    for language in LANGUAGES:
        assert field in caught.value.sentence(language) and str(path) in caught.value.sentence(language)


def test_cards_that_repeat_are_named(tmp_path: Path) -> None:
    with pytest.raises(PriceError) as caught:
        read_prices(write(tmp_path, GOOD.replace('key = "l4"', 'key = "t4"')))

    assert "t4, t4" in str(caught.value)


@pytest.mark.parametrize("source", [b"gpus = [", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_said_to_be_unreadable(tmp_path: Path, source: bytes) -> None:
    (tmp_path / "mine.toml").write_bytes(source)

    with pytest.raises(PriceError) as caught:
        read_prices(tmp_path / "mine.toml")

    assert caught.value.code == "prices_not_toml"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PriceError) as caught:
        read_prices(tmp_path / "none.toml")

    assert "none.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("typed", "price"), [("0.53", "0.53"), (" $1.10 ", "1.10"), ("0", "0"), ("", None), ("  ", None), ("1e1", "1E+1")]
)
def test_a_typed_price_is_taken_as_it_is(typed: str, price: str | None) -> None:
    assert parse_price(typed) == (None if price is None else Decimal(price))


@pytest.mark.parametrize("typed", ["-1", "free", "nan", "inf", "1,000", "99999999", "0.5/h"])
def test_what_is_no_price_is_said_to_be_none(typed: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_price(typed)

    assert caught.value.code == "price_unusable" and typed in caught.value.sentence("zh")


def test_the_cards_of_this_computer_have_memory_and_no_price() -> None:
    assert cards_here(Cards("absent")) == ()
    (card,) = cards_here(Cards("read", (CardReading(0, "NVIDIA GeForce RTX 4090", 0, 24 * GIB),)))

    assert (card.key, card.name, card.memory_bytes) == ("here:0", "NVIDIA GeForce RTX 4090", 24 * GIB)
    assert card.on_demand_per_hour is None and card.reserved_per_hour is None
