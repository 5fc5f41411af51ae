"""What the ways out below a column do: change one thing, then ask the column's model the last question again."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, NamedTuple

import gradio as gr

from comparer.dialogue import Column, Snapshot
from comparer.engines.cancel import CancelToken
from comparer.errors import ComparerError
from comparer.records import Sampling
from comparer.texts import text
from comparer.ui.compare_handlers import CompareHandlers
from comparer.ui.compare_state import CompareState
from comparer.ui.context import Context
from comparer.ui.i18n import Updates
from comparer.ui.ways_out import Remedy, fewer_turns, with_shorter_answer, with_smaller_pictures


class Again(NamedTuple):
    """How to ask once more."""

    sampling: Sampling
    most_turns: int | None = None
    said: str = ""
    """What has been changed, for whoever pressed the button."""


class RemedyHandlers:
    """Handlers of one page's buttons."""

    def __init__(self, context: Context, compare: CompareHandlers) -> None:
        self._context = context
        self._compare = compare

    def asking_again(self, remedy: Remedy, position: int) -> Callable[..., AsyncIterator[Updates]]:
        """The handler of one column's button."""

        async def run(state: CompareState, request: gr.Request) -> Any:
            state = state.latest
            column = state.column(position)
            try:
                again = await asyncio.to_thread(self._plan, remedy, column, state)
            except ComparerError as error:
                gr.Warning(error.sentence(state.language))
                again = Again(column.sampling)
            if again.said:
                gr.Info(again.said)

            def begin(cancel: CancelToken) -> Iterator[Snapshot]:
                self._clear(remedy, column)
                return self._context.dialogue.retry(
                    state.conversation_id, column.model, again.sampling, cancel, again.most_turns
                )

            async for updates in self._compare.stream(begin, again.sampling, state, request, asked=False):
                yield updates

        return run

    def _plan(self, remedy: Remedy, column: Column, state: CompareState) -> Again:
        if remedy not in {"smaller", "shorter"}:
            return Again(column.sampling)
        conversation = self._context.store.conversation(state.conversation_id)
        if remedy == "smaller":
            pictures = [picture for turn in conversation.turns for picture in turn.pictures]
            sampling = with_smaller_pictures(column.sampling, pictures)
            return Again(
                sampling, None, text("remedy.asked_smaller", state.language, tokens=sampling.max_image_tokens)
            )
        sampling, turns = with_shorter_answer(column.sampling), fewer_turns(len(conversation.turns))
        said = text("remedy.asked_shorter", state.language, tokens=sampling.max_new_tokens, turns=turns)
        return Again(sampling, turns, said)

    def _clear(self, remedy: Remedy, column: Column) -> None:
        """Send others away. Runs in the thread that reads the answer: one that is answering is waited for."""
        if remedy not in {"release", "unpin"}:
            return
        self._context.access.require("models.load")
        residency, engine = self._context.engines.residency, self._context.dialogue.engines[column.model]
        beside = [other for other in self._context.engines_here if other.device == engine.device]
        if remedy == "unpin":
            for other in beside:
                residency.pin(other, False)
        residency.release_others(engine, beside)
