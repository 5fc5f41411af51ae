"""The panel "Rate" of the Test suites tab: the rating queue, which lives in the browser (`assets/queue.js`).

A keystroke judges an answer and shows the next one: too fast for an event of Gradio's and back. So the script has the
next answers in advance, and calls the functions below over Gradio's own channel to components.
"""

from typing import Any

import gradio as gr

from comparer.paths import ASSETS
from comparer.ui.context import Context
from comparer.ui.i18n import Localizer
from comparer.ui.queue_handlers import Json, QueueHandlers
from comparer.ui.queue_rendering import shell_html

SCRIPT = ASSETS / "queue.js"


def build_queue_panel(context: Context, texts: Localizer) -> None:
    """Lay the panel out. It needs no wiring: its script asks for what it shows once it is seen."""
    handlers = QueueHandlers(context)

    def upcoming(given: Any) -> Json:
        return handlers.upcoming(given)

    def keep(given: Any) -> Json:
        return handlers.keep(given)

    def enlarge(given: Any) -> Json:
        return handlers.enlarge(given)

    texts.add(
        gr.HTML,
        {"value": shell_html},
        elem_id="rating-queue",
        js_on_load=SCRIPT.read_text("utf-8"),
        server_functions=[upcoming, keep, enlarge],  # Gradio marks each: methods cannot be marked
    )
