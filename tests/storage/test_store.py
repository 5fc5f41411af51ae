"""What goes in comes out, on every database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from comparer.errors import InputError
from comparer.records import Answer, Failure, Metrics, Preference, Rating, Sampling
from comparer.store import Conversation, RatingFilter
from storage import SqlStore
from tests.storage.databases import Database, an_answer, answered, asked

WHOLE_ANSWER = Answer(
    model="8B",
    text="红灯亮了。\n\tThe red lamp 🚨",
    stop_reason="length",
    metrics=Metrics(
        queue_s=0.25,
        load_s=3.5,
        preprocess_s=0.125,
        ttft_s=0.1234567890123,
        tpot_s=0.0101,
        e2e_s=2.5,
        tokens_per_s=99.5,
        input_tokens=321,
        image_tokens=300,
        output_tokens=128,
        peak_memory_bytes=62_000_000_000,
        weights_bytes=57_870_000_000,
        contended=True,
    ),
    model_id="Qwen/Qwen3-VL-8B-Instruct",
    precision="nf4",
    device="cuda:0",
    sampling=Sampling(64, 0.7, 0.9, 40, 2**40, 640),
    position=2,
    dropped_turns=1,
    failure=Failure("out_of_memory", {"needed": 17.5, "device": "cuda:0", "count": 3}),
)


def test_first_start_has_the_three_items_of_the_reference_table(store: SqlStore) -> None:
    assert [(item.key, item.name_en, item.name_zh, item.threshold) for item in store.items()] == [
        ("manual", "Product manual parsing", "产品说明书解析", 0.80),
        ("fault", "Fault diagram diagnosis", "故障图谱诊断", 0.75),
        ("service", "Customer-service dialogue", "客服对话理解", 0.70),
    ]


def test_a_threshold_is_changed_and_stays(database: Database) -> None:
    store = database.open()
    store.set_threshold("fault", 0.6)
    store.close()
    assert [item.threshold for item in database.open().items()] == [0.8, 0.6, 0.7]


def test_a_threshold_that_is_no_rate_is_refused(store: SqlStore) -> None:
    for threshold in (-0.01, 1.01, float("nan"), 80):
        with pytest.raises(InputError, match="from 0 to 1"):
            store.set_threshold("fault", threshold)
    assert store.items()[1].threshold == 0.75


def test_a_conversation_comes_back_whole_after_a_restart(database: Database) -> None:
    store = database.open()
    picture = store.save_picture(b"not really WebP", 640, 480, ".webp")
    begun = Conversation("qwen3-vl", ("8B", "4B", "30B"), "service", True, "王芳")
    conversation = store.begin(begun)
    first = store.add_turn(conversation, "  Who ordered it? ", [picture, picture])
    second = store.add_turn(conversation, "And when?", [])
    answers = [WHOLE_ANSWER, replace(WHOLE_ANSWER, model="4B", failure=None), WHOLE_ANSWER]
    ids = [store.add_answer(first, answer) for answer in answers]
    store.close()

    kept = database.open().conversation(conversation)

    assert kept.conversation == begun
    assert abs(kept.created_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert [turn.id for turn in kept.turns] == [first, second]
    assert kept.turns[0].question == "Who ordered it?"
    assert kept.turns[0].pictures == (picture, picture)
    assert kept.turns[0].pictures[0].path.read_bytes() == b"not really WebP"
    assert [stored.id for stored in kept.turns[0].answers] == ids
    assert [stored.answer for stored in kept.turns[0].answers] == answers
    assert kept.turns[1].answers == ()


def test_a_rating_can_be_changed_and_there_is_one_per_reviewer(store: SqlStore) -> None:
    answer = answered(store)
    turn = store.turn_of(answer)
    first = store.rate(answer, Rating(True, "Ann", ("clear",), "good"))
    changed = Rating(False, "Ann", ("wrong number", "too long"), "It says 7, the label says 1.")
    assert store.rate(answer, changed) == first
    assert store.rate(answer, Rating(True, " Ben ")) != first
    assert store.ratings(turn, "Ann") == {answer: changed}
    assert store.ratings(turn, "Ben") == {answer: Rating(True, "Ben")}
    assert store.ratings(turn, "Carl") == {}


def test_reviewers_without_a_name_share_one_rating(store: SqlStore) -> None:
    answer = answered(store)
    assert store.rate(answer, Rating(True)) == store.rate(answer, Rating(False))
    assert store.ratings(store.turn_of(answer), "") == {answer: Rating(False)}


def test_names_are_the_same_however_they_are_typed(store: SqlStore) -> None:
    answer = answered(store)
    composed, decomposed = "Zoë  Müller", "Zoe\u0308 Mu\u0308ller "
    assert store.rate(answer, Rating(True, composed)) == store.rate(answer, Rating(False, decomposed))


def test_a_rating_counts_as_blind_only_while_the_names_are_hidden(store: SqlStore) -> None:
    answer = answered(store, blind=True)
    turn = store.turn_of(answer)
    conversation = next(store.rated_answers(), None)
    assert conversation is None
    store.rate(answer, Rating(True, "Ann", blind=True))
    store.rate(answer, Rating(True, "Open", blind=False))
    assert store.is_blind(turn)
    store.reveal(next(store.rated_answers()).conversation_id)
    assert not store.is_blind(turn)
    store.rate(answer, Rating(True, "Ann", blind=False))  # confirms what was said blind
    store.rate(answer, Rating(True, "Ben", blind=True))  # too late to be blind
    assert {rated.rating.reviewer: rated.rating.blind for rated in store.rated_answers()} == {
        "Ann": True,
        "Open": False,
        "Ben": False,
    }
    store.rate(answer, Rating(False, "Ann", blind=True))
    assert not store.ratings(turn, "Ann")[answer].blind


def test_an_open_conversation_is_never_blind(store: SqlStore) -> None:
    answer = answered(store)
    store.rate(answer, Rating(True, "Ann", blind=True))
    assert not store.ratings(store.turn_of(answer), "Ann")[answer].blind


def test_a_vote_can_be_changed(store: SqlStore) -> None:
    turn = asked(store)
    first, second = (store.add_answer(turn, an_answer(model)) for model in ("4B", "8B"))
    store.rate(first, Rating(True, "Ann"))
    store.rate(second, Rating(True, "Ann"))
    store.rate(second, Rating(True, "Ben"))

    def preferred() -> list[tuple[str, str, bool | None]]:
        return [(row.answer.model, row.rating.reviewer, row.preferred) for row in store.rated_answers()]

    assert preferred() == [("4B", "Ann", None), ("8B", "Ann", None), ("8B", "Ben", None)]
    vote = store.prefer(turn, Preference("answer", first, "Ann"))
    assert preferred() == [("4B", "Ann", True), ("8B", "Ann", False), ("8B", "Ben", None)]
    assert store.prefer(turn, Preference("answer", second, "Ann")) == vote
    assert preferred() == [("4B", "Ann", False), ("8B", "Ann", True), ("8B", "Ben", None)]
    assert store.prefer(turn, Preference("tie", reviewer="Ann")) == vote
    assert preferred() == [("4B", "Ann", False), ("8B", "Ann", False), ("8B", "Ben", None)]


def test_rated_answers_hold_all_an_export_needs_oldest_first(store: SqlStore) -> None:
    picture = store.save_picture(b"picture", 3, 2, ".webp")
    conversation = store.begin(Conversation("precisions", ("8B",), "fault"))
    turn = store.add_turn(conversation, "Which part fails most?", [picture])
    answer = store.add_answer(turn, WHOLE_ANSWER)
    rating = store.rate(answer, Rating(False, "Ann", ("wrong",), "No."))
    later = store.rate(answer, Rating(True, "Ben"))
    store.rate(answer, Rating(False, "Ann", ("wrong",), "No!"))

    rows = list(store.rated_answers())

    assert [row.rating_id for row in rows] == [rating, later]
    row = rows[0]
    assert row.rating == Rating(False, "Ann", ("wrong",), "No!")
    assert (row.conversation_id, row.turn_id, row.answer_id) == (conversation, turn, answer)
    assert (row.item, row.lineup, row.question) == ("fault", "precisions", "Which part fails most?")
    assert row.pictures == (picture.sha256,)
    assert row.answer == WHOLE_ANSWER
    assert row.rated_at.utcoffset() == timedelta(0)
    assert row.rated_at > rows[1].rated_at  # the time of the change


def test_rated_answers_come_page_by_page_each_once(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.queries.PAGE", 3)
    answer = answered(store)
    reviewers = [f"reviewer {number}" for number in range(9)]
    for name in reviewers:
        store.rate(answer, Rating(True, name))
    met = []
    for row in store.rated_answers():
        met.append(row.rating.reviewer)
        store.rate(answer, Rating(False, row.rating.reviewer))  # a change made while one reads
    assert met == reviewers


def test_filters(store: SqlStore) -> None:
    start = datetime.now(UTC)
    plain = answered(store, "one", lineup="demo")
    hidden = answered(store, "two", lineup="qwen3-vl", blind=True)
    quantised = store.add_answer(asked(store, "three"), an_answer(precision="int8"))
    store.rate(plain, Rating(True, "Ann"))
    store.rate(hidden, Rating(True, "Ann", blind=True))
    store.rate(quantised, Rating(True, "Ben"))
    end = datetime.now(UTC) + timedelta(seconds=1)
    far_east = timezone(timedelta(hours=8))
    expected = {
        RatingFilter(): {plain, hidden, quantised},
        RatingFilter(lineup="demo"): {plain, quantised},
        RatingFilter(precision="int8"): {quantised},
        RatingFilter(reviewers=("Ann",)): {plain, hidden},
        RatingFilter(reviewers=("Ann", " Ben")): {plain, hidden, quantised},
        RatingFilter(reviewers=("nobody",)): set(),
        RatingFilter(blind_only=True): {hidden},
        RatingFilter(since=start.astimezone(far_east), until=end.astimezone(far_east)): {
            plain,
            hidden,
            quantised,
        },
        RatingFilter(since=end): set(),
        RatingFilter(until=start): set(),
        RatingFilter(lineup="demo", reviewers=("Ann",)): {plain},
    }
    for ratings, answers in expected.items():
        assert {row.answer_id for row in store.rated_answers(ratings)} == answers, ratings
        assert sum(cell.ratings for cell in store.counts(ratings)) == len(answers), ratings


def test_only_answers_of_given_weights_are_counted(store: SqlStore) -> None:
    old, new = (store.add_answer(asked(store, "?"), an_answer(model_id=f"small@{n}")) for n in ("old", "new"))
    other = store.add_answer(asked(store, "?"), an_answer("8B", model_id="large@1"))
    for answer in (old, new, other):
        store.rate(answer, Rating(True))
    kept = RatingFilter(model_ids=("small@new", "large@1"))
    assert {row.answer_id for row in store.rated_answers(kept)} == {new, other}
    assert [(cell.model, cell.ratings) for cell in store.counts(kept)] == [("4B", 1), ("8B", 1)]
    assert store.counts(RatingFilter(model_ids=("small@gone",))) == ()


def test_one_conversation_can_be_left_out(store: SqlStore) -> None:
    first, second = answered(store, "one"), answered(store, "two")
    for answer in (first, second):
        store.rate(answer, Rating(True))
    left_out = next(row for row in store.rated_answers() if row.answer_id == first).conversation_id
    kept = RatingFilter(without_conversation=left_out)
    assert {row.answer_id for row in store.rated_answers(kept)} == {second}
    assert sum(cell.ratings for cell in store.counts(kept)) == 1


BAD_INPUT = [
    ("unknown_conversation", lambda store: store.conversation("none")),
    ("unknown_conversation", lambda store: store.conversation("nu\0l")),
    ("unknown_conversation", lambda store: store.add_turn("none", "?", [])),
    ("unknown_conversation", lambda store: store.reveal("none")),
    ("unknown_turn", lambda store: store.add_answer("none", an_answer())),
    ("unknown_turn", lambda store: store.is_blind("none")),
    ("unknown_turn", lambda store: store.ratings("none", "Ann")),
    ("unknown_turn", lambda store: store.prefer("none", Preference("tie"))),
    ("unknown_turn", lambda store: store.preference("none", "Ann")),
    ("unknown_conversation", lambda store: store.summary("none")),
    ("unknown_answer", lambda store: store.rate("none", Rating(True))),
    ("unknown_answer", lambda store: store.rate("\ud800", Rating(True))),
    ("unknown_answer", lambda store: store.turn_of("none")),
    ("unknown_answer", lambda store: store.prefer(asked(store), Preference("answer", "none"))),
    ("unknown_item", lambda store: store.set_threshold("none", 0.5)),
    ("unknown_item", lambda store: store.begin(Conversation("demo", ("4B",), "none"))),
    ("unknown_choice", lambda store: store.prefer(asked(store), Preference("best"))),
    ("answer_of_another_turn", lambda s: s.prefer(asked(s), Preference("answer", answered(s)))),
    ("question_too_long", lambda store: asked(store, "?" * 20_001)),
    ("not_yes_or_no", lambda store: store.rate(answered(store), Rating("false"))),  # type: ignore[arg-type]
    ("not_yes_or_no", lambda store: store.rate(answered(store), Rating(None))),  # type: ignore[arg-type]
    ("note_too_long", lambda store: store.rate(answered(store), Rating(True, note="n" * 2_001))),
    ("reviewer_too_long", lambda store: store.rate(answered(store), Rating(True, "n" * 81))),
    ("reasons_too_long", lambda s: s.rate(answered(s), Rating(True, reasons=("r" * 201,)))),
]


def test_bad_input_has_a_sentence_in_both_languages(store: SqlStore, subtests: pytest.Subtests) -> None:
    for code, call in BAD_INPUT:
        with subtests.test(code):
            with pytest.raises(InputError) as refused:
                call(store)
            assert refused.value.code == code
            assert "{" not in refused.value.sentence("en") + refused.value.sentence("zh")
    assert store.counts() == ()


def test_what_fits_exactly_is_taken(store: SqlStore) -> None:
    answer = answered(store, "?" * 20_000)
    store.rate(answer, Rating(True, "n" * 80, ("r" * 200,), "n" * 2_000))
    assert len(next(store.rated_answers()).question) == 20_000


def test_a_picture_that_was_never_kept_is_refused(store: SqlStore) -> None:
    picture = replace(store.save_picture(b"one", 1, 1, ".webp"), sha256="0" * 64)
    conversation = store.begin(Conversation("demo", ("4B",)))
    with pytest.raises(InputError, match="Add the picture again"):
        store.add_turn(conversation, "?", [picture])
    assert store.conversation(conversation).turns == ()


def test_only_an_answer_with_text_can_be_rated(store: SqlStore) -> None:
    turn = asked(store)
    failure = Failure("out_of_memory")
    empty = store.add_answer(turn, an_answer(text=" ", stop_reason="error", failure=failure))
    stopped = store.add_answer(turn, an_answer(text="", stop_reason="cancelled"))
    cut_short = store.add_answer(turn, an_answer(text="The red", stop_reason="error", failure=failure))
    silent = store.add_answer(turn, an_answer(text=""))  # the model said nothing, which can be judged
    for nothing in (empty, stopped):
        with pytest.raises(InputError, match="nothing to rate"):
            store.rate(nothing, Rating(False))
    store.rate(cut_short, Rating(False))
    store.rate(silent, Rating(False))
    assert {row.answer_id for row in store.rated_answers()} == {cut_short, silent}


def test_characters_no_database_can_hold_are_replaced(store: SqlStore) -> None:
    turn = asked(store, "what\0is\ud800this")
    answer = store.add_answer(turn, an_answer(text="nul\0", failure=Failure("x", {"detail": "a\0b"})))
    store.rate(answer, Rating(True, "A\0nn", ("r\0",), "n\0"))
    row = next(store.rated_answers())
    assert row.question == "what\ufffdis\ufffdthis"
    assert row.answer.text == "nul\ufffd"
    assert row.rating == Rating(True, "A\ufffdnn", ("r\ufffd",), "n\ufffd")
