"""Ratings made elsewhere come in through the page, and the score table shows them at once."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from comparer.engines.scripted_engine import Script
from comparer.export import export
from comparer.records import Answer, Metrics, Rating
from comparer.store import Conversation
from storage import open_store
from tests.conftest import KEYS, MakeDialogue, Served
from tests.e2e.conftest import OpenPage


def test_import_through_the_page(
    make_dialogue: MakeDialogue, serve: Callable[..., Served], open_page: OpenPage, tmp_path: Path
) -> None:
    dialogue = make_dialogue(Script(), Script(), Script())
    elsewhere = open_store(tmp_path / "elsewhere")
    conversation = elsewhere.begin(Conversation("scripted", KEYS, "manual"))
    turn = elsewhere.add_turn(conversation, "Which part?", [])
    answer = Answer("small", "Part 3.", "stop", Metrics(), dialogue.engines["small"].model_id)
    elsewhere.rate(elsewhere.add_answer(turn, answer), Rating(True, "Ann"))
    file = export("csv", elsewhere, models=KEYS, destination=tmp_path)
    elsewhere.close()

    page = open_page(serve(dialogue).url)
    page.get_by_role("tab", name="Business fit").click()
    for says in ("1 new", "1 already here"):
        with page.expect_file_chooser() as chooser:
            page.locator("#import").click()
        chooser.value.set_files(str(file))
        expect(page.locator("#import-report [role=status]")).to_contain_text(says)
    expect(page.locator("#score-table")).to_contain_text(re.compile("ratings 1"))
    with page.expect_file_chooser() as chooser:
        page.locator("#import").click()
    chooser.value.set_files({"name": "x.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"})
    expect(page.locator("#import-report [role=alert]")).to_contain_text("not a file of ratings")
