"""Knowledge gaps over REST."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Depends, Response

from assistant.answering.answerer import Answerer
from assistant.assemble import Desk
from assistant.desk.gaps import LONGEST, LONGEST_RESOLUTION
from assistant.desk.people import Actor
from assistant.desk.refusals import Changed
from assistant.service.bodies import Body, Text, shown
from assistant.service.failures import changed
from assistant.service.gate import Gate
from assistant.service.recording import rows

Id = Text(64)


class Flag(Body):
    """What somebody at the desk found missing. answer_id: the answer that fell short."""

    question: Text(LONGEST, 1)  # type: ignore[valid-type]
    answer_id: Id = ""  # type: ignore[valid-type]
    note: Text(LONGEST) = ""  # type: ignore[valid-type]


class GapChange(Body):
    """A field that is not sent stays; one that is null is emptied."""

    version: int
    assignee: Id | None = None  # type: ignore[valid-type]
    record: Text(200) | None = None  # type: ignore[valid-type]
    status: Literal["open", "assigned", "closed"] | None = None
    resolution: Text(LONGEST_RESOLUTION) | None = None  # type: ignore[valid-type]


def holds(answerer: Answerer, record: str) -> bool:
    """Whether a gap may be closed with this record: one of the library, or a curated reply in force."""
    return record in answerer.view.records or record in answerer.shelf.records


def router(desk: Desk, gate: Gate) -> APIRouter:
    routes = APIRouter(prefix="/api/desk/gaps")
    staff = Depends(gate.desk)

    @routes.get("")
    def listed(status: Literal["", "open", "assigned", "closed"] = "", q: Text(200) = "",  # type: ignore[valid-type]
               actor: Actor = staff) -> Response:
        return shown({"gaps": desk.gaps.listed(status, q)})

    @routes.post("")
    def flag(body: Flag, actor: Actor = staff) -> Response:
        answerer = desk.live.current()
        if body.answer_id:
            kept = desk.journal.get(body.answer_id)
            language, markets, products = kept.language, kept.markets, kept.products
        else:
            answer = answerer.answer(body.question, (), desk.settings.as_of())
            language, markets, products = answer.language, list(answer.facets.markets), list(answer.facets.products)
        return shown(desk.gaps.seen(body.question, language, markets, products, "flag", lambda texts: rows(answerer, texts),
                                    body.answer_id or None, body.note, actor), 201)

    @routes.post("/reask")
    def reask(actor: Actor = staff) -> Response:
        """Ask those that this library was not asked, and those that had no answer, once more."""
        answerer, as_of = desk.live.current(), desk.settings.as_of()
        asked = len(desk.gaps.to_ask(answerer.library, True))
        answered = desk.gaps.ask_again(lambda question: answerer.answer(question, (), as_of), answerer.library, True, actor)
        return shown({"asked": asked, "answered": answered, "library": answerer.library})

    @routes.get("/{gap_id}")
    def opened(gap_id: Id, actor: Actor = staff) -> Response:  # type: ignore[valid-type]
        return shown(desk.gaps.get(gap_id))

    @routes.patch("/{gap_id}")
    def change(gap_id: Id, body: GapChange, actor: Actor = staff) -> Response:  # type: ignore[valid-type]
        answerer = desk.live.current()
        sent = {name: value or "" for name, value in body.model_dump(exclude_unset=True, exclude={"version", "status"}).items()}
        try:
            gap = desk.gaps.change(actor, gap_id, body.version, status=body.status, library=answerer.library,
                                   holds=lambda record: holds(answerer, record), **sent)
        except Changed as error:
            return changed(error, desk.gaps.get(gap_id).gap)
        return shown(gap)

    return routes
