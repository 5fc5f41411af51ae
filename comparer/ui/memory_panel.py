"""The panel "Memory" of the tab "Cost and hardware": devices, models with their buttons, the last hour.

Knows no handlers.
"""

from dataclasses import dataclass

import gradio as gr

MODELS_JS = """
let focused = null;
const place = (button) => button.closest('[data-place]')?.dataset.place ?? '';
const key = (button) => place(button) + button.dataset.act.replace('unpin', 'pin');
element.addEventListener('focusin', (event) => {
  const button = event.target.closest('button[data-act]');
  focused = button && { key: key(button), place: place(button) };
});
element.addEventListener('focusout', (event) => { if (event.relatedTarget) focused = null; });
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-act]');
  if (button) trigger('act', { place: place(button), act: button.dataset.act });
});
watch('value', () => {
  if (focused === null || document.activeElement !== document.body) return;
  const buttons = [...element.querySelectorAll('button[data-act]:enabled')];
  const again = buttons.find((button) => key(button) === focused.key)
    ?? buttons.find((button) => place(button) === focused.place);
  again?.focus({ preventScroll: true });
});
"""
"""Runs in the browser: a button's act goes to the server, and the keyboard stays where it was when rows change."""

REFRESH_S = 2.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What the browser has been sent, so that only what has changed is sent again."""

    models: str = ""
    curve_at_s: float = float("-inf")
    marks: int = -1
    secretive: str = ""


NOTHING = Seen()


@dataclass(frozen=True)
class MemoryPanel:
    """Every component of the panel that a handler touches."""

    seen: gr.State
    devices: gr.HTML
    models: gr.HTML
    proposal: gr.HTML
    curve: gr.HTML
    timer: gr.Timer


def build_memory_panel() -> MemoryPanel:
    """Lay the panel out; what it shows comes once it is in front."""
    seen = gr.State(Seen(), time_to_live=86_400)
    with gr.Column(elem_id="memory"):
        devices = gr.HTML(elem_id="memory-devices")
        models = gr.HTML(elem_id="memory-models", js_on_load=MODELS_JS)
        proposal = gr.HTML(elem_id="memory-proposal")
        curve = gr.HTML(elem_id="memory-curves")
    return MemoryPanel(seen, devices, models, proposal, curve, gr.Timer(REFRESH_S, active=False))
