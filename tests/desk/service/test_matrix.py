"""Every route × everybody who may come: the table says what each gets, and no route is missing from the table.

What the routes act on belongs to «owner», a member of staff who is none of those that try.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pytest
from starlette.routing import BaseRoute, Route
from starlette.testclient import TestClient

from assistant.assemble import Desk
from assistant.service.guard import Guard
from assistant.service.server import make_service
from tests.desk.service.conftest import Person, browser

WHO = ("nobody", "suspended", "visitor", "other", "owner", "reviewer", "admin")
ANYBODY = dict.fromkeys(WHO, 200)
CONTENT = {
    "title": {"zh": "充电宝的PSE", "en": "PSE for power banks"},
    "questions": {"zh": ["充电宝去日本贴哪种PSE"], "en": ["Which PSE mark for a power bank in Japan"]},
    "statements": [], "markets": ["JP"], "products": ["power-bank"], "valid_until": "2027-11-22"}


def only(*roles: str, done: int = 200, suspended: int = 403) -> dict[str, int]:
    """`done` for these, 401 for nobody, 403 for everybody else."""
    return {who: 401 if who == "nobody" else suspended if who == "suspended" else done if who in roles else 403 for who in WHO}


STAFF = only("other", "owner", "reviewer", "admin")
MADE = only("other", "owner", "reviewer", "admin", done=201)
OWNER = only("owner", "reviewer", "admin")
OWNER_MADE = only("owner", "reviewer", "admin", done=201)
REVIEW = only("reviewer", "admin")
ADMIN = only("admin")
SIGNED_IN = {**only("visitor", "other", "owner", "reviewer", "admin")}
GONE = {who: 404 if code in (200, 201, 204) else code for who, code in STAFF.items()}


@dataclass(frozen=True)
class Case:
    """One request. path: with {names} of the things made for the test."""

    expected: dict[str, int]
    body: object = None
    path: str = ""


def no_content(table: dict[str, int]) -> dict[str, int]:
    return {who: 204 if code == 200 else code for who, code in table.items()}


def signed_in_only_own(table: dict[str, int]) -> dict[str, int]:
    """Somebody else's session or key: there is nothing under its id for anybody but its owner and administrators."""
    return {**table, "visitor": 404, "other": 404, "reviewer": 404, "owner": 204, "admin": 204}


MATRIX: dict[str, Case] = {
    "POST /api/ask": Case(ANYBODY, {"question": "充电宝出口日本要PSE吗"}),
    "POST /api/feedback": Case(no_content(ANYBODY), {"answer_id": "{answer}", "verdict": "up"}),
    "POST /api/handover": Case(dict.fromkeys(WHO, 201), {"answer_ids": ["{answer}"], "contact": "13812345678", "channel": "phone", "consent": True}),
    "GET /api/timeline": Case(ANYBODY), "GET /api/timeline/choices": Case(ANYBODY), "GET /timeline": Case(ANYBODY),
    "GET /timeline/static/{name}": Case(ANYBODY, path="/timeline/static/timeline.js"),
    "GET /healthz": Case(ANYBODY), "GET /readyz": Case(ANYBODY),
    "POST /api/session": Case(dict.fromkeys(WHO, 401), {"name": "nobody.here", "password": "wrong"}),
    "GET /api/session": Case(SIGNED_IN), "DELETE /api/session": Case(no_content(SIGNED_IN)),
    "GET /api/session/all": Case(SIGNED_IN),
    "DELETE /api/session/{session_id}": Case(signed_in_only_own(SIGNED_IN), path="/api/session/{session}"),
    "POST /api/session/password": Case({**dict.fromkeys(WHO, 403), "nobody": 401}, {"old": "wrong", "new": "quite long enough"}),
    "GET /api/desk/keys": Case(SIGNED_IN), "POST /api/desk/keys": Case({w: 201 if c == 200 else c for w, c in SIGNED_IN.items()},
                                                                      {"label": "x", "scopes": ["ask"]}),
    "DELETE /api/desk/keys/{key_id}": Case(signed_in_only_own(SIGNED_IN), path="/api/desk/keys/{key}"),
    "GET /api/desk/find": Case(STAFF, path="/api/desk/find?q=PSE"),
    "POST /api/desk/ask": Case(STAFF, {"question": "充电宝出口日本要PSE吗"}),
    "GET /api/desk/names": Case(STAFF),
    "GET /api/desk/answers": Case(STAFF), "GET /api/desk/answers/{answer_id}": Case(STAFF, path="/api/desk/answers/{answer}"),
    "POST /api/desk/answers/{answer_id}/again": Case(STAFF, path="/api/desk/answers/{answer}/again"),
    "GET /api/desk/cases": Case(STAFF), "GET /api/desk/cases.xlsx": Case(STAFF),
    "POST /api/desk/cases": Case(MADE, {"question": "电池出口欧盟", "channel": "phone"}),
    "GET /api/desk/cases/{case_id}": Case(STAFF, path="/api/desk/cases/{case}"),
    "PATCH /api/desk/cases/{case_id}": Case(OWNER, {"version": 1, "status": "waiting"}, "/api/desk/cases/{case}"),
    "POST /api/desk/cases/{case_id}/take": Case(STAFF, {"version": 1}, "/api/desk/cases/{case}/take"),
    "POST /api/desk/cases/{case_id}/notes": Case(OWNER_MADE, {"text": "已回电"}, "/api/desk/cases/{case}/notes"),
    "POST /api/desk/cases/{case_id}/answers": Case(OWNER_MADE, {"answer_id": "{answer}", "text": "要贴圆形PSE。"}, "/api/desk/cases/{case}/answers"),
    "POST /api/desk/cases/{case_id}/merge": Case(OWNER, {"into": "{second}", "version": 1}, "/api/desk/cases/{case}/merge"),
    "GET /api/desk/gaps": Case(STAFF), "POST /api/desk/gaps": Case(MADE, {"question": "蒙古要什么认证"}),
    "POST /api/desk/gaps/reask": Case(STAFF),
    "GET /api/desk/gaps/{gap_id}": Case(STAFF, path="/api/desk/gaps/{gap}"),
    "PATCH /api/desk/gaps/{gap_id}": Case(STAFF, {"version": 1, "record": "jp-pse-circle"}, "/api/desk/gaps/{gap}"),
    "GET /api/desk/replies": Case(STAFF), "POST /api/desk/replies": Case(MADE, {"content": CONTENT}),
    "GET /api/desk/replies/{reply_id}": Case(STAFF, path="/api/desk/replies/{reply}"),
    "PUT /api/desk/replies/{reply_id}": Case(STAFF, {"version": "{reply_version}", "content": CONTENT}, "/api/desk/replies/{reply}"),
    "POST /api/desk/replies/{reply_id}/submit": Case(only("owner"), {"version": "{draft_version}"}, "/api/desk/replies/{draft}/submit"),
    "POST /api/desk/replies/{reply_id}/approve": Case(REVIEW, {"version": "{reply_version}", "number": 1}, "/api/desk/replies/{reply}/approve"),
    "POST /api/desk/replies/{reply_id}/reject": Case(REVIEW, {"version": "{reply_version}", "number": 1, "note": "缺来源"}, "/api/desk/replies/{reply}/reject"),
    "POST /api/desk/replies/{reply_id}/withdraw": Case(STAFF, {"version": "{approved_version}", "note": "过时"}, "/api/desk/replies/{approved}/withdraw"),
    "POST /api/desk/replies/{reply_id}/rollback": Case(REVIEW, {"version": "{approved_version}", "number": 1}, "/api/desk/replies/{approved}/rollback"),
    "GET /api/desk/replies/{reply_id}/record.md": Case(STAFF, path="/api/desk/replies/{approved}/record.md"),
    "GET /api/desk/replies/{reply_id}/record-questions.yml": Case(STAFF, path="/api/desk/replies/{approved}/record-questions.yml"),
    "GET /api/desk/figures": Case(STAFF), "GET /api/desk/figures.xlsx": Case(STAFF),
    "GET /api/desk/audit": Case(REVIEW), "GET /api/desk/audit/check": Case(REVIEW), "GET /api/desk/audit.jsonl": Case(REVIEW),
    "GET /api/desk/accounts": Case(ADMIN), "POST /api/desk/accounts": Case(only("admin", done=201), {"name": "new.one", "role": "staff"}),
    "PATCH /api/desk/accounts/{account_id}": Case(ADMIN, {"version": 1, "role": "reviewer"}, "/api/desk/accounts/{account}"),
    "POST /api/desk/accounts/{account_id}/password": Case(ADMIN, path="/api/desk/accounts/{account}/password"),
    "GET /api/desk/accounts/{account_id}/sessions": Case(ADMIN, path="/api/desk/accounts/{account}/sessions"),
    "DELETE /api/desk/accounts/{account_id}/sessions/{session_id}": Case(
        only("admin", done=204), path="/api/desk/accounts/{account}/sessions/{session}"),
    "GET /desk": Case(ANYBODY | {"nobody": 401, "suspended": 403, "visitor": 403}),
    "GET /desk/": Case(ANYBODY | {"nobody": 401, "suspended": 403, "visitor": 403}),
    "GET /desk/static/{name}": Case(ANYBODY, path="/desk/static/desk.css"),
}


@pytest.fixture
def things(desk: Desk, person: Callable[..., Person]) -> tuple[dict[str, Person], dict[str, object]]:
    """Everybody, and the ids of what belongs to the owner."""
    people = {who: person(f"{who}.x", {"suspended": "admin", "other": "staff", "owner": "staff"}.get(who, who)) for who in WHO[1:]}
    owner, reviewer = people["owner"].client, people["reviewer"].client
    answer = owner.post("/api/desk/ask", json={"question": "充电宝出口日本要PSE吗"}).json()["answer"]
    public = owner.post("/api/ask", json={"question": "充电宝出口日本要PSE吗"}).json()["answer_id"]
    record = desk.live.current().view.records["jp-pse-circle"]
    said = record.statements[0]
    content = {**CONTENT, "statements": [{"zh": said.words.zh, "en": said.words.en, "citation": {"record": record.id, "statement": said.id}}]}

    def reply(*steps: str) -> tuple[str, int]:
        made = owner.post("/api/desk/replies", json={"content": content}).json()
        for step in steps:
            by = owner if step == "submit" else reviewer
            done = by.post(f"/api/desk/replies/{made['id']}/{step}", json={"version": made["version"], **({} if step == "submit" else {"number": 1})})
            assert done.status_code == 200, done.text
            made = done.json()
        return made["id"], made["version"]

    submitted, draft, approved = reply("submit"), reply(), reply("submit", "approve")
    case = owner.post("/api/desk/cases", json={"question": "电池出口欧盟", "channel": "phone", "contact": "13812345678"}).json()
    second = owner.post("/api/desk/cases", json={"question": "电池出口欧盟2", "channel": "phone"}).json()
    key = owner.post("/api/desk/keys", json={"label": "x", "scopes": ["ask"]}).json()["key"]
    gap = owner.post("/api/desk/gaps", json={"question": "电池出口欧盟要什么"}).json()
    spare = person("spare.x", "staff")
    ids: dict[str, object] = {
        "answer": public, "deskanswer": answer["answer_id"], "case": case["id"], "second": second["id"], "gap": gap["id"],
        "reply": submitted[0], "reply_version": submitted[1], "draft": draft[0], "draft_version": draft[1], "approved": approved[0],
        "approved_version": approved[1], "key": key["id"], "account": spare.id,
        "session": owner.get("/api/session").json()["session"]}
    mine = desk.accounts.get(people["suspended"].id)
    people["admin"].client.patch(f"/api/desk/accounts/{mine.id}", json={"version": mine.version, "status": "suspended"})
    return people, ids


def _filled(value: object, ids: dict[str, object]) -> object:
    if isinstance(value, str):
        whole = re.fullmatch(r"\{(\w+)\}", value)
        return ids[whole[1]] if whole and whole[1] in ids else re.sub(r"\{(\w+)\}", lambda m: str(ids.get(m[1], m[0])), value)
    if isinstance(value, dict):
        return {k: _filled(v, ids) for k, v in value.items()}
    return [_filled(v, ids) for v in value] if isinstance(value, list) else value


def _every(routes: Iterable[BaseRoute]) -> Iterator[Route]:
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _every(inner.routes)
        elif isinstance(route, Route):
            yield route


def _routes(desk: Desk) -> set[str]:
    return {f"{method} {route.path}" for route in _every(make_service(desk).routes)
            for method in (route.methods or ()) if method not in {"HEAD", "OPTIONS"}}


def test_every_route_stands_in_the_table(desk: Desk) -> None:
    assert _routes(desk) == set(MATRIX)


@pytest.mark.parametrize("who", WHO)
def test_everybody_gets_what_the_table_says(things: tuple[dict[str, Person], dict[str, object]], desk: Desk, service: Guard, who: str) -> None:
    people, ids = things
    wrong = []
    # Signing out comes last: it ends the session that tries the others.
    for name, case in sorted(MATRIX.items(), key=lambda item: (item[0].startswith("DELETE"), item[0] == "DELETE /api/session")):
        method, route = name.split(" ", 1)
        client = browser(service) if who == "nobody" else people[who].client
        found = dict(ids)
        # Each route acts on rows as they are now: others of the table have changed them.
        if "{case}" in case.path:
            found |= _fresh_case(people["owner"].client, desk)
        elif "replies/" in case.path and method != "GET":
            found |= _fresh_reply(people, ids, case.path)
        elif "gaps/{gap}" in case.path and method == "PATCH":
            found["gap_version"] = people["reviewer"].client.get(f"/api/desk/gaps/{ids['gap']}").json()["gap"]["version"]
        body = _filled(case.body, found)
        if "{session}" in case.path:  # another session of the owner's
            owner = people["owner"]
            found |= {"session": desk.accounts.sign_in(owner.name, owner.password, "192.0.2.1", "")[1].session, "account": owner.id}
        if isinstance(body, dict) and "gap_version" in found:
            body["version"] = found["gap_version"]
        if "{account}" in case.path and method == "PATCH" and isinstance(body, dict):
            body["version"] = desk.accounts.get(str(ids["account"])).version
        path = str(_filled(case.path or route, found))
        reply = client.request(method, path, json=body) if body is not None else client.request(method, path)
        if reply.status_code != case.expected[who]:
            wrong.append(f"{name}: {reply.status_code} instead of {case.expected[who]}: {reply.text[:160]}")
    assert not wrong, "\n".join(wrong)


def _fresh_case(owner: TestClient, desk: Desk) -> dict[str, object]:
    first, second = (owner.post("/api/desk/cases", json={"question": q, "channel": "phone"}).json() for q in ("一", "二"))
    return {"case": first["id"], "second": second["id"]} if "id" in first else {}


def _fresh_reply(people: dict[str, Person], ids: dict[str, object], path: str) -> dict[str, object]:
    owner, reviewer = people["owner"].client, people["reviewer"].client
    source = owner.get(f"/api/desk/replies/{ids['approved']}")
    if source.status_code != 200:
        return {}
    content = source.json()["reply"]["content"]
    made = owner.post("/api/desk/replies", json={"content": content}).json()
    out: dict[str, object] = {"draft": made["id"], "draft_version": made["version"]}
    if "{draft}" in path:
        return out
    made = owner.post(f"/api/desk/replies/{made['id']}/submit", json={"version": made["version"]}).json()
    out |= {"reply": made["id"], "reply_version": made["version"]}
    if "{reply}" in path:
        return out
    made = reviewer.post(f"/api/desk/replies/{made['id']}/approve", json={"version": made["version"], "number": 1}).json()
    if path.endswith("rollback"):  # back from a second approved version to the first
        made = owner.put(f"/api/desk/replies/{made['id']}", json={"version": made["version"], "content": content}).json()
        made = owner.post(f"/api/desk/replies/{made['id']}/submit", json={"version": made["version"]}).json()
        made = reviewer.post(f"/api/desk/replies/{made['id']}/approve", json={"version": made["version"], "number": 2}).json()
    return out | {"approved": made["id"], "approved_version": made["version"]}


ID_ROUTES = sorted(name for name, case in MATRIX.items() if re.search(r"\{(case|gap|reply|draft|approved|answer|account|key|session)\}", case.path))


@pytest.mark.parametrize("name", ID_ROUTES)
def test_ids_that_are_not_there_say_so_alike(person: Callable[..., Person], name: str) -> None:
    """Nobody learns from the reply whether an id exists, and no strange id breaks anything."""
    admin = person("boss.x", "admin").client
    method, _ = name.split(" ", 1)
    case = MATRIX[name]
    said = set()
    for strange in ("0000000000000000", "zzzzzzzzzzzzzzzz", "1", "-1", "%27%20OR%201=1", "%00", "..%2f..", "a" * 64):
        path = re.sub(r"\{\w+\}", strange, case.path)
        body = _filled(case.body, {"second": "0000000000000000", "answer": "0000000000000000", "reply_version": 1, "draft_version": 1, "approved_version": 1})
        reply = admin.request(method, path, json=body) if body is not None else admin.request(method, path)
        assert reply.status_code in {404, 422}, (path, reply.status_code, reply.text)
        said.add((reply.status_code, reply.text) if reply.status_code == 404 else 422)
    assert len([s for s in said if s != 422]) == 1
