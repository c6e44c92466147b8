"""Gaps and curated replies through HTTP: from a question that nobody could answer to the public answer, by two people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from assistant.answering.answerer import Answerer
from assistant.assemble import Desk, make_answerer
from assistant.desk.accounts import Accounts
from assistant.desk.audit import Audit
from assistant.desk.cases import Cases
from assistant.desk.database import Database
from assistant.desk.gaps import Gaps
from assistant.desk.journal import Journal
from assistant.desk.people import OPERATOR
from assistant.desk.replies import Replies
from assistant.desk.report import Report
from assistant.index.load import Live
from assistant.service import failures, gaps, replies
from assistant.service.gate import LOCAL_COOKIE, Gate
from assistant.settings import Settings

ADDRESS = "http://127.0.0.1"
GAPS, REPLIES = "/api/desk/gaps", "/api/desk/replies"
QUESTION = "充电宝出口日本贴圆的还是菱形的PSE"


@pytest.fixture
def desk(database: Database, clock: Any, audit: Audit, accounts: Accounts, journal: Journal, small_root: Path) -> Desk:
    shelf = Replies(database, audit, clock)
    live: Live[Answerer] = Live(small_root, lambda index: make_answerer(index, replies=shelf.in_force))
    return Desk(Settings(index=small_root, today="2026-11-22"), live, database, clock, audit, accounts, journal,
                Cases(database, audit, clock), Gaps(database, audit, clock), shelf, Report(database, clock))


@pytest.fixture
def browser(desk: Desk) -> Iterator[Callable[[str], TestClient]]:
    """Makes a browser for a new account of this role, or for nobody."""
    app = FastAPI()
    failures.register(app)
    gate = Gate(desk.accounts)
    for routes in (gaps, replies):
        app.include_router(routes.router(desk, gate))
    opened: list[TestClient] = []

    def make(role: Any = "") -> TestClient:
        client = TestClient(app, base_url=ADDRESS, headers={"origin": ADDRESS}, raise_server_exceptions=False)
        if role:
            account, password = desk.accounts.create(OPERATOR, f"{role}{len(opened)}", role)
            client.cookies.set(LOCAL_COOKIE, desk.accounts.sign_in(account.name, password, "127.0.0.1", "test")[0])
        opened.append(client)
        return client

    yield make
    for client in opened:
        client.close()


def _content(desk: Desk) -> dict[str, Any]:
    record = desk.live.current().view.records["jp-pse-circle"]
    ground = next(s for s in record.statements if "不标菱形" in s.words.zh)
    return {"title": {"zh": "充电宝去日本", "en": "Power banks to Japan"}, "questions": {"zh": [QUESTION], "en": []},
            "statements": [{"zh": "充电宝去日本标圆形PSE。", "en": "A power bank carries the circle PSE in Japan.",
                            "citation": {"record": record.id, "statement": ground.id}}],
            "markets": ["JP"], "products": ["power-bank"], "valid_until": None}


def test_from_a_flag_to_the_public_answer_by_two_people(desk: Desk, browser: Callable[[str], TestClient]) -> None:
    writer, second = browser("staff"), browser("reviewer")
    gap = writer.post(GAPS, json={"question": QUESTION, "note": "客户在等"})
    assert gap.status_code == 201 and gap.json()["markets"] == ["JP"]
    made = writer.post(REPLIES, json={"content": _content(desk), "gap": gap.json()["id"]})
    assert made.status_code == 201, made.text
    reply = made.json()
    assert (reply["state"], reply["version"], reply["content"]["statements"][0]["citation"]["tier"]) == ("draft", 1, "secondary")
    at = f"{REPLIES}/{reply['id']}"
    # What the server froze is sent back with an edit and taken.
    edited = writer.put(at, json={"version": 1, "content": {**reply["content"], "valid_until": "2027-01-31"}}).json()
    assert (edited["version"], edited["content"]["valid_until"]) == (2, "2027-01-31")
    assert writer.post(f"{at}/submit", json={"version": 2}).json()["state"] == "submitted"
    assert writer.post(f"{at}/approve", json={"version": 3, "number": 1}).status_code == 403
    late = second.post(f"{at}/approve", json={"version": 2, "number": 1})
    assert late.status_code == 409 and late.json()["current"]["version"] == 3 and late.json()["error"]["zh"]
    approved = second.post(f"{at}/approve", json={"version": 3, "number": 1, "note": "核对过"}).json()
    assert (approved["state"], approved["in_force"], approved["used"]) == ("approved", True, 0)
    assert desk.live.current().answer(QUESTION, (), "2026-11-22").citations[0].record == f"reply:{reply['id']}"
    asked = second.post(f"{GAPS}/reask").json()
    assert asked["asked"] == 1 and [g["id"] for g in asked["answered"]] == [gap.json()["id"]] and asked["library"]
    closed = writer.patch(f"{GAPS}/{gap.json()['id']}", json={
        "version": 1, "status": "closed", "record": f"reply:{reply['id']}"}).json()
    assert (closed["status"], closed["closed_library"]) == ("closed", desk.live.current().library)
    assert writer.get(GAPS, params={"status": "closed"}).json()["gaps"][0]["id"] == gap.json()["id"]
    opened = writer.get(at).json()
    assert [v["decided_by_name"] for v in opened["versions"]] == ["reviewer1"] and opened["reply"]["gap"] == gap.json()["id"]
    record, questions = writer.get(f"{at}/record.md"), writer.get(f"{at}/record-questions.yml")
    assert record.text.startswith("---\nname:\n  zh: 充电宝去日本\n") and "checked: '2026-11-22'" in record.text
    assert record.headers["content-disposition"] == f'attachment; filename="reply-{reply["id"]}.md"'
    assert questions.text == f"summary:\n  zh:\n    - {QUESTION}\n"


def test_faulty_content_is_told_in_plain_words_and_a_gap_closes_only_with_what_is_there(
        desk: Desk, browser: Callable[[str], TestClient]) -> None:
    staff = browser("staff")
    content = _content(desk)
    content["statements"][0]["zh"] = "充电宝要测3项。" * 30
    assert "第1句中文有" in staff.post(REPLIES, json={"content": content}).json()["error"]["zh"]
    empty = staff.post(REPLIES, json={"content": {}}).json()
    refused = staff.post(f"{REPLIES}/{empty['id']}/submit", json={"version": 1})
    assert refused.status_code == 422 and "正文还没有写。" in refused.json()["error"]["zh"]
    gap = staff.post(GAPS, json={"question": QUESTION}).json()
    for body, status in (({"status": "closed"}, 422), ({"status": "closed", "record": "none-such"}, 422), ({"assignee": "none"}, 422),
                         ({"status": "done"}, 422), ({"version": 9, "record": "x"}, 409), ({"resolution": "补上了", "status": "closed"}, 200)):
        assert staff.patch(f"{GAPS}/{gap['id']}", json={"version": 1, **body}).status_code == status, body
    assert staff.patch(f"{GAPS}/{gap['id']}", json={"version": 2, "resolution": None}).status_code == 422


ROUTES: tuple[tuple[str, str, Any], ...] = (
    ("GET", GAPS, None), ("POST", GAPS, {"question": "问"}), ("POST", f"{GAPS}/reask", None), ("GET", f"{GAPS}/none", None),
    ("PATCH", f"{GAPS}/none", {"version": 1}), ("GET", REPLIES, None), ("POST", REPLIES, {"content": {}}), ("GET", f"{REPLIES}/none", None),
    ("PUT", f"{REPLIES}/none", {"version": 1, "content": {}}), ("POST", f"{REPLIES}/none/submit", {"version": 1}),
    ("POST", f"{REPLIES}/none/approve", {"version": 1, "number": 1}), ("POST", f"{REPLIES}/none/reject", {"version": 1, "number": 1}),
    ("POST", f"{REPLIES}/none/rollback", {"version": 1, "number": 1}), ("POST", f"{REPLIES}/none/withdraw", {"version": 1}),
    ("GET", f"{REPLIES}/none/record.md", None), ("GET", f"{REPLIES}/%00%27/record-questions.yml", None))


def test_each_route_knows_who_may(browser: Callable[[str], TestClient]) -> None:
    clients = {role: browser(role) for role in ("", "visitor", "staff", "reviewer")}
    for method, path, body in ROUTES:
        found = {role: client.request(method, path, json=body).status_code for role, client in clients.items()}
        deciding = path.rsplit("/", 1)[1] in {"approve", "reject", "rollback"}
        there = 404 if "/none" in path or "%00" in path else 201 if method == "POST" and path in (GAPS, REPLIES) else 200
        assert found == {"": 401, "visitor": 403, "staff": 403 if deciding else there, "reviewer": there}, (method, path)
