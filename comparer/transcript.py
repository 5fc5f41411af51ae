"""A kept conversation as one reviewer may read it: with their own ratings and votes, and with nobody else's.

Reads the store only. Knows no lineup: what a model is called is up to whoever shows it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from comparer.records import Preference, Rating
from comparer.store import Store, StoredAnswer, StoredConversation, StoredTurn


@dataclass(frozen=True, slots=True)
class Transcript:
    """A conversation and what `reviewer` said of it: ratings by answer id, votes by turn id."""

    conversation: StoredConversation
    reviewer: str
    ratings: Mapping[str, Rating]
    votes: Mapping[str, Preference]

    @property
    def order(self) -> tuple[str, ...]:
        """The model keys from left to right."""
        return self.conversation.conversation.order

    def letter(self, model: str) -> str:
        """What a model is called while its name is hidden: A, B, C from the left."""
        return "ABCDEF"[self.order.index(model)]

    def vote(self, turn: StoredTurn) -> str:
        """The model key that was voted best in a turn, "tie", "none", or empty without a vote."""
        vote = self.votes.get(turn.id)
        if vote is None or vote.choice != "answer":
            return vote.choice if vote else ""
        return next(kept.answer.model for kept in turn.answers if kept.id == vote.answer_id)


def attempts(turn: StoredTurn, model: str) -> tuple[StoredAnswer, ...]:
    """A model's answers in a turn, oldest first: several when it was asked again, none when nothing was kept."""
    return tuple(kept for kept in turn.answers if kept.answer.model == model)


def read_transcript(store: Store, conversation_id: str, reviewer: str) -> Transcript:
    """Read a conversation for a reviewer. Raises InputError `unknown_conversation`, StoreError."""
    conversation = store.conversation(conversation_id)
    ratings: dict[str, Rating] = {}
    votes: dict[str, Preference] = {}
    for turn in conversation.turns:
        ratings |= store.ratings(turn.id, reviewer)
        vote = store.preference(turn.id, reviewer)
        if vote is not None:
            votes[turn.id] = vote
    return Transcript(conversation, reviewer, ratings, votes)
