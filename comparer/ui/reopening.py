"""Brings a kept conversation back into the Compare tab, as it stood after its last turn."""

from gradio.blocks import Block
from gradio.processing_utils import save_file_to_cache

from comparer.errors import InputError
from comparer.lineup import shipped_lineups
from comparer.records import Picture
from comparer.store import StoredConversation
from comparer.transcript import Transcript
from comparer.ui.compare_handlers import CompareHandlers
from comparer.ui.compare_layout import REASONS, CompareTab
from comparer.ui.compare_state import CompareState, restored
from comparer.ui.context import Context
from comparer.ui.gallery_handlers import GalleryHandlers
from comparer.ui.i18n import Updates


def check_can_continue(context: Context, kept: StoredConversation) -> None:
    """Raise InputError with what to do when the Compare tab cannot go on with a conversation.

    Its lineup is another one (`other_lineup`, with the command that starts it), its lineup's models have changed
    (`lineup_changed`), or its test item is archived (`item_archived`).
    """
    lineup, order = kept.conversation.lineup, kept.conversation.order
    if lineup != context.lineup.name:
        file = lineup if lineup in shipped_lineups() else f"…/{lineup}.toml"
        raise InputError("other_lineup", lineup=lineup, command=f"python app.py --lineup {file}")
    if set(order) != set(context.lineup.keys):
        missing = [model for model in order if model not in context.lineup.keys]
        raise InputError("lineup_changed", lineup=lineup, missing=", ".join(missing or order))
    if kept.conversation.item not in {"", *(item.key for item in context.store.items())}:
        raise InputError("item_archived", item=kept.conversation.item)


class Reopening:
    """Shows a kept conversation in the Compare tab of one page."""

    def __init__(self, context: Context, tab: CompareTab, compare: CompareHandlers, gallery: GalleryHandlers) -> None:
        self._context = context
        self.tab = tab
        self._compare = compare
        self._gallery = gallery

    @property
    def outputs(self) -> list[Block]:
        """Everything that `resume` changes."""
        tab = self.tab
        shown = [*self._compare.shown, *self._compare.chats, *self._compare.notes]
        return [*shown, tab.picture, tab.item, tab.blind, tab.example, *tab.suggestions]

    @property
    def begun_anew(self) -> list[Block]:
        """Everything that `begin_anew` changes."""
        return [*self._compare.shown, *self._compare.chats, *self._compare.notes]

    def begin_anew(self, state: CompareState) -> Updates:
        """The page of a conversation that has not begun, in place of one that is gone; a typed question stays."""
        return self._compare.begin_anew(state.blind, state)

    def resume(self, transcript: Transcript, state: CompareState) -> Updates:
        """Put turns, picture, item, blind state, own ratings and own vote back; a typed question stays.

        Raises what `check_can_continue` raises, and InputError `unknown_picture` when the picture's file is gone.
        """
        kept = transcript.conversation
        check_can_continue(self._context, kept)
        state = state.latest
        reopened = restored(transcript, state.language)
        pictures = [picture for turn in kept.turns for picture in turn.pictures]
        shown = self._shown_again(pictures[-1], reopened) if pictures else None
        state.successor = reopened
        return {
            self.tab.picture: shown,
            **self._compare.show(reopened, kept),
            **self._notes(reopened),
            **self._gallery.suggest(-1, state.language),
            self.tab.item: reopened.item,
            self.tab.blind: reopened.blind,
        }

    def _shown_again(self, picture: Picture, state: CompareState) -> str:
        """The picture as a file that the page may show; the models have seen it: the next turn does not send it."""
        try:
            file: str = save_file_to_cache(picture.path, cache_dir=self.tab.picture.GRADIO_CACHE)
        except OSError as error:
            raise InputError("unknown_picture", picture=picture.sha256) from error
        state.sent_picture, state.checked = file, (file, picture)
        return file

    def _notes(self, state: CompareState) -> Updates:
        """Why this reviewer refused what they refused."""
        updates: Updates = {}
        for position, column in enumerate(self.tab.columns):
            rating = state.ratings.get(state.column(position).answer_id)
            reasons = rating.reasons if rating else ()
            updates[column.reasons] = [reason for reason in reasons if reason in REASONS]
            updates[column.note] = rating.note if rating else ""
        return updates
