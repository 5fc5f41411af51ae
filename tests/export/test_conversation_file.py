"""One conversation as a file: whole and exact in JSON, readable and without markup of its own in Markdown."""

import json
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from comparer.errors import InputError
from comparer.export.conversation_file import ConversationFile, write_conversation
from comparer.records import Answer, Failure, Metrics, Picture, Preference, Rating
from comparer.store import Conversation, Store
from comparer.transcript import read_transcript

FIGURES = Metrics(ttft_s=0.1234, e2e_s=4.5, tokens_per_s=20.06, peak_memory_bytes=5_000_000, contended=True)
LABELS = {"4B": "Qwen3-VL 4B", "8B": "Qwen3-VL 8B"}


def kept(store: Store, picture: Picture, blind: bool = False) -> ConversationFile:
    """Two turns, the first rated by two people, the second failed on one model."""
    conversation = store.begin(Conversation("qwen3-vl", ("8B", "4B"), "manual", blind, "Ann"))
    first = store.add_turn(conversation, "What is *this*?\n# no title", [picture])
    small = store.add_answer(first, Answer("4B", "# Big\n<img src=x> ![p](http://host/p.png)", "stop", FIGURES))
    large = store.add_answer(first, Answer("8B", "", "length", FIGURES, model_id="Qwen/8B", position=1))
    store.rate(small, Rating(False, "Ann", ("wrong", "own reason"), "a | note", blind))
    store.rate(large, Rating(True, "Ben", note="of Ben"))
    store.prefer(first, Preference("answer", small, "Ann", blind))
    second = store.add_turn(conversation, "And now?", [])
    failure = Failure("engine_stalled", {"model": "Qwen3-VL 4B", "seconds": 9})
    store.add_answer(second, Answer("4B", "half", "error", FIGURES, failure=failure))
    return ConversationFile(read_transcript(store, conversation, "Ann"), "Manuals", LABELS)


def test_json_has_all_that_one_reviewer_may_know(store: Store, kept_picture: Picture, tmp_path: Path) -> None:
    file = write_conversation(kept(store, kept_picture), "json", tmp_path)
    assert file.suffix == ".json" and [path.name for path in tmp_path.glob("conversation-*")] == [file.name]
    whole = json.loads(file.read_text("utf-8"))
    assert (whole["lineup"], whole["item"], whole["item_name"]) == ("qwen3-vl", "manual", "Manuals")
    assert (whole["blind"], whole["names_hidden"]) == (False, False)
    first, second = whole["turns"]
    assert first["pictures"] == [{"sha256": kept_picture.sha256, "width": 320, "height": 240}]
    assert first["vote"] == "4B" and second["vote"] is None
    large, small = first["answers"]  # from left to right
    assert (large["model"], large["label"], large["rating"]) == ("8B", "Qwen3-VL 8B", None)
    assert small["rating"] == {
        "acceptable": False, "reasons": ["wrong", "own reason"], "note": "a | note", "blind": False
    }  # fmt: skip
    assert small["metrics"]["ttft_s"] == 0.1234 and small["metrics"]["contended"] is True
    assert second["answers"][0]["failure"] == "engine_stalled"
    assert "of Ben" not in file.read_text("utf-8")


def test_markdown_reads_well_and_holds_no_foreign_markup(store: Store, kept_picture: Picture, tmp_path: Path) -> None:
    source = write_conversation(kept(store, kept_picture), "markdown", tmp_path).read_text("utf-8")
    html = MarkdownIt("commonmark").enable("table").render(source)
    assert html.count("<h1>") == 2 and "<blockquote>\n<h1>Big</h1>" in html  # the title, and one inside a quotation
    assert "What is *this*? # no title</h2>" in html and "<img" not in html
    assert "Not acceptable · Wrong, own reason · a | note" in html
    assert "Your vote: Qwen3-VL 4B" in html and "cut at the length limit" in html and "failed" in html
    for cell in ("Qwen3-VL 8B", "0.123 s", "20.1", "4.500 s", "4.8 MiB", "contended"):
        assert f"<td>{cell}</td>" in html
    assert "of Ben" not in html


@pytest.mark.parametrize("name", ["markdown", "json"])
def test_a_blind_conversation_has_letters_and_no_figures(
    store: Store, kept_picture: Picture, tmp_path: Path, name: str
) -> None:
    source = kept(store, kept_picture, blind=True)
    written = write_conversation(source, name, tmp_path).read_text("utf-8")
    for secret in ("4B", "8B", "Qwen/", "0.123", "20.0", "20.1", "5000000", "engine_stalled", "MiB", "of Ben"):
        assert secret not in written
    assert "Model B" in written and "a | note".replace("|", "\\|" if name == "markdown" else "|") in written
    if name == "json":
        assert json.loads(written)["turns"][0]["vote"] == "B"


def test_an_unknown_format_and_a_full_disk_are_said(store: Store, kept_picture: Picture, tmp_path: Path) -> None:
    source = kept(store, kept_picture)
    with pytest.raises(InputError, match="Choose one of: markdown, json"):
        write_conversation(source, "pdf", tmp_path)
    with pytest.raises(InputError, match="could not be written"):
        write_conversation(source, "json", tmp_path / "not there")
