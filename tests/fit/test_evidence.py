"""From ratings and votes in a real database to what is said of them, and what is not."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from comparer.fit.evidence import Evidence, evidence
from comparer.fit.finding import Column, Estimate, Finding, shown
from comparer.fit.findings import STATISTICS, findings, what_was_used
from comparer.fit.reading import EvidenceReader, read_evidence
from comparer.records import Answer, Metrics, Preference, Rating
from comparer.store import ALL_RATINGS, CastVote, Conversation, GivenRating, RatingFilter, Store
from comparer.texts import LANGUAGES, text

MODELS = ("S", "M", "L")
LABELS = {"S": "Small", "M": "Medium", "L": "Large"}


def asked(
    store: Store, question: str, *, order: Sequence[str] = MODELS, item: str = "fault", blind: bool = False
) -> str:
    return store.add_turn(store.begin(Conversation("demo", tuple(order), item, blind=blind)), question, [])


def answered(store: Store, turn: str, model: str) -> str:
    return store.add_answer(turn, Answer(model, "x", "stop", Metrics(e2e_s=1.0)))


def judged(store: Store, said: dict[str, str], *, item: str = "fault") -> None:
    """One case for each letter: reviewer -> "y" or "n" on model S, "-" for no rating."""
    for number in range(len(next(iter(said.values())))):
        answer = answered(store, asked(store, str(number), item=item), "S")
        for reviewer, letters in said.items():
            if letters[number] != "-":
                store.rate(answer, Rating(letters[number] == "y", reviewer))


def told(found: Evidence, language: str = "en") -> dict[str, Finding]:
    return {one.key: one for one in findings(found, language, LABELS)}  # type: ignore[arg-type]


def read(store: Store, ratings: RatingFilter = ALL_RATINGS) -> Evidence:
    return read_evidence(store, MODELS, ratings)


# --- too little data ---


@pytest.mark.parametrize("language", LANGUAGES)
def test_too_little_data_is_a_sentence_and_what_it_takes(store: Store, language: str) -> None:
    nothing = told(read(store), language)
    assert tuple(nothing) == STATISTICS
    for one in nothing.values():
        assert one.rows == () and len(one.says) == 1 and one.takes and one.method
        assert not re.search(r"nan|None|inf\b", " ".join((*one.says, one.takes)))
    judged(store, {"Ann": "yn"})
    alone = told(read(store), language)
    assert alone["agreement"].says == (text("sure.twice_none", language),)  # type: ignore[arg-type]
    assert alone["paired"].rows == ()


def test_one_rating_and_one_vote_make_no_figures_up(store: Store) -> None:
    turn = asked(store, "?", blind=True)
    answers = [answered(store, turn, model) for model in MODELS]
    for answer in answers[:2]:
        store.rate(answer, Rating(True, "Ann", blind=True))
    store.prefer(turn, Preference("answer", answers[0], "Ann", blind=True))
    found = told(read(store))
    assert found["paired"].says == (text("sure.paired_open"),)
    assert found["preference"].says[0] == text("sure.preference_open")
    assert [row[-1] for row in found["preference"].rows] == [text("sure.rank_hidden")] * 3
    assert found["places"].says[0].startswith("No sign")
    for one in found.values():
        for row in one.rows:
            for value, column in zip(row, one.columns, strict=True):
                assert shown(value, column) and "nan" not in shown(value, column)


# --- reviewers ---


def test_two_reviewers_who_agree(store: Store) -> None:
    judged(store, {"Ann": "yynyynynynyy", "Ben": "yynyynynynyy"})
    found = read(store)
    assert found.agreement.alpha == 1
    assert told(found)["agreement"].says == (text("sure.agreement_reliable"),)
    assert told(found)["agreement"].takes == ""
    assert told(found)["strictness"].says == (text("sure.strictness_open"),)


def test_two_reviewers_who_disagree(store: Store) -> None:
    judged(store, {"Ann": "ynynynynynyn", "Ben": "nynynynynyny"})
    found = read(store)
    assert found.agreement.high is not None and found.agreement.high < 0
    assert told(found)["agreement"].says == (text("sure.agreement_low"),)
    assert told(found)["agreement"].takes == text("sure.agreement_low_takes")


def test_a_strict_reviewer_is_found(store: Store) -> None:
    judged(store, {"Ann": "y" * 14 + "nn", "Ben": "y" * 14 + "nn", "<b>Kai": "n" * 16})
    one = told(read(store))["strictness"]
    assert one.says[0] == text("sure.strictness_stricter_names", names="<b>Kai")
    assert one.rows[0][0] == "<b>Kai" and one.rows[0][-1] == "stricter"
    assert one.rows[0][1] == pytest.approx(Estimate(*read(store).strictness["<b>Kai"].difference))
    assert one.says[1] == text("sure.strictness_milder_names", names="Ann, Ben"), "beside a strict one"


# --- votes ---


def voted(store: Store, places: str, *, blind: bool) -> None:
    """One vote a letter, for the column l(eft), m(iddle) or r(ight); columns in every order in turn."""
    orders = (("S", "M", "L"), ("M", "L", "S"), ("L", "S", "M"))
    for number, letter in enumerate(places):
        order = orders[number % 3] if blind else MODELS
        turn = asked(store, str(number), order=order, blind=blind)
        chosen = answered(store, turn, order["lmr".index(letter)])
        store.prefer(turn, Preference("answer", chosen, "Ann", blind=blind))


def test_a_habit_of_voting_left_is_found(store: Store) -> None:
    voted(store, "llllllmlllrlll", blind=True)
    one = told(read(store))["places"]
    assert one.says[0].startswith("The place on the screen matters") and "left" in one.says[0]
    assert [row[:2] for row in one.rows] == [("left", 12), ("middle", 1), ("right", 1)]
    assert told(read(store))["preference"].says[0] == text("sure.preference_open"), "each model was left as often"


def test_open_votes_say_nothing_on_places(store: Store) -> None:
    """There the models always stand in the same order: the best one standing right is no habit."""
    voted(store, "r" * 14, blind=False)
    assert told(read(store))["places"].says == (text("sure.places_none"),)
    assert told(read(store))["preference"].says[0] == text("sure.preference_first", model="Large")


# --- models ---


def given(case: int, model: str, acceptable: bool, *, blind: bool = False, reviewer: str = "Ann") -> GivenRating:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    key = f"{case}{model}"
    return GivenRating("fault", model, str(case), key, reviewer, acceptable, blind, at, 1.0, False, "stop")


def compared(ahead: int, behind: int, same: int = 12) -> Evidence:
    """Large against Small on `ahead` + `behind` + `same` cases."""
    large = [True] * ahead + [False] * behind + [True] * same
    small = [False] * ahead + [True] * behind + [True] * same
    ratings = [given(case, "L", good) for case, good in enumerate(large)]
    ratings += [given(case, "S", good) for case, good in enumerate(small)]
    return evidence(["fault"], MODELS, ratings, [], limit=1_000)


def test_better_is_said_only_when_it_holds_however_often_one_looks() -> None:
    soon = next(pair for pair in compared(9, 1).pairs if pair.comparison)
    assert soon.comparison is not None and soon.comparison.verdict == "better"
    one = told(compared(9, 1))["paired"]
    assert one.says == (text("sure.paired_open"),)
    assert one.rows[0][-1] == f"about {soon.comparison.more_cases}"
    shown_now = told(compared(15, 1))["paired"]
    assert shown_now.says[0].startswith("Large is better than Small") and shown_now.takes == ""
    assert shown_now.rows[0][-1] == "shown"
    assert told(compared(1, 15))["paired"].says[0].startswith("Large is worse than Small, though larger")


def test_as_many_more_cases_as_it_says_show_the_difference() -> None:
    """Twice nine to one is shown; what is said to be needed lies between."""
    pair = next(pair for pair in compared(9, 1).pairs if pair.comparison)
    assert pair.comparison is not None and pair.comparison.more_cases is not None
    assert 0 < pair.comparison.more_cases <= pair.comparison.cases
    assert compared(18, 2, same=24).pairs[-1].comparison.holds_under_looking  # type: ignore[union-attr]
    alike = told(compared(0, 0))["paired"]
    assert alike.rows[0][-1] == text("sure.more_cases_far")
    assert shown(alike.rows[0][5], alike.columns[5]) == "–"


def test_knowing_the_name_can_change_the_verdict() -> None:
    ratings = [given(case, "S", case % 4 == 0, blind=True) for case in range(24)]
    ratings += [given(case, "S", case % 8 != 0, reviewer="Ben") for case in range(24)]
    one = told(evidence(["fault"], MODELS, ratings, [], limit=1_000))["blinding"]
    assert one.says[0].startswith("Answers are accepted more often when the model's name is in sight")
    assert one.rows[0][:5] == ("Small", 0.25, 24, 0.875, 24)
    assert one.rows[1][1:] == (None, 0, None, 0, None)


# --- what is counted ---


def test_only_what_the_table_counts_is_used(store: Store) -> None:
    judged(store, {"Ann": "yn"}, item="")
    judged(store, {"Ann": "y"}, item="manual")
    other = answered(store, asked(store, "?"), "another model")
    store.rate(other, Rating(True, "Ann"))
    assert [one.item for one in read(store).given] == ["manual"]
    assert read(store, RatingFilter(reviewers=("Ben",))).given == []


def test_beyond_the_limit_the_newest_are_used_and_it_is_said(store: Store) -> None:
    judged(store, {"Ann": "yyn", "Ben": "yyn"})
    some = read_evidence(store, MODELS, ALL_RATINGS, limit=2)
    assert [(one.reviewer, one.acceptable) for one in some.given] == [("Ann", False), ("Ben", False)]
    assert some.older_ratings and not some.older_votes
    assert "only the newest 2 are used" in " ".join(what_was_used(some, "en"))
    assert len(what_was_used(read(store), "en")) == 1
    assert not read_evidence(store, MODELS, ALL_RATINGS, limit=6).older_ratings


def test_a_vote_for_a_model_that_is_gone_is_left_out() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    votes = [
        CastVote("t", "c", "k", "fault", "demo", order, choice, "Ann", True, at)
        for order, choice in ((("S", "M"), "L"), (("S", "XXL"), "S"), (("S", "M"), "S"))
    ]
    assert [vote.choice for vote in evidence(["fault"], MODELS, [], votes, limit=9).votes] == ["S"]


def test_evidence_is_kept_until_something_changes(store: Store) -> None:
    judged(store, {"Ann": "y"})
    reader = EvidenceReader(store, MODELS)
    first = reader.read(ALL_RATINGS)
    assert reader.read(ALL_RATINGS) is first
    assert reader.read(RatingFilter(blind_only=True)) is not first
    turn = asked(store, "two")
    answer = answered(store, turn, "M")
    assert reader.read(ALL_RATINGS) is first, "nothing has been rated"
    for change in (
        lambda: store.rate(answer, Rating(True, "Ann")),
        lambda: store.rate(answer, Rating(False, "Ann")),
        lambda: store.prefer(turn, Preference("tie", reviewer="Ann")),
        lambda: store.prefer(turn, Preference("none", reviewer="Ann")),
        lambda: store.delete_conversation(next(iter(store.search().conversations)).id),
    ):
        before = reader.read(ALL_RATINGS)
        change()
        assert reader.read(ALL_RATINGS) is not before


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (1234, "count", "1,234"),
        (0.254, "share", "25%"),
        (-0.254, "points", "−25%"),
        (0.001, "points", "0%"),
        (0.0004, "p_value", "< 0.001"),
        (0.0444, "p_value", "0.044"),
        (None, "share", "–"),
        ("Ann", "text", "Ann"),
        (Estimate(4.0, 1.25, float("inf")), "ratio", "4.00 (1.25 – ∞)"),
        (Estimate(-0.5, None, None), "alpha", "−0.50"),
        (Estimate(None, None, None), "share", "–"),
    ],
)
def test_values_are_written_by_their_kind(value: object, kind: str, expected: str) -> None:
    assert shown(value, Column("", kind)) == expected  # type: ignore[arg-type]
