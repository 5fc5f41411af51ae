"""The sign-ins of `comparer.sign_ins` on SQLAlchemy: one short transaction a call, on disk when it returns."""

from sqlalchemy import delete

from comparer.sign_ins import SignIn, SignIns
from storage.base import now
from storage.tables import SignInRow
from storage.transactions import Transactions


class SqlSignIns(SignIns):
    """Sign-ins in the database of a `SqlStore`, which hands it out; threads may share it."""

    def __init__(self, transactions: Transactions) -> None:
        self._reading, self._writing = transactions.reading, transactions.writing

    def keep(self, key: str, sign_in: SignIn) -> None:
        """Keep a new one, and forget those that are over."""
        with self._writing() as session:
            session.execute(delete(SignInRow).where(SignInRow.until <= now()))
            session.add(SignInRow(key=key, name=sign_in.name, stamp=sign_in.stamp, until=sign_in.until))

    def find(self, key: str) -> SignIn | None:
        """The one of that key, also when it is over."""
        with self._reading() as session:
            row = session.get(SignInRow, key)
            return SignIn(row.name, row.stamp, row.until) if row else None

    def end(self, key: str) -> None:
        """Forget one; nothing happens where it is unknown."""
        with self._writing() as session:
            session.execute(delete(SignInRow).where(SignInRow.key == key))
