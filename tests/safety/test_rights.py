"""Who may do what: the table of rights, whatever stands behind every button, and ids that were made up or stolen."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from comparer.access import Access, Deed, Visitor
from comparer.access import guard as guards
from comparer.access.guard import guarded_library, guarded_store
from comparer.access.roles import ADMINS_ONLY, DEEDS, Mode
from comparer.errors import AccessError, ComparerError, InputError
from comparer.records import Answer, Metrics, Preference, Rating, TestItem
from comparer.run_records import RunCase, RunModel, RunRequest, RunTurn
from comparer.run_store import RunStore
from comparer.store import Conversation, HistorySearch, Store
from comparer.suites.library import Library
from storage.store import SqlStore

ADMIN = Visitor("user:Ada", "admin", "Ada")
REA, RON = Visitor("user:Rea", "reviewer", "Rea"), Visitor("user:Ron", "reviewer", "Ron")
STRANGER, OTHER = Visitor("visitor:1", "reviewer"), Visitor("visitor:2", "reviewer")

LASTING: set[Deed] = {"conversations.star", "suites.edit", "runs.start", "runs.steer"}
REVIEWERS: set[Deed] = {"ask", "rate", *LASTING}
TEAM: set[Deed] = {*REVIEWERS, "conversations.read_others"}
EVERYTHING = set(DEEDS)
MATRIX: list[tuple[Mode, bool, Visitor, set[Deed]]] = [
    ("open", False, STRANGER, EVERYTHING),
    ("open", True, STRANGER, {"ask", "rate"}),
    ("users", False, ADMIN, EVERYTHING),
    ("users", False, REA, TEAM),
    ("users", True, ADMIN, EVERYTHING),
    ("users", True, REA, REVIEWERS),
    ("huggingface", True, ADMIN, EVERYTHING),
    ("huggingface", True, REA, REVIEWERS),
    ("huggingface", True, STRANGER, set()),
]


@dataclass
class Who:
    """Whoever asks next."""

    visitor: Visitor | None = None

    def __call__(self) -> Visitor | None:
        return self.visitor


@pytest.mark.parametrize(("mode", "shared", "visitor", "may"), MATRIX)
def test_the_matrix(mode: Mode, shared: bool, visitor: Visitor, may: set[Deed]) -> None:
    access = Access(mode, shared, lambda: visitor)
    assert {deed for deed in DEEDS if access.may(deed)} == may
    for deed in EVERYTHING - may:
        with pytest.raises(AccessError) as refused:
            access.require(deed)
        sign_in = mode == "huggingface" and not visitor.signed_in and deed not in ADMINS_ONLY
        assert refused.value.code == ("sign_in_first" if sign_in else "admins_only")


def test_without_a_visitor_nothing_is_done() -> None:
    with pytest.raises(AccessError, match="only be done from the page"):
        Access("open", True, lambda: replace(STRANGER, key="")).require("ask")
    for mode, shared in (("open", True), ("users", False), ("huggingface", True)):
        with pytest.raises(AccessError, match="only be done from the page"):
            Access(mode, shared).require("ask")  # type: ignore[arg-type]


def public(kind: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(kind) if not name.startswith("_")}


def test_nothing_new_goes_past_the_guard() -> None:
    """A new method is refused until it stands in one of the tables."""
    own = public(guards.GuardedStore) - {"runs"}
    assert own | guards.STORE_READS | set(guards.STORE_DEEDS) | guards.STORE_CLOSED == public(Store)
    known = {*guards.RUN_READS, *guards.RUN_DEEDS, *guards.RUN_CLOSED, "create"}
    assert known == public(RunStore)
    assert guards.LIBRARY_READS | set(guards.LIBRARY_DEEDS) == public(Library)


@pytest.fixture
def who() -> Who:
    return Who()


Guard = Callable[..., Any]


@pytest.fixture
def guard(store: SqlStore, who: Who) -> Guard:
    def make(mode: Mode = "users", shared: bool = True) -> Any:
        return guarded_store(store, Access(mode, shared, who))

    return make


def asked(store: Any, reviewer: str = "") -> tuple[str, str, str]:
    """A conversation with one turn and one answer."""
    conversation = store.begin(Conversation("scripted", ("small", "medium"), "manual", reviewer=reviewer))
    turn = store.add_turn(conversation, "What is this?", [])
    return conversation, turn, store.add_answer(turn, Answer("small", "A pump.", "stop", Metrics()))


def test_reviewers_cannot_do_what_is_for_admins(guard: Guard, who: Who, tmp_path: Path) -> None:
    guarded = guard()
    library = guarded_library(Library(tmp_path / "suites"), Access("users", True, who))
    item = TestItem("new", "New", "新", 0.8)
    deeds: list[Callable[[], object]] = [
        lambda: guarded.set_threshold("manual", 0.1),
        lambda: guarded.add_item(item),
        lambda: guarded.update_item(replace(item, key="manual")),
        lambda: guarded.order_items(["fault", "manual"]),
        lambda: guarded.import_ratings([]),
        lambda: list(guarded.rated_answers()),
        lambda: list(guarded.votes()),
        lambda: list(guarded.carried_votes()),
        lambda: guarded.cases("manual", "small"),
        lambda: guarded.runs.delete("run"),
        lambda: library.delete("suite"),
        lambda: library.restore("suite"),
    ]
    for visitor in (REA, STRANGER):
        who.visitor = visitor
        before = guarded.items()
        for deed in deeds:
            with pytest.raises(AccessError):
                deed()
        assert guarded.items() == before
    for name in (*guards.STORE_CLOSED, "_store_", "__dict__x"):
        with pytest.raises(AttributeError):
            getattr(guarded, name)
    for name in guards.RUN_CLOSED:
        with pytest.raises(AttributeError):
            getattr(guarded.runs, name)
    who.visitor = ADMIN
    guarded.set_threshold("manual", 0.5)
    assert next(one for one in guarded.items() if one.key == "manual").threshold == 0.5


@pytest.mark.parametrize(
    ("mode", "mine", "others"),
    [("users", REA, RON), ("open", STRANGER, OTHER)],
)
def test_what_is_anothers_is_as_unknown_as_what_is_not_there(
    guard: Guard, who: Who, store: SqlStore, mode: Mode, mine: Visitor, others: Visitor
) -> None:
    guarded = guard(mode)
    who.visitor = mine
    conversation, turn, answer = asked(guarded)
    from_before, *_ = asked(store)  # begun when the page was not shared
    guarded.rate(answer, Rating(True, "Rea"))
    assert [one.id for one in guarded.search().conversations] == [conversation]
    who.visitor = others
    assert not guarded.search().conversations
    assert not guarded.search(HistorySearch(owner=mine.key)).conversations
    unknown: list[tuple[str, Callable[[str], object], str]] = [
        ("unknown_conversation", guarded.conversation, conversation),
        ("unknown_conversation", guarded.summary, conversation),
        ("unknown_conversation", guarded.conversation, from_before),
        ("unknown_conversation", guarded.delete_conversation, conversation),
        ("unknown_conversation", guarded.reveal, conversation),
        ("unknown_conversation", lambda it: guarded.add_turn(it, "And?", []), conversation),
        ("unknown_turn", lambda it: guarded.add_answer(it, Answer("small", "No.", "stop", Metrics())), turn),
        ("unknown_turn", guarded.is_blind, turn),
        ("unknown_turn", lambda it: guarded.ratings(it, "Rea"), turn),
        ("unknown_turn", lambda it: guarded.preference(it, "Rea"), turn),
        ("unknown_turn", lambda it: guarded.prefer(it, Preference("tie")), turn),
        ("unknown_answer", guarded.turn_of, answer),
        ("unknown_answer", lambda it: guarded.rate(it, Rating(False, "Rea")), answer),
        ("unknown_answer", lambda it: guarded.belonging("answer", it), answer),
    ]
    for code, do, stolen in unknown:
        told = []
        for tried in (stolen, "0" * 32):
            with pytest.raises(InputError) as refused:
                do(tried)
            assert refused.value.code == code
            told.append(str(refused.value).replace(tried, "…"))
        assert told[0] == told[1]
    who.visitor = ADMIN
    assert {one.id for one in guarded.search().conversations} == {conversation, from_before}
    assert store.ratings(turn, mine.name or "Rea")[answer].acceptable
    guarded.delete_conversation(conversation)


def test_a_login_rates_in_its_own_name_only(guard: Guard, who: Who, store: SqlStore) -> None:
    guarded = guard(shared=False)
    who.visitor = REA
    conversation, turn, answer = asked(guarded, "Ada")
    guarded.rate(answer, Rating(True, "Ada"))
    guarded.prefer(turn, Preference("tie", reviewer="Ada"))
    assert guarded.ratings(turn, "Ada")[answer].reviewer == "Rea" and guarded.preference(turn, "Ada") is not None
    assert store.summary(conversation).reviewer == "Rea" and store.summary(conversation).owner == REA.key
    assert not store.ratings(turn, "Ada") and store.preference(turn, "Ada") is None
    assert [one.name for one in store.reviewers()] == ["Rea"]
    who.visitor = RON  # a team reads what its members ask, and goes on with it, but deletes its own only
    assert guarded.conversation(conversation).turns and not guarded.ratings(turn, "Rea")
    guarded.add_turn(conversation, "And this?", [])
    with pytest.raises(AccessError, match="Only an admin may delete"):
        guarded.delete_conversation(conversation)
    who.visitor = REA
    guarded.delete_conversation(conversation)


def test_runs_begin_in_ones_own_name(guard: Guard, who: Who) -> None:
    guarded = guard("open")
    models = (RunModel("small", "Small", "scripted", "fp32"),)
    request = RunRequest("suite", "Suite", "测试集", "scripted", models, reviewer="Ada")
    case = RunCase("one", "manual", (RunTurn("What?"),), ())
    who.visitor = STRANGER
    with pytest.raises(AccessError):
        guarded.runs.create(request, [case])
    who.visitor = REA
    assert guarded.runs.run(guarded.runs.create(request, [case])).request.reviewer == "Rea"


ODD_IDS = [
    "",
    "x",
    "0" * 32,
    "'; DROP TABLE answers; --",
    "%",
    "_" * 32,
    "../../etc/passwd",
    "a\x00b",
    "\ud800",
    "9" * 9_000,
]


@pytest.mark.parametrize("made_up", ODD_IDS)
def test_made_up_ids_open_nothing(guard: Guard, who: Who, made_up: str) -> None:
    guarded = guard()
    who.visitor = REA
    _, turn, answer = asked(guarded)
    tries: list[Callable[[], object]] = [
        lambda: guarded.conversation(made_up),
        lambda: guarded.summary(made_up),
        lambda: guarded.delete_conversation(made_up),
        lambda: guarded.star(made_up, True),
        lambda: guarded.rate(made_up, Rating(True)),
        lambda: guarded.prefer(turn, Preference("answer", made_up)),
        lambda: guarded.prefer(made_up, Preference("tie")),
        lambda: guarded.search(after=made_up or "x"),
        lambda: guarded.runs.run(made_up),
    ]
    for attempt in tries:
        with pytest.raises(ComparerError):
            attempt()
    assert guarded.belonging("answer", answer).owner == REA.key


def test_starred_conversations_and_those_of_yesterday_stay(guard: Guard, who: Who, store: SqlStore) -> None:
    guarded = guard()
    who.visitor = REA
    starred, *_ = asked(guarded)
    guarded.star(starred, True)
    asked(guarded)
    assert store.delete_older(datetime(2020, 1, 1, tzinfo=UTC)) == 0
    assert store.delete_older(datetime(2100, 1, 1, tzinfo=UTC)) == 1
    assert [one.id for one in guarded.search().conversations] == [starred]
