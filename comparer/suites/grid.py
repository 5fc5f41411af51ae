"""What came of a run, case by model: outcomes, and which cases are to be shown. No wording, no database.

A case's automatic score is the mean of its checked turns' scores over all repeats; what people say stands beside it
and is never mixed in.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal, NamedTuple, get_args

from comparer.run_records import Place, RunAnswer, RunCase

Outcome = Literal["passed", "partial", "failed", "unjudged", "error", "missing"]
"""Of one model on one case, by checks alone: all checked answers passed, some, or none; "unjudged" has no check or
none that could be applied, "error" has nothing but answers that failed, "missing" has not been asked."""
Show = Literal["all", "failures", "differing", "unrated", "errors"]
SHOWN: tuple[Show, ...] = get_args(Show)


class Brief(NamedTuple):
    """What the grid remembers of an answer."""

    score: float | None
    passed: bool
    error: bool
    ratings: int
    accepted: int
    words: int
    """Hash of its text without white space around it, for telling answers apart."""
    model_s: float


def brief(answer: RunAnswer) -> Brief:
    """The part of an answer that the grid is made of."""
    score = answer.score
    return Brief(
        score=None if score is None else score.score,
        passed=score is not None and score.passed,
        error=answer.answer.failure is not None,
        ratings=answer.ratings,
        accepted=answer.accepted,
        words=hash(answer.answer.text.strip()),
        model_s=answer.model_s,
    )


@dataclass(frozen=True, slots=True)
class GridCell:
    """One model on one case, all turns and repeats together."""

    outcome: Outcome = "missing"
    score: float | None = None
    """0..1; None where nothing is judged."""
    answers: int = 0
    errors: int = 0
    unrated: int = 0
    """Answers that ended without an error and that nobody has rated."""
    ratings: int = 0
    accepted: int = 0
    words: tuple[int, ...] = ()
    """What was answered, as hashes in the order of repeats and turns."""


@dataclass(frozen=True, slots=True)
class GridRow:
    """One case; `cells` holds every model of the run, smallest first."""

    case: RunCase
    cells: Mapping[str, GridCell]

    @property
    def differs(self) -> bool:
        """Whether the models that were asked fare differently by checks, or without a check say other things."""
        asked = [cell for cell in self.cells.values() if cell.outcome != "missing"]
        outcomes = {(cell.outcome, cell.score) for cell in asked}
        return len(outcomes) > 1 or (outcomes == {("unjudged", None)} and len({cell.words for cell in asked}) > 1)

    def fits(self, show: Show) -> bool:
        """Whether the row is among those to be shown. A failure is a check that failed or a person who refused."""
        cells = self.cells.values()
        if show == "failures":
            return any(cell.outcome in {"failed", "partial"} or cell.accepted < cell.ratings for cell in cells)
        if show == "differing":
            return self.differs
        if show == "unrated":
            return any(cell.unrated for cell in cells)
        return show == "all" or any(cell.errors for cell in cells)

    def holds(self, words: str) -> bool:
        """Whether the case's id, a question or a reference has these words in it, in upper or lower case."""
        sought = words.casefold()
        texts = (self.case.id, *(part for turn in self.case.turns for part in (turn.question, turn.reference)))
        return any(sought in part.casefold() for part in texts)


@dataclass(frozen=True, slots=True)
class RunGrid:
    """A run as it stood when it was read; rows in the order of its cases, `models` smallest first."""

    models: tuple[str, ...]
    rows: tuple[GridRow, ...]

    def rows_for(self, show: Show = "all", item: str = "", words: str = "") -> tuple[GridRow, ...]:
        """The rows that fit all three; an empty one asks for nothing."""
        words = words.strip()
        return tuple(
            row
            for row in self.rows
            if (not item or row.case.item == item) and row.fits(show) and (not words or row.holds(words))
        )

    @property
    def items(self) -> tuple[str, ...]:
        """The items that have cases, in the order of the cases."""
        return tuple(dict.fromkeys(row.case.item for row in self.rows))


def run_grid(models: Sequence[str], cases: Iterable[RunCase], answers: Mapping[Place, Brief]) -> RunGrid:
    """The grid of a run's cases; answers of other models and cases are left out."""
    by_cell: dict[tuple[str, str], list[tuple[Place, Brief]]] = {}
    for place, answer in answers.items():
        by_cell.setdefault((place.case, place.model), []).append((place, answer))
    rows = (GridRow(case, {model: _cell(by_cell.get((case.id, model), ())) for model in models}) for case in cases)
    return RunGrid(tuple(models), tuple(rows))


def _cell(found: Sequence[tuple[Place, Brief]]) -> GridCell:
    if not found:
        return _EMPTY
    answers = [answer for _, answer in sorted(found, key=lambda each: each[0])]
    judged = [answer for answer in answers if answer.score is not None]
    errors = sum(answer.error for answer in answers)
    return GridCell(
        outcome=_outcome(answers, judged, errors),
        score=fmean(answer.score for answer in judged if answer.score is not None) if judged else None,
        answers=len(answers),
        errors=errors,
        unrated=sum(not answer.error and not answer.ratings for answer in answers),
        ratings=sum(answer.ratings for answer in answers),
        accepted=sum(answer.accepted for answer in answers),
        words=tuple(answer.words for answer in answers),
    )


_EMPTY = GridCell()


def _outcome(answers: Sequence[Brief], judged: Sequence[Brief], errors: int) -> Outcome:
    if errors == len(answers):
        return "error"
    if not judged:
        return "unjudged"
    passed = sum(answer.passed for answer in judged)
    return "passed" if passed == len(judged) else "partial" if passed else "failed"
