"""How often people who look after every rating read a wrong verdict: the product's rule against made-up reviewers.

Knows the verdict rule and dice; nothing of models, items or the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from comparer.fit.intervals import ALPHA, verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

Rule = Literal["sequence", "wilson"]
"""The product's rule; or Wilson's interval read as if each look were the only one, to compare."""

RATES = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99)
THRESHOLDS = (0.8, 0.9)
LOOKS = 300
RUNS = 10_000
"""A share of 0.05 is then right within 0.0044, twice its standard error."""
SEED = 2026

_MEETS, _FAILS = 1, -1


@dataclass(frozen=True, slots=True)
class Looked:
    """What people saw who looked after every one of `looks` ratings, over many runs. Shares are 0..1."""

    rate: float
    """The true pass rate."""
    threshold: float
    meets: float
    """Share of runs that said "meets" at any look."""
    fails: float
    """Share of runs that said "fails" at any look."""
    settled: float
    """Share of runs that said either at any look."""
    median_ratings: int | None
    """Fewest ratings by which half of the runs had settled; None when half never did."""

    @property
    def wrong(self) -> float:
        """Share of runs with a wrong verdict at any look: at the threshold itself "meets" is right."""
        return self.fails if self.rate >= self.threshold else self.meets


def look_after_every_rating(
    rate: float,
    threshold: float,
    *,
    runs: int = RUNS,
    looks: int = LOOKS,
    seed: int = SEED,
    rule: Rule = "sequence",
) -> Looked:
    """Simulate `runs` tables of one model whose true pass rate is `rate`, each rated `looks` times on new cases.

    Both rules see the same dice. The verdict hangs on the two counts alone, so a run is a path through a table of
    all verdicts there can be. Raises ValueError unless runs and looks are at least 1 and the rates within 0..1.
    """
    import numpy as np

    if runs < 1 or looks < 1:
        raise ValueError(f"{runs} runs of {looks} looks")
    if not (0 <= rate <= 1 and 0 <= threshold <= 1):
        raise ValueError(f"rate {rate} and threshold {threshold} are to be within 0..1")
    dice = np.random.default_rng([seed, round(1e6 * rate), round(1e6 * threshold)])
    passed = (dice.random((runs, looks), dtype=np.float32) < rate).cumsum(axis=1, dtype=np.int32)
    said = _verdicts(rule, threshold, looks)[np.arange(looks), passed]
    settled = said != 0
    ever = settled.any(axis=1)
    first = np.sort(np.where(ever, settled.argmax(axis=1) + 1, looks + 1))[(runs - 1) // 2]
    return Looked(
        rate=rate,
        threshold=threshold,
        meets=float((said == _MEETS).any(axis=1).mean()),
        fails=float((said == _FAILS).any(axis=1).mean()),
        settled=float(ever.mean()),
        median_ratings=int(first) if first <= looks else None,
    )


def simulate(
    rates: Sequence[float] = RATES,
    thresholds: Sequence[float] = THRESHOLDS,
    *,
    runs: int = RUNS,
    looks: int = LOOKS,
    seed: int = SEED,
) -> dict[str, Any]:
    """Every rate against every threshold, by both rules, as plain JSON values.

    The keys of the inner objects are "<rate>/<threshold>". `settled_rate_at_threshold` holds the pairs whose rate
    is the threshold: how often any verdict at all was given where in the long run none can be.
    """
    looked = [(rate, threshold) for threshold in thresholds for rate in rates]
    ours = [look_after_every_rating(*pair, runs=runs, looks=looks, seed=seed) for pair in looked]
    wilson = [look_after_every_rating(*pair, runs=runs, looks=looks, seed=seed, rule="wilson") for pair in looked]
    return {
        "wrong_verdict_rate": {_key(seen): seen.wrong for seen in ours},
        "median_ratings_to_settle": {_key(seen): seen.median_ratings for seen in ours},
        "wilson_wrong_verdict_rate": {_key(seen): seen.wrong for seen in wilson},
        "settled_rate_at_threshold": {_key(seen): seen.settled for seen in ours if seen.rate == seen.threshold},
        "runs": runs,
        "seed": seed,
        "looks": looks,
    }


def _key(seen: Looked) -> str:
    return f"{seen.rate:g}/{seen.threshold:g}"


@cache
def _verdicts(rule: Rule, threshold: float, looks: int) -> "NDArray[Any]":
    """Every verdict there can be: row n - 1, column passed, for n ratings; 1 meets, -1 fails, 0 undecided."""
    import numpy as np

    table = np.zeros((looks, looks + 1), dtype=np.int8)
    if rule == "sequence":
        codes = {"meets": _MEETS, "fails": _FAILS}
        for cases in range(1, looks + 1):
            table[cases - 1, : cases + 1] = [codes.get(verdict(p, cases, threshold), 0) for p in range(cases + 1)]
        return table
    from statsmodels.stats.proportion import proportion_confint

    row, passed = np.tril_indices(looks, m=looks + 1, k=1)  # all that is possible: 0 <= passed <= row + 1
    low, high = proportion_confint(passed, row + 1, alpha=ALPHA, method="wilson")
    table[row, passed] = np.where(low >= threshold, _MEETS, np.where(high < threshold, _FAILS, 0))
    return table
