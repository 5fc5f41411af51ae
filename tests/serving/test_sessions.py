"""Sign-ins hold over a restart and at every process on one database, and end everywhere."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from comparer.access.users import UserList
from comparer.errors import StoreError
from comparer.serving.sessions import AT_MOST, BELIEVED, LASTS, Sessions, hashed
from comparer.sign_ins import SignIn
from tests.serving.processes import Dashboard

PASSWORD = "a good long password"


class Keeper:
    """Keeps sign-ins in memory, as a database would; `broken` is one that does not answer."""

    def __init__(self) -> None:
        self.kept: dict[str, SignIn] = {}
        self.broken = False
        self.asked = 0

    def keep(self, key: str, sign_in: SignIn) -> None:
        self._answer()
        self.kept[key] = sign_in

    def find(self, key: str) -> SignIn | None:
        self._answer()
        return self.kept.get(key)

    def end(self, key: str) -> None:
        self._answer()
        self.kept.pop(key, None)

    def _answer(self) -> None:
        self.asked += 1
        if self.broken:
            raise StoreError("store_busy", database="d")


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_secrets_are_told_to_nobody_and_end_in_time() -> None:
    keeper, clock = Keeper(), Clock()
    sessions = Sessions(keeper, clock)
    secret = sessions.begin("Ada", "salt")
    assert keeper.kept == {hashed(secret): SignIn("Ada", "salt", clock.now + LASTS)} and secret not in str(
        keeper.kept
    )
    clock.now += LASTS - timedelta(seconds=1)
    assert sessions.find(secret) == SignIn("Ada", "salt", clock.now + timedelta(seconds=1))
    clock.now += timedelta(seconds=1)
    assert sessions.find(secret) is None and sessions.find("another") is None


def test_what_the_keeper_said_is_believed_for_a_while_only() -> None:
    keeper, clock = Keeper(), Clock()
    here, there = Sessions(keeper, clock), Sessions(keeper, clock)
    secret = here.begin("Ada", "salt")
    assert not there.is_at_hand(secret) and there.find(secret) is not None and there.is_at_hand(secret)
    asked = keeper.asked
    here.end(secret)
    assert here.find(secret) is None and there.find(secret) is not None and keeper.asked == asked + 1
    clock.now += BELIEVED
    assert there.find(secret) is None and not keeper.kept


def test_while_the_keeper_is_silent_what_it_said_last_holds_and_nobody_new_comes_in() -> None:
    keeper, clock = Keeper(), Clock()
    sessions = Sessions(keeper, clock)
    secret, later = sessions.begin("Ada", "salt"), sessions.begin("Rea", "salt")
    keeper.broken = True
    clock.now += BELIEVED
    assert sessions.find(secret) is not None and Sessions(keeper, clock).find(secret) is None
    with pytest.raises(StoreError):
        sessions.begin("Eve", "salt")
    with pytest.raises(StoreError):
        sessions.end(later)
    assert sessions.find(later) is None  # here, at least


def test_secrets_that_open_nothing_push_out_nobody() -> None:
    alone = Sessions()
    secret = alone.begin("Ada", "salt")
    for number in range(AT_MOST + 1):
        alone.find(str(number))
        alone.end(str(number))
    assert alone.find(secret) is not None
    kept = Sessions(Keeper())
    secret = kept.begin("Ada", "salt")
    for number in range(AT_MOST + 1):
        kept.find(str(number))
    assert kept.find(secret) is not None
    kept.end(secret)
    assert kept.find(secret) is None


def sign_in(dashboard: Dashboard) -> str:
    """The cookie."""
    said = httpx.post(f"{dashboard.url}login", data={"username": "Ada", "password": PASSWORD})
    assert said.status_code == 200, said.text
    return said.cookies["comparer-session"]


def lets_in(dashboard: Dashboard, secret: str) -> bool:
    cookies = {"comparer-session": secret}
    return httpx.get(f"{dashboard.url}config", cookies=cookies, timeout=30).status_code == 200


@pytest.mark.slow
def test_a_restart_signs_nobody_out_and_another_dashboard_knows_who_signs_out(
    tmp_path: Path, database_url: str
) -> None:
    data_dir = tmp_path / "data"
    UserList(data_dir / "users.json").put("Ada", "admin", PASSWORD)
    options = ["--access", "users", *(["--database-url", database_url] if database_url else [])]
    with Dashboard.scripted(data_dir, *options) as first:
        mine, elsewhere = sign_in(first), sign_in(first)
        assert lets_in(first, mine) and not lets_in(first, "x" * len(mine))
    with Dashboard.scripted(data_dir, *options) as first, Dashboard.scripted(data_dir, *options) as second:
        assert lets_in(first, mine) and lets_in(second, mine) and lets_in(second, elsewhere)
        httpx.post(f"{second.url}logout", cookies={"comparer-session": mine})
        assert not lets_in(second, mine)
        time.sleep(BELIEVED.total_seconds())
        assert not lets_in(first, mine) and lets_in(first, elsewhere)
        UserList(data_dir / "users.json").put("Ada", "admin", f"another {PASSWORD}")
        assert not lets_in(first, elsewhere) and not lets_in(second, elsewhere)
