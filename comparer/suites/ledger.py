"""What the answers of a run have come to so far: the score of each case, and what is still to be asked.

The unit is a case of the suite with all its turns and repeats; automatic scores and people's ratings are never mixed.
Knows no database: answers are told to it as they come.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import NamedTuple

from comparer.records import CellCount, ratable
from comparer.run_records import Judge, Place, RunAnswer, RunCase
from comparer.suites.staged import Outcomes, Pair


class _Mark(NamedTuple):
    """What counts of one answer."""

    score: float | None
    ratable: bool
    ratings: int
    accepted: int
    model_s: float


class Ledger:
    """The answers of `cases`, each asked `repeats` times of each model, as far as they are there."""

    def __init__(
        self, cases: Iterable[RunCase], repeats: int, judge: Judge, answers: Iterable[RunAnswer] = ()
    ) -> None:
        self.cases = {case.id: case for case in cases}
        self.repeats = repeats
        self._judge = judge
        self._marks: dict[Pair, dict[tuple[int, int], _Mark]] = defaultdict(dict)
        self._outcomes: dict[Pair, float | None] = {}
        self._lost: set[Pair] = set()
        for answer in answers:
            self._note(answer)
        for pair in tuple(self._marks):
            self._judged(pair)

    def add(self, answer: RunAnswer) -> None:
        """Take in one more answer, or the same with more ratings."""
        self._note(answer)
        self._judged((answer.place.model, answer.place.case))

    @property
    def outcomes(self) -> Outcomes:
        """The score of every case that has all its answers, by model and case; None where nothing has judged it."""
        return self._outcomes

    @property
    def lost(self) -> frozenset[Pair]:
        """The cases without a score that nothing will ever judge: their answers failed, or no turn has a check."""
        return frozenset(self._lost)

    @property
    def seconds(self) -> dict[Pair, float]:
        """Model-seconds of every case that has all its answers."""
        return {pair: sum(mark.model_s for mark in self._marks[pair].values()) for pair in self._outcomes}

    def has(self, place: Place) -> bool:
        """Whether the place has an answer."""
        return (place.repeat, place.turn) in self._marks[place.model, place.case]

    def open_repeats(self, model: str, case: str) -> list[int]:
        """The repeats of a case that lack an answer of the model."""
        marks, turns = self._marks[model, case], len(self.cases[case].turns)
        return [repeat for repeat in range(self.repeats) if any((repeat, turn) not in marks for turn in range(turns))]

    def counts(self) -> list[CellCount]:
        """Counts for the score table of all judged cases: of a whole run, which leaves no case out by its outcome."""
        scores: dict[tuple[str, str], list[float]] = defaultdict(list)
        for (model, case), score in self._outcomes.items():
            if score is not None:
                scores[self.cases[case].item, model].append(score)
        return [
            CellCount(item, model, cases=len(found), ratings=len(found), passed=sum(found))
            for (item, model), found in scores.items()
        ]

    def _note(self, told: RunAnswer) -> None:
        place, answer = told.place, told.answer
        self._marks[place.model, place.case][place.repeat, place.turn] = _Mark(
            score=told.score.score if told.score else None,
            ratable=ratable(answer.stop_reason, answer.text),
            ratings=told.ratings,
            accepted=told.accepted,
            model_s=told.model_s,
        )

    def _judged(self, pair: Pair) -> None:
        """Bring the outcome of one case up to date."""
        marks, turns = self._marks[pair], len(self.cases[pair[1]].turns)
        if len(marks) < turns * self.repeats:
            return
        if self._judge == "checks":
            scores = [mark.score for mark in marks.values() if mark.score is not None]
            score, lost = (fmean(scores) if scores else None), not scores
        else:
            by_turn = [[marks[repeat, turn] for repeat in range(self.repeats)] for turn in range(turns)]
            score, lost = _acceptance(by_turn)
        self._outcomes[pair] = score
        self._lost.discard(pair)
        if lost:
            self._lost.add(pair)


def _acceptance(by_turn: Sequence[Sequence[_Mark]]) -> tuple[float | None, bool]:
    """The mean over turns of the share of ratings that accept, once each turn has one; and whether none can come."""
    shares: list[float] = []
    can_be_rated = False
    for marks in by_turn:
        ratable_ones = [mark for mark in marks if mark.ratable]
        if not ratable_ones:
            continue  # it failed: there is nothing to rate
        can_be_rated = True
        rated = [mark.accepted / mark.ratings for mark in ratable_ones if mark.ratings]
        if not rated:
            return None, False
        shares.append(fmean(rated))
    return (fmean(shares) if shares else None), not can_be_rated
