"""The forecast is what the staged run comes to, and the account afterwards adds up."""

import numpy as np
import pytest

from comparer.records import CellCount, TestItem
from comparer.suites.savings import Beta, ModelCost, expected_saving, saving
from comparer.suites.staged import PlannedCase, StagedPlan, next_cases, staged_plan

MODELS = ("4B", "8B", "30B")
COSTS = {"4B": ModelCost(2.0, 0.8), "8B": ModelCost(3.2, 0.8), "30B": ModelCost(6.0, 4.0)}


def plan_of(items: str, cases: int, keys: int = 0) -> StagedPlan:
    return staged_plan(
        MODELS,
        [TestItem(item, item, item, 0.8) for item in items],
        [PlannedCase(f"{item}{number}", item, number < keys) for item in items for number in range(cases)],
    )


@pytest.mark.slow
@pytest.mark.parametrize("batch", [1, 8])
def test_the_forecast_is_the_mean_of_what_staged_runs_take(batch: int) -> None:
    """Rates that are as good as known, and staged runs with outcomes of just these rates."""
    plan = plan_of("ab", 50, keys=6)
    rates = {
        ("4B", "a"): 0.97,
        ("4B", "b"): 0.6,
        ("8B", "a"): 0.97,
        ("8B", "b"): 0.9,
        ("30B", "a"): 1,
        ("30B", "b"): 1,
    }
    seen = [CellCount(item, model, 10**7, 10**7, 10**7 * rate) for (model, item), rate in rates.items()]
    expected = expected_saving(plan, COSTS, seen, batch=batch, simulations=300)
    dice, taken = np.random.default_rng(1), []
    for _ in range(60):
        outcomes: dict[tuple[str, str], float] = {}
        while run := next_cases(plan, outcomes, batch=batch).run:
            for model, case in run:
                outcomes[model, case] = float(dice.random() < rates[model, case[0]])
        taken.append(sum(COSTS[model].seconds for model, _ in outcomes))
    error = np.std(taken) * (1 / 60 + 1 / 300) ** 0.5
    assert expected.staged.model_seconds == pytest.approx(np.mean(taken), abs=3.5 * error + 1)
    assert expected.whole.model_seconds == pytest.approx(100 * (2 + 3.2 + 6))
    assert expected.whole.money == pytest.approx(100 * ((2 + 3.2) * 0.8 + 6 * 4) / 3600)
    assert expected.low <= expected.share_of_seconds <= expected.high
    assert 0 < expected.share_of_money < 1


def test_what_is_believed_of_the_models_moves_the_forecast() -> None:
    plan = plan_of("a", 60)
    good = expected_saving(plan, COSTS, priors={"4B": Beta(980, 20)}, simulations=60)
    bad = expected_saving(plan, COSTS, priors={model: Beta(20, 980) for model in MODELS}, simulations=60)
    unknown = expected_saving(plan, COSTS, simulations=60)
    assert good.share_of_seconds > 0.75
    assert bad.share_of_seconds > 0.75  # given up after a few failures each
    assert unknown.high - unknown.low > good.high - good.low
    assert unknown == expected_saving(plan, COSTS, simulations=60)


def test_an_item_that_is_run_whole_saves_nothing() -> None:
    expected = expected_saving(plan_of("a", 8), COSTS, simulations=10)
    assert expected.staged == expected.whole
    assert (expected.share_of_seconds, expected.low, expected.high) == (0, 0, 0)


def test_the_account_after_the_run() -> None:
    """Item a: the small one ran all 4 cases, the middle one 2, the large one none; on b the large one ran 1 of 2."""
    plan = staged_plan(
        MODELS,
        [TestItem("a", "a", "a", 0.8), TestItem("b", "b", "b", 0.8)],
        [PlannedCase(f"a{number}", "a") for number in range(4)]
        + [PlannedCase(f"b{number}", "b") for number in (0, 1)],
    )
    seconds = {("4B", f"a{number}"): 1.0 + number for number in range(4)}
    seconds |= {("8B", "a0"): 3.0, ("8B", "a1"): 5.0, ("30B", "b0"): 7.0}
    found = saving(plan, seconds, COSTS)
    small, middle, large = 10.0, 8.0, 7.0
    assert found.staged.model_seconds == pytest.approx(small + middle + large)
    # left out: 4B b at its mean 2.5; 8B a at 4, b at its mean 4; 30B a at its mean 7, b at 7
    small, middle, large = small + 2 * 2.5, middle + 2 * 4 + 2 * 4, large + 4 * 7 + 7
    assert found.whole.model_seconds == pytest.approx(small + middle + large)
    assert found.whole.money == pytest.approx(((small + middle) * 0.8 + large * 4) / 3600)
    assert found.share_of_seconds == pytest.approx(1 - 25 / 81)


def test_a_model_that_never_ran_is_counted_at_its_stated_cost() -> None:
    plan = plan_of("a", 3)
    found = saving(plan, {("4B", f"a{number}"): 1.5 for number in range(3)}, COSTS)
    assert found.whole.model_seconds == pytest.approx(4.5 + 3 * (3.2 + 6.0))
    nothing = saving(plan, {}, {model: ModelCost(0.0) for model in MODELS})
    assert (nothing.share_of_seconds, nothing.share_of_money) == (0, 0)


def test_impossible_forecasts_are_refused() -> None:
    for wish in ({"simulations": 0}, {"batch": 0}):
        with pytest.raises(ValueError, match="batches of"):
            expected_saving(plan_of("a", 30), COSTS, **wish)
    with pytest.raises(KeyError, match="30B"):
        expected_saving(plan_of("a", 30), {"4B": ModelCost(1), "8B": ModelCost(1)})
