"""Cases over REST."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from assistant.assemble import Desk
from assistant.desk.case_rows import LONGEST_LINE, LONGEST_QUESTION, LONGEST_TEXT, MOST_IDS
from assistant.desk.case_search import Filters
from assistant.desk.cases import PAGE, Draft
from assistant.desk.people import Actor
from assistant.desk.refusals import Changed
from assistant.exports.case_sheet import case_sheet
from assistant.exports.workbook import MEDIA_TYPE, workbook
from assistant.service.bodies import Body, Text, shown
from assistant.service.failures import changed
from assistant.service.gate import Gate
from assistant.types import Language

Line = Text(LONGEST_LINE)
Word = Text(32)


class NewCase(Body):
    question: Text(LONGEST_QUESTION)  # type: ignore[valid-type]
    channel: Word  # type: ignore[valid-type]
    company: Line = ""  # type: ignore[valid-type]
    contact: Line = ""  # type: ignore[valid-type]
    product: Line = ""  # type: ignore[valid-type]
    products: list[Text(64)] = Field([], max_length=MOST_IDS)  # type: ignore[valid-type]
    markets: list[Text(64)] = Field([], max_length=MOST_IDS)  # type: ignore[valid-type]
    follow_up: Word | None = None  # type: ignore[valid-type]
    answer_id: Word = ""  # type: ignore[valid-type]


class CaseChange(Body):
    """A field that is not sent stays; one that is null is emptied."""

    version: int
    status: Word | None = None  # type: ignore[valid-type]
    owner: Word | None = None  # type: ignore[valid-type]
    channel: Word | None = None  # type: ignore[valid-type]
    follow_up: Word | None = None  # type: ignore[valid-type]
    company: Line | None = None  # type: ignore[valid-type]
    contact: Line | None = None  # type: ignore[valid-type]
    product: Line | None = None  # type: ignore[valid-type]
    products: list[Text(64)] | None = Field(None, max_length=MOST_IDS)  # type: ignore[valid-type]
    markets: list[Text(64)] | None = Field(None, max_length=MOST_IDS)  # type: ignore[valid-type]
    question: Text(LONGEST_QUESTION) | None = None  # type: ignore[valid-type]


class Taken(Body):
    version: int


class Note(Body):
    text: Text(LONGEST_TEXT)  # type: ignore[valid-type]


class Sent(Body):
    answer_id: Word  # type: ignore[valid-type]
    text: Text(LONGEST_TEXT)  # type: ignore[valid-type]


class Merged(Body):
    into: Word  # type: ignore[valid-type]
    version: int


def asked_for(q: Line = "", status: Word = "", owner: Word = "", market: Text(64) = "",  # type: ignore[valid-type]
              product: Line = "", due: Word = "") -> Filters:  # type: ignore[valid-type]
    """The filters of a list as its address names them."""
    return Filters(q, status, owner, market, product, due)


def router(desk: Desk, gate: Gate) -> APIRouter:
    routes = APIRouter(prefix="/api/desk")
    staff = Depends(gate.desk)

    @routes.get("/cases")
    def listed(filters: Annotated[Filters, Depends(asked_for)], before: Text(64) = "",  # type: ignore[valid-type]
               limit: Annotated[int, Query(ge=1, le=PAGE)] = 50, actor: Actor = staff) -> Response:
        found = desk.cases.find(actor, filters, before, limit)
        return shown({"cases": found.cases, "more": found.next is not None, "next": found.next})

    @routes.get("/cases.xlsx")
    def exported(filters: Annotated[Filters, Depends(asked_for)], language: Language = "zh",
                 actor: Actor = staff) -> Response:
        cases = [msgspec.to_builtins(case) for case in desk.cases.export(actor, filters)]
        ids: set[str] = {i for case in cases for i in (*case["markets"], *case["products"])}
        view = desk.live.current().view
        sheet = case_sheet(cases, language, {i: view.entry_name(i, language) for i in ids})
        return Response(workbook([sheet]), media_type=MEDIA_TYPE, headers={
            "cache-control": "no-store", "content-disposition": 'attachment; filename="cases.xlsx"'})

    @routes.post("/cases")
    def create(body: NewCase, actor: Actor = staff) -> Response:
        kept = desk.journal.get(body.answer_id) if body.answer_id else None
        draft = Draft(**body.model_dump(exclude={"answer_id"}))
        return shown(desk.cases.create(actor, draft, kept), 201)

    @routes.get("/cases/{case_id}")
    def opened(case_id: str, actor: Actor = staff) -> Response:
        case, entries = desk.cases.open(actor, case_id)
        return shown({"case": case, "entries": entries})

    @routes.patch("/cases/{case_id}")
    def change(case_id: str, body: CaseChange, actor: Actor = staff) -> Response:
        changes: dict[str, Any] = body.model_dump(exclude_unset=True, exclude={"version"})
        try:
            return shown(desk.cases.change(actor, case_id, body.version, changes))
        except Changed as error:
            return changed(error, desk.cases.open(actor, case_id)[0])

    @routes.post("/cases/{case_id}/take")
    def take(case_id: str, body: Taken, actor: Actor = staff) -> Response:
        try:
            return shown(desk.cases.take(actor, case_id, body.version))
        except Changed as error:
            return changed(error, desk.cases.open(actor, case_id)[0])

    @routes.post("/cases/{case_id}/notes")
    def note(case_id: str, body: Note, actor: Actor = staff) -> Response:
        return shown(desk.cases.add_note(actor, case_id, body.text), 201)

    @routes.post("/cases/{case_id}/answers")
    def answer(case_id: str, body: Sent, actor: Actor = staff) -> Response:
        return shown(desk.cases.add_answer(actor, case_id, desk.journal.get(body.answer_id), body.text), 201)

    @routes.post("/cases/{case_id}/merge")
    def merge(case_id: str, body: Merged, actor: Actor = staff) -> Response:
        try:
            return shown(desk.cases.merge(actor, case_id, body.into, body.version))
        except Changed as error:
            return changed(error, desk.cases.open(actor, case_id)[0])

    return routes
