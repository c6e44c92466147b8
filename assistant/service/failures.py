"""Errors as JSON: one sentence and a remedy in both languages, never a traceback."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from assistant.desk.database import DatabaseUnavailable
from assistant.desk.refusals import LOOK_AGAIN, NOTHING, Changed, Refused, TooMany
from assistant.errors import AssistantError
from assistant.service.bodies import shown
from assistant.types import Words

log = logging.getLogger(__name__)
UNREADABLE = Words("发来的内容不对:{where}。", "What was sent cannot be used: {where}.")
CORRECT = Words("请改正这几项再发。", "Correct these and send it again.")
BROKEN = Words("服务器出错了,没有保存。", "The server failed; nothing was saved.")
DOWN = Words("数据库暂时连不上,没有保存。", "The database does not answer; nothing was saved.")
RETRY = Words("请稍后再试;一直不行就告诉管理员。", "Try again shortly; if it keeps failing, tell an administrator.")
NO_METHOD = Words("这个地址不支持这种请求。", "This address does not take such a request.")


def _said(status: int, said: Words, remedy: Words, **more: Any) -> Response:
    headers = {"retry-after": str(more.pop("wait"))} if "wait" in more else {}
    whole = said.zh if said.zh == said.en else f"{said.zh} {said.en}"  # some sentences hold both languages
    return shown({"detail": whole, "error": {"zh": said.zh, "en": said.en},
                  "remedy": {"zh": remedy.zh, "en": remedy.en}, **more}, status, headers)


def changed(error: Changed, current: Any) -> Response:
    """The refusal of a change with the thing as it is now, for the person to compare."""
    return _said(error.status, error.said, error.how, current=current)


def register(app: FastAPI) -> None:
    """Every error of the REST routes leaves through one of these."""

    @app.exception_handler(Refused)
    def refused(_: Request, error: Refused) -> Response:
        more: dict[str, Any] = {"wait": error.wait} if isinstance(error, TooMany) else {}
        return _said(error.status, error.said, error.how, **more)

    @app.exception_handler(DatabaseUnavailable)
    def unavailable(_: Request, error: DatabaseUnavailable) -> Response:
        log.error("%s", error.problem)
        return _said(503, DOWN, RETRY)

    @app.exception_handler(AssistantError)
    def known(_: Request, error: AssistantError) -> Response:
        return _said(422, Words(error.problem, error.problem), Words(error.remedy, error.remedy))

    @app.exception_handler(RequestValidationError)
    def unreadable(_: Request, error: RequestValidationError) -> Response:
        # Only the names of fields: what was typed into them has no business in an error.
        where = "; ".join(dict.fromkeys(
            f"{'.'.join(str(part) for part in detail['loc'] if part != 'body') or 'JSON'} ({detail['type']})"
            for detail in error.errors()[:10]))[:300]
        return _said(422, Words(UNREADABLE.zh.format(where=where), UNREADABLE.en.format(where=where)), CORRECT)

    @app.exception_handler(HTTPException)
    def http(_: Request, error: HTTPException) -> Response:
        if error.status_code == 405:
            return _said(405, NO_METHOD, LOOK_AGAIN)
        if error.status_code == 404:
            return _said(404, NOTHING, LOOK_AGAIN)
        if error.status_code < 500:  # a body that is no JSON that can be read
            return _said(error.status_code, Words(UNREADABLE.zh.format(where="JSON"), UNREADABLE.en.format(where="JSON")), CORRECT)
        return _said(error.status_code, BROKEN, RETRY)

    @app.exception_handler(Exception)
    def broken(_: Request, error: Exception) -> Response:
        log.error("a request failed", exc_info=error)
        return _said(500, BROKEN, RETRY)
