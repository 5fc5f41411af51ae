"""Which answer people like best when they see all side by side: scores from votes, with their uncertainty.

Knows votes on keys: nothing of what the keys stand for, of pass rates or the database. Liking is not the pass rate:
the best of three bad answers wins its vote. Intervals and p-values are those of a single look.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from comparer.fit.intervals import ALPHA
from comparer.records import Choice

if TYPE_CHECKING:
    from numpy.typing import NDArray

Method = Literal["bradley_terry", "bradley_terry_with_virtual_ties"]

RESAMPLES = 1_000


@dataclass(frozen=True, slots=True)
class Vote:
    """One reviewer's vote in one turn."""

    turn: str
    """Votes of one turn are resampled together: they are about the same answers."""
    shown: tuple[str, ...]
    """Keys of what stood side by side, left to right."""
    choice: Choice
    best: str = ""
    """The chosen key, one of `shown`, when `choice` is "answer"."""

    def __post_init__(self) -> None:
        if self.choice == "answer" and self.best not in self.shown:
            raise ValueError(f"{self.best!r} was not among the shown {self.shown}")


class Outcome(NamedTuple):
    """What a vote says of one pair."""

    first: str
    second: str
    won: float
    """1: the first is preferred to the second; 0.5: a tie."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One key's score. None where there is no vote to tell from."""

    score: float | None
    """Bradley-Terry strength as a share of all strengths, 0..1: by the model the chance to be liked best of all."""
    low: float | None
    high: float | None
    """95 % bootstrap bounds of the score."""
    rank: int | None
    """1 is the best; None while the interval overlaps with any other's."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """The votes, summed up. Keys are sorted."""

    standings: Mapping[str, Standing]
    win_rates: Mapping[str, Mapping[str, float | None]]
    """[a][b]: share of a's comparisons with b that a won, a tie as half; None where they never met."""
    votes: int
    ties: int
    none: int
    """Votes for "none of them": they say nothing on which is better, and are left out of all else."""
    method: Method
    resamples: int


def pairwise(vote: Vote) -> list[Outcome]:
    """What a vote says of pairs.

    The chosen one beats each other; how the others compare stays open. A tie is a tie of every pair; none is none.
    """
    if vote.choice == "answer":
        return [Outcome(vote.best, other, 1.0) for other in vote.shown if other != vote.best]
    if vote.choice == "tie":
        return [Outcome(one, other, 0.5) for one, other in combinations(vote.shown, 2)]
    return []


def preferences(votes: Iterable[Vote], *, resamples: int = RESAMPLES, seed: int = 0) -> Preferences:
    """Bradley-Terry scores of all that was shown, by `evalica`, with bootstrap bounds over turns.

    Source: R. A. Bradley, M. E. Terry, Biometrika 39 (1952) 324-345; a tie is half a win for both. There is a
    largest likelihood only if, however one parts the keys in two, each part has at least half a win over the other
    (L. R. Ford, Amer. Math. Monthly 64, no. 8, part 2 (1957) 28-33). Where there is none, as when one key wins all,
    one virtual tie is added to every pair and `method` says so; chosen over plain win rates because scores then
    stay comparable when the first odd vote arrives.

    The bootstrap draws whole turns. Its urn holds one virtual turn besides for every outcome there could have been
    (each key liked best, all tie): ten votes for the same key would otherwise be drawn as ten votes for the same
    key each time, and look certain. Draws without a largest likelihood get the virtual ties too.
    """
    votes = list(votes)
    keys = tuple(sorted({key for vote in votes for key in vote.shown}))
    place = {key: index for index, key in enumerate(keys)}
    turns: dict[str, NDArray[Any]] = {}
    for vote in votes:
        if vote.choice != "none":
            wins = _wins(pairwise(vote), place)
            turns[vote.turn] = turns[vote.turn] + wins if vote.turn in turns else wins
    total = sum(turns.values(), _no_wins(len(keys)))
    return Preferences(
        standings=_standings(keys, list(turns.values()), resamples, seed),
        win_rates=_win_rates(keys, total),
        votes=len(votes),
        ties=sum(vote.choice == "tie" for vote in votes),
        none=sum(vote.choice == "none" for vote in votes),
        method="bradley_terry" if _has_largest_likelihood(total) else "bradley_terry_with_virtual_ties",
        resamples=resamples if turns else 0,
    )


def _no_wins(keys: int) -> "NDArray[Any]":
    import numpy as np

    return np.zeros((keys, keys))


def _wins(outcomes: Iterable[Outcome], place: Mapping[str, int]) -> "NDArray[Any]":
    """[i, j]: wins of key i over key j, a tie as half a win for both."""
    wins = _no_wins(len(place))
    for first, second, won in outcomes:
        wins[place[first], place[second]] += won
        wins[place[second], place[first]] += 1 - won
    return wins


def _has_largest_likelihood(wins: "NDArray[Any]") -> bool:
    """Whether every key can be reached from every other along wins."""
    from scipy.sparse.csgraph import connected_components

    return len(wins) > 0 and connected_components(wins > 0, connection="strong")[0] == 1


def strengths(wins: "NDArray[Any]") -> "NDArray[Any]":
    """Bradley-Terry strengths that sum to 1, from a matrix of wins [i, j] of i over j; see `preferences`."""
    import numpy as np
    from evalica import Winner, bradley_terry

    if not _has_largest_likelihood(wins):
        wins = wins + 0.5 * (1 - np.eye(len(wins)))
    if len(wins) == 1:
        return np.ones(1)
    first, second = np.nonzero(wins)
    fitted = bradley_terry(
        first.tolist(),
        second.tolist(),
        [Winner.X] * len(first),
        weights=wins[first, second].tolist(),
        tolerance=1e-9,
        limit=10_000,
    )
    ordered = fitted.scores.sort_index().to_numpy()
    return np.asarray(ordered / ordered.sum())


def _standings(keys: Sequence[str], turns: "list[NDArray[Any]]", resamples: int, seed: int) -> dict[str, Standing]:
    if not turns:
        return dict.fromkeys(keys, Standing(None, None, None, None))
    import numpy as np

    place = {key: index for index, key in enumerate(keys)}
    virtual = [Vote("", tuple(keys), "answer", key) for key in keys] + [Vote("", tuple(keys), "tie")]
    urn = np.array([*turns, *(_wins(pairwise(vote), place) for vote in virtual)])
    kinds, counts = np.unique(urn, axis=0, return_counts=True)  # turns that say the same are drawn together
    dice = np.random.default_rng(seed)
    draws = dice.multinomial(len(turns), counts / len(urn), size=resamples)
    different, which = np.unique(np.tensordot(draws, kinds, axes=1), axis=0, return_inverse=True)
    drawn = np.array([strengths(wins) for wins in different])[which]
    scores = strengths(np.sum(turns, axis=0))
    low, high = np.quantile(drawn, [ALPHA / 2, 1 - ALPHA / 2], axis=0)
    low, high = np.minimum(low, scores), np.maximum(high, scores)
    return {
        key: Standing(float(scores[i]), float(low[i]), float(high[i]), _rank(i, low, high))
        for i, key in enumerate(keys)
    }


def _rank(index: int, low: "NDArray[Any]", high: "NDArray[Any]") -> int | None:
    above = sum(other > high[index] for other in low)
    below = sum(other < low[index] for other in high)
    return int(above) + 1 if above + below == len(low) - 1 else None


def _win_rates(keys: Sequence[str], wins: "NDArray[Any]") -> dict[str, dict[str, float | None]]:
    met = wins + wins.T
    return {
        one: {other: float(wins[i, j] / met[i, j]) if met[i, j] else None for j, other in enumerate(keys) if j != i}
        for i, one in enumerate(keys)
    }
