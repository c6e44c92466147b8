"""Replay: an earlier answer as it was, and the same question today beside it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from assistant.assemble import Desk
from assistant.desk.people import Actor
from assistant.service.bodies import shown
from assistant.service.call import cited
from assistant.service.gate import Gate


def router(desk: Desk, gate: Gate) -> APIRouter:
    routes = APIRouter(prefix="/api/desk/answers")
    staff = Depends(gate.desk)

    @routes.get("")
    def listed(actor: Actor = staff, before: Annotated[str, Query(max_length=27)] = "",
               standing: Annotated[str, Query(max_length=16)] = "", text: Annotated[str, Query(max_length=200)] = "",
               limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Response:
        rows = desk.journal.recent(limit, before, standing, text)
        return shown({"answers": [
            {"id": r.id, "at": r.at, "channel": r.channel, "question": r.question, "language": r.language,
             "standing": r.standing, "markets": r.markets, "products": r.products} for r in rows]})

    @routes.get("/{answer_id}")
    def opened(answer_id: str, actor: Actor = staff) -> Response:
        kept = desk.journal.opened(actor, answer_id)
        return shown({**msgspec.to_builtins(kept), "cases": desk.cases.holding(answer_id),
                      "cited": cited(desk.live.current(), kept.answer)})

    @routes.post("/{answer_id}/again")
    def again(answer_id: str, actor: Actor = staff) -> Response:
        """Asked again today, without being counted as a question of somebody's."""
        kept, answerer = desk.journal.opened(actor, answer_id), desk.live.current()
        # What a model had worded is worded again: a quoting answer beside it would differ in every sentence.
        ask = answerer.worded if kept.answer.get("ai") else answerer.answer
        now = ask(kept.question, kept.turns(), desk.settings.as_of(), dropped=tuple(kept.dropped))
        versions = {e["record"]: e["version"] for e in kept.evidence}
        records = dict.fromkeys((*versions, *(c.record for c in now.citations)))
        today = {r: answerer.version(r) for r in records}
        return shown({
            "then": kept.answer, "now": now, "same_library": kept.library == now.library,
            "same_text": kept.answer["answer"] == now.answer,
            "changed": [{"record": r, "then": versions.get(r, ""), "now": today[r]} for r in records
                        if versions.get(r, "") != today[r]]})

    return routes
