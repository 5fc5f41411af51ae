"""Rating and voting in the Compare tab. A refusal may be explained; a vote shows the names of blind columns."""

import gradio as gr

from comparer.errors import ComparerError
from comparer.records import Rating, preference_for
from comparer.texts import text
from comparer.ui import rendering
from comparer.ui.compare_handlers import CompareHandlers
from comparer.ui.compare_layout import CompareTab
from comparer.ui.compare_state import CompareState, vote_shown
from comparer.ui.context import Context
from comparer.ui.i18n import Updates


class RatingHandlers:
    """Handlers of one page's rating buttons. What is sent by hand may lack a reviewer: that is one without a name."""

    def __init__(self, context: Context, tab: CompareTab, compare: CompareHandlers) -> None:
        self._context = context
        self._tab = tab
        self._compare = compare

    def rate(self, position: int, acceptable: bool, reviewer: str | None, state: CompareState) -> Updates:
        """Keep this reviewer's verdict on one column; what explained an earlier refusal is dropped with it."""
        column = self._tab.columns[position]
        earlier = self._rating(position, state)
        if earlier and earlier.acceptable is acceptable:
            return {self._tab.state: state.latest}
        verdict = Rating(acceptable, reviewer or "", blind=state.hidden)
        updates = self._keep(position, verdict, state)
        if self._rating(position, state) is not verdict:
            return updates
        return updates | {column.reasons: [], column.note: ""}

    def explain(
        self, position: int, reasons: list[str] | None, note: str | None, reviewer: str | None, state: CompareState
    ) -> Updates:
        """Keep why an answer was refused; does nothing unless it is refused now."""
        earlier = self._rating(position, state)
        if earlier is None or earlier.acceptable:
            return {self._tab.state: state.latest}
        explained = Rating(False, reviewer or "", tuple(reasons or ()), (note or "").strip(), blind=state.hidden)
        if (explained.reasons, explained.note) == (earlier.reasons, earlier.note):
            return {self._tab.state: state.latest}
        return self._keep(position, explained, state)

    def _rating(self, position: int, state: CompareState) -> Rating | None:
        return state.ratings.get(state.column(position).answer_id)

    def _keep(self, position: int, rating: Rating, state: CompareState) -> Updates:
        answer_id = state.column(position).answer_id
        if not answer_id:
            gr.Info(text("error.nothing_to_rate", state.language))
            return {self._tab.state: state.latest}
        try:
            self._context.store.rate(answer_id, rating)
        except ComparerError as error:
            gr.Warning(error.sentence(state.language))
            return self._compare.show(state)
        state.ratings[answer_id] = rating
        sentence = text("compare.rated" if state.item else "compare.not_counted", state.language)
        return self._compare.show(state) | {self._tab.status: rendering.status(sentence)}

    def vote(self, best: str, reviewer: str | None, state: CompareState) -> Updates:
        """Keep which column is best (a letter), "tie" or "none"; shows the names of a blind conversation."""
        if not state.over:
            gr.Info(text("compare.no_answer_yet", state.language))
            return {self._tab.state: state.latest}
        voted = best if best in {"tie", "none"} else state.column("ABCDEF".index(best)).answer_id
        try:
            self._context.store.prefer(state.turn_id, preference_for(voted, reviewer or "", state.hidden))
            if state.hidden:
                self._context.store.reveal(state.conversation_id)
        except ComparerError as error:
            gr.Warning(error.sentence(state.language))
            return self._compare.show(state)
        state.vote, state.revealed = best, True
        return self._compare.show(state)

    def change_reviewer(self, reviewer: str | None, state: CompareState) -> Updates:
        """Show another reviewer's own ratings of the last turn, and their vote."""
        if not state.turn_id:
            return {self._tab.state: state.latest}
        try:
            state.ratings = self._context.store.ratings(state.turn_id, reviewer or "")
            state.vote = vote_shown(state, self._context.store.preference(state.turn_id, reviewer or ""))
        except ComparerError as error:
            gr.Warning(error.sentence(state.language))
            return {self._tab.state: state.latest}
        return self._compare.show(state)
