"""What a browser is told about every answer: whom it may call, where it may be framed, what it must not guess."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FRAMED_BY_THE_HUB = ("https://huggingface.co", "https://*.huggingface.co", "https://*.hf.space")
"""A Space is shown in a frame there."""
_HTTPS_FOR_S = 180 * 86_400


def content_policy(on_a_space: bool) -> str:
    """The page's Content-Security-Policy: no answer can make a reader's browser call or load from another host.

    Gradio makes functions and styles of texts, and so needs both `unsafe-` words for what it has itself served.
    """
    ancestors = " ".join(("'self'", *(_FRAMED_BY_THE_HUB if on_a_space else ())))
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "frame-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            f"frame-ancestors {ancestors}",
        )
    )


def came_by_https(scope: Scope, trust_proxy: bool) -> bool:
    """Whether the visitor's browser speaks HTTPS, as far as we, or a proxy that is trusted, can tell."""
    proto = Headers(scope=scope).get("x-forwarded-proto", "") if trust_proxy else ""
    return scope.get("scheme") == "https" or proto.partition(",")[0].strip() == "https"


class SecurityHeaders:
    """Adds the headers to every answer that does not have them already."""

    def __init__(self, app: ASGIApp, on_a_space: bool = False, trust_proxy: bool = False) -> None:
        self._app = app
        self._trust_proxy = trust_proxy
        self._headers = {
            "Content-Security-Policy": content_policy(on_a_space),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
        }
        if not on_a_space:
            self._headers["X-Frame-Options"] = "SAMEORIGIN"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if self._is_surely_https(scope):
                    headers.setdefault("Strict-Transport-Security", f"max-age={_HTTPS_FOR_S}")
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _is_surely_https(self, scope: Scope) -> bool:
        """Whether a browser may be told to come by HTTPS only.

        Without trust a header that speaks of it counts against it: the server believes such a one of any program on
        this computer, and has written it into the scheme.
        """
        told = "x-forwarded-proto" in Headers(scope=scope)
        return came_by_https(scope, self._trust_proxy) and (self._trust_proxy or not told)
