"""What people set for everybody is kept, and what answers took is read without giving models away."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from comparer.errors import InputError
from comparer.records import Answer, Metrics
from comparer.run_records import Place
from comparer.store import Conversation
from storage import SqlStore
from tests.storage.databases import Database
from tests.storage.run_samples import a_case, a_run, keep


def test_the_last_word_holds_and_outlives_a_restart(database: Database) -> None:
    store = database.open()
    store.set_for_team("price", "l4", {"hour": "0.80", "note": "价格"})
    store.set_for_team("price", "l4", {"hour": None})
    store.set_for_team("price", "t4", {"hour": "0.53"})
    store.set_for_team("card", "l4", {"gpu": "x"})
    store.close()
    store = database.open()
    assert store.team_settings("price") == {"l4": {"hour": None}, "t4": {"hour": "0.53"}}
    store.unset_for_team("price", "l4")
    store.unset_for_team("price", "nothing")
    assert store.team_settings("price") == {"t4": {"hour": "0.53"}}
    assert store.team_settings("card") == {"l4": {"gpu": "x"}} and store.team_settings("other") == {}


def test_many_may_set_the_same_thing_at_once(database: Database) -> None:
    store = database.open()
    with ThreadPoolExecutor(6) as people:
        list(people.map(lambda n: store.set_for_team("price", "l4", {"hour": n}), range(24)))
    assert store.team_settings("price")["l4"]["hour"] in range(24)


def test_a_name_that_is_too_long_is_refused(store: SqlStore) -> None:
    with pytest.raises(InputError) as refused:
        store.set_for_team("card", "x" * 201, {})
    assert refused.value.code == "name_too_long" and store.team_settings("card") == {}


def asked(store: SqlStore, seconds: float, *, blind: bool = False, model_id: str = "w") -> str:
    conversation = store.begin(Conversation("demo", ("4B",), blind=blind))
    turn = store.add_turn(conversation, "?", [])
    metrics = Metrics(e2e_s=seconds, tokens_per_s=20.0, output_tokens=7, weights_bytes=8, peak_memory_bytes=9)
    store.add_answer(turn, Answer("4B", "x", "stop", metrics, model_id, "bf16", "cuda:0"))
    return conversation


def test_the_newest_answers_of_the_weights_are_read_but_none_that_somebody_asks_blind(store: SqlStore) -> None:
    asked(store, 1.0)
    hidden = asked(store, 2.0, blind=True)
    asked(store, 3.0, model_id="others")
    asked(store, 4.0)
    found = store.newest_answers(10, ["w"])
    assert [one.e2e_s for one in found] == [4.0, 1.0]
    first = found[0]
    assert (first.model_id, first.precision, first.device, first.contended) == ("w", "bf16", "cuda:0", False)
    assert (first.tokens_per_s, first.output_tokens, first.weights_bytes, first.peak_memory_bytes) == (20.0, 7, 8, 9)
    assert first.at.tzinfo is not None and first.stop_reason == "stop"
    store.reveal(hidden)
    assert [one.e2e_s for one in store.newest_answers(10, ["w", "others"])] == [4.0, 3.0, 2.0, 1.0]
    assert [one.e2e_s for one in store.newest_answers(1, ["w"])] == [4.0]


def test_answers_of_runs_are_read_though_they_are_rated_blind(store: SqlStore) -> None:
    run = a_run(store, a_case("a"))
    keep(store, run, Place("a", 0, 0, "4B"), model_id="w")
    assert len(store.newest_answers(10, ["w"])) == 1
