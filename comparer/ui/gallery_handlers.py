"""What happens when a gallery picture is taken, by itself or as a starter with its question."""

import gradio as gr

from comparer.texts import Language
from comparer.ui.compare_handlers import CompareHandlers
from comparer.ui.compare_layout import CompareTab
from comparer.ui.compare_state import CompareState
from comparer.ui.examples import examples, starters
from comparer.ui.i18n import Updates


class GalleryHandlers:
    """Handlers of the gallery, the starters and the sample questions."""

    def __init__(self, tab: CompareTab, compare: CompareHandlers) -> None:
        self._tab = tab
        self._compare = compare

    def choose(self, blind: bool, state: CompareState, request: gr.Request, choice: gr.SelectData) -> Updates:
        """A gallery picture in a new conversation, with its test item and its sample questions."""
        return self._take(choice.index, blind, state, request)

    def start(self, starter: int, blind: bool, state: CompareState, request: gr.Request) -> Updates:
        """A starter's picture in a new conversation, with its question ready to be sent."""
        index = starters()[starter]
        question = examples()[index].questions[state.latest.language][0]
        return self._take(index, blind, state, request) | {self._tab.question: question}

    def _take(self, index: int, blind: bool, state: CompareState, request: gr.Request) -> Updates:
        example = examples()[index]
        return self._compare.new(blind, state, request) | {
            self._tab.picture: str(example.path),
            self._tab.item: example.item,
            **self.suggest(index, state.language),
        }

    def suggest(self, index: int, language: Language) -> Updates:
        """The sample questions of a gallery picture on the buttons above the question."""
        questions = examples()[index].questions[language] if 0 <= index < len(examples()) else ()
        updates: Updates = {self._tab.example: index}
        for n, button in enumerate(self._tab.suggestions):
            updates[button] = gr.update(value=questions[n] if n < len(questions) else "", visible=n < len(questions))
        return updates
