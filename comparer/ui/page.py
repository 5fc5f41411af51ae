"""Gradio's page, made to cost the server less while answers stream to many visitors.

For every output of an event Gradio builds its component anew whenever a property of it is updated, and also when
nothing is: most of the server's time in a streamed answer. Here only what an update names is built.
"""

import copy
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.blocks import Block
from gradio.state_holder import SessionState

Updates = dict[Block, Any]


class Page(gr.Blocks):
    """The root of the page."""

    async def postprocess_data(
        self, block_fn: BlockFunction, predictions: list[Any] | Updates, state: SessionState | None
    ) -> list[Any]:
        """What goes to the browser for each output of an event, in their order."""
        if not isinstance(predictions, dict) or not all(isinstance(named, Block) for named in predictions):
            return await super().postprocess_data(block_fn, predictions, state)
        unknown = predictions.keys() - set(block_fn.outputs)
        if unknown or not predictions:
            return await super().postprocess_data(block_fn, predictions, state)
        named = copy.copy(block_fn)
        named.outputs = [output for output in block_fn.outputs if output in predictions]
        values = [predictions[output] for output in named.outputs]
        made = await super().postprocess_data(named, values[0] if len(values) == 1 else values, state)
        given = dict(zip(named.outputs, made, strict=True))
        return [given[output] if output in given else _nothing(output) for output in block_fn.outputs]


def _nothing(output: Block) -> dict[str, Any] | None:
    return None if output.stateful else gr.skip()


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
