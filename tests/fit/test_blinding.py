"""Blind against open ratings: Fisher's and Newcombe's examples, scipy's exact test, effects that are not there."""

import numpy as np
import pytest
from scipy.stats import fisher_exact

from comparer.fit.blinding import BlindAndOpen, BlindingEffect, blinding_effect


def shares(passed: int, cases: int, name: str) -> dict[str, float]:
    return {f"{name}{index}": float(index < passed) for index in range(cases)}


def one_model(blind: tuple[int, int], open_: tuple[int, int]) -> BlindingEffect:
    return blinding_effect({"m": BlindAndOpen(shares(*blind, "blind "), shares(*open_, "open "))})


def test_the_lady_tasting_tea() -> None:
    """3 of 4 against 1 of 4: 34 of the 70 ways to part eight cups are as far apart. Source: Fisher (1935), s. 5."""
    effect = one_model((3, 4), (1, 4))
    assert effect.p_value == pytest.approx(34 / 70, abs=0.02)
    assert effect.verdict == "no_difference_shown"


def test_darwins_maize_as_cases_rated_in_both_ways() -> None:
    """1726 of 32,768 signs. Source: R. A. Fisher, The Design of Experiments (1935), section 21."""
    gaps = (49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48)
    blind = {str(index): 0.5 - gap / 200 for index, gap in enumerate(gaps)}
    opened = {str(index): 0.5 + gap / 200 for index, gap in enumerate(gaps)}
    effect = blinding_effect({"m": BlindAndOpen(blind, opened)})
    assert effect.p_value == pytest.approx(1726 / 32768, abs=0.007)
    assert effect.rows["m"].shared_cases == 15
    assert effect.rows["m"].difference.value == pytest.approx(sum(gaps) / 1500)


@pytest.mark.parametrize(("blind", "open_"), [((12, 30), (21, 30)), ((20, 25), (13, 25)), ((10, 20), (11, 20))])
def test_groups_of_one_size_are_fishers_exact_test(blind: tuple[int, int], open_: tuple[int, int]) -> None:
    effect = one_model(blind, open_)
    exact = fisher_exact([[blind[0], blind[1] - blind[0]], [open_[0], open_[1] - open_[0]]]).pvalue
    assert effect.p_value == pytest.approx(exact, abs=0.015)


def test_newcombes_example_as_blind_and_open_rates() -> None:
    """56 of 70 less 48 of 80: 0.0524 to 0.3339. Source: R. G. Newcombe, Stat. Med. 17 (1998) 873-890, table II."""
    effect = one_model(blind=(48, 80), open_=(56, 70))
    row = effect.rows["m"]
    assert (row.blind_rate, row.open_rate, row.blind_cases, row.open_cases, row.shared_cases) == (0.6, 0.8, 80, 70, 0)
    assert (row.difference.value, row.difference.low, row.difference.high) == pytest.approx(
        (0.2, 0.0524, 0.3339), abs=5.1e-5
    )
    assert effect.verdict == "open_higher"


def test_lower_is_the_mirror_of_higher() -> None:
    higher, lower = one_model((48, 80), (56, 70)), one_model((56, 70), (48, 80))
    assert (higher.verdict, lower.verdict) == ("open_higher", "open_lower")
    assert higher.p_value == pytest.approx(lower.p_value, abs=0.006)


def test_cases_of_both_kinds_and_of_one_kind_count_together() -> None:
    """Eight swapped pairs alone, or eight single cases a side alone, prove less than all of them."""
    pairs = BlindAndOpen(shares(3, 8, "x"), shares(7, 8, "x"))
    singles = BlindAndOpen(shares(3, 8, "b"), shares(7, 8, "o"))
    mixed = BlindAndOpen({**pairs.blind, **singles.blind}, {**pairs.open, **singles.open})
    p_values = [blinding_effect({"m": each}).p_value for each in (pairs, singles, mixed)]
    assert p_values[2] < min(p_values[:2])
    assert p_values[0] == pytest.approx(2 / 2**4, abs=0.01)  # four discordant pairs, all one way


def test_a_good_model_that_is_rated_openly_more_often_is_no_effect() -> None:
    good = BlindAndOpen(shares(5, 5, "gb"), shares(40, 40, "go"))
    bad = BlindAndOpen(shares(0, 40, "bb"), shares(0, 5, "bo"))
    effect = blinding_effect({"good": good, "bad": bad})
    assert (effect.p_value, effect.verdict) == (1.0, "no_difference_shown")
    assert effect.rows["good"].difference.value == effect.rows["bad"].difference.value == 0


def test_three_models_on_one_case_are_one_witness() -> None:
    """The same eight cases, told thrice: the models agree by themselves, so nothing more is proved."""
    alone = BlindAndOpen(shares(1, 4, "b"), shares(3, 4, "o"))
    once = blinding_effect({"m": alone})
    thrice = blinding_effect(dict.fromkeys("xyz", alone))
    assert thrice.p_value == pytest.approx(once.p_value, abs=0.015)


@pytest.mark.slow
def test_an_effect_that_is_not_there_is_seldom_found() -> None:
    """Three models on each case, some cases rated in both ways, the case's difficulty common to all of them."""
    dice = np.random.default_rng(12)
    found, runs = 0, 300
    for _ in range(runs):
        hard = dice.normal(size=40)
        models = {}
        for model, base in (("4B", 0.6), ("8B", 0.7), ("30B", 0.8)):
            chance = np.clip(base + 0.3 * hard, 0, 1)
            blind = {str(case): float(dice.random() < chance[case]) for case in range(25)}
            opened = {str(case): float(dice.random() < chance[case]) for case in range(18, 40)}
            models[model] = BlindAndOpen(blind, opened)
        found += blinding_effect(models, resamples=399).p_value < 0.05
    assert 0.01 < found / runs <= 0.085  # 5 % and what 300 runs may stray


def test_the_same_ratings_give_the_same_p_value() -> None:
    assert one_model((12, 30), (21, 30)) == one_model((12, 30), (21, 30))


def test_nothing_to_compare_and_impossible_shares() -> None:
    only_blind = blinding_effect({"m": BlindAndOpen(shares(3, 4, "b"), {})})
    assert (only_blind.p_value, only_blind.verdict, only_blind.resamples) == (None, "no_ratings", 0)
    assert (only_blind.rows["m"].blind_rate, only_blind.rows["m"].open_rate) == (0.75, None)
    assert only_blind.rows["m"].difference is None
    assert blinding_effect({}).verdict == "no_ratings"
    with pytest.raises(ValueError, match="not within"):
        blinding_effect({"m": BlindAndOpen({"a": 2.0}, {"a": 1.0})})
