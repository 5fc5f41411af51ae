"""How much one visitor may do, by a clock that the test turns; and what the page keeps, for how long."""

import threading
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from comparer.access import Turnstile, Visitor
from comparer.access.limits import PEOPLE_AT_AN_ADDRESS, Limits, limits_of
from comparer.access.retention import Retention
from comparer.errors import AccessError, StoreError
from comparer.records import Answer, Metrics, Picture, Rating
from comparer.settings import Settings
from comparer.store import Conversation
from storage.store import SqlStore
from storage.tables import ConversationRow, TurnRow

REA = Visitor("user:Rea", "reviewer", "Rea", "1.2.3.4")


class Clock:
    """Stands still until it is turned."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def pass_through(turnstile: Turnstile, visitor: Visitor = REA) -> None:
    with turnstile.passing(visitor):
        """Nothing lasts."""


def test_so_many_a_minute_and_then_again() -> None:
    clock = Clock()
    turnstile = Turnstile(3, clock=clock)
    for _ in range(3):
        pass_through(turnstile)
        clock.now_s += 10
    with pytest.raises(AccessError) as refused:
        pass_through(turnstile)
    assert refused.value.parameters == {"limit": 3, "seconds": 30}
    assert "try again in 30 s" in refused.value.sentence("en") and "30 秒" in refused.value.sentence("zh")
    pass_through(turnstile, Visitor("user:Ron", "reviewer", "Ron", "1.2.3.4"))  # another one from the same place
    clock.now_s += 30
    pass_through(turnstile)
    with pytest.raises(AccessError):
        pass_through(turnstile)  # the window slides: one has left it, not three
    clock.now_s += 60
    pass_through(turnstile)
    assert len(turnstile._passed) == 1  # who is gone is forgotten


def test_so_many_at_once() -> None:
    turnstile = Turnstile(at_once=2)
    with ExitStack() as inside:
        for _ in range(2):
            inside.enter_context(turnstile.passing(REA))
        with pytest.raises(AccessError, match="2 of your questions are still being answered"):
            pass_through(turnstile)
    pass_through(turnstile)
    with pytest.raises(ZeroDivisionError), turnstile.passing(REA):
        _ = 1 / 0  # whatever ends it, the place is free again
    assert not turnstile._inside


def test_what_is_taken_back_is_not_counted_and_the_rest_is() -> None:
    turnstile = Turnstile(2, clock=Clock())
    for _ in range(5):
        with turnstile.passing(REA) as take_back:
            take_back()
    pass_through(turnstile)
    pass_through(turnstile)
    with pytest.raises(AccessError):
        pass_through(turnstile)


def test_a_full_address_is_not_called_a_visitors_own_doing() -> None:
    turnstile = Turnstile(at_once=1)
    with ExitStack() as inside:
        for number in range(PEOPLE_AT_AN_ADDRESS):
            inside.enter_context(turnstile.passing(Visitor(f"visitor:{number}", "reviewer", address="1.2.3.4")))
        with pytest.raises(AccessError, match="5 questions from your network are still being answered"):
            pass_through(turnstile, Visitor("visitor:new", "reviewer", address="1.2.3.4"))


def test_a_thrown_away_cookie_opens_no_new_account() -> None:
    turnstile = Turnstile(2, clock=Clock())
    passed = 0
    with pytest.raises(AccessError) as refused:
        for number in range(100):
            pass_through(turnstile, Visitor(f"visitor:{number}", "reviewer", address="1.2.3.4"))
            passed += 1
    assert passed == 2 * PEOPLE_AT_AN_ADDRESS
    said, said_in_chinese = refused.value.sentence("en"), refused.value.sentence("zh")
    assert "from your network within a minute" in said and "others who share its address count as well" in said
    assert (
        "try again in 60 s" in said and "同一地址的其他访客也计入" in said_in_chinese and "60 秒" in said_in_chinese
    )
    pass_through(turnstile, Visitor("visitor:101", "reviewer", address="5.6.7.8"))


def test_the_count_holds_under_many_threads() -> None:
    turnstile = Turnstile(50, clock=Clock())
    passed: list[int] = []

    def go() -> None:
        for _ in range(20):
            try:
                pass_through(turnstile)
                passed.append(1)
            except AccessError:
                pass

    threads = [threading.Thread(target=go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 50 and not turnstile._inside


def test_limits_bite_only_where_strangers_are() -> None:
    assert limits_of(Settings(shared=False)) == Limits()
    assert limits_of(Settings(shared=True)) == Limits(6, 2, 8, 512)
    assert limits_of(Settings(shared=True, visitor_questions=30, visitor_tokens=100)) == Limits(30, 2, 8, 100)
    assert limits_of(Settings(shared=False, visitor_at_once=1)).at_once == 1


def keep(store: SqlStore, picture: Picture | None, **conversation: Any) -> tuple[str, str]:
    began = store.begin(Conversation("scripted", ("small",), "manual", **conversation))
    turn = store.add_turn(began, "What is this?", [picture] if picture else [])
    answer = store.add_answer(turn, Answer("small", "A pump.", "stop", Metrics()))
    store.rate(answer, Rating(True, "Rea"))
    return began, answer


def test_what_is_old_goes_with_pictures_and_ratings_unless_starred(store: SqlStore, kept_picture: Picture) -> None:
    of_two = store.save_picture(b"another picture", 4, 4, ".webp")
    never_asked = store.save_picture(b"looked at and left", 4, 4, ".webp")
    starred, _ = keep(store, of_two)
    old, answer = keep(store, of_two)
    also_old, _ = keep(store, kept_picture)
    begun_only = store.begin(Conversation("scripted", ("small",)))
    store.star(starred, True)
    assert sum(count.ratings for count in store.counts()) == 3

    now = datetime.now(UTC)
    assert Retention(store, 30, lambda: now + timedelta(days=29)).sweep() == 0
    assert len(store.search().conversations) == 3 and never_asked.path.exists()
    assert Retention(store, 30, lambda: now + timedelta(days=31)).sweep() == 3
    assert [one.id for one in store.search().conversations] == [starred]
    assert store.summary(starred).starred and of_two.path.exists()
    assert not kept_picture.path.exists() and not never_asked.path.exists()
    assert sum(count.ratings for count in store.counts()) == 1
    for gone in (old, also_old, begun_only):
        assert gone not in [one.id for one in store.search().conversations]
    store.star(starred, False)
    assert Retention(store, 30, lambda: now + timedelta(days=31)).sweep() == 1
    assert not of_two.path.exists() and not list(store.rated_answers()) and answer


def test_a_conversation_that_goes_on_is_not_old(store: SqlStore) -> None:
    began, _ = keep(store, None)
    store.add_turn(began, "And now?", [])
    before = datetime.now(UTC) - timedelta(days=1)
    with store._writing() as session:
        row = session.get(ConversationRow, began)
        assert row is not None
        row.created_at = datetime(2020, 1, 1, tzinfo=UTC)
        first, second = sorted(row.turns, key=lambda one: one.position)
        first.created_at = datetime(2020, 1, 1, tzinfo=UTC)
        second_id = second.id
    assert store.delete_older(before) == 0
    with store._writing() as session:
        late = session.get(TurnRow, second_id)
        assert late is not None
        late.created_at = datetime(2020, 1, 2, tzinfo=UTC)
    assert store.delete_older(before) == 1


def test_a_busy_database_does_not_end_the_sweeps(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = threading.Semaphore(0)

    class Busy:
        def delete_older(self, before: datetime) -> int:
            assert before < datetime.now(UTC) - timedelta(days=6)
            tried.release()
            raise StoreError("store_busy")

    monkeypatch.setattr("comparer.access.retention.EVERY_S", 0.01)
    sweeps = Retention(Busy(), 7)
    sweeps.begin()
    assert all(tried.acquire(timeout=5) for _ in range(3))
    sweeps.stop()
    assert "old conversations were not deleted" in caplog.text


def test_what_lies_where_is_said(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).list_of_users == tmp_path / "users.json"
    assert Settings(data_dir=tmp_path, users_file=tmp_path / "x").list_of_users == tmp_path / "x"
