"""What people set holds for everybody and outlives a restart; what cannot be is refused, and nothing is changed."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from comparer.cost.estimate import MODES
from comparer.cost.footprint import Workload
from comparer.cost.kept import (
    PLAN,
    forget_plan,
    hourly_prices,
    keep_plan,
    keep_price,
    kept_plan,
    kept_prices,
    reset_price,
    reset_prices,
    state_card,
    stated_cards,
)
from comparer.cost.load import Load
from comparer.cost.needs import Needs
from comparer.cost.plan import ModelPlan, Plan
from comparer.cost.reading import kept_cost, read_facts
from comparer.errors import InputError
from comparer.lineup import read_lineup
from comparer.records import Answer, Metrics, Rating
from comparer.store import Conversation, RatingFilter
from storage import SqlStore, open_store

from .questions import PRICES
from .views import H100

TODAY = date(2026, 12, 1)
PLAN_OF_ALL = Plan(
    load=Load(5000, 8.5, 4, Decimal("0.55"), cold_start_s=40, output_tokens=Decimal("120.5")),
    workload=Workload(16_384, 2, 1024 * 256),
    needs=Needs(("manual",), Decimal("99.90"), ("l4",), 2.5, modes=MODES),
    judge="checks",
    models={"8B": ModelPlan("l4", 1.25)},
    at_a_time=3,
    session_hours=2.0,
)


def test_prices_are_kept_for_everybody_and_reset_one_by_one_or_all(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    keep_price(store, "l4", " $0.65 ", "", "our  contract ", TODAY)
    keep_price(store, "t4", "", "0.20", "", TODAY)
    store.close()
    store = open_store(tmp_path / "data")
    kept = kept_prices(store)
    l4 = kept.table.gpu("l4")
    assert (l4.on_demand_per_hour, l4.reserved_per_hour) == (Decimal("0.65"), None)
    assert (l4.source, l4.date) == ("our contract", "2026-12-01")
    assert kept.table.gpu("t4").on_demand_per_hour is None and kept.edited == {"l4", "t4"}
    assert kept.table.gpu("h100") == PRICES.gpu("h100")
    reset_price(store, "l4")
    assert kept_prices(store).table.gpu("l4") == PRICES.gpu("l4") and kept_prices(store).edited == {"t4"}
    reset_prices(store)
    assert kept_prices(store).table == PRICES


@pytest.mark.parametrize(
    ("key", "typed", "source", "code"),
    [
        ("l4", "cheap", "", "price_unusable"),
        ("l4", "-1", "", "price_unusable"),
        ("l4", "0.65", "x" * 201, "source_too_long"),
        ("b200", "1", "", "gpu_unknown"),
    ],
)
def test_a_price_that_cannot_be_changes_nothing(
    store: SqlStore, key: str, typed: str, source: str, code: str
) -> None:
    with pytest.raises(InputError) as refused:
        keep_price(store, key, typed, "", source, TODAY)
    assert refused.value.code == code and kept_prices(store).edited == frozenset()


def test_a_plan_comes_back_as_it_was_and_one_that_nobody_understands_is_none(store: SqlStore) -> None:
    assert kept_plan(store, "demo") is None
    keep_plan(store, "demo", PLAN_OF_ALL)
    assert kept_plan(store, "demo") == PLAN_OF_ALL and kept_plan(store, "qwen3-vl") is None
    for broken in ({}, {"load": 3}, store.team_settings(PLAN)["demo"] | {"at_a_time": 0}):
        store.set_for_team(PLAN, "demo", broken)
        assert kept_plan(store, "demo") is None
    forget_plan(store, "demo")
    assert store.team_settings(PLAN) == {}


def test_people_say_which_card_a_device_is_but_a_processor_is_none(store: SqlStore) -> None:
    state_card(store, "http://gpu-1:8002/v1", "l4")
    assert stated_cards(store) == {"http://gpu-1:8002/v1": "l4"}
    price = hourly_prices(store)
    assert price("http://gpu-1:8002/v1") == 0.80 and price(H100) == 3.99
    assert price("cpu") is None and price("cuda:0") is None and price("cuda:0 (NVIDIA H200)") is None
    for device, key, code in (
        ("cpu", "l4", "device_is_no_card"),
        ("", "l4", "device_is_no_card"),
        ("x", "y", "gpu_unknown"),
    ):
        with pytest.raises(InputError) as refused:
            state_card(store, device, key)
        assert refused.value.code == code
    state_card(store, "http://gpu-1:8002/v1", "")
    assert stated_cards(store) == {}


def test_facts_are_read_from_the_database_and_needs_of_what_is_gone_are_left_out(store: SqlStore) -> None:
    lineup = read_lineup("qwen3-vl")
    ids = ["a", "b", "c"]
    turn = store.add_turn(store.begin(Conversation(lineup.name, lineup.keys, "manual")), "?", [])
    for spec, model_id in zip(lineup.models, ids, strict=True):
        said = Answer(spec.key, "x", "stop", Metrics(e2e_s=1.0, output_tokens=9), model_id, "bf16", H100)
        store.rate(store.add_answer(turn, said), Rating(True))
    ratings = RatingFilter(lineup=lineup.name)
    plan = Plan(needs=Needs(("manual", "gone"), gpus=("gone", "h100")))
    found = read_facts(store, store.runs, lineup, ratings, model_ids=ids, plan=plan)
    assert found.plan.needs.items == ("manual",) and found.plan.needs.gpus == ("h100",)
    assert {where.device for where in found.measured} == {H100} and len(found.answers) == 3
    assert found.rated["8B"] == {"bf16"} and found.table.rows[0].cells["8B"].cases == 1
    checks = Plan(judge="checks")
    judged = read_facts(store, store.runs, lineup, ratings, model_ids=ids, plan=checks)
    assert judged.rated["8B"] == frozenset() and judged.table.rows[0].cells["8B"].cases == 0


def test_an_export_has_a_cost_part_once_somebody_has_set_something(store: SqlStore) -> None:
    lineup, ratings = read_lineup("qwen3-vl"), RatingFilter(lineup="qwen3-vl")
    assert kept_cost(store, store.runs, lineup, ratings) is None
    keep_price(store, "l4", "0.65", "", "", TODAY)
    view = kept_cost(store, store.runs, lineup, ratings)
    assert view is not None and view.facts.plan == Plan()
    reset_prices(store)
    keep_plan(store, lineup.name, PLAN_OF_ALL)
    view = kept_cost(store, store.runs, lineup, ratings)
    assert view is not None and view.facts.plan.load.requests_a_day == 5000
