"""The page as a whole: header, tabs, the language switch and the events between tabs."""

import secrets

import gradio as gr
from gradio.blocks import Block

from comparer.engines.memory import read_device_memory
from comparer.texts import Language
from comparer.ui.compare_handlers import CompareHandlers
from comparer.ui.compare_layout import build_compare_tab
from comparer.ui.compare_state import CompareState
from comparer.ui.compare_wiring import QUIET, wire_asking, wire_rating
from comparer.ui.context import Context
from comparer.ui.endpoints import Endpoints
from comparer.ui.fit_tab import FitHandlers, build_fit_tab
from comparer.ui.gallery_handlers import GalleryHandlers
from comparer.ui.header import Header, build_header, gauge_html, note_html
from comparer.ui.i18n import Localizer, Updates, merged, preferred
from comparer.ui.insight_panel import InsightHandlers, build_insight, wire_insight
from comparer.ui.rating_handlers import RatingHandlers

GAUGE_EVERY_S = 5
FETCH_FILE = "(file) => { if (file) setTimeout(() => document.querySelector('#download-file').click(), 150); }"
"""Runs in the browser once the export's address is there."""


def build_dashboard(context: Context) -> gr.Blocks:
    """The whole page; launch it with `launch_options`."""
    first: Language = preferred(context.settings.language, None, "")
    texts = Localizer(first)
    with gr.Blocks(
        title="Model Comparer", analytics_enabled=False, fill_width=True, delete_cache=(3600, 86_400)
    ) as page:
        Endpoints(context).publish()  # first: whoever comes later with the same name gets a number behind it
        header = build_header(context, texts)
        with gr.Tabs(elem_id="tabs"):
            with texts.add(gr.Tab, {"label": "tab.compare"}, id="compare"):
                compare = build_compare_tab(context, texts)
            with texts.add(gr.Tab, {"label": "tab.fit"}, id="fit") as fit_page:
                fit = build_fit_tab(texts)
                insight = build_insight(texts)
        compare_handlers = CompareHandlers(context, compare)
        gallery_handlers = GalleryHandlers(compare, compare_handlers)
        rating_handlers = RatingHandlers(context, compare, compare_handlers)
        fit_handlers = FitHandlers(context, fit)
        wire_asking(compare, compare_handlers, gallery_handlers, header.reviewer)
        wire_rating(compare, compare_handlers, rating_handlers, fit, fit_handlers, header.reviewer)

        def in_language(chosen: Language, state: CompareState, example: int, blind_only: bool) -> Updates:
            state = state.latest
            state.language = chosen
            return merged(
                {header.language: chosen, header.note: note_html(context, chosen), **_gauge(header, chosen)},
                texts.updates(chosen),
                compare_handlers.show(state),
                gallery_handlers.suggest(example, chosen) if example >= 0 else {},
                fit_handlers.show(blind_only, state),
            )

        def switch(
            chosen: Language, remembered: dict[str, str], state: CompareState, example: int, blind_only: bool
        ) -> Updates:
            """Show everything in the chosen language and remember it in this browser."""
            updates = in_language(chosen, state, example, blind_only)
            return updates | {header.remembered: {**remembered, "language": chosen}}

        def arrive(
            remembered: dict[str, str], state: CompareState, example: int, blind_only: bool, request: gr.Request
        ) -> Updates:
            """First view of a browser: its language, its reviewer's name, an empty conversation."""
            chosen = preferred(
                context.settings.language, remembered.get("language"), request.headers.get("accept-language", "")
            )
            reviewer = remembered.get("reviewer") or f"guest-{secrets.token_hex(3)}"
            updates = in_language(chosen, state, example, blind_only)
            return updates | {header.reviewer: reviewer, header.remembered: {**remembered, "reviewer": reviewer}}

        def rename(reviewer: str | None, remembered: dict[str, str]) -> dict[str, str]:
            """Remember the reviewer's name in this browser."""
            return {**remembered, "reviewer": (reviewer or "").strip()}

        def tick(state: CompareState) -> Updates:
            """The memory gauge as it stands now."""
            return _gauge(header, state.language)

        def leave(request: gr.Request) -> None:
            """The tab was closed: stop what it asked."""
            context.running.stop(request.session_hash or "")

        everything: list[Block] = [
            header.language,
            header.note,
            header.gauge,
            header.remembered,
            header.reviewer,
            *texts.components,
            *compare_handlers.shown,
            *compare.suggestions,
            compare.example,
            *fit_handlers.shown,
        ]
        everything = list(dict.fromkeys(everything))
        here = [compare.state, compare.example, fit.blind_only]
        page.load(arrive, [header.remembered, *here], everything, **QUIET)
        page.unload(leave)
        spoken = header.language.input(switch, [header.language, header.remembered, *here], everything, **QUIET)
        gr.on(
            [header.reviewer.blur, header.reviewer.submit],
            rename,
            [header.reviewer, header.remembered],
            header.remembered,
            queue=False,
            **QUIET,
        )
        filtered = gr.on(
            [fit_page.select, fit.refresh.click, fit.blind_only.input],
            fit_handlers.show,
            [fit.blind_only, compare.state],
            fit_handlers.shown,
            **QUIET,
        )
        wire_insight(
            insight,
            InsightHandlers(context, insight),
            after=[spoken, filtered],
            inputs=[fit.blind_only, compare.state],
            asked=lambda blind_only, state: (fit_handlers.ratings(blind_only, state), state.language),
        )
        fit.download.click(
            fit_handlers.write, [fit.format, fit.blind_only, compare.state], fit.file, **QUIET
        ).success(None, fit.file, None, js=FETCH_FILE)
        gr.Timer(GAUGE_EVERY_S).tick(tick, compare.state, header.gauge, queue=False, **QUIET)
    page.queue(max_size=64, default_concurrency_limit=16)
    return page  # type: ignore[no-any-return]


def _gauge(header: Header, language: Language) -> Updates:
    return {header.gauge: gauge_html(read_device_memory(), language)}
