"""Every event and endpoint of a shared page, run by somebody who may not: nothing changes, nothing of others is told.

The events are those that the page has, so that a new one cannot be forgotten.
"""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from comparer.cost.kept import CARD, PLAN, PRICE
from comparer.engines.scripted_engine import Script
from comparer.paths import ASSETS
from comparer.records import Answer, Metrics, Rating
from comparer.store import Conversation
from comparer.ui.compare_handlers import CompareHandlers
from tests.safety.conftest import Caller, InTheOpen, Open

pytestmark = pytest.mark.usefixtures("quick_passwords")

SECRET = "what nobody else may read"


def told_to(caller: Caller, opened: InTheOpen, words: list[Any]) -> str:
    """All that the page's events answer when every input of theirs is each of these words in turn."""
    said: list[str] = []
    for event, function in opened.page.fns.items():
        for word in words:
            data = [None if kind.get_block_name() == "state" else word for kind in function.inputs]
            chosen = {"item": "manual", "percent": 1, "run": word, "act": "really", "case": word, "model": "small"}
            said.append(json.dumps(caller.run(event, data, chosen)))
    return "".join(said)


def settings_of(opened: InTheOpen) -> list[Any]:
    """What holds for everybody once it is set."""
    return [opened.store.team_settings(kind) for kind in (PRICE, CARD, PLAN)]


def as_it_stands(opened: InTheOpen) -> tuple[Any, ...]:
    """What is kept, as far as somebody without rights could have changed it."""
    store, context = opened.store, opened.context
    return (
        store.items(include_archived=True),
        [(one.id, one.turns, one.ratings, one.starred) for one in store.search(limit=200).conversations if one.turns],
        [run.id for run in store.runs.listed()],
        [(found.folder.name) for found in context.suites.listed()],
        [(rated.rating.acceptable, rated.rating.reviewer) for rated in store.rated_answers()],
        settings_of(opened),
        [context.engines.residency.stay(engine).pinned for engine in context.engines_here],
    )


@pytest.mark.parametrize(("options", "name"), [({"access": "users"}, "Rea"), ({}, "")])
def test_no_event_does_what_its_visitor_may_not(
    in_the_open: Open, options: dict[str, Any], name: str, tmp_path: Path
) -> None:
    opened = in_the_open(shared=True, visitor_questions=100, visitor_at_once=50, **options)
    of_ron = Conversation("scripted", ("small", "medium", "large"), "manual", owner="user:Ron")
    conversation = opened.store.begin(of_ron)
    turn = opened.store.add_turn(conversation, SECRET, [])
    answer = opened.store.add_answer(turn, Answer("small", f"{SECRET}, answered", "stop", Metrics()))
    opened.store.rate(answer, Rating(True, "Ron", note=f"{SECRET}, noted"))
    caller = opened.caller(name)
    before = as_it_stands(opened)
    assert len(opened.page.fns) > 80
    said = told_to(caller, opened, [conversation])
    assert SECRET not in said and str(tmp_path) not in said
    now = as_it_stands(opened)
    assert now[:3] == before[:3] and now[4:] == before[4:]
    assert {*before[3]} <= {*now[3]}  # a reviewer who has signed in may add suites


def send(
    caller: Caller,
    opened: InTheOpen,
    place: str,
    trigger: str,
    value: Any = None,
    chosen: dict[str, str] | None = None,
) -> None:
    """Send the events that one component of the page has, with what the page's own script sends."""
    events = [
        event
        for event, one in opened.page.fns.items()
        if any(
            name == trigger and getattr(opened.page.blocks[block], "elem_id", "") == place
            for block, name in one.targets
        )
    ]
    assert events, f"{place} has no {trigger}"
    for event in events:
        inputs = opened.page.fns[event].inputs
        caller.run(event, [None if one.get_block_name() == "state" else value for one in inputs], chosen)


SETTINGS: list[tuple[str, str, Any, dict[str, str]]] = [
    ("cost-prices", "priced", None, {"gpu": "t4", "name": "on_demand", "value": "0.01"}),
    ("cost-prices", "priced", None, {"gpu": "l4", "name": "source", "value": "hearsay"}),
    ("cost-prices", "stated", None, {"device": "scripted", "gpu": "t4"}),
    ("cost-prices", "unpriced", None, {"gpu": "t4"}),
    ("cost-prices-reset", "click", None, {}),
    ("cost-requests-a-day", "submit", 77, {}),
    ("cost-context-tokens", "blur", 4321, {}),
    ("cost-budget", "submit", 5, {}),
    ("cost-seconds-0", "submit", 2, {}),
    ("cost-forget", "click", None, {}),
]
"""Where, which event, and what is sent with it to set what holds for everybody."""


def test_what_the_cost_rests_on_is_set_by_an_admins_event_and_by_no_reviewers(in_the_open: Open) -> None:
    opened = in_the_open(access="users", shared=True)
    admin, reviewer = opened.caller("Ada"), opened.caller("Rea")
    for place, trigger, value, chosen in SETTINGS:
        before = settings_of(opened)
        send(reviewer, opened, place, trigger, value, chosen)
        assert settings_of(opened) == before, (place, chosen)
        send(admin, opened, place, trigger, value, chosen)
        assert settings_of(opened) != before, (place, chosen)  # so that was the event, with the right names


def test_models_stay_in_memory_as_an_admin_has_left_them(in_the_open: Open) -> None:
    opened = in_the_open(access="users", shared=True)
    admin, reviewer = opened.caller("Ada"), opened.caller("Rea")
    engines = opened.context.engines_here

    def standing() -> list[tuple[str, bool]]:
        return [(engine.state, opened.context.engines.residency.stay(engine).pinned) for engine in engines]

    def ask(caller: Caller, act: str) -> None:
        send(caller, opened, "memory-models", "act", None, {"place": "0", "act": act})

    for act in ("load", "pin", "unpin", "release", "load", "release_all"):
        before = standing()
        ask(reviewer, act)
        assert standing() == before, act
        ask(admin, act)
        assert standing() != before, act


def test_a_reviewer_reads_and_rates_their_own_by_the_endpoints(in_the_open: Open, drawing: Path) -> None:
    opened = in_the_open(shared=True, visitor_questions=3)
    mine, other = (Client(opened.url, verbose=False) for _ in range(2))

    def ask(client: Client, *values: Any) -> Any:
        return client.predict("What?", handle_file(str(drawing)), *values, api_name="/ask")

    result = ask(mine)
    answer, turn = result["answers"][0]["answer_id"], result["turn_id"]
    assert mine.predict(answer, True, api_name="/rate")["rating_id"]
    for call in (
        lambda: other.predict(answer, False, api_name="/rate"),
        lambda: other.predict(turn, answer, api_name="/prefer"),
        lambda: other.predict("And?", None, result["conversation_id"], api_name="/ask"),
        lambda: other.predict("csv", api_name="/export"),
        lambda: other.predict("json", api_name="/export"),
        lambda: other.predict("battles", api_name="/export"),
    ):
        with pytest.raises(AppError, match=r"unknown|no longer|not known|There is no|admin"):
            call()
    assert Path(other.predict("csv-summary", api_name="/export")).stat().st_size  # figures are everybody's
    assert [one.rating.acceptable for one in opened.store.rated_answers()] == [True]
    ask(mine, result["conversation_id"])
    ask(mine)
    with pytest.raises(AppError, match=r"try again in [0-9]+ s"):
        ask(mine)
    assert ask(other)["answers"]


def test_a_session_that_was_overheard_opens_nothing(in_the_open: Open) -> None:
    opened = in_the_open(shared=True, script=Script(ttft_s=0.05, tokens_per_s=20, tokens=4))
    mine, thief = opened.caller(), opened.caller()
    thief.session = mine.session
    stop = next(event for event, one in opened.page.fns.items() if one.name == "stop")
    assert mine.run(stop, [])[-1]["success"]  # as every page does when it opens: the session is its visitor's
    running = opened.context.running.begin(mine.session)
    assert running is not None
    assert not thief.run(stop, [])[-1]["success"] and not running.is_set()
    assert mine.run(stop, [])[-1]["success"] and running.is_set()


def test_blind_columns_stay_blind_for_scripts(in_the_open: Open, drawing: Path) -> None:
    """Neither an endpoint nor the table tells which model a column is before the vote."""
    opened = in_the_open(access="users")
    caller = opened.caller("Rea")
    picture = opened.store.save_picture(drawing.read_bytes(), 320, 240, ".png")
    blind = Conversation("scripted", ("large", "small", "medium"), "manual", True, "Rea", "user:Rea")
    conversation = opened.store.begin(blind)
    turn = opened.store.add_turn(conversation, "What?", [picture])
    weights = dict(zip(opened.context.lineup.keys, opened.context.model_ids, strict=True))
    ids = [
        opened.store.add_answer(turn, Answer(model, "A pump.", "stop", Metrics(), model_id=weights[model]))
        for model in blind.order
    ]
    for answer, acceptable in zip(ids, (True, False, False), strict=True):
        done, _ = caller.endpoint("rate", answer, acceptable, "", "")
        assert done
    done, table = caller.endpoint("score_table", "", "", False, "", "", "", None, "")
    assert done
    cells = next(row for row in table["rows"] if row["item"] == "manual")["cells"]
    assert {cell["pass_rate"] for cell in cells.values()} == {None}
    done, said = caller.endpoint("ask", "And?", None, conversation, "")
    assert not done and "blind" in str(said)
    opened.store.reveal(conversation)
    _, table = caller.endpoint("score_table", "", "", False, "", "", "", None, "")
    cells = next(row for row in table["rows"] if row["item"] == "manual")["cells"]
    assert (cells["large"]["pass_rate"], cells["small"]["pass_rate"]) == (1, 0)


def test_the_traffic_of_a_blind_question_names_nobody(in_the_open: Open, drawing: Path) -> None:
    """What the server sends between the question and the vote has no model's name, key, colour or figure."""
    opened = in_the_open(script=Script(ttft_s=0.05, tokens_per_s=200, tokens=8))
    caller = opened.caller()
    uploaded = caller.http.post("/gradio_api/upload", files={"files": drawing.read_bytes()}).json()[0]
    picture = {"path": uploaded, "meta": {"_type": "gradio.FileData"}}
    ask = next(
        event
        for event, one in opened.page.fns.items()
        if one.name == "ask" and isinstance(getattr(one.fn, "__self__", None), CompareHandlers)
    )
    said = caller.run(ask, ["What?", picture, "manual", True, "fair", 0, 16, 64, "Rea", None])
    assert said[-1]["success"] and [one["msg"] for one in said].count("process_generating") >= 3
    sent = json.dumps(said)
    assert "Model A" in sent and "Model C" in sent
    for secret in ("Scripted", *opened.context.lineup.keys, "ms</b>", "tokens/s</span>", "col-head indigo", "fp32"):
        assert secret not in sent, secret


def test_no_secret_is_told(
    in_the_open: Open, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-key")
    opened = in_the_open(access="users", admins="hidden-admin")
    caller = opened.caller("Rea")
    cookie = caller.http.cookies["comparer-session"]
    pages = "".join(caller.http.get(path).text for path in ("/", "/config", "/gradio_api/info", "/theme.css"))
    data_dir = str(opened.context.settings.data_dir)
    assert "demo-business" in pages  # a suite by its name, not by where it lies
    for secret in ("sk-secret-key", "a reviewer's password", cookie, data_dir, str(ASSETS), "hidden-admin"):
        assert secret not in pages and secret not in caplog.text
    assert httpx.get(f"{opened.url}/gradio_api/token", cookies=dict(caller.http.cookies)).json()["token"] is None


@pytest.mark.parametrize("shared", [False, True])
def test_events_that_are_sent_by_hand_may_lack_a_name_and_a_language(
    in_the_open: Open, drawing: Path, shared: bool
) -> None:
    opened = in_the_open(shared=shared)
    caller = opened.caller()
    uploaded = caller.http.post("/gradio_api/upload", files={"files": drawing.read_bytes()}).json()[0]
    picture = {"path": uploaded, "meta": {"_type": "gradio.FileData"}}
    blocks = opened.page.blocks

    def send(place: str, *data: Any) -> None:
        """Run what the component at that place does, with its first inputs; the others are the session's."""
        event, inputs = next(
            (event, one.inputs)
            for event, one in opened.page.fns.items()
            if any(getattr(blocks.get(block), "elem_id", "") == place for block, _ in one.targets)
        )
        assert caller.run(event, [*data, *[None] * (len(inputs) - len(data))])[-1]["success"], place

    send("language", None, {}, -1)
    send("send", "What?", picture, "manual", False, "fair", 0, 16, 64, None)
    send("accept-0", None)
    send("refuse-1", None)
    send("reviewer", None)
    send("best-0", None)
    assert sorted(one.rating.acceptable for one in opened.store.rated_answers()) == [False, True]
    assert {one.rating.reviewer for one in opened.store.rated_answers()} == {""}
    assert len(list(opened.store.votes())) == 1
