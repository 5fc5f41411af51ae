"""How fast a model answers on a card, and who says so: people, this database, or measurements that were shipped.

Nothing is carried over from one card to another, and nothing from a processor to a card.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from comparer.bench.measurements import Measurement, Measurements
from comparer.cost.devices import StatedCards, card_called, standing
from comparer.cost.footprint import PIXELS_A_TOKEN, Workload
from comparer.cost.latency import Latencies
from comparer.cost.measured import Measured, Where
from comparer.cost.plan import Plan
from comparer.cost.prices import Gpu, PriceTable
from comparer.cost.wording import Amount, Sentence, exact, sentence
from comparer.lineup import ModelSpec

SpeedSource = Literal["assumed", "measured", "shipped"]


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds of answers on one card."""

    source: SpeedSource
    latencies: Latencies
    says: Sentence
    """Where they come from."""
    output_tokens: float | None = None
    """Mean length of the answers that were measured."""


@dataclass(frozen=True, slots=True)
class Sources:
    """All that speeds can come from."""

    measured: Mapping[Where, Measured]
    stated: StatedCards
    shipped: Sequence[Measurements]
    prices: PriceTable


def speed_of(spec: ModelSpec, model_id: str, precision: str, gpu: Gpu, plan: Plan, sources: Sources) -> Speed | None:
    """The speed of a model at a precision on a card: what people typed, else what was measured here, else shipped.

    What is typed holds for the model's own precision and the card that is chosen for it. None: unknown.
    """
    said = plan.model(spec.key)
    if said.seconds is not None and said.gpu == gpu.key and precision == spec.precision:
        says = sentence("cost.speed_assumed", gpu=gpu.name)
        return Speed("assumed", Latencies((said.seconds,), plan.at_a_time), says)
    return measured_here(model_id, precision, gpu, sources) or _shipped(spec, model_id, precision, gpu, plan, sources)


def lacks_length(spec: ModelSpec, model_id: str, precision: str, gpu: Gpu, plan: Plan, sources: Sources) -> bool:
    """Whether a card was measured for the model, and only the length of answers is missing to tell their seconds."""
    return _length(model_id, plan, sources) is None and bool(_parts(spec, precision, gpu, plan, sources))


def measured_here(model_id: str, precision: str, gpu: Gpu, sources: Sources) -> Speed | None:
    """What was measured on that card, by the device with most answers where several are one; None for nothing."""
    found = [
        (one, where.device, card)
        for where, one in sources.measured.items()
        if (where.model_id, where.precision) == (model_id, precision)
        and one.latencies.count
        and (card := standing(where.device, sources.prices, sources.stated)) is not None
        and card.gpu.key == gpu.key
    ]
    if not found:
        return None
    one, device, card = max(found, key=lambda each: each[0].latencies.count)
    key = "cost.speed_measured" if card.by == "driver" else "cost.speed_measured_stated"
    says = sentence(key, count=one.latencies.count, device=device, gpu=gpu.name)
    return Speed("measured", one.latencies, says, one.output_tokens)


class _Parts(NamedTuple):
    """What a shipped file measured of one answer."""

    file: Measurements
    reading: Measurement
    writing: Measurement


def _shipped(spec: ModelSpec, model_id: str, precision: str, gpu: Gpu, plan: Plan, sources: Sources) -> Speed | None:
    """Reading a picture and writing an answer of the planned length, as `comparer bench gpu` took both apart."""
    parts, length = _parts(spec, precision, gpu, plan, sources), _length(model_id, plan, sources)
    if parts is None or length is None:
        return None
    file, reading, writing = parts
    says = sentence(
        "cost.speed_shipped",
        gpu=file.device.name,
        date=file.date.date().isoformat(),
        reading=Amount(exact(_median(reading)), "seconds"),
        image=reading.image_tokens,
        step=Amount(exact(_median(writing)), "seconds"),
        length=Amount(exact(length), "count"),
    )
    return Speed("shipped", Latencies((_median(reading) + (length - 1) * _median(writing),)), says)


def _length(model_id: str, plan: Plan, sources: Sources) -> float | None:
    """Tokens of an answer: as people say, else the mean of these weights' answers, wherever they were made."""
    if plan.load.output_tokens is not None:
        return float(plan.load.output_tokens)
    known = [one for where, one in sources.measured.items() if where.model_id == model_id and one.output_tokens]
    most = max(known, key=lambda one: one.latencies.count, default=None)
    return None if most is None or most.output_tokens is None else max(1.0, most.output_tokens)


def _parts(spec: ModelSpec, precision: str, gpu: Gpu, plan: Plan, sources: Sources) -> _Parts | None:
    for file in sources.shipped:
        card = card_called(file.device.name, sources.prices)
        if file.shrunk or card is None or card.key != gpu.key:
            continue
        known = [
            one
            for one in file.measurements
            if one.status == "measured" and (one.model, one.precision) == (_base(spec), precision)
        ]
        reading, writing = _prefill(known, plan.workload), _decode(known)
        if reading and writing:
            return _Parts(file, reading, writing)
    return None


def _base(spec: ModelSpec) -> str:
    """The original's name: an FP8 checkpoint has its architecture."""
    return spec.model.removesuffix("-FP8")


def _prefill(known: Sequence[Measurement], workload: Workload) -> Measurement | None:
    """The one of the picture size nearest to the planned one."""
    wanted = workload.picture_pixels // PIXELS_A_TOKEN
    pictures = [one for one in known if one.kind == "prefill" and one.image_tokens]
    return min(pictures, key=lambda one: abs(one.image_tokens - wanted), default=None)


def _decode(known: Sequence[Measurement]) -> Measurement | None:
    """One conversation at a time, not compiled, as this program runs models; of the shortest context."""
    steps = [one for one in known if one.kind == "decode" and one.batch == 1 and one.mode == "eager"]
    return min(steps, key=lambda one: one.text_tokens, default=None)


def _median(one: Measurement) -> float:
    return one.median_s or 0.0


def with_length(plan: Plan, speed: Speed | None) -> Plan:
    """The plan with the measured length of answers, where people have said none."""
    if plan.load.output_tokens is not None or speed is None or speed.output_tokens is None:
        return plan
    return replace(plan, load=replace(plan.load, output_tokens=max(1.0, speed.output_tokens)))
