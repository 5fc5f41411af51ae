"""The OpenAI engine against a demo checkpoint behind a real HTTP server: answers, clocks, counts, Stop, keys."""

import base64
import io
import logging
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import pytest
from PIL import Image

from comparer.dialogue import Dialogue
from comparer.engines import build_engine
from comparer.engines.openai_engine import OpenAIEngine
from comparer.engines.transformers_engine import TransformersEngine
from comparer.errors import EngineError
from comparer.lineup import Lineup, ModelSpec, read_lineup
from comparer.pictures import normalise
from comparer.records import Finished, Loaded, Loading, Queued, Started, Tokens, Turn
from comparer.store import Store

from .asking import ask, collect, conversation, request
from .conftest import DrawPicture
from .openai_server import CheckpointServer, running, wait_until

KEY = "test-key-7f3a9c"


@pytest.fixture(scope="module")
def small() -> Iterator[TransformersEngine]:
    """The demo lineup's smallest model, loaded: the one that is served."""
    engine = TransformersEngine(read_lineup("demo").models[0].model_copy(update={"device": "cpu"}))
    engine.load()
    yield engine
    engine.close()


@pytest.fixture
def server(small: TransformersEngine, tmp_path: Path) -> Iterator[CheckpointServer]:
    checkpoint = CheckpointServer(small, tmp_path)
    with running(checkpoint.app()) as checkpoint.url:
        yield checkpoint


def served_spec(url: str, **fields: object) -> ModelSpec:
    values = {"key": "m", "label": "Model M", "engine": "openai", "model": "demo", "endpoint": url}
    return ModelSpec.model_validate(values | fields)


@pytest.fixture
def engine(server: CheckpointServer) -> Iterator[OpenAIEngine]:
    made = OpenAIEngine(served_spec(server.url))
    yield made
    made.close()


def test_a_served_answer_is_the_local_one(
    engine: OpenAIEngine, small: TransformersEngine, draw: DrawPicture, server: CheckpointServer
) -> None:
    local = ask(small, "What shape is it?", draw(), max_new_tokens=24)

    served = ask(engine, "What shape is it?", draw(), max_new_tokens=24)

    assert served.text == local.text and served.text
    assert served.metrics.output_tokens == local.metrics.output_tokens == server.requests[-1].tokens
    assert served.metrics.input_tokens == local.metrics.input_tokens
    assert served.finished.stop_reason == local.finished.stop_reason


def test_events_come_in_order_and_memory_is_not_made_up(
    engine: OpenAIEngine, draw: DrawPicture, server: CheckpointServer
) -> None:
    reply = ask(engine, "What?", draw())

    kinds = [type(event) for event in reply.events if not isinstance(event, Tokens)]
    assert kinds == [Queued, Loading, Loaded, Started, Finished]
    assert all(before.at_s <= after.at_s for before, after in pairwise(reply.events))
    assert reply.metrics.peak_memory_bytes is None and reply.metrics.weights_bytes is None
    assert reply.metrics.image_tokens is None
    assert engine.footprint() is None
    assert not reply.metrics.contended


def test_a_later_turn_carries_the_whole_conversation(
    engine: OpenAIEngine, small: TransformersEngine, draw: DrawPicture, server: CheckpointServer
) -> None:
    turns = [Turn("What?", (draw("blue"),), "a disc"), Turn("And its colour?")]

    served = collect(engine.stream(conversation(turns)))

    assert served.text == collect(small.stream(conversation(turns))).text
    roles = [message["role"] for message in server.requests[-1].body["messages"]]
    assert roles == ["user", "assistant", "user"]


def test_the_time_to_the_first_token_is_the_servers_own_within_5_percent(
    engine: OpenAIEngine, draw: DrawPicture, server: CheckpointServer
) -> None:
    server.first_token_delay_s = 0.3
    engine.load()

    shares = []
    for _ in range(7):
        metrics = ask(engine, "What?", draw(), max_new_tokens=6).metrics
        seen = server.requests[-1]
        assert metrics.ttft_s is not None and seen.first_token_s is not None
        assert metrics.ttft_s > 0.3
        shares.append(metrics.ttft_s / (seen.first_token_s - seen.arrived_s))

    # Whatever else runs on this machine can only add to the way there and back: the least disturbed one counts.
    assert min(shares) == pytest.approx(1, abs=0.05), shares


def test_speed_goes_by_the_servers_count(engine: OpenAIEngine, draw: DrawPicture, server: CheckpointServer) -> None:
    metrics = ask(engine, "What?", draw(), max_new_tokens=12).metrics

    assert metrics.ttft_s and metrics.tpot_s and metrics.e2e_s and metrics.output_tokens
    assert metrics.ttft_s + metrics.tpot_s * (metrics.output_tokens - 1) == pytest.approx(metrics.e2e_s)
    assert metrics.tokens_per_s == pytest.approx(1 / metrics.tpot_s)


def test_stop_closes_the_request_at_the_server(
    engine: OpenAIEngine, draw: DrawPicture, server: CheckpointServer
) -> None:
    server.first_token_delay_s = 20.0
    cancel = threading.Event()
    events = engine.stream(request("What?", draw()), cancel)
    for event in events:
        if isinstance(event, Started):
            break
    wait_until(lambda: bool(server.requests))

    stopped_s = perf_counter()
    cancel.set()
    reply = collect(events)

    assert reply.finished.stop_reason == "cancelled"
    assert reply.finished.at_s - stopped_s < 0.5
    wait_until(lambda: server.requests[-1].closed_s is not None)
    closed_s = server.requests[-1].closed_s
    assert closed_s is not None and closed_s - stopped_s < 1.0
    assert not server.requests[-1].complete
    assert engine.settle()


def test_a_reader_that_goes_closes_the_request_too(
    engine: OpenAIEngine, draw: DrawPicture, server: CheckpointServer
) -> None:
    server.first_token_delay_s = 20.0
    events = engine.stream(request("What?", draw()))
    for event in events:
        if isinstance(event, Started):
            break
    wait_until(lambda: bool(server.requests))

    events.close()  # type: ignore[attr-defined]

    wait_until(lambda: server.requests[-1].closed_s is not None)
    assert engine.settle()


def test_loading_looks_at_the_server_and_loads_nothing(engine: OpenAIEngine, server: CheckpointServer) -> None:
    assert engine.reach is None

    engine.load()

    assert engine.state == "ready"
    assert engine.reach is not None and engine.reach.reachable
    assert engine.reach.network_s is not None and 0 < engine.reach.network_s < 1
    assert not server.requests
    engine.unload()
    assert engine.state == "unloaded"


def test_a_model_that_is_not_served_is_told_what_is(server: CheckpointServer) -> None:
    engine = OpenAIEngine(served_spec(server.url, model="Qwen/Qwen3-VL-8B-Instruct"))

    with pytest.raises(EngineError) as caught:
        engine.load()

    assert caught.value.code == "model_not_served"
    for said in ("Qwen/Qwen3-VL-8B-Instruct", "demo", server.url, "Model M"):
        assert said in str(caught.value) and said in caught.value.sentence("zh")
    engine.close()


def test_a_server_at_work_for_others_marks_the_figures(
    engine: OpenAIEngine, draw: DrawPicture, server: CheckpointServer
) -> None:
    server.busy_requests = 0
    alone = ask(engine, "What?", draw())
    server.busy_requests = 3
    server.cache_used = 0.25
    disturbed = ask(engine, "What?", draw())

    assert not alone.metrics.contended
    assert disturbed.metrics.contended
    assert engine.reach is not None and engine.reach.cache_used == 0.25


def test_a_key_comes_from_the_environment_and_is_shown_nowhere(
    server: CheckpointServer,
    draw: DrawPicture,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    server.key = KEY
    monkeypatch.setenv("DEMO_KEY", f"{KEY}\n")
    spec = served_spec(server.url, api_key_env="DEMO_KEY")
    engine = OpenAIEngine(spec)

    reply = ask(engine, "What?", draw())
    assert reply.finished.stop_reason in ("stop", "length")
    assert server.requests[-1].headers["authorization"] == f"Bearer {KEY}"

    server.key = "another"  # this server repeats what it was sent
    refused = ask(engine, "What?", draw()).failed
    other = OpenAIEngine(spec)
    with pytest.raises(EngineError) as caught:
        other.load()

    assert refused.code == caught.value.code == "endpoint_key_refused"
    assert "DEMO_KEY" in str(caught.value)
    shown = [repr(reply.events), repr(refused), str(caught.value), repr(caught.value), repr(vars(engine)), repr(spec)]
    shown += [repr(caught.value.__context__ and caught.value.__suppress_context__), engine.model_id, engine.device]
    shown += [record.getMessage() for record in caplog.records] + [caplog.text, *capfd.readouterr()]
    assert not [said for said in shown if KEY in said]
    engine.close()
    other.close()


def test_no_key_is_kept_with_an_answer(
    server: CheckpointServer, draw: DrawPicture, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMO_KEY", KEY)
    server.key = KEY
    spec = served_spec(server.url, api_key_env="DEMO_KEY")
    lineup = Lineup("served", "Served", "推理服务", demo=False, models=(spec,))
    engine = OpenAIEngine(spec)
    dialogue = Dialogue(lineup, [engine], store)
    picture = dialogue.keep_picture(normalise(draw().path))

    [*_, answered] = dialogue.ask(dialogue.begin(), "What?", [picture])
    server.key = "another"
    [*_, refused] = dialogue.ask(dialogue.begin(), "What?", [picture])

    assert answered.columns[0].rateable
    assert refused.columns[0].failure is not None and refused.columns[0].failure.code == "endpoint_key_refused"
    files = [path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert any(server.url.encode() in content for content in files)
    assert not any(KEY.encode() in content for content in files)
    engine.close()


def test_no_key_is_sent_that_was_not_asked_for(
    engine: OpenAIEngine, draw: DrawPicture, server: CheckpointServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "of-another-service")

    ask(engine, "What?", draw())

    sent = server.requests[-1].headers
    assert "authorization" not in sent
    assert "of-another-service" not in repr(sent)


@pytest.mark.parametrize("held", [None, "", " \n", "schlüssel"])
def test_a_key_that_is_missing_names_its_variable(
    server: CheckpointServer, monkeypatch: pytest.MonkeyPatch, held: str | None
) -> None:
    monkeypatch.delenv("DEMO_KEY", raising=False)
    if held is not None:
        monkeypatch.setenv("DEMO_KEY", held)
    engine = OpenAIEngine(served_spec(server.url, api_key_env="DEMO_KEY"))

    failed = ask(engine, "What?").failed

    assert failed.code == "endpoint_key_missing"
    assert failed.parameters["variable"] == "DEMO_KEY"
    engine.close()


def test_a_server_that_wants_a_key_says_where_to_put_it(server: CheckpointServer) -> None:
    server.key = KEY
    engine = OpenAIEngine(served_spec(server.url))

    failed = ask(engine, "What?").failed

    assert failed.code == "endpoint_key_wanted"
    assert engine.reach is not None and not engine.reach.reachable
    engine.close()


def test_a_picture_above_the_budget_is_scaled_before_it_is_sent(
    engine: OpenAIEngine, draw: DrawPicture, server: CheckpointServer
) -> None:
    ask(engine, "What?", draw("green", (1600, 1200)), max_image_tokens=256)

    url = server.requests[-1].body["messages"][0]["content"][0]["image_url"]["url"]
    kind, _, content = url.partition(",")
    assert kind == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(content))) as image:
        assert image.size == (576, 416)


def test_identity_is_the_model_and_its_place(engine: OpenAIEngine, server: CheckpointServer) -> None:
    place = server.url.removeprefix("http://").removesuffix("/v1")

    assert engine.model_id == f"demo@{place}"
    assert engine.device == server.url
    assert isinstance(build_engine(served_spec(server.url)), OpenAIEngine)
