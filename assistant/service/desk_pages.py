"""The desk's own page: for nobody the sign-in page, for staff the desk, and the files both are made of."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse

from assistant.desk.refusals import Refused, not_here
from assistant.service.gate import Gate

_FOLDER = Path(__file__).resolve().parent / "desk_page"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}
#: Files of the desk by name: nothing else is ever opened, whatever the address says.
_FILES = {path.name: path for path in _FOLDER.iterdir() if path.suffix in _TYPES}
_STORED = {"cache-control": "no-cache", "x-content-type-options": "nosniff"}


def router(gate: Gate) -> APIRouter:
    routes = APIRouter()

    @routes.get("/desk", include_in_schema=False)
    def without_slash() -> Response:
        return RedirectResponse("/desk/", 308)

    @routes.get("/desk/", include_in_schema=False)
    def page(request: Request) -> Response:
        try:
            gate.desk(request)
        except Refused as refused:
            return HTMLResponse((_FOLDER / "signin.html").read_text(encoding="utf-8"), refused.status,
                                {"cache-control": "no-store"})
        return HTMLResponse((_FOLDER / "index.html").read_text(encoding="utf-8"), 200, {"cache-control": "no-store"})

    @routes.get("/desk/static/{name}", include_in_schema=False)
    def file(name: str) -> Response:
        path = _FILES.get(name)
        if path is None:
            raise not_here()
        return FileResponse(path, headers=_STORED, media_type=_TYPES[path.suffix])

    return routes
