"""What real servers were seen to do: every oddity ends in an answer or in a sentence, never in a wrong figure."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from comparer.comparison import Comparison
from comparer.dialogue import Dialogue
from comparer.engines import Limits, openai_server
from comparer.engines.cancel import CancelToken
from comparer.engines.openai_engine import OpenAIEngine
from comparer.errors import EngineError
from comparer.lineup import Lineup, ModelSpec
from comparer.pictures import normalise
from comparer.records import Finished, Queued, Request, Started, Tokens, Turn
from comparer.store import Store

from .asking import Reply, ask, collect, conversation, request
from .openai_server import DONE, MODELS, OddServer, Step, chunk, response, stream, usage_chunk, wait_until
from .test_served_models import served_spec

HELLO = (chunk({"role": "assistant", "content": ""}), chunk({"content": "Hel"}), 0.05, chunk({"content": "lo"}))
END = chunk({}, finish_reason="stop")
FINE = stream(*HELLO, END, usage_chunk(40, 3), DONE)
HTML = response("<html><body>Welcome to nginx!</body></html>", kind="text/html")

Ask = Callable[..., Reply]


@pytest.fixture
def ask_odd() -> Iterator[Ask]:
    """Ask a server that follows `scripts`; the server is `ask_odd.server` of the last call."""
    servers: list[OddServer] = []
    engines: list[OpenAIEngine] = []

    def run(*scripts: list[Step], question: Request | None = None, stall_s: float = 30.0, **fields: Any) -> Reply:
        server = OddServer(*scripts, models=fields.pop("models", (MODELS,)))
        servers.append(server.__enter__())
        engines.append(OpenAIEngine(served_spec(server.url, model="m", **fields), Limits(stall_s=stall_s)))
        run.server = server  # type: ignore[attr-defined]
        run.engine = engines[-1]  # type: ignore[attr-defined]
        return collect(engines[-1].stream(question or request("What?")))

    yield run
    for engine in engines:
        engine.close()
    for server in servers:
        server.__exit__()


def server_of(ask_odd: Ask) -> OddServer:
    server: OddServer = ask_odd.server  # type: ignore[attr-defined]
    return server


def error(status: str, message: str, **headers: str) -> list[Step]:
    return [response(json.dumps({"error": {"message": message, "type": "x"}}), status, **headers)]


# --- tokens and counts -------------------------------------------------------------------------------


def test_a_plain_answer(ask_odd: Ask) -> None:
    reply = ask_odd(FINE)

    assert reply.text == "Hello"
    assert (reply.metrics.input_tokens, reply.metrics.output_tokens) == (40, 3)
    assert reply.metrics.tpot_s == pytest.approx(((reply.metrics.e2e_s or 0) - (reply.metrics.ttft_s or 0)) / 2)
    assert server_of(ask_odd).asked[0].body["stream_options"] == {"include_usage": True}


def test_without_usage_tokens_and_speed_are_unknown(ask_odd: Ask) -> None:
    reply = ask_odd(stream(*HELLO, END, DONE))

    assert reply.text == "Hello"
    assert reply.metrics.output_tokens is None and reply.metrics.input_tokens is None
    assert reply.metrics.tpot_s is None and reply.metrics.tokens_per_s is None
    assert reply.metrics.ttft_s and reply.metrics.e2e_s


def test_a_role_is_no_token(ask_odd: Ask) -> None:
    first = chunk({"role": "assistant", "content": ""})

    reply = ask_odd(stream(first, 0.3, chunk({"content": "Yes"}), END, usage_chunk(9, 2), DONE))

    assert reply.metrics.ttft_s is not None and reply.metrics.ttft_s >= 0.3
    assert reply.tokens[0].text == "Yes"


def test_several_tokens_a_chunk_count_as_the_server_counts(ask_odd: Ask) -> None:
    counted = [chunk({"content": "one two three"}) | {"usage": {"prompt_tokens": 5, "completion_tokens": 3}}]
    counted += [chunk({"content": " four five"}) | {"usage": {"prompt_tokens": 5, "completion_tokens": 5}}]

    reply = ask_odd(stream(counted[0], 0.2, counted[1], chunk({}, "stop"), usage_chunk(5, 6), DONE))

    assert [event.count for event in reply.tokens[:2]] == [3, 2]
    assert reply.metrics.output_tokens == 6
    assert reply.metrics.tpot_s == pytest.approx(((reply.metrics.e2e_s or 0) - (reply.metrics.ttft_s or 0)) / 3)


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_makes_the_first_token_and_no_text(ask_odd: Ask, name: str) -> None:
    reply = ask_odd(
        stream(chunk({name: "Let me see"}), 0.3, chunk({"content": "A disc."}), END, usage_chunk(9, 8), DONE)
    )

    assert reply.text == "A disc."
    assert reply.metrics.ttft_s is not None and reply.metrics.ttft_s < 0.25
    assert reply.metrics.output_tokens == 8


def test_reasoning_alone_is_no_answer_and_says_so(ask_odd: Ask) -> None:
    thought = chunk({"reasoning_content": "Let me see"})

    reply = ask_odd(stream(thought, chunk({}, "length"), usage_chunk(9, 8), DONE))

    assert reply.failed.code == "answer_only_reasoning"
    assert reply.text == ""


def test_an_answer_at_the_limit_says_so(ask_odd: Ask) -> None:
    reply = ask_odd(stream(*HELLO, chunk({}, "length"), usage_chunk(1, 2), DONE))

    assert reply.finished.stop_reason == "length"


def test_a_filtered_answer_says_so(ask_odd: Ask) -> None:
    assert ask_odd(stream(*HELLO, chunk({}, "content_filter"), DONE)).failed.code == "answer_filtered"


def test_an_empty_answer_is_one_token(ask_odd: Ask) -> None:
    reply = ask_odd(stream(chunk({"role": "assistant", "content": ""}), END, usage_chunk(9, 1), DONE))

    assert reply.finished.stop_reason == "stop"
    assert reply.text == "" and reply.metrics.output_tokens == 1 and reply.metrics.ttft_s is not None


def test_a_stream_under_a_wrong_name_is_read_all_the_same(ask_odd: Ask) -> None:
    script = [step.replace(b"text/event-stream", b"text/plain") if isinstance(step, bytes) else step for step in FINE]

    assert ask_odd(script).text == "Hello"


def test_a_column_that_reasons_is_shown_as_thinking(store: Store, drawing: Path) -> None:
    thought = chunk({"reasoning_content": "Let me see"})
    with OddServer(stream(thought, chunk({"content": "A disc."}), END, DONE)) as server:
        spec = served_spec(server.url, model="m")
        engine = OpenAIEngine(spec)
        dialogue = Dialogue(Lineup("served", "Served", "推理服务", False, (spec,)), [engine], store)
        picture = dialogue.keep_picture(normalise(drawing))

        begun = dialogue.begin()

        columns = [snapshot.columns[0] for snapshot in dialogue.ask(begun, "What?", [picture])]

        reasoning = [column for column in columns if column.metrics.ttft_s is not None and not column.text]
        assert reasoning and {column.state for column in reasoning} == {"thinking"}
        assert [column.state for column in columns if column.text] == ["streaming", "streaming", "done"]
        assert store.conversation(begun).turns[0].answers[0].answer.text == "A disc."
        engine.close()


# --- refusals that are answered by asking otherwise -----------------------------------------------------


@pytest.mark.parametrize("status", ["400 Bad Request", "422 Unprocessable Entity"])
def test_a_server_that_refuses_to_count_is_asked_without_it(ask_odd: Ask, status: str) -> None:
    reply = ask_odd(error(status, "Extra inputs are not permitted: stream_options"), stream(*HELLO, END, DONE))
    again = ask(ask_odd.engine, "And?")  # type: ignore[attr-defined]

    assert reply.text == again.text == "Hello"
    assert ["stream_options" in seen.body for seen in server_of(ask_odd).asked] == [True, False, False]


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
        "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
        "the request exceeds the available context size (4096 tokens), try increasing it",
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096",
        "Range of input length should be [1, 30720]",
    ],
)
def test_a_conversation_that_is_too_long_loses_its_oldest_turns(ask_odd: Ask, message: str) -> None:
    turns = conversation([Turn("one", (), "1"), Turn("two", (), "2"), Turn("three")])
    too_long = error("400 Bad Request", message)

    reply = ask_odd(too_long, too_long, FINE, question=turns)

    assert reply.text == "Hello"
    started = [event for event in reply.events if isinstance(event, Started)]
    assert [event.dropped_turns for event in started] == [0, 1, 2]
    assert len(server_of(ask_odd).asked[-1].body["messages"]) == 1

    failed = ask_odd(too_long).failed
    assert failed.code == "endpoint_context"
    assert len(server_of(ask_odd).asked) == 1


def test_a_refusal_is_shown_in_the_servers_words(ask_odd: Ask) -> None:
    failed = ask_odd(error("400 Bad Request", "unknown parameter: seed, sk-abcdefghijkl")).failed

    assert failed.code == "endpoint_refused"
    assert failed.parameters["status"] == 400
    assert "unknown parameter" in str(failed.parameters["problem"])
    assert "abcdefghijkl" not in str(failed.parameters)


# --- busy and broken ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_a_busy_server_is_waited_for_as_long_as_it_asks(ask_odd: Ask, status: str) -> None:
    reply = ask_odd(error(status, "slow down", Retry_After="1"), FINE)

    assert reply.text == "Hello"
    first, second = server_of(ask_odd).asked
    assert 1.0 <= second.at_s - first.at_s < 2.0
    assert [type(event) for event in reply.events].count(Queued) == 2
    assert reply.metrics.queue_s is not None and 1.0 <= reply.metrics.queue_s < 2.0
    assert reply.metrics.ttft_s is not None and reply.metrics.ttft_s < 0.5


def test_a_busy_server_may_name_a_moment(ask_odd: Ask) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)

    reply = ask_odd(error("429 Too Many Requests", "slow down", Retry_After=moment), FINE)

    assert reply.text == "Hello"
    first, second = server_of(ask_odd).asked
    assert 0.5 < second.at_s - first.at_s < 2.5


@pytest.mark.parametrize("asked", ["0", "soon", "-5", "inf", "nan", "Fri, 99 Foo 2026"])
def test_a_busy_server_that_names_no_real_wait_is_not_pestered(ask_odd: Ask, asked: str) -> None:
    reply = ask_odd(error("429 Too Many Requests", "slow down", Retry_After=asked), FINE)

    assert reply.text == "Hello"
    first, second = server_of(ask_odd).asked
    assert 0.5 <= second.at_s - first.at_s < 1.5


def test_a_wait_that_is_too_long_is_told_at_once(ask_odd: Ask) -> None:
    began_s = perf_counter()

    failed = ask_odd(error("429 Too Many Requests", "come tomorrow", Retry_After="86400")).failed

    assert failed.code == "endpoint_busy_for"
    assert failed.parameters["seconds"] == 86400
    assert perf_counter() - began_s < 3
    assert len(server_of(ask_odd).asked) == 1


def test_a_server_that_stays_busy_is_given_up(ask_odd: Ask) -> None:
    failed = ask_odd(error("429 Too Many Requests", "slow down"), stall_s=3.0).failed

    assert failed.code == "endpoint_busy"
    assert len(server_of(ask_odd).asked) == 3  # at 0, 0.5 and 1.5 s; the next wait would leave the 2.4 s


def test_waiting_for_a_busy_server_is_shown_as_queued_and_can_be_stopped() -> None:
    with OddServer(error("429 Too Many Requests", "slow down", Retry_After="20")) as server:
        engine = OpenAIEngine(served_spec(server.url, model="m"))
        cancel = CancelToken()
        updates = Comparison().run([engine], [request("What?")], "fair", cancel)
        kinds = []
        for update in updates:
            kinds.append(type(update.event))
            if kinds.count(Queued) == 2:
                break
        stopped_s = perf_counter()
        cancel.set()
        last = list(updates)[-1].event
        assert isinstance(last, Finished) and last.stop_reason == "cancelled"
        assert perf_counter() - stopped_s < 1.0
        assert engine.settle()
        engine.close()


@pytest.mark.parametrize(
    "fault", [["cut"], error("500 Internal Server Error", "oops"), [HTML.replace(b"200", b"502")]]
)
def test_a_stumble_before_the_first_token_is_forgiven(ask_odd: Ask, fault: list[Step]) -> None:
    assert ask_odd(fault, FINE).text == "Hello"


def test_a_server_that_keeps_stumbling_is_asked_three_times(ask_odd: Ask) -> None:
    failed = ask_odd(error("500 Internal Server Error", "CUDA error")).failed

    assert failed.code == "endpoint_refused"
    assert "CUDA error" in str(failed.parameters["problem"])
    assert len(server_of(ask_odd).asked) == 3


@pytest.mark.parametrize("end", [("cut",), (b"0\r\n\r\n",)])
def test_nothing_is_asked_twice_after_the_first_token(ask_odd: Ask, end: tuple[Step, ...]) -> None:
    reply = ask_odd(stream(*HELLO, end=end))

    assert reply.failed.code == "endpoint_broke_off"
    assert reply.text == "Hello"
    assert len(server_of(ask_odd).asked) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"error": {"message": "CUDA out of memory", "type": "server_error", "code": 500}},
        {"error": "CUDA out of memory", "error_type": "generation"},
        {"object": "error", "message": "CUDA out of memory", "code": 500},
    ],
)
def test_an_error_in_mid_stream_is_told(ask_odd: Ask, fault: dict[str, Any]) -> None:
    reply = ask_odd(stream(*HELLO, fault, DONE))

    assert reply.failed.code == "endpoint_failed"
    assert "CUDA out of memory" in str(reply.failed.parameters["problem"])
    assert reply.text == "Hello"


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ([HTML], "text/html"),
        ([response('{"choices": []}')], "application/json"),
        (stream("data: {broken\n\n"), "{broken"),
        (stream(), "text/event-stream"),
    ],
)
def test_nonsense_is_called_so(ask_odd: Ask, script: list[Step], found: str) -> None:
    failed = ask_odd(script).failed

    assert failed.code == "endpoint_nonsense"
    assert found in str(failed.parameters["found"])


def test_a_key_in_nonsense_is_taken_out_before_it_is_cut(ask_odd: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_KEY", "abcdefghijklmnopqrstuvwxyz")

    failed = ask_odd(stream(f"data: {{{'x' * 65} abcdefghijklmnopqrstuvwxyz\n\n"), api_key_env="DEMO_KEY").failed

    assert "abcdef" not in str(failed.parameters) and "•••" in str(failed.parameters["found"])


def test_invalid_json_in_mid_stream_keeps_what_there_was(ask_odd: Ask) -> None:
    reply = ask_odd(stream(*HELLO, "data: {broken\n\n"))

    assert reply.failed.code == "endpoint_nonsense"
    assert reply.text == "Hello"


@pytest.mark.parametrize(
    "strange", ["data: null\n\n", "data: {}\n\n", ": keep-alive\n\n", 'data: {"choices": null}\n\n']
)
def test_strange_chunks_are_passed_over(ask_odd: Ask, strange: str) -> None:
    assert ask_odd(stream(strange, *HELLO, strange, END, DONE)).text == "Hello"


# --- time limits --------------------------------------------------------------------------------------


def test_a_hang_before_the_first_token_ends_at_its_limit(ask_odd: Ask) -> None:
    role = chunk({"role": "assistant", "content": ""})

    reply = ask_odd(stream(role, end=("hang",)), first_token_limit_s=0.5)

    assert reply.failed.code == "endpoint_slow"
    assert reply.failed.parameters["seconds"] == 0.5
    wait_until(lambda: server_of(ask_odd).asked[0].left_s is not None)
    assert len(server_of(ask_odd).asked) == 1


def test_a_server_that_never_answers_ends_at_the_limit_of_the_first_token(ask_odd: Ask) -> None:
    assert ask_odd(["hang"], first_token_limit_s=0.5).failed.code == "endpoint_slow"


def test_an_answer_without_end_ends_at_its_limit(ask_odd: Ask) -> None:
    reply = ask_odd(stream(*HELLO, end=("hang",)), answer_limit_s=0.6, first_token_limit_s=5)

    assert reply.failed.code == "endpoint_too_long"
    assert reply.text == "Hello"
    wait_until(lambda: server_of(ask_odd).asked[0].left_s is not None)


def test_a_hang_in_mid_stream_ends_as_any_silence_does(ask_odd: Ask) -> None:
    reply = ask_odd(stream(*HELLO, end=("hang",)), stall_s=0.5)

    assert reply.failed.code == "engine_stalled"
    wait_until(lambda: server_of(ask_odd).asked[0].left_s is not None)
    assert ask_odd.engine.settle()  # type: ignore[attr-defined]


def test_stop_in_mid_stream_closes_the_connection(ask_odd: Ask) -> None:
    with OddServer(stream(*HELLO, end=("hang",))) as server:
        engine = OpenAIEngine(served_spec(server.url, model="m"))
        cancel = threading.Event()
        stopped_s = 0.0
        for event in engine.stream(request("What?"), cancel):
            if isinstance(event, Tokens) and event.text == "lo":
                stopped_s = perf_counter()
                cancel.set()
        assert isinstance(event, Finished) and event.stop_reason == "cancelled"
        wait_until(lambda: server.asked[0].left_s is not None)
        assert (server.asked[0].left_s or 0) - stopped_s < 0.5
        engine.close()


# --- what is there ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("models", "code"),
    [
        ([HTML], "endpoint_nonsense"),
        ([response("{broken")], "endpoint_nonsense"),
        ([response('{"models": []}')], "endpoint_nonsense"),
        ([response("[1, 2]")], "endpoint_nonsense"),
        (["cut"], "endpoint_broke_off"),
        (error("500 Internal Server Error", "oops"), "endpoint_refused"),
        (error("403 Forbidden", "no"), "endpoint_key_wanted"),
    ],
)
def test_a_look_at_an_odd_server_says_what_is_wrong(ask_odd: Ask, models: list[Step], code: str) -> None:
    assert ask_odd(FINE, models=models).failed.code == code


def test_a_look_that_is_not_answered_ends_at_its_limit(ask_odd: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_server, "CHECK_LIMIT_S", 0.3)

    failed = ask_odd(FINE, models=["hang"]).failed

    assert failed.code == "endpoint_unreachable"
    assert failed.parameters["problem"] == "ReadTimeout"


def test_a_server_without_a_list_of_models_is_asked_all_the_same(ask_odd: Ask) -> None:
    assert ask_odd(FINE, models=error("404 Not Found", "no such route")).text == "Hello"


def test_a_server_that_is_gone_is_named_and_found_again() -> None:
    with OddServer(FINE) as server:
        spec = served_spec(server.url, model="m")
        engine = OpenAIEngine(spec)
        assert ask(engine, "What?").text == "Hello"
        server.stop()

        failed = ask(engine, "And?").failed

        assert failed.code == "endpoint_unreachable"
        assert failed.parameters["endpoint"] == spec.endpoint
        assert engine.reach is not None and not engine.reach.reachable
        assert engine.state == "unloaded"
        with pytest.raises(EngineError) as caught:
            engine.load()
        assert caught.value.code == "endpoint_unreachable"
        engine.close()


def test_an_address_that_nobody_answers_ends_at_the_connection_limit() -> None:
    spec = ModelSpec(
        key="m", label="Model M", engine="openai", model="m", endpoint="http://192.0.2.1:9/v1", connect_limit_s=0.5
    )
    engine = OpenAIEngine(spec)
    began_s = perf_counter()

    failed = ask(engine, "What?").failed

    assert failed.code == "endpoint_unreachable"
    assert perf_counter() - began_s < 3
    engine.close()


def test_servers_at_different_places_answer_together_and_one_serves_in_turn() -> None:
    slow = stream(0.5, *HELLO, END, usage_chunk(4, 3), DONE)
    with OddServer(slow) as one, OddServer(slow) as two:
        specs = [served_spec(url, model="m", key=str(n)) for n, url in enumerate((one.url, two.url, two.url))]
        engines = [OpenAIEngine(spec) for spec in specs]
        list(Comparison().run(engines, [request("What?")] * 3, "fair", CancelToken()))
        asked = [seen.at_s for server in (one, two) for seen in server.asked]
        assert abs(asked[0] - asked[1]) < 0.3
        assert asked[2] - asked[1] >= 0.5
        for engine in engines:
            engine.close()
