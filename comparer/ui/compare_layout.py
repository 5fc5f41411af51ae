"""Layout of the Compare tab: where everything stands. Knows no handlers."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from comparer.fit.recommendation import item_name
from comparer.records import TestItem
from comparer.texts import Language, text
from comparer.ui import rendering
from comparer.ui.add_form import AddForm, build_add_button, build_add_form
from comparer.ui.compare_state import CompareState, View
from comparer.ui.context import Context
from comparer.ui.demo_layout import Starters, build_cards, build_starters
from comparer.ui.examples import examples
from comparer.ui.i18n import Localizer
from comparer.ui.remedies import Remedies, build_remedies
from comparer.ui.rights import consent_html
from comparer.ui.uploaded_image import UploadedImage

REASONS = ("wrong", "made_up", "incomplete", "format", "too_slow", "drifted")
SUGGESTIONS = 3


@dataclass(frozen=True)
class ColumnComponents:
    """One model's column, from top to bottom."""

    header: gr.HTML
    chat: gr.Chatbot
    tiles: gr.HTML
    remedies: Remedies
    rating: gr.Row
    accept: gr.Button
    refuse: gr.Button
    why: gr.Accordion
    reasons: gr.CheckboxGroup
    note: gr.Textbox
    retry: gr.Button
    best: gr.Button


@dataclass(frozen=True)
class CompareTab:
    """Every component of the tab that a handler touches."""

    state: gr.State
    example: gr.State
    picture: UploadedImage
    address: gr.Textbox
    gallery: gr.Gallery
    item: gr.Dropdown
    blind: gr.Checkbox
    policy: gr.Radio
    temperature: gr.Slider
    max_new_tokens: gr.Slider
    max_image_tokens: gr.Slider
    starters: Starters
    switcher: gr.HTML
    columns: tuple[ColumnComponents, ...]
    voting: gr.Row
    tie: gr.Button
    none: gr.Button
    status: gr.HTML
    suggestions: tuple[gr.Button, ...]
    question: gr.Textbox
    send: gr.Button
    stop: gr.Button
    new: gr.Button
    add_case: gr.Button
    add_form: AddForm


def item_choices(items: tuple[TestItem, ...], language: Language) -> list[tuple[str, str]]:
    """The test items as (name, key), after "none"."""
    names = [(item_name(item, language), item.key) for item in items]
    return [(text("compare.no_item", language), ""), *names]


def build_compare_tab(context: Context, texts: Localizer) -> CompareTab:
    """Lay the tab out in English; the localizer turns it into the visitor's language."""
    first = CompareState(order=context.lineup.keys)
    parts: dict[str, Any] = {
        "state": gr.State(first, delete_callback=None, time_to_live=86_400),
        "example": gr.State(-1),
    }
    with gr.Row(elem_id="compare", equal_height=False):
        with gr.Column(scale=0, min_width=300, elem_id="side"):
            parts |= _side(context, texts)
        with gr.Column(scale=1, min_width=320, elem_id="stage"):
            parts["starters"] = build_starters(context, texts)
            parts["switcher"] = gr.HTML(elem_id="switcher")
            with gr.Row(elem_id="columns", equal_height=False):
                columns = [_column(context, texts, first, position) for position in range(len(first.order))]
            parts |= _voting(texts, len(columns))
            parts["columns"] = tuple(
                ColumnComponents(**column, best=best)
                for column, best in zip(columns, parts.pop("bests"), strict=True)
            )
            parts |= _asking(context, texts)
    build_cards(context, texts)
    return CompareTab(**parts)


def _side(context: Context, texts: Localizer) -> dict[str, Any]:
    add = texts.add
    parts: dict[str, Any] = {}
    parts["picture"] = add(
        UploadedImage,
        {"label": "compare.picture", "placeholder": "compare.drop"},
        type="filepath",
        sources=["upload", "webcam", "clipboard"],
        height=230,
        show_label=False,
        elem_id="picture",
        buttons=["fullscreen"],
    )
    parts["gallery"] = add(
        gr.Gallery,
        {
            "label": "compare.examples",
            "value": lambda language: [(str(example.path), example.captions[language]) for example in examples()],
        },
        columns=4,
        height="auto",
        show_label=False,
        allow_preview=False,
        object_fit="cover",
        elem_id="gallery",
        buttons=[],
        interactive=False,
    )
    parts["item"] = add(
        gr.Dropdown,
        {"label": "compare.item", "choices": lambda language: item_choices(context.store.items(), language)},
        value="",
        elem_id="item",
        filterable=False,
    )
    parts["blind"] = add(gr.Checkbox, {"label": "compare.blind"}, value=False, elem_id="blind", container=False)
    with add(gr.Accordion, {"label": "compare.settings"}, open=False, elem_id="settings"):
        parts["address"] = add(
            gr.Textbox,
            {"placeholder": "compare.address_hint", "label": "compare.address"},
            max_lines=1,
            show_label=False,
            elem_id="address",
            container=False,
        )
        parts["policy"] = add(
            gr.Radio,
            {
                "label": "compare.policy",
                "choices": lambda language: [
                    (text("compare.policy_fair", language), "fair"),
                    (text("compare.policy_together", language), "together"),
                ],
            },
            value="fair",
            elem_id="policy",
        )
        parts["temperature"] = add(gr.Slider, {"label": "compare.temperature"}, 0, 1.5, value=0, step=0.1)
        parts["max_new_tokens"] = add(
            gr.Slider,
            {"label": "compare.max_new_tokens"},
            1,
            context.limits.tokens or max(4096, context.sampling.max_new_tokens),
            value=context.sampling.max_new_tokens,
            step=1,
        )
        parts["max_image_tokens"] = add(
            gr.Slider,
            {"label": "compare.max_image_tokens"},
            64,
            max(4096, context.sampling.max_image_tokens),
            value=context.sampling.max_image_tokens,
            step=1,
        )
    return parts


def _column(context: Context, texts: Localizer, state: CompareState, position: int) -> dict[str, Any]:
    add = texts.add
    view = View(context, state, "en")
    with gr.Column(min_width=260, elem_classes=["model-column"], elem_id=f"column-{position}"):
        header = gr.HTML(view.header(position))
        chat = add(
            gr.Chatbot,
            {"placeholder": "compare.empty", "label": partial(_column_label, position)},
            show_label=False,
            height="var(--chat-height)",
            layout="panel",
            buttons=["copy"],
            feedback_options=None,
            group_consecutive_messages=False,
            elem_id=f"chat-{position}",
            elem_classes=["chat"],
            resizable=False,
            latex_delimiters=[],
        )
        tiles = gr.HTML(view.tiles(position))
        remedies = build_remedies(texts, position)
        with gr.Row(visible=False, elem_classes=["rating"]) as rating:
            accept = add(
                gr.Button,
                {"value": lambda language: "✓ " + text("compare.accept", language)},
                size="sm",
                elem_id=f"accept-{position}",
                min_width=90,
                elem_classes=["accept"],
            )
            refuse = add(
                gr.Button,
                {"value": lambda language: "✗ " + text("compare.refuse", language)},
                size="sm",
                elem_id=f"refuse-{position}",
                min_width=90,
                elem_classes=["refuse"],
            )
            retry = add(
                gr.Button,
                {"value": lambda language: "↻ " + text("compare.retry", language)},
                size="sm",
                elem_id=f"retry-{position}",
                elem_classes=["retry"],
                min_width=60,
            )
        with add(gr.Accordion, {"label": "compare.why"}, visible=False, open=False, elem_classes=["why"]) as why:
            reasons = add(
                gr.CheckboxGroup,
                {
                    "choices": lambda language: [(text(f"reason.{key}", language), key) for key in REASONS],
                    "label": "compare.reasons",
                },
                show_label=False,
                container=False,
            )
            note = add(
                gr.Textbox,
                {"placeholder": "compare.note_hint", "label": "compare.note"},
                max_lines=3,
                show_label=False,
                container=False,
                max_length=2000,
            )
    return {
        "header": header, "chat": chat, "tiles": tiles, "remedies": remedies, "rating": rating, "accept": accept,
        "refuse": refuse, "why": why, "reasons": reasons, "note": note, "retry": retry,
    }  # fmt: skip


def _column_label(position: int, language: Language) -> str:
    return text("compare.blind_name", language, letter=rendering.letter(position))


def _voting(texts: Localizer, columns: int) -> dict[str, Any]:
    add = texts.add
    with gr.Row(visible=False, elem_id="voting") as voting:
        add(gr.HTML, {"value": "compare.best"}, elem_classes=["vote-label"])
        bests = [
            gr.Button(rendering.letter(position), size="sm", elem_id=f"best-{position}", min_width=80)
            for position in range(columns)
        ]
        tie = add(gr.Button, {"value": "compare.tie"}, size="sm", elem_id="best-tie", min_width=60)
        none = add(gr.Button, {"value": "compare.none"}, size="sm", elem_id="best-none", min_width=60)
    return {"voting": voting, "bests": bests, "tie": tie, "none": none, "status": gr.HTML(elem_id="vote-status")}


def _asking(context: Context, texts: Localizer) -> dict[str, Any]:
    add = texts.add
    with gr.Row(elem_id="suggestions"):
        suggestions = tuple(
            gr.Button("", visible=False, size="sm", elem_classes=["suggestion"], min_width=60)
            for _ in range(SUGGESTIONS)
        )
    with gr.Row(elem_id="asking", equal_height=True):
        question = add(
            gr.Textbox,
            {"placeholder": "compare.question_hint", "label": "compare.question"},
            lines=1,
            max_lines=6,
            show_label=False,
            container=False,
            scale=8,
            elem_id="question",
            autofocus=False,
            max_length=8000,
        )
        send = add(gr.Button, {"value": "compare.send"}, variant="primary", scale=0, min_width=96, elem_id="send")
        stop = add(
            gr.Button, {"value": "compare.stop"}, variant="stop", scale=0, min_width=96, visible=False, elem_id="stop"
        )
        new = add(gr.Button, {"value": "compare.new"}, scale=0, min_width=80, elem_id="new")
        add_case = build_add_button(texts, "compare", scale=0, min_width=80)
    add(gr.HTML, {"value": partial(rendering.keys, len(context.lineup.keys))}, elem_id="keys")
    if context.settings.shared:
        add(gr.HTML, {"value": partial(consent_html, context.settings)}, elem_id="consent")
    return {
        "suggestions": suggestions, "question": question, "send": send, "stop": stop, "new": new,
        "add_case": add_case, "add_form": build_add_form(texts, "compare"),
    }  # fmt: skip
