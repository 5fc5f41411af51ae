"""The strip at the top: name, lineup, reviewer, language, memory."""

from dataclasses import dataclass
from html import escape

import gradio as gr

from comparer.engines.memory import read_device_memory
from comparer.texts import Language, text
from comparer.ui import units
from comparer.ui.context import Context
from comparer.ui.gauge import gauge_html
from comparer.ui.i18n import Localizer


@dataclass(frozen=True)
class Header:
    """The header's components."""

    reviewer: gr.Textbox
    language: gr.Radio
    gauge: gr.HTML
    note: gr.HTML
    rights: gr.HTML
    """Hides what the visitor may not do."""
    account: gr.HTML
    remembered: gr.BrowserState


def build_header(context: Context, texts: Localizer) -> Header:
    """Lay the header out."""
    add = texts.add
    with gr.Row(elem_id="header"):
        with gr.Column(scale=1, min_width=200, elem_id="brand"):
            add(gr.HTML, {"value": _brand_html})
        with gr.Column(scale=0, min_width=120, elem_id="facts"):
            gauge = gr.HTML(gauge_html(read_device_memory(), texts.first), elem_id="gauge")
        add(gr.HTML, {"value": _reviewer_label}, elem_id="reviewer-label")
        reviewer = add(
            gr.Textbox,
            {"placeholder": "app.reviewer_hint", "label": "app.reviewer"},
            show_label=False,
            container=False,
            max_lines=1,
            max_length=80,
            scale=0,
            elem_id="reviewer",
        )
        language = gr.Radio(
            [("中文", "zh"), ("EN", "en")],
            label="语言 / Language",
            show_label=False,
            container=False,
            scale=0,
            elem_id="language",
        )
        add(gr.HTML, {"value": _theme_html}, elem_id="theme")
        account = gr.HTML(elem_id="account", visible=context.access.mode == "users")
        if context.access.mode == "huggingface":
            gr.LoginButton(size="sm", scale=0, elem_id="sign-in")
    note = gr.HTML(note_html(context, texts.first), elem_id="lineup-note")
    rights = gr.HTML(elem_id="rights", visible=not context.access.everybodys, padding=False)
    # A fixed secret: the name and the language must survive a restart of the server, and are no secret.
    remembered = gr.BrowserState({}, storage_key="comparer", secret="comparer")
    return Header(reviewer, language, gauge, note, rights, account, remembered)


def _brand_html(language: Language) -> str:
    name, tagline = escape(text("app.name", language)), escape(text("app.tagline", language))
    return f"<h1 data-language='{language}'>{name}</h1><p>{tagline}</p>"


def _reviewer_label(language: Language) -> str:
    return f"<span class='header-label' aria-hidden='true'>{escape(text('app.reviewer', language))}</span>"


def _theme_html(language: Language) -> str:
    hint = escape(text("app.theme", language))
    return f"<button type='button' id='theme-toggle' title='{hint}' aria-label='{hint}'>◐</button>"


def note_html(context: Context, language: Language) -> str:
    """What the lineup is, what a demo model can do, and how to choose another lineup."""
    title = context.lineup.title_zh if language == "zh" else context.lineup.title_en
    about = text("demo.about", language) if context.lineup.demo else ""
    parts = [f"<b>{escape(title)}</b>", escape(about), escape(context.reason(language)), _servers(context, language)]
    return f"<p class='lineup-note'>{' '.join(part for part in parts if part)}</p>"


def _servers(context: Context, language: Language) -> str:
    """Of every served model whether its server was reached when it was last asked; empty for models held here."""
    found = []
    for engine in context.dialogue.engines.values():
        reach = engine.reach
        if reach is None:
            continue
        said = [text("app.reach_down", language)]
        if reach.reachable:
            said = [text("app.reach_up", language, network=units.seconds(reach.network_s))]
            said += (
                [text("app.reach_cache", language, share=units.percent(share))] if (share := reach.cache_used) else []
            )
        kind = "up" if reach.reachable else "down"
        words = f"{engine.spec.label}: {reach.endpoint} {('，' if language == 'zh' else ', ').join(said)}"
        found.append(f"<span class='reach {kind}'>{escape(words)}</span>")
    return " · ".join(found)
