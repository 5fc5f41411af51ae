"""Decides whether the present visitor may do something. Asked inside whatever does it, never only on the page."""

from collections.abc import Callable
from dataclasses import dataclass

from comparer.access.roles import ADMINS_ONLY, COMMON_IN_A_TEAM, NEEDS_SIGN_IN, Deed, Mode
from comparer.access.visitor import EVERYBODY, Visitor
from comparer.errors import AccessError


def _nobody() -> Visitor | None:
    return None


@dataclass(frozen=True)
class Access:
    """The rules of one dashboard.

    `shared`: strangers use it, so that visitors are kept apart and nobody is an admin who has not signed in.
    `present` tells who asks; where it cannot, a page that knows its visitors does nothing at all.
    """

    mode: Mode = "open"
    shared: bool = False
    present: Callable[[], Visitor | None] = _nobody

    @property
    def everybodys(self) -> bool:
        """Whether all who reach the page may do everything: a team on its own machine."""
        return self.mode == "open" and not self.shared

    @property
    def visitor(self) -> Visitor:
        """Whoever asks now. Raises AccessError `nobody_asks` outside of a request."""
        if self.everybodys:
            return EVERYBODY
        visitor = self.present()
        if visitor is None or not visitor.key:  # an empty key would be that of what is nobody's
            raise AccessError("nobody_asks")
        return visitor

    def allows(self, visitor: Visitor, deed: Deed) -> bool:
        """Whether a visitor may do something."""
        if visitor.role == "admin":
            return True
        if deed in ADMINS_ONLY:
            return deed in COMMON_IN_A_TEAM and not self.shared
        return visitor.signed_in or deed not in NEEDS_SIGN_IN[self.mode]

    def may(self, deed: Deed) -> bool:
        """Whether the present visitor may do something."""
        return self.allows(self.visitor, deed)

    def require(self, deed: Deed) -> Visitor:
        """The present visitor, who may do it. Raises AccessError `sign_in_first` or `admins_only`."""
        visitor = self.visitor
        if not self.allows(visitor, deed):
            can_sign_in = self.mode != "open" and not visitor.signed_in and deed not in ADMINS_ONLY
            raise AccessError("sign_in_first" if can_sign_in else "admins_only")
        return visitor

    def name(self, given: str) -> str:
        """Under which name the present visitor rates: the login's, whatever they say; without one what they say."""
        return self.visitor.name or given
