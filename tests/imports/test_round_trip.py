"""Ratings that are exported and imported elsewhere say there exactly what they said here, in CSV and in JSON."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from comparer.export import export
from comparer.fit.score_table import ScoreTable, score_table
from comparer.imports import read_ratings
from comparer.records import Answer, Failure, Metrics, Preference, Rating, Sampling, TestItem
from comparer.store import CastVote, Conversation
from comparer.transfer import ImportReport
from storage import SqlStore, open_store
from tests.storage.test_scores import assert_kept_counts_are_right

MODELS = ("4B", "8B")
FORMATS = ("csv", "json")
OWN_ITEM = TestItem("own-work", "=Own work", "'+自有业务", 0.65, weight=2.5, must_have=True)

WORDS = st.one_of(
    st.sampled_from(["=1+1", "'=1+1", "''@x", '-5 °C\r\n红灯, "on"', "\r", "\n x", "＝A1", "a;b; c", "", "\t"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30),
)
FIGURE = st.none() | st.floats(0, 1e9)
COUNT = st.none() | st.integers(0, 2**31 - 1)
ANSWERS = st.builds(
    Answer,
    model=st.sampled_from(MODELS),
    text=WORDS,
    stop_reason=st.sampled_from(["stop", "length"]),
    metrics=st.builds(
        Metrics,
        ttft_s=FIGURE,
        e2e_s=FIGURE,
        output_tokens=COUNT,
        peak_memory_bytes=st.none() | st.integers(0, 2**62),
        contended=st.booleans(),
    ),
    model_id=st.sampled_from(["small@1", "small@2", "-x"]),
    precision=st.sampled_from(["fp32", "nf4"]),
    device=st.sampled_from(["", "cuda:0"]),
    sampling=st.builds(Sampling, temperature=st.floats(0, 2), seed=st.integers(0, 2**62)),
    position=st.integers(0, 1),
    dropped_turns=st.integers(0, 3),
    failure=st.none() | st.builds(Failure, st.just("stalled"), st.just({"seconds": 3.5, "model": "'=8B"})),
)
RATINGS = st.lists(
    st.builds(
        Rating,
        acceptable=st.booleans(),
        reviewer=st.sampled_from(["", "Ann", "+Ben", "王芳"]),
        reasons=st.lists(st.sampled_from(["wrong", "a; b", "=x"]), max_size=2).map(tuple),
        note=WORDS,
        blind=st.booleans(),
    ),
    max_size=4,
)
TURNS = st.lists(
    st.tuples(
        st.sampled_from(["Which lamp is on?", "=HYPERLINK(1)", "'+1"]),
        st.sampled_from([(), (b"one",), (b"one", b"two")]),
        st.lists(st.tuples(ANSWERS, RATINGS), max_size=3),
        st.lists(st.tuples(st.sampled_from(["Ann", "+Ben", "Voter"]), st.integers(-2, 2)), max_size=2),
    ),
    min_size=1,
    max_size=3,
)
CONVERSATIONS = st.lists(
    st.tuples(
        st.sampled_from(["manual", "fault", "own-work", ""]),
        st.sampled_from(["demo", "=x"]),
        st.booleans(),
        st.booleans(),
        TURNS,
    ),
    max_size=4,
)


@cache
def empty_database() -> bytes:
    """Made once: bringing the tables up to date takes longer than all that an example does."""
    with tempfile.TemporaryDirectory(prefix="comparer-import-") as folder:
        open_store(Path(folder)).close()
        return (Path(folder) / "comparer.db").read_bytes()


@contextmanager
def a_store() -> Iterator[SqlStore]:
    """Each example has files of its own."""
    with tempfile.TemporaryDirectory(prefix="comparer-import-") as folder:
        (Path(folder) / "comparer.db").write_bytes(empty_database())
        store = open_store(Path(folder))
        try:
            yield store
        finally:
            store.close()


def fill(store: SqlStore, conversations: Sequence[tuple[object, ...]]) -> None:
    store.add_item(OWN_ITEM)
    store.set_threshold("manual", 0.9)
    for item, lineup, blind, revealed, turns in conversations:
        conversation = store.begin(Conversation(lineup, MODELS, item, blind, "+Ben"))  # type: ignore[arg-type]
        for question, contents, answers, votes in turns:  # type: ignore[attr-defined]
            pictures = [store.save_picture(content, 1, 1, ".webp") for content in contents]
            turn = store.add_turn(conversation, question, pictures)
            made = [(store.add_answer(turn, answer), ratings) for answer, ratings in answers]
            for answer, ratings in made:
                for rating in ratings:
                    store.rate(answer, rating)
            for reviewer, choice in votes:
                cast = Preference("tie", "", reviewer) if choice < 0 else Preference("none", "", reviewer)
                if 0 <= choice < len(made):
                    cast = Preference("answer", made[choice][0], reviewer, blind=True)
                store.prefer(turn, cast)
        if revealed:
            store.reveal(conversation)


def carry(there: SqlStore, here: SqlStore, format_name: str) -> ImportReport:
    """Export there, import here."""
    with tempfile.TemporaryDirectory(prefix="comparer-carry-") as folder:
        file = export(format_name, there, models=MODELS, destination=Path(folder))
        return here.import_ratings(read_ratings(file))


def table(store: SqlStore, *, rated_only: bool) -> ScoreTable:
    counts = store.counts()
    rated = {count.item for count in counts}
    items = [item for item in store.items() if not rated_only or item.key in rated]
    return score_table(items, MODELS, counts)


def votes_with_a_rating(store: SqlStore) -> list[CastVote]:
    """The votes that a CSV, which is a table of ratings, can hold: of those who rated something in that turn."""
    rated = {(row.turn_id, row.rating.reviewer) for row in store.rated_answers()}
    return [vote for vote in store.votes() if (vote.turn_id, vote.reviewer) in rated]


@hypothesis_settings(max_examples=8)
@given(CONVERSATIONS)
def test_a_json_brings_everything(conversations: list[tuple[object, ...]]) -> None:
    with a_store() as there, a_store() as here, a_store() as back:
        fill(there, conversations)
        report = carry(there, here, "json")
        assert (report.ratings_new, report.votes_new) == (len(list(there.rated_answers())), len(list(there.votes())))
        carry(here, back, "json")
        for arrived in (here, back):
            assert list(arrived.rated_answers()) == list(there.rated_answers())
            assert list(arrived.carried_votes()) == list(there.carried_votes())
            assert list(arrived.votes()) == list(there.votes())
            assert arrived.items(include_archived=True) == there.items(include_archived=True)
            assert arrived.counts() == there.counts()
            assert table(arrived, rated_only=False) == table(there, rated_only=False)
            assert arrived.reviewers() == there.reviewers()
            assert_kept_counts_are_right(arrived, [])


@hypothesis_settings(max_examples=8)
@given(CONVERSATIONS)
def test_a_csv_brings_every_rating(conversations: list[tuple[object, ...]]) -> None:
    with a_store() as there, a_store() as here, a_store() as back:
        fill(there, conversations)
        report = carry(there, here, "csv")
        assert report.ratings_new == len(list(there.rated_answers()))
        carry(here, back, "csv")
        for arrived in (here, back):
            assert list(arrived.rated_answers()) == list(there.rated_answers())
            assert list(arrived.votes()) == votes_with_a_rating(there)
            assert arrived.counts() == there.counts()
            assert table(arrived, rated_only=True) == table(there, rated_only=True)
            assert_kept_counts_are_right(arrived, [])


@pytest.mark.parametrize("format_name", FORMATS)
@hypothesis_settings(max_examples=4)
@given(conversations=CONVERSATIONS)
def test_importing_again_or_at_home_changes_nothing(
    format_name: str, conversations: list[tuple[object, ...]]
) -> None:
    with a_store() as there, a_store() as here:
        fill(there, conversations)
        first = carry(there, here, format_name)
        for store in (here, there):
            before = content(store)
            again = carry(there, store, format_name)
            assert content(store) == before
            assert (again.ratings_unchanged, again.votes_unchanged) == (first.ratings, first.votes)
            assert (again.ratings, again.votes, again.conversations_new) == (first.ratings, first.votes, 0)


def content(store: SqlStore) -> dict[str, list[object]]:
    """Every row of every table."""
    with store._reader.connect() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        return {
            name: sorted(map(repr, connection.exec_driver_sql(f'SELECT * FROM "{name}"').all())) for name in names
        }


def test_the_json_names_its_form(tmp_path: Path) -> None:
    with a_store() as store:
        fill(store, [])
        written = json.loads(export("json", store, models=MODELS, destination=tmp_path).read_text("utf-8"))
    assert written["version"] == 1
    assert [defined["item"]["key"] for defined in written["items"]] == ["manual", "fault", "service", "own-work"]
