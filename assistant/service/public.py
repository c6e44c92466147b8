"""What anybody may do: ask, judge an answer, see whether the server is well."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from fastapi import APIRouter, Depends, Request, Response
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from pydantic import Field

from assistant.assemble import Desk
from assistant.desk.database import DatabaseUnavailable
from assistant.desk.migrating import newest, revision
from assistant.desk.people import Actor
from assistant.desk.refusals import NotAllowed
from assistant.errors import AssistantError
from assistant.service.bodies import Body, Text, shown
from assistant.service.gate import OTHER_SCOPE, OUT_OF_SCOPE, Gate
from assistant.service.pace import Pace
from assistant.service.places import Places
from assistant.service.recording import Recorder, rows
from assistant.settings import iso_date
from assistant.types import Answer, Turn

log = logging.getLogger(__name__)
#: Answered at the same time, and waiting, over REST. The page has a queue of its own.
AT_ONCE, WAITING = 6, 64
#: From one address. A whole firm may sit behind one.
ASKED, JUDGED = RateLimitItemPerMinute(600), RateLimitItemPerHour(300)
MOST_TURNS, LONGEST_TURN = 12, 2000


class Earlier(Body):
    role: Literal["user", "assistant"]
    content: Text(20000)  # type: ignore[valid-type]


class Question(Body):
    """A longer question than the answerer takes gets its clear refusal there."""

    question: Text(20000)  # type: ignore[valid-type]
    history: list[Earlier | Text(20000)] = Field([], max_length=100)  # type: ignore[valid-type]
    as_of: Text(10) = ""  # type: ignore[valid-type]
    dropped: list[Text(64)] = Field([], max_length=20)  # type: ignore[valid-type]


class Judged(Body):
    answer_id: Text(32, 8)  # type: ignore[valid-type]
    verdict: Literal["up", "down"]
    comment: Text(1000) = ""  # type: ignore[valid-type]


def turns(body: Question) -> tuple[Turn, ...]:
    """The earlier turns as the answerer takes them: the newest, each cut to what is remembered."""
    said = [Turn("user", t) if isinstance(t, str) else Turn(t.role, t.content) for t in body.history]
    return tuple(Turn(t.role, t.content[:LONGEST_TURN]) for t in said[-MOST_TURNS:])


def asked(desk: Desk, recorder: Recorder, body: Question, channel: str, account: str | None = None, worded: bool = True) -> Answer:
    """Answer, in the words of the language model where one is set and wanted, and keep.

    Raises QuestionRefused, SettingsError for a day that is none.
    """
    answerer = desk.live.current()
    as_of = iso_date(body.as_of, "as_of") if body.as_of else desk.settings.as_of()
    history = turns(body)
    answer = (answerer.worded if worded else answerer.answer)(body.question, history, as_of, dropped=tuple(body.dropped))
    recorder.keep(answerer, answer, channel, history, body.dropped, account)
    return answer


def router(desk: Desk, gate: Gate) -> APIRouter:
    routes, recorder, places = APIRouter(), Recorder(desk), Places(AT_ONCE, WAITING)
    # Of our own, as the page has: a slow language model takes no thread that something else waits for.
    threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ask")

    def by_key(request: Request) -> Actor | None:
        """A key may be sent; one that is sent must be good, and be for asking."""
        header = request.headers.get("authorization", "")
        if not header.lower().startswith("bearer "):
            return None
        actor = desk.accounts.who_by_key(header[7:].strip())
        if "ask" not in actor.scopes:
            raise NotAllowed(OUT_OF_SCOPE, OTHER_SCOPE)
        return actor

    key = Depends(by_key)

    @routes.post("/api/ask", dependencies=[Depends(Pace(ASKED))])
    async def ask(body: Question, actor: Actor | None = key) -> Response:
        async with places.taken():
            answer = await asyncio.get_running_loop().run_in_executor(
                threads, asked, desk, recorder, body, "api", actor.account if actor else None)
        return shown(answer)

    @routes.post("/api/feedback", status_code=204, dependencies=[Depends(Pace(JUDGED))])
    def feedback(body: Judged) -> Response:
        kept = desk.journal.judge(body.answer_id, body.verdict, body.comment)
        if body.verdict == "down":
            answerer = desk.live.current()
            desk.gaps.seen(kept.question, "en" if kept.language == "en" else "zh", kept.markets, kept.products, "thumbs-down",
                           lambda texts: rows(answerer, texts), kept.id, body.comment)
        return Response(status_code=204)

    @routes.get("/healthz")
    async def healthz() -> Response:
        return shown({"ok": True})

    @routes.get("/readyz")
    def readyz() -> Response:
        reasons = []
        try:
            if revision(desk.database) != newest():
                reasons.append("The database is not in its newest form. Run «python -m assistant migrate».")
        except DatabaseUnavailable as error:  # where it is and who logs in there is for the log alone
            log.error("%s", error.problem)
            reasons.append("The database does not answer.")
        except AssistantError as error:
            reasons.append(f"{error.problem} {error.remedy}")
        if desk.live.problem:
            reasons.append(f"{desk.live.problem.problem} {desk.live.problem.remedy}")
        return shown({"ok": not reasons, "reasons": reasons}, 503 if reasons else 200)

    return routes
