"""What staff use while the caller is on the line: find while typing, ask, a script to read out, a reply to send."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Response
from fastapi.concurrency import run_in_threadpool

from assistant.answering.answerer import Answerer
from assistant.assemble import Desk
from assistant.desk.people import Actor
from assistant.page.events import newest_check
from assistant.page.render import plain_text
from assistant.service.bodies import shown
from assistant.service.finding import find
from assistant.service.gate import Gate
from assistant.service.public import AT_ONCE, Question, asked
from assistant.service.recording import Recorder
from assistant.types import CITED_ROLES, Answer

#: Characters of a script: what can be read out in half a minute.
SCRIPT = {"zh": 160, "en": 420}


class AtTheDesk(Question):
    """worded: in the words of the language model. A caller waits for no model, so that is asked for afterwards."""

    worded: bool = False


def script(answer: Answer) -> str:
    """The conclusion and what fits after it, without marks, to be read out; of an abstention its reason and next step."""
    said: list[str] = []
    room = SCRIPT[answer.language]
    for segment in answer.segments:
        if segment.role == "heading" or (segment.role not in CITED_ROLES | {"computed"} and not answer.abstained):
            continue
        if said and sum(map(len, said)) + len(segment.text) > room:
            break
        if segment.text not in said:
            said.append(segment.text)
    return ("" if answer.language == "zh" else " ").join(said)


def cited(answerer: Answerer, answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The statements that a published answer quotes and that are still held, in both languages: what a curated reply
    can be made from."""
    out = []
    for citation in answer["citations"]:
        record = answerer.view.records.get(citation["record"]) or answerer.shelf.records.get(citation["record"])
        for statement in record.statements if record else ():
            if statement.words.say(citation["language"]) == citation["quote"]:
                out.append({"n": citation["n"], "record": citation["record"], "statement": statement.id,
                            "zh": statement.words.zh, "en": statement.words.en})
                break
    return out


def router(desk: Desk, gate: Gate) -> APIRouter:
    routes, recorder = APIRouter(prefix="/api/desk"), Recorder(desk)
    staff = Depends(gate.desk)
    # Of our own: a slow language model takes no thread that something else waits for.
    threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="wording")

    @routes.get("/find")
    def find_(actor: Actor = staff, q: Annotated[str, Query(max_length=500)] = "",
              language: Literal["zh", "en"] = "zh", limit: Annotated[int, Query(ge=1, le=20)] = 8) -> Response:
        return shown(find(desk.live.current(), q, language, limit))

    @routes.post("/ask")
    async def ask(body: AtTheDesk, actor: Actor = staff) -> Response:
        if body.worded:
            answer = await asyncio.get_running_loop().run_in_executor(threads, asked, desk, recorder, body, "desk", actor.account)
        else:
            answer = await run_in_threadpool(asked, desk, recorder, body, "desk", actor.account, worded=False)
        return await run_in_threadpool(with_texts, answer)

    def with_texts(answer: Answer) -> Response:
        answerer = desk.live.current()
        view = answerer.view
        ids = dict.fromkeys((*answer.facets.markets, *answer.facets.products, *answer.facets.instruments))
        return shown({"answer": answer, "script": script(answer),
                      "reply": plain_text(answer, newest_check(view.records.values())),
                      "chips": [{"id": i, "name": view.entry_name(i, answer.language)} for i in ids],
                      "cited": cited(answerer, msgspec.to_builtins(answer)), "model": answerer.has_model})

    return routes
