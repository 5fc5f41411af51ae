"""Serve the page with settings that are safe in the open."""

import os
from importlib.util import find_spec
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from comparer.access.users import UserList
from comparer.errors import InputError
from comparer.paths import ASSETS
from comparer.serving.gate import Doors, Gate
from comparer.serving.headers import SecurityHeaders
from comparer.settings import Settings
from comparer.ui.theme import SCRIPT, STYLESHEET, theme

UPLOAD_SLACK = 4
"""Gradio's own limit lies above ours, so that it is our sentence that a visitor reads."""


def launch(page: gr.Blocks, settings: Settings, **overrides: Any) -> Any:
    """Launch `page`; `overrides` go to Gradio's `launch` (tests pass `prevent_thread_lock`)."""
    script = SCRIPT.read_text("utf-8")
    doors = doors_of(settings)
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
            "max_file_size": f"{UPLOAD_SLACK * settings.max_upload_mb}mb",
            "allowed_paths": [str(ASSETS / "examples")],
            "state_session_capacity": settings.max_visitors,
            "footer_links": ["api", "settings"],
            "app_kwargs": {
                "middleware": [
                    Middleware(SecurityHeaders, on_a_space=doors.on_a_space),
                    Middleware(Gate, doors=doors),
                ]
            },
            **overrides,
        }
    )


def doors_of(settings: Settings) -> Doors:
    """How people come in. Raises InputError `no_users`, `not_on_a_space` or `oauth_missing` where nobody could."""
    on_a_space = "SPACE_ID" in os.environ
    users = None
    if settings.access == "users":
        users = UserList(settings.list_of_users)
        if not users.names():
            raise InputError("no_users", file=str(users.file))
    if settings.access == "huggingface" and not on_a_space:
        raise InputError("not_on_a_space")
    if settings.access == "huggingface" and not all(find_spec(package) for package in ("authlib", "itsdangerous")):
        raise InputError("oauth_missing")
    if settings.access != "open" or settings.shared:  # or uvicorn takes any address that a request claims to be from
        os.environ.setdefault("FORWARDED_ALLOW_IPS", "")
    return Doors(
        mode=settings.access,
        shared=settings.shared,
        users=users,
        admins=frozenset(name.strip() for name in settings.admins.split(",") if name.strip()),
        trust_proxy=settings.trust_proxy,
        on_a_space=on_a_space,
        language=settings.language,
    )
