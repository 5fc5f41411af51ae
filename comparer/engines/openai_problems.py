"""What can go wrong with a server, as sentences: never with a key in it, whatever the server or a library says.

Decides also what is worth asking again, and when. Knows nothing of connections or events.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from openai import APIConnectionError, APIError, APIStatusError

from comparer.engines.openai_server import key_of
from comparer.errors import EngineError, LoadError
from comparer.lineup import ModelSpec

PROBLEM_LENGTH = 300
FOUND_LENGTH = 80
"""Characters shown of what a server says, and of what is no answer at all; cut after keys are taken out."""
TRIES = 3
"""How often a server that cannot be reached, breaks off or stumbles is asked in all."""
WAIT_LIMIT_S = 60.0
"""How long a question waits in all for a server that is busy."""
FIRST_WAIT_S = 0.5
"""Before the second try, or longer where the server says so; doubled each time."""

_BROKE_OFF = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
_BUSY = (429, 503)
_STUMBLED = (408, 500, 502, 504)
_MALFORMED = (400, 422)
_TOO_LONG = re.compile(
    r"context.{0,12}(length|size|window)|context_length|longer than|too (long|many tokens)|input length|must be <=",
    re.IGNORECASE,
)
_SECRETS = re.compile(r"(?i)(bearer\s+)\S+|(?<=//)[^/\s@]+@|\b(?:sk|hf|gsk|nvapi)[-_][\w-]{6,}")

Problem = APIError | httpx.HTTPError | ValueError
PROBLEMS = (APIError, httpx.HTTPError, ValueError)
"""All that talking to a server raises, time limits apart."""


class Patience:
    """How often and how long one question is asked again."""

    def __init__(self, limit_s: float = WAIT_LIMIT_S) -> None:
        self._left_s = limit_s
        self._tries = 1

    def wait_s(self, problem: Problem) -> float | None:
        """Seconds to wait before asking again, None when it is of no use (or was of none)."""
        status = status_of(problem)
        said_s = retry_after_s(problem)
        wait_s = max(FIRST_WAIT_S * 2.0 ** (self._tries - 1), said_s or 0.0)
        passing = status in _STUMBLED or (
            status is None and isinstance(problem, APIConnectionError | httpx.HTTPError)
        )
        may = status in _BUSY or (passing and self._tries < TRIES)
        if not may or wait_s > self._left_s:
            return None
        self._tries += 1
        self._left_s -= wait_s
        return wait_s


def status_of(problem: Problem) -> int | None:
    """The HTTP status that the server answered with, None where it did not come to that."""
    return problem.status_code if isinstance(problem, APIStatusError) else None


def is_malformed(problem: Problem) -> bool:
    """Whether the server did not like the form of the question, be it an option that it does not know."""
    return status_of(problem) in _MALFORMED


def is_too_long(problem: Problem) -> bool:
    """Whether the conversation is longer than the model's context, in the words of the servers known."""
    return status_of(problem) in (*_MALFORMED, 413) and bool(_TOO_LONG.search(_said(problem)))


def retry_after_s(problem: Problem) -> float | None:
    """How long the server asks to wait: RFC 9110, section 10.2.3 (seconds or a date)."""
    if not isinstance(problem, APIStatusError):
        return None
    asked = problem.response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d*)?", asked):
        return float(asked)
    try:
        moment = parsedate_to_datetime(asked)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def explain(problem: Problem, spec: ModelSpec) -> EngineError:
    """The error with the sentence that says what happened, at which endpoint, and what to do."""
    about: dict[str, str] = {"model": spec.label, "endpoint": spec.endpoint or ""}
    said = without_secrets(_said(problem), spec)
    if not isinstance(problem, APIStatusError):
        return _explain_transport(problem, said, about)
    status = problem.status_code
    if status in (401, 403):
        if spec.api_key_env is None:
            return LoadError("endpoint_key_wanted", **about)
        return LoadError("endpoint_key_refused", variable=spec.api_key_env, **about)
    if status in _BUSY:
        return _explain_busy(problem, about)
    if is_too_long(problem):
        return EngineError("endpoint_context", problem=said, **about)
    return EngineError("endpoint_refused", status=status, problem=said, **about)


def _explain_busy(problem: APIStatusError, about: dict[str, str]) -> EngineError:
    asked_s = retry_after_s(problem)
    if asked_s is None:
        return EngineError("endpoint_busy", status=problem.status_code, **about)
    return EngineError("endpoint_busy_for", status=problem.status_code, seconds=asked_s, **about)


def _explain_transport(problem: Problem, said: str, about: dict[str, str]) -> EngineError:
    if isinstance(problem, APIConnectionError) and not isinstance(problem.__cause__, _BROKE_OFF):
        return LoadError("endpoint_unreachable", problem=said, **about)
    if isinstance(problem, APIConnectionError | httpx.HTTPError):
        return EngineError("endpoint_broke_off", **about)
    if isinstance(problem, APIError):
        return EngineError("endpoint_failed", problem=said, **about)
    return EngineError("endpoint_nonsense", found=said[:FOUND_LENGTH], **about)


def without_secrets(said: str, spec: ModelSpec) -> str:
    """`said` on one line, shortened, without the key and without what looks like one."""
    try:
        key = key_of(spec)
    except LoadError:
        key = ""
    plain = said.replace(key, "•••") if key else said
    return " ".join(_SECRETS.sub("•••", plain).split())[:PROBLEM_LENGTH]


def _said(problem: Problem) -> str:
    """What the server or the library says of it."""
    if isinstance(problem, APIStatusError):
        kind = problem.response.headers.get("content-type", "")
        return "HTML" if "html" in kind else _message(problem.body) or problem.response.reason_phrase
    if isinstance(problem, APIConnectionError):
        return str(problem.__cause__ or problem) or type(problem.__cause__).__name__
    if isinstance(problem, APIError):
        return _message(problem.body) or problem.message
    return str(getattr(problem, "doc", problem))  # where JSON was expected: what came instead


def _message(body: Any) -> str:
    """The sentence in an error's body: OpenAI and vLLM `error.message`, TGI `error`, FastAPI `detail`, plain text."""
    if isinstance(body, dict):
        inner = body.get("error") or body.get("message") or body.get("detail") or ""
        return _message(inner) if isinstance(inner, dict) else str(inner)
    return body if isinstance(body, str) else ""
