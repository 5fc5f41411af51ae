"""The page builds only what an update names, and the browser gets the same as from Gradio's own."""

import copy
from typing import Any

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from comparer.ui.page import Changes, Page
from tests.loops import run_to_end


def made(kind: type[gr.Blocks], updates: Any) -> tuple[list[Any], list[str]]:
    """What goes to the browser for a handler's updates, and which components were built for it."""
    built: list[str] = []

    class Watched(gr.Textbox):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            built.append(options.get("label", ""))
            super().__init__(*arguments, **options)

    with kind() as page:
        parts = {name: Watched(label=name) for name in ("a", "b", "c")}
        parts["state"] = gr.State(0)
        gr.Button().click(lambda: None, None, list(parts.values()))
    (event,) = page.fns.values()
    chosen = copy.deepcopy(updates)  # Gradio empties what it is given
    if isinstance(chosen, dict):
        chosen = {parts[name]: update for name, update in chosen.items()}
    built.clear()
    return run_to_end(page.postprocess_data(event, chosen, SessionState(page))), built


@pytest.mark.parametrize(
    "updates",
    [
        {"b": "text"},
        {"a": gr.update(visible=False), "c": "more", "state": 3},
        {"a": gr.update(value="x"), "b": gr.update(label="y"), "c": gr.skip(), "state": 1},
    ],
)
def test_the_browser_gets_what_it_gets_from_gradio(updates: dict[str, Any]) -> None:
    assert made(Page, updates)[0] == made(gr.Blocks, updates)[0]


def test_only_what_is_named_is_built() -> None:
    assert made(Page, {"b": gr.update(visible=False)})[1] == ["b"]
    assert len(made(gr.Blocks, {"b": gr.update(visible=False)})[1]) == 3  # else the class is of no use any more


def test_lists_are_gradios_own_business() -> None:
    assert made(Page, ["1", "2", "3", 4])[0] == ["1", "2", "3", None]


def test_an_unknown_component_is_refused_as_by_gradio() -> None:
    with gr.Blocks():
        stranger = gr.Textbox()
    with Page() as page:
        gr.Button().click(lambda: None, None, [gr.Textbox(), gr.Textbox()])
    (event,) = page.fns.values()
    with pytest.raises(ValueError, match="not specified as output"):
        run_to_end(page.postprocess_data(event, {stranger: "x"}, SessionState(page)))


def test_properties_and_texts_are_told_once_and_chats_always() -> None:
    with gr.Blocks():
        button, chat, head = gr.Button(), gr.Chatbot(), gr.HTML()
    changes = Changes()
    assert changes.of({head: "A"}) == {head: "A"} and changes.of({head: "A"}) == {}
    assert changes.of({head: "B"}) == {head: "B"} and changes.of({head: "A"}) == {head: "A"}
    shown = {button: gr.update(visible=True), chat: ["same"]}
    assert changes.of(shown) == shown
    first = changes.of({button: gr.update(value="A")})
    first[button].pop("value")  # as Gradio does
    assert changes.of({button: gr.update(value="A")}) == {}
    assert changes.of(shown) == shown
    assert changes.of(shown) == {chat: ["same"]}
    assert changes.of({button: gr.update(visible=False)}) == {button: gr.update(visible=False)}
    assert changes.of({button: gr.update(visible=True)}) == {button: gr.update(visible=True)}
