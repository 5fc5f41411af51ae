"""From scored answers to the figures of an evaluation. Pure: knows nothing of engines, pictures or files.

Shares are 0-1. `low` and `high` bound them with 95 % confidence, one share at a time, by Wilson's interval on Rao and
Scott's effective sample size (`comparer.fit.clustered`): turns of one picture or conversation are not independent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from statistics import median
from typing import Any, Literal

import numpy as np

from comparer.demo.questions import KINDS, LONGEST_DIALOGUE
from comparer.demo.scenes.vocabulary import Language
from comparer.fit.clustered import Cluster, clustered_interval

Part = Literal["items", "outside", "conversations"]
"""Parts of an exam: questions within the items, questions to be declined, and long conversations."""
CONVERSATION_TURNS = LONGEST_DIALOGUE
DIGITS = 4
OUTSIDE_KINDS = ("outside", "stray")
"""Question types that are to be declined."""


@dataclass(frozen=True)
class ScoredTurn:
    """One answered question. `number` counts from 1 within its conversation; `refused`: it was declined.

    `ttft_s` and `e2e_s` are the engine's seconds to the first and to the last token; None where it sent none.
    """

    part: Part
    item: str
    content: str
    cluster: str
    kind: str
    language: Language
    number: int
    right: bool
    refused: bool
    ttft_s: float | None = None
    e2e_s: float | None = None


@dataclass(frozen=True)
class Rate:
    """Share of right answers among `n`."""

    accuracy: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Score(Rate):
    """`chance` is the share that guessing in the right form would reach."""

    chance: float


@dataclass(frozen=True)
class OutsideRate(Rate):
    """Share of questions outside the items that were declined, in all and by what was shown or asked."""

    contents: dict[str, Rate]


@dataclass(frozen=True)
class RefusalRate:
    """Share of questions within the items that were declined."""

    share: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class FirstWrong:
    """How long conversations of `turns` turns go well. `counts`: by the number of the first wrong turn, or "none".

    `median` is that of the right turns before it; a conversation without a wrong one counts with all its turns.
    """

    conversations: int
    turns: int
    median: float
    counts: dict[str, int]


@dataclass(frozen=True)
class Seconds:
    """How long answers took. None where none was timed."""

    median: float | None
    p95: float | None


@dataclass(frozen=True)
class Scores:
    """What one exam showed. `mean` is the plain mean of the items' accuracies; `turns` are counted from "1"."""

    mean: float
    items: dict[str, Score]
    depths: dict[str, Score]
    languages: dict[str, Score]
    turns: dict[str, Score]
    kinds: dict[str, Score]
    out_of_domain: OutsideRate
    wrong_refusals: RefusalRate
    first_wrong: FirstWrong
    first_token_s: float | None
    answer_s: Seconds


@dataclass(frozen=True)
class Evaluation:
    """The scores of one checkpoint, and what they were measured with. `model` changes with the weights.

    `seconds` is the wall-clock time of asking; `date` is ISO 8601, local.
    """

    scores: Scores
    precision: str
    device: str
    seed: int
    pictures: int
    seconds: float
    date: str
    model: str

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values, the scores first and on the same level as the rest."""
        rest = asdict(self)
        scores: dict[str, Any] = rest.pop("scores")
        return scores | rest


def summarise(turns: Sequence[ScoredTurn]) -> Scores:
    """The figures of one exam's answers."""
    asked = [turn for turn in turns if turn.part == "items"]
    inside = [turn for turn in asked if turn.kind not in OUTSIDE_KINDS]
    outside = [turn for turn in turns if turn.part == "outside" and turn.kind in OUTSIDE_KINDS]
    items = _by(inside, lambda turn: turn.item)
    first_token_s = [turn.ttft_s for turn in turns if turn.ttft_s is not None]
    return Scores(
        mean=round(sum(_share(inside, item) for item in items) / max(1, len(items)), DIGITS),
        items=items,
        depths=_by(inside, lambda turn: KINDS[turn.kind][0]),
        languages=_by(inside, lambda turn: turn.language),
        turns=dict(sorted(_by(inside, lambda turn: str(turn.number)).items(), key=lambda entry: int(entry[0]))),
        kinds=_by(asked, lambda turn: turn.kind),
        out_of_domain=_outside_rate(outside),
        wrong_refusals=_refusal_rate(inside),
        first_wrong=first_wrong([turn for turn in turns if turn.part == "conversations"]),
        first_token_s=round(median(first_token_s), DIGITS) if first_token_s else None,
        answer_s=_seconds([turn.e2e_s for turn in turns if turn.e2e_s is not None]),
    )


def first_wrong(turns: Iterable[ScoredTurn]) -> FirstWrong:
    """When conversations first go wrong; the turns of one follow each other."""
    firsts = [
        next((turn.number for turn in conversation if not turn.right), None)
        for _, conversation in groupby(turns, lambda turn: turn.cluster)
    ]
    before = [CONVERSATION_TURNS if first is None else first - 1 for first in firsts]
    counts = {str(number): firsts.count(number) for number in range(1, CONVERSATION_TURNS + 1)}
    return FirstWrong(
        conversations=len(firsts),
        turns=CONVERSATION_TURNS,
        median=median(before) if before else 0.0,
        counts=counts | {"none": firsts.count(None)},
    )


def _outside_rate(turns: Sequence[ScoredTurn]) -> OutsideRate:
    whole = _rate(turns)
    contents = {
        content: _rate([turn for turn in turns if turn.content == content])
        for content in sorted({turn.content for turn in turns})
    }
    return OutsideRate(whole.accuracy, whole.low, whole.high, whole.n, contents)


def _refusal_rate(turns: Sequence[ScoredTurn]) -> RefusalRate:
    refused = _rate(turns, lambda turn: turn.refused)
    return RefusalRate(refused.accuracy, refused.low, refused.high, refused.n)


def _by(turns: Sequence[ScoredTurn], key: Callable[[ScoredTurn], str]) -> dict[str, Score]:
    return {
        name: _score([turn for turn in turns if key(turn) == name]) for name in sorted({key(turn) for turn in turns})
    }


def _score(turns: Sequence[ScoredTurn]) -> Score:
    rate = _rate(turns)
    chance = sum(KINDS[turn.kind][1] for turn in turns) / len(turns)
    return Score(rate.accuracy, rate.low, rate.high, rate.n, round(chance, DIGITS))


def _share(turns: Sequence[ScoredTurn], item: str) -> float:
    rights = [turn.right for turn in turns if turn.item == item]
    return sum(rights) / len(rights)


def _rate(turns: Sequence[ScoredTurn], passed: Callable[[ScoredTurn], bool] = lambda turn: turn.right) -> Rate:
    clusters: dict[str, list[bool]] = {}
    for turn in turns:
        clusters.setdefault(turn.cluster, []).append(passed(turn))
    low, high = clustered_interval([Cluster(sum(each), len(each)) for each in clusters.values()])
    share = sum(map(passed, turns)) / max(1, len(turns))
    return Rate(round(share, DIGITS), round(low, DIGITS), round(high, DIGITS), len(turns))


def _seconds(values_s: Sequence[float]) -> Seconds:
    if not values_s:
        return Seconds(None, None)
    return Seconds(round(median(values_s), DIGITS), round(float(np.percentile(values_s, 95)), DIGITS))
