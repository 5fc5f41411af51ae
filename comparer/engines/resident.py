"""A model in memory, and how it answers one question or several in one `generate`. Works in the engine's thread.

Knows nothing of loading, other models, and what to do when memory runs out.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

from comparer.engines.base import EmitRow
from comparer.engines.batching import Prepared, collate
from comparer.engines.generation import generation_config, seeded
from comparer.engines.peak import peak_memory
from comparer.engines.prefix_cache import Pictures, Prefix, PrefixCache, can_continue, continued, prefixes_of
from comparer.engines.processing import ChatProcessor
from comparer.engines.streaming import AnswerStream, Detokeniser, TokenStreamer, stop_when
from comparer.records import Finished, Request, Started


@dataclass(frozen=True, slots=True)
class Resident:
    """A model on its device, and what is asked of it all the time."""

    model: Any
    chat: ChatProcessor
    device: str
    end_token_ids: tuple[int, ...]
    context_tokens: int
    weights_bytes: int
    parameters: int
    read: PrefixCache
    """What batches have read and said."""

    def prepare(self, request: Request, row: int = 0) -> Prepared:
        """The request's inputs, with room left for the answer (at most half the context is kept for it).

        Raises `QuestionTooLongError`, and what opening a picture raises.
        """
        wanted = request.sampling.max_new_tokens
        room = self.context_tokens - min(wanted, self.context_tokens // 2)
        inputs = self.chat.prepare(request.turns, request.sampling.max_image_tokens, room)
        return Prepared(row, request, inputs, max(1, min(wanted, self.context_tokens - inputs.input_tokens)))

    def answer(self, rows: Sequence[Prepared], began_s: float, cancel: threading.Event, emit: EmitRow) -> None:
        """Emit `Started`, `Tokens`…, `Finished` of every row; the first one's sampling is that of all.

        `began_s` is when preparing them began. Every row ends at its own limit. Several rows go on from what is known
        of their beginnings, if it is of all of them.
        """
        sampling = rows[0].request.sampling
        inputs = self._inputs(rows)
        answers = [self._stream(one, emit) for one in rows]
        with peak_memory(self.device, self.weights_bytes) as peak, seeded(sampling, self.device):
            started_s = perf_counter()
            for one in rows:
                emit(one.row, _started(one, started_s, started_s - began_s))
            self.model.generate(
                **inputs,
                generation_config=generation_config(sampling, max(one.answer_tokens for one in rows)),
                streamer=TokenStreamer(answers, cancel),
                stopping_criteria=[stop_when(cancel, answers)],
            )
        if "cache" in inputs:
            said = prefixes_of(self.model, inputs, [answer.token_ids for answer in answers])
            for one, prefix in zip(rows, said, strict=True):
                self.read.keep(_pictures(one), prefix)
        for one, answer in zip(rows, answers, strict=True):
            emit(one.row, Finished(perf_counter(), answer.stop_reason, peak.peak_bytes, self.weights_bytes))

    def known(self, one: Prepared) -> Prefix | None:
        """What was read before of the beginning of a question."""
        if not can_continue(self.model):
            return None
        return self.read.longest(_pictures(one), one.inputs.tensors["input_ids"][0].tolist(), one.inputs.text_from)

    def _inputs(self, rows: Sequence[Prepared]) -> dict[str, Any]:
        """What `generate` takes, on the device; with a cache of its own for several rows, to be kept afterwards."""
        # A tokenizer without padding needs no id of its own for it: what is padded is masked.
        pad_id = self.model.generation_config.pad_token_id or 0
        if len(rows) == 1:
            self.read.clear_idle()
        else:
            known = [prefix for one in rows if (prefix := self.known(one)) is not None]
            if len(known) == len(rows):
                ids = [one.inputs.tensors["input_ids"][0].tolist() for one in rows]
                return continued(self.model, ids, known, pad_id)
        tensors = collate([one.inputs.tensors for one in rows], pad_id)
        inputs = dict(tensors.to(self.device, dtype=self.model.dtype))
        if len(rows) > 1 and can_continue(self.model):
            from transformers import DynamicCache

            inputs["cache"] = DynamicCache(config=self.model.config)
        return inputs

    def _stream(self, one: Prepared, emit: EmitRow) -> AnswerStream:
        detokeniser = Detokeniser(self.chat.decode)
        return AnswerStream(detokeniser, self.end_token_ids, one.answer_tokens, partial(emit, one.row))


def _pictures(one: Prepared) -> Pictures:
    """The pictures of a question as they were read."""
    grid = one.inputs.tensors.get("image_grid_thw")
    sizes = [] if grid is None else grid.tolist()
    names = [picture.sha256 or str(picture.path) for picture in one.inputs.pictures]
    return tuple((name, *size) for name, size in zip(names, sizes, strict=True))


def _started(one: Prepared, at_s: float, preprocess_s: float) -> Started:
    inputs = one.inputs
    return Started(at_s, preprocess_s, inputs.input_tokens, inputs.image_tokens, inputs.dropped_turns)
