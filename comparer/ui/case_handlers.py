"""What happens to the cases of a suite in the panel "Cases": find, open, type, try a check, save, move, remove.

Handlers return `{component: value}`. What is wrong becomes a sentence in the visitor's language, and what was typed
stays: also when another case is opened, until it is saved or discarded.
"""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import gradio as gr
from gradio.blocks import Block
from gradio.processing_utils import save_file_to_cache

from comparer.errors import ComparerError, InputError
from comparer.pictures import examine
from comparer.suites.cases import MAX_TURNS, Suite, SuiteItem
from comparer.suites.checks import judge
from comparer.suites.drafting import CaseDraft, TurnDraft, check_of, draft_of, read_draft
from comparer.suites.library import UNNAMED, fingerprint, suite_item
from comparer.texts import Language, text
from comparer.ui import case_rendering
from comparer.ui.case_panel import CasePanel, CaseState, Opened, Removed, components
from comparer.ui.compare_state import CompareState
from comparer.ui.context import Context
from comparer.ui.history_rendering import item_names
from comparer.ui.i18n import Updates

MAX_TURN_WORDS = 22
"""Characters of a question on the button that chooses it."""


class Given(NamedTuple):
    """What every handler gets, in the order in which it is wired."""

    suite: str | None
    sought: str | None
    pictures: list[tuple[str, str | None]] | None
    item: str | None
    key: bool | None
    question: str | None
    reference: str | None
    check: str | None
    tried: str | None
    state: CaseState
    compare: CompareState

    @property
    def language(self) -> Language:
        return self.compare.latest.language

    @property
    def typed(self) -> Opened | None:
        """The case in the form as it stands there now."""
        opened = self.state.opened
        if opened is None:
            return None
        turns = list(opened.draft.turns)
        turns[opened.turn] = TurnDraft(
            self.question or "", self.reference or "", self.check or "", turns[opened.turn].kept
        )
        files = tuple(file for file, _ in self.pictures or ())
        draft = replace(opened.draft, item=self.item or "", key=bool(self.key), pictures=files, turns=tuple(turns))
        return replace(opened, draft=draft)

    @property
    def set_aside(self) -> CaseState:
        """The state with nothing in the form; what was typed and not saved is remembered."""
        opened = self.typed
        state = replace(self.state, opened=None)
        if opened is None or opened.draft == opened.kept:
            return state
        return remembering(state, opened.case, opened)


def remembering(state: CaseState, case: str, opened: Opened | None) -> CaseState:
    """The state with `opened` as what is unsaved of a case, None for nothing."""
    name = f"{state.suite} {case}"
    others = tuple(one for one in state.unsaved if one[0] != name)
    return replace(state, unsaved=(*others, (name, opened)) if opened else others)


class CaseHandlers:
    """Handlers of one page's cases."""

    def __init__(self, context: Context, panel: CasePanel) -> None:
        self._context = context
        self.panel = panel

    # --- what the page shows ---------------------------------------------------------------------------

    @property
    def shown(self) -> list[Block]:
        """What every handler here may change."""
        return [self.panel.state, *components(self.panel.cases), *components(self.panel.form), self.panel.tools.undo]

    def show(self, state: CaseState, language: Language, sought: str = "", said: str = "") -> Updates:
        """List and form as the state has them, with `said` (HTML) below the form. Raises ComparerError."""
        suite = self._context.suites.read(state.suite)
        return {
            self.panel.tools.undo: gr.update(visible=state.undo is not None),
            **self._list(suite, state, language, sought),
            **self._form(suite, state.opened, language),
            self.panel.form.status: said or self._nothing_opened(state, suite, language),
        }

    def _list(self, suite: Suite, state: CaseState, language: Language, sought: str) -> Updates:
        cases = case_rendering.found_cases(suite, sought)
        pages = max(1, -(-len(cases) // case_rendering.PAGE))
        state = replace(state, page=max(0, min(state.page, pages - 1)))
        listed, opened = self.panel.cases, state.opened.case if state.opened else ""
        names = item_names(self._context, language)
        return {
            self.panel.state: state,
            listed.list: case_rendering.list_html(suite, cases, state.page, opened, names, language),
            listed.new: gr.update(visible=not self._context.suites.is_shipped(suite.name)),
            listed.previous: gr.update(visible=state.page > 0),
            listed.next: gr.update(visible=state.page < pages - 1),
        }

    def _nothing_opened(self, state: CaseState, suite: Suite, language: Language) -> str:
        if state.opened is not None:
            return ""
        key = "cases.choose" if suite.cases else "cases.begin"
        return case_rendering.nothing_opened_html(key, language)

    def _form(self, suite: Suite, opened: Opened | None, language: Language) -> Updates:
        form = self.panel.form
        if opened is None:
            return {form.box: gr.update(visible=False)}
        own = not self._context.suites.is_shipped(suite.name)
        draft = opened.draft
        note = "" if own else text("error.suite_is_shipped", language)
        buttons = (form.save, form.discard, form.up, form.down, form.remove, form.add_turn)
        return {
            form.box: gr.update(visible=True),
            form.head: case_rendering.head_html(opened.case, draft != opened.kept, note, language),
            form.pictures: gr.update(value=list(draft.pictures), interactive=own),
            form.item: gr.update(choices=self._items(suite, language), value=draft.item or None, interactive=own),
            form.key: gr.update(value=draft.key, interactive=own),
            form.tried: "",
            **{button: gr.update(visible=own) for button in buttons},
            **{button: gr.update(visible=own and bool(opened.case)) for button in (form.up, form.down, form.remove)},
            **self._turn(opened, own),
        }

    def _turn(self, opened: Opened, own: bool) -> Updates:
        """The question that is shown, and the buttons that choose among several."""
        form, turns = self.panel.form, opened.draft.turns
        turn = turns[opened.turn]
        several = len(turns) > 1
        return {
            form.turn: gr.update(choices=_turn_choices(turns), value=opened.turn, visible=several),
            **{button: gr.update(visible=own and several) for button in (form.earlier, form.later, form.remove_turn)},
            form.question: gr.update(value=turn.question, interactive=own),
            form.reference: gr.update(value=turn.reference, interactive=own),
            form.check: gr.update(value=turn.check, interactive=own),
            form.judged: "",
        }

    def _items(self, suite: Suite, language: Language) -> case_rendering.Choices:
        """The test items in use, and those of the suite that are not among them."""
        known = self._context.store.items()
        keys = {item.key for item in known}
        others = [item for item in suite.head.items if item.key not in keys]
        return [
            *case_rendering.item_choices(known, language),
            *((case_rendering.named(item, language), item.key) for item in others),
        ]

    def _attempt(self, given: Given, state: CaseState, said: str = "") -> Updates:
        try:
            return self.show(state, given.language, given.sought or "", said)
        except ComparerError as error:
            return self._refused(given, error)

    def _refused(self, given: Given, error: ComparerError) -> Updates:
        """The sentence, or the table of what is wrong; list and form stay as they are."""
        gr.Warning(error.sentence(given.language).partition("\n")[0])
        said = case_rendering.refused_html(error, given.language, own_form=True)
        return {self.panel.state: given.state, self.panel.form.status: said}

    # --- find and open ---------------------------------------------------------------------------------

    def search(self, given: Given) -> Updates:
        """The first page of what is sought; the form is left alone, somebody may be typing in it."""
        return self._turn_to(given, 0)

    def turn_page(self, steps: int, given: Given) -> Updates:
        """Another page of the list."""
        return self._turn_to(given, given.state.page + steps)

    def _turn_to(self, given: Given, page: int) -> Updates:
        try:
            suite = self._context.suites.read(given.state.suite)
            return self._list(suite, replace(given.state, page=page), given.language, given.sought or "")
        except ComparerError as error:
            return self._refused(given, error)

    def close(self, given: Given) -> Updates:
        """Back to the list."""
        return self._attempt(given, given.set_aside)

    def open_case(self, case: str, given: Given) -> Updates:
        """Show a case in the form: what is unsaved of it, or as the suite has it."""
        return self._opened(given, given.set_aside, case)

    def new_case(self, given: Given) -> Updates:
        """An empty form, for the item of the case before it."""
        state = given.set_aside
        unsaved = dict(state.unsaved).get(f"{state.suite} ")
        item = given.item if given.state.opened else None
        empty = CaseDraft(item=item or "")
        return self._attempt(given, replace(state, opened=unsaved or Opened(kept=empty, draft=empty)))

    def discard(self, given: Given) -> Updates:
        """Forget what was typed, and show the case as the suite has it now."""
        opened = given.state.opened
        state = remembering(replace(given.state, opened=None), opened.case if opened else "", None)
        if opened is None or not opened.case:
            return self._attempt(given, state)
        return self._opened(given, state, opened.case)

    def _opened(self, given: Given, state: CaseState, case_id: str, said: str = "") -> Updates:
        try:
            suite = self._context.suites.read(state.suite)
            opened = dict(state.unsaved).get(f"{state.suite} {case_id}") or self._read(suite, case_id)
            return self.show(replace(state, opened=opened), given.language, given.sought or "", said)
        except ComparerError as error:
            return self._refused(given, error)

    def _read(self, suite: Suite, case_id: str) -> Opened:
        case = next((case for case in suite.cases if case.id == case_id), None)
        if case is None:
            raise InputError("case_gone", case=case_id[:100])
        cache = self.panel.form.pictures.GRADIO_CACHE
        files = [save_file_to_cache(suite.folder / picture, cache_dir=cache) for picture in case.pictures]
        draft = replace(draft_of(case), pictures=tuple(files))
        return Opened(case.id, fingerprint(case), draft, draft, 0, tuple(zip(files, case.pictures, strict=True)))

    # --- type ------------------------------------------------------------------------------------------

    def go_to_turn(self, turn: int, given: Given) -> Updates:
        """Show another question of the case."""
        return self._turned(given, given.typed, turn)

    def add_turn(self, given: Given) -> Updates:
        """A further question behind the others."""
        opened = given.typed
        if opened is None or len(opened.draft.turns) >= MAX_TURNS:
            return {self.panel.state: given.state}
        turns = (*opened.draft.turns, TurnDraft())
        return self._turned(given, _with_turns(opened, turns), len(turns) - 1)

    def remove_turn(self, given: Given) -> Updates:
        """Leave the shown question out; the last one stays."""
        opened = given.typed
        if opened is None or len(opened.draft.turns) < 2:
            return {self.panel.state: given.state}
        turns = tuple(turn for place, turn in enumerate(opened.draft.turns) if place != opened.turn)
        return self._turned(given, _with_turns(opened, turns), max(0, opened.turn - 1))

    def move_turn(self, steps: int, given: Given) -> Updates:
        """Ask the shown question earlier or later."""
        opened = given.typed
        if opened is None or not 0 <= opened.turn + steps < len(opened.draft.turns):
            return {self.panel.state: given.state}
        turns = list(opened.draft.turns)
        turns.insert(opened.turn + steps, turns.pop(opened.turn))
        return self._turned(given, _with_turns(opened, tuple(turns)), opened.turn + steps)

    def _turned(self, given: Given, opened: Opened | None, turn: int) -> Updates:
        if opened is None:
            return {self.panel.state: given.state}
        opened = replace(opened, turn=turn)
        own = not self._context.suites.is_shipped(given.state.suite)
        return {self.panel.state: replace(given.state, opened=opened), **self._turn(opened, own)}

    def try_check(self, given: Given) -> Updates:
        """Judge the typed answer by the check as it is typed."""
        opened = given.typed
        judged = self.panel.form.judged
        if opened is None or not (given.tried or "").strip():
            return {judged: ""}
        try:
            check = check_of(opened.draft.turns[opened.turn])
        except ComparerError as error:
            return {judged: case_rendering.refused_html(error, given.language, own_form=True)}
        if check is None:
            return {judged: case_rendering.said_html(text("cases.no_check", given.language))}
        return {judged: case_rendering.judged_html(judge(check, given.tried or ""), given.language)}

    def try_again(self, given: Given) -> Updates:
        """Judge the typed answer once more, by another check; nothing happens before one has been typed."""
        if not (given.tried or "").strip():
            return {self.panel.form.judged: gr.skip()}
        return self.try_check(given)

    def check_pictures(self, given: Given) -> Updates:
        """Say at once which of the files are no pictures, and keep the others in the form."""
        known = dict(given.state.opened.files) if given.state.opened else {}
        usable: list[str] = []
        for file, _ in given.pictures or ():
            try:
                if file not in known:
                    examine(Path(file), max_bytes=self._max_bytes)
                usable.append(file)
            except ComparerError as error:
                gr.Warning(error.sentence(given.language))
        refused = len(usable) < len(given.pictures or ())
        return {self.panel.form.pictures: usable if refused else gr.skip()}

    @property
    def _max_bytes(self) -> int:
        return self._context.max_picture_bytes

    # --- keep ------------------------------------------------------------------------------------------

    def save(self, given: Given) -> Updates:
        """Keep what is typed, as a new case or in place of the one it was made from."""
        opened, library, name = given.typed, self._context.suites, given.state.suite
        if opened is None:
            return {self.panel.state: given.state}
        try:
            draft = replace(opened.draft, id=opened.case or UNNAMED)
            stand_ins = tuple(f"pictures/{place}" for place in range(len(draft.pictures)))
            case = read_draft(replace(draft, pictures=stand_ins))  # all that is wrong, before anything is written
            item = self._item(library.read(name), draft.item)
            files = dict(opened.files)
            kept = [
                files.get(file) or library.keep_picture(name, Path(file), self._max_bytes) for file in draft.pictures
            ]
            case = case.model_copy(update={"pictures": tuple(dict.fromkeys(kept))})
            if opened.case:
                case = library.change_case(name, opened.seen, case, item)
            else:
                case = library.add_case(name, case, item)
        except ComparerError as error:
            return self._not_saved(given, opened, error)
        state = remembering(replace(given.state, opened=None), opened.case, None)
        sentence = text("cases.saved", given.language, case=case.id)
        return self._opened(given, state, case.id, case_rendering.said_html(sentence))

    def _not_saved(self, given: Given, opened: Opened, error: ComparerError) -> Updates:
        """Why not; what is typed of a case that is gone can be saved as a new one."""
        updates = self._refused(given, error)
        if error.code == "case_gone":
            updates[self.panel.state] = replace(given.state, opened=replace(opened, case="", kept=CaseDraft()))
        return updates

    def _item(self, suite: Suite, key: str) -> SuiteItem:
        in_suite = {item.key: item for item in suite.head.items}
        known = {item.key: suite_item(item) for item in self._context.store.items(include_archived=True)}
        return in_suite.get(key) or known.get(key) or SuiteItem(key=key)

    def move(self, steps: int, given: Given) -> Updates:
        """Put the opened case earlier or later among the others."""
        opened = given.typed
        if opened is None or not opened.case:
            return {self.panel.state: given.state}
        try:
            place = self._context.suites.move_case(given.state.suite, opened.case, steps)
        except ComparerError as error:
            return self._refused(given, error)
        sentence = text("cases.moved", given.language, case=opened.case, place=place + 1)
        state = replace(given.state, opened=opened, page=place // case_rendering.PAGE)
        return self._attempt(given, state, case_rendering.said_html(sentence))

    def remove(self, given: Given) -> Updates:
        """Remove the opened case from the suite; it can be brought back."""
        opened, suite = given.typed, given.state.suite
        if opened is None or not opened.case:
            return {self.panel.state: given.state}
        try:
            case, place = self._context.suites.remove_case(suite, opened.seen, opened.case)
        except ComparerError as error:
            return self._refused(given, error)
        state = replace(given.set_aside, undo=Removed(suite, case, place))
        sentence = text("cases.removed", given.language, case=case.id)
        return self._attempt(given, state, case_rendering.said_html(sentence))

    def bring_back(self, removed: Removed, given: Given) -> Updates:
        """Put the case that was removed last where it stood, and open it. Raises ComparerError."""
        library = self._context.suites
        item = self._item(library.read(removed.suite), removed.case.item)
        case = library.add_case(removed.suite, removed.case, item, removed.place)
        state = replace(given.set_aside, suite=removed.suite, undo=None)
        sentence = text("cases.brought_back", given.language, what=case.id)
        return self._opened(given, state, case.id, case_rendering.said_html(sentence))


def _with_turns(opened: Opened, turns: tuple[TurnDraft, ...]) -> Opened:
    return replace(opened, draft=replace(opened.draft, turns=turns))


def _turn_choices(turns: tuple[TurnDraft, ...]) -> list[tuple[str, int]]:
    def words(question: str) -> str:
        line = " ".join(question.split())
        return line if len(line) <= MAX_TURN_WORDS else line[:MAX_TURN_WORDS].rstrip() + "…"

    return [(f"{place + 1} {words(turn.question)}".strip(), place) for place, turn in enumerate(turns)]
