"""The panel "Cases" on a real library: cases typed, saved, changed by two people, moved and removed; imports."""

import re
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from comparer.engines.scripted_engine import Script
from comparer.records import Answer, Metrics, Picture
from comparer.settings import Settings
from comparer.store import Conversation
from comparer.suites.library import Library, fingerprint, suite_item
from comparer.suites.reading import SHIPPED, read_suite
from comparer.ui.add_form import NO_REFERENCE, Chosen, build_add_form
from comparer.ui.add_to_suite import AddHandlers
from comparer.ui.case_handlers import CaseHandlers, Given
from comparer.ui.case_panel import CaseState, build_case_panel
from comparer.ui.compare_layout import build_compare_tab
from comparer.ui.compare_state import CompareState
from comparer.ui.context import Context
from comparer.ui.i18n import Localizer, Updates
from comparer.ui.suite_tools import ALL, SuiteTools, Titles
from tests.conftest import KEYS, MakeDialogue

SHIPPED_CASES = len(read_suite(SHIPPED / "demo-business").cases)


class Panel:
    """The panel without a server: `form` holds what the browser shows, `warnings` what popped up."""

    def __init__(self, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
        self.context = context
        self.library: Library = context.suites
        with gr.Blocks():
            texts = Localizer()
            compare = build_compare_tab(context, texts)
            self.parts = build_case_panel(context, texts)
            self.add_form = build_add_form(texts, "compare")
        self.cases = CaseHandlers(context, self.parts)
        self.suites = SuiteTools(context, self.cases, compare)
        self.compare = CompareState(order=context.lineup.keys)
        self.state = CaseState()
        self.typed: dict[str, Any] = {}
        self.html: dict[str, str] = {}
        self.warnings: list[str] = []
        monkeypatch.setattr(gr, "Warning", self.warnings.append)

    def given(self) -> Given:
        names = ("suite", "sought", "pictures", "item", "key", "question", "reference", "check", "tried")
        return Given(**{name: self.typed.get(name) for name in names}, state=self.state, compare=self.compare)

    def did(self, updates: Updates) -> None:
        """Remember what an event changed, as the browser does."""
        form, tools = self.parts.form, self.parts.tools
        self.state = updates.get(self.parts.state, self.state)
        fields = {
            "suite": tools.suite, "pictures": form.pictures, "item": form.item, "key": form.key, "tried": form.tried,
            "question": form.question, "reference": form.reference, "check": form.check,
        }  # fmt: skip
        for name, component in fields.items():
            if component in updates:
                update: Any = updates[component]
                value = update.get("value", self.typed.get(name)) if isinstance(update, dict) else update
                self.typed[name] = [(file, None) for file in value] if name == "pictures" else value
        shown = {"list": self.parts.cases.list, "status": tools.status, "form": form.status, "judged": form.judged}
        shown["head"] = form.head
        self.html |= {name: updates[component] for name, component in shown.items() if component in updates}
        self.missing = updates.get(tools.missing, {}).get("visible")

    def make_suite(self, title: str = "Mine") -> str:
        self.did(self.suites.ask_titles("new", self.given()))
        self.did(self.suites.save_titles(Titles(title, "", ["manual", "fault"]), self.given()))
        return self.state.suite

    def type(self, **fields: Any) -> None:
        self.typed |= fields

    def make_case(self, picture: Path, question: str = "What is it?") -> str:
        self.did(self.cases.new_case(self.given()))
        self.type(pictures=[(str(picture), None)], item="manual", question=question)
        self.did(self.cases.save(self.given()))
        assert self.state.opened is not None
        return self.state.opened.case


@pytest.fixture
def panel(make_dialogue: MakeDialogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Panel:
    dialogue = make_dialogue(Script(), Script(), Script())
    context = Context(Settings(data_dir=tmp_path / "data"), dialogue.lineup, dialogue, dialogue.store)
    shown = Panel(context, monkeypatch)
    shown.did(shown.suites.show(shown.given()))
    return shown


def test_the_shipped_suite_is_shown_and_cannot_be_saved(panel: Panel) -> None:
    assert panel.state.suite == "demo-business" and panel.html["list"].count("data-suite-case") == 25
    panel.did(panel.cases.turn_page(99, panel.given()))
    assert f" – {SHIPPED_CASES} of {SHIPPED_CASES} cases" in panel.html["list"]
    panel.typed["sought"] = "fault 风扇"
    panel.did(panel.cases.search(panel.given()))
    ids = re.findall(r"data-suite-case='demo-business ([\w-]+)'", panel.html["list"])
    assert ids and all(case.startswith("fault") for case in ids)
    panel.did(panel.cases.open_case(ids[0], panel.given()))
    assert panel.typed["question"] and panel.typed["pictures"]
    panel.type(question="Changed?")
    panel.did(panel.cases.save(panel.given()))
    assert "Duplicate it" in panel.warnings[-1]


def test_a_case_is_typed_tried_and_kept(panel: Panel, drawing: Path) -> None:
    name = panel.make_suite("Pumps <b>")
    assert "“Pumps &lt;b&gt;” is ready" in panel.html["status"]
    panel.did(panel.cases.new_case(panel.given()))
    panel.type(question="", check="guess", tried="12 g")
    panel.did(panel.cases.save(panel.given()))
    for words in ("question 1 · Question", "question 1 · Automatic check", "Pictures", "Test item"):
        assert words in panel.html["form"]
    assert not panel.library.read(name).cases and panel.typed["check"] == "guess"
    panel.did(panel.cases.try_check(panel.given()))
    assert "This check is not known" in panel.html["judged"]
    panel.type(
        check="number: 12 g ± 5%", tried="It weighs 0.0125 kg", question="How <heavy>?", item="manual", key=True
    )
    panel.type(pictures=[(str(drawing), None)])
    panel.did(panel.cases.try_check(panel.given()))
    assert "✓ passes · 1.00" in panel.html["judged"]
    panel.did(panel.cases.add_turn(panel.given()))
    assert (panel.typed["question"], panel.typed["check"]) == ("", "")
    panel.type(question="Why?")
    panel.did(panel.cases.move_turn(-1, panel.given()))
    panel.did(panel.cases.save(panel.given()))
    (case,) = read_suite(panel.library.folder / name).cases
    assert [turn.question for turn in case.turns] == ["Why?", "How <heavy>?"] and case.key
    assert "Why?" in panel.html["list"]
    assert "case-1 was saved" in panel.html["form"] and "not saved" not in panel.html["head"]


def test_what_is_left_unsaved_is_there_again(panel: Panel, drawing: Path) -> None:
    panel.make_suite()
    first, second = panel.make_case(drawing), panel.make_case(drawing, "Second?")
    panel.type(question="Half typed")
    panel.did(panel.cases.open_case(first, panel.given()))
    assert panel.typed["question"] == "What is it?"
    panel.did(panel.cases.open_case(second, panel.given()))
    assert panel.typed["question"] == "Half typed" and "not saved" in panel.html["head"]
    panel.did(panel.suites.choose(panel.given()._replace(suite="demo-business")))
    panel.did(panel.suites.open_case("mine", second, panel.given()))
    assert panel.typed["question"] == "Half typed"
    panel.did(panel.cases.discard(panel.given()))
    assert panel.typed["question"] == "Second?" and "not saved" not in panel.html["head"]


def test_of_two_people_who_change_one_case_the_second_is_told(panel: Panel, drawing: Path) -> None:
    name = panel.make_suite()
    case_id = panel.make_case(drawing)
    (case,) = panel.library.read(name).cases
    theirs = case.model_copy(update={"language": "en"})
    item = suite_item(panel.context.store.items()[0])
    panel.library.change_case(name, fingerprint(case), theirs, item)
    panel.type(question="Mine?")
    panel.did(panel.cases.save(panel.given()))
    assert "changed by somebody else" in panel.warnings[-1] and panel.typed["question"] == "Mine?"
    assert panel.library.read(name).cases == (theirs,)
    panel.library.remove_case(name, fingerprint(theirs), case_id)
    panel.did(panel.cases.save(panel.given()))
    assert "no longer in the suite" in panel.warnings[-1]
    panel.did(panel.cases.save(panel.given()))  # as the sentence says: as a new case
    assert [one.turns[0].question for one in panel.library.read(name).cases] == ["Mine?"]


def test_cases_are_moved_removed_and_brought_back(panel: Panel, drawing: Path) -> None:
    name = panel.make_suite()
    ids = [panel.make_case(drawing, question) for question in ("1?", "2?", "3?")]
    panel.did(panel.cases.move(-9, panel.given()))
    assert [case.id for case in panel.library.read(name).cases] == [ids[2], ids[0], ids[1]]
    panel.type(question="3 changed?")
    panel.did(panel.cases.remove(panel.given()))
    assert len(panel.library.read(name).cases) == 2 and panel.state.opened is None
    panel.did(panel.suites.undo(panel.given()))
    assert panel.library.read(name).cases[0].turns[0].question == "3?"
    assert panel.typed["question"] == "3 changed?"  # what was not saved has come back too


def test_pictures_that_are_none_are_refused_at_once(panel: Panel, drawing: Path, tmp_path: Path) -> None:
    panel.make_suite()
    panel.did(panel.cases.new_case(panel.given()))
    broken = tmp_path / "broken.png"
    broken.write_bytes(drawing.read_bytes()[:60])
    panel.type(pictures=[(str(drawing), None), (str(broken), None)])
    panel.did(panel.cases.check_pictures(panel.given()))
    assert panel.typed["pictures"] == [(str(drawing), None)] and "broken.png" in panel.warnings[-1]


def test_a_suite_is_copied_renamed_taken_away_deleted_and_brought_back(panel: Panel) -> None:
    panel.did(panel.suites.ask_titles("duplicate", panel.given()))
    panel.did(panel.suites.save_titles(Titles("Ours", "我们的", None), panel.given()))
    assert panel.state.suite == "ours" and f"Cases: {SHIPPED_CASES}." in panel.html["status"]
    panel.did(panel.suites.ask_titles("rename", panel.given()))
    panel.did(panel.suites.save_titles(Titles("  ", "", None), panel.given()))
    assert "a title" in panel.warnings[-1]
    panel.did(panel.suites.save_titles(Titles("Theirs", "", None), panel.given()))
    assert panel.library.read("ours").head.title_zh == "Theirs"
    file = panel.suites.download(panel.given())
    assert file and Path(file).name == "ours.zip"
    panel.did(panel.suites.delete(panel.given()))
    assert panel.state.suite == "demo-business" and "Theirs" in panel.html["status"]
    panel.did(panel.suites.undo(panel.given()))
    assert panel.state.suite == "ours" and len(panel.library.read("ours").cases) == SHIPPED_CASES


def test_an_import_is_whole_or_names_every_row(panel: Panel, drawing: Path, tmp_path: Path) -> None:
    table = tmp_path / "cases.csv"
    table.write_text("question,picture,item\nWhat?,a.png,<i>Gears</i>\n,a.png,Gears\n", "utf-8")
    panel.did(panel.suites.take_in(str(table), "", "", panel.given()))
    status = panel.html["status"]
    assert status.count("<tr>") == 1 + 3 and "<td class='number'>3</td>" in status and "role='alert'" in status
    assert [found.folder.name for found in panel.library.listed()] == ["demo-business"]
    folder = tmp_path / "zip"
    folder.mkdir()
    (folder / "a.png").write_bytes(drawing.read_bytes())
    (folder / "cases.csv").write_text("question,picture,item\nWhat?,a.png,<i>Gears\nWhy?,a.png,Cogs\n", "utf-8")
    panel.did(panel.suites.take_in(str(folder), "my gears", "", panel.given()))
    assert panel.state.suite == "my-gears" and "Cases: 2" in panel.html["status"] and panel.missing
    panel.did(panel.suites.add_items(ALL, None, panel.given()))
    assert "Gears" not in {item.name_en for item in panel.context.store.items()}  # no threshold, nothing added
    panel.did(panel.suites.add_items(ALL, 70, panel.given()))
    added = {item.name_en: item.threshold for item in panel.context.store.items()}
    assert added["<i>Gears"] == added["Cogs"] == 0.7 and not panel.missing


def test_a_broken_suite_hides_no_other(panel: Panel) -> None:
    name = panel.make_suite()
    (panel.library.folder / name / "cases.jsonl").write_text("{\n", "utf-8")
    panel.did(panel.suites.show(panel.given()))
    assert "not JSON" in panel.html["status"] and panel.html["list"] == ""
    panel.did(panel.suites.delete(panel.given()))
    assert panel.state.suite == "demo-business" and "data-suite-case" in panel.html["list"]


@pytest.fixture
def conversation(panel: Panel, kept_picture: Picture) -> str:
    """Blind, two questions; the models stand in another order than in the lineup."""
    store = panel.context.store
    made = store.begin(Conversation("scripted", KEYS[::-1], "fault", blind=True))
    for question in ("What is it?", "And why?"):
        turn = store.add_turn(made, question, [kept_picture] if question.startswith("What") else [])
        for model in KEYS:
            store.add_answer(turn, Answer(model, f"{model} says so.", "stop", Metrics()))
    return made


def test_a_conversation_becomes_a_case_and_stays_blind(panel: Panel, conversation: str) -> None:
    form, handlers = panel.add_form, AddHandlers(panel.context, panel.add_form)
    offered = handlers.offer(conversation, "en")
    assert [name for name, _ in offered[form.reference]["choices"]][1:] == [
        "the answers of Model A", "the answers of Model B", "the answers of Model C",
    ]  # fmt: skip
    assert offered[form.item]["value"] == "fault" and offered[form.title]["visible"]
    chosen = Chosen("", "From Compare", "fault", 0, True, conversation)
    said = handlers.add(conversation, chosen, "en")[form.status]
    assert "data-suite-case='from-compare case-1'" in said
    (case,) = panel.library.read("from-compare").cases
    assert [turn.reference for turn in case.turns] == ["large says so.", "large says so."] and case.key
    with Image.open(panel.library.folder / "from-compare" / case.pictures[0]) as image:
        assert image.size == (320, 240)
    again = chosen._replace(suite="from-compare", reference=NO_REFERENCE)
    assert "already: case-1" in handlers.add(conversation, again, "en")[form.status]
    assert len(panel.library.read("from-compare").cases) == 1
    handlers.offer("", "zh")
    assert "尚未提问" in panel.warnings[-1]
    handlers.add(conversation, chosen._replace(item=None), "en")
    assert "Choose the test item" in panel.warnings[-1]
