"""Signing in and out, one's own sessions, password and keys."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from assistant.assemble import Desk
from assistant.desk.accounts import WRONG, WRONG_HOW
from assistant.desk.people import Actor
from assistant.desk.refusals import NotAllowed
from assistant.service.bodies import Body, Text, shown
from assistant.service.gate import ELSEWHERE, ELSEWHERE_HOW, Gate, give_cookie, own_page, secure, take_cookie


class Credentials(Body):
    name: Text(200)  # type: ignore[valid-type]
    password: Annotated[str, Field(max_length=1000)]


class NewPassword(Body):
    old: Annotated[str, Field(max_length=1000)]
    new: Annotated[str, Field(max_length=200)]


class NewKey(Body):
    label: Text(200)  # type: ignore[valid-type]
    scopes: Annotated[list[Literal["ask", "desk:read", "desk:write"]], Field(min_length=1, max_length=3)]


def _me(actor: Actor) -> dict[str, object]:
    return {"account": {"id": actor.account, "name": actor.name, "role": actor.role}, "session": actor.session}


def router(desk: Desk, gate: Gate) -> APIRouter:
    routes = APIRouter()
    signed_in, in_person = Depends(gate.signed_in), Depends(gate.in_person)

    @routes.post("/api/session")
    def sign_in(body: Credentials, request: Request) -> Response:
        secure(request)
        # Without this, another site could sign a browser in under an account of its own.
        if request.headers.get("origin") and not own_page(request):
            raise NotAllowed(ELSEWHERE, ELSEWHERE_HOW)
        address = request.client.host if request.client else ""
        token, actor = desk.accounts.sign_in(body.name, body.password, address, request.headers.get("user-agent", ""))
        response = shown(_me(actor))
        give_cookie(request, response, token)
        return response

    @routes.get("/api/session")
    def me(actor: Actor = signed_in) -> Response:
        return shown(_me(actor))

    @routes.delete("/api/session", status_code=204)
    def sign_out(actor: Actor = in_person) -> Response:
        desk.accounts.end_session(actor, actor.session)
        response = Response(status_code=204)
        take_cookie(response)
        return response

    @routes.get("/api/session/all")
    def sessions(actor: Actor = in_person) -> Response:
        return shown({"sessions": desk.accounts.open_sessions(actor.account)})

    @routes.delete("/api/session/{session_id}", status_code=204)
    def end(session_id: str, actor: Actor = in_person) -> Response:
        desk.accounts.end_session(actor, session_id)
        return Response(status_code=204)

    @routes.post("/api/session/password", status_code=204)
    def password(body: NewPassword, request: Request, actor: Actor = in_person) -> Response:
        if not desk.accounts.proves(actor.account, body.old):
            raise NotAllowed(WRONG, WRONG_HOW)
        desk.accounts.set_password(actor, actor.account, body.new)
        response = Response(status_code=204)
        take_cookie(response)
        return response

    @routes.get("/api/desk/keys")
    def keys(actor: Actor = in_person) -> Response:
        return shown({"keys": desk.accounts.keys(actor.account)})

    @routes.post("/api/desk/keys")
    def new_key(body: NewKey, actor: Actor = in_person) -> Response:
        key, token = desk.accounts.create_key(actor, body.label, tuple(body.scopes))
        return shown({"key": key, "token": token}, 201)

    @routes.delete("/api/desk/keys/{key_id}", status_code=204)
    def revoke(key_id: str, actor: Actor = in_person) -> Response:
        desk.accounts.revoke_key(actor, key_id)
        return Response(status_code=204)

    return routes
