"""When two turns are the same case: the same pictures and questions so far, for the same item."""

import hashlib
import json
from collections.abc import Sequence
from typing import NamedTuple


class Asked(NamedTuple):
    """What one turn asks: the SHA-256 of its new pictures in order, and its question."""

    pictures: tuple[str, ...]
    question: str


def case_key(item: str, turns: Sequence[Asked]) -> str:
    """SHA-256 over the item and all turns so far; the last one is the turn that the case stands for.

    What the models answered is left out: all models, and the same question asked again, share one case.
    """
    whole = json.dumps([item, [[list(turn.pictures), turn.question] for turn in turns]], ensure_ascii=True)
    return hashlib.sha256(whole.encode("ascii")).hexdigest()
