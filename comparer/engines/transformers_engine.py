"""Runs any image-text-to-text checkpoint of transformers on this machine, one token at a time.

Puts the parts together: `checkpoint` finds the weights, `loading` brings them in, `processing` makes the inputs,
`streaming` stamps the tokens, `memory` reads the probes. Knows nothing of other models but through `Residency`.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from comparer.engines.base import Emit, Engine, Footprint, Limits
from comparer.engines.checkpoint import (
    checkpoint_identity,
    count_parameters,
    estimated_weights_bytes,
    find_checkpoint,
)
from comparer.engines.generation import (
    end_token_ids_of,
    generation_config,
    seeded,
    use_plain_generation_config,
)
from comparer.engines.loading import (
    ONE_LOAD_AT_A_TIME,
    broken_weights,
    load_model,
    read_config,
    refuse_unfit_precision,
    resolve_device,
)
from comparer.engines.memory import (
    LOAD_MARGIN,
    count_weights_bytes,
    device_memory,
    is_out_of_memory,
    readable_size,
    wanted_bytes,
)
from comparer.engines.peak import peak_memory
from comparer.engines.processing import ChatProcessor, ModelInputs, QuestionTooLongError, load_processor
from comparer.engines.residency import Residency
from comparer.engines.streaming import Detokeniser, TokenStreamer, stop_when
from comparer.errors import EngineError, OutOfMemoryError
from comparer.lineup import ModelSpec
from comparer.records import Finished, Picture, Request, Sampling, Started, Turn
from comparer.torch_memory import release_cached_memory

DEFAULT_CONTEXT_TOKENS = 4096
"""For a configuration that does not tell its context."""

WARM_UP = Sampling(max_new_tokens=4)


@dataclass(frozen=True, slots=True)
class _Resident:
    """A model in memory, and what is asked of it all the time."""

    model: Any
    chat: ChatProcessor
    end_token_ids: tuple[int, ...]
    context_tokens: int
    weights_bytes: int
    parameters: int


class TransformersEngine(Engine):
    """One checkpoint, local only: what is not on this computer is never fetched."""

    def __init__(self, spec: ModelSpec, limits: Limits = Limits(), residency: Residency | None = None) -> None:
        super().__init__(spec, limits)
        self._residency = residency or Residency()
        self._resident: _Resident | None = None
        self._device: str | None = None

    @cached_property
    def model_id(self) -> str:
        return checkpoint_identity(self.spec.model)

    @property
    def device(self) -> str:
        """The device that the spec names; "auto" is decided once, when it is first asked for (imports torch)."""
        if self._device is None:
            self._device = resolve_device(self.spec.device)
        return self._device

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
            needed_bytes = int(LOAD_MARGIN * estimated_weights_bytes(folder, self.spec.precision))
        except (OSError, ValueError, KeyError) as error:
            raise broken_weights(self.spec, folder, error) from error
        self._residency.make_room(self, needed_bytes)

        def bring_in() -> None:
            model = load_model(self.spec, folder, config, self.device)
            try:
                self._resident = self._complete(model, folder, config)
                self._warm_up()
            except Exception as error:
                if is_out_of_memory(error) or isinstance(error, EngineError):
                    raise
                raise broken_weights(self.spec, folder, error) from error

        try:
            with ONE_LOAD_AT_A_TIME:
                self._with_memory_told(bring_in, self._unload, needed_bytes)
        except BaseException:
            self._unload()
            raise
        self._residency.touch(self)

    def _answer(self, request: Request, cancel: threading.Event, emit: Emit) -> None:
        self._residency.touch(self)
        self._with_memory_told(lambda: self._generate(request, cancel, emit), release_cached_memory)
        self._residency.touch(self)

    def _unload(self) -> None:
        self._resident = None
        release_cached_memory()

    # --- the work ------------------------------------------------------------------------------------

    def _generate(self, request: Request, cancel: threading.Event, emit: Emit) -> None:
        resident = self._resident
        if resident is None:
            raise EngineError("engine_failed", model=self.spec.label, problem="the model is not loaded")
        sampling = request.sampling
        began_s = perf_counter()
        inputs = self._prepare(resident, request)
        tensors = inputs.tensors.to(self.device, dtype=resident.model.dtype)
        if cancel.is_set():
            emit(Finished(perf_counter(), "cancelled"))
            return
        streamer = TokenStreamer(Detokeniser(resident.chat.decode), cancel, emit)
        with peak_memory(self.device, resident.weights_bytes) as peak, seeded(sampling, self.device):
            started_s = perf_counter()
            emit(
                Started(
                    started_s,
                    preprocess_s=started_s - began_s,
                    input_tokens=inputs.input_tokens,
                    image_tokens=inputs.image_tokens,
                    dropped_turns=inputs.dropped_turns,
                )
            )
            resident.model.generate(
                **tensors,
                generation_config=generation_config(sampling, resident.context_tokens - inputs.input_tokens),
                streamer=streamer,
                stopping_criteria=[stop_when(cancel)],
            )
        emit(
            Finished(
                perf_counter(),
                streamer.stop_reason(resident.end_token_ids),
                peak_memory_bytes=peak.peak_bytes,
                weights_bytes=resident.weights_bytes,
            )
        )

    def _complete(self, model: Any, folder: Path, config: Any) -> _Resident:
        chat = ChatProcessor(load_processor(folder))
        end_token_ids = end_token_ids_of(model, chat.tokenizer)
        use_plain_generation_config(model, chat.tokenizer, end_token_ids)
        return _Resident(
            model=model,
            chat=chat,
            end_token_ids=end_token_ids,
            context_tokens=self._context_tokens(config),
            weights_bytes=count_weights_bytes(model),
            parameters=count_parameters(folder),
        )

    def _prepare(self, resident: _Resident, request: Request) -> ModelInputs:
        """The request's inputs, with room left for the answer (at most half the context is kept for it)."""
        reserved = min(request.sampling.max_new_tokens, resident.context_tokens // 2)
        room = resident.context_tokens - reserved
        try:
            return resident.chat.prepare(request.turns, request.sampling.max_image_tokens, room)
        except QuestionTooLongError as error:
            raise EngineError(
                "context_exceeded", model=self.spec.label, needed=error.needed, room=error.room
            ) from None

    def _warm_up(self) -> None:
        """Answer once and throw it away, so that the first figures carry no one-time costs."""
        from PIL import Image

        with TemporaryDirectory() as folder:
            path = Path(folder) / "grey.png"
            Image.new("RGB", (96, 96), "grey").save(path)
            turn = Turn("?", (Picture("", path, 96, 96),))
            self._generate(Request((turn,), WARM_UP), threading.Event(), lambda _: None)

    def _context_tokens(self, config: Any) -> int:
        limit = getattr(config.get_text_config(), "max_position_embeddings", None)
        limits = [tokens for tokens in (limit, self.spec.context_tokens) if tokens]
        return min(limits) if limits else DEFAULT_CONTEXT_TOKENS

    def _with_memory_told(
        self, work: Callable[[], None], give_back: Callable[[], None], needed_bytes: int | None = None
    ) -> None:
        """Do `work`; when memory runs out, `give_back` what it held and say how much was needed and is free.

        The new error is raised outside the handler on purpose: chained to the old one, it would keep the frames, and
        with them the tensors, of the failed work alive.
        """
        try:
            work()
            return
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            wanted = wanted_bytes(str(error)) or needed_bytes
        give_back()
        free = readable_size(device_memory(self.device).free_bytes)
        needed = f"> {free}" if wanted is None else readable_size(wanted)
        raise OutOfMemoryError("out_of_memory", model=self.spec.label, needed=needed, free=free)
