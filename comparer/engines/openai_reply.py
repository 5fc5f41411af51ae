"""From a server's chunks to events: what counts as a token, and how the answer ended.

A delta with only a role is no token. Reasoning is: it makes the first token, and is kept out of the answer's text.
How many tokens a chunk holds is known only where the server says so with it; nothing is guessed from chunks.
"""

from typing import Any

from comparer.engines.base import Emit
from comparer.records import StopReason, Tokens

_REASONING = ("reasoning_content", "reasoning")
"""What servers call it: DeepSeek, DashScope, SGLang and older vLLM; newer vLLM, Ollama, OpenRouter."""


class ReplyReader:
    """Takes the chunks of one reply as they come and emits `Tokens`."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self.chunks = 0
        self.begun = False
        """Whether there was a token."""
        self.spoke = False
        """Whether any of it was text, not reasoning."""
        self.reasoned = False
        self.end = ""
        """Why it ended in the server's word; empty while it has not."""
        self.error = ""
        """What the server said went wrong, in a form that the library takes for a chunk."""
        self.input_tokens: int | None = None
        self.output_tokens: int | None = None

    def take(self, chunk: Any, at_s: float) -> None:
        """Take in one chunk, which may lack anything."""
        self.chunks += 1
        if getattr(chunk, "object", None) == "error":
            self.error = str(getattr(chunk, "message", "") or "")
            return
        count = self._count(getattr(chunk, "usage", None))
        for choice in (getattr(chunk, "choices", None) or [])[:1]:
            delta = getattr(choice, "delta", None)
            text = _text(delta, "content")
            reasoning = "".join(_text(delta, name) for name in _REASONING)
            end = getattr(choice, "finish_reason", None)
            self.spoke |= bool(text.strip())
            self.reasoned |= bool(reasoning)
            self.end = str(end or self.end)
            if text or reasoning or end:  # the end is a token too, or comes with one
                self.begun = True
                self._emit(Tokens(at_s, text, count))

    @property
    def stop_reason(self) -> StopReason:
        """How an answer that ended did so."""
        return "length" if self.end == "length" else "stop"

    def _count(self, usage: Any) -> int | None:
        """How many tokens came since the last count; None where there is none with this chunk."""
        written = getattr(usage, "completion_tokens", None)
        read = getattr(usage, "prompt_tokens", None)
        self.input_tokens = read if isinstance(read, int) else self.input_tokens
        if not isinstance(written, int):
            return None
        before = self.output_tokens or 0
        self.output_tokens = written
        return max(0, written - before)


def _text(delta: Any, name: str) -> str:
    value = getattr(delta, name, None)
    return value if isinstance(value, str) else ""
