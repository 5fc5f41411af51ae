"""The page as a whole: header, tabs, the language switch and the events between tabs."""

import secrets
from typing import Any

import gradio as gr
from gradio.blocks import Block

from comparer.engines.memory import read_device_memory
from comparer.texts import Language
from comparer.ui.compare_handlers import CompareHandlers
from comparer.ui.compare_layout import build_compare_tab
from comparer.ui.compare_state import CompareState
from comparer.ui.compare_wiring import wire_compare
from comparer.ui.context import Context
from comparer.ui.endpoints import Endpoints
from comparer.ui.fit_tab import FitHandlers, build_fit_tab
from comparer.ui.header import build_header, gauge_html, note_html
from comparer.ui.i18n import Localizer, merged, preferred

GAUGE_EVERY_S = 5


def build_dashboard(context: Context) -> gr.Blocks:
    """The whole page; launch it with `launch_options`."""
    first: Language = preferred(context.settings.language, None, "")
    texts = Localizer(first)
    with gr.Blocks(
        title="Model Comparer", analytics_enabled=False, fill_width=True, delete_cache=(3600, 86_400)
    ) as page:
        Endpoints(context).publish()  # first: whoever comes later with the same name gets a number behind it
        language = gr.State(first)
        header = build_header(context, texts)
        with gr.Tabs(elem_id="tabs"):
            with texts.add(gr.Tab, {"label": "tab.compare"}, id="compare"):
                compare = build_compare_tab(context, texts)
            with texts.add(gr.Tab, {"label": "tab.fit"}, id="fit") as fit_page:
                fit = build_fit_tab(texts)
        compare_handlers = CompareHandlers(context, compare)
        fit_handlers = FitHandlers(context, fit)
        wire_compare(compare, compare_handlers, fit, fit_handlers, header.reviewer, language)

        def in_language(chosen: Language, state: CompareState, example: int, blind_only: bool) -> dict[Any, Any]:
            return merged(
                {language: chosen, header.language: chosen, header.note: note_html(context, chosen)},
                texts.updates(chosen),
                compare_handlers.show(state, chosen),
                compare_handlers.suggest(example, chosen),
                fit_handlers.show(blind_only, chosen),
            )

        def switch(
            chosen: Language, remembered: dict[str, str], state: CompareState, example: int, blind_only: bool
        ) -> dict[Any, Any]:
            """Show everything in the chosen language and remember it in this browser."""
            return in_language(chosen, state, example, blind_only) | {
                header.remembered: {**remembered, "language": chosen}
            }

        def arrive(
            remembered: dict[str, str], state: CompareState, example: int, blind_only: bool, request: gr.Request
        ) -> dict[Any, Any]:
            """First view of a browser: its language, its reviewer's name, an empty conversation."""
            chosen = preferred(
                context.settings.language, remembered.get("language"), request.headers.get("accept-language", "")
            )
            reviewer = remembered.get("reviewer") or f"guest-{secrets.token_hex(3)}"
            updates = in_language(chosen, state, example, blind_only)
            return updates | {header.reviewer: reviewer, header.remembered: {**remembered, "reviewer": reviewer}}

        def rename(reviewer: str, remembered: dict[str, str]) -> dict[str, str]:
            """Remember the reviewer's name in this browser."""
            return {**remembered, "reviewer": (reviewer or "").strip()}

        everything: list[Block] = [
            language,
            header.language,
            header.note,
            header.remembered,
            header.reviewer,
            *texts.components,
            *compare_handlers.shown,
            *compare.suggestions,
            compare.example,
            fit.advice,
            fit.table,
        ]
        everything = list(dict.fromkeys(everything))
        here = [compare.state, compare.example, fit.blind_only]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        page.load(arrive, [header.remembered, *here], everything, **quiet)
        header.language.input(switch, [header.language, header.remembered, *here], everything, **quiet)
        header.reviewer.change(rename, [header.reviewer, header.remembered], header.remembered, queue=False, **quiet)
        gr.on(
            [fit_page.select, fit.refresh.click, fit.blind_only.input],
            fit_handlers.show,
            [fit.blind_only, language],
            [fit.advice, fit.table],
            **quiet,
        )
        fit.download.click(
            fit_handlers.file, [fit.format, fit.blind_only, language], fit.download, api_visibility="private"
        )

        def gauge(chosen: Language) -> str:
            return gauge_html(read_device_memory(), chosen)

        gr.Timer(GAUGE_EVERY_S).tick(gauge, language, header.gauge, queue=False, **quiet)

        def leave(request: gr.Request) -> None:
            """The tab was closed: stop what it asked."""
            context.running.stop(request.session_hash or "")

        page.unload(leave)
    page.queue(max_size=64, default_concurrency_limit=16)
    return page  # type: ignore[no-any-return]
