"""The filter of the Business fit tab: what it asks of the ratings, and how it is told."""

from datetime import UTC, date, datetime

import pytest

from comparer.engines.scripted_engine import Script
from comparer.errors import InputError
from comparer.settings import Settings
from comparer.ui.context import Context
from comparer.ui.fit_filter import EVERYTHING, FitFilter, chips_html, days_html
from tests.conftest import MakeDialogue


@pytest.fixture
def context(make_dialogue: MakeDialogue) -> Context:
    dialogue = make_dialogue(Script(), Script())
    return Context(Settings(), dialogue.lineup, dialogue, dialogue.store)


def test_without_a_filter_it_is_this_lineup_alone(context: Context) -> None:
    assert EVERYTHING.ratings(context) == context.ratings()
    assert EVERYTHING.ratings(context, "hidden").without_conversation == "hidden"


def test_days_are_whole_and_both_are_included(context: Context) -> None:
    shown = FitFilter("", "int8", ("Ann", ""), blind_only=True).within("2026-01-10", " 2026-01-11 ")
    ratings = shown.ratings(context)
    assert (ratings.since, ratings.until) == (
        datetime(2026, 1, 10, tzinfo=UTC),
        datetime(2026, 1, 12, tzinfo=UTC),
    )
    assert (ratings.precision, ratings.reviewers, ratings.blind_only) == ("int8", ("Ann", ""), True)
    assert shown.within("", "").ratings(context).since is None
    assert shown.within("2026-01-10", "2026-01-10").until == date(2026, 1, 10)


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        ("yesterday", "", "date_unusable"),
        ("", "2026-02-30", "date_unusable"),
        ("", "9999-12-31", "date_unusable"),
        ("31/12/2026", "", "date_unusable"),
        ("2026-02-02", "2026-02-01", "dates_reversed"),
    ],
)
def test_days_that_cannot_be_meant_are_refused(since: str, until: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        EVERYTHING.within(since, until)
    assert refused.value.code == code
    assert (since if code == "dates_reversed" else since or until) in refused.value.sentence("zh")


def test_the_line_names_every_filter_and_nothing_else() -> None:
    assert chips_html(EVERYTHING, "en") == ""
    shown = FitFilter("demo", "int8", ("<Ann>", ""), date(2026, 1, 10), None, True)
    told = chips_html(shown, "en")
    assert told.count("class='chip'") == 5
    assert "&lt;Ann&gt;, (no name)" in told and "2026-01-10" in told and "int8" in told
    assert "（未署名）" in chips_html(shown, "zh")


def test_the_date_fields_hold_what_is_filtered() -> None:
    shown = days_html(FitFilter(since=date(2026, 1, 10)), "en")
    assert "name='since' value='2026-01-10'" in shown and "name='until' value=''" in shown
