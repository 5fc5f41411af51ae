"""What there is to do on the page, and who may do it: the one table of rights."""

from types import MappingProxyType
from typing import Literal, get_args

Role = Literal["reviewer", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
Mode = Literal["open", "users", "huggingface"]

Deed = Literal[
    "ask",
    "rate",
    "conversations.star",
    "conversations.delete_others",
    "conversations.read_others",
    "suites.edit",
    "suites.delete",
    "runs.start",
    "runs.steer",
    "runs.delete",
    "items.edit",
    "ratings.import",
    "prices.edit",
    "models.load",
]
DEEDS: tuple[Deed, ...] = get_args(Deed)

ADMINS_ONLY: frozenset[Deed] = frozenset(
    {
        "conversations.delete_others",
        "conversations.read_others",
        "suites.delete",
        "runs.delete",
        "items.edit",
        "ratings.import",
        "prices.edit",
        "models.load",
    }
)
COMMON_IN_A_TEAM: frozenset[Deed] = frozenset({"conversations.read_others"})
"""Everybody's where the page is not shared with strangers: a team reads and continues what its members asked."""

_LASTING: frozenset[Deed] = frozenset({"conversations.star", "suites.edit", "runs.start", "runs.steer"})
NEEDS_SIGN_IN: MappingProxyType[Mode, frozenset[Deed]] = MappingProxyType(
    {
        "open": _LASTING,  # nobody knows who they are: what costs hours or stays for good is not for them
        "users": frozenset(DEEDS),
        "huggingface": _LASTING | {"ask", "rate"},
    }
)
"""What a reviewer may do only once they have signed in, where the page is shared."""
