"""A real OpenAI-compatible endpoint on loopback that streams, and fails in every way that a test names."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: What the stub says to a request: the text of its reply.
Says = Callable[[dict[str, Any]], str]


@dataclass
class Behaviour:
    """says: the reply. status and headers: of the response. fault: what goes wrong with the stream."""

    says: Says = lambda request: honest(request)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    fault: str = ""  # truncated · no-finish · not-json · html · stall-first · stall-middle · empty · error-event · keep-alive · thinking
    piece: int = 6
    seconds: float = 0.0


def evidence(request: dict[str, Any]) -> dict[str, Any]:
    """The JSON data of the user message."""
    return dict(json.loads(request["messages"][-1]["content"]))


def honest(request: dict[str, Any]) -> str:
    """Every piece of evidence in its own words, each with its mark: what a careful model may do."""
    return "\n".join(f"{e['statement']} [{e['n']}]" for e in evidence(request)["evidence"])


class Stub:
    """requests: the bodies received, in order. behaviour may be changed between requests."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.behaviour = Behaviour()


def _handler(stub: Callable[[], Stub], stop: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            held, body = stub(), json.loads(self.rfile.read(int(self.headers["content-length"])))
            behaviour = held.behaviour
            held.requests.append(body)
            held.keys.append(self.headers.get("authorization", ""))
            if not self.path.endswith("/chat/completions"):
                self._send(404, {}, b'{"error": {"message": "no such path"}}')
            elif behaviour.status != 200:
                self._send(behaviour.status, behaviour.headers, json.dumps({"error": {"message": "stub", "type": "stub"}}).encode())
            elif behaviour.fault == "html":
                self._send(200, {"content-type": "text/html"}, b"<html><body>a portal asks you to log in</body></html>")
            else:
                self._stream(behaviour, body)

        def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in {"content-type": "application/json", **headers, "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def _stream(self, behaviour: Behaviour, body: dict[str, Any]) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            if behaviour.fault == "stall-first":
                stop.wait(30)
            try:
                while behaviour.fault in {"keep-alive", "thinking"} and not stop.wait(0.05):
                    if behaviour.fault == "thinking":
                        self._event(self._delta(body, ""))
                    else:
                        self.wfile.write(b"e\r\n: keep-alive\n\n\r\n")
                        self.wfile.flush()
            except OSError:
                self.close_connection = True
                return
            text = "" if behaviour.fault == "empty" else behaviour.says(body)
            pieces = [text[i : i + behaviour.piece] for i in range(0, len(text), behaviour.piece)]
            try:
                for number, piece in enumerate(pieces):
                    if number == max(len(pieces) // 2, 1):
                        if behaviour.fault == "truncated":
                            self.close_connection = True
                            self.connection.close()
                            return
                        if behaviour.fault == "stall-middle":
                            stop.wait(30)
                        if behaviour.fault == "not-json":
                            self._event(b'{"choices": [')
                            continue
                        if behaviour.fault == "error-event":
                            self._event(b'{"error": {"message": "out of memory", "type": "server_error"}}')
                            return
                    self._event(self._delta(body, piece))
                    if behaviour.seconds:
                        time.sleep(behaviour.seconds)
                if behaviour.fault != "no-finish":
                    self._event(self._delta(body, "", "stop"))
                    self._event(b"[DONE]")
                self.wfile.write(b"0\r\n\r\n")
            except OSError:
                self.close_connection = True

        @staticmethod
        def _delta(body: dict[str, Any], content: str, finish: str | None = None) -> bytes:
            return json.dumps({"id": "stub", "object": "chat.completion.chunk", "created": 0, "model": body.get("model", ""),
                               "choices": [{"index": 0, "delta": {"role": "assistant", "content": content},
                                            "finish_reason": finish}]}).encode()

        def _event(self, data: bytes) -> None:
            chunk = b"data: " + data + b"\n\n"
            self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            self.wfile.flush()

    return Handler


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A reader who goes away is no news."""


@contextmanager
def running_stub() -> Iterator[Stub]:
    """A stub that listens until the block ends."""
    stop, made = threading.Event(), []
    server = _Quiet(("127.0.0.1", 0), _handler(lambda: made[0], stop))
    server.daemon_threads = True
    made.append(Stub(server))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made[0]
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        thread.join()
