"""The figures and names over HTTP: real accounts, a real database, a real library, and workbooks opened again."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
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
from assistant.exports.workbook import MEDIA_TYPE
from assistant.index.load import Live
from assistant.service import failures, figures
from assistant.service.gate import LOCAL_COOKIE, Gate
from assistant.settings import Settings

PATHS = ("/api/desk/figures", "/api/desk/figures.xlsx", "/api/desk/names")


@pytest.fixture
def desk(database: Database, clock: Any, audit: Audit, accounts: Accounts, journal: Journal, small_root: Path) -> Desk:
    settings = Settings(index=small_root)
    live: Live[Answerer] = Live(small_root, make_answerer)
    return Desk(settings, live, database, clock, audit, accounts, journal, Cases(database, audit, clock),
                Gaps(database, audit, clock), Replies(database, audit, clock), Report(database, clock))


@pytest.fixture
def nobody(desk: Desk) -> Iterator[TestClient]:
    app = FastAPI()
    failures.register(app)
    app.include_router(figures.router(desk, Gate(desk.accounts)))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def sign_in(client: TestClient, desk: Desk, role: Any) -> str:
    """The id of a new account whose session the client now has."""
    account, password = desk.accounts.create(OPERATOR, f"{role}.new", role)
    client.cookies.set(LOCAL_COOKIE, desk.accounts.sign_in(account.name, password, "127.0.0.1", "test")[0])
    return account.id


@pytest.fixture
def client(nobody: TestClient, desk: Desk) -> TestClient:
    sign_in(nobody, desk, "staff")
    return nobody


def ask(desk: Desk, question: str, channel: str = "page") -> str:
    answerer = desk.live.current()
    answer = answerer.answer(question, (), "2026-11-22")
    desk.journal.keep(answer, channel, {})
    return answer.answer_id


@pytest.mark.parametrize("path", PATHS)
def test_nobody_and_visitors_see_nothing(nobody: TestClient, desk: Desk, path: str) -> None:
    assert nobody.get(path).status_code == 401
    sign_in(nobody, desk, "visitor")
    assert nobody.get(path).status_code == 403


@pytest.mark.parametrize("role", ["staff", "reviewer", "admin"])
def test_everybody_at_the_desk_sees_them(nobody: TestClient, desk: Desk, role: str) -> None:
    sign_in(nobody, desk, role)
    assert [nobody.get(path).status_code for path in PATHS] == [200, 200, 200]


def test_today_is_the_day_in_china(nobody: TestClient, desk: Desk, clock: Any) -> None:
    clock.now = datetime.datetime(2026, 11, 22, 16, 0, tzinfo=datetime.UTC)
    sign_in(nobody, desk, "staff")
    assert nobody.get("/api/desk/figures").json()["last"] == "2026-11-23"


def test_without_days_the_last_thirty_are_given(client: TestClient) -> None:
    shown = client.get("/api/desk/figures").json()
    assert (shown["first"], shown["last"], len(shown["days"])) == ("2026-10-24", "2026-11-22", 30)
    shown = client.get("/api/desk/figures", params={"to": "2026-03-01"}).json()
    assert (shown["first"], shown["last"]) == ("2026-01-31", "2026-03-01")
    shown = client.get("/api/desk/figures", params={"from": "2026-11-20"}).json()
    assert (shown["first"], shown["last"]) == ("2026-11-20", "2026-11-22")


def test_markets_and_products_are_named_in_both_languages(client: TestClient, desk: Desk) -> None:
    answer = ask(desk, "充电宝出口日本要做PSE吗?")
    ask(desk, "充电宝出口日本要做PSE吗?", "desk")
    desk.journal.judge(answer, "up")
    shown = client.get("/api/desk/figures").json()
    japan = next(m for m in shown["markets"] if m["id"] == "JP")
    assert japan["count"] == 2 and japan["zh"] == "日本" and japan["en"] == "Japan"
    assert shown["products"] and all(p["zh"] and p["en"] and p["count"] for p in shown["products"])
    assert {c["id"]: c["count"] for c in shown["channels"]} == {"desk": 1, "page": 1}
    assert shown["totals"]["satisfaction"] == 1.0 and shown["days"][-1]["questions"] == 2


def test_stale_records_are_those_not_checked_for_six_months(client: TestClient, desk: Desk, clock: Any) -> None:
    records = desk.live.current().view.records.values()
    shown = client.get("/api/desk/figures").json()
    expected = sorted(r.id for r in records if not r.checked or r.checked < "2026-05-22")
    assert [r["id"] for r in shown["stale"]] == expected and shown["totals"]["stale_records"] == len(expected)


@pytest.mark.parametrize("params", [
    {"from": "2026-11-22", "to": "2026-11-01"}, {"from": "2020-01-01"}, {"to": "2026-13-01"}, {"from": "x"}, {"to": "0001-01-01"},
    {"to": "' OR 1=1 --"}, {"from": "2026-11-22T00:00:00Z"}])
@pytest.mark.parametrize("path", PATHS[:2])
def test_a_range_that_cannot_be_is_refused_with_a_sentence(client: TestClient, path: str, params: dict[str, str]) -> None:
    refused = client.get(path, params=params)
    assert refused.status_code == 422
    assert refused.json()["error"]["zh"] and refused.json()["remedy"]["en"]


@pytest.mark.parametrize(("language", "titles"), [("zh", ["每日", "市场", "产品", "合计"]), ("en", ["Days", "Markets", "Products", "Totals"])])
def test_the_workbook_has_the_same_figures_and_charts(client: TestClient, desk: Desk, language: str, titles: list[str]) -> None:
    ask(desk, "充电宝出口日本要做PSE吗?")
    ask(desk, "sushi")
    params = {"from": "2026-11-20", "to": "2026-11-22"}
    answer = client.get("/api/desk/figures.xlsx", params={**params, "language": language})
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert 'filename="figures-2026-11-20-2026-11-22.xlsx"' in answer.headers["content-disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == titles
    days, markets, _, totals = (book[title] for title in titles)
    shown = client.get("/api/desk/figures", params=params).json()
    assert [[c.value for c in row] for row in days.iter_rows(min_row=2)] == [list(d.values()) for d in shown["days"]]
    assert [[c.value for c in row] for row in markets.iter_rows(min_row=2)] == [
        [m["id"], m[language], m["count"]] for m in shown["markets"]]
    assert len(days._charts) == 1 and len(markets._charts) == 1  # type: ignore[attr-defined]
    told = {row[0].value: row[1].value for row in totals.iter_rows(min_row=2)}
    assert told["提问" if language == "zh" else "Questions"] == 2
    share = "未能回答的比例(%)" if language == "zh" else "Not answered (%)"
    assert told[share] == round(shown["totals"]["abstention_rate"] * 100, 1)
    assert told["渠道:网页" if language == "zh" else "Channel: public page"] == 2


def test_an_empty_desk_gives_an_empty_workbook(client: TestClient) -> None:
    book = openpyxl.load_workbook(io.BytesIO(client.get("/api/desk/figures.xlsx").content))
    assert book["每日"].max_row == 31 and book["市场"].max_row == 1


def test_names_are_those_of_the_library_and_of_people_at_work(client: TestClient, desk: Desk) -> None:
    gone, _ = desk.accounts.create(OPERATOR, "gone", "staff")
    desk.accounts.change(OPERATOR, gone.id, gone.version, status="suspended")
    desk.accounts.create(OPERATOR, "guest", "visitor")
    names = client.get("/api/desk/names").json()
    view = desk.live.current().view
    ids = [m["id"] for m in names["markets"]]
    assert set(ids) == set(view.places) and set(ids[: len(view.held_markets)]) == view.held_markets
    assert {"id": "JP", "zh": "日本", "en": "Japan"} in names["markets"]
    assert {p["id"] for p in names["products"]} == set(view.products)
    assert [s["name"] for s in names["staff"]] == ["staff.new"] and names["staff"][0].keys() == {"id", "name"}
    assert names["sections"]["scope"] == {"zh": "适用范围", "en": "Scope"}
