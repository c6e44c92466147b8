"""Accounts, for administrators."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Depends, Response

from assistant.assemble import Desk
from assistant.desk.people import Actor
from assistant.service.bodies import Body, Text, shown
from assistant.service.gate import Gate

RoleName = Literal["visitor", "staff", "reviewer", "admin"]


class NewAccount(Body):
    name: Text(64)  # type: ignore[valid-type]
    role: RoleName


class AccountChange(Body):
    version: int
    role: RoleName | None = None
    status: Literal["active", "suspended"] | None = None


def router(desk: Desk, gate: Gate) -> APIRouter:
    routes = APIRouter(prefix="/api/desk/accounts")
    admin = Depends(gate.of("accounts"))

    @routes.get("")
    def listed(actor: Actor = admin) -> Response:
        return shown({"accounts": desk.accounts.all()})

    @routes.post("")
    def create(body: NewAccount, actor: Actor = admin) -> Response:
        account, password = desk.accounts.create(actor, body.name, body.role)
        return shown({"account": account, "password": password}, 201)

    @routes.patch("/{account_id}")
    def change(account_id: str, body: AccountChange, actor: Actor = admin) -> Response:
        return shown(desk.accounts.change(actor, account_id, body.version, body.role, body.status))

    @routes.post("/{account_id}/password")
    def password(account_id: str, actor: Actor = admin) -> Response:
        return shown({"password": desk.accounts.set_password(actor, account_id)})

    @routes.get("/{account_id}/sessions")
    def sessions(account_id: str, actor: Actor = admin) -> Response:
        return shown({"sessions": desk.accounts.open_sessions(desk.accounts.get(account_id).id)})

    @routes.delete("/{account_id}/sessions/{session_id}", status_code=204)
    def end(account_id: str, session_id: str, actor: Actor = admin) -> Response:
        desk.accounts.get(account_id)
        desk.accounts.end_session(actor, session_id)
        return Response(status_code=204)

    return routes
