"""A run goes with all that is its own, and only as a whole."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from comparer.errors import ComparerError, InputError
from comparer.records import Preference, Rating
from comparer.run_records import Place
from comparer.store import Conversation
from storage import SqlStore
from tests.storage.databases import Database, answered
from tests.storage.run_samples import PASSED, a_case, a_failed_answer, a_run, keep
from tests.storage.test_scores import assert_kept_counts_are_right

TABLES = (
    "runs", "run_cases", "run_case_pictures", "run_conversations", "run_answers", "automatic_scores", "conversations",
    "turns", "turn_pictures", "answers", "ratings", "rating_history", "preferences", "case_scores", "pictures",
)  # fmt: skip


def rows(database: Database) -> dict[str, int]:
    return {table: database.all(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}


def test_a_deleted_run_leaves_nothing_behind(shared_database: Database) -> None:
    store = shared_database.open()
    shared = store.save_picture(b"shared", 1, 1, ".webp")
    store.add_turn(store.begin(Conversation("demo", ("4B",))), "?", [shared])
    store.rate(answered(store, "Same?"), Rating(True, "Ann"))
    before = rows(shared_database)
    own, never_asked = (store.save_picture(content, 1, 1, ".webp") for content in (b"own", b"never asked"))
    run = a_run(store, a_case("a", "Same?"), a_case("b", "1?", "2?", pictures=(own, shared)),
                a_case("c", pictures=(never_asked,)))  # fmt: skip
    for place in (Place("a", 0, 0, "4B"), Place("b", 0, 0, "4B"), Place("b", 0, 1, "8B")):
        answer = keep(store, run, place, PASSED)
        for acceptable in (True, False):
            store.rate(answer, Rating(acceptable, "Ann", blind=True))
    (_, _, kept) = store.runs.answers(run)
    turn = store.conversation(kept.conversation_id).turns[1]
    store.prefer(turn.id, Preference("answer", kept.answer_id, "Ann"))
    late = store.save_picture(b"shown later", 1, 1, ".webp")
    store.add_turn(kept.conversation_id, "And this?", [late])

    store.runs.delete(run)

    assert rows(shared_database) == before
    assert shared.path.exists()
    assert not any(picture.path.exists() for picture in (own, never_asked, late))
    assert_kept_counts_are_right(store, [])
    assert [(count.cases, count.ratings) for count in store.counts()] == [(1, 1)]
    with pytest.raises(InputError, match="no run"):
        store.runs.run(run)


def test_a_run_that_is_worked_on_is_not_deleted(store: SqlStore) -> None:
    run = a_run(store)
    store.runs.claim("Ann", 600)
    store.runs.want(run, "cancel")
    with pytest.raises(InputError) as refused:
        store.runs.delete(run)
    assert refused.value.code == "run_is_active"
    assert "{" not in refused.value.sentence("en") + refused.value.sentence("zh")
    store.runs.release(run, "Ann", "cancelled")
    store.runs.delete(run)
    assert store.runs.listed() == ()


def test_the_run_of_a_killed_worker_can_be_deleted(store: SqlStore) -> None:
    run = a_run(store)
    store.runs.claim("Ann", -1)
    store.runs.delete(run)
    with pytest.raises(InputError) as refused:
        store.runs.renew(run, "Ann", 600)
    assert refused.value.code == "unknown_run"


def test_a_conversation_goes_only_with_its_run(store: SqlStore) -> None:
    run = a_run(store)
    keep(store, run, Place("a", 0, 0, "4B"))
    (kept,) = store.runs.answers(run)
    with pytest.raises(InputError) as refused:
        store.delete_conversation(kept.conversation_id)
    assert refused.value.code == "conversation_of_run"
    assert "lamps" in refused.value.sentence("en") and "lamps" in refused.value.sentence("zh")
    assert store.runs.answers(run) == (kept,)
    store.runs.delete(run)
    with pytest.raises(InputError, match="no conversation"):
        store.conversation(kept.conversation_id)


def test_pictures_of_cases_stay_while_the_run_is_there(store: SqlStore) -> None:
    picture = store.save_picture(b"one", 1, 1, ".webp")
    conversation = store.begin(Conversation("demo", ("4B",)))
    store.add_turn(conversation, "?", [picture])
    runs = [a_run(store, a_case("a", pictures=(picture,))) for _ in range(2)]
    store.delete_conversation(conversation)
    store.runs.delete(runs[0])
    assert picture.path.read_bytes() == b"one"
    assert store.runs.cases(runs[1])[0].pictures == (picture,)
    store.runs.delete(runs[1])
    assert not picture.path.exists()


def test_an_answer_kept_while_its_run_is_deleted_is_refused_or_gone(shared_database: Database) -> None:
    stores = [shared_database.open() for _ in range(2)]
    for number in range(4):
        run = a_run(stores[0])
        codes = set()

        def write(place: Place, run: str = run, codes: set[str] = codes) -> None:
            try:
                keep(stores[0], run, place, PASSED)
            except ComparerError as refused:
                codes.add(refused.code)

        with ThreadPoolExecutor(4) as everybody:
            kept = [everybody.submit(write, Place(case, 0, 0, model)) for case in "ab" for model in ("4B", "8B")]
            everybody.submit(stores[number % 2].runs.delete, run).result()
            for one in kept:
                one.result()
        assert codes <= {"unknown_run"}
        assert {table: count for table, count in rows(shared_database).items() if count} == {}


def test_ratings_given_while_failed_answers_are_forgotten_are_refused_or_gone(shared_database: Database) -> None:
    stores = [shared_database.open() for _ in range(2)]
    for number in range(4):
        run = a_run(stores[0])
        answer = stores[0].runs.keep(run, Place("a", 0, 0, "4B"), a_failed_answer("4B", "The"), 1.0, None)
        turn = stores[0].conversation(stores[0].runs.answers(run)[0].conversation_id).turns[0].id
        codes: set[str] = set()
        start = threading.Barrier(5)

        def rate(
            name: str, at: str = answer, turn: str = turn, met: set[str] = codes, start: threading.Barrier = start
        ) -> None:
            start.wait()
            try:
                stores[0].rate(at, Rating(True, name))
                stores[0].prefer(turn, Preference("answer", at, name))
            except ComparerError as refused:
                met.add(refused.code)

        with ThreadPoolExecutor(5) as everybody:
            rated = [everybody.submit(rate, name) for name in ("Ann", "Ben", "Cid", "Dan")]
            start.wait()
            assert everybody.submit(stores[number % 2].runs.forget_errors, run).result() == 1
            for one in rated:
                one.result()
        assert codes <= {"unknown_answer"}
        assert stores[0].counts() == ()
        assert_kept_counts_are_right(stores[0], [])
        assert shared_database.all("SELECT count(*) FROM ratings") == [(0,)]
