"""The desk's figures as JSON and as a workbook, and what the ids in the desk's forms are called."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from assistant.answering.view import LibraryView
from assistant.assemble import Desk
from assistant.corpus.section_names import SECTION_NAMES
from assistant.desk.report import EARLIEST, china_day, stale
from assistant.exports.figure_sheets import figure_sheets
from assistant.exports.workbook import MEDIA_TYPE, workbook
from assistant.service.bodies import shown
from assistant.service.gate import Gate

#: Days that the figures are for when none are named, the last one today.
USUAL = 30
#: A record counts as stale when it was not checked for so many months.
STALE_AFTER = 6
From = Annotated[str, Query(alias="from", max_length=10)]
To = Annotated[str, Query(alias="to", max_length=10)]


def _name(view: LibraryView, entry_id: str) -> dict[str, str]:
    return {"id": entry_id, "zh": view.entry_name(entry_id, "zh"), "en": view.entry_name(entry_id, "en")}


def _figures(desk: Desk, first: str, last: str) -> dict[str, Any]:
    """The figures with names. first, last: ISO days; what is left out gives the `USUAL` days up to the other or today."""
    today, view = china_day(desk.clock()), desk.live.current().view
    last = last or today.isoformat()
    try:
        end = datetime.date.fromisoformat(last)
        first = first or max(end - datetime.timedelta(days=USUAL - 1), EARLIEST).isoformat()
    except (ValueError, OverflowError):
        pass  # refused below, in both languages
    figures = desk.report.figures(first, last, stale(view.records.values(), today.isoformat(), STALE_AFTER))
    found: dict[str, Any] = msgspec.to_builtins(figures)
    for kind in ("markets", "products"):
        found[kind] = [{**_name(view, entry["id"]), "count": entry["count"]} for entry in found[kind]]
    found["stale"] = [_name(view, record) for record in found["stale"]]
    return found


def router(desk: Desk, gate: Gate) -> APIRouter:
    routes = APIRouter(prefix="/api/desk", dependencies=[Depends(gate.desk)])

    @routes.get("/figures")
    def figures(first: From = "", last: To = "") -> Response:
        return shown(_figures(desk, first, last))

    @routes.get("/figures.xlsx")
    def as_workbook(first: From = "", last: To = "", language: Literal["zh", "en"] = "zh") -> Response:
        found = _figures(desk, first, last)
        name = f"figures-{found['first']}-{found['last']}.xlsx"
        return Response(workbook(figure_sheets(found, language)), media_type=MEDIA_TYPE, headers={
            "cache-control": "no-store", "content-disposition": f'attachment; filename="{name}"'})

    @routes.get("/names")
    def names() -> Response:
        view = desk.live.current().view
        staff = [a for a in desk.accounts.all() if a.status == "active" and a.role != "visitor"]
        return shown({
            "markets": [_name(view, place) for place in sorted(view.places, key=lambda p: (p not in view.held_markets, p))],
            "products": [_name(view, product) for product in sorted(view.products)],
            "staff": [{"id": a.id, "name": a.name} for a in staff], "sections": SECTION_NAMES})

    return routes
