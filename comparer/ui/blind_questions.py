"""Who has asked blind and not voted yet, in whichever of their tabs. Kept in memory; knows no names of models.

What a model does, and when, tells which column is its own: whoever waits for a vote must not see it in another tab
either. A conversation left without a vote counts until the same person has asked openly, an hour at most.
"""

import threading
from collections.abc import Callable
from time import perf_counter

from comparer.errors import InputError
from comparer.store import Store

LASTS_S = 3600.0
"""As long as the curve of memory reaches back."""


class BlindQuestions:
    """Blind conversations under way, by person; threads may share it."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._asked_s: dict[str, dict[str, float]] = {}

    def asked(self, person: str, conversation_id: str) -> None:
        """A question was asked blind."""
        now_s = self._clock()
        with self._lock:
            for known, asked in list(self._asked_s.items()):
                if all(now_s - at_s > LASTS_S for at_s in asked.values()):
                    del self._asked_s[known]
            self._asked_s.setdefault(person, {})[conversation_id] = now_s

    def over(self, person: str) -> None:
        """The person has asked openly: a model's last answer is no longer a blind one."""
        with self._lock:
            self._asked_s.pop(person, None)

    def waiting(self, person: str, store: Store) -> bool:
        """Whether a blind conversation of the person has no vote yet. Raises `StoreError`."""
        now_s = self._clock()
        with self._lock:
            asked = dict(self._asked_s.get(person, {}))
        return any(_is_hidden(store, one) for one, at_s in asked.items() if now_s - at_s <= LASTS_S)


def _is_hidden(store: Store, conversation_id: str) -> bool:
    try:
        return store.summary(conversation_id).hidden
    except InputError:  # deleted
        return False
