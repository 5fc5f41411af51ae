"""Votes with what was there to choose from, and who has rated how much."""

from datetime import UTC, datetime, timedelta

import pytest

from comparer.records import Preference, Rating
from comparer.store import CastVote, Conversation, RatingFilter
from storage import SqlStore
from storage.cases import Asked, case_key
from tests.storage.databases import an_answer, answered, asked


def test_a_vote_says_what_was_there_to_choose_from(store: SqlStore) -> None:
    conversation = store.begin(Conversation("demo", ("8B", "4B"), "fault", blind=True))
    turn = store.add_turn(conversation, "?", [])
    first, second = (store.add_answer(turn, an_answer(model)) for model in ("8B", "4B"))
    before = datetime.now(UTC)
    store.prefer(turn, Preference("answer", first, "Ann", blind=True))
    store.prefer(turn, Preference("tie", reviewer="Ben", blind=True))
    store.prefer(turn, Preference("none"))
    votes = list(store.votes())
    assert [(vote.reviewer, vote.choice, vote.blind) for vote in votes] == [
        ("Ann", "8B", True),
        ("Ben", "tie", True),
        ("", "none", False),
    ]
    assert votes[0] == CastVote(
        turn_id=turn,
        conversation_id=conversation,
        case_key=case_key("fault", [Asked((), "?")]),
        item="fault",
        lineup="demo",
        order=("8B", "4B"),
        choice="8B",
        reviewer="Ann",
        blind=True,
        at=votes[0].at,
    )
    assert before <= votes[0].at <= votes[1].at <= datetime.now(UTC)
    store.prefer(turn, Preference("answer", second, "Ann"))
    changed = next(store.votes())
    assert (changed.choice, changed.blind) == ("4B", False)
    assert changed.at > votes[1].at


def test_votes_are_filtered(store: SqlStore) -> None:
    start = datetime.now(UTC)
    turns = [asked(store, "one"), asked(store, "two", lineup="qwen3-vl", blind=True), asked(store, "three", item="")]
    store.add_answer(turns[0], an_answer(model_id="small@1"))
    store.add_answer(turns[1], an_answer(model_id="small@2", precision="int8"))
    for turn, name in zip(turns, ("Ann", "Ben", "Ann"), strict=True):
        store.prefer(turn, Preference("tie", reviewer=name, blind=True))
    left_out = next(vote for vote in store.votes() if vote.turn_id == turns[0]).conversation_id
    end = datetime.now(UTC) + timedelta(seconds=1)
    expected = {
        RatingFilter(): {0, 1, 2},
        RatingFilter(lineup="demo"): {0, 2},
        RatingFilter(precision="int8"): {1},
        RatingFilter(model_ids=("small@1", "small@2")): {0, 1},
        RatingFilter(model_ids=("small@1",), precision="int8"): set(),
        RatingFilter(reviewers=(" Ann",)): {0, 2},
        RatingFilter(blind_only=True): {1},
        RatingFilter(without_conversation=left_out): {1, 2},
        RatingFilter(since=start, until=end): {0, 1, 2},
        RatingFilter(since=end): set(),
        RatingFilter(until=start): set(),
    }
    for ratings, numbers in expected.items():
        assert {vote.turn_id for vote in store.votes(ratings)} == {turns[number] for number in numbers}, ratings


def test_votes_come_page_by_page_each_once(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.votes.PAGE", 3)
    turn = asked(store)
    names = [f"reviewer {number}" for number in range(9)]
    for name in names:
        store.prefer(turn, Preference("tie", reviewer=name))
    met = []
    for vote in store.votes():
        met.append(vote.reviewer)
        store.prefer(turn, Preference("none", reviewer=vote.reviewer))  # a change made while one reads
    assert met == names


def test_reviewers_are_those_who_rated(store: SqlStore) -> None:
    assert store.reviewers() == ()
    answers = [answered(store, question) for question in ("one", "two")]
    for name, rated in (("王芳", answers), ("Ann", answers[:1]), ("ann", answers[:1]), ("", answers)):
        for answer in rated:
            store.rate(answer, Rating(True, name))
    store.prefer(asked(store), Preference("tie", reviewer="only votes"))
    assert store.reviewers() == (("", 2), ("Ann", 1), ("ann", 1), ("王芳", 2))


def test_the_newest_come_last_and_a_mark_tells_of_every_change(store: SqlStore) -> None:
    marks = {store.revision()}
    answers = [answered(store, number) for number in ("one", "two", "three")]
    assert store.revision() in marks, "nothing has been rated"
    for number, answer in enumerate(answers):
        store.rate(answer, Rating(number > 0, "Ann"))
        store.prefer(store.turn_of(answer), Preference("tie", reviewer=f"r{number}"))
        marks.add(store.revision())
    outside = answered(store, "four", item="")
    store.rate(outside, Rating(True, "Ann"))
    store.rate(answers[0], Rating(True, "Ann", note="changed, but no newer"))
    newest = store.newest_ratings(2)
    assert [one.answer_id for one in newest] == answers[1:]
    assert (newest[0].item, newest[0].model, newest[0].reviewer) == ("manual", "4B", "Ann")
    assert newest[0].case_key == case_key("manual", [Asked((), "two")])
    assert [one.acceptable for one in store.newest_ratings(9)] == [True, True, True]
    assert store.newest_ratings(9, RatingFilter(reviewers=("Ben",))) == []
    assert [vote.reviewer for vote in store.newest_votes(2)] == ["r1", "r2"]
    assert store.newest_votes(9) == list(store.votes())
    marks.add(store.revision())
    store.prefer(store.turn_of(answers[0]), Preference("none", reviewer="r0"))
    marks.add(store.revision())
    store.delete_conversation(store.newest_votes(1)[0].conversation_id)
    assert len(marks | {store.revision()}) == 7
