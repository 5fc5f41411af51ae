"""The panel "Compare runs" without a browser; words that differ; addresses."""

import csv
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from comparer.records import Metrics, Rating
from comparer.ui.comparison_handlers import ComparisonHandlers
from comparer.ui.comparison_panel import build_comparison_panel
from comparer.ui.i18n import Localizer, Updates
from comparer.ui.view_address import (
    ComparisonLooking,
    DriftLooking,
    SideChoice,
    comparison_address,
    drift_address,
    plain_address,
    read_comparison,
    read_drift,
    within,
)
from comparer.ui.word_difference import marked
from storage import SqlStore
from tests.ui.view_samples import a_context, a_picture, of_precisions, of_sizes, short_run

GIB = 1024**3
FIGURES = {
    "8B-nf4": Metrics(e2e_s=1.5, tokens_per_s=40.0, weights_bytes=6 * GIB),
    "8B-int8": Metrics(e2e_s=4.0, weights_bytes=9 * GIB, contended=True),
    "8B-bf16": Metrics(e2e_s=1.0, tokens_per_s=50.0, weights_bytes=16 * GIB),
}
CASES = 24
BEST = [("The red lamp.", True)] * CASES
WORSE = [("The blue lamp.", False)] * 12 + [("The red lamp!", True)] + [("The red lamp.", True)] * 11


class Page:
    def __init__(self, store: SqlStore, tmp_path: Path) -> None:
        self.context = a_context(store, tmp_path)
        with gr.Blocks():
            self.panel = build_comparison_panel(Localizer())
        self.handlers = ComparisonHandlers(self.context, self.panel)
        self.looking = ComparisonLooking()

    def did(self, updates: Updates) -> Updates:
        self.looking = updates[self.panel.looking]
        return updates

    def show(self, wanted: str = "", language: Any = "en") -> Updates:
        return self.did(self.handlers.show(self.looking, language, wanted))

    def changed(self, updates: Updates) -> list[tuple[str, str]]:
        return re.findall(r"<li class='change (\w+)' data-case='(.*?)'", updates[self.panel.changes])


@pytest.fixture
def page(store: SqlStore, tmp_path: Path) -> Page:
    return Page(store, tmp_path)


def a_quantised_run(store: SqlStore, tmp_path: Path) -> str:
    answers = {"8B-nf4": WORSE, "8B-int8": BEST, "8B-bf16": BEST}
    return short_run(store, of_precisions(), answers, a_picture(store, tmp_path), FIGURES, lineup="8b-precisions")


def test_precisions_of_one_model_stand_beside_the_largest_by_themselves(
    page: Page, store: SqlStore, tmp_path: Path
) -> None:
    run = a_quantised_run(store, tmp_path)
    short_run(store, of_sizes(), {"S": BEST[:2], "M": BEST[:2], "L": BEST[:2]})
    updates = page.show()
    assert page.looking.reference == SideChoice(run, "8B-bf16")
    assert page.looking.candidates == (SideChoice(run, "8B-int8"), SideChoice(run, "8B-nf4"))
    head = updates[page.panel.head]
    assert "8B · nf4 passes 50.0 percentage points less than 8B · bf16" in head and "p &lt; 0.001" in head
    assert "No difference shown between 8B · int8 and 8B · bf16 on 24 common cases" in head
    assert "p-values are adjusted for 2 comparisons" in head
    assert "Worse: 12 · better: 0 · same score in other words: 1 · unchanged: 11." in head
    # What it saves stands beside what it costs; the contended time of int8 counts as not measured.
    assert "−50.0<small>−6" in head and "6.0 GiB<small>−62%</small>" in head
    assert "1.50 s<small>+50% · n = 24</small>" in head
    assert "9.0 GiB<small>−44%</small></td><td>–</td>" in head


def test_only_what_changed_is_listed_regressions_first(page: Page, store: SqlStore, tmp_path: Path) -> None:
    run = a_quantised_run(store, tmp_path)
    page.show(run)
    updates = page.did(page.handlers.filter(f"{run}:8B-nf4", "", page.looking, "en"))
    assert page.changed(updates) == [("regression", f"lamp-{number:02}") for number in range(10)]
    assert "Changes 1 – 10 of 13" in updates[page.panel.count]
    shown = updates[page.panel.changes]
    assert "class='thumb' src='data:image/webp" in shown and "100% → 0%" in shown
    assert "only here: </span>blue<span" in shown and "only here: </span>red<span" in shown
    assert "Check failed: “red” does not stand in the answer." in shown
    updates = page.did(page.handlers.turn(1, page.looking, "en"))
    assert page.changed(updates)[-2:] == [("regression", "lamp-11"), ("other_words", "lamp-12")]
    assert updates[page.panel.after]["interactive"] is False
    updates = page.did(page.handlers.filter(f"{run}:8B-nf4", "other_words", page.looking, "en"))
    assert page.changed(updates) == [("other_words", "lamp-12")]
    updates = page.did(page.handlers.filter(f"{run}:8B-int8", "improvement", page.looking, "en"))
    assert updates[page.panel.changes] == "" and "No such change" in updates[page.panel.count]


def test_two_runs_of_different_lineups(page: Page, store: SqlStore, warnings: list[str]) -> None:
    old = short_run(store, of_sizes()[:1], {"S": WORSE}, lineup="before")
    other_suite = short_run(store, of_sizes()[:1], {"S": BEST}, suite="cars", title_en="Cars")
    new = short_run(store, of_sizes()[:1], {"S": BEST}, lineup="after")
    updates = page.show()
    assert (page.looking.reference, page.looking.candidates) == (SideChoice(old, "S"), (SideChoice(new, "S"),))
    assert "percentage points more than Small · bf16 · before" in updates[page.panel.head]
    assert [value for _, value in updates[page.panel.candidates]["choices"]] == [f"{new}:S"]
    updates = page.did(page.handlers.choose(f"{other_suite}:S", [f"{new}:S"], "checks", page.looking, "en"))
    assert page.looking.candidates == () and "Choose what to put beside the reference" in updates[page.panel.head]
    assert warnings == []


def test_people_judge_apart_from_checks(page: Page, store: SqlStore) -> None:
    run = short_run(store, of_sizes()[:2], {"S": WORSE[:2], "M": BEST[:2]})
    for answer in store.runs.answers(run):
        store.rate(answer.answer_id, Rating(True, "Bea"))
    page.show()
    updates = page.did(page.handlers.choose(f"{run}:M", [f"{run}:S"], "people", page.looking, "en"))
    assert "Judged by people, not by automatic checks." in updates[page.panel.head]
    assert "Worse: 0 · better: 0 · same score in other words: 2" in updates[page.panel.head]


def test_what_makes_runs_unlike_is_said(page: Page, store: SqlStore) -> None:
    staged = short_run(store, of_sizes()[:1], {"S": BEST[:3]}, plan="staged", lineup="before")
    other = short_run(store, of_sizes()[:1], {"S": BEST[:3]}, lineup="after")
    updates = page.show()
    assert {page.looking.reference, *page.looking.candidates} == {SideChoice(staged, "S"), SideChoice(other, "S")}
    assert "A staged run asks each model only some of the cases" in updates[page.panel.head]


def test_without_runs_or_with_one_gone_it_says_what_to_do(page: Page, store: SqlStore, warnings: list[str]) -> None:
    assert "Nothing has been run yet" in page.show()[page.panel.head]
    assert page.handlers.write(page.looking, "en") is None
    page.looking = ComparisonLooking(SideChoice("gone", "S"), (SideChoice("gone", "M"),))
    run = short_run(store, of_sizes()[:1], {"S": BEST[:1]})
    assert "Choose what to put beside the reference" in page.show()[page.panel.head]
    assert page.looking.reference == SideChoice(run, "S") and len(warnings) == 1


def test_the_comparison_is_taken_away_as_csv(page: Page, store: SqlStore, tmp_path: Path) -> None:
    a_quantised_run(store, tmp_path)
    page.show()
    path = page.handlers.write(page.looking, "en")
    assert path is not None
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * CASES
    nf4 = [row for row in rows if row["candidate_precision"] == "nf4"]
    assert [row["change"] for row in nf4] == ["regression"] * 12 + ["other_words"] + ["unchanged"] * 11
    assert nf4[0]["difference"] == "-1.0" and nf4[0]["candidate_text"] == "The blue lamp."
    assert {row["reference_model"] for row in rows} == {"8B-bf16"}


def test_texts_from_outside_are_no_markup(page: Page, store: SqlStore) -> None:
    short_run(store, of_sizes()[:2], {"S": [("<img src=x onerror=alert(1)>", False)], "M": [("<b>", True)]})
    assert not re.search(r"<img src=x|<b>&|<b><", page.show()[page.panel.changes])


def plainly(html: str) -> str:
    return re.sub(r"<span class='sr-only'>.*?</span>", "", html).replace("<mark>", "{").replace("</mark>", "}")


@pytest.mark.parametrize(
    ("one", "other", "first", "second"),
    [
        ("The red lamp.", "The blue lamp.", "The {red} lamp.", "The {blue} lamp."),
        ("same", "same", "same", "same"),
        ("", "new", "", "{new}"),
        ("红灯亮了", "绿灯亮了", "{红}灯亮了", "{绿}灯亮了"),
        ("a b", "a  b", "a b", "a  b"),  # other white space is no other word
        ("3.5 V", "3.6 V", "3.{5} V", "3.{6} V"),
        ("x" * 5 + " <i>", "x", "{xxxxx &lt;i&gt;}", "{x}"),
    ],
)
def test_words_that_differ(one: str, other: str, first: str, second: str) -> None:
    assert tuple(map(plainly, marked(one, other, "only here"))) == (first, second)


def test_very_long_texts_are_marked_whole() -> None:
    first, second = marked("a " * 3000, "b " * 3000, "only here")
    assert plainly(first).startswith("{a a") and plainly(second).startswith("{b b")


def test_addresses_lead_back() -> None:
    drift = DriftLooking("r1", "people", True)
    assert within(drift_address(drift)) == "drift" and read_drift(drift_address(drift)) == drift
    sides = (SideChoice("r1", "8B & more:x"), SideChoice("r-2", "M"))
    looking = ComparisonLooking(sides[0], sides, "people", "r-2:M", "regression", 3)
    assert within(comparison_address(looking)) == "compare-runs"
    assert read_comparison(comparison_address(looking)) == looking
    assert read_comparison("?tab=suites&on=compare-runs&base=x&with=<a>:b&kind=all&page=-2") == ComparisonLooking()
    assert read_drift("?on=drift&run=../x&judge=me&all=2") == DriftLooking()
    assert within(plain_address("rate")) == "rate" and within("?tab=suites&on=elsewhere") == "run"
    assert within("?tab=suites&run=1") == "run" and replace(looking, page=1) != looking
