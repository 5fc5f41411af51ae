"""Layout of the History tab: filters, the list, and the conversation that is read beside it. Knows no handlers."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from comparer.texts import Language, text
from comparer.ui.add_form import AddForm, build_add_button, build_add_form
from comparer.ui.context import Context
from comparer.ui.history_rendering import item_names
from comparer.ui.i18n import Localizer

Choices = list[tuple[str, str]]


@dataclass(frozen=True)
class HistoryState:
    """What one browser session looks at: where each page up to the shown one begins, and which conversation."""

    cursors: tuple[str, ...] = ("",)
    next: str = ""
    """Where the page after the shown one begins; empty when there is none."""
    opened: str = ""


@dataclass(frozen=True)
class Filters:
    """What is sought, in the order in which `history_handlers.sought_by` takes the values."""

    text: gr.Textbox
    item: gr.Dropdown
    lineup: gr.Dropdown
    reviewer: gr.Dropdown
    rated: gr.Dropdown
    source: gr.Dropdown
    since: gr.DateTime
    until: gr.DateTime


@dataclass(frozen=True)
class HistoryTab:
    """Every component of the tab that a handler touches."""

    state: gr.State
    filters: Filters
    search: gr.Button
    clear: gr.Button
    count: gr.HTML
    list: gr.HTML
    newer: gr.Button
    older: gr.Button
    tools: gr.Row
    back: gr.Button
    resume: gr.Button
    markdown: gr.Button
    json: gr.Button
    star: gr.Button
    delete: gr.Button
    confirm: gr.Row
    question: gr.HTML
    delete_for_good: gr.Button
    keep: gr.Button
    reading: gr.HTML
    file: gr.DownloadButton
    add_case: gr.Button
    add_form: AddForm


def item_choices(context: Context, language: Language) -> Choices:
    """All test items, archived ones too, after "all"."""
    names = item_names(context, language)
    return [(text("history.any_item", language), ""), *((name, key) for key, name in names.items())]


def lineup_choices(context: Context, language: Language) -> Choices:
    """Every lineup with which a conversation was begun, after "all"."""
    return [(text("history.any_lineup", language), ""), *((name, name) for name in context.store.lineups())]


def reviewer_choices(context: Context, language: Language, own: str = "") -> Choices:
    """Everybody who has rated, after "all" and the reader's own name."""
    others = [reviewer.name for reviewer in context.store.reviewers() if reviewer.name not in {"", own}]
    mine = [(text("history.mine", language, name=own), own)] if own else []
    return [(text("history.any_reviewer", language), ""), *mine, *((name, name) for name in others)]


def rated_choices(language: Language) -> Choices:
    """Rated or not, after "all"."""
    return [(text(f"history.{key}", language), value) for key, value in _RATED]


def source_choices(language: Language) -> Choices:
    """Where a conversation comes from: by default test runs only as far as somebody has rated something."""
    return [(text(f"history.{key}", language), value) for key, value in _SOURCES]


_RATED = (("any_rating", ""), ("rated", "rated"), ("unrated", "unrated"))
_SOURCES = (("asked_or_rated", ""), ("of_runs", "runs"), ("asked", "people"))


def build_history_tab(context: Context, texts: Localizer) -> HistoryTab:
    """Lay the tab out."""
    parts: dict[str, Any] = {"state": gr.State(HistoryState(), time_to_live=86_400)}
    with gr.Column(elem_id="history"):
        parts |= _filters(context, texts)
        with gr.Row(elem_id="history-panes", equal_height=False):
            with gr.Column(scale=0, min_width=300, elem_id="history-found"):
                parts |= _found(texts)
            with gr.Column(scale=1, min_width=300, elem_id="history-read"):
                parts |= _read(texts)
    return HistoryTab(**parts)


def _filters(context: Context, texts: Localizer) -> dict[str, Any]:
    add = texts.add

    def choice(label: str, name: str, choices: Any, **options: Any) -> gr.Dropdown:
        shown = {"label": label, "choices": choices}
        return add(gr.Dropdown, shown, value="", elem_id=f"history-{name}", min_width=130, **options)

    def day(label: str, name: str) -> gr.DateTime:
        return add(
            gr.DateTime, {"label": label}, include_time=False, type="string", elem_id=f"history-{name}", min_width=130
        )

    with gr.Row(elem_id="history-search"):
        sought = add(
            gr.Textbox,
            {"placeholder": "history.text_hint", "label": "history.text"},
            show_label=False,
            container=False,
            max_lines=1,
            max_length=200,
            scale=4,
            elem_id="history-text",
        )
        search = add(gr.Button, {"value": "history.search"}, scale=0, min_width=96, elem_id="history-go")
        clear = add(gr.Button, {"value": "history.clear"}, scale=0, min_width=96, elem_id="history-clear")
    with gr.Row(elem_id="history-filters"):
        item = choice("fit.item", "item", lambda language: item_choices(context, language), filterable=False)
        lineup = choice("filter.lineup", "lineup", lambda language: lineup_choices(context, language))
        reviewer = choice(
            "app.reviewer", "reviewer", lambda language: reviewer_choices(context, language), allow_custom_value=True
        )
        rated = choice("filter.ratings", "rated", rated_choices, filterable=False)
        source = choice("history.source", "source", source_choices, filterable=False)
        since, until = day("history.since", "since"), day("history.until", "until")
    filters = Filters(sought, item, lineup, reviewer, rated, source, since, until)
    return {"filters": filters, "search": search, "clear": clear}


def _found(texts: Localizer) -> dict[str, Any]:
    add = texts.add
    parts: dict[str, Any] = {"count": gr.HTML(elem_id="history-count"), "list": gr.HTML(elem_id="history-list")}
    with gr.Row(elem_id="history-pages"):
        parts["newer"] = add(gr.Button, {"value": "history.newer"}, size="sm", visible=False, elem_id="history-newer")
        parts["older"] = add(gr.Button, {"value": "history.older"}, size="sm", visible=False, elem_id="history-older")
    return parts


def _read(texts: Localizer) -> dict[str, Any]:
    add = texts.add

    def button(key: str, name: str, **options: Any) -> gr.Button:
        return add(gr.Button, {"value": key}, size="sm", min_width=60, elem_id=f"history-{name}", **options)

    with gr.Row(visible=False, elem_id="history-tools") as tools:
        parts: dict[str, Any] = {
            "back": button("history.back", "back"),
            "resume": button("history.resume", "resume", variant="primary"),
            "markdown": button("history.markdown", "markdown"),
            "json": button("history.json", "json"),
            "add_case": build_add_button(texts, "history", size="sm", min_width=60),
            "star": button("history.star", "star"),
            "delete": button("history.delete", "delete"),
        }
    with gr.Row(visible=False, elem_id="history-confirm") as confirm:
        parts["question"] = gr.HTML()
        parts["delete_for_good"] = button("history.delete_for_good", "delete-for-good", variant="stop")
        parts["keep"] = button("history.keep", "keep")
    parts["add_form"] = build_add_form(texts, "history")
    reading = gr.HTML(elem_id="history-reading")
    file = gr.DownloadButton(elem_id="conversation-file", visible="hidden")
    return {**parts, "tools": tools, "confirm": confirm, "reading": reading, "file": file}
