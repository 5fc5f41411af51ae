"""Votes as battles: who meets whom, and who wins."""

import json
from datetime import UTC, datetime

import pytest

from comparer.export.battles import battles
from comparer.store import CastVote

AT = datetime(2026, 3, 5, 12, tzinfo=UTC)


def vote(choice: str, order: tuple[str, ...] = ("M", "S", "L")) -> CastVote:
    return CastVote("t1", "c1", "case", "fault", "demo", order, choice, "王芳", True, AT)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("M", [("M", "S", "model_a"), ("M", "L", "model_a")]),
        ("S", [("M", "S", "model_b"), ("S", "L", "model_a")]),
        ("L", [("M", "L", "model_b"), ("S", "L", "model_b")]),
        ("tie", [("M", "S", "tie"), ("M", "L", "tie"), ("S", "L", "tie")]),
        ("none", [(a, b, "tie (bothbad)") for a, b in (("M", "S"), ("M", "L"), ("S", "L"))]),
        ("gone", []),
    ],
)
def test_a_vote_is_a_battle_of_every_pair_that_it_decides(choice: str, expected: list[tuple[str, str, str]]) -> None:
    found = [(row["model_a"], row["model_b"], row["winner"]) for row in battles([vote(choice)])]
    assert found == expected


def test_a_row_says_who_judged_what_and_when() -> None:
    (row,) = battles([vote("S", ("S", "M"))])
    assert (row["judge"], row["question_id"], row["turn_id"], row["anony"]) == ("王芳", "case", "t1", True)
    assert row["tstamp"] == AT.timestamp()
    assert (row["conversation_a_id"], row["conversation_b_id"]) == ("c1-S", "c1-M")
    assert json.loads(json.dumps(row)) == row


def test_ids_differ_from_row_to_row() -> None:
    rows = list(battles([vote("tie")]))
    assert len({row["battle_id"] for row in rows}) == 3
    assert list(battles([vote("S", ("S",))])) == []
