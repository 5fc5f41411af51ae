"""A question to choose by: three models, two precisions of the middle one, counts and seconds made by hand."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from comparer.cost.fits import fit, model_memory
from comparer.cost.latency import Latencies
from comparer.cost.load import Load
from comparer.cost.needs import Needs, Option, Question
from comparer.cost.prices import read_prices
from comparer.fit.score_table import ScoreTable, score_table
from comparer.lineup import read_lineup
from comparer.records import CellCount, Precision, TestItem

MODELS = ("4B", "8B", "30B-A3B")
MANUAL = TestItem("manual", "Product manual parsing", "产品说明书解析", 0.80)
SERVICE = TestItem("service", "Customer-service dialogue", "客服对话理解", 0.70, must_have=True)
PASSED = {"meets": 190.0, "fails": 20.0, "undecided": 156.0}
"""Of 200 cases, for thresholds of 70 and 80 %: 95, 10 and 78 %."""
PRICES = read_prices()
MEMORY = {spec.key: model_memory(spec) for spec in read_lineup("qwen3-vl").models}


def table(**verdicts: str) -> ScoreTable:
    """One word a model: table(manual="fails meets meets"); "-" is no ratings."""
    counts = [
        CellCount(item, model, 200, 200, PASSED[word])
        for item, words in verdicts.items()
        for model, word in zip(MODELS, words.split(), strict=True)
        if word != "-"
    ]
    return score_table([item for item in (MANUAL, SERVICE) if item.key in verdicts], MODELS, counts)


def option(model: str, precision: Precision, gpu: str, *seconds: float) -> Option:
    memory = MEMORY[model]
    prediction = memory.predictions[precision]
    verdict = fit(memory, precision, PRICES.gpu(gpu), PRICES.gpus)
    return Option(model, precision, gpu, verdict, prediction.weights_bytes, Latencies(seconds))


OPTIONS = (
    option("4B", "bf16", "t4", 0.8),
    option("8B", "nf4", "t4", 2.5),
    option("8B", "bf16", "a10g", 1.5),
    option("8B", "bf16", "l4", 1.9),
    option("30B-A3B", "bf16", "a100-80g", 3.2),
)
RATED: Mapping[str, frozenset[Precision]] = {
    "4B": frozenset({"bf16"}),
    "8B": frozenset({"bf16", "nf4"}),
    "30B-A3B": frozenset({"bf16"}),
}


def question(scores: ScoreTable | None = None, needs: Needs | None = None, **changes: Any) -> Question:
    made = Question(
        table=scores or table(manual="fails meets meets"),
        rated=RATED,
        options=OPTIONS,
        prices=PRICES,
        load=Load(1000, 24, 3, 0.7),
        needs=needs or Needs(),
    )
    return replace(made, **changes)
