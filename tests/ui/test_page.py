"""The page builds only what an update names, and the browser gets the same as from Gradio's own."""

import copy
from inspect import signature
from typing import Any

import gradio as gr
import pytest
from gradio.blocks import Block
from gradio.state_holder import SessionState, StateHolder

from comparer.ui.page import Changes, Page, Session
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
    assert made(Page, {"b": gr.update(lines=2)})[1] == ["b"]
    assert made(Page, {"b": gr.update(visible=False)})[1] == []
    assert len(made(gr.Blocks, {"b": gr.update(visible=False)})[1]) == 3  # else the class is of no use any more


@pytest.mark.parametrize(
    "kind", [gr.Button, gr.HTML, gr.Row, gr.Accordion, gr.Tab, gr.Textbox, gr.Dropdown, gr.Number]
)
@pytest.mark.parametrize(
    "update",
    [
        {"visible": False},
        {"visible": "hidden", "interactive": False},
        {"label": "Said", "info": "More", "placeholder": "Here"},
        {"variant": "primary", "interactive": None},
        {"value": "7", "visible": True},
        {"value": None, "label": "Said"},
        {"choices": ["7", "8"], "label": "Said"},
    ],
)
def test_looks_are_told_as_by_gradio(kind: type[Block], update: dict[str, Any]) -> None:
    def told(of: type[gr.Blocks]) -> list[Any]:
        with of() as page:
            part, other = kind(), gr.State()
            gr.Button().click(lambda: None, None, [part, other])
        (event,) = page.fns.values()
        return run_to_end(page.postprocess_data(event, {part: gr.update(**update), other: 1}, SessionState(page)))

    update = {name: value for name, value in update.items() if name in signature(kind.__init__).parameters}
    theirs, _ = told(gr.Blocks)
    assert theirs.pop("props", {"__type__": "update"}) == {"__type__": "update"}  # of an HTML; means nothing
    assert told(Page) == [theirs, None]


def test_a_property_that_a_component_has_not_is_an_error_as_in_gradio() -> None:
    with Page() as page:
        button, other = gr.Button(), gr.State()
        button.click(lambda: None, None, [button, other])
    (event,) = page.fns.values()
    with pytest.raises(TypeError, match="placeholder"):
        run_to_end(page.postprocess_data(event, {button: gr.update(placeholder="x")}, SessionState(page)))


def test_a_session_keeps_no_description_and_is_otherwise_gradios() -> None:
    with Page() as page:
        number, state = gr.Number(), gr.State(5)
    StateHolder().set_blocks(page)
    session = page.state_holder["somebody"]
    theirs = SessionState(page)
    assert isinstance(session, Session) and vars(session).keys() == vars(theirs).keys()
    for one in (session, theirs):
        assert one[state._id] == 5
        one[state._id] = 6
        one[number._id] = gr.Number(minimum=3, render=False)
        one._update_config(number._id)
        one._update_value_in_config(number._id, 4)
        assert one[state._id] == 6 and one[number._id].minimum == 3
    assert theirs.config_values[number._id]["props"]["value"] == 4
    assert not any(session.config_values.values())
    assert page.state_holder["somebody"] is session and page.default_config.blocks[number._id] is number


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
