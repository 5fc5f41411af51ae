"""What is rated next: what decides, nobody twice, no item for ever behind; and the table settles sooner."""

from collections import Counter
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparer.fit import score_table as score_table_module
from comparer.fit.score_table import ScoreTable, cell, score_table
from comparer.records import CellCount, TestItem
from comparer.suites.queue import DOUBLE_SHARE, FAIR_EVERY, Answered, lot, rating_queue

MODELS = ("4B", "8B", "30B")


@pytest.fixture(autouse=True)
def quick_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table is made again and again here, and most of its cells are the same as before."""
    monkeypatch.setattr(score_table_module, "cell", CACHED_CELL)


CACHED_CELL = cache(cell)


def table(items: str, **counts: tuple[int, int]) -> ScoreTable:
    """Items by letter, threshold 80 %; counts as `a_4B=(passed, cases)`."""
    return score_table(
        [TestItem(item, item, item, 0.8) for item in items],
        MODELS,
        [
            CellCount(name.split("_")[0], name.split("_")[1], cases, cases, passed)
            for name, (passed, cases) in counts.items()
        ],
    )


def fresh(item: str, model: str, count: int) -> list[Answered]:
    return [Answered(f"{item}-{model}-{number}", item, model) for number in range(count)]


def cells(queue: tuple[str, ...]) -> list[str]:
    return [answer.rsplit("-", 1)[0] for answer in queue]


def test_undecided_cells_come_first_and_the_one_nearest_to_a_verdict_before_all() -> None:
    answers = [*fresh("a", "4B", 30), *fresh("b", "4B", 30), *fresh("c", "4B", 30)]
    known = table("abc", a_4B=(60, 60), b_4B=(9, 12), c_4B=(20, 20))
    assert known.rows[0].cells["4B"].verdict == "meets"
    nearest = known.rows[2].cells["4B"].more_ratings
    assert nearest is not None and 0 < nearest < 30
    queue = cells(rating_queue(answers, known, "mei", fair_every=1000))
    assert queue[:nearest] == ["c-4B"] * nearest
    assert queue[-30:] == ["a-4B"] * 30


def test_larger_models_wait_where_a_smaller_one_is_enough() -> None:
    answers = [*fresh("a", "30B", 30), *fresh("b", "30B", 30)]
    known = table("ab", a_4B=(60, 60), a_30B=(20, 20), b_4B=(5, 20), b_30B=(19, 20))
    queue = cells(rating_queue(answers, known, "mei", fair_every=1000))
    a, b = (known.rows[row].cells["30B"].more_ratings for row in (0, 1))
    assert a is not None and b is not None and a < b <= 30
    assert queue[:b] == ["b-30B"] * b
    assert queue[b : b + a] == ["a-30B"] * a


def test_a_cell_that_its_answers_cannot_settle_waits_for_those_that_can() -> None:
    answers = [*fresh("a", "4B", 3), *fresh("b", "4B", 30)]
    queue = cells(rating_queue(answers, table("ab", a_4B=(20, 20), b_4B=(21, 21)), "mei", fair_every=1000))
    assert queue[0] == "b-4B"
    assert queue[-1] == "a-4B" or "a-4B" in queue[-30:]


ANSWERS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(MODELS),
        st.frozensets(st.sampled_from(["mei", "jan", "li"]), max_size=3),
    ),
    max_size=60,
).map(lambda drawn: [Answered(f"{index}", *one) for index, one in enumerate(drawn)])


@settings(deadline=None, max_examples=60)
@given(ANSWERS, st.sampled_from([0.0, 0.1, 0.5, 1.0]), st.integers(1, 7), st.integers(0, 3))
def test_nobody_rates_an_answer_twice_and_no_new_answer_is_forgotten(
    answers: list[Answered], share: float, fair_every: int, seed: int
) -> None:
    known = table("abc", a_4B=(20, 20), b_8B=(3, 9))
    queue = rating_queue(answers, known, "mei", double_share=share, fair_every=fair_every, seed=seed)
    by_key = {one.answer: one for one in answers}
    assert len(queue) == len(set(queue))
    for answer in queue:
        raters = by_key[answer].raters
        assert "mei" not in raters and len(raters) <= 1
        assert not raters or lot(seed, answer) < share
    assert {one.answer for one in answers if not one.raters} <= set(queue)
    assert queue == rating_queue(answers[::-1], known, "mei", double_share=share, fair_every=fair_every, seed=seed)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 25), min_size=2, max_size=6), st.integers(1, 6))
def test_no_item_waits_longer_than_a_round_of_all(sizes: list[int], fair_every: int) -> None:
    items = "abcdef"[: len(sizes)]
    answers = [one for item, size in zip(items, sizes, strict=True) for one in fresh(item, "4B", size)]
    known = table(items, **{f"{item}_4B": (60, 60) for item in items[1:]})
    queue = [answer[0] for answer in rating_queue(answers, known, "mei", fair_every=fair_every)]
    for item, size in zip(items, sizes, strict=True):
        places = [-1, *(place for place, each in enumerate(queue) if each == item)]
        assert len(places) == size + 1
        assert max(np.diff(places)) <= fair_every * len(items)


def test_the_rotation_goes_on_when_the_queue_is_asked_for_after_every_rating() -> None:
    answers = {one.answer: one for item in "abcd" for one in fresh(item, "4B", 40)}
    known = table("abcd", a_4B=(19, 20), b_4B=(60, 60), c_4B=(60, 60), d_4B=(60, 60))
    seen: list[str] = []
    for _ in range(4 * FAIR_EVERY):
        answer = rating_queue(answers.values(), known, "mei")[0]
        answers[answer] = answers[answer]._replace(raters=frozenset({"mei"}))
        seen.append(answer[0])
    assert Counter(seen) == {"a": 17, "b": 1, "c": 1, "d": 1}


def test_the_share_of_second_ratings_is_kept_by_answers_drawn_by_lot() -> None:
    answers = {one.answer: one for item in "ab" for one in fresh(item, "4B", 200)}
    known = table("ab")
    for number in range(300):
        reviewer = ("mei", "jan")[number % 2]
        answer = rating_queue(answers.values(), known, reviewer, double_share=0.2)[0]
        answers[answer] = answers[answer]._replace(raters=answers[answer].raters | {reviewer})
    once = sum(bool(one.raters) for one in answers.values())
    twice = [one.answer for one in answers.values() if len(one.raters) == 2]
    assert len(twice) / once == pytest.approx(0.2, abs=0.05)
    assert all(lot(0, answer) < 0.2 for answer in twice)
    assert DOUBLE_SHARE < 0.2


def test_reviewers_at_work_at_the_same_time_seldom_meet() -> None:
    answers = fresh("a", "4B", 200)
    mei, jan = (rating_queue(answers, table("a"), reviewer)[:20] for reviewer in ("mei", "jan"))
    assert len({*mei} & {*jan}) <= 6


def test_answers_of_items_and_models_that_the_table_lacks_come_last() -> None:
    answers = [*fresh("z", "4B", 2), *fresh("a", "7B", 2), *fresh("a", "4B", 8)]
    queue = cells(rating_queue(answers, table("a"), "mei", fair_every=1000))
    assert queue[:8] == ["a-4B"] * 8


def dialogues(item: str, model: str, count: int, turns: int = 10) -> list[Answered]:
    """Conversations of several answers, the last ones first."""
    return [
        Answered(f"{item}-{model}-{number}.{turn}", item, model, conversation=f"{item}-{model}-{number}", turn=turn)
        for number in range(count)
        for turn in reversed(range(turns))
    ]


def test_the_answers_of_a_conversation_come_in_order_and_one_after_the_other() -> None:
    answers = [*dialogues("a", "4B", 6), *dialogues("a", "8B", 6), *fresh("b", "4B", 30)]
    queue = rating_queue(answers, table("ab"), "mei")
    assert len(queue) == len(set(queue)) == len(answers)
    whole = [[one for one in queue if one.startswith(f"a-{model}-{n}.")] for model in ("4B", "8B") for n in range(6)]
    for turns in whole:
        assert [one.rsplit(".")[-1] for one in turns] == [str(turn) for turn in range(10)]
        place = queue.index(turns[0])
        assert list(queue[place : place + 10]) == turns


def test_a_begun_conversation_is_finished_before_anything_else() -> None:
    answers = {one.answer: one for one in [*dialogues("a", "4B", 4), *fresh("b", "4B", 40), *fresh("c", "4B", 40)]}
    known = table("abc", b_4B=(19, 20))
    seen: list[str] = []
    for _ in range(90):
        answer = rating_queue(answers.values(), known, "mei")[0]
        answers[answer] = answers[answer]._replace(raters=frozenset({"mei"}))
        seen.append(answer)
    turns = [one for one in seen if "." in one]
    assert len(turns) >= 20 and len(turns) % 10 == 0
    for place in range(0, len(turns), 10):
        first = seen.index(turns[place])
        assert seen[first : first + 10] == turns[place : place + 10]
        assert [one.rsplit(".")[-1] for one in turns[place : place + 10]] == [str(turn) for turn in range(10)]


def test_long_conversations_keep_no_item_waiting() -> None:
    """Ten answers each, and a fair place every five conversations: none of the places falls inside of one."""
    answers = {one.answer: one for one in [*dialogues("a", "4B", 30), *fresh("b", "4B", 40)]}
    known = table("ab", a_4B=(90, 100), b_4B=(60, 60))
    seen: list[str] = []
    for _ in range(90):
        answer = rating_queue(answers.values(), known, "mei")[0]
        answers[answer] = answers[answer]._replace(raters=frozenset({"mei"}))
        seen.append(answer[0])
    assert "b" in seen


def test_a_conversation_that_somebody_left_is_gone_on_with_by_the_next() -> None:
    answers = dialogues("a", "4B", 1, turns=4)
    left = [one._replace(raters=frozenset({"mei"}) if one.turn < 2 else frozenset()) for one in answers]
    assert rating_queue(left, table("a"), "jan", double_share=0) == ("a-4B-0.2", "a-4B-0.3")


def test_whole_conversations_are_drawn_for_second_ratings() -> None:
    answers = [one._replace(raters=frozenset({"mei"})) for one in dialogues("a", "4B", 200, turns=3)]
    queue = rating_queue(answers, table("a"), "jan", double_share=0.2)
    drawn = Counter(one.rsplit(".")[0] for one in queue)
    assert set(drawn.values()) == {3}
    assert len(drawn) / 200 == pytest.approx(0.2, abs=0.08)


@pytest.mark.parametrize(("share", "fair_every"), [(-0.1, 5), (1.1, 5), (0.1, 0)])
def test_impossible_wishes_are_refused(share: float, fair_every: int) -> None:
    with pytest.raises(ValueError, match="fair place"):
        rating_queue([], table("a"), "mei", double_share=share, fair_every=fair_every)


RATES = {"a": (0.5, 0.95, 0.97), "b": (0.97, 0.98, 0.99), "c": (0.4, 0.55, 0.97)}
"""True pass rates of the three models on three items: each has another smallest model that is enough."""


def ratings_until_decided(dice: np.random.Generator, *, queued: bool) -> int:
    """How many ratings until every row names its smallest model and leaves none open below it.

    The queue is asked for again after every fourth rating; the other order is drawn once.
    """
    answers = {one.answer: one for item in RATES for model in MODELS for one in fresh(item, model, 100)}
    good = {one.answer: bool(dice.random() < RATES[one.item][MODELS.index(one.model)]) for one in answers.values()}
    drawn = list(dice.permutation(list(answers)))
    cases, passed = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for number in range(0, len(answers), 4):
        counts = [CellCount(*place, cases[place], cases[place], passed[place]) for place in cases]
        known = score_table([TestItem(item, item, item, 0.8) for item in RATES], MODELS, counts)
        if all(row.smallest_sufficient and not row.open_below for row in known.rows):
            return number
        upcoming = rating_queue(answers.values(), known, "mei") if queued else drawn[number:]
        for answer in upcoming[:4]:
            one = answers[answer]
            answers[answer] = one._replace(raters=frozenset({"mei"}))
            cases[one.item, one.model] += 1
            passed[one.item, one.model] += good[answer]
    return len(answers)


@pytest.mark.slow
def test_the_table_settles_with_fewer_ratings_than_in_random_order() -> None:
    """The same answers in both orders. About 290 ratings against 560 (medians of 10)."""
    queued = [ratings_until_decided(np.random.default_rng(seed), queued=True) for seed in range(10)]
    drawn = [ratings_until_decided(np.random.default_rng(seed), queued=False) for seed in range(10)]
    assert np.median(queued) < 0.6 * np.median(drawn)
    assert sum(one < other for one, other in zip(queued, drawn, strict=True)) >= 9
