"""Cases and handing over through HTTP: real accounts and sessions, a real database, a workbook opened again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from openpyxl import load_workbook

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
from assistant.exports.workbook import MEDIA_TYPE
from assistant.index.load import Live
from assistant.service import cases as case_routes
from assistant.service import failures, handover
from assistant.service.gate import LOCAL_COOKIE, Gate
from assistant.settings import Settings

ADDRESS = "http://127.0.0.1"
QUESTION = "充电宝出口日本PSE是菱形还是圆形?"
PHONE = "13812345678"


@pytest.fixture
def desk(database: Database, clock: Any, audit: Audit, accounts: Accounts, journal: Journal, small_root: Path) -> Desk:
    live: Live[Answerer] = Live(small_root, make_answerer)
    return Desk(Settings(index=small_root), live, database, clock, audit, accounts, journal, Cases(database, audit, clock),
                Gaps(database, audit, clock), Replies(database, audit, clock), Report(database, clock))


@pytest.fixture
def browser(desk: Desk) -> Iterator[Callable[[str], TestClient]]:
    """Makes a browser for a new account of this role, or for nobody."""
    app = FastAPI()
    failures.register(app)
    gate = Gate(desk.accounts)
    for routes in (case_routes, handover):
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


@pytest.fixture
def li(browser: Callable[[str], TestClient]) -> TestClient:
    return browser("staff")


def ask(desk: Desk, channel: str = "page") -> str:
    answerer = desk.live.current()
    answer = answerer.answer(QUESTION, (), "2026-11-22")
    desk.journal.keep(answer, channel, {c.record: answerer.version(c.record) for c in answer.citations})
    return answer.answer_id


def create(client: TestClient, **fields: Any) -> dict[str, Any]:
    reply = client.post("/api/desk/cases", json={"question": QUESTION, "channel": "phone", **fields})
    assert reply.status_code == 201, reply.text
    return dict(reply.json())


def sentence(reply: Any, status: int) -> dict[str, Any]:
    """The refusal, which says what is wrong and what to do in both languages."""
    assert reply.status_code == status, reply.text
    body = dict(reply.json())
    assert all(body[part][language].strip() for part in ("error", "remedy") for language in ("zh", "en"))
    assert body["detail"] == f"{body['error']['zh']} {body['error']['en']}"
    return body


def test_a_case_from_the_call_to_the_answer(desk: Desk, li: TestClient) -> None:
    answer_id = ask(desk, "desk")
    made = create(li, company="甲公司", contact=PHONE, markets=["JP"], products=["power-bank"], follow_up="2026-12-01", answer_id=answer_id)
    place = f"/api/desk/cases/{made['id']}"
    assert li.post(f"{place}/notes", json={"text": "客户下午再打来"}).status_code == 201
    sent = li.post(f"{place}/answers", json={"answer_id": answer_id, "text": "菱形PSE。"})
    assert sent.status_code == 201 and sent.json()["answer"]["evidence"]
    shown = li.get(place)
    assert shown.headers["cache-control"] == "no-store"
    body = shown.json()
    assert body["case"]["status"] == "answered" and body["case"]["contact"] == PHONE
    assert [e["kind"] for e in body["entries"]] == ["transcript", "note", "answer", "change"]
    closed = li.patch(place, json={"version": body["case"]["version"], "status": "closed", "follow_up": None}).json()
    assert (closed["status"], closed["follow_up"], closed["company"]) == ("closed", None, "甲公司")
    assert desk.cases.holding(answer_id) == [made["id"]]


def test_a_conflict_comes_with_the_case_as_it_is_now(li: TestClient, browser: Callable[[str], TestClient]) -> None:
    made, zhao = create(li), browser("reviewer")
    place = f"/api/desk/cases/{made['id']}"
    assert zhao.patch(place, json={"version": 1, "status": "waiting"}).status_code == 200
    into = create(li)["id"]
    for reply in (li.patch(place, json={"version": 1, "status": "closed"}), li.post(f"{place}/take", json={"version": 1}),
                  li.post(f"{place}/merge", json={"version": 1, "into": into})):
        body = sentence(reply, 409)
        assert body["current"]["status"] == "waiting" and body["current"]["version"] == 2


def test_another_member_of_staff_must_take_the_case_first(li: TestClient, browser: Callable[[str], TestClient]) -> None:
    made, wang = create(li, contact=PHONE), browser("staff")
    place = f"/api/desk/cases/{made['id']}"
    assert wang.get(place).json()["case"]["contact"] == "138****5678"
    assert "接手" in sentence(wang.patch(place, json={"version": 1, "status": "closed"}), 403)["remedy"]["zh"]
    assert sentence(wang.post(f"{place}/notes", json={"text": "x"}), 403)
    assert wang.post(f"{place}/take", json={"version": 1}).json()["contact"] == PHONE
    assert wang.post(f"{place}/notes", json={"text": "x"}).status_code == 201


def test_duplicates_are_merged(li: TestClient) -> None:
    a, b = create(li), create(li)
    li.post(f"/api/desk/cases/{a['id']}/notes", json={"text": "in a"})
    merged = li.post(f"/api/desk/cases/{a['id']}/merge", json={"into": b["id"], "version": 1}).json()
    assert (merged["id"], merged["status"], merged["merged_into"]) == (a["id"], "closed", b["id"])
    assert [e["text"] for e in li.get(f"/api/desk/cases/{b['id']}").json()["entries"]][0] == "in a"


def test_lists_are_searched_filtered_and_paged(li: TestClient) -> None:
    made = [create(li, company=f"100% 公司 {n}", markets=["JP"] if n % 2 else ["DE"])["id"] for n in range(5)]
    page = li.get("/api/desk/cases", params={"limit": 2}).json()
    assert page["more"] and len(page["cases"]) == 2
    rest = li.get("/api/desk/cases", params={"limit": 50, "before": page["next"]}).json()
    assert not rest["more"] and {c["id"] for c in page["cases"] + rest["cases"]} == set(made)
    assert len(li.get("/api/desk/cases", params={"q": "100%", "market": "JP", "owner": "me", "status": "open"}).json()["cases"]) == 2
    for wrong in ({"status": "x"}, {"due": "x"}, {"before": "x"}, {"limit": "0"}, {"limit": "9999"}, {"q": "x" * 300}):
        sentence(li.get("/api/desk/cases", params=wrong), 422)
    assert li.get("/api/desk/cases?q=a%00b&owner=%00&market=%00").json()["cases"] == []


@pytest.mark.parametrize("body", [
    {}, {"question": "x"}, {"question": "x", "channel": "fax"}, {"question": "", "channel": "phone"}, [], "x",
    {"question": "x", "channel": "phone", "owner": "me"}, {"question": "x", "channel": "phone", "follow_up": "2026-13-01"},
    {"question": "x" * 1_000_000, "channel": "phone"}, {"question": "x", "channel": "phone", "markets": ["<b>"]},
    {"question": {"$ne": 1}, "channel": "phone"}])
def test_what_cannot_be_a_case_is_refused_with_a_sentence(li: TestClient, body: Any) -> None:
    sentence(li.post("/api/desk/cases", json=body), 422)
    assert li.get("/api/desk/cases").json()["cases"] == []


def test_what_is_not_there_is_not_found(desk: Desk, li: TestClient) -> None:
    made = create(li)
    for nothing in ("0123456789abcdef", "%00", "%25", "x'--"):
        sentence(li.get(f"/api/desk/cases/{nothing}"), 404)
        sentence(li.patch(f"/api/desk/cases/{nothing}", json={"version": 1}), 404)
    sentence(li.post(f"/api/desk/cases/{made['id']}/answers", json={"answer_id": "nothing-here", "text": "x"}), 404)
    sentence(li.post("/api/desk/cases", json={"question": "x", "channel": "phone", "answer_id": "nothing-here"}), 404)


def test_a_workbook_of_the_cases_found(desk: Desk, li: TestClient, browser: Callable[[str], TestClient]) -> None:
    create(li, company="=1+1", contact="+8613812345678", markets=["JP"], products=["power-bank"])
    create(browser("staff"), company="乙公司", contact=PHONE)
    reply = li.get("/api/desk/cases.xlsx")
    assert reply.headers["content-type"] == MEDIA_TYPE and "cases.xlsx" in reply.headers["content-disposition"]
    page = load_workbook(BytesIO(reply.content)).worksheets[0]
    heading = [c.value for c in page[1]]
    rows = {row[heading.index("企业")].value: row for row in page.iter_rows(min_row=2)}
    mine = rows["=1+1"]
    assert mine[heading.index("企业")].data_type == "s" and mine[heading.index("联系方式")].value == "+8613812345678"
    assert mine[heading.index("市场")].value == desk.live.current().view.entry_name("JP", "zh")
    assert rows["乙公司"][heading.index("联系方式")].value == "138****5678"
    english = load_workbook(BytesIO(li.get("/api/desk/cases.xlsx?language=en&market=JP").content)).worksheets[0]
    assert english.max_row == 2 and english["A1"].value == "Number"
    assert [line.detail["count"] for line in desk.audit.lines(action="case.export")] == [1, 2]


ROUTES = [("GET", "/api/desk/cases"), ("GET", "/api/desk/cases.xlsx"), ("POST", "/api/desk/cases"), ("GET", "/api/desk/cases/x"),
          ("PATCH", "/api/desk/cases/x"), *(("POST", f"/api/desk/cases/x/{a}") for a in ("take", "notes", "answers", "merge"))]


@pytest.mark.parametrize("method, path", ROUTES)
def test_nobody_and_visitors_stay_outside(browser: Callable[[str], TestClient], method: str, path: str) -> None:
    sentence(browser("").request(method, path, json={}), 401)
    sentence(browser("visitor").request(method, path, json={}), 403)


# --- handing over ---


def hand(client: TestClient, **fields: Any) -> Any:
    return client.post("/api/handover", json={"answer_ids": [], "contact": PHONE, "channel": "phone", "consent": True, **fields})


def test_a_visitor_hands_the_conversation_over(desk: Desk, browser: Callable[[str], TestClient], li: TestClient) -> None:
    ids = [ask(desk), ask(desk)]
    reply = hand(browser(""), answer_ids=ids, note="下午方便")
    assert reply.status_code == 201 and set(reply.json()) == {"id"}
    body = li.get(f"/api/desk/cases/{reply.json()['id']}").json()
    assert (body["case"]["origin"], body["case"]["owner"], body["case"]["contact_masked"]) == ("chat", None, True)
    assert body["case"]["consent_at"] and body["case"]["question"] == QUESTION
    assert {t["answer_id"] for t in body["entries"][0]["detail"]["turns"]} == set(ids)
    assert li.get("/api/desk/cases", params={"owner": "none"}).json()["cases"][0]["id"] == reply.json()["id"]


@pytest.mark.parametrize("wrong, status", [
    ({"consent": False}, 422), ({"consent": None}, 422), ({"contact": " \u0000"}, 422), ({"channel": "pigeon"}, 422), ({}, 422),
    ({"answer_ids": ["nothing-here"]}, 404), ({"answer_ids": ["x"] * 51}, 422), ({"note": "x" * 1_000_000}, 422),
    ({"note": "x", "language": "de"}, 422), ({"note": "x", "owner": "me"}, 422)])
def test_a_handover_that_cannot_be_kept_is_refused_with_a_sentence(browser: Callable[[str], TestClient], li: TestClient,
                                                                   wrong: dict[str, Any], status: int) -> None:
    sentence(hand(browser(""), **wrong), status)
    assert li.get("/api/desk/cases").json()["cases"] == []


def test_what_staff_looked_up_cannot_be_handed_over(desk: Desk, browser: Callable[[str], TestClient], li: TestClient) -> None:
    theirs = ask(desk, "desk")
    sentence(hand(browser(""), answer_ids=[theirs]), 404)
    case_id = hand(browser(""), answer_ids=[theirs], note="请回电").json()["id"]
    assert [e["kind"] for e in li.get(f"/api/desk/cases/{case_id}").json()["entries"]] == ["note"]
