"""What is read from the store for the pure functions of this package: the score table, and the evidence beside it."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from comparer.fit.evidence import Evidence, evidence
from comparer.fit.score_table import ScoreTable, score_table
from comparer.store import RatingFilter, Store

NEWEST = 50_000
"""So many ratings, and so many votes, are read at most: the newest. Statistics on them take seconds, not minutes."""

KEPT = 4
"""Evidence of so many filters is kept, some 25 MB each at most."""


def read_score_table(store: Store, models: Sequence[str], ratings: RatingFilter) -> ScoreTable:
    """The score table of `models` (smallest first) as those ratings stand now. Raises StoreError."""
    return score_table(store.items(), models, store.counts(ratings))


def read_evidence(store: Store, models: Sequence[str], ratings: RatingFilter, *, limit: int = NEWEST) -> Evidence:
    """The evidence of those ratings and votes as they stand now, the newest `limit` of each. Raises StoreError."""
    return evidence(
        [item.key for item in store.items()],
        models,
        store.newest_ratings(limit + 1, ratings),
        store.newest_votes(limit + 1, ratings),
        limit=limit,
    )


class EvidenceReader:
    """`read_evidence` for many readers: the same evidence until a rating, a vote or the items change."""

    def __init__(self, store: Store, models: Sequence[str]) -> None:
        self._store = store
        self._models = tuple(models)
        self._kept: OrderedDict[tuple[RatingFilter, str, tuple[str, ...]], Evidence] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, ratings: RatingFilter) -> Evidence:
        """The evidence now. Raises StoreError."""
        key = (ratings, self._store.revision(), tuple(item.key for item in self._store.items()))
        with self._lock:
            if key not in self._kept:
                self._kept[key] = read_evidence(self._store, self._models, ratings)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return self._kept[key]
