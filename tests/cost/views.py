"""Facts to reckon with: Qwen3-VL 4B, 8B and 30B-A3B, with answers, ratings and plans made by hand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from comparer.bench.measurements import Device, Measurement, Measurements
from comparer.bench.plan import Kind
from comparer.cost.kept import KeptPrices
from comparer.cost.measured import measured
from comparer.cost.plan import Plan
from comparer.cost.view import Facts
from comparer.lineup import read_lineup
from comparer.store import TimedAnswer

from .questions import MEMORY, PRICES, RATED, table

LINEUP = read_lineup("qwen3-vl")
IDS = {"4B": "weights of 4B", "8B": "weights of 8B", "30B-A3B": "weights of 30B"}
H100 = "cuda:0 (NVIDIA H100 80GB HBM3)"
BEGIN = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def answers(
    model: str, device: str, *seconds: float, precision: str = "bf16", minutes: float = 0, **changes: Any
) -> list[TimedAnswer]:
    """One answer for each of `seconds`, a minute apart, the first `minutes` after `BEGIN`."""
    plain = TimedAnswer(IDS[model], precision, device, BEGIN, None, 40.0, 50, 8 * 2**30, 9 * 2**30, False, "stop")
    return [
        plain._replace(**{"at": BEGIN + timedelta(minutes=minutes + number), "e2e_s": one, **changes})
        for number, one in enumerate(seconds)
    ]


def facts(given: Sequence[TimedAnswer] = (), plan: Plan | None = None, **changes: Any) -> Facts:
    made = Facts(
        lineup=LINEUP,
        model_ids=IDS,
        plan=plan or Plan(),
        prices=KeptPrices(PRICES, frozenset()),
        stated={},
        answers=given,
        measured=measured(given),
        shipped=(),
        memory=MEMORY,
        table=table(manual="fails meets meets"),
        rated=RATED,
    )
    return replace(made, **changes)


def shipped(card: str = "NVIDIA H100 80GB HBM3", shrunk: bool = False) -> Measurements:
    """The 8B in bf16: a picture of 1280 tokens is read in 0.2 s, a token written in 0.01 s."""

    def one(kind: Kind, **changes: Any) -> Measurement:
        name = f"8B/bf16/{kind}"
        return Measurement(name, "Qwen/Qwen3-VL-8B-Instruct", "bf16", kind, "measured", **changes)

    return Measurements(
        date=datetime(2026, 12, 1, tzinfo=UTC),
        device=Device(card, 80 * 2**30),
        versions={"torch": "2.13.0"},
        shrunk=shrunk,
        measurements=(
            one("build", median_s=20.0, weights_bytes=17_534_247_392),
            one("prefill", median_s=0.1, image_tokens=256, text_tokens=34),
            one("prefill", median_s=0.2, image_tokens=1280, text_tokens=34),
            one("decode", median_s=0.01, text_tokens=1024, new_tokens=64, tokens_per_s=100.0),
            one("decode", median_s=0.04, text_tokens=1024, new_tokens=64, batch=16, tokens_per_s=400.0),
        ),
    )
