"""What checks said, counted by case and never mixed with people's ratings."""

from datetime import timedelta

import pytest

from comparer.records import Rating
from comparer.run_records import AutomaticScore, Place
from comparer.store import ALL_RATINGS, RatingFilter
from storage import SqlStore
from tests.storage.databases import an_answer
from tests.storage.run_samples import a_case, a_failed_answer, a_run, keep

Counted = dict[tuple[str, str], tuple[int, int, float]]


def score(value: float) -> AutomaticScore:
    return AutomaticScore(value, value == 1, "exact_same")


def counted(store: SqlStore, ratings: RatingFilter = ALL_RATINGS) -> Counted:
    counts = store.runs.automatic_counts(ratings)
    assert [(count.item, count.model) for count in counts] == sorted((count.item, count.model) for count in counts)
    assert all(count.spread is None for count in counts)
    return {(count.item, count.model): (count.cases, count.ratings, count.passed) for count in counts}


def test_a_case_is_the_mean_of_its_turns_and_repeats(store: SqlStore) -> None:
    run = a_run(store, a_case("a", "1?", "2?"), a_case("b"), a_case("c", item="fault"), repeats=2)
    for turn, repeat, value in ((0, 0, 1.0), (1, 0, 0.5), (0, 1, 1.0)):
        keep(store, run, Place("a", repeat, turn, "4B"), score(value))
    keep(store, run, Place("a", 1, 1, "4B"))  # no check
    keep(store, run, Place("b", 0, 0, "4B"), score(0.0))
    store.runs.keep(run, Place("b", 1, 0, "4B"), a_failed_answer("4B"), 1.0, None)
    keep(store, run, Place("b", 0, 0, "8B"), score(1.0))
    keep(store, run, Place("c", 0, 0, "8B"), score(0.25))
    assert counted(store) == {
        ("fault", "8B"): (1, 1, 0.25),
        ("manual", "4B"): (2, 4, pytest.approx(2.5 / 3)),
        ("manual", "8B"): (1, 1, 1.0),
    }


def test_the_same_case_of_two_runs_is_one_and_a_changed_one_another(store: SqlStore) -> None:
    pictures = [store.save_picture(content, 1, 1, ".webp") for content in (b"one", b"two")]
    same = a_case("a", "Which?", pictures=(pictures[0],))
    for case in (
        same,
        same,
        a_case("a", "What?", pictures=(pictures[0],)),
        a_case("a", "Which?", pictures=(pictures[1],)),
    ):
        keep(store, a_run(store, case), Place("a", 0, 0, "4B"), score(1.0))
    keep(store, a_run(store, same), Place("a", 0, 0, "4B"), score(0.0))
    assert counted(store) == {("manual", "4B"): (3, 5, pytest.approx(2 + 2 / 3))}
    keep(store, a_run(store, same, suite="another"), Place("a", 0, 0, "4B"), score(1.0))
    assert counted(store)["manual", "4B"][0] == 4


def test_key_cases_of_a_staged_run_count_once_their_item_was_asked_whole(store: SqlStore) -> None:
    cases = (a_case("a"), a_case("b"), a_case("k", key=True), a_case("f", item="fault", key=True))
    staged = a_run(store, *cases, plan="staged")
    keep(store, staged, Place("k", 0, 0, "4B"), score(0.0))
    keep(store, staged, Place("k", 0, 0, "8B"), score(0.0))
    keep(store, staged, Place("f", 0, 0, "8B"), score(1.0))  # its item has no other case
    keep(store, staged, Place("a", 0, 0, "4B"), score(1.0))
    assert counted(store) == {("manual", "4B"): (1, 1, 1.0), ("fault", "8B"): (1, 1, 1.0)}
    keep(store, staged, Place("b", 0, 0, "4B"), score(1.0))
    assert counted(store)["manual", "4B"] == (3, 3, 2.0)
    keep(store, a_run(store, *cases), Place("k", 0, 0, "8B"), score(1.0))  # a whole run leaves nothing out
    assert counted(store)["manual", "8B"] == (1, 1, 1.0)


def test_the_filter_holds_what_is_not_about_people(store: SqlStore) -> None:
    begun = store.runs.run(a_run(store)).created_at
    for lineup, precision, weights in (
        ("demo", "fp32", "small@1"),
        ("demo", "int8", "small@1"),
        ("q", "int8", "small@2"),
    ):
        run = a_run(store, a_case(f"{lineup}-{precision}"), lineup=lineup)
        answer = an_answer("4B", precision=precision, model_id=weights)
        store.runs.keep(run, Place(f"{lineup}-{precision}", 0, 0, "4B"), answer, 1.0, score(1.0))

    def cases(**ratings: object) -> int:
        return counted(store, RatingFilter(**ratings)).get(("manual", "4B"), (0, 0, 0.0))[0]  # type: ignore[arg-type]

    assert cases() == 3
    assert cases(lineup="demo") == cases(precision="int8") == cases(model_ids=("small@1",)) == 2
    assert cases(lineup="demo", precision="int8", model_ids=("small@1", "small@2")) == 1
    assert cases(model_ids=("small@3",)) == 0
    assert cases(since=begun, until=begun + timedelta(minutes=5)) == 3
    assert cases(since=begun + timedelta(minutes=5)) == cases(until=begun) == 0
    assert cases(reviewers=("nobody",), blind_only=True, without_conversation="x") == 3


def test_people_and_checks_are_counted_apart(store: SqlStore) -> None:
    run = a_run(store)
    answer = keep(store, run, Place("a", 0, 0, "4B"), score(0.0))
    keep(store, run, Place("b", 0, 0, "4B"), score(0.0))
    assert store.counts() == ()
    store.rate(answer, Rating(True, "Ann"))
    assert [(count.cases, count.ratings, count.passed) for count in store.counts()] == [(1, 1, 1.0)]
    assert counted(store) == {("manual", "4B"): (2, 2, 0.0)}
