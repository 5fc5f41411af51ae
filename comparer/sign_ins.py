"""Who has signed in, as it is kept: the record, and what is asked of its keeper. Nothing here opens anything."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody who has proved who they are, until a moment (UTC).

    `stamp` changes with their password: a sign-in with an older one holds no longer.
    """

    name: str
    stamp: str
    until: datetime


class SignIns(Protocol):
    """Keeps sign-ins for all processes on one database and over a restart; `SqlStore.sign_ins` is one.

    Keys are hashes of secrets, never secrets. Every call may raise `StoreError`.
    """

    def keep(self, key: str, sign_in: SignIn) -> None:
        """Keep a new one, and forget those that are over."""

    def find(self, key: str) -> SignIn | None:
        """The one of that key, also when it is over."""

    def end(self, key: str) -> None:
        """Forget one; nothing happens where it is unknown."""
