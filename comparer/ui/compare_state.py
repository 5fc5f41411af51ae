"""What one browser session remembers of the Compare tab, and how its columns look. Testable without Gradio."""

from dataclasses import dataclass, field

from comparer.dialogue import Column, kept_column
from comparer.palette import COLOURS
from comparer.records import Picture, Preference, Rating
from comparer.store import StoredConversation
from comparer.texts import Language, text
from comparer.transcript import Transcript, attempts
from comparer.ui import demo_rendering, rendering
from comparer.ui.context import Context
from comparer.ui.ways_out import lower_precision_advice


@dataclass
class CompareState:
    """`order` holds model keys from left to right, `columns` the last turn's answers by model key."""

    order: tuple[str, ...]
    conversation_id: str = ""
    turn_id: str = ""
    item: str = ""
    blind: bool = False
    revealed: bool = False
    columns: dict[str, Column] = field(default_factory=dict)
    ratings: dict[str, Rating] = field(default_factory=dict)
    """This reviewer's own ratings of the last turn, by answer id."""
    vote: str = ""
    """Letter of the column voted best, "tie", "none", or empty."""
    sent_picture: str = ""
    """The uploaded file that the models have already been shown in this conversation."""
    checked: tuple[str, Picture] | None = None
    """The last uploaded file and the picture that was made and kept of it."""
    language: Language = "en"
    unvoted: bool = False
    """Whether a blind conversation before this one was left without a vote."""
    successor: "CompareState | None" = None
    """The state of the conversation begun after this one: what still streams here must not stay on the page."""

    @property
    def latest(self) -> "CompareState":
        """This state, or the one of the conversation that has been begun since an event was sent with this one."""
        state = self
        while state.successor is not None:
            state = state.successor
        return state

    @property
    def hidden(self) -> bool:
        """Whether the models' names must not be seen."""
        return self.blind and not self.revealed

    @property
    def secretive(self) -> bool:
        """Whether what single models do, and when, must not be seen: it would tell which column is which.

        So it is from a blind conversation's first question to the vote; where there was none, until another question
        has been answered openly, after which a model's last answer is no longer one of those.
        """
        answered_openly = self.over and not self.hidden
        return (self.hidden and bool(self.conversation_id)) or (self.unvoted and not answered_openly)

    def column(self, position: int) -> Column:
        """The last turn's answer in a column; an idle one when there is none."""
        model = self.order[position]
        return self.columns.get(model, Column(model))

    @property
    def over(self) -> bool:
        """Whether a turn has been asked and every column has ended."""
        return bool(self.turn_id) and all(self.column(n).over for n in range(len(self.order)))


def restored(transcript: Transcript, language: Language) -> CompareState:
    """The state of a kept conversation after its last turn; a model that answered nothing there can be retried."""
    kept = transcript.conversation
    state = CompareState(
        order=transcript.order,
        conversation_id=kept.id,
        item=kept.conversation.item,
        blind=kept.conversation.blind,
        revealed=kept.revealed,
        language=language,
    )
    for turn in kept.turns[-1:]:
        state.turn_id = turn.id
        for model in transcript.order:
            answers = attempts(turn, model)
            state.columns[model] = kept_column(answers[-1]) if answers else Column(model, "stopped")
        state.ratings = {
            answer.id: transcript.ratings[answer.id] for answer in turn.answers if answer.id in transcript.ratings
        }
        state.vote = vote_shown(state, transcript.votes.get(turn.id))
    return state


def vote_shown(state: CompareState, vote: Preference | None) -> str:
    """A reviewer's vote on the last turn as the state has it; empty for an answer that has been made again since."""
    if vote is None or vote.choice != "answer":
        return vote.choice if vote else ""
    positions = range(len(state.order))
    return next((rendering.letter(n) for n in positions if state.column(n).answer_id == vote.answer_id), "")


class View:
    """Renders a state in a language; one short-lived object per update."""

    def __init__(self, context: Context, state: CompareState, language: Language) -> None:
        self._context = context
        self._state = state
        self._language = language

    def name(self, position: int) -> str:
        """What a column is called: its model's label, or a letter while hidden."""
        if self._state.hidden:
            return text("compare.blind_name", self._language, letter=rendering.letter(position))
        return self._context.spec(self._state.order[position]).label

    def colour(self, position: int) -> str:
        """The model's own colour, or the neutral one while hidden (a colour would give it away)."""
        if self._state.hidden:
            return rendering.HIDDEN_COLOUR
        return COLOURS[self._context.lineup.keys.index(self._state.order[position])]

    def header(self, position: int) -> str:
        spec = self._context.spec(self._state.order[position])
        detail = "" if self._state.hidden else spec.precision
        head = rendering.header(
            self._state.column(position),
            position,
            self.name(position),
            detail,
            self.colour(position),
            self._language,
            self._card_button(position),
            self._state.hidden,
        )
        return head + self.about(position)

    def about(self, position: int) -> str:
        """What a demo model can answer and how well; empty for other models and once a question has been asked."""
        model = self._state.order[position]
        facts = self._context.demo_facts.get(model)
        if facts is None or self._state.turn_id:
            return ""
        if self._state.hidden:
            return demo_rendering.about_hidden(self._language)
        return demo_rendering.about(facts, self._context.card_id(model), self.colour(position), self._language)

    def _card_button(self, position: int) -> str:
        """The way to a demo model's card when the block with it is no longer there."""
        model = self._state.order[position]
        if model not in self._context.demo_facts or self._state.hidden or not self._state.turn_id:
            return ""
        return demo_rendering.card_button(self._context.card_id(model), self._language)

    def tiles(self, position: int) -> str:
        column = self._state.column(position)
        device = self._context.dialogue.engines[column.model].device
        advice = lower_precision_advice(self._context.spec(column.model), column, self._language)
        return rendering.tiles(column, self._language, self._state.hidden, device, advice)

    def rating(self, position: int) -> Rating | None:
        """The reviewer's own rating of a column's answer."""
        return self._state.ratings.get(self._state.column(position).answer_id)

    def switcher(self) -> str:
        names = [(self.name(n).partition(" · ")[0], self.colour(n)) for n in range(len(self._state.order))]
        return rendering.switcher(names, self._language)

    def vote(self) -> str:
        """The line that says what was voted."""
        if not self._state.vote:
            return ""
        if self._state.vote in {"tie", "none"}:
            what = text(f"compare.{self._state.vote}", self._language)
        else:
            what = self.name("ABCDEF".index(self._state.vote))
        return text("compare.voted", self._language, what=what)

    def chat(self, conversation: StoredConversation | None, position: int) -> list[rendering.Message]:
        """All turns of one column, the one under way from the state."""
        model = self._state.order[position]
        messages: list[rendering.Message] = []
        for number, turn in enumerate(conversation.turns if conversation else ()):
            mark = text("compare.new_picture", self._language) if number and turn.pictures else ""
            messages.append(rendering.user_message(turn.question, mark))
            if turn.id == self._state.turn_id:
                messages.append(rendering.model_message(self._state.column(position).text))
                continue
            texts = [kept.answer.text for kept in turn.answers if kept.answer.model == model]
            messages.append(rendering.model_message(texts[-1] if texts else ""))
        return messages
