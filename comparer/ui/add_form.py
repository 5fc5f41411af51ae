"""The button "Add to a suite" of a conversation, and the layout of the small form behind it. Knows no handlers."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import gradio as gr
from gradio.blocks import Block

from comparer.suites.cases import MAX_TITLE
from comparer.ui.i18n import Localizer
from comparer.ui.rights import for_deed

NO_REFERENCE = -1
"""In place of a column."""


@dataclass(frozen=True)
class AddForm:
    """The form, from top to bottom. `offered` is the conversation that it was opened for."""

    offered: gr.State
    box: gr.Column
    suite: gr.Dropdown
    title: gr.Textbox
    item: gr.Dropdown
    reference: gr.Dropdown
    key: gr.Checkbox
    add: gr.Button
    cancel: gr.Button
    status: gr.HTML

    @property
    def shown(self) -> list[Block]:
        """What the handlers change."""
        return [
            self.offered, self.box, self.suite, self.title, self.item, self.reference, self.key, self.status
        ]  # fmt: skip

    @property
    def chosen(self) -> list[Block]:
        """What somebody chooses, in the order of `Chosen`."""
        return [self.suite, self.title, self.item, self.reference, self.key, self.offered]


class Chosen(NamedTuple):
    """What the form says."""

    suite: str | None
    title: str | None
    item: str | None
    reference: int | None
    """Column whose answers become the reference answers, or `NO_REFERENCE`."""
    key: bool | None
    offered: str


def build_add_button(texts: Localizer, place: str, **options: Any) -> gr.Button:
    """The button that opens the form; `place` is where it stands: "compare", "history"."""
    return texts.add(
        gr.Button,
        {"value": "add_case.open"},
        elem_id=f"{place}-add-case",
        elem_classes=[for_deed("suites.edit")],
        **options,
    )


def build_add_form(texts: Localizer, place: str) -> AddForm:
    """The form, closed."""
    add = texts.add
    offered = gr.State("", time_to_live=86_400)
    with gr.Column(visible=False, elem_id=f"{place}-adding", elem_classes=["boxed"]) as box:
        with gr.Row():
            suite = add(gr.Dropdown, {"label": "suites.suite"}, choices=[], filterable=False, min_width=160)
            title = add(
                gr.Textbox,
                {"label": "add_case.title"},
                max_lines=1,
                max_length=MAX_TITLE,
                visible=False,
                min_width=160,
                elem_id=f"{place}-add-title",
            )
            item = add(gr.Dropdown, {"label": "compare.item"}, choices=[], filterable=False, min_width=160)
            reference = add(
                gr.Dropdown, {"label": "cases.reference"}, choices=[], filterable=False, min_width=160, type="value"
            )
        with gr.Row(elem_classes=["buttons"]):
            key = add(gr.Checkbox, {"label": "cases.key"}, container=False, scale=0, min_width=120)
            do = add(
                gr.Button,
                {"value": "add_case.add"},
                size="sm",
                variant="primary",
                min_width=90,
                elem_id=f"{place}-add",
            )
            cancel = add(gr.Button, {"value": "cases.cancel"}, size="sm", min_width=90, elem_id=f"{place}-add-cancel")
    status = gr.HTML(elem_id=f"{place}-added")
    return AddForm(offered, box, suite, title, item, reference, key, do, cancel, status)
