"""What is done to a suite as a whole in the panel "Cases": choose, make, copy, rename, delete, take away, import.

Handlers return `{component: value}`; whatever went wrong becomes a sentence in the visitor's language.
"""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import gradio as gr
from gradio.blocks import Block

from comparer.errors import ComparerError
from comparer.items import threshold_of
from comparer.records import TestItem
from comparer.suites.cases import Suite, SuiteHead, SuiteItem
from comparer.suites.importing import ImportOptions, rotated_questions
from comparer.suites.importing.naming import slug
from comparer.suites.library import fingerprint, suite_item
from comparer.texts import Language, text
from comparer.ui import case_rendering
from comparer.ui.case_handlers import CaseHandlers, Given
from comparer.ui.case_panel import CaseState, Deleted, Removed, components
from comparer.ui.compare_layout import CompareTab, item_choices
from comparer.ui.context import Context
from comparer.ui.downloads import download_folder
from comparer.ui.i18n import Updates

ALL = ""
"""Chosen in place of one new item: all of them."""


class Titles(NamedTuple):
    """The form of titles, in the order in which it is wired."""

    english: str | None
    chinese: str | None
    items: list[str] | None


class SuiteTools:
    """Handlers of one page's suites."""

    def __init__(self, context: Context, cases: CaseHandlers, compare: CompareTab) -> None:
        self._context = context
        self._library = context.suites
        self._cases = cases
        self._tools = cases.panel.tools
        self._compare = compare

    @property
    def shown(self) -> list[Block]:
        """What every handler here may change."""
        return list(dict.fromkeys([*self._cases.shown, *components(self._tools), self._compare.item]))

    # --- choose ----------------------------------------------------------------------------------------

    def show(self, given: Given) -> Updates:
        """The whole panel as things stand now, in the page's language; what is typed stays."""
        state = replace(given.state, opened=given.typed)
        return self._shown(given, state if state.suite else replace(state, suite=self._first()))

    def choose(self, given: Given) -> Updates:
        """Show the suite that has been chosen."""
        if not given.suite or given.suite == given.state.suite:
            return {self._cases.panel.state: given.state}
        return self._shown(given, replace(given.set_aside, suite=given.suite, page=0, doing=""))

    def open_case(self, suite: str, case: str, given: Given) -> Updates:
        """Show a case of any suite, from wherever its link comes."""
        if suite == given.state.suite:
            return self._cases.open_case(case, given) | {self._tools.status: ""}
        updates = self._shown(given, replace(given.set_aside, suite=suite, page=0))
        return updates | self._cases.open_case(case, given._replace(state=updates[self._cases.panel.state]))

    def _first(self) -> str:
        names = [found.folder.name for found in self._library.listed()]
        own = [name for name in names if not self._library.is_shipped(name)]
        return (own or names or [""])[0]

    def _shown(self, given: Given, state: CaseState, said: str = "") -> Updates:
        """Choices, tools, list and form. A suite that cannot be read shows what is wrong with it."""
        tools, language = self._tools, given.language
        choices = case_rendering.suite_choices(self._library, language)
        if state.suite not in {name for _, name in choices}:
            state = replace(state, suite=self._first(), opened=None)
        own = bool(state.suite) and not self._library.is_shipped(state.suite)
        updates: Updates = {
            tools.suite: gr.update(choices=choices, value=state.suite or None),
            tools.rename: gr.update(visible=own),
            tools.delete: gr.update(visible=own),
            tools.titles: gr.update(visible=bool(state.doing)),
            tools.status: said,
        }
        try:
            suite = self._library.read(state.suite)
            return updates | self._missing(suite, language) | self._cases.show(state, language, given.sought or "")
        except ComparerError as error:
            return updates | self._unreadable(state, said or case_rendering.refused_html(error, language))

    def _unreadable(self, state: CaseState, said: str) -> Updates:
        panel = self._cases.panel
        return {
            panel.state: replace(state, opened=None),
            panel.cases.list: "",
            panel.form.box: gr.update(visible=False),
            panel.form.status: "",
            self._tools.missing: gr.update(visible=False),
            self._tools.status: said,
        }

    def _refused(self, given: Given, error: ComparerError) -> Updates:
        gr.Warning(error.sentence(given.language).partition("\n")[0])
        said = case_rendering.refused_html(error, given.language)
        return {self._cases.panel.state: given.state, self._tools.status: said}

    def _done(self, given: Given, state: CaseState, key: str, **parameters: str | int) -> Updates:
        sentence = text(key, given.language, **parameters)
        return self._shown(given, state, case_rendering.said_html(sentence))

    # --- make, copy, rename ----------------------------------------------------------------------------

    def ask_titles(self, doing: str, given: Given) -> Updates:
        """Open the form of titles for a new suite, a copy, or other titles."""
        tools = self._tools
        try:
            head = None if doing == "new" else self._library.read(given.state.suite).head
        except ComparerError as error:
            return self._refused(given, error)
        return {
            self._cases.panel.state: replace(
                given.state, opened=given.typed, doing=doing, head_seen=fingerprint(head) if head else ""
            ),
            tools.titles: gr.update(visible=True),
            tools.title_en: _title(head, doing, "en"),
            tools.title_zh: _title(head, doing, "zh"),
            tools.items: gr.update(visible=doing == "new", value=[item.key for item in self._context.store.items()]),
            tools.status: "",
        }

    def cancel(self, given: Given) -> Updates:
        """Close the form of titles."""
        return self._shown(given, replace(given.state, opened=given.typed, doing=""))

    def save_titles(self, titles: Titles, given: Given) -> Updates:
        """Do what the form of titles was opened for."""
        state, library = given.state, self._library
        english, chinese = titles.english or "", titles.chinese or ""
        try:
            if state.doing == "rename":
                library.rename(state.suite, english, chinese, state.head_seen)
                return self._done(given, replace(state, opened=given.typed, doing=""), "cases.renamed")
            if state.doing == "duplicate":
                suite = library.duplicate(state.suite, english, chinese)
            else:
                chosen = [item for item in self._context.store.items() if item.key in (titles.items or [])]
                suite = library.create(english, chinese, [suite_item(item) for item in chosen])
        except ComparerError as error:
            return self._refused(given, error)
        state = replace(given.set_aside, suite=suite.name, page=0, doing="")
        return self._done(given, state, "cases.made", title=suite.head.title(given.language), cases=len(suite.cases))

    # --- delete and bring back -------------------------------------------------------------------------

    def delete(self, given: Given) -> Updates:
        """Move the chosen suite into the trash."""
        try:
            title = self._library.read(given.state.suite).head.title(given.language)
        except ComparerError:  # what cannot be read can be deleted
            title = given.state.suite
        try:
            deleted = Deleted(self._library.delete(given.state.suite))
        except ComparerError as error:
            return self._refused(given, error)
        state = replace(given.set_aside, suite=self._first(), page=0, undo=deleted, doing="")
        return self._done(given, state, "cases.deleted", title=title)

    def undo(self, given: Given) -> Updates:
        """Bring back the suite or the case that was taken away last."""
        taken = given.state.undo
        try:
            if isinstance(taken, Removed):
                updates = self._cases.bring_back(taken, given)
                return self._shown(given, updates[self._cases.panel.state]) | updates
            if taken is not None:
                suite = self._library.restore(taken.suite)
                state = replace(given.set_aside, suite=suite.name, page=0, undo=None)
                return self._done(given, state, "cases.brought_back", what=suite.head.title(given.language))
        except ComparerError as error:
            return self._refused(given, error)
        return {self._cases.panel.state: given.state}

    # --- take away and bring in ------------------------------------------------------------------------

    def download(self, given: Given) -> str | None:
        """Write the chosen suite to a ZIP and return where the browser can fetch it."""
        try:
            return str(self._library.export(given.state.suite, download_folder()))
        except ComparerError as error:
            gr.Warning(error.sentence(given.language).partition("\n")[0])
            return None

    def take_in(self, file: str | None, name: str | None, item: str | None, given: Given) -> Updates:
        """Import an uploaded file as a suite, whole or not at all, and say which rows are wrong."""
        if not file:
            return {self._cases.panel.state: given.state}
        options = ImportOptions(
            name=slug(name.strip()) if name and name.strip() else "",
            item=(item or "").strip(),
            known_items=self._context.store.items(include_archived=True),
            max_picture_bytes=self._context.max_picture_bytes,
        )
        try:
            suite = self._library.take_in(Path(file), options)
        except ComparerError as error:
            return self._refused(given, error)
        state = replace(given.set_aside, suite=suite.name, page=0, doing="")
        title, rotated = suite.head.title(given.language), rotated_questions(suite)
        said = [text("cases.imported", given.language, title=title, cases=len(suite.cases))]
        if rotated:
            said.append(text("cases.rotated", given.language, questions=rotated))
        return self._shown(given, state, case_rendering.said_html(" ".join(said)))

    # --- test items that are new -----------------------------------------------------------------------

    def _new_items(self, suite: Suite) -> list[SuiteItem]:
        known = {item.key for item in self._context.store.items(include_archived=True)}
        return [item for item in suite.head.items if item.key not in known]

    def _missing(self, suite: Suite, language: Language) -> Updates:
        """The form that adds the suite's items to the test items; hidden when there are none to add."""
        tools, items = self._tools, self._new_items(suite)
        choices = [(case_rendering.named(item, language), item.key) for item in items]
        every = [(text("cases.all_new", language, count=len(items)), ALL)] if len(items) > 1 else []
        note = text("cases.missing", language, count=len(items), items=", ".join(name for name, _ in choices))
        given = {item.threshold for item in items if item.threshold is not None}
        return {
            tools.missing: gr.update(visible=bool(items)),
            tools.missing_note: case_rendering.said_html(note) if items else "",
            tools.missing_item: gr.update(
                choices=[*every, *choices], value=next((key for _, key in [*every, *choices]), None)
            ),
            **({tools.threshold: round(given.pop() * 100, 4)} if len(given) == 1 else {}),
        }

    def add_items(self, which: str | None, percent: float | None, given: Given) -> Updates:
        """Add the chosen new item, or all of them, to the test items; a threshold of the suite's own stands."""
        try:
            items = self._new_items(self._library.read(given.state.suite))
            chosen = [item for item in items if which in {ALL, item.key}]
            typed = threshold_of(percent)
            for item in chosen:
                own = item.threshold if len(chosen) > 1 else None
                self._context.store.add_item(_test_item(item, typed if own is None else own))
        except ComparerError as error:
            return self._refused(given, error)
        state = replace(given.state, opened=given.typed)
        updates = self._done(given, state, "cases.items_added", count=len(chosen))
        known = self._context.store.items()
        return updates | {self._compare.item: gr.update(choices=item_choices(known, given.language))}


def _test_item(item: SuiteItem, threshold: float) -> TestItem:
    english, chinese = item.name_en or item.name_zh or item.key, item.name_zh or item.name_en or item.key
    return TestItem(item.key, english, chinese, threshold)


def _title(head: SuiteHead | None, doing: str, language: Language) -> str:
    title = head.title(language) if head else ""
    return text("cases.copy_of", language, title=title) if doing == "duplicate" else title
