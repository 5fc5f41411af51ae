"""The ways out below a column for which memory ran out: buttons that change one thing and ask again. No handlers."""

from collections.abc import Mapping
from dataclasses import dataclass

import gradio as gr

from comparer.ui.compare_state import CompareState
from comparer.ui.context import Context
from comparer.ui.i18n import Localizer, Updates
from comparer.ui.ways_out import REMEDIES, Remedy, remedies


@dataclass(frozen=True)
class Remedies:
    """One column's buttons."""

    row: gr.Row
    buttons: Mapping[Remedy, gr.Button]


def build_remedies(texts: Localizer, position: int) -> Remedies:
    """Lay a column's buttons out; none is shown before memory runs out."""
    with gr.Row(visible=False, elem_classes=["remedies"], elem_id=f"remedies-{position}") as row:
        buttons = {
            remedy: texts.add(
                gr.Button, {"value": f"remedy.{remedy}"}, size="sm", min_width=120, elem_classes=[f"remedy-{remedy}"]
            )
            for remedy in REMEDIES
        }
    return Remedies(row, buttons)


def ways_out(context: Context, state: CompareState, position: int) -> set[Remedy]:
    """What may help a column now, of what the visitor may do."""
    column = state.column(position)
    engine = context.dialogue.engines[column.model]
    possible = remedies(column, engine, context.engines_here, context.engines.residency)
    return possible if context.access.may("models.load") else possible - {"release", "unpin"}


def remedy_updates(shown: Remedies, possible: set[Remedy]) -> Updates:
    """Show the buttons that may help."""
    updates: Updates = {button: gr.update(visible=remedy in possible) for remedy, button in shown.buttons.items()}
    return updates | {shown.row: gr.update(visible=bool(possible))}
