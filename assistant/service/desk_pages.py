"""The desk's own page: for nobody the sign-in page, for staff the desk, and the files both are made of."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from assistant.desk.refusals import Refused
from assistant.service.gate import Gate
from assistant.service.statics import Statics

_FOLDER = Path(__file__).resolve().parent / "desk_page"


def router(gate: Gate) -> APIRouter:
    routes, statics = APIRouter(), Statics(_FOLDER)

    @routes.get("/desk", include_in_schema=False)
    def without_slash() -> Response:
        return RedirectResponse("/desk/", 308)

    @routes.get("/desk/", include_in_schema=False)
    def page(request: Request) -> Response:
        try:
            gate.desk(request)
        except Refused as refused:
            return statics.page("signin.html", refused.status)
        return statics.page("index.html")

    @routes.get("/desk/static/{name}", include_in_schema=False)
    def file(name: str) -> Response:
        return statics.file(name)

    return routes
