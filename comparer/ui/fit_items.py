"""The team's test items: add, rename, weigh, make a must-have, put in order, archive and bring back."""

from dataclasses import dataclass, replace
from html import escape

import gradio as gr
from gradio.blocks import Block

from comparer.fit.recommendation import item_name
from comparer.items import key_for, moved, threshold_of, weight_of
from comparer.records import TestItem
from comparer.texts import Language, text
from comparer.ui.context import Context
from comparer.ui.i18n import Localizer, Updates
from comparer.ui.rights import for_deed

NEW = ""
"""Chosen in place of an item's key: the form describes an item that is to be added."""
FIRST_THRESHOLD = 80
"""What a new item needs, in percent, unless the team says otherwise."""


@dataclass(frozen=True)
class ItemForm:
    """The components of the accordion, from top to bottom."""

    chosen: gr.Dropdown
    name_en: gr.Textbox
    name_zh: gr.Textbox
    threshold: gr.Number
    weight: gr.Number
    must_have: gr.Checkbox
    save: gr.Button
    up: gr.Button
    down: gr.Button
    archive: gr.Button
    restore: gr.Button
    status: gr.HTML

    @property
    def written(self) -> list[Block]:
        """What `ItemHandlers.save` reads, in that order."""
        return [self.chosen, self.name_en, self.name_zh, self.threshold, self.weight, self.must_have]


def build_items(context: Context, texts: Localizer) -> ItemForm:
    """Lay the accordion out, closed."""
    add = texts.add
    with add(
        gr.Accordion,
        {"label": "items.title"},
        open=False,
        elem_id="test-items",
        elem_classes=[for_deed("items.edit")],
    ):
        add(gr.HTML, {"value": lambda language: f"<p class='col-note'>{escape(text('items.about', language))}</p>"})
        with gr.Row():
            chosen = add(
                gr.Dropdown,
                {"label": "items.chosen", "choices": lambda language: _choices(context, language)},
                value=NEW,
                filterable=False,
                elem_id="item-chosen",
            )
            name_en = add(gr.Textbox, {"label": "items.name_en"}, max_lines=1, max_length=200, elem_id="item-name-en")
            name_zh = add(gr.Textbox, {"label": "items.name_zh"}, max_lines=1, max_length=200, elem_id="item-name-zh")
            threshold = add(gr.Number, {"label": "items.threshold"}, value=FIRST_THRESHOLD, elem_id="item-threshold")
            weight = add(gr.Number, {"label": "items.weight"}, value=1, elem_id="item-weight")
            must_have = add(gr.Checkbox, {"label": "items.must_have"}, value=False, elem_id="item-must-have")
        with gr.Row(elem_id="item-tools"):
            save = add(gr.Button, {"value": "items.save"}, variant="primary", size="md", elem_id="item-save")
            up = add(gr.Button, {"value": "items.up"}, size="md", visible=False, elem_id="item-up")
            down = add(gr.Button, {"value": "items.down"}, size="md", visible=False, elem_id="item-down")
            archive = add(gr.Button, {"value": "items.archive"}, size="md", visible=False, elem_id="item-archive")
            restore = add(gr.Button, {"value": "items.restore"}, size="md", visible=False, elem_id="item-restore")
        status = gr.HTML(elem_id="item-status")
    return ItemForm(chosen, name_en, name_zh, threshold, weight, must_have, save, up, down, archive, restore, status)


def _choices(context: Context, language: Language) -> list[tuple[str, str]]:
    items = [(_called(item, language), item.key) for item in context.store.items(include_archived=True)]
    return [*items, (text("items.new", language), NEW)]


def _called(item: TestItem, language: Language) -> str:
    name = item_name(item, language)
    return text("items.archived", language, name=name) if item.archived else name


class ItemHandlers:
    """What the form does to the kept items. All may raise `ComparerError`, and then nothing has changed."""

    def __init__(self, context: Context, form: ItemForm) -> None:
        self._context = context
        self._form = form

    @property
    def shown(self) -> list[Block]:
        """What `show` changes."""
        form = self._form
        return [*form.written, form.up, form.down, form.archive, form.restore, form.status]

    def show(self, key: str, language: Language, said: str = "") -> Updates:
        """The form of one item (`NEW`, or one that is gone: an empty one), with a sentence on what has been done."""
        form = self._form
        item = self._items().get(key)
        return {
            form.chosen: gr.update(choices=_choices(self._context, language), value=item.key if item else NEW),
            form.name_en: item.name_en if item else "",
            form.name_zh: item.name_zh if item else "",
            form.threshold: round(item.threshold * 100, 4) if item else FIRST_THRESHOLD,
            form.weight: item.weight if item else 1,
            form.must_have: item.must_have if item else False,
            form.up: gr.update(visible=item is not None and not item.archived),
            form.down: gr.update(visible=item is not None and not item.archived),
            form.archive: gr.update(visible=item is not None and not item.archived),
            form.restore: gr.update(visible=item is not None and item.archived),
            form.status: f"<p class='vote-status' role='status'>{escape(said)}</p>" if said else "",
        }

    def offer(self, language: Language) -> Updates:
        """The items to choose from as they stand now; the form stays as it is."""
        return {self._form.chosen: gr.update(choices=_choices(self._context, language))}

    def show_threshold(self, threshold: float) -> Updates:
        """The chosen item's threshold (0..1) as it has been changed elsewhere; the rest of the form stays."""
        return {self._form.threshold: round(threshold * 100, 4)}

    def save(
        self,
        key: str,
        name_en: str,
        name_zh: str,
        threshold: float | None,
        weight: float | None,
        must_have: bool,
        language: Language,
    ) -> Updates:
        """Keep what the form says: of the chosen item, or as a new one."""
        known = self._items()
        written = TestItem(
            key=key or key_for(name_en, known),
            name_en=name_en,
            name_zh=name_zh,
            threshold=threshold_of(threshold),
            weight=weight_of(weight),
            must_have=must_have,
            archived=key in known and known[key].archived,
        )
        if key:
            self._context.store.update_item(written)
        else:
            self._context.store.add_item(written)
        return self._done(written.key, "items.changed" if key else "items.added", language)

    def move(self, key: str, steps: int, language: Language) -> Updates:
        """Show an item earlier (`steps` < 0) or later among those in use."""
        store = self._context.store
        store.order_items(moved(store.items(), key, steps))
        return self._done(key, "items.moved", language)

    def archive(self, key: str, yes: bool, language: Language) -> Updates:
        """No longer offer an item, or offer it again; its ratings are kept either way."""
        self._context.store.update_item(replace(self._items()[key], archived=yes))
        return self._done(key, "items.put_away" if yes else "items.brought_back", language)

    def _done(self, key: str, sentence: str, language: Language) -> Updates:
        return self.show(key, language, text(sentence, language, name=item_name(self._items()[key], language)))

    def _items(self) -> dict[str, TestItem]:
        return {item.key: item for item in self._context.store.items(include_archived=True)}
