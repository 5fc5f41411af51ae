"""Test items of one's own: added, changed, ordered, archived, and never lost with what was rated under them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from comparer.errors import InputError
from comparer.records import Rating, TestItem
from storage import SqlStore
from tests.storage.databases import Database, answered

INVOICES = TestItem("invoices", "Invoices", "发票", 0.9, weight=2.5, must_have=True)


def keys(store: SqlStore, *, include_archived: bool = False) -> list[str]:
    return [item.key for item in store.items(include_archived=include_archived)]


def test_an_item_is_added_behind_the_others_and_stays(database: Database) -> None:
    store = database.open()
    store.add_item(replace(INVOICES, name_en=" Invoices "))
    store.close()
    store = database.open()
    assert store.items()[-1] == INVOICES
    assert keys(store) == ["manual", "fault", "service", "invoices"]
    store.rate(answered(store, item="invoices"), Rating(True))
    assert store.counts()[0].item == "invoices"


def test_an_item_is_changed_in_its_place(store: SqlStore) -> None:
    changed = TestItem("fault", "Faults", "故障", 0.5, weight=0, must_have=True)
    store.update_item(changed)
    assert store.items()[1] == changed


def test_no_two_items_are_called_the_same(store: SqlStore) -> None:
    store.add_item(INVOICES)
    store.update_item(INVOICES)
    for name_en, name_zh in ((" INVOICES", "账单"), ("Bills", "发票")):
        with pytest.raises(InputError) as refused:
            store.add_item(TestItem("bills", name_en, name_zh, 0.5))
        assert (refused.value.code, refused.value.parameters["key"]) == ("item_name_taken", "invoices")
        with pytest.raises(InputError):
            store.update_item(replace(store.items()[0], name_en=name_en, name_zh=name_zh))
    assert keys(store) == ["manual", "fault", "service", "invoices"] and store.items()[0].name_en != "INVOICES"


def test_an_archived_item_is_not_offered_but_keeps_its_ratings(store: SqlStore) -> None:
    store.rate(answered(store, item="fault"), Rating(True))
    fault = store.items()[1]
    store.update_item(replace(fault, archived=True))
    assert keys(store) == ["manual", "service"]
    assert store.items(include_archived=True)[1] == replace(fault, archived=True)
    assert [count.item for count in store.counts()] == ["fault"]
    store.update_item(fault)
    assert keys(store) == ["manual", "fault", "service"]


def test_items_are_put_in_order(store: SqlStore) -> None:
    store.add_item(INVOICES)
    store.update_item(replace(store.items()[0], archived=True))
    store.order_items(["invoices", "fault"])
    assert keys(store, include_archived=True) == ["invoices", "fault", "manual", "service"]
    store.order_items([])
    assert keys(store) == ["invoices", "fault", "service"]


def test_of_several_who_add_the_same_item_one_does(shared_database: Database) -> None:
    stores = [shared_database.open() for _ in range(3)]

    def add(number: int) -> str:
        try:
            stores[number % 3].add_item(INVOICES)
        except InputError as refused:
            return refused.code
        return "added"

    with ThreadPoolExecutor(6) as editors:
        said = sorted(editors.map(add, range(6)))
    assert said == ["added", *["item_exists"] * 5]


UNUSABLE: list[tuple[str, dict[str, Any]]] = [
    ("item_key_unusable", {"key": ""}),
    ("item_key_unusable", {"key": "In voices"}),
    ("item_key_unusable", {"key": "-invoices"}),
    ("item_key_unusable", {"key": "i" * 65}),
    ("item_key_unusable", {"key": "\ud800"}),
    ("item_name_unusable", {"name_en": " "}),
    ("item_name_unusable", {"name_zh": ""}),
    ("item_name_unusable", {"name_zh": "发" * 201}),
    ("threshold_out_of_range", {"threshold": 1.01}),
    ("threshold_out_of_range", {"threshold": -0.01}),
    ("threshold_out_of_range", {"threshold": float("nan")}),
    ("weight_out_of_range", {"weight": -0.5}),
    ("weight_out_of_range", {"weight": float("nan")}),
    ("weight_out_of_range", {"weight": float("inf")}),
]
BAD_INPUT: list[tuple[str, Callable[[SqlStore], object]]] = [
    ("item_exists", lambda store: store.add_item(replace(INVOICES, key="manual"))),
    ("unknown_item", lambda store: store.update_item(INVOICES)),
    ("unknown_item", lambda store: store.update_item(replace(INVOICES, key="nu\0l"))),
    ("unknown_item", lambda store: store.order_items(["manual", "none"])),
    ("item_twice", lambda store: store.order_items(["manual", "fault", "manual"])),
    ("item_name_unusable", lambda store: store.update_item(replace(store.items()[0], name_en=""))),
]


def test_what_cannot_be_is_refused_with_a_sentence(store: SqlStore, subtests: pytest.Subtests) -> None:
    before = store.items(include_archived=True)
    adding = [(code, partial(SqlStore.add_item, item=replace(INVOICES, **wrong))) for code, wrong in UNUSABLE]
    for code, call in [*BAD_INPUT, *adding]:
        with subtests.test(code):
            with pytest.raises(InputError) as refused:
                call(store)
            assert refused.value.code == code
            assert "{" not in refused.value.sentence("en") + refused.value.sentence("zh")
    assert store.items(include_archived=True) == before
