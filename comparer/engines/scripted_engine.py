"""An engine that follows a script: known speeds and known failures, for tests of everything around engines.

It makes up no language: each token is the word "word" and its number. Nothing in the product uses it by itself.
"""

import threading
import time
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

from comparer.engines.base import Emit, Engine, Footprint, Limits
from comparer.engines.residency import Residency
from comparer.errors import EngineError, LoadError, OutOfMemoryError
from comparer.lineup import ModelSpec
from comparer.records import Finished, Request, Started, Tokens

Fault = Literal["", "load", "middle", "hang", "memory"]


@dataclass(frozen=True, slots=True)
class Script:
    """Seconds to load and to the first token, tokens a second after it, tokens in all, and what goes wrong."""

    load_s: float = 0.0
    ttft_s: float = 0.05
    tokens_per_s: float = 50.0
    tokens: int = 12
    fault: Fault = ""
    weights_bytes: int = 0
    """What it says it holds, and asks for before it loads; it holds nothing."""


class ScriptedEngine(Engine):
    """Sleeps to its script; `hang` waits until `release` is set."""

    def __init__(
        self,
        spec: ModelSpec,
        limits: Limits = Limits(),
        script: Script = Script(),
        device: str = "scripted",
        residency: Residency | None = None,
    ) -> None:
        super().__init__(spec, limits, residency)
        self._residency = residency
        self.script = script
        self.release = threading.Event()
        self._device = device

    @property
    def device(self) -> str:
        return self._device

    def footprint(self) -> Footprint | None:
        if self.state != "ready":
            return None
        return Footprint(self._device, self.spec.precision, 0, self.script.weights_bytes)

    def _load(self) -> None:
        if self._residency is not None and self.script.weights_bytes:
            self._residency.make_room(self, self.script.weights_bytes)
        time.sleep(self.script.load_s)
        if self.script.fault == "load":
            raise LoadError("weights_missing", model=self.spec.label, path=self.spec.model)

    def _answer(self, request: Request, cancel: threading.Event, emit: Emit) -> None:
        began = perf_counter()
        emit(Started(began, preprocess_s=0.0, input_tokens=len(request.turns), image_tokens=0))
        for number in range(self.script.tokens):
            due = began + self.script.ttft_s + number / self.script.tokens_per_s
            if cancel.wait(max(0.0, due - perf_counter())):
                emit(Finished(perf_counter(), "cancelled"))
                return
            if number == self.script.tokens // 2:
                self._go_wrong()
            emit(Tokens(perf_counter(), f"word{number} "))
        emit(Finished(perf_counter(), "stop", peak_memory_bytes=0, weights_bytes=0))

    def _go_wrong(self) -> None:
        match self.script.fault:
            case "middle":
                raise EngineError("engine_failed", model=self.spec.label, problem="scripted")
            case "memory":
                raise OutOfMemoryError("out_of_memory", model=self.spec.label, needed="2.0 GiB", free="1.0 GiB")
            case "hang":
                self.release.wait()

    def _unload(self) -> None:
        """Nothing is held."""
