"""Two HTTP servers that speak OpenAI's protocol: one serves a demo checkpoint, one says what a script tells it.

The first runs the product's own engine behind FastAPI and uvicorn and keeps a clock of its own. The second writes raw
bytes, so that it can do whatever real servers were seen to do.
"""

import asyncio
import base64
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import uvicorn
from fastapi import FastAPI
from fastapi import Request as HttpRequest
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from PIL import Image

from comparer.engines import Engine
from comparer.records import Finished, Picture, Request, Sampling, Started, Tokens, Turn

# --- a checkpoint, served ----------------------------------------------------------------------------


@dataclass
class Served:
    """One chat completion by the server's own clock (`perf_counter`, which is the machine's)."""

    body: dict[str, Any]
    headers: dict[str, str]
    arrived_s: float
    first_token_s: float | None = None
    closed_s: float | None = None
    complete: bool = False
    tokens: int = 0


@dataclass
class CheckpointServer:
    """Serves `engine` as `name`; the fields may be changed between questions."""

    engine: Engine
    folder: Path
    name: str = "demo"
    key: str = ""
    first_token_delay_s: float = 0.0
    busy_requests: int | None = None
    """What /metrics says in vLLM's words; None publishes no metrics."""
    cache_used: float = 0.125
    requests: list[Served] = field(default_factory=list)
    url: str = ""

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/v1/models")
        async def models(request: HttpRequest) -> Any:
            if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
                return self._refuse(request)
            entry = {"id": self.name, "object": "model", "created": 0, "owned_by": "vllm", "root": self.name}
            return {"object": "list", "data": [entry]}

        @app.get("/metrics")
        async def metrics() -> Any:
            if self.busy_requests is None:
                return PlainTextResponse("not found", 404)
            return PlainTextResponse(vllm_metrics(self.busy_requests, self.cache_used))

        @app.post("/v1/chat/completions")
        async def chat(request: HttpRequest) -> Any:
            arrived_s = perf_counter()
            if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
                return self._refuse(request)
            served = Served(await request.json(), dict(request.headers), arrived_s)
            self.requests.append(served)
            return StreamingResponse(self._stream(served), media_type="text/event-stream")

        return app

    def _refuse(self, request: HttpRequest) -> JSONResponse:
        """Like servers that are careless enough to repeat the key."""
        sent = request.headers.get("authorization", "none")
        return JSONResponse({"error": {"message": f"Incorrect API key provided: {sent}", "code": 401}}, 401)

    async def _stream(self, served: Served) -> AsyncIterator[str]:
        cancel = threading.Event()
        events = self.engine.stream(self._request(served.body), cancel)
        input_tokens = 0
        try:
            yield sse_event(chunk({"role": "assistant", "content": ""}))
            await asyncio.sleep(self.first_token_delay_s)
            while (event := await asyncio.to_thread(next, events, None)) is not None:
                match event:
                    case Started():
                        input_tokens = event.input_tokens or 0
                    case Tokens():
                        served.tokens += event.count or 0
                        served.first_token_s = served.first_token_s or perf_counter()
                        yield sse_event(chunk({"content": event.text}))
                    case Finished():
                        yield sse_event(chunk({}, finish_reason=event.stop_reason))
            if served.body.get("stream_options", {}).get("include_usage"):
                yield sse_event(usage_chunk(input_tokens, served.tokens))
            yield "data: [DONE]\n\n"
            served.complete = True
        finally:
            cancel.set()
            served.closed_s = perf_counter()

    def _request(self, body: dict[str, Any]) -> Request:
        turns: list[Turn] = []
        for message in body["messages"]:
            if message["role"] == "assistant":
                turns[-1] = Turn(turns[-1].question, turns[-1].pictures, message["content"])
                continue
            texts = [part["text"] for part in message["content"] if part["type"] == "text"]
            urls = [part["image_url"]["url"] for part in message["content"] if part["type"] == "image_url"]
            turns.append(Turn(" ".join(texts), tuple(self._picture(url) for url in urls)))
        return Request(tuple(turns), Sampling(body["max_tokens"], body["temperature"]))

    def _picture(self, url: str) -> Picture:
        content = base64.b64decode(url.partition(",")[2])
        path = self.folder / sha256(content).hexdigest()
        path.write_bytes(content)
        with Image.open(path) as image:
            return Picture(path.name, path, *image.size)


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """Serve `app` on a free port; the base address for clients."""
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:  # else asyncio sends small packets 40 ms late
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            thread.join(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        server.should_exit = True
        thread.join(10)


def vllm_metrics(requests: int, cache_used: float = 0.125) -> str:
    """The lines of vLLM's metrics that matter, among others, as version 0.10 and later write them."""
    return (
        "# HELP vllm:num_requests_running Number of requests in model execution batches.\n"
        "# TYPE vllm:num_requests_running gauge\n"
        f'vllm:num_requests_running{{engine="0",model_name="demo model"}} {requests}.0\n'
        'vllm:num_requests_waiting{engine="0",model_name="demo model"} 0.0\n'
        f'vllm:kv_cache_usage_perc{{engine="0",model_name="demo model"}} {cache_used}\n'
        "process_resident_memory_bytes 7.5e+08\n"
    )


# --- the words of the protocol -----------------------------------------------------------------------


def chunk(delta: dict[str, Any], finish_reason: str | None = None, **more: Any) -> dict[str, Any]:
    """One `chat.completion.chunk`."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]} | more


def usage_chunk(input_tokens: int, output_tokens: int) -> dict[str, Any]:
    """The last chunk where `include_usage` was asked for."""
    usage = {"prompt_tokens": input_tokens, "completion_tokens": output_tokens}
    return chunk({}) | {"choices": [], "usage": usage | {"total_tokens": input_tokens + output_tokens}}


def sse_event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data)}\n\n"


# --- a server that follows a script -------------------------------------------------------------------

Step = bytes | float | Literal["hang", "cut"]
"""Bytes to send, seconds to wait, wait until the client goes, or cut the connection."""


@dataclass
class Seen:
    """One HTTP request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    at_s: float
    left_s: float | None = None
    """When the client closed the connection while the script was hanging."""


def response(body: bytes | str, status: str = "200 OK", kind: str = "application/json", **headers: str) -> bytes:
    """A whole HTTP response."""
    content = body if isinstance(body, bytes) else body.encode()
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return (
        f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(content)}\r\n{more}\r\n".encode()
        + content
    )


def stream(*parts: dict[str, Any] | str | float, end: Sequence[Step] = (b"0\r\n\r\n",)) -> list[Step]:
    """An event stream: chunks, raw lines, pauses in seconds; then `end`."""
    steps: list[Step] = [
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
    ]
    for part in parts:
        if isinstance(part, float):
            steps.append(part)
            continue
        content = (part if isinstance(part, str) else sse_event(part)).encode()
        steps.append(f"{len(content):x}\r\n".encode() + content + b"\r\n")
    return [*steps, *end]


DONE = "data: [DONE]\n\n"
MODELS = response(json.dumps({"object": "list", "data": [{"id": "m", "object": "model"}]}))


class OddServer:
    """Answers `GET /v1/models` with `models`, and the POSTs with `scripts` one after another (the last one stays)."""

    def __init__(self, *scripts: Sequence[Step], models: Sequence[Step] = (MODELS,)) -> None:
        self.scripts = list(scripts)
        self.models = models
        self.seen: list[Seen] = []
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def asked(self) -> list[Seen]:
        """The questions, without the looks at what is served."""
        return [seen for seen in self.seen if seen.method == "POST"]

    def __enter__(self) -> "OddServer":
        self._thread = threading.Thread(
            target=self._loop.run_forever, daemon=True
        )  # another loop may run in this one
        self._thread.start()
        begun = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(begun, self._loop).result(5)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def stop(self) -> None:
        """Stop listening and cut all connections."""

        async def cut() -> None:
            self._server.close()
            for writer in self._writers:
                writer.transport.abort()

        asyncio.run_coroutine_threadsafe(cut(), self._loop).result(5)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                seen = await self._read(reader)
                self.seen.append(seen)
                for step in self._script(seen):
                    if step == "cut":
                        writer.transport.abort()
                        return
                    if step == "hang":
                        await reader.read()
                        seen.left_s = perf_counter()
                        return
                    if isinstance(step, bytes):
                        writer.write(step)
                        await writer.drain()
                    else:
                        await asyncio.sleep(float(step))
        writer.close()

    def _script(self, seen: Seen) -> Sequence[Step]:
        if seen.path.endswith("/models"):
            return self.models
        if seen.method == "GET":
            return [response("not found", "404 Not Found", "text/plain")]
        return self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]

    async def _read(self, reader: asyncio.StreamReader) -> Seen:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        content = await reader.readexactly(int(headers.get("content-length", 0)))
        return Seen(method, path, headers, json.loads(content) if content else {}, perf_counter())


def wait_until(met: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for what another thread does; fails when it does not."""
    pause, limit_s = threading.Event(), perf_counter() + seconds
    while not met():
        assert perf_counter() < limit_s, "it did not happen"
        pause.wait(0.01)
