"""Do reviewers mean the same by "acceptable"? Agreement beyond chance, and who is stricter than the others.

Knows yes and no of reviewers on answers, and which answers belong to one case: nothing of models, items or names.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, NamedTuple

from comparer.fit.differences import Difference, difference_interval
from comparer.fit.intervals import ALPHA, EVERYTHING, Interval, wilson_interval

Undefined = Literal["nothing_rated_twice", "only_one_value"]

RESAMPLES = 1_000
MOST_SHOWN = 12
"""Reviewers in a chart or table of strictness; a long list would bury what it says."""


class Judgement(NamedTuple):
    """One reviewer's yes or no on one answer. The last one counts when a reviewer has several on an answer."""

    case: str
    """Answers of one case (same picture, same questions) are resampled together."""
    answer: str
    reviewer: str
    acceptable: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far reviewers agree on the answers that two or more of them rated."""

    alpha: float | None
    """Krippendorff's: 1 full agreement, 0 what chance gives, below 0 worse; None where `undefined` says why."""
    low: float | None
    high: float | None
    """95 % bootstrap bounds of alpha; None without alpha, with fewer than two cases, or with too few good draws."""
    undefined: Undefined | None
    agreeing_share: float | None
    """Mean over cases of the share of reviewer pairs that agree, 0..1; None when nothing is rated twice."""
    agreeing_interval: Interval
    """Wilson's, with the case as the unit. It stays wide for few cases even when all agree."""
    answers: int
    """Answers that at least two reviewers rated."""
    cases: int
    """Cases with such an answer."""
    resamples: int
    """Draws that the bounds rest on: those in which alpha is defined."""


@dataclass(frozen=True, slots=True)
class Strictness:
    """One reviewer beside the others, on the answers that both rated."""

    difference: Difference
    """The reviewer's pass rate less that of the others: below 0 is stricter. Mean over cases, 95 % interval."""
    answers: int
    cases: int


def agreement(judgements: Iterable[Judgement], *, resamples: int = RESAMPLES, seed: int = 0) -> Agreement:
    """Krippendorff's alpha for yes and no, with bounds from `resamples` draws of whole cases.

    Alpha is undefined when no answer has two ratings, and when all such ratings are the same: agreement beyond
    chance cannot be told from a reviewer who always says yes. The bounds are percentiles; draws in which alpha is
    undefined are left out, and there are no bounds when fewer than half remain. With few cases they are too narrow.

    Source: K. Krippendorff, Content Analysis (4th ed., 2018), chapter 12, as `evalica.alpha` has it. Its own
    bootstrap (`evalica.alpha_bootstrap`) draws single pairs of ratings; here answers of one case are drawn together,
    and a draw's alpha comes from sums that are taken once, so that many ratings cost little more than few.
    """
    import numpy as np

    cases = _rated_twice(judgements)
    units = [list(by_reviewer.values()) for answers in cases for by_reviewer in answers]
    alpha = krippendorff_alpha(units)
    bounds: tuple[float | None, float | None] = (None, None)
    drawn: list[float] = []
    if alpha is not None and len(cases) > 1:
        sums = np.array([np.sum([_disagreement(list(by.values())) for by in answers], axis=0) for answers in cases])
        dice = np.random.default_rng(seed)
        draws = (sums[dice.integers(len(cases), size=len(cases))].sum(axis=0) for _ in range(resamples))
        drawn = [_alpha_of(*draw) for draw in draws if 0 < draw[1] < draw[2]]
        if 2 * len(drawn) >= resamples:
            low, high = np.quantile(drawn, [ALPHA / 2, 1 - ALPHA / 2])
            bounds = (min(float(low), alpha), max(float(high), alpha))
    shares = [_mean([_agreeing_pairs(list(by.values())) for by in answers]) for answers in cases]
    return Agreement(
        alpha=alpha,
        low=bounds[0],
        high=bounds[1],
        undefined=None if alpha is not None else "only_one_value" if units else "nothing_rated_twice",
        agreeing_share=_mean(shares) if shares else None,
        agreeing_interval=wilson_interval(sum(shares), len(shares)) if shares else EVERYTHING,
        answers=len(units),
        cases=len(cases),
        resamples=len(drawn),
    )


def krippendorff_alpha(units: Sequence[Sequence[Hashable]]) -> float | None:
    """Nominal alpha of what was said of each unit, in any order: alpha does not ask who said it. None: undefined."""
    units = [unit for unit in units if len(unit) > 1]
    if len({value for unit in units for value in unit}) < 2:
        return None
    import pandas as pd
    from evalica import alpha

    most = max(len(unit) for unit in units)
    table = pd.DataFrame([[*unit, *[None] * (most - len(unit))] for unit in units], dtype=object)
    return float(alpha(table.T, distance="nominal").alpha)


def _disagreement(said: Sequence[bool]) -> tuple[float, int, int]:
    """What one answer adds to alpha's sums: its disagreement, how often it was accepted, how often rated."""
    accepted, ratings = sum(said), len(said)
    return accepted * (ratings - accepted) / (ratings - 1), accepted, ratings


def _alpha_of(disagreement: float, accepted: float, ratings: float) -> float:
    """Krippendorff's alpha for yes and no from the sums of `_disagreement`; 0 < accepted < ratings."""
    return float(1 - (ratings - 1) * disagreement / (accepted * (ratings - accepted)))


def strictness(judgements: Iterable[Judgement]) -> dict[str, Strictness]:
    """Each reviewer's pass rate less the others', on the answers that the reviewer and at least one other rated.

    Reviewers without such an answer are left out. On an answer the others count as their mean; the case is the unit
    and the interval `difference_interval`'s. Not shrunk towards 0: the few reviewers of one team cannot tell how much
    reviewers differ, which shrinking would need, and the interval says how little few answers prove.
    Strict is meant beside the others, who change with the answers: where three share one blind spot, the fourth
    looks strict.
    """
    own: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    others: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for number, answers in enumerate(_rated_twice(judgements)):
        for by_reviewer in answers:
            for reviewer, acceptable in by_reviewer.items():
                rest = [float(said) for other, said in by_reviewer.items() if other != reviewer]
                own[reviewer][str(number)].append(float(acceptable))
                others[reviewer][str(number)].append(_mean(rest))
    found = {}
    for reviewer in sorted(own):
        mine = {case: _mean(said) for case, said in own[reviewer].items()}
        theirs = {case: _mean(said) for case, said in others[reviewer].items()}
        difference = difference_interval(mine, theirs)
        if difference is not None:
            answers_shared = sum(len(said) for said in own[reviewer].values())
            found[reviewer] = Strictness(difference, answers_shared, len(mine))
    return found


def most_compared(found: Mapping[str, Strictness]) -> dict[str, Strictness]:
    """The reviewers to show, strictest first: of more than `MOST_SHOWN`, those with the most answers in common."""
    known = sorted(found, key=lambda reviewer: (-found[reviewer].answers, reviewer))[:MOST_SHOWN]
    return {name: found[name] for name in sorted(known, key=lambda name: (found[name].difference.value, name))}


def _rated_twice(judgements: Iterable[Judgement]) -> list[list[dict[str, bool]]]:
    """For each case the answers that two or more rated, each as reviewer -> verdict."""
    cases: dict[str, dict[str, dict[str, bool]]] = defaultdict(lambda: defaultdict(dict))
    for said in judgements:
        cases[said.case][said.answer][said.reviewer] = said.acceptable
    shared = [[by for by in answers.values() if len(by) > 1] for answers in cases.values()]
    return [answers for answers in shared if answers]


def _agreeing_pairs(said: Sequence[bool]) -> float:
    return _mean([float(one == other) for one, other in combinations(said, 2)])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
