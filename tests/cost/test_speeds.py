"""Whose seconds a price rests on: measured on that very card, typed and marked as such, or shipped; else none."""

from dataclasses import replace

import pytest

from comparer.cost.devices import card_called, standing
from comparer.cost.fits import ModelMemory
from comparer.cost.load import Load
from comparer.cost.plan import ModelPlan, Plan
from comparer.cost.speeds import Speed
from comparer.cost.view import Facts, card_for

from .questions import PRICES
from .views import H100, LINEUP, answers, facts, shipped

SMALL, MIDDLE, LARGE = LINEUP.models


def speed(known: Facts, gpu: str, model: int = 1) -> Speed | None:
    spec = LINEUP.models[model]
    return known.speed(spec, spec.precision, PRICES.gpu(gpu))


def test_a_processors_seconds_are_never_a_cards() -> None:
    known = facts(answers("8B", "cpu", 1.0, 2.0), stated={"cpu": "h100"})
    assert standing("cpu", PRICES, known.stated) is None
    assert all(speed(known, gpu.key) is None for gpu in PRICES.gpus)
    assert list(known.not_priced(MIDDLE)) == ["cpu"]


def test_a_card_is_known_by_its_drivers_name_alone() -> None:
    known = facts(answers("8B", H100, 1.0, 2.0))
    found = speed(known, "h100")
    assert found is not None and found.source == "measured" and found.latencies.seconds == (1.0, 2.0)
    assert "driver" in found.says.say("en")
    assert speed(known, "a100-80g") is None and speed(known, "h100", 0) is None
    assert known.speed(MIDDLE, "nf4", PRICES.gpu("h100")) is None
    assert card_called("NVIDIA H100 80GB HBM3 MIG 1g.10gb", PRICES) is None
    assert card_for(known, MIDDLE) == (PRICES.gpu("h100"), False)


def test_what_people_say_of_a_device_comes_first() -> None:
    served = "http://gpu-1:8002/v1"
    known = facts([*answers("8B", served, 3.0), *answers("8B", H100, 1.0)])
    assert speed(known, "l4") is None and list(known.not_priced(MIDDLE)) == [served]
    stated = replace(known, stated={served: "l4", H100: "a100-80g"})
    found = speed(stated, "l4")
    assert found is not None and found.latencies.seconds == (3.0,) and "people say" in found.says.say("en")
    assert speed(stated, "h100") is None and speed(stated, "a100-80g") is not None
    assert speed(replace(known, stated={served: "gone"}), "l4") is None


def test_contended_and_broken_answers_are_left_out() -> None:
    given = [
        *answers("8B", H100, 9.0, contended=True),
        *answers("8B", H100, 9.0, stop_reason="cancelled"),
        *answers("8B", H100, 1.5),
    ]
    found = speed(facts(given), "h100")
    assert found is not None and found.latencies.seconds == (1.5,)
    assert speed(facts(given[:2]), "h100") is None


def test_typed_seconds_hold_for_their_card_and_precision_only_and_are_called_assumed() -> None:
    plan = Plan(models={"8B": ModelPlan("a10g", 1.5)}, at_a_time=4)
    known = facts(answers("8B", H100, 1.0), plan)
    found = speed(known, "a10g")
    assert found is not None and (found.source, found.latencies.concurrency) == ("assumed", 4)
    measured = speed(known, "h100")
    assert measured is not None and measured.source == "measured"
    assert known.speed(MIDDLE, "int8", PRICES.gpu("a10g")) is None and speed(known, "t4") is None
    assert card_for(known, MIDDLE) == (PRICES.gpu("a10g"), True)


def test_shipped_measurements_tell_seconds_once_the_length_of_answers_is_known() -> None:
    known = facts(shipped=[shipped()])
    h100 = PRICES.gpu("h100")
    assert speed(known, "h100") is None and known.lacks_length(MIDDLE, h100) and not known.lacks_length(SMALL, h100)
    typed = replace(known, plan=Plan(load=Load(output_tokens=101)))
    found = speed(typed, "h100")
    assert found is not None and found.source == "shipped"
    assert found.latencies.seconds == (pytest.approx(0.2 + 100 * 0.01),)
    assert "NVIDIA H100 80GB HBM3" in found.says.say("en") and "random weights" in found.says.say("en")
    assert speed(typed, "a100-80g") is None and speed(typed, "h100", 0) is None
    assert speed(replace(typed, shipped=[shipped(shrunk=True)]), "h100") is None
    # The length is the model's, wherever it answered: here 50 tokens on a processor.
    elsewhere = speed(facts(answers("8B", "cpu", 7.0), shipped=[shipped()]), "h100")
    assert elsewhere is not None and elsewhere.latencies.seconds == (pytest.approx(0.2 + 49 * 0.01),)


def test_a_model_of_unknown_memory_fits_where_it_was_measured() -> None:
    unknown = ModelMemory("8B", "8B", None, Plan().workload, {}, {})
    known = facts(answers("8B", H100, 1.0), memory={**facts().memory, "8B": unknown})
    ran = known.fit(MIDDLE, "bf16", PRICES.gpu("h100"))
    assert ran is not None and ran.fits and known.fit(MIDDLE, "bf16", PRICES.gpu("l4")) is None
    typed = replace(known, plan=Plan(models={"8B": ModelPlan("l4", 1.0)}))
    assert typed.fit(MIDDLE, "bf16", PRICES.gpu("l4")) is None  # that somebody typed seconds proves nothing


def test_without_any_word_the_lineups_card_is_proposed_or_the_cheapest_that_holds_the_model() -> None:
    assert [card_for(facts(), spec)[0].key for spec in LINEUP.models] == ["t4", "a10g", "a100-80g"]
    nameless = LARGE.model_copy(update={"card": LARGE.card.model_copy(update={"price_key": ""})})
    assert card_for(facts(), nameless)[0].key == "a100-80g"  # $2.50, the H100 costs $3.99, the others lack memory
