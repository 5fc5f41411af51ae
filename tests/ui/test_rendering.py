"""What the Compare tab shows: nothing foreign executes, nothing hidden shows."""

from dataclasses import replace

import pytest

from comparer.dialogue import Column
from comparer.records import Failure, Metrics
from comparer.texts import LANGUAGES, Language, text
from comparer.ui import rendering, units
from comparer.ui.compare_state import CompareState, View
from comparer.ui.context import Context
from comparer.ui.i18n import Localizer, merged, preferred

DONE = Column(
    "large",
    "done",
    "word0",
    Metrics(0.0, 0.0, 0.01, 0.25, 0.05, 1.2, 20.0, 60, 36, 20, 700 * 1024**2, 28 * 1024**2),
    "stop",
    answer_id="a1",
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_tiles_show_what_was_measured(language: Language) -> None:
    html = rendering.tiles(DONE, language, hidden=False, device="cpu")
    for shown in ("0.25 s", "20.0", "1.20 s", "700 MiB", "28.0 MiB", "36", "60"):
        assert shown in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_tiles_of_a_served_model_show_what_its_server_counted(language: Language) -> None:
    counted = Metrics(0.0, 0.0, 0.01, 0.25, 0.05, 1.2, 20.0, input_tokens=60, output_tokens=20)
    unknown = Metrics(0.0, 0.0, 0.01, 0.25, None, 1.2)
    shown = [
        rendering.tiles(replace(DONE, metrics=metrics), language, hidden=False, device="http://gpu-1:8001/v1")
        for metrics in (counted, unknown)
    ]
    assert "60" in shown[0] and "20.0" in shown[0]
    for html in shown:
        assert "None" not in html
        assert text("metric.memory_hint_served", language) in html
        assert f">{text('metric.memory_unreported', language)}</b>" in html
        assert text("metric.ttft_hint_served", language) in html


def test_hidden_tiles_show_no_figure() -> None:
    html = rendering.tiles(DONE, "en", hidden=True)
    assert not any(character.isdigit() for character in html)


def test_failure_is_escaped() -> None:
    column = Column("x", "failed", failure=Failure("engine_failed", {"model": "<img src=x>", "problem": "<b>"}))
    html = rendering.tiles(column, "en", hidden=False)
    assert "<img" not in html and "&lt;img" in html


def test_header_escapes_labels() -> None:
    html = rendering.header(DONE, 0, "<script>1</script>", "fp32", "indigo", "en")
    assert "<script>" not in html and "&lt;script&gt;" in html


def test_a_blind_view_never_names_a_model(make_dialogue) -> None:  # type: ignore[no-untyped-def]
    from comparer.engines.scripted_engine import Script
    from comparer.settings import Settings

    dialogue = make_dialogue(Script(), Script(), Script())
    context = Context(Settings(), dialogue.lineup, dialogue, dialogue.store)
    order = ("large", "small", "medium")
    columns = {key: Column(key, "done", "text", DONE.metrics, "stop", answer_id=key[:1]) for key in order}
    failure = Failure("out_of_memory", {"model": "Scripted small", "needed": "9 GiB", "free": "1 GiB"})
    columns["small"] = Column("small", "failed", failure=failure)
    state = CompareState(order, turn_id="t", blind=True, columns=columns, vote="B")
    view = View(context, state, "en")
    shown = "".join(view.header(n) + view.tiles(n) for n in range(3)) + view.switcher() + view.vote()
    for secret in ("small", "medium", "large", "Scripted", "indigo", "teal", "amber", "iB", "fp32", "bf16"):
        assert secret not in shown
    state.revealed = True
    assert "Scripted large" in view.header(0) and "amber" in view.header(0) and "700 MiB" in view.tiles(0)


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "–"), (0.0421, "42 ms"), (0.5, "0.50 s"), (12.34, "12.3 s"), (75.0, "75 s")]
)
def test_seconds(value: float | None, shown: str) -> None:
    assert units.seconds(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "–"), (512, "512 B"), (5_000_000, "4.8 MiB"), (17 * 1024**3, "17.0 GiB")]
)
def test_sizes(value: int | None, shown: str) -> None:
    assert units.size(value) == shown


@pytest.mark.parametrize(
    ("setting", "remembered", "accepted", "language"),
    [
        ("auto", None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("auto", None, "zh", "zh"),
        ("auto", None, "zh-TW", "zh"),
        ("auto", None, "de-DE,en;q=0.5", "en"),
        ("auto", None, "fr", "en"),
        ("auto", "en", "zh-CN", "en"),
        ("zh", None, "en-US", "zh"),
        ("zh", "en", "zh", "en"),
    ],
)
def test_first_language(setting: str, remembered: str | None, accepted: str, language: Language) -> None:
    assert preferred(setting, remembered, accepted) == language


def test_merging_updates_keeps_both_properties() -> None:
    import gradio as gr

    button, box = gr.Button(), gr.Textbox()
    result = merged({button: gr.update(value="a")}, {button: gr.update(visible=False), box: "x"})
    assert result[button]["value"] == "a" and result[button]["visible"] is False and result[box] == "x"


def test_localizer_makes_and_updates() -> None:
    import gradio as gr

    texts = Localizer("en")
    button = texts.add(gr.Button, {"value": "compare.send"})
    assert button.value == "Send"
    assert texts.updates("zh")[button]["value"] == "发送"


def test_an_event_sent_before_new_ends_in_the_new_conversation() -> None:
    old, new, newest = (CompareState(order=("small",)) for _ in range(3))
    old.successor, new.successor = new, newest
    assert old.latest is newest and newest.latest is newest


@pytest.mark.parametrize(("value", "shown"), [(648_384, "0.65M"), (7_482_240, "7.5M"), (8_767_123_696, "8.8B")])
def test_parameters(value: int, shown: str) -> None:
    assert units.parameters(value) == shown
