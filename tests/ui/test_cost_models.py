"""The panel "Models and precision": predicted beside measured beside claimed, and what quantisation costs."""

import re
from pathlib import Path

import gradio as gr

from comparer.cost.devices import standing
from comparer.cost.measured import measured
from comparer.run_records import RunModel
from comparer.ui.cost_models_panel import ModelsHandlers, build_models_panel
from comparer.ui.cost_models_rendering import Cards, ModelFacts, models_html
from comparer.ui.i18n import Localizer
from storage import SqlStore
from tests.cost.questions import MEMORY, PRICES
from tests.cost.views import H100, IDS, LINEUP, answers, shipped
from tests.ui.view_samples import a_context, short_run

SMALL, MIDDLE, LARGE = LINEUP.models
CARDS = Cards((), PRICES.gpus, "")


def told(*models: ModelFacts, cards: Cards = CARDS) -> str:
    return models_html(models, cards, (), demo=False, language="en")


def row(html: str, precision: str) -> str:
    found = re.search(rf"<tr data-precision='{precision}'>.*?</tr>", html)
    assert found
    return found[0]


def test_predicted_measured_and_claimed_stand_beside_each_other() -> None:
    here = measured(answers("8B", H100, 1.0, 3.0, weights_bytes=17_534_247_392))
    file = shipped()
    facts = ModelFacts(MIDDLE, 1, MEMORY["8B"], here, [(file, one) for one in file.measurements])
    html = told(facts)
    exact, half = row(html, "bf16"), row(html, "int8")
    assert "8,767,123,696 parameters" in html and exact.count("16.3 GiB") == 3  # predicted, here, on the card
    assert "(0.0%)" in exact and "Measured on NVIDIA H100 80GB HBM3" in exact
    assert "40.0 tokens/s, 2.00 s an answer" in exact and "100 tokens/s." in exact
    assert "16 GB" in exact and "loss" not in exact
    assert "10 GB" in half and "loss under 2%" in half and half.count("<td>–</td>") == 3
    assert html.count("Reference 2026-01-10") == 4  # the card's line and three precisions
    assert "at least 16 GB, RTX 4090 (24 GB)" in html
    assert IDS["8B"] not in html and standing(H100, PRICES, {}) is not None


def test_every_card_has_a_verdict_and_says_what_would_do() -> None:
    html = told(ModelFacts(MIDDLE, 1, MEMORY["8B"]), ModelFacts(LARGE, 2, MEMORY["30B-A3B"]))
    assert (
        "Does not fit on T4 16 GB: 19.1 GiB needed, 4.5 GiB too much. It would at int8, nf4, or on: L4 24 GB" in html
    )
    assert "A100 80 GB does not compute in FP8" in html
    large = html.partition("data-model='30B-A3B'")[2]
    assert "cannot run at int8" in large and large.count(">refused<") > 10


def test_the_card_that_is_here_comes_first() -> None:
    mine = PRICES.gpu("l4").model_copy(update={"key": "here:0", "name": "My own card"})
    html = told(ModelFacts(SMALL, 0, MEMORY["4B"]), cards=Cards((mine,), PRICES.gpus, "Graphics cards: one"))
    heads = re.findall(r"<th scope='col'>([^<]+)", html.partition("cost-fits")[2])
    assert heads[1:3] == ["My own card", "T4 16 GB"] and "Graphics cards: one" in html


def test_what_quantisation_does_comes_from_the_same_suite_case_by_case(store: SqlStore, tmp_path: Path) -> None:
    models = (RunModel("a", "Exact", "small", "bf16"), RunModel("b", "Short", "small", "nf4"))
    right, wrong = ("red", True), ("blue", False)
    short_run(store, models, {"a": [right] * 20, "b": [right] * 8 + [wrong] * 12})
    context = a_context(store, tmp_path)
    with gr.Blocks():
        panel = build_models_panel(Localizer())
    handlers = ModelsHandlers(context, panel)
    html = handlers.show("en")[panel.told].partition("data-model='small'")[2].partition("</section>")[0]
    assert "the most exact" in row(html, "bf16")
    short = row(html, "nf4")
    assert "Worse" in short and "−60.0 points" in short and "20 cases" in short
    assert "against bf16" in html
    other = handlers.show("zh")[panel.told].partition("data-model='medium'")[2].partition("</section>")[0]
    assert "尚无测试集" in other
