"""Runs any image-text-to-text checkpoint of transformers on this machine, one question at a time or several.

Puts the parts together: `checkpoint` finds the weights, `loading` brings them in, `resident` answers, `batching` says
what goes together, `memory` reads the probes. Knows nothing of other models but through `Residency`.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Literal

from comparer.engines.base import Emit, EmitRow, Engine, Footprint, Limits
from comparer.engines.batching import (
    MAX_BATCH_TOKENS,
    Prepared,
    padded_tokens,
    prepare_all,
    within_budget,
)
from comparer.engines.checkpoint import (
    checkpoint_identity,
    count_parameters,
    estimated_weights_bytes,
    find_checkpoint,
)
from comparer.engines.generation import end_token_ids_of, use_plain_generation_config
from comparer.engines.loading import (
    ONE_LOAD_AT_A_TIME,
    broken_weights,
    load_model,
    read_config,
    refuse_unfit_precision,
    resolve_device,
    told_progress,
)
from comparer.engines.memory import (
    LOAD_MARGIN,
    count_weights_bytes,
    device_memory,
    is_out_of_memory,
    readable_size,
    wanted_bytes,
)
from comparer.engines.prefix_cache import SHARE, PrefixCache
from comparer.engines.processing import ChatProcessor, QuestionTooLongError, load_processor
from comparer.engines.residency import Residency
from comparer.engines.resident import Resident
from comparer.errors import EngineError, OutOfMemoryError
from comparer.lineup import ModelSpec
from comparer.records import Finished, Picture, Request, Sampling, StreamEvent, Tokens, Turn
from comparer.torch_memory import release_cached_memory

log = logging.getLogger(__name__)

DEFAULT_CONTEXT_TOKENS = 4096
"""For a configuration that does not tell its context."""

During = Literal["load", "prefill", "decode"]
"""When memory ran out: before the model was ready, while it read the question, while it wrote the answer."""

WARM_UP = Sampling(max_new_tokens=4)


class TransformersEngine(Engine):
    """One checkpoint, local only: what is not on this computer is never fetched."""

    def __init__(self, spec: ModelSpec, limits: Limits = Limits(), residency: Residency | None = None) -> None:
        self._residency = residency or Residency()
        super().__init__(spec, limits, self._residency)
        self._resident: Resident | None = None
        self._device: str | None = None
        self._batch_tokens = MAX_BATCH_TOKENS
        """What one batch may take; less from when memory ran out in one until the model is loaded again."""

    @cached_property
    def model_id(self) -> str:
        return checkpoint_identity(self.spec.model)

    @property
    def device(self) -> str:
        """The device that the spec names; "auto" is decided once, when it is first asked for (imports torch)."""
        if self._device is None:
            self._device = resolve_device(self.spec.device)
        return self._device

    @property
    def hardware(self) -> str:
        if not self.device.startswith("cuda"):
            return self.device
        import torch

        try:
            return f"{self.device} ({torch.cuda.get_device_name(self.device)})"
        except (RuntimeError, AssertionError):  # a card that the lineup names and that is not there
            return self.device

    def footprint(self) -> Footprint | None:
        resident = self._resident
        if resident is None:
            return None
        free = device_memory(self.device)
        return Footprint(
            device=self.device,
            precision=self.spec.precision,
            parameters=resident.parameters,
            weights_bytes=resident.weights_bytes,
            free_bytes=free.free_bytes,
            total_bytes=free.total_bytes,
        )

    # --- hooks ---------------------------------------------------------------------------------------

    def _load(self) -> None:
        folder = find_checkpoint(self.spec)
        with ONE_LOAD_AT_A_TIME:
            config = read_config(self.spec, folder)
            refuse_unfit_precision(self.spec, config, self.device)
        try:
            weights_bytes = estimated_weights_bytes(folder, self.spec.precision)
            needed_bytes = int(LOAD_MARGIN * weights_bytes)
        except (OSError, ValueError, KeyError) as error:
            raise broken_weights(self.spec, folder, error) from error
        self._show_loading("room")
        release_cached_memory()  # what earlier answers left in torch's cache is free, and the driver cannot know
        self._residency.make_room(self, needed_bytes, weights_bytes)

        def bring_in() -> None:
            with told_progress(lambda share: self._show_loading("weights", share)):
                model = load_model(self.spec, folder, config, self.device)
            self._show_loading("warm_up")
            try:
                self._resident = self._complete(model, folder, config)
                self._warm_up()
            except Exception as error:
                if is_out_of_memory(error) or isinstance(error, EngineError):
                    raise
                raise broken_weights(self.spec, folder, error) from error

        try:
            with ONE_LOAD_AT_A_TIME:
                self._with_memory_told(bring_in, self._unload, lambda: "load", needed_bytes)
        except BaseException:
            self._unload()
            raise

    def _answer(self, request: Request, cancel: threading.Event, emit: Emit) -> None:
        during: During = "prefill"

        def note(event: StreamEvent) -> None:
            nonlocal during
            if isinstance(event, Tokens):
                during = "decode"
            emit(event)

        self._with_memory_told(lambda: self._answer_alone(request, cancel, note), self._give_back, lambda: during)

    def _answer_batch(self, requests: Sequence[Request], cancel: threading.Event, emit: EmitRow) -> None:
        """Greedy requests together; sampled ones one by one, for the dice are the process's: same seed, same answer.

        A greedy answer is the one that is given alone, but for ties that rounding decides. Its events are handed on
        when its batch is done, because a batch that runs out of memory begins again in smaller ones.
        """
        greedy = {row: request for row, request in enumerate(requests) if not request.sampling.temperature}
        answered = self._answer_together(greedy, cancel, emit) if len(greedy) > 1 else frozenset()
        for row, request in enumerate(requests):
            if row not in answered:
                self._answer_row(row, request, cancel, emit)

    def _unload(self) -> None:
        self._resident = None
        self._batch_tokens = MAX_BATCH_TOKENS
        release_cached_memory()

    # --- the work ------------------------------------------------------------------------------------

    def _answer_alone(self, request: Request, cancel: threading.Event, emit: Emit) -> None:
        resident = self._loaded()
        began_s = perf_counter()
        try:
            prepared = resident.prepare(request)
        except QuestionTooLongError as error:
            raise EngineError(
                "context_exceeded", model=self.spec.label, needed=error.needed, room=error.room
            ) from None
        if cancel.is_set():
            emit(Finished(perf_counter(), "cancelled"))
            return
        resident.answer([prepared], began_s, cancel, lambda _, event: emit(event))

    def _answer_together(
        self, requests: Mapping[int, Request], cancel: threading.Event, emit: EmitRow
    ) -> frozenset[int]:
        """Answer greedy requests, by row, in as few batches as fit; returns the rows that are answered.

        Those whose beginning is known are asked apart from those that have all to be read. What is left over must be
        asked alone: with one of them something is wrong, which is told of that one only.
        """
        resident = self._loaded()
        began_s = perf_counter()
        rows: list[Prepared] = []
        for prepared in prepare_all(resident.prepare, requests, cancel):
            self._show_life()
            if prepared is not None:
                rows.append(prepared)
        known: list[Prepared] = []
        new: list[Prepared] = []
        for one in rows:
            (new if resident.known(one) is None else known).append(one)
        answered: set[int] = set()
        for left in (known, new):
            while left and not cancel.is_set():
                group = within_budget(left, self._batch_tokens)[0]
                outcome = self._attempt(resident, group, began_s, cancel, emit) if len(group) > 1 else "failed"
                if outcome == "out_of_memory":
                    self._give_back()
                    self._batch_tokens = padded_tokens(group) // 2
                    continue
                if outcome == "answered":
                    answered.update(one.row for one in group)
                del left[: len(group)]
                began_s = perf_counter()
        return frozenset(answered)

    def _attempt(
        self,
        resident: Resident,
        group: Sequence[Prepared],
        began_s: float,
        cancel: threading.Event,
        emit: EmitRow,
    ) -> Literal["answered", "out_of_memory", "failed"]:
        """Ask `group` in one batch; emits only when all of it is answered."""
        events: list[tuple[int, StreamEvent]] = []

        def keep(row: int, event: StreamEvent) -> None:
            events.append((row, event))
            self._show_life()

        try:
            resident.answer(group, began_s, cancel, keep)
        except Exception as error:
            if is_out_of_memory(error):
                return "out_of_memory"
            log.warning("%s: a batch of %d failed; asking one by one", self.spec.label, len(group), exc_info=True)
            return "failed"
        for row, event in events:
            emit(row, event)
        return "answered"

    def _give_back(self) -> None:
        """Free what is not needed to hold the model."""
        if self._resident is not None:
            self._resident.read.clear()
        release_cached_memory()

    def _loaded(self) -> Resident:
        if self._resident is None:
            raise EngineError("engine_failed", model=self.spec.label, problem="the model is not loaded")
        return self._resident

    def _complete(self, model: Any, folder: Path, config: Any) -> Resident:
        chat = ChatProcessor(load_processor(folder))
        end_token_ids = end_token_ids_of(model, chat.tokenizer)
        use_plain_generation_config(model, chat.tokenizer, end_token_ids)
        return Resident(
            model=model,
            chat=chat,
            device=self.device,
            end_token_ids=end_token_ids,
            context_tokens=self._context_tokens(config),
            weights_bytes=count_weights_bytes(model),
            parameters=count_parameters(folder),
            read=PrefixCache(int(SHARE * device_memory(self.device).total_bytes)),
        )

    def _warm_up(self) -> None:
        """Answer once and throw it away, so that the first figures carry no one-time costs."""
        from PIL import Image

        with TemporaryDirectory() as folder:
            path = Path(folder) / "grey.png"
            Image.new("RGB", (96, 96), "grey").save(path)
            turn = Turn("?", (Picture("", path, 96, 96),))
            self._answer_alone(Request((turn,), WARM_UP), threading.Event(), lambda _: None)

    def _context_tokens(self, config: Any) -> int:
        limit = getattr(config.get_text_config(), "max_position_embeddings", None)
        limits = [tokens for tokens in (limit, self.spec.context_tokens) if tokens]
        return min(limits) if limits else DEFAULT_CONTEXT_TOKENS

    def _with_memory_told(
        self,
        work: Callable[[], None],
        give_back: Callable[[], None],
        during: Callable[[], During],
        load_bytes: int = 0,
    ) -> None:
        """Do `work`; when memory runs out, say how much was needed and free then, and `give_back` what it held.

        A load needs `load_bytes` in all, of which the error names the last piece only. The new error is raised
        outside the handler on purpose: chained to the old one, it would keep the frames, and with them the tensors,
        of the failed work alive.
        """
        try:
            work()
            return
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            wanted = max(wanted_bytes(str(error)) or 0, load_bytes)
        free = readable_size(device_memory(self.device).free_bytes)
        give_back()
        needed = readable_size(wanted) if wanted else f"> {free}"
        raise OutOfMemoryError("out_of_memory", model=self.spec.label, needed=needed, free=free, during=during())
