"""What the Compare tab has for demo models only: starters above the columns, and the models' cards.

A starter is a gallery picture with a question, one for each kind of work. Knows no handlers.
"""

from dataclasses import dataclass
from functools import partial

import gradio as gr

from comparer.palette import COLOURS
from comparer.texts import Language
from comparer.ui import demo_rendering
from comparer.ui.context import Context
from comparer.ui.examples import examples, starters
from comparer.ui.i18n import Localizer


@dataclass(frozen=True)
class Starters:
    """`buttons` are in the order of `examples.starters`."""

    row: gr.Row
    buttons: tuple[gr.Button, ...]


def build_starters(context: Context, texts: Localizer) -> Starters:
    """The row across the top of the columns; never shown for a lineup that is no demo."""
    with gr.Row(visible=context.lineup.demo, elem_id="starters") as row:
        texts.add(gr.HTML, {"value": "demo.starters"}, elem_classes=["starters-label"])
        buttons = tuple(
            texts.add(
                gr.Button,
                {"value": partial(_question, example)},
                icon=examples()[example].path,
                size="sm",
                min_width=60,
                elem_classes=["starter"],
            )
            for example in starters()
        )
    return Starters(row, buttons)


def build_cards(context: Context, texts: Localizer) -> None:
    """The cards of all demo models, closed; the columns' buttons open them by `Context.card_id`."""
    if context.demo_facts:
        texts.add(gr.HTML, {"value": partial(_cards, context)}, elem_id="cards")


def _cards(context: Context, language: Language) -> str:
    return "".join(
        demo_rendering.card_dialog(
            context.demo_facts[spec.key], context.card_id(spec.key), spec.label, COLOURS[place], language
        )
        for place, spec in enumerate(context.lineup.models)
    )


def _question(example: int, language: Language) -> str:
    return examples()[example].questions[language][0]
