"""Signing in over HTTP: cookies, foreign pages, plain http, keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from assistant.assemble import Desk
from assistant.desk.people import OPERATOR
from assistant.service.guard import Guard
from tests.desk.service.conftest import ADDRESS, Person, browser

Make = Callable[[str, str], Person]


def test_nobody_sees_the_sign_in_page_and_no_data(nobody: TestClient) -> None:
    page = nobody.get("/desk/")
    assert page.status_code == 401
    assert page.headers["content-type"].startswith("text/html")
    assert "登录" in page.text and "login" in page.text
    assert nobody.get("/desk", follow_redirects=False).headers["location"] == "/desk/"
    reply = nobody.get("/api/desk/cases")
    assert reply.status_code == 401
    assert reply.json()["error"]["zh"] and reply.json()["remedy"]["en"]


def test_staff_see_the_desk_and_a_visitor_account_does_not(person: Make) -> None:
    assert person("li.na", "staff").client.get("/desk/").status_code == 200
    visitor = person("guest", "visitor").client
    assert visitor.get("/desk/").status_code == 403
    assert "登录" in visitor.get("/desk/").text
    assert visitor.get("/api/desk/cases").status_code == 403


def test_the_cookie_cannot_be_read_by_scripts_and_is_secure_over_https(desk: Desk, service: Guard) -> None:
    _, password = desk.accounts.create(OPERATOR, "li.na", "staff")
    local = browser(service).post("/api/session", json={"name": "li.na", "password": password})
    cookie = local.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "path=/" in cookie and "domain" not in cookie
    far = TestClient(service, base_url="https://desk.example.com", headers={"origin": "https://desk.example.com"})  # type: ignore[arg-type]
    cookie = far.post("/api/session", json={"name": "li.na", "password": password}).headers["set-cookie"].lower()
    assert cookie.startswith("__host-desk=") and "secure" in cookie
    assert far.get("/api/session").status_code == 200


def test_plain_http_from_another_machine_gets_no_session(desk: Desk, service: Guard) -> None:
    _, password = desk.accounts.create(OPERATOR, "li.na", "staff")
    far = TestClient(service, base_url="http://desk.example.com")  # type: ignore[arg-type]
    reply = far.post("/api/session", json={"name": "li.na", "password": password})
    assert reply.status_code == 403 and "https" in reply.json()["error"]["zh"]
    assert "set-cookie" not in reply.headers


@pytest.mark.parametrize("headers", [
    {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": ADDRESS + ".evil.example"}, {"origin": "http://127.0.0.1:7861"},
    {"origin": "", "sec-fetch-site": "cross-site"}, {"origin": "", "sec-fetch-site": "same-site"}, {"origin": ""},
])
def test_a_foreign_page_cannot_act_with_the_cookie(person: Make, headers: dict[str, str]) -> None:
    me = person("li.na", "staff")
    body = {"question": "电池出口欧盟", "channel": "phone"}
    assert me.client.post("/api/desk/cases", json=body, headers=headers).status_code == 403
    assert me.client.get("/api/desk/cases").json()["cases"] == []
    assert me.client.post("/api/desk/cases", json=body).status_code == 201


def test_a_foreign_page_cannot_sign_a_browser_in(desk: Desk, service: Guard) -> None:
    _, password = desk.accounts.create(OPERATOR, "li.na", "staff")
    client = TestClient(service, base_url=ADDRESS, headers={"origin": "https://evil.example"})  # type: ignore[arg-type]
    assert client.post("/api/session", json={"name": "li.na", "password": password}).status_code == 403


def test_a_form_of_another_site_is_no_json(person: Make) -> None:
    me = person("li.na", "staff")
    reply = me.client.post("/api/desk/cases", content='{"question":"x","channel":"phone"}', headers={"content-type": "text/plain"})
    assert reply.status_code == 422


def test_signing_out_ends_the_session_on_the_server(person: Make, service: Guard) -> None:
    me = person("li.na", "staff")
    stolen = dict(me.client.cookies)
    assert me.client.delete("/api/session").status_code == 204
    thief = browser(service)
    thief.cookies.update(stolen)
    assert thief.get("/api/session").status_code == 401


def test_a_key_does_what_its_scopes_say_and_no_more(person: Make, service: Guard, nobody: TestClient) -> None:
    me = person("li.na", "staff")
    made = me.client.post("/api/desk/keys", json={"label": "nightly", "scopes": ["desk:read"]})
    assert made.status_code == 201
    token = made.json()["token"]
    assert token not in me.client.get("/api/desk/keys").text
    program = TestClient(service, base_url=ADDRESS, headers={"authorization": f"Bearer {token}"})  # type: ignore[arg-type]
    assert program.get("/api/desk/cases").status_code == 200
    assert program.post("/api/desk/cases", json={"question": "x", "channel": "phone"}).status_code == 403
    assert program.post("/api/desk/keys", json={"label": "more", "scopes": ["desk:write"]}).status_code == 403
    assert program.get("/api/session/all").status_code == 403
    assert me.client.delete(f"/api/desk/keys/{made.json()['key']['id']}").status_code == 204
    assert program.get("/api/desk/cases").status_code == 401


def test_a_key_for_asking_opens_nothing_of_the_desk(person: Make, service: Guard) -> None:
    token = person("li.na", "admin").client.post("/api/desk/keys", json={"label": "web", "scopes": ["ask"]}).json()["token"]
    program = TestClient(service, base_url=ADDRESS, headers={"authorization": f"Bearer {token}"})  # type: ignore[arg-type]
    assert program.post("/api/ask", json={"question": "充电宝出口日本要PSE吗"}).status_code == 200
    for path in ("/api/desk/cases", "/api/desk/accounts", "/api/desk/audit", "/api/session"):
        assert program.get(path).status_code == 403
    wrong = TestClient(service, base_url=ADDRESS, headers={"authorization": "Bearer ca_wrong"})  # type: ignore[arg-type]
    assert wrong.post("/api/ask", json={"question": "充电宝出口日本要PSE吗"}).status_code == 401


def test_changing_the_password_needs_the_old_one_and_ends_the_sessions(person: Make) -> None:
    me = person("li.na", "staff")
    assert me.client.post("/api/session/password", json={"old": "wrong", "new": "a long enough one"}).status_code == 403
    assert me.client.post("/api/session/password", json={"old": me.password, "new": "short"}).status_code == 422
    assert me.client.post("/api/session/password", json={"old": me.password, "new": "a long enough one"}).status_code == 204
    assert me.client.get("/api/session").status_code == 401
    again = me.client.post("/api/session", json={"name": "li.na", "password": "a long enough one"})
    assert again.status_code == 200


def test_too_many_attempts_say_when_to_come_back(nobody: TestClient) -> None:
    codes = [nobody.post("/api/session", json={"name": "li.na", "password": "wrong"}).status_code for _ in range(12)]
    assert codes[:8] == [401] * 8 and codes[8:] == [429] * 4
    assert int(nobody.post("/api/session", json={"name": "li.na", "password": "wrong"}).headers["retry-after"]) > 0


def test_no_response_of_the_desk_is_stored_or_framed(person: Make) -> None:
    me = person("li.na", "staff")
    for path in ("/api/desk/cases", "/desk/", "/api/session"):
        headers = me.client.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert "script-src 'self';" in headers["content-security-policy"] and "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
    assert me.client.get("/desk/static/../server.py").status_code == 404
    assert me.client.get("/desk/static/%2e%2e%2fserver.py").status_code == 404
