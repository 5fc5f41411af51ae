"""The named endpoints, through `gradio_client` as a script would use them, on scripted engines."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from comparer.engines import Limits
from comparer.engines.scripted_engine import Script, ScriptedEngine
from tests.conftest import MakeDialogue, Served

METRICS = {
    "queue_s", "load_s", "preprocess_s", "ttft_s", "tpot_s", "e2e_s", "tokens_per_s", "input_tokens",
    "image_tokens", "output_tokens", "peak_memory_bytes", "weights_bytes", "contended",
}  # fmt: skip


@pytest.fixture
def client(make_dialogue: MakeDialogue, serve: Callable[..., Served]) -> Iterator[Client]:
    script = Script(ttft_s=0.05, tokens_per_s=40, tokens=16)
    served = serve(make_dialogue(script, script, script))
    yield Client(served.url, verbose=False)


def ask(client: Client, *arguments: Any, **named: Any) -> Any:
    return client.predict(*arguments, api_name="/ask", **named)


def test_the_whole_way(client: Client, drawing: Path) -> None:
    job = client.submit("What is this?", handle_file(str(drawing)), "", "manual", api_name="/ask")
    result = job.result(timeout=60)
    lengths = [sum(len(answer["text"]) for answer in snapshot["answers"]) for snapshot in job.outputs()]
    assert len([n for n in dict.fromkeys(lengths) if n]) >= 3 and lengths == sorted(lengths)
    assert [answer["model"] for answer in result["answers"]] == ["small", "medium", "large"]
    for answer in result["answers"]:
        metrics = answer["metrics"]
        assert set(metrics) == METRICS and None not in metrics.values()
        assert answer["stop_reason"] == "stop" and answer["error"] is None and answer["answer_id"]
        steps = metrics["tpot_s"] * (metrics["output_tokens"] - 1)
        assert metrics["ttft_s"] + steps == pytest.approx(metrics["e2e_s"], rel=0.05)

    second = ask(client, "And this?", None, result["conversation_id"])
    assert second["conversation_id"] == result["conversation_id"] and second["turn_id"] != result["turn_id"]

    small, medium, large = (answer["answer_id"] for answer in result["answers"])
    for answer_id, acceptable in ((small, False), (medium, True), (large, True)):
        rated = client.predict(answer_id, acceptable, "a note", "Ann", api_name="/rate")
        assert rated["rating_id"]
    assert client.predict(result["turn_id"], large, "Ann", api_name="/prefer")["preference_id"]

    table = client.predict(api_name="/score_table")
    row = next(row for row in table["rows"] if row["item"] == "manual")
    assert row["threshold"] == 0.8 and row["smallest_sufficient"] is None
    assert {model: cell["pass_rate"] for model, cell in row["cells"].items()} == {"small": 0, "medium": 1, "large": 1}
    assert (
        row["cells"]["large"] | {"pass_rate": 1.0, "cases": 1, "ratings": 1, "verdict": "undecided"}
        == row["cells"]["large"]
    )
    assert table["recommendation"]["model"] is None and table["recommendation"]["reasons"]

    with Path(client.predict("csv", api_name="/export")).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 and {row["model"] for row in rows} == {"small", "medium", "large"}
    everything = json.loads(Path(client.predict("json", api_name="/export")).read_text("utf-8"))
    assert len(everything["ratings"]) == 3 and everything["rows"]


def test_score_table_filters(client: Client, drawing: Path) -> None:
    result = ask(client, "What?", handle_file(str(drawing)), "", "客服对话理解")
    client.predict(result["answers"][0]["answer_id"], True, "", "Ann", api_name="/rate")

    def rate_of(**filters: Any) -> Any:
        table = client.predict(api_name="/score_table", **filters)
        return next(row for row in table["rows"] if row["item"] == "service")["cells"]["small"]["ratings"]

    assert rate_of() == 1 and rate_of(reviewer="Ann") == 1
    assert rate_of(reviewer="Bob") == 0 and rate_of(blind_only=True) == 0 and rate_of(precision="nf4") == 0
    today = datetime.now(UTC).date()
    tomorrow, yesterday = (str(today + timedelta(days=days)) for days in (1, -1))
    assert rate_of(since=str(today), until=str(today)) == rate_of(since=yesterday, until=tomorrow) == 1
    assert rate_of(since=tomorrow) == rate_of(until=yesterday) == 0
    assert rate_of(reviewers=["Bob", "Ann"]) == 1 and rate_of(reviewers=["Bob"]) == 0
    assert rate_of(reviewer="Bob", reviewers=["Ann"]) == 1
    for wrong, sentence in (
        ({"since": "soon"}, "soon"),
        ({"since": tomorrow, "until": yesterday}, tomorrow),
        ({"reviewers": "Ann"}, "reviewers"),
    ):
        with pytest.raises(AppError) as caught:
            client.predict(api_name="/score_table", **wrong)
        assert sentence in str(caught.value)
    chinese = client.predict(language="zh", api_name="/score_table")
    assert chinese["rows"][0]["name"] == "产品说明书解析"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("", "picture", "", ""), "Type a question first"),
        (("What?", None, "", ""), "Choose a picture first"),
        (("What?", "picture", "", "cooking"), "cooking"),
        (("What?", None, "no-such-conversation", ""), "no-such-conversation"),
        (("What?", "text", "", ""), "is not a picture that can be read"),
        (("What?", "http://127.0.0.1:1/a.png", "", ""), "does not lead to a public server"),
        (("What?", "/etc/passwd", "", ""), "must be an uploaded file"),
        (("What?", "../../etc/passwd", "", ""), "must be an uploaded file"),
        (("x" * 21_000, "picture", "", ""), "21000"),
        ((None, "picture", "", ""), "“question” must be a text"),
        (("What?", {"url": "x"}, "", ""), "Choose a picture first"),
    ],
)
def test_bad_questions_get_a_sentence(
    client: Client, drawing: Path, tmp_path: Path, arguments: tuple[Any, ...], sentence: str
) -> None:
    question, picture, conversation, item = arguments
    if picture == "picture":
        picture = handle_file(str(drawing))
    elif picture == "text":
        notes = tmp_path / "notes.png"
        notes.write_text("no picture")
        picture = handle_file(str(notes))
    with pytest.raises(AppError) as caught:
        ask(client, question, picture, conversation, item)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("endpoint", "arguments", "sentence"),
    [
        ("/rate", ("nothing", True), "nothing"),
        ("/rate", ("nothing", "false"), "must be true or false"),
        ("/rate", ("nothing", None), "must be true or false"),
        ("/rate", ("nothing", True, None), "“note” must be a text"),
        ("/prefer", ("nothing", None), "“best” must be a text"),
        ("/prefer", ("nothing", "tie"), "nothing"),
        ("/export", ("docx",), "docx"),
    ],
)
def test_unknown_ids_and_formats(client: Client, endpoint: str, arguments: tuple[Any, ...], sentence: str) -> None:
    with pytest.raises(AppError) as caught:
        client.predict(*arguments, api_name=endpoint)
    assert sentence in str(caught.value)


def test_a_vote_for_another_turns_answer_is_refused(client: Client, drawing: Path) -> None:
    first = ask(client, "What?", handle_file(str(drawing)))
    second = ask(client, "And?", None, first["conversation_id"])
    with pytest.raises(AppError):
        client.predict(second["turn_id"], first["answers"][0]["answer_id"], api_name="/prefer")


def test_sentences_come_in_the_clients_language(
    make_dialogue: MakeDialogue, serve: Callable[..., Served], drawing: Path
) -> None:
    served = serve(make_dialogue(Script(tokens=2)))
    client = Client(served.url, verbose=False, headers={"Accept-Language": "zh-CN"})
    for call, sentence in ((("/rate", "x", True), "x"), (("/export", "docx"), "docx")):
        with pytest.raises(AppError) as caught:
            client.predict(*call[1:], api_name=call[0])
        assert sentence in str(caught.value) and re.search("[\u4e00-\u9fff]", str(caught.value))


def test_other_weights_have_other_ratings(client: Client, drawing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = ask(client, "What?", handle_file(str(drawing)), "", "manual")
    client.predict(result["answers"][0]["answer_id"], True, "", "Ann", api_name="/rate")

    def ratings() -> int:
        row = client.predict(api_name="/score_table")["rows"][0]
        return sum(cell["ratings"] for cell in row["cells"].values())

    assert ratings() == 1
    monkeypatch.setattr(ScriptedEngine, "model_id", property(lambda engine: f"{engine.spec.model}@retrained"))
    assert ratings() == 0


@pytest.mark.parametrize("fault", ["load", "middle", "hang"])
def test_one_broken_model_leaves_the_others(
    make_dialogue: MakeDialogue, serve: Callable[..., Served], drawing: Path, fault: Any
) -> None:
    fine = Script(ttft_s=0.02, tokens_per_s=200, tokens=6)
    dialogue = make_dialogue(fine, Script(fault=fault, tokens=6), fine, limits=Limits(stall_s=1.0))
    client = Client(serve(dialogue).url, verbose=False)
    result = ask(client, "What?", handle_file(str(drawing)), "", "fault")
    small, medium, large = result["answers"]
    assert medium["stop_reason"] == "error" and "Scripted medium" in medium["error"]
    for answer in (small, large):
        assert answer["stop_reason"] == "stop"
        assert client.predict(answer["answer_id"], True, api_name="/rate")["rating_id"]


def test_the_public_description_holds_no_secret(client: Client, tmp_path: Path) -> None:
    config = httpx.get(f"{client.src}config", timeout=30).text
    assert str(tmp_path) not in config and str(Path.home()) not in config
    names = set(client.view_api(return_format="dict")["named_endpoints"])  # type: ignore[index]
    assert names == {"/ask", "/rate", "/prefer", "/score_table", "/export"}


def test_a_client_that_leaves_stops_the_work(
    make_dialogue: MakeDialogue, serve: Callable[..., Served], drawing: Path
) -> None:
    endless = Script(tokens=100_000, tokens_per_s=50)
    dialogue = make_dialogue(endless, endless, endless)
    client = Client(serve(dialogue).url, verbose=False)
    job = client.submit("What?", handle_file(str(drawing)), api_name="/ask")
    iterator = iter(job)
    conversation = next(iterator)["conversation_id"]
    job.cancel()
    deadline = 100
    import time

    while deadline and len(dialogue.store.conversation(conversation).turns[0].answers) < 3:
        deadline -= 1
        time.sleep(0.1)
    answers = dialogue.store.conversation(conversation).turns[0].answers
    assert {answer.answer.stop_reason for answer in answers} == {"cancelled"} and len(answers) == 3
