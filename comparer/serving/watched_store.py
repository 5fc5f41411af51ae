"""A store that counts and logs what it has kept: the one place through which page, endpoints and runs all pass.

Everything else goes through unchanged. The log gets ids, models and figures, never texts, notes or names.
"""

import logging
from collections.abc import Sequence
from typing import Any, cast

from comparer.records import Answer, Picture, Preference, Rating
from comparer.run_records import AutomaticScore, MadeAnswer, Place
from comparer.run_store import RunStore, StoreWithRuns
from comparer.serving.telemetry import Telemetry

log = logging.getLogger("comparer.kept")


def watched(store: StoreWithRuns, telemetry: Telemetry) -> StoreWithRuns:
    """`store`, with everything that it keeps from now on counted in `telemetry`."""
    return cast(StoreWithRuns, _WatchedStore(store, telemetry))


class _Through:
    """Hands everything on that it does not know."""

    def __init__(self, inner: Any, telemetry: Telemetry) -> None:
        self._inner = inner
        self._telemetry = telemetry

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _WatchedStore(_Through):
    @property
    def runs(self) -> RunStore:
        return cast(RunStore, _WatchedRuns(self._inner.runs, self._telemetry))

    def add_turn(self, conversation_id: str, question: str, pictures: Sequence[Picture]) -> str:
        turn: str = self._inner.add_turn(conversation_id, question, pictures)
        self._telemetry.count_question()
        log.info("question", extra={"conversation": conversation_id, "turn": turn, "pictures": len(pictures)})
        return turn

    def add_answer(self, turn_id: str, answer: Answer) -> str:
        kept: str = self._inner.add_answer(turn_id, answer)
        _note_answer(self._telemetry, answer, {"turn": turn_id, "answer": kept})
        return kept

    def rate(self, answer_id: str, rating: Rating) -> str:
        kept: str = self._inner.rate(answer_id, rating)
        self._telemetry.count_rating(rating.acceptable)
        log.info("rating", extra={"answer": answer_id, "rating": kept})
        return kept

    def prefer(self, turn_id: str, preference: Preference) -> str:
        kept: str = self._inner.prefer(turn_id, preference)
        self._telemetry.count_vote()
        log.info("vote", extra={"turn": turn_id, "vote": kept})
        return kept


class _WatchedRuns(_Through):
    def keep(self, run_id: str, place: Place, answer: Answer, model_s: float, score: AutomaticScore | None) -> str:
        return self.keep_all(run_id, [MadeAnswer(place, answer, model_s, score)])[0]

    def keep_all(self, run_id: str, made: Sequence[MadeAnswer]) -> tuple[str, ...]:
        kept: tuple[str, ...] = self._inner.keep_all(run_id, made)
        for one, answer_id in zip(made, kept, strict=True):
            _note_answer(self._telemetry, one.answer, {"run": run_id, "answer": answer_id})
        return kept


def _note_answer(telemetry: Telemetry, answer: Answer, place: dict[str, str]) -> None:
    telemetry.count_answer(answer)
    metrics = answer.metrics
    figures = {
        "model": answer.model,
        "stop_reason": answer.stop_reason,
        "failure": answer.failure.code if answer.failure else None,
        "queue_s": _rounded(metrics.queue_s),
        "ttft_s": _rounded(metrics.ttft_s),
        "e2e_s": _rounded(metrics.e2e_s),
        "output_tokens": metrics.output_tokens,
        "contended": metrics.contended,
    }
    log.info("answer", extra={**place, **figures})


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
