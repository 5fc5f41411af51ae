"""How many turns a conversation goes well: turn by turn until the first answer that is not acceptable.

Knows yes and no of reviewers on numbered turns. What the models' keys stand for, and which conversations were chosen,
is not its business.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from typing import NamedTuple

from comparer.fit.intervals import ALPHA
from comparer.fit.survival import Duration, Median, SurvivalCurve, kaplan_meier, log_rank

Turns = Mapping[str, Duration]
"""By case: the number of the first turn that was not acceptable (observed), or of the last that was (censored)."""


class TurnJudgement(NamedTuple):
    """One reviewer's yes or no on one turn. The last one counts when a reviewer has several on a turn."""

    case: str
    model: str
    turn: int
    """Counted from 1."""
    reviewer: str
    acceptable: bool


@dataclass(frozen=True, slots=True)
class Drift:
    """How long one model's conversations go well."""

    turns: Turns
    curve: SurvivalCurve | None
    """Chance, by the turn's number, that all turns up to it are acceptable; None without a rated first turn."""
    median_held: Median
    """Turns before the first that is not acceptable. Value None: more than half of the conversations outlast it."""
    drifted: int
    """Cases with a turn that is not acceptable, after nothing but acceptable ones."""
    held: int
    """Cases without one as far as they are rated in one piece: they count for as long as that, not as ended there."""
    left_out: int
    """Cases with ratings, but none of the first turn."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Two models that follow each other in size, and whether one of them lasts longer."""

    smaller: str
    larger: str
    longer: str | None
    """The one whose conversations go well for longer, by `p_value` against 5 %; None: no difference is shown."""
    p_value: float | None
    """Two-sided, for one look, adjusted for the number of pairs; None where no drift can tell the two apart."""


def drift(judgements: Iterable[TurnJudgement]) -> dict[str, Drift]:
    """The drift of every judged model, by key, sorted. Raises ValueError for a turn below 1.

    A turn is acceptable when more than half of its reviewers say so. A tie counts as not acceptable: where half of
    the readers would not take an answer, the conversation no longer goes well.

    A conversation is followed from turn 1 until the first turn that is not acceptable, else until the turn before
    the first unrated one. What comes behind a gap is not looked at: in the gap it may or may not have drifted. The
    curve takes it that stopping to rate has nothing to do with how the next turn would have been; who rates only
    until an answer looks doubtful makes it too good.

    The turn's number is the time, not the number of turns before it. A conversation of 5 good turns was never asked
    for its 6th: on a clock of turns before the failure it would have been at risk of failing after 5.
    """
    return {model: _drift(cases) for model, cases in sorted(_acceptable(judgements).items())}


def compare_neighbours(found: Mapping[str, Drift], models: Sequence[str]) -> tuple[Neighbours, ...]:
    """Each judged model beside the next larger one; `models` are keys in the order of size.

    The log-rank test takes the two for separate groups. Here both answered the same cases, and a hard case is hard
    for both: then it is too cautious and rather misses a difference than sees one that is not there. The p-values are
    adjusted together.
    Source: S. Holm, Scandinavian Journal of Statistics 6 (1979) 65-70, as `statsmodels` has it.
    """
    from statsmodels.stats.multitest import multipletests

    pairs = list(pairwise(model for model in models if model in found))
    tests = [log_rank(found[one].turns.values(), found[other].turns.values()) for one, other in pairs]
    done = [test for test in tests if test is not None]
    adjusted = iter(multipletests([test.p_value for test in done], method="holm")[1] if done else ())
    return tuple(
        _neighbours(pair, test.z, float(next(adjusted))) if test else Neighbours(*pair, None, None)
        for pair, test in zip(pairs, tests, strict=True)
    )


def _neighbours(pair: tuple[str, str], z: float, p_value: float) -> Neighbours:
    smaller, larger = pair
    longer = (smaller if z < 0 else larger) if p_value < ALPHA else None
    return Neighbours(smaller, larger, longer, p_value)


def _drift(cases: Mapping[str, Mapping[int, bool]]) -> Drift:
    turns = {case: _followed(by_turn) for case, by_turn in sorted(cases.items()) if 1 in by_turn}
    curve = kaplan_meier(turns.values()) if turns else None
    drifted = sum(duration.observed for duration in turns.values())
    return Drift(
        turns=turns,
        curve=curve,
        median_held=_before(curve.median) if curve else Median(None, None, None),
        drifted=drifted,
        held=len(turns) - drifted,
        left_out=len(cases) - len(turns),
    )


def _followed(by_turn: Mapping[int, bool]) -> Duration:
    """How far one conversation is followed. Its first turn is rated."""
    end = next(turn for turn in count(1) if not by_turn.get(turn, False))
    return Duration(end, True) if end in by_turn else Duration(end - 1, False)


def _acceptable(judgements: Iterable[TurnJudgement]) -> dict[str, dict[str, dict[int, bool]]]:
    """[model][case][turn]: what most reviewers say."""
    said: dict[tuple[str, str, int], dict[str, bool]] = defaultdict(dict)
    for one in judgements:
        if one.turn < 1:
            raise ValueError(f"turn {one.turn} of case {one.case!r}: turns are counted from 1")
        said[one.model, one.case, one.turn][one.reviewer] = one.acceptable
    models: dict[str, dict[str, dict[int, bool]]] = defaultdict(lambda: defaultdict(dict))
    for (model, case, turn), by_reviewer in said.items():
        models[model][case][turn] = 2 * sum(by_reviewer.values()) > len(by_reviewer)
    return models


def _before(turn: Median) -> Median:
    """The turns before a turn."""
    return Median(*(None if each is None else each - 1 for each in (turn.value, turn.low, turn.high)))
