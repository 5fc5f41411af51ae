"""The History tab on a real store: found, read, continued, taken away and deleted; blind conversations stay blind."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from comparer.engines.scripted_engine import Script
from comparer.errors import InputError
from comparer.records import Answer, Failure, Metrics, Picture, Preference, Rating
from comparer.settings import Settings
from comparer.store import Conversation
from comparer.ui.compare_handlers import CompareHandlers
from comparer.ui.compare_layout import build_compare_tab
from comparer.ui.compare_state import CompareState
from comparer.ui.context import Context
from comparer.ui.days import read_day
from comparer.ui.gallery_handlers import GalleryHandlers
from comparer.ui.history_handlers import PAGE, Given, HistoryHandlers, sought_by
from comparer.ui.history_layout import HistoryState, build_history_tab
from comparer.ui.i18n import Localizer, Updates
from comparer.ui.rating_handlers import RatingHandlers
from comparer.ui.reopening import Reopening
from tests.conftest import KEYS, MakeDialogue
from tests.loops import run_to_end

REQUEST: Any = SimpleNamespace(session_hash="browser")
METRICS = Metrics(ttft_s=0.123, e2e_s=4.56, tokens_per_s=7.89, peak_memory_bytes=9_000_000)


class Page:
    """The two tabs without a server; `history` and `compare` are what the browser session remembers."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.store = context.store
        with gr.Blocks():
            texts = Localizer()
            with gr.Tabs() as self.tabs, gr.Tab():
                self.compare_tab = build_compare_tab(context, texts)
                self.tab = build_history_tab(context, texts)
        self.compare_handlers = CompareHandlers(context, self.compare_tab)
        self.rating = RatingHandlers(context, self.compare_tab, self.compare_handlers)
        gallery = GalleryHandlers(self.compare_tab, self.compare_handlers)
        reopening = Reopening(context, self.compare_tab, self.compare_handlers, gallery)
        self.handlers = HistoryHandlers(context, self.tab, self.tabs, reopening)
        self.history = HistoryState()
        self.compare = CompareState(order=context.lineup.keys)

    def given(self, own: str = "Ann", **filters: str) -> Given:
        sought = {name: filters.get(name, "") for name in Given._fields[:8]}
        return Given(**sought, own=own, history=self.history, compare=self.compare)

    def did(self, updates: Updates) -> Updates:
        """Remember what an event changed, as the browser session does."""
        self.history = updates.get(self.tab.state, self.history)
        self.compare = updates.get(self.compare_tab.state, self.compare)
        return updates

    def found(self, **filters: str) -> list[str]:
        updates = self.did(self.handlers.search(self.given(**filters)))
        return re.findall(r"<b dir='auto'>(.*?)</b>", updates[self.tab.list])

    def open(self, conversation_id: str, own: str = "Ann") -> str:
        html: str = self.did(self.handlers.open_conversation(conversation_id, self.given(own)))[self.tab.reading]
        return html

    def ask(self, question: str, picture: str) -> None:
        """Ask in the Compare tab as it stands, to the end."""

        async def run() -> None:
            tab = self.compare_tab
            sampling = (0.0, 16, 64)
            events = self.compare_handlers.ask(
                question,
                picture,
                self.compare.item,
                self.compare.blind,
                "fair",
                *sampling,
                "Ann",
                self.compare,
                REQUEST,
            )
            async for updates in events:
                self.compare = updates.get(tab.state, self.compare)

        run_to_end(run())


@pytest.fixture
def page(make_dialogue: MakeDialogue) -> Page:
    fast = Script(ttft_s=0, tokens_per_s=1000, tokens=2)
    dialogue = make_dialogue(fast, fast, fast)
    return Page(Context(Settings(), dialogue.lineup, dialogue, dialogue.store))


class Kept:
    """A conversation of one question, answered by all three models."""

    def __init__(
        self,
        page: Page,
        question: str = "What is this?",
        pictures: tuple[Picture, ...] = (),
        order: tuple[str, ...] = KEYS,
        text: str = "A pump.",
        **options: Any,
    ) -> None:
        options = {"lineup": "scripted", "reviewer": "Ann"} | options
        self.id = page.store.begin(Conversation(order=order, **options))
        self.turn = page.store.add_turn(self.id, question, pictures)
        self.answers = {
            model: page.store.add_answer(
                self.turn, Answer(model, text, "stop", METRICS, model_id=f"{model}@1", position=position)
            )
            for position, model in enumerate(order)
        }


def test_filters_become_a_search(page: Page) -> None:
    sought = sought_by(page.given(text="pump", rated="unrated", since="2026-01-30", until=" 2026-01-31 "))
    assert (sought.text, sought.rated, sought.since) == ("pump", False, datetime(2026, 1, 30, tzinfo=UTC))
    assert sought.until == datetime(2026, 2, 1, tzinfo=UTC)  # the last day counts whole
    assert sought_by(page.given(rated="rated")).rated is True
    assert [sought_by(page.given(source=source)).of_runs for source in ("", "runs", "people")] == [None, True, False]
    empty = sought_by(page.given())
    assert (empty.rated, empty.since, empty.until) == (None, None, None)
    with pytest.raises(InputError, match="“tomorrow” is not a day"):
        read_day("tomorrow")
    with pytest.raises(InputError, match="9999-12-31"):  # there is no day after it
        sought_by(page.given(until="9999-12-31"))


def test_conversations_are_found_and_an_unreadable_day_changes_nothing(page: Page) -> None:
    rated = Kept(page, "Which pump?", item="manual")
    Kept(page, "Which lamp?", item="fault", reviewer="Ben", lineup="qwen3-vl")
    page.store.rate(rated.answers["small"], Rating(True, "Cy"))
    today = datetime.now(UTC).date()
    assert page.found() == ["Which lamp?", "Which pump?"]
    assert page.found(text="which PUMP") == page.found(item="manual") == page.found(reviewer="Cy") == ["Which pump?"]
    assert (
        page.found(lineup="qwen3-vl") == page.found(rated="unrated") == page.found(reviewer="Ben") == ["Which lamp?"]
    )
    assert len(page.found(since=str(today - timedelta(days=1)), until=str(today + timedelta(days=1)))) == 2
    assert page.found(until=str(today - timedelta(days=1))) == []
    assert page.found(source="people") == page.found() and page.found(source="runs") == []
    assert "No conversation fits" in page.handlers.search(page.given(text="nothing like it"))[page.tab.list]
    with pytest.warns(UserWarning, match="2026-01-31"):
        updates = page.handlers.search(page.given(since="31.1."))
    assert updates == {page.tab.state: page.history}


def test_the_list_goes_page_by_page(page: Page) -> None:
    for number in range(PAGE + 2):
        page.store.add_turn(page.store.begin(Conversation("scripted", KEYS)), f"question {number}", [])
    first = page.found()
    assert len(first) == PAGE and first[0] == f"question {PAGE + 1}"
    older = page.did(page.handlers.older(page.given()))
    assert older[page.tab.list].count("data-conversation") == 2
    assert f"{PAGE + 1} – {PAGE + 2} of {PAGE + 2}" in older[page.tab.count]
    assert not older[page.tab.older]["visible"] and older[page.tab.newer]["visible"]
    newer = page.did(page.handlers.newer(page.given()))
    assert f"1 – {PAGE}, newest first; there are older ones" in newer[page.tab.count]
    assert newer[page.tab.older]["visible"] and not newer[page.tab.newer]["visible"]


def test_the_first_page_that_is_shown_knows_the_next(page: Page) -> None:
    for number in range(PAGE + 2):
        page.store.add_turn(page.store.begin(Conversation("scripted", KEYS)), f"question {number}", [])
    page.did(page.handlers.show(page.given()))
    older = page.did(page.handlers.older(page.given()))
    assert older[page.tab.list].count("data-conversation") == 2


def test_a_conversation_is_read_with_figures_and_own_ratings_only(page: Page, kept_picture: Picture) -> None:
    kept = Kept(page, "Which <b>pump</b>?", (kept_picture,), text="**Two** <img src=x>\nlines", item="manual")
    page.store.rate(kept.answers["small"], Rating(False, "Ann", ("made_up",), "It is <one>."))
    page.store.rate(kept.answers["large"], Rating(True, "Ben", (), "Ben's own note"))
    page.store.prefer(kept.turn, Preference("answer", kept.answers["medium"], "Ann"))
    again = Answer("small", "", "error", METRICS, failure=Failure("engine_stalled", {"model": "S", "seconds": 3}))
    page.store.add_answer(kept.turn, again)
    html = page.open(kept.id)
    for shown in ("Scripted small", "indigo", "amber", "0.12 s", "7.9", "Made up · It is &lt;one&gt;."):
        assert shown in html
    for shown in ("Which &lt;b&gt;pump", "<strong>Two</strong>", "Your vote: Scripted medium", "image/webp;base64,"):
        assert shown in html
    assert "Earlier answers, before a retry: 1" in html and "has given no sign of life for 3 s" in html
    assert "<b>pump" not in html and "<img src=x" not in html and "Ben&#x27;s" not in html
    assert "Ben&#x27;s own note" in page.open(kept.id, own="Ben")
    assert f"data-copy='{kept.id}'" in html


def test_a_blind_conversation_names_nobody_before_the_vote(page: Page, tmp_path: Path) -> None:
    kept = Kept(page, order=("large", "small", "medium"), blind=True, item="manual")
    failure = Failure("out_of_memory", {"model": "Scripted small", "needed": "9 GiB", "free": "1 GiB"})
    page.store.add_answer(kept.turn, Answer("small", "", "error", METRICS, model_id="small@1", failure=failure))
    page.store.rate(kept.answers["large"], Rating(True, "Ann", note="mine", blind=True))
    page.store.rate(kept.answers["large"], Rating(False, "Ben", note="of Ben", blind=True))
    secret = re.compile(r"small|medium|large|indigo|teal|amber|0\.12|4\.56|\b7\.9|GiB|MiB|9000000|fp32|of Ben")

    def everything() -> str:
        shown = page.open(kept.id) + page.handlers.search(page.given())[page.tab.list]
        for name in ("markdown", "json"):
            written = page.handlers.write(name, page.given())
            assert written is not None
            shown += Path(written).read_text("utf-8")
        return shown

    before = everything()
    assert not secret.search(before), secret.findall(before)
    assert "Model A" in before and "mine" in before and "blind, before the vote" in before
    page.store.reveal(kept.id)
    after = everything()
    assert {"small", "medium", "large", "amber", "9000000"} <= set(secret.findall(after)) and "of Ben" not in after
    assert "blind, revealed" in after


def test_an_unknown_id_is_said_and_nothing_else_happens(page: Page) -> None:
    kept = Kept(page)
    page.open(kept.id)
    with pytest.warns(UserWarning, match="There is no conversation nosuchimg-srcx\\."):
        updates = page.handlers.open_conversation("nosuch<img-src=x> 2", page.given())
    assert updates[page.tab.state].opened == kept.id and page.tab.reading not in updates
    assert "A pump." in page.open(f" ({kept.id}).")  # a link that was copied with what stood around it


def test_a_conversation_is_continued_where_it_was(page: Page, kept_picture: Picture) -> None:
    kept = Kept(page, pictures=(kept_picture,), order=("large", "small", "medium"), blind=True, item="manual")
    page.store.rate(kept.answers["small"], Rating(False, "Ann", ("wrong",), "a note", blind=True))
    page.store.rate(kept.answers["large"], Rating(False, "Ben", ("wrong",), "of Ben", blind=True))
    page.open(kept.id)
    updates = page.did(page.handlers.resume(page.given(), REQUEST))
    tab, state = page.compare_tab, page.compare
    assert updates[page.tabs].selected == "compare"
    assert (state.conversation_id, state.item, state.blind, state.hidden) == (kept.id, "manual", True, True)
    assert (updates[tab.item], updates[tab.blind]) == ("manual", True)
    assert [updates[column.note] for column in tab.columns] == ["", "a note", ""]
    assert updates[tab.columns[1].reasons] == ["wrong"] and updates[tab.columns[1].refuse]["variant"] == "stop"
    assert updates[tab.columns[0].refuse]["variant"] == "secondary"
    assert [message["role"] for message in updates[tab.columns[2].chat]] == ["user", "assistant"]
    assert "Scripted" not in str(updates[tab.columns[0].header]) and state.over
    shown = updates[tab.picture]
    assert Path(shown).read_bytes() == kept_picture.path.read_bytes()

    page.ask("And this?", shown)
    conversation = page.store.conversation(kept.id)
    assert [turn.question for turn in conversation.turns] == ["What is this?", "And this?"]
    assert conversation.turns[1].pictures == () and len(conversation.turns[1].answers) == 3
    assert page.compare.conversation_id == kept.id


def test_the_vote_comes_back_and_follows_the_reviewer(page: Page) -> None:
    kept = Kept(page)
    page.store.prefer(kept.turn, Preference("answer", kept.answers["medium"], "Ann"))
    page.store.prefer(kept.turn, Preference("none", reviewer="Ben"))
    page.open(kept.id)
    page.did(page.handlers.resume(page.given(), REQUEST))
    assert page.compare.vote == "B"
    page.did(page.rating.change_reviewer("Ben", page.compare))
    assert page.compare.vote == "none"
    page.did(page.rating.change_reviewer("Cy", page.compare))
    assert page.compare.vote == ""


def test_a_model_without_a_kept_answer_can_be_asked_again(page: Page) -> None:
    conversation = page.store.begin(Conversation("scripted", KEYS))
    turn = page.store.add_turn(conversation, "?", [])
    page.store.add_answer(turn, Answer("small", "Yes.", "stop", METRICS))
    assert page.open(conversation).count("No answer was kept.") == 2
    updates = page.did(page.handlers.resume(page.given(), REQUEST))
    assert page.compare.over and updates[page.compare_tab.columns[1].rating]["visible"]
    assert not updates[page.compare_tab.columns[1].accept]["visible"]


def other_lineup(page: Page) -> Kept:
    return Kept(page, order=("4B", "8B", "30B-A3B"), lineup="qwen3-vl")


def other_models(page: Page) -> Kept:
    return Kept(page, order=("small", "tiny"))


def archived_item(page: Page) -> Kept:
    item = next(item for item in page.store.items() if item.key == "manual")
    kept = Kept(page, item="manual")
    page.store.update_item(replace(item, archived=True))
    return kept


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (other_lineup, "start that lineup: python app.py --lineup qwen3-vl"),
        (other_models, "these models are not here now: tiny"),
        (archived_item, "is archived, so it can be read"),
    ],
)
def test_what_cannot_be_continued_can_be_read(page: Page, make: Callable[[Page], Kept], sentence: str) -> None:
    kept = make(page)
    opened = page.did(page.handlers.open_conversation(kept.id, page.given()))
    assert sentence in opened[page.tab.reading] and "A pump." in opened[page.tab.reading]
    assert not opened[page.tab.resume]["visible"]
    with pytest.warns(UserWarning, match=re.escape(sentence)):
        assert page.handlers.resume(page.given(), REQUEST) == {page.tab.state: page.history}
    assert page.compare.conversation_id == ""


def test_nothing_is_continued_or_deleted_under_a_running_question(page: Page) -> None:
    kept = Kept(page)
    page.open(kept.id)
    page.did(page.handlers.resume(page.given(), REQUEST))
    before = page.compare
    token = page.context.running.begin("browser")
    assert token is not None
    for handler in (page.handlers.resume, page.handlers.delete):
        assert handler(page.given(), REQUEST) == {page.tab.state: page.history}
    assert before.successor is None and page.store.summary(kept.id).id == kept.id
    page.context.running.end("browser", token)
    page.did(page.handlers.delete(page.given(), REQUEST))
    assert page.found() == []


def test_deleting_says_what_goes_and_is_no_longer_counted(page: Page) -> None:
    kept, other = Kept(page, "Which pump?", item="manual"), Kept(page, "Which lamp?", item="manual")
    for name in ("Ann", "Ben"):
        page.store.rate(kept.answers["small"], Rating(True, name))
    page.store.rate(other.answers["small"], Rating(True, "Ann"))
    page.open(other.id)
    page.did(page.handlers.resume(page.given(), REQUEST))
    page.open(kept.id)
    asked = page.handlers.ask_to_delete(page.given())
    assert asked[page.tab.confirm]["visible"] and "that will no longer count: 2." in asked[page.tab.question]
    assert page.handlers.keep() == {page.tab.confirm: gr.update(visible=False)}
    assert page.store.summary(kept.id).ratings == 2

    page.did(page.handlers.delete(page.given(), REQUEST))
    assert page.found() == ["Which lamp?"] and page.history.opened == ""
    assert [(count.model, count.ratings) for count in page.store.counts()] == [("small", 1)]
    assert page.compare.conversation_id == other.id  # another one was open in Compare: it stays

    page.open(other.id)
    updates = page.did(page.handlers.delete(page.given(), REQUEST))
    assert page.compare.conversation_id == "" and updates[page.compare_tab.columns[0].chat] == []
    assert page.store.counts() == ()


def test_what_somebody_else_deleted_is_closed(page: Page) -> None:
    kept = Kept(page)
    page.open(kept.id)
    page.store.delete_conversation(kept.id)
    updates = page.did(page.handlers.show(page.given()))
    assert page.history.opened == "" and "Choose a conversation" in updates[page.tab.reading]


def test_the_opened_row_is_marked_and_everything_speaks_chinese(page: Page) -> None:
    kept = Kept(page, item="manual")
    page.open(kept.id)
    page.compare.language = "zh"
    updates = page.did(page.handlers.show(page.given()))
    assert "aria-current='true'" in updates[page.tab.list] and "产品说明书解析" in updates[page.tab.list]
    assert "Ann 发起" in updates[page.tab.reading]
    assert ("Ann（我）", "Ann") in updates[page.tab.filters.reviewer]["choices"]


def test_the_json_file_is_whole(page: Page) -> None:
    kept = Kept(page, item="manual")
    page.open(kept.id)
    written = page.handlers.write("json", page.given())
    assert written is not None
    whole = json.loads(Path(written).read_text("utf-8"))
    assert (whole["conversation_id"], whole["item_name"]) == (kept.id, "Product manual parsing")
    assert [answer["label"] for answer in whole["turns"][0]["answers"]] == [f"Scripted {key}" for key in KEYS]


def test_a_star_is_offered_where_old_conversations_are_deleted(page: Page, make_dialogue: MakeDialogue) -> None:
    kept = Kept(page)
    opened = page.did(page.handlers.open_conversation(kept.id, page.given()))
    assert opened[page.tab.star]["visible"] is False and opened[page.tab.delete]["visible"] is True
    dialogue = make_dialogue(Script(), Script(), Script())
    lasting = Page(Context(Settings(retention_days=7), dialogue.lineup, dialogue, dialogue.store))
    opened = lasting.did(lasting.handlers.open_conversation(kept.id, lasting.given()))
    assert opened[lasting.tab.star]["visible"] is True
    for starred in (True, False):
        updates = lasting.handlers.star(lasting.given())
        assert ("★" in updates[lasting.tab.list]) is starred and lasting.store.summary(kept.id).starred is starred
        assert updates[lasting.tab.star]["value"].startswith("★" if starred else "☆")
