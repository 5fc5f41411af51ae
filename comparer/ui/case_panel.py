"""Layout of the panel "Cases" of the Test suites tab: suites, the list of a suite's cases, and the form of one.

Knows no handlers.
"""

from dataclasses import dataclass, field, fields
from html import escape
from typing import Any, NamedTuple

import gradio as gr
from gradio.blocks import Block

from comparer.suites.cases import MAX_TEXT, MAX_TITLE, SuiteCase
from comparer.suites.drafting import CaseDraft
from comparer.suites.importing import SUFFIXES
from comparer.texts import Language, text
from comparer.ui.case_rendering import item_choices, suite_choices
from comparer.ui.context import Context
from comparer.ui.i18n import Localizer
from comparer.ui.rights import for_deed

FIRST_THRESHOLD = 80
"""What a new test item needs, in percent, unless the team says otherwise."""


@dataclass(frozen=True)
class Opened:
    """A case in the form. `case` is its id, "" for a new one; `seen` its mark when it was read."""

    case: str = ""
    seen: str = ""
    kept: CaseDraft = field(default_factory=CaseDraft)
    """As it was when it was opened."""
    draft: CaseDraft = field(default_factory=CaseDraft)
    """As it is typed; its pictures are files that the browser shows. The question in the form is newer than here."""
    turn: int = 0
    """Which question the form shows."""
    files: tuple[tuple[str, str], ...] = ()
    """A shown file and its path in the suite, for each picture that the suite has."""


class Deleted(NamedTuple):
    """A deleted suite, as `Library.restore` takes it."""

    suite: str


class Removed(NamedTuple):
    """A removed case and where it stood."""

    suite: str
    case: SuiteCase
    place: int


@dataclass(frozen=True)
class CaseState:
    """What one browser session does here."""

    suite: str = ""
    opened: Opened | None = None
    page: int = 0
    unsaved: tuple[tuple[str, Opened], ...] = ()
    """Suite and case of what was left without being saved."""
    doing: str = ""
    """What the form of titles is for: "new", "rename", "duplicate"; "" while it is closed."""
    head_seen: str = ""
    """Mark of the suite's head when the form of titles was opened."""
    undo: Deleted | Removed | None = None
    """What was taken away last."""


@dataclass(frozen=True)
class SuiteTools:
    """Choosing a suite, and everything that is done to one as a whole."""

    suite: gr.Dropdown
    new: gr.Button
    duplicate: gr.Button
    rename: gr.Button
    download: gr.Button
    delete: gr.Button
    undo: gr.Button
    file: gr.DownloadButton
    titles: gr.Column
    title_en: gr.Textbox
    title_zh: gr.Textbox
    items: gr.Dropdown
    save_titles: gr.Button
    cancel: gr.Button
    import_name: gr.Textbox
    import_item: gr.Dropdown
    import_file: gr.UploadButton
    status: gr.HTML
    missing: gr.Column
    missing_note: gr.HTML
    missing_item: gr.Dropdown
    threshold: gr.Number
    add_items: gr.Button


@dataclass(frozen=True)
class CaseList:
    """The cases of the chosen suite."""

    search: gr.Textbox
    new: gr.Button
    list: gr.HTML
    previous: gr.Button
    next: gr.Button


@dataclass(frozen=True)
class CaseForm:
    """One case, to be changed."""

    box: gr.Column
    close: gr.Button
    head: gr.HTML
    pictures: gr.Gallery
    item: gr.Dropdown
    key: gr.Checkbox
    turn: gr.Radio
    add_turn: gr.Button
    remove_turn: gr.Button
    earlier: gr.Button
    later: gr.Button
    question: gr.Textbox
    reference: gr.Textbox
    check: gr.Textbox
    tried: gr.Textbox
    judged: gr.HTML
    save: gr.Button
    discard: gr.Button
    up: gr.Button
    down: gr.Button
    remove: gr.Button
    status: gr.HTML

    @property
    def typed(self) -> list[Block]:
        """What somebody types, in the order in which `case_handlers.Given` has it."""
        return [self.pictures, self.item, self.key, self.question, self.reference, self.check, self.tried]


@dataclass(frozen=True)
class CasePanel:
    """Every component that a handler touches."""

    state: gr.State
    tools: SuiteTools
    cases: CaseList
    form: CaseForm


def components(part: SuiteTools | CaseList | CaseForm) -> list[Block]:
    """All components of a part of the panel."""
    return [getattr(part, one.name) for one in fields(part)]


def build_case_panel(context: Context, texts: Localizer) -> CasePanel:
    """Lay the panel out."""
    state = gr.State(CaseState(), time_to_live=86_400)
    with gr.Column(elem_id="cases"):
        tools = _tools(context, texts)
        with gr.Row(elem_id="case-panes", equal_height=False):
            with gr.Column(scale=0, min_width=300, elem_id="case-found"):
                cases = _list(texts)
            with gr.Column(scale=1, min_width=300, elem_id="case-edit"):
                form = _form(texts)
    return CasePanel(state, tools, cases, form)


def _tools(context: Context, texts: Localizer) -> SuiteTools:
    add = texts.add
    parts: dict[str, Any] = {}

    def button(key: str, name: str, **options: Any) -> gr.Button:
        return add(gr.Button, {"value": key}, size="sm", min_width=60, elem_id=f"suite-{name}", **options)

    with gr.Row(elem_id="suite-tools"):
        parts["suite"] = add(
            gr.Dropdown,
            {"label": "suites.suite", "choices": lambda language: suite_choices(context.suites, language)},
            value=None,
            elem_id="case-suite",
            scale=2,
        )
        parts["new"] = button("cases.new_suite", "new", elem_classes=[for_deed("suites.edit")])
        parts["duplicate"] = button("cases.duplicate", "duplicate", elem_classes=[for_deed("suites.edit")])
        parts["rename"] = button("cases.rename", "rename", elem_classes=[for_deed("suites.edit")])
        parts["download"] = button("cases.download", "download")
        parts["delete"] = button("cases.delete", "delete", elem_classes=[for_deed("suites.delete")])
        parts["undo"] = button("cases.undo", "undo", visible=False, elem_classes=[for_deed("suites.delete")])
    parts["file"] = gr.DownloadButton(elem_id="suite-file", visible="hidden")
    with gr.Column(visible=False, elem_id="suite-titles", elem_classes=["boxed"]) as parts["titles"]:
        with gr.Row():
            for name in ("title_en", "title_zh"):
                parts[name] = add(
                    gr.Textbox,
                    {"label": f"cases.{name}"},
                    max_lines=1,
                    max_length=MAX_TITLE,
                    elem_id=f"suite-{name.replace('_', '-')}",
                )
            parts["items"] = add(
                gr.Dropdown,
                {"label": "cases.items", "choices": lambda language: item_choices(context.store.items(), language)},
                value=[],
                multiselect=True,
                elem_id="suite-items",
            )
        with gr.Row(elem_classes=["buttons"]):
            parts["save_titles"] = button("cases.save", "save-titles", variant="primary")
            parts["cancel"] = button("cases.cancel", "cancel")
    parts |= _import(context, texts)
    parts["status"] = gr.HTML(elem_id="suite-status")
    with gr.Column(visible=False, elem_id="suite-missing", elem_classes=["boxed"]) as parts["missing"]:
        parts["missing_note"] = gr.HTML()
        with gr.Row():
            parts["missing_item"] = add(gr.Dropdown, {"label": "cases.new_item"}, choices=[], filterable=False)
            parts["threshold"] = add(
                gr.Number, {"label": "items.threshold"}, value=FIRST_THRESHOLD, elem_id="suite-threshold"
            )
            parts["add_items"] = button(
                "cases.add_items", "add-items", variant="primary", elem_classes=[for_deed("items.edit")]
            )
    return SuiteTools(**parts)


def _import(context: Context, texts: Localizer) -> dict[str, Any]:
    add = texts.add
    with add(
        gr.Accordion,
        {"label": "cases.import"},
        open=False,
        elem_id="suite-import",
        elem_classes=[for_deed("suites.edit")],
    ):
        add(
            gr.HTML,
            {"value": lambda language: f"<p class='col-note'>{escape(text('cases.import_about', language))}</p>"},
        )
        with gr.Row():
            name = add(
                gr.Textbox,
                {"label": "cases.import_name", "placeholder": "cases.import_name_hint"},
                max_lines=1,
                max_length=64,
                elem_id="import-name",
            )
            item = add(
                gr.Dropdown,
                {
                    "label": "cases.import_item",
                    "choices": lambda language: [
                        (text("cases.no_default", language), ""),
                        *item_choices(context.store.items(), language),
                    ],
                },
                value="",
                allow_custom_value=True,
                elem_id="import-item",
            )
            file = add(
                gr.UploadButton,
                {"label": "cases.import_file"},
                size="md",
                file_types=list(SUFFIXES),
                variant="primary",
                elem_id="import-suite",
            )
    return {"import_name": name, "import_item": item, "import_file": file}


def _list(texts: Localizer) -> CaseList:
    add = texts.add
    with gr.Row(elem_id="case-search"):
        search = add(
            gr.Textbox,
            {"placeholder": "cases.search_hint", "label": "history.text"},
            show_label=False,
            container=False,
            max_lines=1,
            max_length=200,
            elem_id="case-text",
        )
        new = add(
            gr.Button,
            {"value": "cases.new_case"},
            size="md",
            scale=0,
            min_width=96,
            elem_id="case-new",
            elem_classes=[for_deed("suites.edit")],
        )
    listed = gr.HTML(elem_id="case-list")
    with gr.Row(elem_id="case-pages", elem_classes=["buttons"]):
        previous = add(gr.Button, {"value": "cases.previous"}, size="sm", visible=False, elem_id="case-previous")
        following = add(gr.Button, {"value": "cases.next"}, size="sm", visible=False, elem_id="case-next")
    return CaseList(search, new, listed, previous, following)


def _form(texts: Localizer) -> CaseForm:
    add = texts.add
    parts: dict[str, Any] = {}

    def button(key: str, name: str, **options: Any) -> gr.Button:
        return add(gr.Button, {"value": key}, size="sm", min_width=40, elem_id=f"case-{name}", **options)

    with gr.Column(visible=False, elem_id="case-form") as parts["box"]:
        parts["close"] = button("cases.close", "close")
        parts["head"] = gr.HTML()
        with gr.Row(equal_height=False):
            parts["pictures"] = add(
                gr.Gallery,
                {"label": "cases.pictures"},
                type="filepath",
                columns=4,
                height=170,
                object_fit="contain",
                sources=["upload", "clipboard"],
                interactive=True,
                buttons=[],
                elem_id="case-pictures",
            )
            with gr.Column(min_width=200, elem_id="case-kind"):
                parts["item"] = add(gr.Dropdown, {"label": "compare.item"}, choices=[], elem_id="case-item")
                parts["key"] = add(gr.Checkbox, {"label": "cases.key", "info": "cases.key_hint"}, elem_id="case-key")
        with gr.Row(elem_id="case-turns"):
            parts["turn"] = add(gr.Radio, {"label": "cases.turns"}, choices=[], elem_id="case-turn", type="value")
            parts["add_turn"] = button("cases.add_turn", "add-turn")
            parts["earlier"] = button("cases.earlier", "earlier")
            parts["later"] = button("cases.later", "later")
            parts["remove_turn"] = button("cases.remove_turn", "remove-turn")
        for name, lines in (("question", 2), ("reference", 2)):
            parts[name] = add(
                gr.Textbox,
                {"label": f"cases.{name}", "placeholder": f"cases.{name}_hint"},
                lines=lines,
                max_lines=12,
                max_length=MAX_TEXT,
                elem_id=f"case-{name}",
            )
        with gr.Row():
            for name in ("check", "tried"):
                parts[name] = add(
                    gr.Textbox,
                    {"label": f"cases.{name}", "placeholder": f"cases.{name}_hint"},
                    max_lines=3,
                    max_length=MAX_TEXT,
                    elem_id=f"case-{name}",
                )
        parts["judged"] = gr.HTML(elem_id="case-judged")
        with add(gr.Accordion, {"label": "cases.check_help"}, open=False, elem_id="check-help"):
            add(gr.HTML, {"value": _help_html})
        with gr.Row(elem_id="case-actions", elem_classes=["buttons"]):
            parts["save"] = button(
                "cases.save_case", "save", variant="primary", elem_classes=[for_deed("suites.edit")]
            )
            parts["discard"] = button("cases.discard", "discard")
            parts["up"] = button("items.up", "up", elem_classes=[for_deed("suites.edit")])
            parts["down"] = button("items.down", "down", elem_classes=[for_deed("suites.edit")])
            parts["remove"] = button("cases.remove", "remove", elem_classes=[for_deed("suites.edit")])
    parts["status"] = gr.HTML(elem_id="case-status")
    return CaseForm(**parts)


_EXAMPLES = ("exact", "contains", "number", "choice", "anls", "regex", "any_of")


def _help_html(language: Language) -> str:
    rows = "".join(
        f"<tr><th scope='row'><code>{escape(text(f'check_help.{kind}_form', language))}</code></th>"
        f"<td>{escape(text(f'check_help.{kind}', language))}</td></tr>"
        for kind in _EXAMPLES
    )
    return f"<p class='col-note'>{escape(text('check_help.about', language))}</p><table class='plain'>{rows}</table>"
