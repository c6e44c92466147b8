"""A visitor of the public chat hands the conversation over to the hotline."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from limits import RateLimitItemPerHour
from pydantic import Field, StrictBool

from assistant.assemble import Desk
from assistant.desk.case_rows import LONGEST_LINE, LONGEST_QUESTION
from assistant.desk.refusals import Unacceptable, not_here
from assistant.service.bodies import Body, Text, shown
from assistant.service.gate import Gate
from assistant.service.pace import Pace
from assistant.types import Language, Words

MOST_ANSWERS = 50
#: From one address: a firm of several people may sit behind one.
HANDED = RateLimitItemPerHour(20)
NO_CONSENT = Words("没有同意转交。", "Handing over was not agreed to.")
AGREE = Words("同意把这段对话和联系方式交给热线后再提交。",
              "Agree that the hotline gets this conversation and your contact, then send it again.")


class Handover(Body):
    """answer_ids: of the answers this visitor was given; whoever knows one was shown it."""

    answer_ids: list[Text(32)] = Field(max_length=MOST_ANSWERS)  # type: ignore[valid-type]
    contact: Text(LONGEST_LINE)  # type: ignore[valid-type]
    channel: Text(32)  # type: ignore[valid-type]
    company: Text(LONGEST_LINE) = ""  # type: ignore[valid-type]
    note: Text(LONGEST_QUESTION) = ""  # type: ignore[valid-type]
    consent: StrictBool
    language: Language = "zh"


def router(desk: Desk, gate: Gate) -> APIRouter:
    routes = APIRouter()

    @routes.post("/api/handover", dependencies=[Depends(Pace(HANDED))])
    def handover(body: Handover) -> Response:
        if not body.consent:
            raise Unacceptable(NO_CONSENT, AGREE)
        # What staff looked up for somebody else is no part of a visitor's conversation.
        kept = [k for k in desk.journal.several(body.answer_ids) if k.channel != "desk"]
        if body.answer_ids and not kept and not body.note:
            raise not_here()
        case_id = desk.cases.handover(kept, body.contact, body.channel, body.company, body.note, body.language)
        return shown({"id": case_id}, 201)

    return routes
