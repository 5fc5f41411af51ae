"""Simulated browsers in a process of their own: each asks as the page does, again and again, and reads the stream.

`python -m tests.serving.visitors URL PICTURE SECONDS COUNT` prints a line once all have arrived, one once all have
asked, and at the end one JSON object: what every update lagged behind
its tokens, what went wrong, how many questions were answered. Tokens are `perf_counter` moments, which all processes
of one computer share.
"""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import uuid4

import httpx

STAMP = re.compile(rb"\d+\.\d{4}[sml](?= )")
TICK_EVERY_S = 5.0
DOOR = 8
"""So many arrive at a time."""
BEGIN_EVERY_S = 0.15
"""They do not all ask at the same moment; what is measured begins when all of them do."""
LEAVE_WITHIN_S = 15.0
ENDED = b'"msg":"process_completed"'


@dataclass
class Seen:
    """What all visitors saw."""

    lags_s: list[float] = field(default_factory=list)
    updates: int = 0
    bytes: int = 0
    answered: int = 0
    broken: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Events:
    """Numbers of the page's events, and what each takes."""

    arrive: int
    on_arrival: list[Any]
    ask: int
    when_asking: list[Any]
    tick: int
    at_a_tick: list[Any]


def events_of(config: dict[str, Any]) -> Events:
    """Read them from the page's public description, as a browser does."""
    named = {part["props"].get("elem_id"): part["id"] for part in config["components"]}
    values = {part["id"]: part["props"].get("value") for part in config["components"]}
    timers = {part["id"] for part in config["components"] if part["type"] == "timer"}

    def number(met: Any) -> dict[str, Any]:
        return next(one for one in config["dependencies"] if any(met(*target) for target in one["targets"]))

    ask = number(lambda part, event: part == named["send"] and event == "click")
    arrive = number(lambda _part, event: event == "load")
    tick = number(lambda part, event: part in timers and event == "tick")

    def untouched(event: dict[str, Any]) -> list[Any]:
        return [values.get(part) for part in event["inputs"]]

    return Events(arrive["id"], untouched(arrive), ask["id"], untouched(ask), tick["id"], untouched(tick))


class Visitor:
    """One browser tab."""

    def __init__(self, http: httpx.AsyncClient, events: Events, picture: Path, seen: Seen) -> None:
        self._http = http
        self._events = events
        self._picture = picture
        self._seen = seen
        self._session = uuid4().hex
        self._known: set[bytes] = set()
        self._around: list[asyncio.Task[None]] = []

    async def arrive(self, door: asyncio.Semaphore) -> None:
        """Load the page and choose a picture."""
        async with self._broken_is_told(), door:
            self._around.append(asyncio.create_task(self._heart()))
            await self._run(self._events.arrive, [{}, *self._events.on_arrival[1:]])
            self._sent = await self._upload()

    async def stay(self, begin_s: float, until_s: float) -> None:
        """Ask again and again from one moment to another."""
        async with self._broken_is_told():
            await asyncio.sleep(begin_s - perf_counter())
            self._around.append(asyncio.create_task(self._tick(until_s)))
            while perf_counter() < until_s:
                await self._ask(until_s)

    def leave(self) -> None:
        for one in self._around:
            one.cancel()

    @asynccontextmanager
    async def _broken_is_told(self) -> AsyncIterator[None]:
        try:
            yield
        except (httpx.HTTPError, AssertionError) as error:
            self._seen.broken.append(f"{type(error).__name__}: {error}"[:300])

    async def _heart(self) -> None:
        async with self._http.stream("GET", f"gradio_api/heartbeat/{self._session}") as beating:
            async for _ in beating.aiter_raw():
                pass

    async def _tick(self, until_s: float) -> None:
        while perf_counter() < until_s:
            await asyncio.sleep(TICK_EVERY_S)
            body = {"data": self._events.at_a_tick, "fn_index": self._events.tick}
            answer = await self._http.post("gradio_api/run/predict", json={**body, "session_hash": self._session})
            if answer.status_code != 200:
                self._seen.broken.append(f"tick: {answer.status_code} {answer.text[:100]}")

    async def _upload(self) -> dict[str, Any]:
        files = {"files": (self._picture.name, self._picture.read_bytes(), "image/png")}
        (path,) = (await self._http.post("gradio_api/upload", files=files)).raise_for_status().json()
        return {"path": path, "orig_name": self._picture.name, "meta": {"_type": "gradio.FileData"}}

    async def _ask(self, until_s: float) -> None:
        *chosen, _reviewer, state = self._events.when_asking[2:]
        name = f"guest-{self._session[:6]}"
        await self._run(self._events.ask, ["What is this?", self._sent, *chosen, name, state], until_s)
        self._seen.answered += perf_counter() < until_s

    async def _run(self, event: int, data: list[Any], until_s: float = float("inf")) -> None:
        """Set an event off and read its stream to the end."""
        body = {
            "data": data,
            "fn_index": event,
            "session_hash": self._session,
            "trigger_id": None,
            "event_data": None,
        }
        joined = await self._http.post("gradio_api/queue/join", json=body)
        assert joined.status_code == 200, joined.text[:150]
        async with self._http.stream(
            "GET", "gradio_api/queue/data", params={"session_hash": self._session}
        ) as stream:
            rest = b""
            async for piece in stream.aiter_raw():
                *messages, rest = (rest + piece).split(b"\n\n")
                for message in messages:
                    self._read(message, perf_counter())
                    if ENDED in message:
                        assert b'"success":true' in message, message[-300:]
                        return
                if perf_counter() > until_s:
                    return  # the time is over: this visitor closes the tab
        raise AssertionError("the stream ended before its event")

    def _read(self, message: bytes, now_s: float) -> None:
        new = set(STAMP.findall(message)) - self._known  # the chat shows earlier answers again
        self._known |= new
        self._seen.updates += 1
        self._seen.bytes += len(message)
        self._seen.lags_s += [now_s - float(stamp[:-1]) for stamp in new]


async def visit(url: str, picture: Path, seconds: float, count: int) -> Seen:
    """All arrive, a few at a time; once all are there, all ask for `seconds`."""
    seen = Seen()
    # A connection that has been idle may be closed by the server at the very moment when it is used again.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as http:
        events = events_of((await http.get("config")).json())
        visitors = [Visitor(http, events, picture, seen) for _ in range(count)]
        door = asyncio.Semaphore(DOOR)
        began_s = perf_counter()
        await asyncio.gather(*(one.arrive(door) for one in visitors))
        print(f"arrived {perf_counter() - began_s:.1f}", flush=True)  # noqa: T201 - the caller reads it
        all_ask_s = perf_counter() + count * BEGIN_EVERY_S
        until_s = all_ask_s + seconds
        staying = [
            asyncio.create_task(one.stay(all_ask_s - number * BEGIN_EVERY_S, until_s))
            for number, one in enumerate(visitors)
        ]
        await asyncio.sleep(all_ask_s - perf_counter())
        print("all ask", flush=True)  # noqa: T201 - the caller reads it
        seen.lags_s.clear()
        seen.updates = seen.bytes = 0
        _, late = await asyncio.wait(staying, timeout=seconds + LEAVE_WITHIN_S)
        seen.broken += [f"still waiting after {LEAVE_WITHIN_S:.0f} s" for _ in late]
        for one in visitors:
            one.leave()
        for task in late:
            task.cancel()
    return seen


def main() -> None:
    url, picture, seconds, count = sys.argv[1:]
    seen = asyncio.run(visit(url, Path(picture), float(seconds), int(count)))
    lags_s = sorted(seen.lags_s) or [0.0]
    told = {
        "tokens": len(seen.lags_s),
        "lag_p50_s": lags_s[len(lags_s) // 2],
        "lag_p95_s": lags_s[len(lags_s) * 95 // 100],
        "lag_max_s": lags_s[-1],
        "updates": seen.updates,
        "bytes": seen.bytes,
        "answered": seen.answered,
        "broken": seen.broken,
    }
    print(json.dumps(told))  # noqa: T201 - the caller reads it


if __name__ == "__main__":
    main()
