"""One batch of a run's cases, asked of one model turn by turn; each answer is handed on with its score as it ends.

Turn t is asked of all cases of the batch at once, each with the model's own earlier answers before it. Knows nothing
of plans and leases.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

from pydantic import TypeAdapter

from comparer.comparison import Comparison
from comparer.draft import Draft
from comparer.engines import Engine
from comparer.engines.cancel import CancelToken
from comparer.records import Answer, Failed, Failure, Finished, Request, Sampling, Started, Turn
from comparer.run_records import AutomaticScore, MadeAnswer, Place, RunCase
from comparer.suites.checks import Check, judge
from comparer.suites.planning import Unit

_CHECK: TypeAdapter[Check] = TypeAdapter(Check)

Keep = Callable[[Sequence[MadeAnswer]], None]
"""Takes the answers to one turn, or as many of them as there are."""

KEEP_AFTER_S = 2.0
"""Answers of a batch are kept together, but none waits for the others for longer: each write waits for the disk."""


@dataclass(slots=True)
class Asked:
    """One unit as far as it has got: the model's answers to its turns in order."""

    unit: Unit
    case: RunCase
    answers: list[str] = field(default_factory=list)

    @property
    def over(self) -> bool:
        return len(self.answers) == len(self.case.turns)

    @property
    def place(self) -> Place:
        """Where the answer to the next turn belongs."""
        return Place(self.unit.case, self.unit.repeat, len(self.answers), self.unit.model)

    def turns(self) -> tuple[Turn, ...]:
        """The conversation as the model has seen it, with the next question open."""
        questions = self.case.turns[: len(self.answers) + 1]
        pictures = (self.case.pictures, *((),) * (len(questions) - 1))
        answers = (*self.answers, None)
        return tuple(
            Turn(turn.question, shown, answer)
            for turn, shown, answer in zip(questions, pictures, answers, strict=True)
        )


def ask(
    comparison: Comparison,
    engine: Engine,
    batch: Sequence[Asked],
    sampling: Sampling,
    keep: Keep,
    cancel: CancelToken,
    go_on: Callable[[], bool],
) -> Failure | None:
    """Ask all that the batch lacks. Returns why the model is to be asked no more for now, None where all is well.

    Repeat r is drawn with the seed of `sampling` + r. `go_on` is asked before every turn. An answer that was stopped
    by `cancel` is not kept, nor is one that failed because the model cannot be loaded: they are asked another time.
    """
    while unfinished := [one for one in batch if not one.over]:
        if cancel.is_set() or not go_on():
            break
        at_turn = min(len(one.answers) for one in unfinished)
        asked = [one for one in unfinished if len(one.answers) == at_turn]
        trouble = _ask_turn(comparison, engine, asked, sampling, keep, cancel)
        if trouble is not None:
            return trouble
    return None


def _ask_turn(
    comparison: Comparison,
    engine: Engine,
    asked: Sequence[Asked],
    sampling: Sampling,
    keep: Keep,
    cancel: CancelToken,
) -> Failure | None:
    drafts = [Draft(engine, 0, replace(sampling, seed=sampling.seed + one.unit.repeat)) for one in asked]
    requests = [Request(one.turns(), draft.sampling) for one, draft in zip(asked, drafts, strict=True)]
    clock = _WorkClock()
    made: list[MadeAnswer] = []
    kept_s = perf_counter()
    not_loaded: Failure | None = None
    with closing(comparison.run_batch(engine, requests, cancel.child())) as updates:  # type: ignore[type-var]
        for row, event, contended in ((update.row, update.event, update.contended) for update in updates):
            draft, one = drafts[row], asked[row]
            draft.add(event, contended)
            if isinstance(event, Started):
                clock.begin(row, event.at_s - event.preprocess_s)
            elif isinstance(event, Finished | Failed):
                model_s = clock.end(row, event.at_s)
                if isinstance(event, Failed) and engine.state != "ready":
                    not_loaded = draft.failure
                elif draft.stop_reason != "cancelled":
                    answer = draft.answer()
                    check = one.case.turns[one.place.turn].check
                    made.append(MadeAnswer(one.place, answer, model_s, score(check, answer)))
                    one.answers.append(answer.text)
            if made and perf_counter() - kept_s > KEEP_AFTER_S:
                keep(made)
                made, kept_s = [], perf_counter()
    if made:
        keep(made)
    if not_loaded is None and engine.lingering:  # it hangs: what it is asked next would fail like this
        return next((draft.failure for draft in drafts if draft.failure), None)
    return not_loaded


def score(check: Mapping[str, Any] | None, answer: Answer) -> AutomaticScore | None:
    """What a check that is kept as a table says of an answer; None without a check and for an answer that failed."""
    if check is None or answer.failure is not None:
        return None
    judged = judge(_CHECK.validate_python(dict(check)), answer.text)
    return AutomaticScore(judged.score, judged.passed, judged.code, judged.parameters)


class _WorkClock:
    """Shares the time that a model is at work equally among the answers under way at each moment.

    All shares together are the time in which at least one answer was under way; for answers one after another each
    share is the time of that answer.
    """

    def __init__(self) -> None:
        self._now_s: float | None = None
        self._shares: dict[int, float] = {}

    def begin(self, row: int, at_s: float) -> None:
        self._advance(at_s)
        self._shares[row] = 0.0

    def end(self, row: int, at_s: float) -> float:
        """The seconds of an answer that ends; 0 for one that never began."""
        self._advance(at_s)
        return self._shares.pop(row, 0.0)

    def _advance(self, at_s: float) -> None:
        passed_s = max(0.0, at_s - self._now_s) if self._now_s is not None else 0.0
        for row in self._shares:
            self._shares[row] += passed_s / len(self._shares)
        self._now_s = at_s if self._now_s is None else max(self._now_s, at_s)
