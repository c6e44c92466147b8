"""Curated replies over REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Response
from pydantic import Field

from assistant.answering.answerer import Answerer
from assistant.assemble import Desk
from assistant.corpus.review import Known
from assistant.desk.people import Actor
from assistant.desk.refusals import Changed
from assistant.desk.replies import LONGEST_NOTE
from assistant.desk.reply_checks import Held
from assistant.desk.reply_content import Content
from assistant.desk.reply_records import questions_file, record_file
from assistant.service.bodies import Body, Text, shown
from assistant.service.failures import changed
from assistant.service.gate import Gate
from assistant.types import Record, Statement

Id = Text(64)
#: Wider than what a reply may hold, so that whoever writes too much is told in plain words what and where.
Line = Text(4000)
MOST = 100


class Pair(Body):
    zh: Line = ""  # type: ignore[valid-type]
    en: Line = ""  # type: ignore[valid-type]


class Ground(Body):
    """A statement of the library or a page. What is frozen for a statement may be sent back and is not believed."""

    record: Line | None = None  # type: ignore[valid-type]
    statement: Line | None = None  # type: ignore[valid-type]
    title: Pair | None = None
    url: Line | None = None  # type: ignore[valid-type]
    publisher: Line | None = None  # type: ignore[valid-type]
    tier: Line | None = None  # type: ignore[valid-type]
    read: Line | None = None  # type: ignore[valid-type]
    locator: Line | None = None  # type: ignore[valid-type]
    instrument: Line | None = None  # type: ignore[valid-type]
    quote: Pair | None = None


class Sentence(Pair):
    citation: Ground | None = None


class Asked(Body):
    zh: Annotated[list[Line], Field(default_factory=list, max_length=MOST)]  # type: ignore[valid-type]
    en: Annotated[list[Line], Field(default_factory=list, max_length=MOST)]  # type: ignore[valid-type]


class Written(Body):
    """The content of a reply; anything may be missing while it is a draft."""

    title: Annotated[Pair, Field(default_factory=Pair)]
    questions: Annotated[Asked, Field(default_factory=Asked)]
    statements: Annotated[list[Sentence], Field(default_factory=list, max_length=MOST)]
    markets: Annotated[list[Id], Field(default_factory=list, max_length=MOST)]  # type: ignore[valid-type]
    products: Annotated[list[Id], Field(default_factory=list, max_length=MOST)]  # type: ignore[valid-type]
    valid_until: Id | None = None  # type: ignore[valid-type]

    def content(self) -> Content:
        data = self.model_dump()
        for sentence in data["statements"]:
            ground = {k: v for k, v in (sentence["citation"] or {}).items() if v is not None}
            sentence["citation"] = ground or None
        return msgspec.convert(data, Content)


class NewReply(Body):
    content: Written
    gap: Id | None = None  # type: ignore[valid-type]
    case: Id | None = None  # type: ignore[valid-type]


class Edited(Body):
    version: int
    content: Written


class Step(Body):
    version: int
    note: Text(LONGEST_NOTE) = ""  # type: ignore[valid-type]


class Decision(Step):
    number: int


def held_by(answerer: Answerer) -> Held:
    """What replies need to know of the library that answers now."""
    view = answerer.view

    def find(record: str, statement: str) -> tuple[Record, Statement] | None:
        return next(iter(view.statements([(record, statement)])), None)

    return Held(find, Known(view.vocabulary, frozenset(view.records)))


def router(desk: Desk, gate: Gate) -> APIRouter:
    routes = APIRouter(prefix="/api/desk/replies")
    staff, approver = Depends(gate.desk), Depends(gate.of("approve"))

    def held() -> Held:
        return held_by(desk.live.current())

    def step(reply_id: str, do: Callable[[Held], Any]) -> Response:
        """The reply after a step, or the refusal with the reply as it is now."""
        library = held()
        try:
            do(library)
        except Changed as error:
            current, _ = desk.replies.get(reply_id, library, desk.settings.as_of())
            return changed(error, current)
        return shown(desk.replies.get(reply_id, library, desk.settings.as_of())[0])

    def file(text: str, name: str, kind: str) -> Response:
        return Response(text, media_type=f"{kind}; charset=utf-8", headers={
            "cache-control": "no-store", "content-disposition": f'attachment; filename="{name}"'})

    @routes.get("")
    def listed(state: Literal["", "draft", "submitted", "approved", "rejected", "withdrawn"] = "",
               q: Text(200) = "", actor: Actor = staff) -> Response:  # type: ignore[valid-type]
        return shown({"replies": desk.replies.listed(held(), desk.settings.as_of(), state, q)})

    @routes.post("")
    def create(body: NewReply, actor: Actor = staff) -> Response:
        library = held()
        reply_id = desk.replies.create(actor, body.content.content(), library, body.gap or None, body.case or None)
        return shown(desk.replies.get(reply_id, library, desk.settings.as_of())[0], 201)

    @routes.get("/{reply_id}")
    def opened(reply_id: Id, actor: Actor = staff) -> Response:  # type: ignore[valid-type]
        reply, versions = desk.replies.get(reply_id, held(), desk.settings.as_of())
        return shown({"reply": reply, "versions": versions})

    @routes.put("/{reply_id}")
    def edit(reply_id: Id, body: Edited, actor: Actor = staff) -> Response:  # type: ignore[valid-type]
        return step(reply_id, lambda held: desk.replies.edit(actor, reply_id, body.version, body.content.content(), held))

    @routes.post("/{reply_id}/submit")
    def submit(reply_id: Id, body: Step, actor: Actor = staff) -> Response:  # type: ignore[valid-type]
        return step(reply_id, lambda held: desk.replies.submit(actor, reply_id, body.version, held))

    @routes.post("/{reply_id}/approve")
    def approve(reply_id: Id, body: Decision, actor: Actor = approver) -> Response:  # type: ignore[valid-type]
        return step(reply_id, lambda held: desk.replies.approve(actor, reply_id, body.version, body.number, held, body.note))

    @routes.post("/{reply_id}/reject")
    def reject(reply_id: Id, body: Decision, actor: Actor = approver) -> Response:  # type: ignore[valid-type]
        return step(reply_id, lambda _: desk.replies.reject(actor, reply_id, body.version, body.number, body.note))

    @routes.post("/{reply_id}/withdraw")
    def withdraw(reply_id: Id, body: Step, actor: Actor = staff) -> Response:  # type: ignore[valid-type]
        return step(reply_id, lambda _: desk.replies.withdraw(actor, reply_id, body.version, body.note))

    @routes.post("/{reply_id}/rollback")
    def rollback(reply_id: Id, body: Decision, actor: Actor = approver) -> Response:  # type: ignore[valid-type]
        return step(reply_id, lambda held: desk.replies.rollback(actor, reply_id, body.version, body.number, held))

    @routes.get("/{reply_id}/record.md")
    def record(reply_id: Id, actor: Actor = staff) -> Response:  # type: ignore[valid-type]
        """The record file for corpus/guides/, named as the record is to be."""
        content, checked = desk.replies.export(reply_id, held())
        return file(record_file(content, checked).text, f"reply-{reply_id}.md", "text/markdown")

    @routes.get("/{reply_id}/record-questions.yml")
    def questions(reply_id: Id, actor: Actor = staff) -> Response:  # type: ignore[valid-type]
        """The file for corpus/questions/; it bears the record's name."""
        content, _ = desk.replies.export(reply_id, held())
        return file(questions_file(content), f"reply-{reply_id}.yml", "application/yaml")

    return routes
