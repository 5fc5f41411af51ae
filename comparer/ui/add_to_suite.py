"""What "Add to a suite" does: the questions and pictures of a conversation become a case.

A blind conversation stays blind: its models are letters here, and what the browser gets are places, not keys.
"""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
from gradio.blocks import Block

from comparer.errors import ComparerError, InputError
from comparer.records import TestItem
from comparer.store import StoredConversation
from comparer.suites.from_conversation import add_conversation
from comparer.suites.library import suite_item
from comparer.texts import Language, text
from comparer.ui import case_rendering, rendering
from comparer.ui.add_form import NO_REFERENCE, AddForm, Chosen
from comparer.ui.compare_state import CompareState
from comparer.ui.compare_wiring import QUIET
from comparer.ui.context import Context
from comparer.ui.history_rendering import kept_lineup
from comparer.ui.i18n import Updates

NEW = ""
"""Chosen in place of a suite: a new one."""


class AddHandlers:
    """Handlers of one form."""

    def __init__(self, context: Context, form: AddForm) -> None:
        self._context = context
        self._form = form

    def offer(self, conversation_id: str, language: Language) -> Updates:
        """Open the form for a conversation."""
        form = self._form
        try:
            kept = self._asked(conversation_id)
            suites = case_rendering.own_choices(self._context.suites, language)
            items = self._context.store.items()
        except ComparerError as error:
            gr.Warning(error.sentence(language))
            return {form.box: gr.update(visible=False)}
        known = {item.key for item in items}
        item = kept.conversation.item
        suite = suites[0][1] if suites else NEW
        return {
            form.offered: conversation_id,
            form.box: gr.update(visible=True),
            form.suite: gr.update(choices=[*suites, (text("cases.new_suite", language), NEW)], value=suite),
            form.title: gr.update(value="", visible=not suites),
            form.item: gr.update(
                choices=case_rendering.item_choices(items, language), value=item if item in known else None
            ),
            form.reference: gr.update(choices=self._references(kept, language), value=NO_REFERENCE),
            form.key: False,
            form.status: "",
        }

    def _references(self, kept: StoredConversation, language: Language) -> list[tuple[str, int]]:
        lineup = kept_lineup(self._context, kept.conversation.lineup)
        labels = lineup.labels if lineup else {}
        choices = [(text("add_case.no_reference", language), NO_REFERENCE)]
        for position, model in enumerate(kept.conversation.order):
            letter = text("compare.blind_name", language, letter=rendering.letter(position))
            name = letter if kept.hidden else labels.get(model, model)
            choices.append((text("add_case.answers_of", language, name=name), position))
        return choices

    def choose(self, suite: str | None) -> Updates:
        """A new suite needs a title."""
        return {self._form.title: gr.update(visible=suite == NEW)}

    def close(self) -> Updates:
        """Close the form, and forget what was said of the conversation before."""
        return {self._form.box: gr.update(visible=False), self._form.status: ""}

    def add(self, conversation_id: str, chosen: Chosen, language: Language) -> Updates:
        """Add the conversation to the chosen suite, and say where it is."""
        if conversation_id != chosen.offered:  # another one has been begun or opened since
            gr.Info(text("add_case.another", language))
            return self.offer(conversation_id, language)
        library, form = self._context.suites, self._form
        try:
            kept = self._asked(conversation_id)
            item = self._item(chosen.item)
            place = NO_REFERENCE if chosen.reference is None else chosen.reference
            model = "" if place == NO_REFERENCE else kept.conversation.order[place]
            suite = chosen.suite or library.create(chosen.title or "", "", [suite_item(item)]).name
            limit = self._context.max_picture_bytes
            case = add_conversation(library, suite, kept, item, bool(chosen.key), model, limit)
        except ComparerError as error:
            gr.Warning(error.sentence(language).partition("\n")[0])
            return {form.status: case_rendering.refused_html(error, language, own_form=True)}
        title = library.read(suite).head.title(language)
        sentence = text("add_case.added", language, suite=title)
        link = case_rendering.said_html(sentence, f"{suite} {case.id}", text("add_case.look", language, case=case.id))
        return {form.box: gr.update(visible=False), form.status: link}

    def _asked(self, conversation_id: str) -> StoredConversation:
        if not conversation_id:
            raise InputError("nothing_asked_yet")
        return self._context.store.conversation(conversation_id)

    def _item(self, key: str | None) -> TestItem:
        for item in self._context.store.items(include_archived=True):
            if item.key == key:
                return item
        raise InputError("choose_item")


def wire_add(
    context: Context,
    opener: gr.Button,
    form: AddForm,
    present: list[Block],
    conversation: Callable[..., str],
    left: Sequence[Any],
) -> None:
    """Connect the button and the form; call inside `gr.Blocks`.

    `conversation` makes the id of the conversation at hand out of the values of `present`, the last of which is the
    Compare tab's state, which knows the page's language. The events `left` lead to another conversation.
    """
    handlers = AddHandlers(context, form)

    def offer(*values: Any) -> Updates:
        return handlers.offer(conversation(*values), _language(values))

    def add(*values: Any) -> Updates:
        chosen = Chosen(*values[: len(Chosen._fields)])
        others = values[len(Chosen._fields) :]
        return handlers.add(conversation(*others), chosen, _language(others))

    opener.click(offer, present, form.shown, **QUIET)
    form.suite.input(handlers.choose, form.suite, form.title, queue=False, **QUIET)
    gr.on([form.cancel.click, *left], handlers.close, None, [form.box, form.status], queue=False, **QUIET)
    form.add.click(add, [*form.chosen, *present], form.shown, **QUIET)


def _language(values: tuple[Any, ...]) -> Language:
    state: CompareState = values[-1]
    return state.latest.language
