"""Which card holds which model: verdicts, remedies, refusals, and the command that tells them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from comparer.cli import app
from comparer.cost import weights
from comparer.cost.fits import Fit, ModelMemory, fit, model_memory
from comparer.cost.footprint import Workload
from comparer.cost.prices import read_prices
from comparer.engines.cards import CardReading, Cards
from comparer.engines.memory import GIB
from comparer.lineup import ModelSpec, read_lineup
from comparer.records import Precision
from comparer.texts import LANGUAGES

GPUS = read_prices().gpus
REAL = {spec.key: spec for spec in read_lineup("qwen3-vl").models}


@pytest.fixture(autouse=True)
def nothing_in_the_hub_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "cached_snapshot", lambda _: None)


def on(key: str, precision: Precision, gpu: str) -> Fit:
    return fit(model_memory(REAL[key]), precision, read_prices().gpu(gpu), GPUS)


@pytest.mark.parametrize(
    ("key", "precision", "gpus"),
    [
        ("4B", "bf16", {"t4", "l4", "a10g", "a100-80g", "h100"}),
        ("4B", "fp8", {"l4", "h100"}),  # the others do not compute in FP8
        ("8B", "bf16", {"l4", "a10g", "a100-80g", "h100"}),
        ("8B", "nf4", {"t4", "l4", "a10g", "a100-80g", "h100"}),
        ("30B-A3B", "bf16", {"a100-80g", "h100"}),
        ("30B-A3B", "fp8", {"h100"}),
        ("30B-A3B", "nf4", set()),  # refused: its experts do not shrink
    ],
)
def test_which_cards_hold_which_model(key: str, precision: Precision, gpus: set[str]) -> None:
    assert {gpu.key for gpu in GPUS if on(key, precision, gpu.key).fits} == gpus


def test_what_fits_says_how_much_is_left() -> None:
    told = on("8B", "bf16", "a10g")

    assert told.room_bytes == told.gpu.memory_bytes - model_memory(REAL["8B"]).predictions["bf16"].total_bytes
    assert told.says.say("en") == "Fits on A10G 24 GB: 19.1 GiB needed, 3.0 GiB left."
    assert told.says.say("zh") == "A10G 24 GB 可容纳：需要 19.1 GiB，剩余 3.0 GiB。"


def test_what_does_not_fit_says_what_would() -> None:
    told = on("8B", "bf16", "t4")

    assert (told.verdict, told.room_bytes < 0) == ("does_not_fit", True)
    assert told.other_precisions == ("int8", "nf4")
    assert [gpu.key for gpu in told.other_gpus] == ["l4", "a10g", "a100-80g", "h100"]
    assert told.says.say("en").endswith("It would at int8, nf4, or on: L4 24 GB, A10G 24 GB, A100 80 GB, H100 80 GB.")


def test_each_way_of_not_fitting_has_its_sentence() -> None:
    model = model_memory(REAL["8B"])
    t4, l4 = read_prices().gpu("t4"), read_prices().gpu("l4")
    only_bf16 = replace(model, predictions={"bf16": model.predictions["bf16"]})

    assert "It would on: L4 24 GB." in fit(only_bf16, "bf16", t4, (t4, l4)).says.say("en")
    assert "It would at: int8, nf4." in fit(model, "bf16", t4, (t4,)).says.say("en")
    assert "No precision and no card" in fit(only_bf16, "bf16", t4, (t4,)).says.say("en")


def test_precisions_that_are_refused_say_why() -> None:
    experts, old_card = on("30B-A3B", "nf4", "h100"), on("8B", "fp8", "a100-80g")

    assert (experts.verdict, old_card.verdict) == ("refused", "refused")
    assert "128 experts" in experts.says.say("en") and "128" in experts.says.say("zh")
    assert "8.9" in old_card.says.say("en")
    assert [gpu.key for gpu in old_card.other_gpus] == ["l4", "h100"]


def test_a_card_of_which_little_is_known_is_held_against_its_memory_only() -> None:
    from comparer.cost.prices import cards_here

    (card,) = cards_here(Cards("read", (CardReading(0, "Some card", 0, 24 * GIB),)))

    assert fit(model_memory(REAL["8B"]), "fp8", card).fits


def test_a_conversation_is_no_longer_than_the_model_takes() -> None:
    demo = read_lineup("demo").models[0]

    assert model_memory(demo, Workload(100_000)).workload.context_tokens == 2048
    assert model_memory(REAL["8B"], Workload(100_000)).workload.context_tokens == 32768  # the lineup's limit
    free = REAL["8B"].model_copy(update={"context_tokens": None})
    assert model_memory(free, Workload(300_000)).workload.context_tokens == 262_144


def test_a_checkpoint_of_ones_own_has_no_fp8_form() -> None:
    demo = read_lineup("demo").models[0]

    assert set(model_memory(demo).predictions) == {"fp32", "bf16", "int8", "nf4"}
    assert set(model_memory(REAL["4B"]).predictions) == {"bf16", "fp8", "int8", "nf4"}


@pytest.mark.parametrize("change", [{"model": "someone/else"}, {"engine": "scripted"}])
def test_a_model_without_a_configuration_is_unknown_and_says_why(change: dict[str, str]) -> None:
    told: ModelMemory = model_memory(REAL["4B"].model_copy(update=change))

    assert not told.predictions and told.parameters is None and told.unknown
    for language in LANGUAGES:
        assert "Qwen3-VL 4B" in told.unknown.say(language)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["footprint", *arguments], env={"COLUMNS": "140"}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_says_one_json_object() -> None:
    told = json.loads(run("qwen3-vl", "--json"))

    assert list(told["models"]) == ["4B", "8B", "30B-A3B"]
    bf16 = told["models"]["30B-A3B"]["bf16"]
    assert bf16["weights_bytes"] / GIB == pytest.approx(57.87, rel=0.005)
    assert bf16["total_bytes"] > bf16["weights_bytes"]
    assert {key: bf16["fits"][key] for key in ("t4", "l4", "a10g", "a100-80g", "h100")} == {
        "t4": False, "l4": False, "a10g": False, "a100-80g": True, "h100": True,
    }  # fmt: skip
    assert "experts" in told["models"]["30B-A3B"]["nf4"]["refused"] and bf16["refused"] is None


def test_the_command_shows_a_table_for_people() -> None:
    shown = run("qwen3-vl-8b-precisions", "--context", "32768", "--language", "zh")

    assert shown.count("Qwen3-VL 8B") == 3 and "权重" in shown and "16.3 GiB" in shown and "−" in shown


def test_the_command_takes_a_lineup_and_a_price_table_of_ones_own(tmp_path: Path) -> None:
    lineup, prices = tmp_path / "mine.toml", tmp_path / "prices.toml"
    lineup.write_text(
        'title = { en = "M" }\n[[models]]\nkey = "x"\nlabel = "X [bold]"\nmodel = "someone/else"\n', "utf-8"
    )
    prices.write_text(
        'currency = "USD"\n[[gpus]]\nkey = "mine"\nname = "Mine"\nmemory_gb = 8\nusable_gib = 7.5\n', "utf-8"
    )

    assert json.loads(run(str(lineup), "--prices", str(prices), "--json")) == {
        "models": {"x": {}},
        "unknown": {"x": model_memory(ModelSpec(key="x", label="X [bold]", model="someone/else")).unknown.say("en")},  # type: ignore[union-attr]
        "gpus": {"mine": {"name": "Mine", "memory_bytes": int(7.5 * GIB)}},
    }
    assert "X [bold]" in run(str(lineup), "--prices", str(prices))
