"""The import button's handler: what came in, or what is wrong with the file, in the reader's language."""

from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from comparer.engines.scripted_engine import Script
from comparer.export import export
from comparer.records import Rating
from comparer.settings import Settings
from comparer.store import Store
from comparer.ui.compare_state import CompareState
from comparer.ui.context import Context
from comparer.ui.i18n import Localizer
from comparer.ui.import_panel import ImportHandlers, build_import_button, build_import_panel, report_html
from storage import open_store
from tests.conftest import KEYS, MakeDialogue
from tests.storage.databases import answered


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """A rating made elsewhere, as JSON."""
    elsewhere = open_store(tmp_path / "elsewhere")
    elsewhere.rate(answered(elsewhere), Rating(True, "Ann"))
    file = export("json", elsewhere, models=KEYS, destination=tmp_path)
    elsewhere.close()
    return file


def test_what_came_in_and_what_is_wrong(
    make_dialogue: MakeDialogue, store: Store, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialogue = make_dialogue(Script(), Script())
    warnings: list[str] = []
    monkeypatch.setattr("comparer.ui.import_panel.gr.Warning", warnings.append)
    with gr.Blocks():
        panel = build_import_panel(build_import_button(Localizer()))
    handlers = ImportHandlers(Context(Settings(), dialogue.lineup, dialogue, store), panel)
    state = CompareState(dialogue.lineup.keys)

    def said(file: Path | None) -> Any:
        return handlers.take_in(str(file) if file else None, state)[panel.report]

    assert "1 ratings read: 1 new" in said(exported) and "role='status'" in said(exported)
    assert store.counts()[0].ratings == 1
    state.language = "zh"
    assert "已存在 1 条" in said(exported)
    assert not warnings
    broken = tmp_path / "broken.json"
    broken.write_bytes(exported.read_bytes()[:-100])
    assert "未导入任何内容" in said(broken) and "role='alert'" in said(broken)
    assert len(warnings) == 2 and "损坏" in warnings[0]
    assert said(None) == ""


def test_what_people_wrote_is_escaped() -> None:
    assert "&lt;b&gt;" in report_html(["<b>"])
