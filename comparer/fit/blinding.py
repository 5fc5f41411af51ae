"""Does knowing the model change the verdict? Ratings given blind beside those given with the names in sight.

Knows pass shares by key and case, blind and open: nothing of what the keys stand for, of reviewers or items. It sees
a difference, not its cause: where other people or other items were rated blind, that shows here too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from comparer.fit.differences import Difference, Shares, check_shares, difference_interval, mean
from comparer.fit.intervals import ALPHA

if TYPE_CHECKING:
    from numpy.typing import NDArray

BlindingVerdict = Literal["open_higher", "open_lower", "no_difference_shown", "no_ratings"]

RESAMPLES = 9_999
"""A p-value of 0.05 is then right within 0.0044, twice its standard error."""


_BATCH = 500_000
"""Cases shuffled at once, over all resamples of a batch: some megabytes, however many cases there are."""


class BlindAndOpen(NamedTuple):
    """One model's shares of acceptable ratings by case: given blind, and given with the name in sight."""

    blind: Shares
    open: Shares


@dataclass(frozen=True, slots=True)
class BlindingRow:
    """One model. Rates are 0..1, means over cases; None without ratings of that kind."""

    blind_rate: float | None
    open_rate: float | None
    blind_cases: int
    open_cases: int
    shared_cases: int
    """Cases with both kinds of ratings."""
    difference: Difference | None
    """Open less blind, with its 95 % interval; see `difference_interval`."""


@dataclass(frozen=True, slots=True)
class BlindingEffect:
    """Blind against open, model by model and over all."""

    rows: Mapping[str, BlindingRow]
    p_value: float | None
    """Two-sided, over all models together, for one look; None without both kinds of ratings."""
    verdict: BlindingVerdict
    """By `p_value` against 5 %; "no_ratings" without both kinds."""
    resamples: int


def blinding_effect(
    by_model: Mapping[str, BlindAndOpen], *, resamples: int = RESAMPLES, seed: int = 0
) -> BlindingEffect:
    """Compare blind with open ratings. Raises ValueError for a share outside of 0..1.

    The overall test shuffles what would be arbitrary if blinding did nothing. A case that was rated in both ways
    has the two swapped or not; among cases rated in one way only, which of them are the blind ones is shuffled. All
    models' answers of one case move together, since they are no independent witnesses. What is compared is the mean
    open share less the mean blind one, each less its model's mean, so that a model which happens to be rated openly
    more often does not count as an effect. With one kind of case alone it is the usual permutation test for two
    samples, and for pairs.
    Source: R. A. Fisher, The Design of Experiments (1935), sections 5 and 21; P. Good, Permutation, Parametric and
    Bootstrap Tests of Hypotheses (3rd ed., 2005), chapter 3; drawn by `scipy.stats.monte_carlo_test`.
    """
    rows = {key: _row(shares) for key, shares in by_model.items()}
    cases = _by_case(by_model)
    if not cases[:, 0, 1].any() or not cases[:, 1, 1].any():
        return BlindingEffect(rows, None, "no_ratings", 0)
    p_value, gap = _shuffled(cases, resamples, seed)
    verdict: BlindingVerdict = "no_difference_shown"
    if p_value < ALPHA:
        verdict = "open_higher" if gap > 0 else "open_lower"
    return BlindingEffect(rows, p_value, verdict, resamples)


def _row(shares: BlindAndOpen) -> BlindingRow:
    return BlindingRow(
        blind_rate=mean(shares.blind) if shares.blind else None,
        open_rate=mean(shares.open) if shares.open else None,
        blind_cases=len(shares.blind),
        open_cases=len(shares.open),
        shared_cases=len(shares.blind.keys() & shares.open.keys()),
        difference=difference_interval(shares.open, shares.blind),
    )


def _by_case(by_model: Mapping[str, BlindAndOpen]) -> "NDArray[Any]":
    """[case, 0 blind or 1 open, 0 sum or 1 count] of the shares, each less the mean of its model's shares."""
    import numpy as np

    cases = sorted({case for shares in by_model.values() for kind in shares for case in kind})
    place = {case: index for index, case in enumerate(cases)}
    table = np.zeros((len(cases), 2, 2))
    for shares in by_model.values():
        for kind in shares:
            check_shares(kind)
        everything = [share for kind in shares for share in kind.values()]
        for way, kind in enumerate(shares):
            for case, share in kind.items():
                table[place[case], way] += (share - sum(everything) / len(everything), 1)
    return table


def _shuffled(cases: "NDArray[Any]", resamples: int, seed: int) -> tuple[float, float]:
    """The p-value, and the gap as seen. A case's label 1 says that its second kind is open, as it was in truth."""
    import numpy as np
    from scipy.stats import monte_carlo_test

    dice = np.random.default_rng(seed)
    both = (cases[:, 0, 1] > 0) & (cases[:, 1, 1] > 0)
    labels = np.where(both, 1.0, cases[:, 1, 1] > 0)  # of a case with one kind: whether that kind is open
    first = np.where(both[:, np.newaxis], cases[:, 0], 0)
    second = np.where(both[:, np.newaxis], cases[:, 1], cases.sum(axis=1))

    def gap(labels: "NDArray[Any]", axis: int = -1) -> "NDArray[Any]":
        labels = np.moveaxis(labels, axis, -1)
        as_open = labels @ second + (1 - labels) @ first
        as_blind = (1 - labels) @ second + labels @ first
        return np.asarray(np.round(as_open[..., 0] / as_open[..., 1] - as_blind[..., 0] / as_blind[..., 1], 12))

    def shuffle(size: tuple[int, ...]) -> "NDArray[Any]":
        drawn = np.broadcast_to(labels, size).copy()
        drawn[:, both] = dice.integers(2, size=(size[0], int(both.sum())))
        drawn[:, ~both] = dice.permuted(drawn[:, ~both], axis=1)
        return drawn

    result = monte_carlo_test(
        labels, shuffle, gap, vectorized=True, n_resamples=resamples, batch=_BATCH // len(cases) + 1
    )
    return min(1.0, float(result.pvalue)), float(gap(labels))
