"""People look after every rating: how often the rule is wrong, how soon it settles; a wrong rule is found wrong."""

import json

import numpy as np
import pytest
from scipy.stats import binom
from typer.testing import CliRunner

from comparer.cli import app
from comparer.fit.intervals import verdict, wilson_interval
from comparer.fit.simulation import RATES, THRESHOLDS, look_after_every_rating, simulate


@pytest.mark.parametrize("rule", ["sequence", "wilson"])
def test_the_dice_come_near_to_the_exact_chance(rule: str) -> None:
    """The chance of a verdict at any look, by going through all paths of 40 ratings."""
    rate, threshold, looks = 0.7, 0.8, 40

    def says(passed: int, cases: int) -> str:
        if rule == "sequence":
            return verdict(passed, cases, threshold)
        low, high = wilson_interval(passed, cases)
        return "meets" if low >= threshold else "fails" if high < threshold else "undecided"

    open_still, settled_at = {0: 1.0}, []
    for cases in range(1, looks + 1):
        reached: dict[int, float] = {}
        for passed, chance in open_still.items():
            reached[passed] = reached.get(passed, 0) + chance * (1 - rate)
            reached[passed + 1] = reached.get(passed + 1, 0) + chance * rate
        open_still = {passed: chance for passed, chance in reached.items() if says(passed, cases) == "undecided"}
        settled_at.append(1 - sum(open_still.values()))
    seen = look_after_every_rating(rate, threshold, runs=20_000, looks=looks, rule=rule)  # type: ignore[arg-type]
    assert seen.settled == pytest.approx(settled_at[-1], abs=4 * (0.25 / 20_000) ** 0.5)
    assert 0.05 < settled_at[-1] < 0.95


def test_one_look_is_a_binomial_chance() -> None:
    """A single rating settles nothing by the sequence; by Wilson's interval a failure fails 80 %, at 0 to 79.3 %."""
    assert look_after_every_rating(0.6, 0.8, runs=2_000, looks=1).settled == 0
    seen = look_after_every_rating(0.6, 0.8, runs=20_000, looks=1, rule="wilson")
    assert seen.fails == pytest.approx(binom.pmf(0, 1, 0.6), abs=0.015)
    assert seen.meets == 0


def test_the_same_seed_gives_the_same_figures_and_another_others() -> None:
    first = look_after_every_rating(0.7, 0.8, runs=500, looks=80, seed=1)
    assert first == look_after_every_rating(0.7, 0.8, runs=500, looks=80, seed=1)
    assert first != look_after_every_rating(0.7, 0.8, runs=500, looks=80, seed=2)


def test_at_the_threshold_meets_is_right_and_fails_is_wrong() -> None:
    at_it = look_after_every_rating(0.8, 0.8, runs=2_000, looks=100, rule="wilson")
    assert at_it.wrong == at_it.fails > 0
    below = look_after_every_rating(0.75, 0.8, runs=2_000, looks=100, rule="wilson")
    assert below.wrong == below.meets > 0


@pytest.mark.parametrize(
    ("rate", "threshold", "runs", "looks"), [(0.5, 0.8, 0, 9), (0.5, 0.8, 9, 0), (1.5, 0.8, 9, 9)]
)
def test_impossible_simulations_are_refused(rate: float, threshold: float, runs: int, looks: int) -> None:
    with pytest.raises(ValueError, match=r"runs of|within 0\.\.1"):
        look_after_every_rating(rate, threshold, runs=runs, looks=looks)


def test_the_command_gives_its_figures_as_json_and_as_a_table() -> None:
    said = CliRunner().invoke(app, ["simulate", "--runs", "200", "--looks", "60", "--seed", "3", "--json"])
    assert said.exit_code == 0, said.output
    given = json.loads(said.output)
    pairs = {f"{rate:g}/{threshold:g}" for rate in RATES for threshold in THRESHOLDS}
    assert {"0.95/0.8", "0.8/0.8", "0.9/0.9"} <= pairs
    for name in ("wrong_verdict_rate", "median_ratings_to_settle", "wilson_wrong_verdict_rate"):
        assert set(given[name]) == pairs
    assert set(given["settled_rate_at_threshold"]) == {"0.8/0.8", "0.9/0.9"}
    assert (given["runs"], given["seed"], given["looks"]) == (200, 3, 60)
    assert given == simulate(runs=200, looks=60, seed=3)
    assert given["median_ratings_to_settle"]["0.8/0.8"] is None
    read = CliRunner().invoke(app, ["simulate", "--runs", "200", "--looks", "60", "--seed", "3"])
    assert read.exit_code == 0, read.output
    for rate in ("0.5", "0.99"):
        assert any(line.split()[:1] == [rate] for line in read.output.splitlines()), read.output


@pytest.mark.slow
@pytest.mark.parametrize("threshold", [0.70, 0.75, 0.80, 0.90])
def test_a_verdict_is_seldom_wrong_however_often_one_looks(threshold: float) -> None:
    for rate in (threshold - 0.2, threshold - 0.05, threshold - 0.01):
        assert look_after_every_rating(rate, threshold, runs=4_000).meets <= 0.05
    for rate in (threshold + 0.01, threshold + 0.05, 0.95):
        assert look_after_every_rating(rate, threshold, runs=4_000).fails <= 0.05
    assert look_after_every_rating(threshold, threshold, runs=4_000).settled <= 0.05


@pytest.mark.slow
def test_a_good_and_a_bad_model_are_told_apart_soon() -> None:
    good = look_after_every_rating(0.95, 0.80, runs=4_000)
    bad = look_after_every_rating(0.60, 0.80, runs=4_000)
    assert good.median_ratings is not None and good.median_ratings <= 45
    assert bad.median_ratings is not None and bad.median_ratings <= 45
    assert good.meets > 0.99
    assert bad.fails > 0.99


@pytest.mark.slow
def test_a_plain_wilson_rule_would_be_wrong_far_more_often() -> None:
    """The reason for the sequence; it also shows that this simulation can find a wrong rule wrong."""
    seen = look_after_every_rating(0.8, 0.8, runs=4_000, rule="wilson")
    assert seen.settled > 0.12
    assert np.isclose(seen.wrong, seen.fails) and seen.wrong > 0.05
