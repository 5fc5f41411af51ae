"""Scores from votes: published Bradley-Terry figures, a direct fit by statsmodels, votes that prove too little."""

import numpy as np
import pytest
import statsmodels.api as sm

from comparer.fit.preference import Outcome, Preferences, Vote, pairwise, preferences, strengths

SHOWN = ("a", "b", "c")


def votes(said: str, reviewers: int = 1) -> list[Vote]:
    """One turn a letter: a, b, c for the best, t for a tie, n for none; so many reviewers say the same in it."""
    made = []
    for turn, letter in enumerate(said):
        choice = {"t": "tie", "n": "none"}.get(letter, "answer")
        vote = Vote(f"turn {turn}", SHOWN, choice, letter if choice == "answer" else "")  # type: ignore[arg-type]
        made += [vote] * reviewers
    return made


def scored(said: str, reviewers: int = 1, resamples: int = 300) -> Preferences:
    return preferences(votes(said, reviewers), resamples=resamples)


# --- Bradley and Terry's model ---

CITED = np.array([[714, 730, 498, 221], [33, 425, 68, 17], [320, 813, 1072, 142], [284, 276, 325, 188]])
"""Citations of (rows) by (columns) Biometrika, Comm. Statist., JASA, JRSS-B: S. M. Stigler, Stat. Sci. 9 (1994)."""


def test_statistics_journals_by_who_cites_whom() -> None:
    """Log-strengths against Biometrika as the R package BradleyTerry2 gives them for its `citations`.

    Source: H. Turner, D. Firth, Journal of Statistical Software 48 (2012) no. 9, section 2.
    """
    wins = CITED * (1.0 - np.eye(4))
    logs = np.log(strengths(wins))
    assert logs - logs[0] == pytest.approx([0, -2.9491, -0.4796, 0.2690], abs=5e-5)


def test_strengths_are_those_of_a_logistic_regression() -> None:
    dice = np.random.default_rng(5)
    for _ in range(5):
        wins = dice.integers(1, 30, size=(3, 3)) / 2 * (1 - np.eye(3))
        pairs = [(0, 1), (0, 2), (1, 2)]
        design = np.array([[(i == k) - (j == k) for k in (0, 2)] for i, j in pairs], dtype=float)
        counts = np.array([[wins[i, j], wins[j, i]] for i, j in pairs])
        fitted = sm.GLM(counts, design, family=sm.families.Binomial()).fit()
        logs = np.log(strengths(wins))
        assert logs[[0, 2]] - logs[1] == pytest.approx(fitted.params, abs=1e-5)


def test_strengths_of_one_win_each_way_round_are_equal() -> None:
    assert strengths(np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0.0]])) == pytest.approx([1 / 3] * 3)
    assert strengths(np.zeros((3, 3))) == pytest.approx([1 / 3] * 3)
    assert strengths(np.zeros((1, 1))) == pytest.approx([1])


# --- from votes to pairs ---


def test_what_a_vote_says_of_pairs() -> None:
    best, tie, none = votes("btn")
    assert pairwise(best) == [Outcome("b", "a", 1), Outcome("b", "c", 1)]
    assert pairwise(tie) == [Outcome("a", "b", 0.5), Outcome("a", "c", 0.5), Outcome("b", "c", 0.5)]
    assert pairwise(none) == []
    with pytest.raises(ValueError, match="not among the shown"):
        Vote("turn", ("a", "b"), "answer", "c")


def test_counts_and_win_rates_by_hand() -> None:
    """a is chosen twice, b once, one tie, one none: a beats b in 2 of 4 with a tie, 2.5 to 1.5; c has half of 3."""
    result = scored("aabtn")
    assert (result.votes, result.ties, result.none) == (5, 1, 1)
    assert result.win_rates["a"] == {"b": 2.5 / 4, "c": 2.5 / 3}
    assert result.win_rates["b"] == {"a": 1.5 / 4, "c": 1.5 / 2}
    assert result.win_rates["c"] == {"a": 0.5 / 3, "b": 0.5 / 2}


def test_keys_that_never_met_have_no_win_rate() -> None:
    two = [Vote("1", ("a", "b"), "answer", "a"), Vote("2", ("b", "c"), "answer", "b")]
    assert preferences(two, resamples=50).win_rates["a"] == {"b": 1.0, "c": None}


# --- what the votes prove ---


def test_one_that_wins_all_gets_virtual_ties_and_finite_scores() -> None:
    result = scored("a" * 12)
    assert result.method == "bradley_terry_with_virtual_ties"
    scores = {key: standing.score for key, standing in result.standings.items()}
    assert 0.8 < scores["a"] < 1
    assert scores["b"] == pytest.approx(scores["c"])
    assert sum(scores.values()) == pytest.approx(1)
    assert result.standings["a"].rank == 1
    assert result.standings["b"].rank is result.standings["c"].rank is None
    assert result.standings["a"].low < scores["a"] - 0.1, "twelve votes are not certain"


def test_every_key_chosen_once_needs_no_virtual_ties() -> None:
    assert scored("abc").method == "bradley_terry"
    assert scored("aab").method == "bradley_terry_with_virtual_ties"
    assert scored("t").method == "bradley_terry"


@pytest.mark.parametrize("said", ["a", "aa", "abc", "t", "abcabcabcttt", "aaabbbbcc"])
def test_ranks_are_hidden_while_intervals_overlap(said: str) -> None:
    standings = scored(said).standings.values()
    assert [standing.rank for standing in standings] == [None] * 3
    assert all(standing.high - standing.low > 0.05 for standing in standings)


def test_ranks_show_once_the_intervals_are_apart() -> None:
    result = scored("a" * 100 + "b" * 40 + "c" * 8)
    assert [result.standings[key].rank for key in "abc"] == [1, 2, 3]
    for standing in result.standings.values():
        assert 0 < standing.low < standing.score < standing.high < 1


def test_more_turns_narrow_the_interval_more_reviewers_of_one_turn_do_not() -> None:
    said = "aabacbtaab"

    def width(result: Preferences) -> float:
        return result.standings["a"].high - result.standings["a"].low

    one, three, thrice = scored(said), scored(said, reviewers=3), scored(said * 3)
    assert width(thrice) < 0.75 * width(one)
    assert width(three) > 0.85 * width(one)


def test_the_same_votes_give_the_same_figures() -> None:
    assert scored("aabbct") == scored("aabbct")


def test_without_a_vote_that_says_anything_there_are_no_scores() -> None:
    result = scored("nnn")
    assert {(s.score, s.low, s.high, s.rank) for s in result.standings.values()} == {(None, None, None, None)}
    assert (result.votes, result.none, result.resamples) == (3, 3, 0)
    empty = preferences([])
    assert (empty.standings, empty.votes) == ({}, 0)


@pytest.mark.slow
@pytest.mark.parametrize("chances", [(0.7, 0.2, 0.1), (1 / 3, 1 / 3, 1 / 3)])
def test_the_interval_holds_the_true_score(chances: tuple[float, float, float]) -> None:
    """25 turns; when the choice among three follows the strengths, the model's pairs do too."""
    dice = np.random.default_rng(6)
    held, runs = np.zeros(3), 60
    for run in range(runs):
        said = "".join(dice.choice(list("abc"), p=chances, size=25))
        standings = preferences(votes(said), resamples=150, seed=run).standings
        held += [standings[key].low <= true <= standings[key].high for key, true in zip("abc", chances, strict=True)]
    assert (held / runs).min() >= 0.85, held / runs
