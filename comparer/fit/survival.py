"""How long it lasts until something happens, when for some it has not happened by the time one stops watching.

Knows durations only: nothing of conversations, models or reviewers. Times may be weeks, turns or anything that is
counted upwards from 0.
"""

import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite, sqrt
from typing import Any, NamedTuple

from comparer.fit.intervals import ALPHA


class Duration(NamedTuple):
    """How long one subject was watched."""

    time: float
    observed: bool
    """True: the event came at `time`. False (censored): it had not come by then, `time` included."""


@dataclass(frozen=True, slots=True)
class Step:
    """The curve at one of the times at which an event came or a subject was watched for the last time."""

    time: float
    at_risk: int
    """Subjects still watched just before: those censored at this very time are among them."""
    events: int
    censored: int
    survival: float
    """Estimated chance, 0..1, that the event comes later than `time`."""
    standard_error: float
    """Greenwood's; 0 where `survival` is 0 or 1, which shows the formula's limit and not certainty."""
    low: float | None
    high: float | None
    """Pointwise bounds of `survival`; None where it is 0 or 1, for which the formula has none."""


@dataclass(frozen=True, slots=True)
class Median:
    """The time that half of the subjects outlast."""

    value: float | None
    """None: not reached, the curve ends above one half; the median is then longer than anything watched so far."""
    low: float | None
    """None: no bound can be given."""
    high: float | None
    """None: not bounded, the data allow any longer time."""


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """Kaplan and Meier's curve. It is 1 before the first step and says nothing beyond the last."""

    subjects: int
    events: int
    steps: tuple[Step, ...]
    """By time, rising."""
    median: Median

    def survival_at(self, time: float) -> float | None:
        """Estimated chance that the event comes later than `time`; None beyond the last step, unless it is 0."""
        passed = [step for step in self.steps if step.time <= time]
        if not passed:
            return 1.0
        if passed[-1] is self.steps[-1] and time > passed[-1].time and passed[-1].survival > 0:
            return None
        return passed[-1].survival

    def at_risk_at(self, time: float) -> int:
        """How many subjects were still watched just before `time`: the row of numbers under a drawn curve."""
        return next((step.at_risk for step in self.steps if step.time >= time), 0)


@dataclass(frozen=True, slots=True)
class LogRank:
    """Whether two groups differ in how long it lasts."""

    z: float
    """Below 0: fewer events in the first group than if both were alike. Its square is the chi-square, 1 degree."""
    p_value: float
    """Two-sided, for one look."""


def kaplan_meier(durations: Iterable[Duration], alpha: float = ALPHA) -> SurvivalCurve:
    """The curve with Greenwood's errors, log-log bounds at 1 - `alpha`, and the median with its interval.

    The median is where the curve first falls to one half or below, and half way to the next fall where it stays at
    exactly one half for a while; so without censoring it is the ordinary median. Its bounds are read in the same
    way from the pointwise bounds of the curve: the times at which one half cannot be excluded.
    Raises ValueError without durations and for a time that is negative or not finite.

    Source: E. L. Kaplan, P. Meier, JASA 53 (1958) 457-481; curve and bounds as `scipy.stats.ecdf` has them. The
    log-log bounds stay within 0..1 and hold better in small groups than Greenwood's plain ones: J. D. Kalbfleisch,
    R. L. Prentice, The Statistical Analysis of Failure Time Data (1980), section 1.3. The median's interval:
    R. Brookmeyer, J. Crowley, Biometrics 38 (1982) 29-41; half-way points as R's package `survival` has them.
    """
    durations = list(durations)
    steps = _steps(durations, alpha)
    return SurvivalCurve(
        subjects=len(durations),
        events=sum(duration.observed for duration in durations),
        steps=steps,
        median=Median(
            value=_falls_to_half([(step.time, step.survival) for step in steps]),
            low=_falls_to_half([(step.time, step.low) for step in steps if step.low is not None]),
            high=_falls_to_half([(step.time, step.high) for step in steps if step.high is not None]),
        ),
    )


def log_rank(first: Iterable[Duration], second: Iterable[Duration]) -> LogRank | None:
    """The log-rank test of two independent groups, ties included; None where no event can tell them apart.

    Source: N. Mantel, Cancer Chemotherapy Reports 50 (1966) 163-170, with the hypergeometric variance for ties, as
    `scipy.stats.logrank`. Groups that share their subjects are no independent ones: where the shared part makes
    both last long or both short, the test is too cautious and finds differences less often than it might.
    """
    import numpy as np
    from scipy.stats import logrank

    one, two = list(first), list(second)
    if not one or not two or not any(duration.observed for duration in [*one, *two]):
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        result = logrank(_censored_data(one), _censored_data(two))
    z = float(result.statistic)
    return LogRank(z, float(result.pvalue)) if isfinite(z) else None


def _steps(durations: list[Duration], alpha: float) -> tuple[Step, ...]:
    from scipy.stats import ecdf

    curve = ecdf(_censored_data(durations)).sf
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The confidence interval is undefined", RuntimeWarning)
        bounds = curve.confidence_interval(confidence_level=1 - alpha, method="log-log")
    events = Counter(duration.time for duration in durations if duration.observed)
    censored = Counter(duration.time for duration in durations if not duration.observed)
    steps, at_risk, greenwood = [], len(durations), 0.0
    for index, time in enumerate(curve.quantiles.tolist()):
        survival = float(curve.probabilities[index])
        inside = 0 < survival < 1
        if inside:
            greenwood += events[time] / (at_risk * (at_risk - events[time]))
        steps.append(
            Step(
                time=time,
                at_risk=at_risk,
                events=events[time],
                censored=censored[time],
                survival=survival,
                standard_error=survival * sqrt(greenwood) if inside else 0.0,
                low=float(bounds.low.probabilities[index]) if inside else None,
                high=float(bounds.high.probabilities[index]) if inside else None,
            )
        )
        at_risk -= events[time] + censored[time]
    return tuple(steps)


def _falls_to_half(curve: list[tuple[float, float]]) -> float | None:
    """When a falling curve first is at one half or below; half way to its next fall where it is at one half."""
    tolerance = 1e-9  # a product of fractions seldom hits one half to the last digit
    low = [(time, height) for time, height in curve if height <= 0.5 + tolerance]
    if not low:
        return None
    time, height = low[0]
    if height < 0.5 - tolerance:
        return time
    next_fall = next((later for later, lower in low if lower < height - tolerance), time)
    return (time + next_fall) / 2


def _censored_data(durations: list[Duration]) -> Any:
    import numpy as np
    from scipy.stats import CensoredData

    times = np.asarray([duration.time for duration in durations], dtype=float)
    if not len(times) or not np.isfinite(times).all() or (times < 0).any():
        raise ValueError("durations are to be finite, not negative, and at least one")
    return CensoredData.right_censored(times, [not duration.observed for duration in durations])
