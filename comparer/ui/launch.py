"""Serve the page with settings that are safe in the open."""

from typing import Any

import gradio as gr

from comparer.paths import ASSETS
from comparer.settings import Settings
from comparer.ui.theme import SCRIPT, STYLESHEET, theme

POLICY = (
    "<meta http-equiv='Content-Security-Policy' content=\"img-src 'self' data: blob:; media-src 'self' data: blob:\">"
)
"""No answer can make a reader's browser call another host."""
UPLOAD_SLACK = 4
"""Gradio's own limit lies above ours, so that it is our sentence that a visitor reads."""


def launch(page: gr.Blocks, settings: Settings, **overrides: Any) -> Any:
    """Launch `page`; `overrides` go to Gradio's `launch` (tests pass `prevent_thread_lock`)."""
    script = SCRIPT.read_text("utf-8")
    return page.launch(
        **{
            "server_name": settings.host,
            "server_port": settings.port or None,
            "root_path": settings.root_path or None,
            "theme": theme(),
            "css": STYLESHEET.read_text("utf-8"),
            "head": f"{POLICY}<script>{script}</script>",
            "ssr_mode": False,
            "run_history": False,
            "enable_monitoring": False,
            "show_error": False,
            "max_file_size": f"{UPLOAD_SLACK * settings.max_upload_mb}mb",
            "allowed_paths": [str(ASSETS / "examples")],
            "state_session_capacity": settings.max_visitors,
            "footer_links": ["api", "settings"],
            **overrides,
        }
    )
