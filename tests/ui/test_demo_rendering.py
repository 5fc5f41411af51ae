"""What the page says of demo models: honest figures, nothing foreign executes, nothing hidden shows."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from comparer.demo.measured import DemoFacts, ItemScore, Measured
from comparer.engines.scripted_engine import Script
from comparer.lineup import read_lineup
from comparer.settings import Settings
from comparer.texts import LANGUAGES, Language, locale
from comparer.ui import demo_rendering
from comparer.ui.compare_state import CompareState, View
from comparer.ui.context import Context
from comparer.ui.examples import examples, starters
from tests.conftest import MakeDialogue

ITEMS = {
    "manual": ItemScore(accuracy=0.431, low=0.4, high=0.462, n=1812, chance=0.2),
    "fault": ItemScore(accuracy=0.52, low=0.48, high=0.56, n=700),
    "service": ItemScore(accuracy=0.88, low=0.86, high=0.9, n=690, chance=0.11),
}
MEASURED = Measured.model_validate(
    {"date": "2026-11-22", "device": "cpu", "precision": "fp32", "pictures": 1000, "items": ITEMS}
)
FACTS = DemoFacts(2_453_504, MEASURED, "# Demo model: medium\n\nReads drawings.")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_block_says_what_was_measured_and_where(language: Language) -> None:
    html = demo_rendering.about(FACTS, "card-1", "teal", language)
    for shown in ("2.5M", "43%", "52%", "88%", "1,000", "2026-11-22", "CPU", "fp32", "40%", "46%", "1,812"):
        assert shown in html
    for key in ("demo.title", "demo.knows", "demo.card", "demo.item_manual", "demo.item_fault", "demo.item_service"):
        assert locale(language)[key] in html
    assert "popovertarget='card-1'" in html
    assert html.count("<u style") == 2  # where chance is known
    assert not re.search(r"[{}]", html)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_scores_the_block_says_so(language: Language) -> None:
    others = MEASURED.model_copy(update={"items": {"poetry": ITEMS["manual"]}})
    for facts in (DemoFacts(), DemoFacts(2_453_504), replace(FACTS, measured=others)):
        html = demo_rendering.about(facts, "card-0", "indigo", language)
        assert locale(language)["demo.not_measured"] in html and "%" not in html
    assert "2.5M" in demo_rendering.about(DemoFacts(2_453_504), "card-0", "indigo", language)


def test_a_card_runs_nothing_and_calls_nobody() -> None:
    html = demo_rendering.card_html(
        "# T\n\n<script>1</script> <b onclick=x>b</b> ![x](https://host/p.png) [a](javascript:alert(1)) "
        "[b](file.txt) [c](https://hub.example/x) <https://auto.example>\n\n|k|v|\n|-|-|\n|1|<img src=x>|\n"
    )
    assert not re.search(r"<(script|b|img)\b|href=\"(?!https://)", html)
    assert html.startswith("<h3>T</h3>") and "<td>1</td>" in html
    assert '<a href="https://hub.example/x" target="_blank" rel="noopener noreferrer">c</a>' in html


def test_a_dialog_escapes_its_label_and_says_when_there_is_no_card() -> None:
    html = demo_rendering.card_dialog(DemoFacts(), "card-0", "<img src=x>", "indigo", "en")
    assert "<img" not in html and "no model card" in html and "has not been measured" in html


def view(make_dialogue: MakeDialogue, **state: Any) -> View:
    dialogue = make_dialogue(Script(), Script(), Script())
    context = Context(Settings(), dialogue.lineup, dialogue, dialogue.store)
    known = (("small", 650_000, "manual"), ("medium", 2_500_000, "fault"), ("large", 7_500_000, "service"))
    facts = {
        key: DemoFacts(parameters, MEASURED.model_copy(update={"items": {"manual": ITEMS[item]}}), f"# {key}")
        for key, parameters, item in known
    }
    context.__dict__["demo_facts"] = facts
    return View(context, CompareState(("large", "small", "medium"), **state), "en")


def test_a_blind_block_is_the_same_in_every_column(make_dialogue: MakeDialogue) -> None:
    hidden = view(make_dialogue, blind=True)
    blocks = {hidden.about(position) for position in range(3)}
    assert len(blocks) == 1
    (block,) = blocks
    assert locale("en")["demo.knows"] in block
    assert not re.search(r"\d|card-|popovertarget|Scripted", block)
    assert not any("popovertarget" in hidden.header(position) for position in range(3))


def test_an_open_block_belongs_to_its_column_and_makes_room(make_dialogue: MakeDialogue) -> None:
    before = view(make_dialogue)
    assert "7.5M" in before.header(0) and "88%" in before.header(0) and "card-2" in before.header(0)
    assert "0.65M" in before.header(1) and "43%" in before.header(1) and "card-0" in before.header(1)
    after = view(make_dialogue, turn_id="t")
    assert after.about(0) == "" and "about-title" not in after.header(0)
    assert "popovertarget='card-2'" in after.header(0)
    blind = view(make_dialogue, turn_id="t", blind=True)
    assert "popovertarget" not in blind.header(0)
    revealed = view(make_dialogue, turn_id="t", blind=True, revealed=True)
    assert "popovertarget='card-2'" in revealed.header(0)


def test_a_lineup_that_is_no_demo_shows_nothing(make_dialogue: MakeDialogue) -> None:
    dialogue = make_dialogue(Script())
    context = Context(Settings(), replace(dialogue.lineup, demo=False), dialogue, dialogue.store)
    assert not context.demo_facts
    shown = View(context, CompareState(("small",)), "en")
    assert shown.about(0) == "" and "popovertarget" not in shown.header(0)


def test_facts_are_those_of_the_lineups_folders(make_dialogue: MakeDialogue, tmp_path: Path) -> None:
    dialogue = make_dialogue(Script())
    context = Context(Settings(), read_lineup("demo"), dialogue, dialogue.store)
    assert [context.demo_facts[key].parameters for key in context.lineup.keys] == [648_384, 2_453_504, 7_482_240]


def test_one_starter_for_each_kind_of_work() -> None:
    offered = [examples()[index] for index in starters()]
    assert [example.item for example in offered] == ["manual", "fault", "service"]
    for example in offered:
        assert example.path.is_file() and all(example.questions[language] for language in LANGUAGES)
