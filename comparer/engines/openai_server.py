"""The connection to one OpenAI-compatible server: key, time limits, what it serves, how busy it is.

The key is read from the environment when a connection is made, and kept by nobody. Raises what the libraries raise;
`openai_problems` turns that into sentences.
"""

import os
import re
import ssl
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from types import TracebackType
from typing import Any, Self, cast

import httpx
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, NotFoundError, Omit

from comparer.errors import LoadError
from comparer.lineup import ModelSpec

CHECK_LIMIT_S = 10.0
"""How long a server may take to say what it serves."""

_RUNNING = ("vllm:num_requests_running", "vllm:num_requests_waiting")
_CACHE = ("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc")
"""The second one is that of vLLM before version 0.10."""


@dataclass(frozen=True, slots=True)
class ServerLoad:
    """What vLLM's metrics say at one moment: requests at work or waiting, share (0..1) of the KV cache in use."""

    requests: int
    cache_used: float | None


def key_of(spec: ModelSpec) -> str:
    """The key in the environment variable that `spec` names, "" where it names none. Raises `LoadError`."""
    if spec.api_key_env is None:
        return ""
    key = os.environ.get(spec.api_key_env, "").strip()
    if not key or not key.isascii() or not key.isprintable():
        raise LoadError(
            "endpoint_key_missing", model=spec.label, endpoint=spec.endpoint or "", variable=spec.api_key_env
        )
    return key


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that are trusted, read once: it takes longer than many a first token."""
    return httpx.create_ssl_context()


class Server:
    """Connections to the endpoint of one spec, open for one question; an asynchronous context manager."""

    def __init__(self, spec: ModelSpec) -> None:
        key = key_of(spec)
        # The library would send what it finds in OPENAI_* variables to any server: nothing that was not asked for.
        unsent = ["OpenAI-Organization", "OpenAI-Project", *([] if key else ["Authorization"])]
        self._headers: Any = {name: Omit() for name in unsent}
        # httpx as transport of either major version of the library, of which the newer one declares another.
        limit: Any = httpx.Timeout(None, connect=spec.connect_limit_s)
        self._http = httpx.AsyncClient(timeout=limit, follow_redirects=True, verify=_trusted())
        self._openai = AsyncOpenAI(
            base_url=spec.endpoint,
            api_key=key or "none",
            max_retries=0,
            timeout=limit,
            http_client=cast(Any, self._http),
        )
        self._completions = self._openai.chat.completions  # imported on first use, which is no part of an answer
        self._check_limit: Any = httpx.Timeout(CHECK_LIMIT_S, connect=min(CHECK_LIMIT_S, spec.connect_limit_s))
        self._metrics_url = f"{(spec.endpoint or '').removesuffix('/v1')}/metrics"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._openai.close()
        await self._http.aclose()

    async def served(self) -> tuple[str, ...] | None:
        """The names of what is served, None where the server keeps no such list.

        Raises `OpenAIError`, and ValueError for an answer that is no list of models.
        """
        try:
            raw = await self._openai.models.with_raw_response.list(
                extra_headers=self._headers, timeout=self._check_limit
            )
        except NotFoundError:
            return None
        listing = raw.http_response.json()
        try:
            return tuple(str(entry["id"]) for entry in listing["data"])
        except (KeyError, TypeError) as error:
            raise ValueError(str(listing)[:80]) from error

    async def round_trip_s(self) -> float:
        """How long it takes to ask for the models on an open connection: the network, and hardly anything else."""
        began_s = perf_counter()
        await self.served()
        return perf_counter() - began_s

    async def greet(self) -> None:
        """Open the connection, so that its handshakes are no part of a first token's time.

        Raises `APIConnectionError` where there is none to open; whatever else is wrong the question will meet itself.
        """
        try:
            await self.served()
        except APIConnectionError as error:
            if isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout):
                raise
        except (APIStatusError, ValueError):
            return

    async def load(self) -> ServerLoad | None:
        """How busy the server is by vLLM's metrics; None where it publishes none."""
        try:
            response = await self._http.get(self._metrics_url, timeout=self._check_limit)
        except httpx.HTTPError:
            return None
        return read_load(response.text) if response.status_code == httpx.codes.OK else None

    async def chat(self, body: dict[str, Any]) -> Any:
        """Ask: an open stream of chunks, to be closed by the caller."""
        return await self._completions.create(**body, extra_headers=self._headers)


def read_load(text: str) -> ServerLoad | None:
    """The load in vLLM's metrics, None in those of another program.

    Format: prometheus.io, "Exposition formats": `name{labels} value` a line.
    """
    values: dict[str, list[float]] = {}
    for line in text.splitlines():
        name, value = re.split(r"[{ ]", line, maxsplit=1)[0], line.rpartition(" ")[2]
        if name in (*_RUNNING, *_CACHE):
            try:
                values.setdefault(name, []).append(float(value))
            except ValueError:
                return None
    if not any(name in values for name in _RUNNING):
        return None
    requests = sum(sum(values.get(name, ())) for name in _RUNNING)
    shares = [share for name in _CACHE for share in values.get(name, ())]
    return ServerLoad(int(requests), max(shares) if shares else None)
