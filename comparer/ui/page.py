"""Gradio's page, made to cost the server less while answers stream to many visitors.

For every output of an event Gradio builds its component anew whenever a property of it is updated, and also when
nothing is: most of the server's time in a streamed answer. Here only what an update names is built, and only where
the update changes more than looks. Gradio also keeps a description of every component for every visitor, from which
it makes links to the page as it stands; this page has no such links, and keeps none.
"""

import copy
from types import SimpleNamespace
from typing import Any, cast

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.blocks import Block
from gradio.state_holder import SessionState, StateHolder

Updates = dict[Block, Any]

LOOKS = frozenset({"visible", "interactive", "variant", "label", "placeholder", "info"})
"""Properties that do not change how a component reads what is put in, or shows a value."""
SHOWN_AS_GIVEN = (gr.Button, gr.HTML)
"""Components whose value, too, is nothing but looks."""


class Page(gr.Blocks):
    """The root of the page."""

    @property
    def state_holder(self) -> StateHolder:
        """What the server knows of each open page."""
        return self._sessions

    @state_holder.setter
    def state_holder(self, holder: StateHolder) -> None:
        holder.__class__ = Sessions  # Gradio makes the holder itself, and asks nobody what of
        self._sessions = holder

    async def postprocess_data(
        self, block_fn: BlockFunction, predictions: list[Any] | Updates, state: SessionState | None
    ) -> list[Any]:
        """What goes to the browser for each output of an event, in their order."""
        if not isinstance(predictions, dict) or not all(isinstance(named, Block) for named in predictions):
            return await super().postprocess_data(block_fn, predictions, state)
        unknown = predictions.keys() - set(block_fn.outputs)
        if unknown or not predictions:
            return await super().postprocess_data(block_fn, predictions, state)
        given = {output: _told(output, update) for output, update in predictions.items() if _is_look(output, update)}
        named = copy.copy(block_fn)
        named.outputs = [output for output in block_fn.outputs if output in predictions and output not in given]
        if named.outputs:
            values = [predictions[output] for output in named.outputs]
            made = await super().postprocess_data(named, values[0] if len(values) == 1 else values, state)
            given |= dict(zip(named.outputs, made, strict=True))
        return [given[output] if output in given else _nothing(output) for output in block_fn.outputs]


class Sessions(StateHolder):
    """What the server knows of each open page."""

    def __getitem__(self, session_id: str) -> SessionState:
        if session_id not in self.session_data:
            self.session_data[session_id] = Session(self.blocks)
        return super().__getitem__(session_id)


class Session(SessionState):
    """What the server knows of one open page, without a description of its components."""

    def __init__(self, blocks: gr.Blocks) -> None:
        super().__init__(cast(gr.Blocks, SimpleNamespace(default_config=blocks.default_config, blocks=())))
        vars(self.blocks_config)["config_for_block"] = _no_description


def _no_description(*_: object) -> dict[str, Any]:
    return {}


def _nothing(output: Block) -> dict[str, Any] | None:
    return None if output.stateful else gr.skip()


def _told(output: Block, update: dict[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in update.items() if value is not None}
    if "value" in update and isinstance(output, SHOWN_AS_GIVEN):
        told["value"] = output.postprocess(update["value"])
    return told


def _is_look(output: Block, update: Any) -> bool:
    if not _is_update(update):
        return False
    looks = LOOKS | {"value"} if isinstance(output, SHOWN_AS_GIVEN) else LOOKS
    named = update.keys() - {"__type__"}
    return looks.issuperset(named) and all(hasattr(output, name) for name in named)


class Changes:
    """Leaves out of a stream of updates the properties and texts that it has told before.

    Other values stay in, chats above all: Gradio sends how they differ from the update before, and all of them again
    after one in which they were missing.
    """

    def __init__(self) -> None:
        self._told: Updates = {}

    def of(self, updates: Updates) -> Updates:
        """What is new in `updates`."""
        new = {
            component: update
            for component, update in updates.items()
            if not (isinstance(update, str) or _is_update(update)) or self._told.get(component) != update
        }
        self._told |= {component: copy.copy(update) for component, update in new.items()}  # Gradio empties its own
        return new


def _is_update(value: Any) -> bool:
    return isinstance(value, dict) and value.get("__type__") == "update"
