"""Keys, thresholds, weights and the order of test items, from what people type."""

import pytest

from comparer.errors import InputError
from comparer.items import KEY_LENGTH, key_for, moved, threshold_of, weight_of
from comparer.records import TestItem
from storage.items import checked

ITEMS = [TestItem(key, key, key, 0.5) for key in "abcd"]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Invoice check", "invoice-check"),
        ("  Résumé & CV (2026) ", "resume-cv-2026"),
        ("发票核对", "item"),
        ("---", "item"),
        ("x" * 300, "x" * KEY_LENGTH),
        ("a" * (KEY_LENGTH - 1) + " b", "a" * (KEY_LENGTH - 1)),
    ],
)
def test_a_key_is_made_from_the_english_name_and_can_be_kept(name: str, key: str) -> None:
    assert key_for(name, ()) == key
    assert checked(TestItem(key, "name", "名称", 0.5)).key == key


def test_a_key_that_is_taken_gets_a_number() -> None:
    assert key_for("Invoice", {"invoice"}) == "invoice-2"
    assert key_for("Invoice", {"invoice", "invoice-2", "invoice-3"}) == "invoice-4"


@pytest.mark.parametrize(("typed", "kept"), [("80", 0.8), (62.5, 0.625), (" 99 %", 0.99), (1, 0.01), ("7", 0.07)])
def test_a_threshold_is_typed_in_percent(typed: object, kept: float) -> None:
    assert threshold_of(typed) == kept


@pytest.mark.parametrize("typed", ["0", 0.8, 100, "99.5", "-3", "", None, "many", "nan", "inf"])
def test_a_threshold_that_nothing_could_fail_or_meet_is_refused(typed: object) -> None:
    with pytest.raises(InputError) as refused:
        threshold_of(typed)
    assert refused.value.code == "threshold_not_percent"
    assert "99" in refused.value.sentence("zh")


def test_a_weight_is_a_number() -> None:
    assert weight_of("2.5") == 2.5
    for typed in (None, "", "heavy"):
        with pytest.raises(InputError, match="weight"):
            weight_of(typed)


@pytest.mark.parametrize(
    ("key", "steps", "order"), [("b", -1, "bacd"), ("b", 1, "acbd"), ("a", -1, "abcd"), ("d", 1, "abcd")]
)
def test_an_item_moves_by_one_place_at_most_to_an_end(key: str, steps: int, order: str) -> None:
    assert moved(ITEMS, key, steps) == list(order)


def test_an_item_that_is_not_there_is_not_moved() -> None:
    with pytest.raises(InputError, match="gone"):
        moved(ITEMS, "gone", 1)
