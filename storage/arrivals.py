"""A row of a file of ratings as it would be kept: checked by itself, before the database is asked anything."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from comparer.errors import InputError
from comparer.records import ratable
from comparer.store import RatedAnswer
from comparer.transfer import AskedTurn, Began, CarriedVote, MadeAnswer, Vote
from storage import visitor_text
from storage.cases import Asked, case_key


@dataclass(frozen=True, slots=True)
class Arrival:
    """A rated answer or a vote, and the conversation up to the turn that it is about."""

    row: int
    conversation_id: str
    item: str
    lineup: str
    began: Began
    turns: tuple[AskedTurn, ...]
    answers: tuple[MadeAnswer, ...]
    rated: RatedAnswer | None
    vote: Vote | None

    @property
    def turn_id(self) -> str:
        """The turn that it is about: the last one."""
        return self.turns[-1].turn_id


def arrival(row: int, thing: RatedAnswer | CarriedVote) -> Arrival:
    """Row `row` of a file, checked.

    Raises InputError `import_case_differs`, `answer_has_no_text`, or what rating and asking would raise.
    """
    if isinstance(thing, CarriedVote):
        liked = (thing.vote.answer,) if thing.vote.answer else ()
        made = Arrival(
            row, thing.conversation_id, thing.item, thing.lineup, thing.began, thing.turns, liked, None, thing.vote
        )
        _check(made, thing.case_key)
        return made
    if not ratable(thing.answer.stop_reason, thing.answer.text):
        raise InputError("answer_has_no_text")
    _check_words(thing)
    origin = thing.origin
    turn = AskedTurn(thing.turn_id, origin.asked_at, thing.question, thing.pictures)
    answers = [MadeAnswer(thing.answer_id, origin.sequence, origin.answered_at, thing.answer)]
    if origin.vote and origin.vote.answer:
        answers.append(origin.vote.answer)
    made = Arrival(
        row,
        thing.conversation_id,
        thing.item,
        thing.lineup,
        origin.began,
        (*origin.before, turn),
        tuple(answers),
        thing,
        origin.vote,
    )
    _check(made, origin.case_key)
    return made


def case_of(item: str, turns: Sequence[AskedTurn]) -> str:
    """The case of the last of these turns."""
    return case_key(item, [Asked(turn.pictures, turn.question) for turn in turns])


def _check(made: Arrival, stated_case: str) -> None:
    for turn in made.turns:
        _check_kept_as_it_is(turn.question, visitor_text.question(turn.question))
    names = [made.began.reviewer, *([made.vote.reviewer] if made.vote else [])]
    for name in names:
        _check_kept_as_it_is(name, visitor_text.reviewer(name))
    if case_of(made.item, made.turns) != stated_case:
        raise InputError("import_case_differs")
    if made.vote and (made.vote.choice == "answer") != bool(made.vote.answer_id):
        raise InputError("unknown_choice", choice=made.vote.choice)


def _check_words(rated: RatedAnswer) -> None:
    _check_kept_as_it_is(rated.rating.reviewer, visitor_text.reviewer(rated.rating.reviewer))
    _check_kept_as_it_is(rated.rating.note, visitor_text.note(rated.rating.note))
    _check_kept_as_it_is(list(rated.rating.reasons), visitor_text.reasons(rated.rating.reasons))


def _check_kept_as_it_is(given: str | list[str], kept: str | list[str]) -> None:
    """Words of an export were cleaned when they were typed: others would change by being kept."""
    if given != kept:
        shown = given if isinstance(given, str) else "; ".join(given)
        raise InputError("import_words_differ", words=unicodedata.normalize("NFC", visitor_text.clean(shown))[:60])
