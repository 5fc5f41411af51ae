"""The counts that are kept equal the counts over all ratings, whatever was done to the ratings before."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import event

from comparer.errors import InputError
from comparer.records import CellCount, Rating
from comparer.store import Conversation, RatingFilter
from storage import SqlStore, open_store, queries
from tests.storage.databases import POSTGRES, Database, an_answer, answered, asked

REVIEWERS = ("Ann", "Ben", "Cho", "Dee")
ITEMS = ("manual", "fault", "")
LINEUPS = ("demo", "qwen3-vl")
QUESTIONS = ("Which lamp is on?", "Is it hot?")
WEIGHTS = ("small@1", "small@2")
PRECISIONS = ("fp32", "int8")


@dataclass
class Ratings:
    """A store, and what may be done to the ratings in it by the numbers that hypothesis draws."""

    store: SqlStore
    conversations: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    reviewers: Sequence[str] = REVIEWERS

    def begin(self, number: int) -> None:
        combinations = list(product(ITEMS, LINEUPS, QUESTIONS, (True, False)))
        item, lineup, question, blind = combinations[number % len(combinations)]
        conversation = self.store.begin(Conversation(lineup, ("4B", "8B"), item, blind))
        self.conversations.append(conversation)
        for asked_question in (question, "And then?")[: 1 + number % 2]:
            turn = self.store.add_turn(conversation, asked_question, [])
            for model, place in (("4B", number), ("8B", number // 2)):
                weights, precision = WEIGHTS[place % 2], PRECISIONS[place // 2 % 2]
                answer = an_answer(model, model_id=weights, precision=precision)
                self.answers.append(self.store.add_answer(turn, answer))

    def rate(self, number: int, acceptable: bool) -> None:
        if not self.answers:
            return
        reviewer = self.reviewers[number // len(self.answers) % len(self.reviewers)]
        self.store.rate(self.answers[number % len(self.answers)], Rating(acceptable, reviewer, blind=True))

    def reveal(self, number: int) -> None:
        if self.conversations:
            self.store.reveal(self.conversations[number % len(self.conversations)])

    def delete(self, number: int) -> None:
        if self.conversations:
            conversation = self.conversations.pop(number % len(self.conversations))
            turns = self.store.conversation(conversation).turns
            gone = {answer.id for turn in turns for answer in turn.answers}
            self.answers = [answer for answer in self.answers if answer not in gone]
            self.store.delete_conversation(conversation)


STEPS = st.one_of(
    st.tuples(st.just("begin"), st.integers(0, 47)),
    *[st.tuples(st.just("rate"), st.integers(0, 200), st.booleans())] * 4,
    st.tuples(st.just("reveal"), st.integers(0, 20)),
    st.tuples(st.just("delete"), st.integers(0, 20)),
)


def over_all_ratings(store: SqlStore, ratings: RatingFilter) -> tuple[CellCount, ...]:
    with store._reading() as session:
        return queries.cell_counts(session, ratings)


def assert_kept_counts_are_right(store: SqlStore, conversations: Sequence[str]) -> None:
    first, second, *_ = (*conversations, "", "none")
    for ratings in (
        RatingFilter(),
        RatingFilter(blind_only=True),
        RatingFilter(lineup="demo"),
        RatingFilter(precision="int8"),
        RatingFilter(model_ids=WEIGHTS[:1]),
        RatingFilter(lineup="demo", model_ids=WEIGHTS, without_conversation=first),
        RatingFilter(lineup="demo", precision="fp32", model_ids=WEIGHTS[1:], without_conversation=second),
        RatingFilter(without_conversation=first),
        RatingFilter(without_conversation=second, blind_only=True),
        RatingFilter(precision="int8", without_conversation="none", blind_only=True),
        RatingFilter(without_hidden=True),
        RatingFilter(lineup="demo", without_conversation=first, without_hidden=True),
    ):
        kept, summed = store.counts(ratings), over_all_ratings(store, ratings)
        assert [(c.item, c.model, c.cases, c.ratings) for c in kept] == [
            (c.item, c.model, c.cases, c.ratings) for c in summed
        ], ratings
        assert [c.passed for c in kept] == pytest.approx([c.passed for c in summed], abs=1e-9), ratings
        assert [c.spread for c in kept] == [c.spread for c in summed], ratings
        assert all(0 <= c.passed <= c.cases for c in kept), ratings


def follow(store: SqlStore, steps: Sequence[tuple[str, ...]]) -> None:
    ratings = Ratings(store)
    for number in (0, 1, 6, 30):
        ratings.begin(number)
    for name, *arguments in steps:
        getattr(ratings, name)(*arguments)
    assert_kept_counts_are_right(store, ratings.conversations)


@contextmanager
def a_store() -> Iterator[SqlStore]:
    """Each example has a file of its own."""
    with tempfile.TemporaryDirectory(prefix="comparer-scores-") as folder:
        store = open_store(Path(folder))
        try:
            yield store
        finally:
            store.close()


@hypothesis_settings(max_examples=12)
@given(st.lists(STEPS, min_size=10, max_size=40))
def test_kept_counts_equal_those_over_all_ratings(steps: list[tuple[str, ...]]) -> None:
    with a_store() as store:
        follow(store, steps)


@pytest.mark.skipif(POSTGRES is None, reason="no PostgreSQL here")
def test_kept_counts_equal_those_over_all_ratings_on_postgresql(make_database: Callable[[str], Database]) -> None:
    steps = [("begin", str(n)) for n in range(5, 15)]
    numbered: list[tuple[str, ...]] = [(name, int(n)) for name, n in steps]  # type: ignore[misc]
    numbered += [("rate", n * 7, n % 3 > 0) for n in range(60)]  # type: ignore[misc]
    numbered += [("reveal", 2), ("rate", 12, True), ("rate", 12, False), ("delete", 3), ("rate", 5, True)]  # type: ignore[list-item]
    follow(make_database("postgresql").open(), numbered)


def test_a_case_under_two_precisions_counts_once_where_both_are_asked_for(store: SqlStore) -> None:
    for precision, acceptable in (("fp32", True), ("int8", False)):
        answer = store.add_answer(asked(store, "same"), an_answer(precision=precision))
        store.rate(answer, Rating(acceptable))
    assert store.counts() == (CellCount("manual", "4B", 1, 2, 0.5),)
    assert store.counts(RatingFilter(precision="int8")) == (CellCount("manual", "4B", 1, 1, 0.0),)


def test_a_table_without_certain_days_or_reviewers_reads_no_ratings(sqlite: Database) -> None:
    store = sqlite.open()
    store.rate(answered(store), Rating(True))
    asked_for: list[str] = []
    event.listen(store._reader, "before_cursor_execute", lambda *call: asked_for.append(call[2]))
    assert store.counts(RatingFilter(lineup="demo", model_ids=("",), blind_only=False))
    assert asked_for
    assert not any(" ratings" in statement.replace("_ratings", "") for statement in asked_for), asked_for


def test_many_who_rate_one_case_at_once_are_all_counted(shared_database: Database) -> None:
    stores = [shared_database.open() for _ in range(3)]  # as if three programs served the page
    answers = [answered(stores[0], "same", blind=True) for _ in range(4)]

    def rate(number: int) -> None:
        for answer in answers[number % 2 :]:
            stores[number % 3].rate(answer, Rating(number % 3 == 0, f"reviewer {number % 6}", blind=True))

    with ThreadPoolExecutor(8) as reviewers:
        list(reviewers.map(rate, range(24)))
    assert_kept_counts_are_right(stores[0], [])
    assert stores[0].counts()[0].ratings == 21  # 4 answers by 3 reviewers, 3 by the others


def test_two_programs_that_rate_the_same_case_lose_nothing(shared_database: Database) -> None:
    store = shared_database.open()
    answers = [answered(store, "same") for _ in range(2)]
    code = (
        "import sys; from pathlib import Path; from comparer.records import Rating; from storage import open_store\n"
        "folder, url, name, *answers = sys.argv[1:]\n"
        "store = open_store(Path(folder), url)\n"
        "for n in range(60): store.rate(answers[n % 2], Rating(n % 3 > 0, f'{name} {n % 20}'))\n"
    )
    command = [sys.executable, "-c", code, str(shared_database.data_dir), shared_database.url]
    root = Path(__file__).parents[2]
    programs = [subprocess.Popen([*command, name, *answers], cwd=root) for name in ("one", "two")]
    assert [program.wait(120) for program in programs] == [0, 0]
    assert_kept_counts_are_right(store, [])
    assert store.counts()[0].ratings == 40


def test_the_score_is_exact_after_very_many_changes(sqlite: Database) -> None:
    store = sqlite.open()
    answers = [answered(store, f"question {number}") for number in range(3)]
    for answer in answers:
        for reviewer in range(7):
            for acceptable in (False, True, False, True):
                store.rate(answer, Rating(acceptable, f"reviewer {reviewer}"))
    assert store.counts() == (CellCount("manual", "4B", 3, 21, 3.0),)


def test_a_rating_that_fails_is_not_counted(shared_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    store = shared_database.open()
    answer = answered(store)

    def fail(*_: object) -> None:
        raise InputError("unknown_answer", answer="in the middle")

    monkeypatch.setattr("storage.scores.add_amounts", fail)
    with pytest.raises(InputError):
        store.rate(answer, Rating(True))
    monkeypatch.undo()
    assert store.counts() == ()
    assert list(store.rated_answers()) == []
