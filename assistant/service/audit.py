"""The audit log, for reviewers and administrators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from assistant.assemble import Desk
from assistant.desk.people import Actor
from assistant.service.bodies import shown
from assistant.service.gate import Gate


def router(desk: Desk, gate: Gate) -> APIRouter:
    routes = APIRouter(prefix="/api/desk")
    reader = Depends(gate.of("audit"))

    @routes.get("/audit")
    def lines(actor: Actor = reader, before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
              limit: Annotated[int, Query(ge=1, le=500)] = 100, object: Annotated[str, Query(max_length=64)] = "",
              action: Annotated[str, Query(max_length=48)] = "") -> Response:
        return shown({"lines": desk.audit.lines(before, limit, object, action)})

    @routes.get("/audit/check")
    def check(actor: Actor = reader) -> Response:
        broken = desk.audit.broken()
        return shown({"whole": broken is None, "first_broken": broken})

    @routes.get("/audit.jsonl")
    def export(actor: Actor = reader) -> Response:
        desk.audit.looked(actor, "audit.export", "audit", "all")

        def every() -> Iterator[bytes]:
            for line in desk.audit.all_lines():
                yield msgspec.json.encode(line) + b"\n"

        return StreamingResponse(every(), media_type="application/x-ndjson", headers={
            "cache-control": "no-store", "content-disposition": 'attachment; filename="audit.jsonl"'})

    return routes
