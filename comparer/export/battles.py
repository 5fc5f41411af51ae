"""Votes as battles of two models, in the form that the tools around LMArena read.

Knows votes only: nothing of the database, of files or of pass rates.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations

from comparer.export.rows import Value
from comparer.store import CastVote


def battles(votes: Iterable[CastVote]) -> Iterator[dict[str, Value]]:
    """One row for each pair of models in a vote, `model_a` being the one further left.

    `winner` is "model_a", "model_b", "tie", or "tie (bothbad)" when none was good. A vote for one of three says
    nothing on how the other two compare: such a pair has no row. `tstamp` is seconds since 1970; `language` is
    "unknown", for nobody recorded it; `anony` says that names were hidden, and rankings usually keep only those rows.
    Source of the field names: github.com/lm-sys/FastChat, fastchat/serve/monitor/clean_battle_data.py.
    """
    for vote in votes:
        for place, (first, second) in enumerate(combinations(vote.order, 2)):
            winner = _winner(vote.choice, first, second)
            if winner is not None:
                yield {
                    "question_id": vote.case_key,
                    "battle_id": f"{vote.turn_id}-{place}",
                    "model_a": first,
                    "model_b": second,
                    "winner": winner,
                    "judge": vote.reviewer,
                    "conversation_a_id": f"{vote.conversation_id}-{first}",
                    "conversation_b_id": f"{vote.conversation_id}-{second}",
                    "conversation_id": vote.conversation_id,
                    "turn_id": vote.turn_id,
                    "language": "unknown",
                    "tstamp": vote.at.timestamp(),
                    "anony": vote.blind,
                    "category": vote.item,
                    "lineup": vote.lineup,
                }


def _winner(choice: str, first: str, second: str) -> str | None:
    if choice == first:
        return "model_a"
    if choice == second:
        return "model_b"
    return {"tie": "tie", "none": "tie (bothbad)"}.get(choice)
