"""What answers took, put together by weights, precision and device, and the last test session. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, median
from typing import NamedTuple

from comparer.cost.latency import Latencies
from comparer.fit.latency import measured_alone
from comparer.store import TimedAnswer

NEWEST = 5_000
"""So many answers are read: the newest."""
PAUSE = timedelta(minutes=30)
"""Who asks nothing for so long has ended a test session."""


class Where(NamedTuple):
    """What is measured together."""

    model_id: str
    precision: str
    device: str


@dataclass(frozen=True, slots=True)
class Measured:
    """The answers of one model at one precision on one device. None where nothing was measured."""

    latencies: Latencies
    """Of answers that ran alone and ended by themselves."""
    tokens_per_s: float | None
    """The median of these."""
    output_tokens: float | None
    """The mean of these."""
    weights_bytes: int | None
    peak_memory_bytes: int | None
    """The most that any answer took."""


def measured(answers: Sequence[TimedAnswer]) -> Mapping[Where, Measured]:
    """All answers by what is measured together."""
    groups: dict[Where, list[TimedAnswer]] = defaultdict(list)
    for answer in answers:
        groups[Where(answer.model_id, answer.precision, answer.device)].append(answer)
    return {where: _measured(group) for where, group in groups.items()}


def _measured(answers: Sequence[TimedAnswer]) -> Measured:
    alone = [one for one in answers if measured_alone(one.e2e_s, one.contended, one.stop_reason)]
    speeds = [one.tokens_per_s for one in alone if one.tokens_per_s]
    lengths = [one.output_tokens for one in alone if one.output_tokens]
    return Measured(
        latencies=Latencies(tuple(one.e2e_s for one in alone if one.e2e_s)),
        tokens_per_s=median(speeds) if speeds else None,
        output_tokens=fmean(lengths) if lengths else None,
        weights_bytes=max((one.weights_bytes for one in answers if one.weights_bytes), default=None),
        peak_memory_bytes=max((one.peak_memory_bytes for one in answers if one.peak_memory_bytes), default=None),
    )


@dataclass(frozen=True, slots=True)
class Session:
    """The last stretch of testing without a pause of `PAUSE`."""

    begin: datetime
    end: datetime
    answers: int

    @property
    def hours(self) -> float:
        """From its first answer to its last."""
        return (self.end - self.begin) / timedelta(hours=1)


def last_session(answers: Sequence[TimedAnswer]) -> Session | None:
    """The last test session among the answers; None without any."""
    moments = sorted((answer.at for answer in answers), reverse=True)
    if not moments:
        return None
    count = 1
    while count < len(moments) and moments[count - 1] - moments[count] <= PAUSE:
        count += 1
    return Session(moments[count - 1], moments[0], count)
