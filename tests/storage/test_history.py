"""The list of conversations, and deleting one with all that is only its own."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from comparer.errors import ComparerError, InputError
from comparer.records import Preference, Rating
from comparer.store import Conversation, HistorySearch
from storage import SqlStore
from tests.storage.databases import Database, an_answer, answered, asked
from tests.storage.test_scores import assert_kept_counts_are_right


def found(store: SqlStore, **sought: object) -> set[str]:
    page = store.search(HistorySearch(**sought))  # type: ignore[arg-type]
    return {summary.first_question for summary in page.conversations}


def test_a_conversation_is_summed_up(store: SqlStore) -> None:
    picture = store.save_picture(b"one", 1, 1, ".webp")
    conversation = store.begin(Conversation("demo", ("4B", "8B"), "fault", blind=True, reviewer="Ann"))
    turn = store.add_turn(conversation, "First?", [])
    answer = store.add_answer(turn, an_answer())
    store.add_turn(conversation, "Second?", [picture, store.save_picture(b"two", 1, 1, ".webp")])
    for name in ("Ann", "Ben"):
        store.rate(answer, Rating(True, name))
    store.begin(Conversation("demo", ("4B",)))  # nothing asked: nothing to show

    (summary,) = store.search().conversations

    assert (summary.id, summary.lineup, summary.item) == (conversation, "demo", "fault")
    assert (summary.reviewer, summary.blind, summary.revealed) == ("Ann", True, False)
    assert (summary.first_question, summary.turns, summary.ratings) == ("First?", 2, 2)
    assert summary.picture == picture
    assert store.summary(conversation) == summary
    assert store.lineups() == ("demo",)
    assert summary.created_at == store.conversation(conversation).created_at
    store.reveal(conversation)
    assert store.search().conversations[0].revealed


def test_conversations_are_searched(store: SqlStore) -> None:
    pump = answered(store, "Which PUMP?", item="fault", lineup="qwen3-vl")
    answered(store, "红灯 100%_a?")
    store.rate(pump, Rating(True, "Ann"))
    store.add_turn(store.begin(Conversation("demo", ("4B",), reviewer="Ben")), "Why?", [])
    newest = max(summary.created_at for summary in store.search().conversations)
    all_three = {"Which PUMP?", "红灯 100%_a?", "Why?"}
    assert found(store) == all_three
    assert found(store, text="pump") == {"Which PUMP?"}
    assert found(store, text="RED LAMP") == {"Which PUMP?", "红灯 100%_a?"}  # in the answers
    assert found(store, text="灯") == found(store, text=" 100%_A ") == {"红灯 100%_a?"}
    assert found(store, text="_p") == found(store, text="1%0") == set()
    assert found(store, item="fault") == found(store, lineup="qwen3-vl") == {"Which PUMP?"}
    assert found(store, reviewer=" Ann") == found(store, rated=True) == {"Which PUMP?"}
    assert found(store, reviewer="Ben") == {"Why?"}
    assert found(store, reviewer="nobody") == found(store, item="none", text="lamp") == set()
    assert found(store, rated=False) == all_three - {"Which PUMP?"}
    assert found(store, since=newest) == {"Why?"}
    assert found(store, until=newest) == all_three - {"Why?"}
    assert found(store, since=newest + timedelta(seconds=1)) == set()


def test_letters_beyond_a_to_z_are_themselves_on_every_database(store: SqlStore) -> None:
    answered(store, "Ölpumpe?")
    assert found(store, text="ölpumpe") == set()
    assert found(store, text="ÖLPUMPE") == {"Ölpumpe?"}


def test_pages_meet_each_conversation_once_newest_first(store: SqlStore) -> None:
    questions = [f"question {number}" for number in range(7)]
    for question in questions:
        asked(store, question)
    met, cursor = [], ""
    while True:
        page = store.search(after=cursor, limit=3)
        met += [summary.first_question for summary in page.conversations]
        asked(store, "a new one while one reads")
        if len(met) == 3:
            store.delete_conversation(page.conversations[-1].id)  # the very one that the cursor names
        cursor = page.next
        if not cursor:
            break
    assert met == questions[::-1]
    assert len(store.search(limit=0).conversations) == 1


def test_a_cursor_that_is_none_is_refused(store: SqlStore) -> None:
    for cursor in ("2", "no moment_abc", "\0_a"):
        with pytest.raises(InputError) as refused:
            store.search(after=cursor)
        assert refused.value.code == "cursor_unusable"
        assert "{" not in refused.value.sentence("en") + refused.value.sentence("zh")


TABLES = ("turns", "answers", "ratings", "rating_history", "preferences", "turn_pictures", "case_scores", "pictures")


def test_a_deleted_conversation_leaves_nothing_behind(shared_database: Database) -> None:
    store = shared_database.open()
    kept = answered(store, "same")
    store.rate(kept, Rating(True, "Ann"))
    before = {table: shared_database.all(f"SELECT count(*) FROM {table}") for table in TABLES}
    conversation = store.begin(Conversation("demo", ("4B", "8B"), "manual", blind=True))
    for question in ("same", "and then?"):
        turn = store.add_turn(conversation, question, [store.save_picture(question.encode(), 1, 1, ".webp")])
        answer = store.add_answer(turn, an_answer())
        for acceptable in (True, False):
            store.rate(answer, Rating(acceptable, "Ann", blind=True))
        store.prefer(turn, Preference("answer", answer, "Ann"))

    store.delete_conversation(conversation)

    assert {table: shared_database.all(f"SELECT count(*) FROM {table}") for table in TABLES} == before
    assert [file for file in (shared_database.data_dir / "pictures").rglob("*") if file.is_file()] == []
    assert_kept_counts_are_right(store, [conversation])
    assert [(count.cases, count.ratings) for count in store.counts()] == [(1, 1)]
    for again in (conversation, "nu\0l"):
        with pytest.raises(InputError) as refused:
            store.delete_conversation(again)
        assert refused.value.code == "unknown_conversation"


def test_a_picture_that_another_conversation_shows_stays(store: SqlStore) -> None:
    picture = store.save_picture(b"shared", 1, 1, ".webp")
    both = [store.begin(Conversation("demo", ("4B",))) for _ in range(2)]
    for conversation in both:
        store.add_turn(conversation, "?", [picture, picture])
    store.delete_conversation(both[0])
    assert picture.path.read_bytes() == b"shared"
    store.delete_conversation(both[1])
    assert not picture.path.exists()


def test_a_stop_between_rows_and_files_leaves_a_file_too_many(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = store.save_picture(b"one", 1, 1, ".webp")
    conversation = store.begin(Conversation("demo", ("4B",)))
    store.add_turn(conversation, "?", [picture])

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("storage.pictures.PictureFiles.delete", stop)
    with pytest.raises(KeyboardInterrupt):
        store.delete_conversation(conversation)
    monkeypatch.undo()
    assert store.search().conversations == ()
    assert picture.path.exists()
    again = store.save_picture(b"one", 1, 1, ".webp")
    store.add_turn(store.begin(Conversation("demo", ("4B",))), "?", [again])
    assert again.path.read_bytes() == b"one"


def test_a_picture_added_while_its_last_use_is_deleted_keeps_its_file(shared_database: Database) -> None:
    stores = [shared_database.open() for _ in range(2)]
    start = threading.Barrier(2)

    def add(_round: int) -> Path | None:
        start.wait()
        picture = stores[0].save_picture(b"again", 1, 1, ".webp")
        try:
            stores[0].add_turn(stores[0].begin(Conversation("demo", ("4B",))), "kept", [picture])
        except InputError as refused:
            assert refused.code == "unknown_picture"  # deleted between the two: said, and nothing is broken
            return None
        return picture.path

    def remove(conversation: str) -> None:
        start.wait()
        stores[1].delete_conversation(conversation)

    with ThreadPoolExecutor(2) as both:
        for number in range(12):
            old = stores[1].begin(Conversation("demo", ("4B",)))
            stores[1].add_turn(old, "old", [stores[1].save_picture(b"again", 1, 1, ".webp")])
            adding, removing = both.submit(add, number), both.submit(remove, old)
            path = adding.result()
            removing.result()
            assert path is None or path.read_bytes() == b"again"
            for summary in stores[0].search().conversations:
                stores[0].delete_conversation(summary.id)


def test_ratings_and_votes_given_while_it_is_deleted_are_refused_or_gone(shared_database: Database) -> None:
    stores = [shared_database.open() for _ in range(2)]
    stores[0].rate(answered(stores[0], "same"), Rating(True))
    for number in range(4):
        conversation = stores[0].begin(Conversation("demo", ("4B",), "manual"))
        turn = stores[0].add_turn(conversation, "same", [])
        answer = stores[0].add_answer(turn, an_answer())
        codes = set()

        def rate(reviewer: int, answer: str = answer, turn: str = turn, codes: set[str] = codes) -> None:
            try:
                stores[reviewer % 2].rate(answer, Rating(reviewer % 3 > 0, f"reviewer {reviewer}"))
                stores[reviewer % 2].prefer(turn, Preference("tie", reviewer=f"reviewer {reviewer}"))
            except ComparerError as refused:
                codes.add(refused.code)

        with ThreadPoolExecutor(5) as everybody:
            rated = [everybody.submit(rate, reviewer) for reviewer in range(6)]
            everybody.submit(stores[number % 2].delete_conversation, conversation).result()
            for one in rated:
                one.result()
        assert codes <= {"unknown_answer", "unknown_turn"}
        assert_kept_counts_are_right(stores[0], [])
        assert [count.ratings for count in stores[0].counts()] == [1]
