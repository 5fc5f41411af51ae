"""From scored turns to figures, on answers whose figures can be counted by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comparer.demo.questions import KINDS
from comparer.demo.scores import Evaluation, Score, ScoredTurn, summarise
from comparer.fit.intervals import wilson_interval

TURN = ScoredTurn("items", "manual", "", "items:0", "manual.shape", "en", 1, True, False, 0.1, 0.3)


def turns_of(rights: str, **changes: object) -> list[ScoredTurn]:
    """One conversation; "x" is a wrong turn, "r" a refused (and so wrong) one."""
    return [
        replace(TURN, number=number, right=mark == "+", refused=mark == "r", **changes)  # type: ignore[arg-type]
        for number, mark in enumerate(rights, 1)
    ]


def test_the_mean_is_that_of_the_items_not_of_the_turns() -> None:
    scores = summarise(
        [
            *turns_of("++++++++", cluster="a"),
            *turns_of("x", cluster="b", item="fault", kind="fault.trend"),
            *turns_of("+x", cluster="c", item="service", kind="service.more"),
        ]
    )
    assert {item: (score.accuracy, score.n) for item, score in scores.items.items()} == {
        "manual": (1.0, 8),
        "fault": (0.0, 1),
        "service": (0.5, 2),
    }
    assert scores.mean == 0.5
    assert scores.kinds["service.more"].chance == round(KINDS["service.more"][1], 4)
    assert list(scores.turns) == ["1", "2", "3", "4", "5", "6", "7", "8"]
    assert scores.depths["compare"].n == 2


def test_turns_of_one_picture_do_not_count_as_independent() -> None:
    apart = summarise(
        [turn for index in range(40) for turn in turns_of("+" if index % 2 else "x", cluster=f"{index}")]
    )
    together = summarise(
        [turn for index in range(4) for turn in turns_of(("+" if index % 2 else "x") * 10, cluster=f"{index}")]
    )
    low, high = wilson_interval(20, 40)
    expected = Score(0.5, round(low, 4), round(high, 4), 40, pytest.approx(1 / 3, abs=1e-4))
    assert apart.items["manual"] == expected
    wide = together.items["manual"]
    assert wide.accuracy == 0.5 and wide.n == 40
    low, high = wilson_interval(1.5, 3)  # v = 4/3 * 4 * 25 / 1600 = 1/12, p(1 - p)/n = 1/160: 40 turns weigh as 3
    assert (wide.low, wide.high) == pytest.approx((low, high), abs=1e-4)


def test_what_is_to_be_declined_is_counted_apart() -> None:
    scores = summarise(
        [
            *turns_of("+r+r", cluster="a"),
            *turns_of("+", cluster="b", part="outside", kind="outside", content="photograph", item=""),
            *turns_of("x", cluster="c", part="outside", kind="outside", content="photograph", item=""),
            *turns_of("+", cluster="d", part="outside", kind="stray", content="stray", item="fault"),
        ]
    )
    assert scores.items["manual"].accuracy == 0.5 and "fault" not in scores.items
    assert (scores.wrong_refusals.share, scores.wrong_refusals.n) == (0.5, 4)
    assert (scores.out_of_domain.accuracy, scores.out_of_domain.n) == (0.6667, 3)
    assert {content: rate.accuracy for content, rate in scores.out_of_domain.contents.items()} == {
        "photograph": 0.5,
        "stray": 1.0,
    }


def test_turns_before_the_first_wrong_one() -> None:
    conversations = ["x+++++++++", "++x+x+++++", "+++++++++x", "++++++++++"]
    first = summarise(
        [
            turn
            for index, rights in enumerate(conversations)
            for turn in turns_of(rights, part="conversations", cluster=f"conversations:{index}")
        ]
    ).first_wrong
    assert (first.conversations, first.turns, first.median) == (4, 10, 5.5)  # of 0, 2, 9 and 10
    assert {name: count for name, count in first.counts.items() if count} == {"1": 1, "3": 1, "10": 1, "none": 1}
    assert list(first.counts) == [*map(str, range(1, 11)), "none"]


def test_seconds_are_those_of_the_turns_that_have_any() -> None:
    timed = [replace(TURN, ttft_s=0.1 * index, e2e_s=float(index)) for index in range(1, 21)]
    scores = summarise([*timed, replace(TURN, ttft_s=None, e2e_s=None)])
    assert scores.first_token_s == 1.05
    assert (scores.answer_s.median, scores.answer_s.p95) == (10.5, 19.05)


def test_nothing_asked_is_nothing_known() -> None:
    scores = summarise([])
    assert (scores.mean, scores.items, scores.first_token_s) == (0.0, {}, None)
    assert (scores.out_of_domain.low, scores.out_of_domain.high, scores.out_of_domain.n) == (0.0, 1.0, 0)
    assert scores.first_wrong.conversations == 0


def test_an_evaluation_is_one_flat_object() -> None:
    entry = Evaluation(summarise([TURN]), "fp32", "cpu", 7, 1, 2.5, "2026-01-01", "small@0").as_dict()
    assert set(entry["items"]["manual"]) == {"accuracy", "low", "high", "n", "chance"}
    assert set(entry["wrong_refusals"]) == {"share", "low", "high", "n"}
    assert set(entry["out_of_domain"]) == {"accuracy", "low", "high", "n", "contents"}
    assert entry["seed"] == 7 and entry["model"] == "small@0" and "scores" not in entry
