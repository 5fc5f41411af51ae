"""From generated token ids to stamped events: incremental detokenisation and the streamer `generate` calls.

Knows nothing of models or pictures.
"""

import threading
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from comparer.engines.base import Emit
from comparer.records import StopReason, Tokens

_HALF_CHARACTER = "\ufffd"


class Detokeniser:
    """Turns ids into the text they add, one at a time, in time linear in the answer.

    `decode` maps ids to text with special tokens left out. Only a short window is decoded again for each id: the ids
    since the last clean edge, and the ones before them as context (tokenizers drop a leading space otherwise).
    Bytes that are not yet, or never become, a character are held back: U+FFFD is never given out.
    Source of the two-edge window: huggingface/text-generation-inference, `decode_token`.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._context: list[int] = []
        self._window: list[int] = []
        self._given = 0

    def push(self, token_id: int) -> str:
        """The text that `token_id` completes; empty inside a character and for special tokens."""
        self._window.append(token_id)
        text = self._decode(self._context + self._window)
        whole = text.rstrip(_HALF_CHARACTER)
        new = whole[self._given :]
        self._given = max(self._given, len(whole))
        if whole and len(whole) == len(text):
            self._context, self._window = self._window, []
            self._given = len(self._decode(self._context))
        return new.replace(_HALF_CHARACTER, "")


class AnswerStream:
    """One answer while it is made: emits `Tokens` until an end token came or `limit` tokens are there.

    The end-of-answer token counts as an output token (as in vLLM's benchmark) and has no text.
    """

    def __init__(self, detokeniser: Detokeniser, end_token_ids: Sequence[int], limit: int, emit: Emit) -> None:
        self.limit = limit
        self.token_ids: list[int] = []
        """The answer's ids so far."""
        self._detokeniser = detokeniser
        self._end_token_ids = end_token_ids
        self._emit = emit

    @property
    def stop_reason(self) -> StopReason:
        """Why the answer ended; "cancelled" for as long as it could go on."""
        if self.token_ids and self.token_ids[-1] in self._end_token_ids:
            return "stop"
        return "length" if len(self.token_ids) >= self.limit else "cancelled"

    def push(self, at_s: float, token_id: int) -> None:
        """Take the next id, which came at `at_s`; what `generate` adds to an ended row of a batch is padding."""
        if self.stop_reason == "cancelled":
            self.token_ids.append(token_id)
            self._emit(Tokens(at_s, self._detokeniser.push(token_id)))


class TokenStreamer:
    """What `generate(streamer=...)` calls: stamps the tokens of all rows in the thread that made them.

    The first `put` brings the prompts. A token that arrives after `cancel` was set is not emitted any more.
    (transformers' own streamers take one row only.)
    """

    def __init__(self, rows: Sequence[AnswerStream], cancel: threading.Event) -> None:
        self._rows = rows
        self._cancel = cancel
        self._prompts_came = False

    def put(self, value: Any) -> None:
        """Take ids, a tensor on the host of shape (rows, prompt) at first and (rows,) for each step after it."""
        at_s = perf_counter()
        if not self._prompts_came:
            self._prompts_came = True
            return
        if self._cancel.is_set():
            return
        for row, token_id in zip(self._rows, value.tolist(), strict=True):
            row.push(at_s, token_id)

    def end(self) -> None:
        """Called by `generate` after the last token; what is still held back is half a character."""


def stop_when(cancel: threading.Event, rows: Sequence[AnswerStream]) -> Callable[..., Any]:
    """A stopping criterion of `generate`: a row ends at its own limit, and all at the next token after `cancel`."""
    prompt_tokens: int | None = None

    def criterion(input_ids: Any, *_: Any, **__: Any) -> Any:
        import torch

        nonlocal prompt_tokens
        length = int(input_ids.shape[1])
        prompt_tokens = length - 1 if prompt_tokens is None else prompt_tokens
        done = [cancel.is_set() or length - prompt_tokens >= row.limit for row in rows]
        return torch.tensor(done, dtype=torch.bool, device=input_ids.device)

    return criterion
