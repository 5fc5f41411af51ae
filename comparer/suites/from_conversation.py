"""A kept conversation -> a case of a suite: its pictures and questions, and one model's answers if they are right."""

from comparer.errors import InputError
from comparer.records import TestItem
from comparer.store import StoredConversation, StoredTurn
from comparer.suites.cases import MAX_TEXT, CaseTurn, SuiteCase
from comparer.suites.drafting import CaseDraft, TurnDraft, read_draft
from comparer.suites.library import UNNAMED, Library, suite_item
from comparer.transcript import attempts


def add_conversation(
    library: Library, suite: str, kept: StoredConversation, item: TestItem, key: bool, model: str, max_bytes: int
) -> SuiteCase:
    """Add a conversation's questions to a suite as one case, and return it.

    All its pictures come with the first question, as in every case. `model`: whose answers become the reference
    answers; "" for none. Raises `InputError` for a conversation without question or picture, for a picture that is
    not here, and where the suite has the case already; `SuiteError` where it exceeds what a case may hold.
    """
    if not kept.turns:
        raise InputError("nothing_asked_yet")
    pictures = [picture for turn in kept.turns for picture in turn.pictures]
    if not all(picture.is_here and picture.path.is_file() for picture in pictures):
        raise InputError("picture_not_here")
    paths = [library.keep_picture(suite, picture.path, max_bytes) for picture in pictures]
    turns = tuple(TurnDraft(turn.question, _answer(turn, model)) for turn in kept.turns)
    case = read_draft(CaseDraft(UNNAMED, item.key, key, "", tuple(dict.fromkeys(paths)), turns))
    known = library.read(suite)
    for other in known.cases:
        if (other.pictures, _questions(other.turns)) == (case.pictures, _questions(case.turns)):
            raise InputError("case_there_already", case=other.id)
    return library.add_case(suite, case, suite_item(item))


def _answer(turn: StoredTurn, model: str) -> str:
    answers = attempts(turn, model)
    return answers[-1].answer.text.strip()[:MAX_TEXT] if answers else ""


def _questions(turns: tuple[CaseTurn, ...]) -> list[str]:
    return [turn.question for turn in turns]
