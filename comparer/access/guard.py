"""The database, the runs and the suites as the present visitor may use them.

Whatever a page or an endpoint does goes through here, so that a new button cannot forget to ask. What is not named
in the tables below is refused; a test holds them equal to what there is. Only workers in the background, which no
visitor steers, have the database itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar, cast

from comparer.access.roles import Deed
from comparer.access.rules import Access
from comparer.errors import AccessError, InputError
from comparer.records import Answer, Picture, Preference, Rating
from comparer.run_records import RunCase, RunRequest
from comparer.run_store import RunStore, StoreWithRuns
from comparer.store import (
    EVERYTHING,
    Belonging,
    Conversation,
    ConversationSummary,
    HistoryPage,
    HistorySearch,
    Part,
    StoredConversation,
)

STORE_READS = frozenset(
    {
        *("items", "lineups", "counts", "precisions", "newest_ratings", "newest_votes", "newest_answers", "revision"),
        *("reviewers", "team_settings", "ping"),
    }
)
"""What tells of figures and names only."""
STORE_DEEDS: Mapping[str, Deed] = MappingProxyType(
    {
        "set_threshold": "items.edit",
        "add_item": "items.edit",
        "update_item": "items.edit",
        "order_items": "items.edit",
        "save_picture": "ask",
        "import_ratings": "ratings.import",
        "set_for_team": "prices.edit",
        "unset_for_team": "prices.edit",
        "cases": "conversations.read_others",
        "rated_answers": "conversations.read_others",
        "votes": "conversations.read_others",
        "carried_votes": "conversations.read_others",
    }
)
STORE_CLOSED = frozenset({"delete_older", "close"})
"""For the server itself only, as are those of runs below."""

RUN_READS = frozenset({"listed", "run", "cases", "places", "answers", "ratable", "holders", "automatic_counts"})
RUN_DEEDS: Mapping[str, Deed] = MappingProxyType(
    {"want": "runs.steer", "forget_errors": "runs.steer", "delete": "runs.delete"}
)
RUN_CLOSED = frozenset({"keep", "keep_all", "claim", "renew", "release"})

LIBRARY_READS = frozenset({"listed", "is_shipped", "read", "export", "trash"})
LIBRARY_DEEDS: Mapping[str, Deed] = MappingProxyType(
    {
        "create": "suites.edit",
        "duplicate": "suites.edit",
        "take_in": "suites.edit",
        "rename": "suites.edit",
        "keep_picture": "suites.edit",
        "add_case": "suites.edit",
        "change_case": "suites.edit",
        "remove_case": "suites.edit",
        "move_case": "suites.edit",
        "delete": "suites.delete",
        "restore": "suites.delete",
    }
)

T = TypeVar("T")


def guarded_store(store: StoreWithRuns, access: Access) -> StoreWithRuns:
    """The database as the present visitor may use it; itself where everybody may do everything."""
    return store if access.everybodys else cast(StoreWithRuns, GuardedStore(store, access))


def guarded_library(library: T, access: Access) -> T:
    """The suites as the present visitor may use them; themselves where everybody may do everything."""
    return library if access.everybodys else cast(T, _Guarded(library, access, LIBRARY_READS, LIBRARY_DEEDS))


class _Guarded:
    """Something of which `reads` are everybody's, and the calls in `deeds` for those who may do that."""

    def __init__(self, inner: Any, access: Access, reads: frozenset[str], deeds: Mapping[str, Deed]) -> None:
        self._inner = inner
        self._access = access
        self._reads = reads
        self._deeds = deeds

    def __getattr__(self, name: str) -> Any:
        if name in self._reads:
            return getattr(self._inner, name)
        if name not in self._deeds:
            raise AttributeError(name)
        deed, call = self._deeds[name], cast(Callable[..., Any], getattr(self._inner, name))

        def allowed(*values: Any, **named: Any) -> Any:
            self._access.require(deed)
            return call(*values, **named)

        return allowed


class GuardedRuns(_Guarded):
    """The runs as the present visitor may use them."""

    def __init__(self, runs: RunStore, access: Access) -> None:
        super().__init__(runs, access, RUN_READS, RUN_DEEDS)

    def create(self, request: RunRequest, cases: Sequence[RunCase]) -> str:
        """Begin a run under the visitor's own name."""
        self._access.require("runs.start")
        made: str = self._inner.create(replace(request, reviewer=self._access.name(request.reviewer)), cases)
        return made


class GuardedStore(_Guarded):
    """`comparer.store.Store` for the present visitor: with their own name, and where the page is shared with nothing
    of others. What is somebody else's is as unknown as what is not there."""

    def __init__(self, store: StoreWithRuns, access: Access) -> None:
        super().__init__(store, access, STORE_READS, STORE_DEEDS)
        self._store = store
        self._runs = cast(RunStore, GuardedRuns(store.runs, access))

    @property
    def runs(self) -> RunStore:
        """The runs of suites."""
        return self._runs

    # --- whose it is -----------------------------------------------------------------------------------

    def belonging(self, part: Part, part_id: str) -> Belonging:
        """Whose something is, that the visitor may see."""
        return self._seen(part, part_id)

    def _seen(self, part: Part, part_id: str) -> Belonging:
        """Where something belongs that the visitor may read. Raises InputError as for what is not there."""
        belonging = self._store.belonging(part, part_id)
        if not (belonging.of_run or self._is_own(belonging) or self._access.may("conversations.read_others")):
            raise InputError(f"unknown_{part}", **{part: part_id})
        return belonging

    def _is_own(self, belonging: Belonging) -> bool:
        return not belonging.of_run and belonging.owner == self._access.visitor.key

    def _change(self, part: Part, part_id: str) -> None:
        """Refuse to go on in what the visitor may read only. Raises AccessError `admins_only`."""
        if not self._is_own(self._seen(part, part_id)) and self._access.shared:
            self._access.require("conversations.read_others")

    # --- conversations ---------------------------------------------------------------------------------

    def begin(self, conversation: Conversation) -> str:
        """Begin a conversation of the visitor's."""
        visitor = self._access.require("ask")
        reviewer = self._access.name(conversation.reviewer)
        return self._store.begin(replace(conversation, owner=visitor.key, reviewer=reviewer))

    def conversation(self, conversation_id: str) -> StoredConversation:
        """A conversation that the visitor may read."""
        self._seen("conversation", conversation_id)
        return self._store.conversation(conversation_id)

    def summary(self, conversation_id: str) -> ConversationSummary:
        """One conversation that the visitor may read, as the list shows it."""
        self._seen("conversation", conversation_id)
        return self._store.summary(conversation_id)

    def search(self, sought: HistorySearch = EVERYTHING, *, after: str = "", limit: int = 50) -> HistoryPage:
        """A page of the conversations that were sought and that the visitor may read."""
        if not self._access.may("conversations.read_others"):
            sought = replace(sought, owner=self._access.visitor.key)
        return self._store.search(sought, after=after, limit=limit)

    def add_turn(self, conversation_id: str, question: str, pictures: Sequence[Picture]) -> str:
        """Add a question to a conversation that the visitor may go on with."""
        self._access.require("ask")
        self._change("conversation", conversation_id)
        return self._store.add_turn(conversation_id, question, pictures)

    def add_answer(self, turn_id: str, answer: Answer) -> str:
        """Add an answer to a turn of such a conversation."""
        self._change("turn", turn_id)
        return self._store.add_answer(turn_id, answer)

    def reveal(self, conversation_id: str) -> None:
        """Note that the names of a blind conversation have been shown."""
        self._change("conversation", conversation_id)
        self._store.reveal(conversation_id)

    def star(self, conversation_id: str, starred: bool) -> None:
        """Keep a conversation when old ones are deleted, or no longer."""
        self._access.require("conversations.star")
        self._change("conversation", conversation_id)
        self._store.star(conversation_id, starred)

    def delete_conversation(self, conversation_id: str) -> None:
        """Delete a conversation: one's own, or any as an admin. Raises AccessError `own_only`."""
        belonging = self._seen("conversation", conversation_id)
        if not self._is_own(belonging) and not self._access.may("conversations.delete_others"):
            raise AccessError("own_only")
        self._store.delete_conversation(conversation_id)

    # --- ratings and votes -----------------------------------------------------------------------------

    def rate(self, answer_id: str, rating: Rating) -> str:
        """Keep a rating under the visitor's own name."""
        self._access.require("rate")
        self._seen("answer", answer_id)
        return self._store.rate(answer_id, replace(rating, reviewer=self._access.name(rating.reviewer)))

    def ratings(self, turn_id: str, reviewer: str) -> dict[str, Rating]:
        """The visitor's own ratings of one turn's answers."""
        self._seen("turn", turn_id)
        return self._store.ratings(turn_id, self._access.name(reviewer))

    def prefer(self, turn_id: str, preference: Preference) -> str:
        """Keep a vote under the visitor's own name."""
        self._access.require("rate")
        self._seen("turn", turn_id)
        return self._store.prefer(turn_id, replace(preference, reviewer=self._access.name(preference.reviewer)))

    def preference(self, turn_id: str, reviewer: str) -> Preference | None:
        """The visitor's own vote on one turn."""
        self._seen("turn", turn_id)
        return self._store.preference(turn_id, self._access.name(reviewer))

    def is_blind(self, turn_id: str) -> bool:
        """Whether the names of this turn's models are hidden now."""
        self._seen("turn", turn_id)
        return self._store.is_blind(turn_id)

    def turn_of(self, answer_id: str) -> str:
        """The id of the turn that an answer belongs to."""
        self._seen("answer", answer_id)
        return self._store.turn_of(answer_id)
