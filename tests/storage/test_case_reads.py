"""The cases behind a field of the score table: worst first, page by page, and only what the filter holds."""

from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest

from comparer.errors import InputError
from comparer.records import Rating
from comparer.store import Conversation, RatedCase, RatingFilter
from storage import SqlStore, bench
from storage.database import connect, parse_url
from tests.storage.databases import Database, an_answer, answered, asked

TOMORROW = datetime.now(UTC) + timedelta(days=1)


def rate(store: SqlStore, question: str, *verdicts: bool, **options: object) -> str:
    """One case with an answer that reviewer 0, 1, ... judge so; returns the answer's id."""
    answer = answered(store, question, **options)  # type: ignore[arg-type]
    for number, acceptable in enumerate(verdicts):
        store.rate(answer, Rating(acceptable, f"reviewer {number}"))
    return answer


def all_cases(store: SqlStore, ratings: RatingFilter, limit: int) -> list[RatedCase]:
    cases: list[RatedCase] = []
    after = ""
    while True:
        page = store.cases("manual", "4B", ratings, after=after, limit=limit)
        assert len(page.cases) <= limit
        cases += page.cases
        after = page.next
        if not after:
            return cases


def test_the_worst_case_comes_first_in_pages_of_any_length(store: SqlStore) -> None:
    verdicts = {f"q{number}": [place < number % 4 for place in range(1 + number % 3)] for number in range(14)}
    for question, given in verdicts.items():
        rate(store, question, *given)
    rate(store, "elsewhere", False, item="fault")
    for ratings in (RatingFilter(lineup="demo"), RatingFilter(until=TOMORROW)):  # kept counts, and the ratings
        whole = all_cases(store, ratings, 50)
        rates = [case.accepted / case.ratings for case in whole]
        assert rates == sorted(rates) and rates[0] == 0 and rates[-1] == 1
        assert {c.question: (c.ratings, c.accepted) for c in whole} == {
            question: (len(given), sum(given)) for question, given in verdicts.items()
        }
        assert all_cases(store, ratings, 3) == all_cases(store, ratings, 1) == whole


def test_within_a_case_refusals_that_say_why_come_first(store: SqlStore) -> None:
    liked = rate(store, "same", True, True)
    refused = answered(store, "same")
    for rating in (
        Rating(True, "Ann"),
        Rating(False, "Ben"),
        Rating(False, "Cho", ("made_up",), "no such lamp", blind=True),
    ):
        store.rate(refused, rating)
    (case,) = store.cases("manual", "4B").cases
    assert [answer.id for answer in case.answers] == [refused, liked]
    assert (case.ratings, case.accepted) == (5, 3)
    told = [(given.rating.reviewer, given.rating.acceptable) for given in case.answers[0].ratings]
    assert told == [("Cho", False), ("Ben", False), ("Ann", True)]
    assert case.answers[0].ratings[0].rating.note == "no such lamp"
    assert case.answers[0].answer.text == "The red lamp."
    turn = store.conversation(case.answers[0].conversation_id).turns[0]
    assert turn.id == store.turn_of(refused)


def test_a_later_turn_says_which_one_it_is_and_shows_what_was_seen_until_then(store: SqlStore) -> None:
    first, second, later = (store.save_picture(bytes([n]) * 9, 3, 3, ".png") for n in range(3))
    conversation = store.begin(Conversation("demo", ("4B",), "manual"))
    for question, pictures in (("What?", [first, second]), ("And now?", []), ("And here?", [later])):
        turn = store.add_turn(conversation, question, pictures)
        store.rate(store.add_answer(turn, an_answer()), Rating(question != "And now?"))
    cases = store.cases("manual", "4B").cases
    assert (cases[0].question, cases[0].turn, cases[0].pictures) == ("And now?", 2, (first, second))
    assert {case.turn: case.pictures for case in cases[1:]} == {1: (first, second), 3: (first, second, later)}


def test_only_ratings_that_the_filter_holds_are_shown(store: SqlStore) -> None:
    hidden = answered(store, "blind one", blind=True)
    store.rate(hidden, Rating(False, "Ann", blind=True))
    for precision in ("fp32", "int8"):
        answer = store.add_answer(asked(store, "two precisions"), an_answer(precision=precision))
        store.rate(answer, Rating(precision == "fp32", "Ben"))
    names = {
        RatingFilter(blind_only=True): ["blind one"],
        RatingFilter(reviewers=("Ben",)): ["two precisions"],
        RatingFilter(reviewers=("Nobody",)): [],
        RatingFilter(since=TOMORROW): [],
        RatingFilter(lineup="another"): [],
        RatingFilter(): ["blind one", "two precisions"],
    }
    for ratings, questions in names.items():
        assert [case.question for case in store.cases("manual", "4B", ratings).cases] == questions, ratings
    (both,) = store.cases("manual", "4B", RatingFilter(reviewers=("Ben",))).cases
    (one,) = store.cases("manual", "4B", RatingFilter(precision="int8")).cases
    assert (len(both.answers), len(one.answers), one.accepted) == (2, 1, 0)
    assert store.precisions() == ("fp32", "int8")
    assert store.precisions(RatingFilter(lineup="another")) == ()
    store.delete_conversation(one.answers[0].conversation_id)
    assert store.precisions(RatingFilter(precision="int8")) == ("fp32",)


def test_a_left_out_conversation_takes_its_cases_with_it(store: SqlStore) -> None:
    """The same question asked elsewhere has the same answers, and there they would name the hidden models."""
    rate(store, "same", True)
    rate(store, "another", True)
    current = answered(store, "same", blind=True)
    store.rate(current, Rating(False, "Ann", blind=True))
    conversation = next(r.conversation_id for r in store.rated_answers() if r.answer_id == current)
    for ratings in (
        RatingFilter(without_conversation=conversation),
        RatingFilter(without_conversation=conversation, until=TOMORROW),
    ):
        assert [case.question for case in store.cases("manual", "4B", ratings).cases] == ["another"]


def test_a_cursor_of_something_else_is_refused(store: SqlStore) -> None:
    with pytest.raises(InputError) as refused:
        store.cases("manual", "4B", after="yesterday")
    assert "yesterday" in refused.value.sentence("en")


def test_a_page_is_read_from_the_kept_counts(sqlite: Database) -> None:
    """One page of one field among 30,000 ratings, wherever it begins: no more work than its own cases."""
    store = sqlite.open()
    engine = connect(parse_url(sqlite.url))
    bench.fill(engine, 30_000)
    engine.dispose()
    shown = RatingFilter(lineup=bench.LINEUP)
    start = perf_counter()
    page = store.cases("manual", "small", shown, limit=20)
    assert perf_counter() - start < 1
    assert len(page.cases) == 20 and page.next
    assert all(len(case.answers[0].ratings) == case.ratings == 20 for case in page.cases)
    after = store.cases("manual", "small", shown, after=page.next, limit=20)
    assert not {case.key for case in page.cases} & {case.key for case in after.cases}
