"""What the handlers of the Business fit tab change, without a browser."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from comparer.engines.checkpoint import checkpoint_identity
from comparer.engines.scripted_engine import Script
from comparer.lineup import read_lineup
from comparer.records import Answer, Metrics, Rating
from comparer.run_records import AutomaticScore, Place, RunCase, RunModel, RunRequest, RunTurn
from comparer.settings import Settings
from comparer.store import Conversation
from comparer.ui.compare_state import CompareState
from comparer.ui.context import Context
from comparer.ui.fit_answers import OpenCell
from comparer.ui.fit_filter import EVERYTHING, FitFilter
from comparer.ui.fit_tab import FitHandlers, FitTab, build_fit_tab
from comparer.ui.i18n import Localizer
from tests.conftest import KEYS, MakeDialogue


class Tab:
    """A tab on a store of its own, and what the page was told in warnings."""

    def __init__(self, context: Context) -> None:
        self.context = context
        with gr.Blocks():
            self.item = gr.Dropdown()
            self.parts: FitTab = build_fit_tab(context, Localizer())
        self.handlers = FitHandlers(context, self.parts, self.item)
        self.state = CompareState(order=context.lineup.keys)

    def rate(self, question: str, *verdicts: bool, item: str = "manual", blind: bool = False) -> str:
        """One answer of the small model, rated by reviewer 0, 1, ...; returns its conversation."""
        store, lineup = self.context.store, self.context.lineup
        conversation = store.begin(Conversation(lineup.name, lineup.keys, item, blind))
        turn = store.add_turn(conversation, question, [])
        weights = self.context.dialogue.engines["small"].model_id
        answer = store.add_answer(turn, Answer("small", f"To {question}", "stop", Metrics(), weights))
        for number, acceptable in enumerate(verdicts):
            store.rate(answer, Rating(acceptable, f"reviewer {number}", blind=blind))
        return conversation


def row(table: str, item: str) -> str:
    """The row of one item."""
    return table.partition(f"<tr data-item='{item}'>")[2].partition("</tr>")[0]


@pytest.fixture
def tab(make_dialogue: MakeDialogue) -> Tab:
    dialogue = make_dialogue(Script(), Script(), Script())
    return Tab(Context(Settings(), dialogue.lineup, dialogue, dialogue.store))


def happened(**data: str) -> Any:
    """What the browser sends along with an event."""
    return SimpleNamespace(**data)


def test_a_filter_changes_table_answers_and_chips_together(tab: Tab) -> None:
    tab.rate("First?", True, False)
    tab.rate("Second?", True)
    opened = tab.handlers.open_cell(happened(item="manual", model="small"), EVERYTHING, tab.state)
    cell: OpenCell = opened[tab.parts.answers.opened]
    assert [case.question for case in cell.cases] == ["First?", "Second?"]
    updates = tab.handlers.choose("", "", ["reviewer 1"], False, EVERYTHING, cell, tab.state)
    assert updates[tab.parts.filter.value] == FitFilter(reviewers=("reviewer 1",))
    assert [case.question for case in updates[tab.parts.answers.opened].cases] == ["First?"]
    assert "cases 1 · ratings 1" in updates[tab.parts.table]
    assert "reviewer 1" in updates[tab.parts.filter.chips]
    cleared = tab.handlers.clear(updates[tab.parts.answers.opened], tab.state)
    assert cleared[tab.parts.filter.value] == EVERYTHING and cleared[tab.parts.filter.chips] == ""
    assert "cases 2 · ratings 3" in cleared[tab.parts.table]
    assert set(cleared) <= set(tab.handlers.all_shown)


def test_another_lineup_shows_its_own_models_ratings_and_file(tab: Tab, warnings: list[str]) -> None:
    tab.rate("Here?", True)
    store, parts, other = tab.context.store, tab.parts, read_lineup("demo-precisions")
    turn = store.add_turn(store.begin(Conversation(other.name, other.keys, "manual")), "There?", [])
    for weights, acceptable in ((checkpoint_identity(other.models[0].model), True), ("weights of last year", False)):
        answer = store.add_answer(turn, Answer(other.keys[0], "Yes.", "stop", Metrics(), weights, "nf4"))
        store.rate(answer, Rating(acceptable))

    offered = tab.handlers.show_all(EVERYTHING, None, "", tab.state)[parts.filter.lineup]
    assert offered["visible"] and [value for _, value in offered["choices"]] == ["", other.name]
    own = tab.handlers.open_cell(happened(item="manual", model="small"), EVERYTHING, tab.state)
    updates = tab.handlers.choose(other.name, "bf16", [], False, EVERYTHING, own[parts.answers.opened], tab.state)
    shown = updates[parts.filter.value]
    assert shown == FitFilter(lineup=other.name) and updates[parts.answers.opened] is None
    assert other.models[0].label in updates[parts.table] and "Scripted" not in updates[parts.table]
    assert "100%" in updates[parts.table] and "cases 1 · ratings 1" in updates[parts.table]
    cell = tab.handlers.open_cell(happened(item="manual", model=other.keys[0]), shown, tab.state)
    assert [case.question for case in cell[parts.answers.opened].cases] == ["There?"]
    file = tab.handlers.write("csv-summary", shown, tab.state)
    assert file is not None and other.keys[0] in Path(file).read_text("utf-8-sig")
    assert warnings == []
    tab.handlers.choose("../secret", "", [], False, EVERYTHING, None, tab.state)
    assert "There is no lineup" in warnings[0]


def test_a_hidden_conversation_is_left_out_of_table_answers_and_file(tab: Tab) -> None:
    tab.rate("Open?", True)
    tab.state.conversation_id = tab.rate("Hidden?", False, blind=True)
    tab.state.blind = True
    event = happened(item="manual", model="small")
    hidden = tab.handlers.open_cell(event, EVERYTHING, tab.state)[tab.parts.answers.body]
    assert "Open?" in hidden and "Hidden?" not in hidden
    assert "ratings 1" in tab.handlers.show(EVERYTHING, tab.state)[tab.parts.table]
    file = tab.handlers.write("csv", EVERYTHING, tab.state)
    assert file is not None
    with open(file, encoding="utf-8-sig") as written:  # noqa: PTH123
        assert "Hidden?" not in written.read()
    tab.state.revealed = True
    assert "Hidden?" in tab.handlers.open_cell(event, EVERYTHING, tab.state)[tab.parts.answers.body]


def test_a_threshold_is_kept_and_nothing_else_is_lost(tab: Tab, warnings: list[str]) -> None:
    tab.rate("First?", True)
    before = tab.context.store.items()
    event = happened(item="manual", percent="62.5")
    updates = tab.handlers.change_threshold(event, EVERYTHING, "manual", tab.state)
    assert tab.context.store.items()[0].threshold == 0.625
    assert tab.context.store.items()[1:] == before[1:]
    assert "62.5" in updates[tab.parts.notice] and updates[tab.parts.items.threshold] == 62.5
    assert "value='62.5'" in updates[tab.parts.table] and "ratings 1" in updates[tab.parts.table]
    for wrong in (happened(item="manual", percent="0"), happened(item="nothing", percent="50")):
        assert list(tab.handlers.change_threshold(wrong, EVERYTHING, "", tab.state)) == [tab.parts.table]
    assert len(warnings) == 2 and "from 1 to 99" in warnings[0] and "nothing" in warnings[1]
    assert tab.context.store.items()[0].threshold == 0.625


def save(tab: Tab, chosen: str, name: str, item: str = "", **changes: Any) -> dict[Any, Any]:
    form = {"name_zh": name, "threshold": 80, "weight": 1, "must_have": False} | changes
    return tab.handlers.save_item(
        chosen, name, *form.values(), EVERYTHING, None, item, tab.state  # type: ignore[arg-type]
    )  # fmt: skip


def test_items_are_added_changed_moved_archived_and_brought_back(tab: Tab, warnings: list[str]) -> None:
    store = tab.context.store
    added = save(tab, "", "Invoice check", threshold=90, weight=2)
    assert added[tab.parts.items.chosen]["value"] == "invoice-check"
    assert "data-item='invoice-check'" in added[tab.parts.table]
    assert ("Invoice check", "invoice-check") in added[tab.item]["choices"]
    save(tab, "", "Invoice check")
    assert "already called" in warnings.pop()
    save(tab, "", "Invoice-check")
    assert [item.key for item in store.items()][-2:] == ["invoice-check", "invoice-check-2"]
    save(tab, "invoice-check", "Invoices <b>", weight=0.5, must_have=True)
    changed = store.items()[3]
    assert (changed.name_en, changed.weight, changed.must_have, changed.threshold) == ("Invoices <b>", 0.5, True, 0.8)
    shown = tab.handlers.show(EVERYTHING, tab.state)[tab.parts.table]
    assert "Invoices &lt;b&gt;" in shown and "must-have · weight 0.5" in shown
    tab.handlers.move_item(-1, "invoice-check", EVERYTHING, None, "", tab.state)
    assert [item.key for item in store.items()][2] == "invoice-check"

    tab.rate("First?", True, item="invoice-check")
    opened = OpenCell("invoice-check", "small", "")
    gone = tab.handlers.archive_item(True, "invoice-check", EVERYTHING, opened, "invoice-check", tab.state)
    assert "invoice-check'" not in gone[tab.parts.table]
    assert gone[tab.item]["value"] == "" and gone[tab.parts.answers.opened] is None
    back = tab.handlers.archive_item(False, "invoice-check", EVERYTHING, None, "manual", tab.state)
    assert "ratings 1" in back[tab.parts.table] and back[tab.item]["value"] == "manual"
    assert not warnings


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("", {}, "needs a name in English"),
        ("Fine", {"name_zh": " "}, "needs a name in English"),
        ("Fine", {"threshold": None}, "from 1 to 99"),
        ("Fine", {"weight": None}, "weight"),
        ("Fine", {"weight": -1}, "weight"),
    ],
)
def test_an_item_that_cannot_be_kept_is_refused_whole(
    tab: Tab, warnings: list[str], name: str, changes: dict[str, Any], said: str
) -> None:
    before = tab.context.store.items(include_archived=True)
    assert list(save(tab, "", name, **changes)) == [tab.parts.table]
    assert said in warnings[0]
    assert tab.context.store.items(include_archived=True) == before


def test_what_is_typed_into_the_form_outlives_a_look_elsewhere(tab: Tab) -> None:
    updates = tab.handlers.show_all(EVERYTHING, None, "", tab.state)
    form = tab.parts.items
    assert not {form.name_en, form.name_zh, form.threshold, form.weight, form.must_have} & set(updates)


def test_a_cell_of_a_model_that_is_no_column_opens_nothing(tab: Tab) -> None:
    updates = tab.handlers.open_cell(happened(item="manual", model="another"), EVERYTHING, tab.state)
    assert updates[tab.parts.answers.opened] is None and tab.context.lineup.keys == KEYS


def test_more_answers_follow_below_the_first(tab: Tab) -> None:
    for number in range(23):
        tab.rate(f"Question {number}?", False)
    first = tab.handlers.open_cell(happened(item="manual", model="small"), EVERYTHING, tab.state)
    assert first[tab.parts.answers.more]["visible"] is True
    opened = first[tab.parts.answers.opened]
    all_of_them = tab.handlers.more_answers(EVERYTHING, opened, tab.state)
    assert len(all_of_them[tab.parts.answers.opened].cases) == 23
    assert all_of_them[tab.parts.answers.opened].cases[:20] == opened.cases
    assert all_of_them[tab.parts.answers.more]["visible"] is False
    assert tab.handlers.close_answers(tab.state)[tab.parts.answers.body] == ""


def test_checks_and_people_are_judged_apart(tab: Tab) -> None:
    tab.rate("Which part?", True, True)
    runs, lineup = tab.context.runs, tab.context.lineup
    weights = tab.context.dialogue.engines["small"].model_id
    models = tuple(RunModel(spec.key, spec.label, weights, spec.precision) for spec in lineup.models)
    case = RunCase("a", "fault", (RunTurn("What is broken?"),), ())
    run = runs.create(RunRequest("small", "Small", "小", lineup.name, models), [case])
    answer = Answer("small", "The valve.", "stop", Metrics(), weights)
    runs.keep(
        run, Place("a", 0, 0, "small"), answer, 0.5, AutomaticScore(0.0, False, "differs", {"expected": "pump"})
    )

    people = tab.handlers.choose_judge("people", EVERYTHING, None, tab.state)
    manual, fault = (row(people[tab.parts.table], item) for item in ("manual", "fault"))
    assert "100%" in manual and "no ratings yet" in fault and "data-open" not in fault
    checks = tab.handlers.choose_judge("checks", EVERYTHING, None, tab.state)
    manual, fault = (row(checks[tab.parts.table], item) for item in ("manual", "fault"))
    assert "100%" not in manual and "cases 1 · checked answers 1" in fault
    assert "data-open" not in checks[tab.parts.table]
    assert "not by people" in checks[tab.parts.table] and "not by people" in checks[tab.parts.advice]
    assert checks[tab.parts.filter.reviewers]["interactive"] is False
    assert "Automatic checks" in checks[tab.parts.filter.chips]
    assert checks[tab.parts.filter.value] == FitFilter(judge="checks")
