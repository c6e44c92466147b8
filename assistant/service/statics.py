"""The fixed files of one page: known by name when the server starts, so that no address opens anything else."""

from __future__ import annotations

from pathlib import Path

from fastapi import Response
from fastapi.responses import FileResponse, HTMLResponse

from assistant.desk.refusals import not_here

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}
_STORED = {"cache-control": "no-cache", "x-content-type-options": "nosniff"}


class Statics:
    """The files of one folder. Its pages are sent whole and never stored; everything else by name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = {path.name: path for path in folder.iterdir() if path.suffix in _TYPES}

    def page(self, name: str, status: int = 200) -> Response:
        """One of our own pages; `name` is never what a reader sent."""
        return HTMLResponse((self._folder / name).read_text(encoding="utf-8"), status, {"cache-control": "no-store"})

    def file(self, name: str) -> Response:
        """The file of that name. Raises Refused (404) for any other."""
        path = self._files.get(name)
        if path is None:
            raise not_here()
        return FileResponse(path, headers=_STORED, media_type=_TYPES[path.suffix])
