"""Serve the page with settings that are safe in the open."""

from typing import Any

import gradio as gr

from comparer.settings import Settings
from comparer.ui.theme import SCRIPT, STYLESHEET, theme


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
            "head": f"<script>{script}</script>",
            "ssr_mode": False,
            "run_history": False,
            "enable_monitoring": False,
            "show_error": False,
            "max_file_size": f"{settings.max_upload_mb}mb",
            "allowed_paths": [],
            "state_session_capacity": settings.max_visitors,
            "footer_links": ["api", "settings"],
            **overrides,
        }
    )
