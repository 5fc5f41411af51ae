"""One visitor as the server knows them: nothing here is what a browser merely says of itself."""

from dataclasses import dataclass

from comparer.access.roles import Role


@dataclass(frozen=True, slots=True)
class Visitor:
    """`key` tells visitors apart and is what their conversations are kept under."""

    key: str
    role: Role
    name: str = ""
    """Of the login; empty for whoever has not signed in."""
    address: str = ""
    """Where the request came from; empty when that says nothing."""

    @property
    def signed_in(self) -> bool:
        """Whether somebody has vouched for the name."""
        return bool(self.name)


EVERYBODY = Visitor(key="", role="admin")
"""The visitor of a page that is nobody else's: the team's own, on its own machine."""
