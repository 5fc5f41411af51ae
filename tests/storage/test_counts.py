"""The counts of the score table against the same sums made by hand."""

import random
from collections import defaultdict

import pytest

from comparer.fit.clustered import Cluster, design_effect, design_effect_of_sums
from comparer.records import CellCount, Rating
from comparer.store import Conversation
from storage import SqlStore
from storage.cases import Asked, case_key
from tests.storage.databases import an_answer, answered, asked


def test_a_case_with_several_ratings_counts_once_by_their_mean(store: SqlStore) -> None:
    easy, hard = answered(store, "easy"), answered(store, "hard")
    for reviewer, acceptable in [("Ann", True), ("Ben", True), ("Cho", False)]:
        store.rate(hard, Rating(acceptable, reviewer))
    store.rate(easy, Rating(True, "Ann"))
    (count,) = store.counts()
    assert count == CellCount("manual", "4B", cases=2, ratings=4, passed=pytest.approx(1 + 2 / 3))


def test_the_same_question_asked_again_is_the_same_case(store: SqlStore) -> None:
    first, again = answered(store, "same"), answered(store, " same ")
    retried = store.add_answer(store.turn_of(again), an_answer(text="second try"))
    store.rate(first, Rating(True))
    store.rate(again, Rating(False))
    store.rate(retried, Rating(False))
    assert store.counts() == (CellCount("manual", "4B", 1, 3, pytest.approx(1 / 3)),)


def test_a_rating_that_changes_sides_changes_the_count(store: SqlStore) -> None:
    answer = answered(store)
    store.rate(answer, Rating(True, "Ann"))
    store.rate(answer, Rating(False, "Ann"))
    assert store.counts() == (CellCount("manual", "4B", 1, 1, 0.0),)


def test_a_later_turn_is_another_case_than_the_same_words_at_the_start(store: SqlStore) -> None:
    conversation = store.begin(Conversation("demo", ("4B",), "manual"))
    for question in ("And when?", "And when?"):
        turn = store.add_turn(conversation, question, [])
        store.rate(store.add_answer(turn, an_answer()), Rating(True))
    assert store.counts()[0].cases == 2


def test_without_an_item_nothing_is_counted(store: SqlStore) -> None:
    store.rate(answered(store, item=""), Rating(True))
    assert store.counts() == ()
    assert next(store.rated_answers()).item == ""


def test_counts_equal_the_same_sums_by_hand(store: SqlStore) -> None:
    dice = random.Random(7)
    shares: dict[tuple[str, str, str], list[bool]] = defaultdict(list)
    for _ in range(25):
        item, question = dice.choice(["manual", "fault", ""]), f"question {dice.randrange(6)}"
        turn = asked(store, question, item=item)
        for model in dice.sample(["4B", "8B", "30B"], dice.randint(1, 3)):
            answer = store.add_answer(turn, an_answer(model))
            for reviewer in dice.sample(["Ann", "Ben", "Cho"], dice.randint(0, 3)):
                acceptable = dice.random() < 0.7
                store.rate(answer, Rating(acceptable, reviewer))
                if item:
                    shares[item, model, question].append(acceptable)
    expected = {}
    for item, model in {(item, model) for item, model, _ in shares}:
        cases = [votes for (i, m, _), votes in shares.items() if (i, m) == (item, model)]
        passed = sum(sum(votes) / len(votes) for votes in cases)
        expected[item, model] = (len(cases), sum(map(len, cases)), pytest.approx(passed))
    counted = {(c.item, c.model): (c.cases, c.ratings, c.passed) for c in store.counts()}
    assert counted == expected
    for c in store.counts():
        cases = [votes for (i, m, _), votes in shares.items() if (i, m) == (c.item, c.model)]
        clusters = [Cluster(sum(votes), len(votes)) for votes in cases]
        assert c.spread is not None
        assert design_effect_of_sums(c.cases, c.ratings, c.spread) == pytest.approx(design_effect(clusters))


def test_all_cases_passed_is_exactly_all(store: SqlStore) -> None:
    for number in range(30):
        answer = answered(store, f"question {number}")
        for reviewer in ("Ann", "Ben", "Cho"):
            store.rate(answer, Rating(True, reviewer))
    (count,) = store.counts()
    assert (count.cases, count.passed) == (30, 30.0)


def test_case_identity() -> None:
    start = Asked(("a" * 64,), "What is this?")
    follow = Asked((), "And that?")
    keys = [
        case_key("manual", [start]),
        case_key("fault", [start]),
        case_key("manual", [start, follow]),
        case_key("manual", [follow, start]),
        case_key("manual", [Asked(("b" * 64,), "What is this?")]),
        case_key("manual", [Asked(("a" * 64, "b" * 64), "What is this?")]),
        case_key("manual", [Asked((), "a" * 64 + "What is this?")]),
    ]
    assert len(set(keys)) == len(keys)
    assert case_key("manual", [start]) == keys[0]


def test_case_identity_never_changes() -> None:
    # Another key for the same case would tear apart the cases of every database in use.
    known = "8dfc11ffc15b5455e60f46c38201a3eaf342ccfe38247fced7b261fccb55a69c"
    assert case_key("manual", [Asked(("ab" * 32,), "红灯?")]) == known
