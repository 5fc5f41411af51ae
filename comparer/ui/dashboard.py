"""The page as a whole: header, tabs, the language switch and the events between tabs."""

import secrets
from collections.abc import Callable
from typing import Any

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
from comparer.ui.fit_answers import OpenCell
from comparer.ui.fit_filter import FitFilter
from comparer.ui.fit_tab import FitHandlers, build_fit_tab
from comparer.ui.fit_wiring import whole_tab, wire_fit
from comparer.ui.gallery_handlers import GalleryHandlers
from comparer.ui.gauge import gauge_html
from comparer.ui.hardware_tab import build_hardware_tab, wire_hardware
from comparer.ui.header import Header, build_header, note_html
from comparer.ui.history_layout import build_history_tab
from comparer.ui.history_wiring import FROM_ADDRESS, wire_history
from comparer.ui.i18n import Localizer, Updates, merged, preferred, with_wish
from comparer.ui.page import Page
from comparer.ui.rating_handlers import RatingHandlers
from comparer.ui.remedy_handlers import RemedyHandlers
from comparer.ui.reopening import Reopening
from comparer.ui.rights import account_html, hidden_html
from comparer.ui.suites_tab import build_suites_tab, wire_suites

GAUGE_EVERY_S = 5
MOST_EVENTS = 1024
"""Events that wait for their turn, of all visitors: questions are counted apart, and refused with a sentence."""


def build_dashboard(context: Context) -> gr.Blocks:
    """The whole page; launch it with `launch_options`."""
    texts = Localizer(preferred(context.settings.language, None, ""))
    with Page(title="Model Comparer", analytics_enabled=False, fill_width=True, delete_cache=(3600, 86_400)) as page:
        Endpoints(context).publish()  # first: whoever comes later with the same name gets a number behind it
        header = build_header(context, texts)
        with gr.Tabs(elem_id="tabs") as tabs:
            with texts.add(gr.Tab, {"label": "tab.compare"}, id="compare") as compare_page:
                compare = build_compare_tab(context, texts)
            with texts.add(gr.Tab, {"label": "tab.suites"}, id="suites") as suites_page:
                suites = build_suites_tab(context, texts)
            with texts.add(gr.Tab, {"label": "tab.fit"}, id="fit") as fit_page:
                fit = build_fit_tab(context, texts)
            with texts.add(gr.Tab, {"label": "tab.hardware"}, id="hardware") as hardware_page:
                hardware = build_hardware_tab(context, texts)
            with texts.add(gr.Tab, {"label": "tab.history"}, id="history") as history_page:
                history = build_history_tab(context, texts)
        compare_handlers = CompareHandlers(context, compare)
        gallery_handlers = GalleryHandlers(compare, compare_handlers)
        rating_handlers = RatingHandlers(context, compare, compare_handlers)
        fit_handlers = FitHandlers(context, fit, compare.item)
        wire_asking(
            compare, compare_handlers, gallery_handlers, RemedyHandlers(context, compare_handlers), header.reviewer
        )
        wire_rating(compare, compare_handlers, rating_handlers, fit, fit_handlers, header.reviewer)
        reopening = Reopening(context, compare, compare_handlers, gallery_handlers)
        history_again = wire_history(context, history, history_page, tabs, reopening, header.reviewer)

        def in_language(
            chosen: Language, example: int, shown: FitFilter, opened: OpenCell | None, item: str, state: CompareState
        ) -> Updates:
            state = state.latest
            state.language = chosen
            return merged(
                {header.language: chosen, header.note: note_html(context, chosen), **_gauge(header, chosen)},
                {header.account: account_html(context.access, chosen)},
                texts.updates(chosen),
                compare_handlers.show(state),
                gallery_handlers.suggest(example, chosen) if example >= 0 else {},
                fit_handlers.show_all(shown, opened, item, state),
            )

        def switch(chosen: Language | None, remembered: dict[str, str], example: int, *fit_tab: Any) -> Updates:
            """Show everything in the chosen language and remember it in this browser. Sent by hand it may be none."""
            updates = in_language(chosen or texts.first, example, *fit_tab)
            return updates | {header.remembered: {**remembered, "language": chosen or texts.first}}

        def arrive(remembered: dict[str, str], request: gr.Request, example: int, *fit_tab: Any) -> Updates:
            """First view of a browser: its language, its reviewer's name, an empty conversation."""
            remembered = with_wish(remembered, request.query_params.get("lang"))
            chosen = preferred(
                context.settings.language, remembered.get("language"), request.headers.get("accept-language", "")
            )
            signed_in = context.access.visitor.name
            reviewer = signed_in or remembered.get("reviewer") or f"guest-{secrets.token_hex(3)}"
            updates = in_language(chosen, example, *fit_tab) | {header.rights: hidden_html(context.access)}
            if signed_in:  # the name is the login's: what this browser remembers of another one stays as it is
                return updates | {
                    header.reviewer: gr.update(value=reviewer, interactive=False),
                    header.remembered: remembered,
                }
            return updates | {header.reviewer: reviewer, header.remembered: {**remembered, "reviewer": reviewer}}

        shown: list[Block] = [
            header.language,
            header.note,
            header.rights,
            header.account,
            header.gauge,
            header.remembered,
            header.reviewer,
            *texts.components,
            *compare_handlers.shown,
            *compare.suggestions,
            compare.example,
            *fit_handlers.all_shown,
        ]
        everything = list(dict.fromkeys(shown))
        here = [compare.example, *whole_tab(fit, compare)]
        page.load(arrive, [header.remembered, *here], everything, **QUIET).then(js=FROM_ADDRESS)
        page.unload(_leaving(context))
        spoken = header.language.input(switch, [header.language, header.remembered, *here], everything, **QUIET)
        spoken.then(*history_again, **QUIET)
        wire_fit(context, fit_page, fit, fit_handlers, compare, spoken, QUIET)
        box = wire_suites(
            context, suites, compare, header.reviewer,
            page=suites_page, elsewhere=[compare_page, fit_page, history_page], addressed=[hardware_page], tabs=tabs,
            spoken=spoken,
        )  # fmt: skip
        wire_hardware(
            context, hardware, compare,
            page=hardware_page, elsewhere=[compare_page, suites_page, fit_page, history_page],
            tabs=tabs, address=suites.run.address, box=box, spoken=spoken,
        )  # fmt: skip
        _wire_header(header, compare.state)
    page.queue(max_size=MOST_EVENTS, default_concurrency_limit=16)
    return page  # type: ignore[no-any-return]


def _leaving(context: Context) -> Callable[[gr.Request], None]:
    def leave(request: gr.Request) -> None:
        """The tab was closed: stop what it asked."""
        context.stop(request.session_hash or "")

    return leave


def _wire_header(header: Header, state: gr.State) -> None:
    """Keep the reviewer's name in this browser, and the memory gauge as it stands."""

    def rename(reviewer: str | None, remembered: dict[str, str]) -> dict[str, str]:
        return {**remembered, "reviewer": (reviewer or "").strip()}

    def tick(now: CompareState) -> Updates:
        return _gauge(header, now.language)

    given = [header.reviewer, header.remembered]
    gr.on([header.reviewer.blur, header.reviewer.submit], rename, given, header.remembered, queue=False, **QUIET)
    gr.Timer(GAUGE_EVERY_S).tick(tick, state, header.gauge, queue=False, **QUIET)


def _gauge(header: Header, language: Language) -> Updates:
    return {header.gauge: gauge_html(read_device_memory(), language)}
