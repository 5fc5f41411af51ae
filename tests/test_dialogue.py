"""Conversations: what each model is told, what is kept, and what a failing database does to an answer."""

from pathlib import Path
from typing import Any

import pytest

from comparer.dialogue import Snapshot
from comparer.engines import Limits
from comparer.engines.scripted_engine import Script
from comparer.errors import InputError, StoreError
from comparer.records import Picture, Rating, Request
from comparer.store import Store
from tests.conftest import MakeDialogue

BRISK = Script(ttft_s=0.01, tokens_per_s=1000, tokens=3)


def last(stream: Any) -> Snapshot:
    *_, snapshot = stream
    return snapshot


def test_answers_are_kept_with_metrics_and_place(
    make_dialogue: MakeDialogue, store: Store, kept_picture: Picture
) -> None:
    dialogue = make_dialogue(BRISK, BRISK, BRISK)
    conversation = dialogue.begin(item="manual", reviewer="Ann")
    snapshot = last(dialogue.ask(conversation, "  What is part 2?  ", [kept_picture]))
    kept = store.conversation(conversation)
    assert [turn.question for turn in kept.turns] == ["What is part 2?"]
    assert kept.turns[0].pictures == (kept_picture,)
    assert {answer.id for answer in kept.turns[0].answers} == {column.answer_id for column in snapshot.columns}
    for answer in kept.turns[0].answers:
        assert answer.answer.text == "word0 word1 word2"
        assert answer.answer.metrics.ttft_s and answer.answer.metrics.output_tokens == 3
        assert answer.answer.position == ("small", "medium", "large").index(answer.answer.model)


def test_each_model_sees_its_own_answers(
    make_dialogue: MakeDialogue, kept_picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialogue = make_dialogue(BRISK, Script(ttft_s=0.01, tokens_per_s=1000, tokens=2))
    conversation = dialogue.begin()
    last(dialogue.ask(conversation, "First?", [kept_picture]))
    asked: dict[str, Request] = {}
    for key, engine in dialogue.engines.items():
        stream = engine.stream

        def spy(request: Request, cancel: Any, key: str = key, stream: Any = stream) -> Any:
            asked[key] = request
            return stream(request, cancel)

        monkeypatch.setattr(engine, "stream", spy)
    last(dialogue.ask(conversation, "And then?"))
    assert [turn.answer for turn in asked["small"].turns] == ["word0 word1 word2", None]
    assert [turn.answer for turn in asked["medium"].turns] == ["word0 word1", None]
    assert asked["small"].turns[0].pictures == (kept_picture,)


def test_a_blind_order_is_drawn_and_stays(make_dialogue: MakeDialogue, store: Store) -> None:
    dialogue = make_dialogue(BRISK, BRISK, BRISK)
    orders = set()
    for _ in range(60):
        conversation = dialogue.begin(blind=True)
        orders.add(store.conversation(conversation).conversation.order)
    assert len(orders) == 6  # all orders come up: the chance to miss one in 60 is 1 in 9,000
    assert store.conversation(dialogue.begin()).conversation.order == ("small", "medium", "large")


def test_retry_adds_an_answer_and_keeps_the_first_with_its_rating(
    make_dialogue: MakeDialogue, store: Store, kept_picture: Picture
) -> None:
    dialogue = make_dialogue(BRISK, BRISK)
    conversation = dialogue.begin(item="manual")
    first = last(dialogue.ask(conversation, "Which?", [kept_picture]))
    store.rate(first.columns[0].answer_id, Rating(False, "Ann"))
    again = last(dialogue.retry(conversation, "small"))
    assert [column.model for column in again.columns] == ["small"]
    kept = store.conversation(conversation).turns[0].answers
    assert [answer.answer.model for answer in kept].count("small") == 2
    assert store.ratings(again.turn_id, "Ann")[first.columns[0].answer_id].acceptable is False


def test_a_failed_answer_is_kept_with_its_reason(
    make_dialogue: MakeDialogue, store: Store, kept_picture: Picture
) -> None:
    dialogue = make_dialogue(BRISK, Script(fault="middle", tokens=4), limits=Limits(stall_s=1))
    conversation = dialogue.begin()
    snapshot = last(dialogue.ask(conversation, "Which?", [kept_picture]))
    assert [column.state for column in snapshot.columns] == ["done", "failed"]
    failed = store.conversation(conversation).turns[0].answers
    reasons = {answer.answer.model: answer.answer.failure for answer in failed}
    assert reasons["small"] is None and reasons["medium"] is not None and reasons["medium"].code == "engine_failed"


@pytest.mark.parametrize("question", ["", "   \n"])
def test_no_question(make_dialogue: MakeDialogue, kept_picture: Picture, question: str) -> None:
    dialogue = make_dialogue(BRISK)
    with pytest.raises(InputError, match="Type a question first"):
        last(dialogue.ask(dialogue.begin(), question, [kept_picture]))


def test_no_picture(make_dialogue: MakeDialogue, store: Store) -> None:
    dialogue = make_dialogue(BRISK)
    conversation = dialogue.begin()
    with pytest.raises(InputError, match="Choose a picture first"):
        last(dialogue.ask(conversation, "What is this?"))
    assert store.conversation(conversation).turns == ()


def test_unknown_conversation(make_dialogue: MakeDialogue) -> None:
    with pytest.raises(InputError) as caught:
        last(make_dialogue(BRISK).ask("nowhere", "What?"))
    assert caught.value.code == "unknown_conversation"


def test_conversation_of_another_lineup(make_dialogue: MakeDialogue, kept_picture: Picture) -> None:
    conversation = make_dialogue(BRISK, BRISK, BRISK).begin()
    with pytest.raises(InputError, match="these models are not here now: large"):
        last(make_dialogue(BRISK, BRISK).ask(conversation, "What?", [kept_picture]))


def test_an_answer_that_cannot_be_kept_says_so(
    make_dialogue: MakeDialogue, kept_picture: Picture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dialogue = make_dialogue(BRISK, BRISK)
    conversation = dialogue.begin()

    def full(*_: object) -> str:
        raise StoreError("store_full", path=str(tmp_path), database=str(tmp_path))

    monkeypatch.setattr(dialogue.store, "add_answer", full)
    snapshot = last(dialogue.ask(conversation, "Which?", [kept_picture]))
    for column in snapshot.columns:
        assert column.text.startswith("word0") and not column.answer_id
        assert column.failure is not None and column.failure.code == "store_full"


def test_figures_beside_a_stuck_engine_are_kept_as_contended(
    make_dialogue: MakeDialogue, store: Store, kept_picture: Picture
) -> None:
    dialogue = make_dialogue(Script(fault="hang"), BRISK, limits=Limits(stall_s=0.5))
    conversation = dialogue.begin()
    last(dialogue.ask(conversation, "Which?", [kept_picture]))
    kept = {a.answer.model: a.answer.metrics.contended for a in store.conversation(conversation).turns[0].answers}
    assert kept == {"small": False, "medium": True}


def test_all_at_once_is_kept_as_contended(make_dialogue: MakeDialogue, kept_picture: Picture) -> None:
    dialogue = make_dialogue(BRISK, BRISK, BRISK, devices=["cpu", "cpu", "cuda:0"])
    snapshot = last(dialogue.ask(dialogue.begin(), "Which?", [kept_picture], policy="together"))
    assert [column.metrics.contended for column in snapshot.columns] == [True, True, False]


def test_asked_again_with_fewer_turns_a_model_sees_the_newest_and_their_picture(
    make_dialogue: MakeDialogue, kept_picture: Picture, store: Store
) -> None:
    dialogue = make_dialogue(BRISK)
    conversation = dialogue.begin()
    last(dialogue.ask(conversation, "First?", [kept_picture]))
    for question in ("Second?", "Third?"):
        last(dialogue.ask(conversation, question))
    seen: list[Request] = []
    engine = dialogue.engines["small"]
    stream = engine.stream
    engine.stream = lambda request, cancel=None: (seen.append(request), stream(request, cancel))[1]  # type: ignore[method-assign]

    (column,) = last(dialogue.retry(conversation, "small", most_turns=2)).columns

    assert [turn.question for turn in seen[0].turns] == ["Second?", "Third?"]
    assert seen[0].turns[0].pictures == (kept_picture,)
    assert column.dropped_turns == 1
    kept = store.conversation(conversation).turns[-1].answers[-1].answer
    assert kept.dropped_turns == 1
