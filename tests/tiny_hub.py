"""A hub of models on this machine, as far as a download asks it."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_COMMIT = "a" * 40


@contextmanager
def tiny_hub(name: str, files: dict[str, bytes], silent: threading.Event | None = None) -> Iterator[tuple[str, list[str]]]:
    """Its address, and every file fetched from it so far. silent: while given and not set, nothing is answered."""
    fetched: list[str] = []

    class Hub(BaseHTTPRequestHandler):
        def _reply(self, status: int, content: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for key, value in {"Content-Length": str(len(content)), **{k.replace("_", "-"): v for k, v in headers.items()}}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def do_GET(self) -> None:
            if silent is not None:
                silent.wait(60)
            if self.path.startswith(f"/api/models/{name}/tree/"):
                self._reply(200, json.dumps([{"type": "file", "path": path, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                                             for path, content in files.items()]).encode())
            elif self.path.startswith(f"/api/models/{name}"):
                self._reply(200, json.dumps({"id": name, "sha": _COMMIT, "siblings": [{"rfilename": path} for path in files]}).encode())
            elif self.path.startswith(f"/{name}/resolve/"):
                path = self.path.split(f"{_COMMIT}/", 1)[1]
                if self.command == "GET":
                    fetched.append(path)
                self._reply(200, files[path], ETag=f'"{hashlib.sha1(files[path]).hexdigest()}"', X_Repo_Commit=_COMMIT)
            else:
                self._reply(404, X_Error_Code="RepoNotFound")

        do_HEAD = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: what is asked stands in `fetched`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", fetched
        finally:
            if silent is not None:
                silent.set()
            server.shutdown()


def files_of(folder: Path) -> dict[str, bytes]:
    """The files of a model by their names on a hub."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
