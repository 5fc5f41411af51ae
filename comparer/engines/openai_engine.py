"""Asks a model that another program serves by OpenAI's protocol: vLLM, SGLang, llama.cpp, TGI, Ollama, DashScope.

Nothing is in this machine's memory: loading is a look at what the server has, unloading leaves it there. The time to
the first token is taken here, from the question being sent on an open connection, network included; how much of it
the network may be says `reach`. Each question runs in its own event loop in the engine's worker thread, so that Stop
and the time limits close the connection at once, whatever it waits for.
"""

import asyncio
import logging
import threading
from dataclasses import replace
from statistics import median
from time import perf_counter
from typing import Any

import httpx

from comparer.engines.base import Emit, Engine, Footprint, Limits, Reach
from comparer.engines.identity import model_identity
from comparer.engines.openai_problems import (
    PROBLEMS,
    WAIT_LIMIT_S,
    Patience,
    Problem,
    explain,
    is_malformed,
    is_too_long,
    without_secrets,
)
from comparer.engines.openai_reply import ReplyReader
from comparer.engines.openai_request import chat_body, chat_messages
from comparer.engines.openai_server import Server
from comparer.engines.processing import without_oldest
from comparer.errors import EngineError, LoadError
from comparer.lineup import ModelSpec
from comparer.records import Finished, Queued, Request, Started

log = logging.getLogger(__name__)

CANCEL_POLL_S = 0.02
ROUND_TRIPS = 5
WAIT_SHARE = 0.8
"""Share of the patience with a silent column that a busy server may take: so its own sentence is what one reads."""


class OpenAIEngine(Engine):
    """One model of one OpenAI-compatible server."""

    holds_memory = False

    def __init__(self, spec: ModelSpec, limits: Limits = Limits()) -> None:
        super().__init__(spec, limits)
        self._endpoint = spec.endpoint or ""
        self._reach: Reach | None = None
        self._counts_usage = True
        """Until the server refuses to."""
        self._tells_load = False

    @property
    def model_id(self) -> str:
        return model_identity(self.spec)

    @property
    def device(self) -> str:
        """The endpoint: models of one server take turns, those of different ones run together."""
        return self._endpoint

    @property
    def reach(self) -> Reach | None:
        return self._reach

    def footprint(self) -> Footprint | None:
        return None

    # --- hooks ---------------------------------------------------------------------------------------

    def _load(self) -> None:
        asyncio.run(self._look())

    def _answer(self, request: Request, cancel: threading.Event, emit: Emit) -> None:
        asyncio.run(self._until_cancelled(request, cancel, emit))

    def _unload(self) -> None:
        log.info("%s stays in the memory of %s; stop the server to free it", self.spec.label, self._endpoint)

    # --- the work ------------------------------------------------------------------------------------

    async def _look(self) -> None:
        """Find out what is served, how far away it is, and whether it tells how busy it is. Raises `LoadError`."""
        try:
            async with Server(self.spec) as server:
                served = await server.served()
                network_s = median([await server.round_trip_s() for _ in range(ROUND_TRIPS)])
                load = await server.load()
        except PROBLEMS as problem:
            self._reach = Reach(self._endpoint, reachable=False)
            raise explain(problem, self.spec) from None
        self._reach = Reach(self._endpoint, True, network_s, load.cache_used if load else None)
        self._tells_load = load is not None
        if served is not None and not {self.spec.model, f"{self.spec.model}:latest"} & set(served):
            raise LoadError(
                "model_not_served",
                model=self.spec.label,
                endpoint=self._endpoint,
                wanted=self.spec.model,
                served=without_secrets(", ".join(served), self.spec) or "–",
            )

    async def _until_cancelled(self, request: Request, cancel: threading.Event, emit: Emit) -> None:
        answering = asyncio.ensure_future(self._converse(request, emit))
        while not (await asyncio.wait({answering}, timeout=CANCEL_POLL_S))[0]:
            if cancel.is_set():
                answering.cancel()
                await asyncio.wait({answering})
        if answering.cancelled():
            emit(Finished(perf_counter(), "cancelled"))
        else:
            answering.result()

    async def _converse(self, request: Request, emit: Emit) -> None:
        """Ask until there is an answer; again only before the first token, and only where that may help."""
        question = _Question(self.spec, request, self._counts_usage)
        patience = Patience(min(WAIT_LIMIT_S, WAIT_SHARE * self.limits.stall_s))
        async with Server(self.spec) as server:
            while True:
                reply = ReplyReader(emit)
                try:
                    await self._ask(server, question, reply, emit)
                    self._counts_usage = question.with_usage
                    return
                except PROBLEMS as problem:
                    if not reply.begun and question.changed_for(problem):
                        continue
                    wait_s = None if reply.begun else patience.wait_s(problem)
                    if wait_s is None:
                        raise self._given_up(problem) from None
                emit(Queued(perf_counter()))
                await asyncio.sleep(wait_s)

    async def _ask(self, server: Server, question: "_Question", reply: ReplyReader, emit: Emit) -> None:
        began_s = perf_counter()
        await server.greet()
        load = await server.load() if self._tells_load else None
        if load and self._reach:
            self._reach = replace(self._reach, cache_used=load.cache_used)
        started_s = perf_counter()
        emit(
            Started(
                started_s,
                preprocess_s=question.prepared_s + started_s - began_s,
                input_tokens=None,
                image_tokens=None,
                dropped_turns=question.dropped_turns,
                disturbed=load is not None and load.requests > 0,
            )
        )
        first = asyncio.timeout(self.spec.first_token_limit_s)
        try:
            async with asyncio.timeout(self.spec.answer_limit_s), first, await server.chat(question.body) as chunks:
                async for chunk in chunks:
                    reply.take(chunk, perf_counter())
                    if reply.begun:
                        first.reschedule(None)
        except TimeoutError:
            raise self._too_slow(reply) from None
        self._close(reply, chunks.response.headers.get("content-type", "–"), emit)

    def _close(self, reply: ReplyReader, content_type: str, emit: Emit) -> None:
        """Judge a reply whose stream is over."""
        about = {"model": self.spec.label, "endpoint": self._endpoint}
        if reply.error:
            raise EngineError("endpoint_failed", problem=without_secrets(reply.error, self.spec), **about)
        if not reply.chunks:
            raise EngineError("endpoint_nonsense", found=without_secrets(content_type, self.spec), **about)
        if not reply.end:
            raise httpx.RemoteProtocolError("the stream ended before the answer did")
        if reply.end == "content_filter":
            raise EngineError("answer_filtered", **about)
        if reply.reasoned and not reply.spoke:
            raise EngineError("answer_only_reasoning", **about)
        emit(
            Finished(
                perf_counter(),
                reply.stop_reason,
                input_tokens=reply.input_tokens,
                output_tokens=reply.output_tokens,
            )
        )

    def _too_slow(self, reply: ReplyReader) -> EngineError:
        about = {"model": self.spec.label, "endpoint": self._endpoint}
        if reply.begun:
            return EngineError("endpoint_too_long", seconds=self.spec.answer_limit_s, **about)
        seconds = min(self.spec.first_token_limit_s, self.spec.answer_limit_s)
        return EngineError("endpoint_slow", seconds=seconds, **about)

    def _given_up(self, problem: Problem) -> EngineError:
        error = explain(problem, self.spec)
        if error.code == "endpoint_unreachable":
            self._reach = Reach(self._endpoint, reachable=False)
            self.state = "unloaded"  # look again before the next question
        return error


class _Question:
    """What is sent, and how it is changed for a server that does not take it as it is."""

    def __init__(self, spec: ModelSpec, request: Request, with_usage: bool) -> None:
        self.with_usage = with_usage
        self.dropped_turns = 0
        self.prepared_s = 0.0
        """How long pictures were scaled and encoded."""
        self._spec = spec
        self._turns = request.turns
        self._sampling = request.sampling
        self._encode()

    @property
    def body(self) -> dict[str, Any]:
        return chat_body(self._spec, self._messages, self._sampling, self.with_usage)

    def changed_for(self, problem: Problem) -> bool:
        """Leave out the oldest turn, or the wish for usage counts, where the server refused for that; else False."""
        if is_too_long(problem) and len(self._turns) > 1:
            self._turns = without_oldest(self._turns)
            self.dropped_turns += 1
            self._encode()
            return True
        if is_malformed(problem) and not is_too_long(problem) and self.with_usage:
            self.with_usage = False
            return True
        return False

    def _encode(self) -> None:
        began_s = perf_counter()
        self._messages = chat_messages(self._spec, self._turns, self._sampling.max_image_tokens)
        self.prepared_s += perf_counter() - began_s
