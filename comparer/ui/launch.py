"""Serve the page with settings that are safe in the open."""

import gc
import logging
import os
import shlex
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from comparer.access.limits import Turnstile, limits_of
from comparer.access.users import UserList
from comparer.errors import InputError
from comparer.paths import ASSETS
from comparer.serving.gate import UPLOAD_SLACK, UPLOADS_A_MINUTE, UPLOADS_A_QUESTION, Doors, Gate
from comparer.serving.gradio_errors import log_without_values
from comparer.serving.headers import SecurityHeaders
from comparer.serving.logs import adopt_server_logs
from comparer.serving.operations import Operations
from comparer.serving.origin import is_local
from comparer.serving.sessions import Sessions
from comparer.serving.shutdown import Stop
from comparer.settings import Settings
from comparer.texts import text
from comparer.ui.theme import SCRIPT, STYLESHEET, theme

log = logging.getLogger(__name__)

WORKING_SPARE = 64
"""Threads and running events beside one for every question: ratings, tabs, looks at the memory."""


def launch(page: gr.Blocks, settings: Settings, operations: Operations | None = None, **overrides: Any) -> Any:
    """Launch `page` with its operators' routes; `overrides` go to Gradio's `launch`. Returns at once."""
    script = SCRIPT.read_text("utf-8")
    doors = doors_of(settings)
    if operations is not None:
        doors = replace(doors, sessions=Sessions(operations.sign_ins))
    guards = [
        Middleware(SecurityHeaders, on_a_space=doors.on_a_space, trust_proxy=doors.trust_proxy),
        Middleware(Gate, doors=doors),
    ]
    options = operations.server_options() if operations else {}
    log_without_values()
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
            "max_threads": settings.max_questions + WORKING_SPARE,
            "app_kwargs": options | {"middleware": [*options.get("middleware", ()), *guards]},
            "prevent_thread_lock": True,
            "_frontend": False,  # or Gradio asks itself for the page, and gives up where that takes over 3 s
            **overrides,
        }
    )


def serve(page: gr.Blocks, settings: Settings, operations: Operations) -> None:
    """Launch `page` and serve it until a signal comes; then end in good order.

    Outside the main thread, where `gradio app.py` runs the program again when a file changes, it returns at once.
    """
    stop = Stop()
    in_charge = stop.listen()
    launch(page, settings, operations, quiet=True)
    if settings.log_format == "text":
        print(text("start.open_at", "en", name=text("app.name", "en"), url=page.local_url), flush=True)  # noqa: T201
    if settings.is_open_to_all and not is_local(settings.host):
        log.warning(text("start.open_to_all", "en", host=settings.host))
    if not in_charge:
        return
    adopt_server_logs()
    log.info("serving", extra={"url": page.local_url, "lineup": operations.dialogue.lineup.name})
    gc.collect()
    gc.freeze()  # the program and the page stay: looking through them again and again stopped all streams meanwhile
    page.server.config.timeout_graceful_shutdown = 1  # open pages hold a connection as long as they are open
    stop.wait(lambda: page.is_running)
    operations.end()
    page.close(verbose=False)


def doors_of(settings: Settings) -> Doors:
    """How people come in. Raises InputError `no_users`, `not_on_a_space` or `oauth_missing` where nobody could."""
    on_a_space = "SPACE_ID" in os.environ
    users = None
    if settings.access == "users":
        users = UserList(settings.list_of_users)
        if not users.names():
            raise InputError("no_users", file=shlex.quote(str(users.file)))
    if settings.access == "huggingface" and not on_a_space:
        raise InputError("not_on_a_space")
    if settings.access == "huggingface" and not all(find_spec(package) for package in ("authlib", "itsdangerous")):
        raise InputError("oauth_missing")
    if settings.access != "open" or settings.shared:  # or uvicorn takes any address that a request claims to be from
        os.environ.setdefault("FORWARDED_ALLOW_IPS", "")
    limits = limits_of(settings)
    uploads = UPLOADS_A_QUESTION * limits.questions_a_minute if limits.questions_a_minute else UPLOADS_A_MINUTE
    behind_a_proxy = settings.trust_proxy or settings.root_path or on_a_space
    return Doors(
        mode=settings.access,
        shared=settings.shared,
        users=users,
        admins=frozenset(name.strip() for name in settings.admins.split(",") if name.strip()),
        trust_proxy=settings.trust_proxy,
        on_a_space=on_a_space,
        language=settings.language,
        local_only=is_local(settings.host) and settings.is_open_to_all and not behind_a_proxy,
        uploads=Turnstile(uploads),
        picture_mb=min(settings.max_upload_mb, limits.picture_mb or settings.max_upload_mb),
    )
