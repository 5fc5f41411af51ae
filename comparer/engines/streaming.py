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


class TokenStreamer:
    """What `generate(streamer=...)` calls: stamps each token in the thread that made it and emits `Tokens`.

    The first `put` brings the prompt. A token that arrives after `cancel` was set is not emitted any more.
    The end-of-answer token counts as an output token (as in vLLM's benchmark) and has no text.
    """

    def __init__(self, detokeniser: Detokeniser, cancel: threading.Event, emit: Emit) -> None:
        self._detokeniser = detokeniser
        self._cancel = cancel
        self._emit = emit
        self._prompt_came = False
        self.token_ids: list[int] = []
        """The answer's ids so far."""

    def put(self, value: Any) -> None:
        """Take ids, a tensor on the host of shape (1, prompt) at first and (1,) for each token after it."""
        at_s = perf_counter()
        if not self._prompt_came:
            self._prompt_came = True
            return
        if self._cancel.is_set():
            return
        for token_id in value.reshape(-1).tolist():
            self.token_ids.append(token_id)
            self._emit(Tokens(at_s, self._detokeniser.push(token_id)))

    def end(self) -> None:
        """Called by `generate` after the last token; what is still held back is half a character."""

    def stop_reason(self, end_token_ids: Sequence[int]) -> StopReason:
        """Why the answer ended: an end token, the stop signal, or the limit."""
        if self.token_ids and self.token_ids[-1] in end_token_ids:
            return "stop"
        return "cancelled" if self._cancel.is_set() else "length"


def stop_when(cancel: threading.Event) -> Callable[..., Any]:
    """A stopping criterion of `generate`: every row ends at the next token once `cancel` is set."""

    def criterion(input_ids: Any, *_: Any, **__: Any) -> Any:
        import torch

        return torch.full((input_ids.shape[0],), cancel.is_set(), dtype=torch.bool, device=input_ids.device)

    return criterion
