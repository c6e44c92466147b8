"""What stands between the network and the page: security headers, closed doors, limits, and words for a full queue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from assistant.desk.refusals import LOOK_AGAIN, NOTHING
from assistant.page import words
from assistant.types import Words

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

#: gradio's page starts from inline scripts and compiles its event hooks ('unsafe-inline', 'unsafe-eval'), and uses
#: inline styles; everything else comes from this server, and nothing may be sent to or fetched from any other.
CONTENT_SECURITY_POLICY = "; ".join((
    "default-src 'self'", "script-src 'self' 'unsafe-inline' 'unsafe-eval'", "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:", "font-src 'self' data:", "connect-src 'self'", "worker-src 'self' blob:",
    "object-src 'none'", "frame-src 'none'", "base-uri 'self'", "form-action 'self'", "frame-ancestors 'self'"))
#: The desk and the REST routes are ours throughout: no inline script or style, no frame.
STRICT_POLICY = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
    "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"))
STRICT = ("/desk", "/timeline", "/api/", "/healthz", "/readyz")
_OTHERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


def headers_for(path: str) -> tuple[tuple[bytes, bytes], ...]:
    """The security headers of every response under `path`."""
    policy = STRICT_POLICY if path.startswith(STRICT) else CONTENT_SECURITY_POLICY
    return ((b"content-security-policy", policy.encode()), *_OTHERS)


#: Routes of gradio that this page never uses: it takes no files, gives none and calls no other server.
CLOSED = ("/gradio_api/upload", "/gradio_api/file", "/gradio_api/proxy", "/gradio_api/stream", "/gradio_api/runs",
          "/gradio_api/component_server", "/gradio_api/call", "/gradio_api/run", "/gradio_api/deep_link", "/monitoring")
JOIN = "/gradio_api/queue/join"
#: Bytes of one request: a question is at most 2,000 characters, but a longer one must still get its clear refusal.
LARGEST_BODY = 1_000_000


SEND_AGAIN = Words("请照做后再发一次。", "Do so and send it again.")


class TooLarge(Exception):
    """The body of a request went over the limit while it was read."""


def _said(said: Words, remedy: Words = SEND_AGAIN) -> bytes:
    return msgspec.json.encode({"detail": f"{said.zh} {said.en}", "error": {"zh": said.zh, "en": said.en},
                                "remedy": {"zh": remedy.zh, "en": remedy.en}})


async def _reply(send: Send, path: str, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *headers_for(path)]})
    await send({"type": "http.response.body", "body": body})


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        # No address of ours holds NUL, and PostgreSQL takes none in a text.
        if path.startswith(CLOSED) or "\0" in path or b"%00" in scope.get("query_string", b""):
            await _reply(send, path, 404, _said(NOTHING, LOOK_AGAIN))
            return
        started = replaced = False
        received = 0  # bytes of the body, counted because a chunked body announces no length

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > LARGEST_BODY:
                raise TooLarge
            return message

        async def guarded(message: Message) -> None:
            nonlocal started, replaced
            if message["type"] == "http.response.start":
                started = True
                if received > LARGEST_BODY:  # FastAPI turned our exception into an answer of its own
                    replaced = True
                    await _reply(send, path, 413, _said(words.TOO_LARGE))
                    return
                if message["status"] == 503 and path == JOIN:
                    # A full queue. The page shows its own fixed English words for 503, and ours for any other status.
                    replaced = True
                    await _reply(send, path, 429, _said(words.BUSY))
                    return
                ours = headers_for(path)
                names = {name for name, _ in ours}
                kept = [(k, v) for k, v in message.get("headers", ()) if k.lower() not in names]
                message = {**message, "headers": [*kept, *ours]}
            if not replaced:
                await send(message)

        try:
            await self._app(scope, limited, guarded)
        except TooLarge:
            if not started:
                await _reply(send, path, 413, _said(words.TOO_LARGE))
