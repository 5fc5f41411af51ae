"""What people have set for everybody, as small documents by kind and name. Knows nothing of what they say."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from comparer.errors import InputError
from comparer.store import TeamSetting
from storage.tables import TeamSettingRow
from storage.upserts import put
from storage.visitor_text import clean

MAX_NAME = 200


def read(session: Session, kind: str) -> dict[str, TeamSetting]:
    """All of one kind, by name."""
    query = select(TeamSettingRow).where(TeamSettingRow.kind == kind).order_by(TeamSettingRow.name)
    return {row.name: dict(row.content) for row in session.scalars(query)}


def write(session: Session, kind: str, name: str, content: TeamSetting) -> None:
    """Set one; whoever comes last decides. Raises InputError `name_too_long`."""
    kept = clean(name)
    if len(kept) > MAX_NAME:
        raise InputError("name_too_long", limit=MAX_NAME)
    put(session, TeamSettingRow, {"kind": kind, "name": kept}, {"content": content})


def remove(session: Session, kind: str, name: str) -> None:
    """Forget one."""
    session.execute(delete(TeamSettingRow).where(TeamSettingRow.kind == kind, TeamSettingRow.name == clean(name)))
