"""The figures against a plain recount in Python, on both databases, with moments on both sides of China's midnight."""

from __future__ import annotations

import datetime
import json
import random
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.desk.database import Database
from assistant.desk.journal import Journal
from assistant.desk.moments import new_id, stamp
from assistant.desk.people import Actor
from assistant.desk.refusals import Unacceptable
from assistant.desk.report import LONGEST, TOP, Report, stale
from assistant.desk.tables import answers, case_entries, cases, feedback, gaps, replies, reply_versions
from assistant.types import Answer, Facets

#: 00:00 on 22 November in China.
MIDNIGHT = datetime.datetime(2026, 11, 21, 16, 0, tzinfo=datetime.UTC)
MICROSECOND = datetime.timedelta(microseconds=1)


def answer_row(at: datetime.datetime, **given: Any) -> dict[str, Any]:
    return {"id": new_id(), "at": stamp(at), "channel": "page", "account": None, "question": "充电宝出口日本要做什么?", "history": [],
            "dropped": [], "language": "zh", "standing": "grounded", "abstained": False, "as_of": "2026-11-22", "library": "0" * 64,
            "markets": ["JP"], "products": ["power-bank"], "intent": "market-access", "evidence": [], "answer": {}, "took_ms": 3.0} | given


def case_row(at: datetime.datetime, **given: Any) -> dict[str, Any]:
    return {"id": new_id(), "created_at": stamp(at), "updated_at": stamp(at), "version": 1, "status": "open", "owner": None,
            "origin": "call", "channel": "phone", "company": "南京某公司", "contact": "13812345678", "product": "", "products": [],
            "markets": [], "question": "", "merged_into": None} | given


def entry_row(case: str, at: datetime.datetime, kind: str = "answer") -> dict[str, Any]:
    return {"id": new_id(), "case": case, "at": stamp(at), "actor": "li.na", "kind": kind, "text": "", "detail": {}, "answer": None,
            "answer_id": None}


def gap_row(status: str, closed_at: datetime.datetime | None = None) -> dict[str, Any]:
    return {"id": new_id(), "created_at": stamp(MIDNIGHT), "updated_at": stamp(MIDNIGHT), "version": 1, "status": status, "question": "",
            "language": "zh", "place": "", "markets": [], "products": [], "times": 1, "last_at": stamp(MIDNIGHT),
            "closed_at": stamp(closed_at) if closed_at else None}


@dataclass
class Rows:
    """What stands in the database, kept here as well, so that it can be counted without it."""

    answers: list[dict[str, Any]] = field(default_factory=list)
    feedback: list[dict[str, Any]] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)
    case_entries: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[dict[str, Any]] = field(default_factory=list)

    def judge(self, answer: dict[str, Any], at: datetime.datetime, verdict: str) -> None:
        self.feedback.append({"id": new_id(), "at": stamp(at), "answer": answer["id"], "verdict": verdict, "comment": ""})

    def write(self, database: Database) -> None:
        with database.writing() as connection:
            for table in (feedback, answers, case_entries, cases, gaps):
                connection.execute(table.delete())
            for table in (answers, feedback, cases, case_entries, gaps):
                rows = [{**row, "merged_into": None} if table is cases else row for row in getattr(self, table.name)]
                if rows:
                    connection.execute(table.insert(), rows)
            for row in self.cases:  # a case can only be merged into one that is there already
                if row["merged_into"]:
                    connection.execute(cases.update().where(cases.c.id == row["id"]).values(merged_into=row["merged_into"]))


def day_of(text: str) -> str:
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (moment + datetime.timedelta(hours=8)).date().isoformat()


def recount(rows: Rows, first: str, last: str) -> dict[str, Any]:
    """The figures the slow way: from day names alone, without SQL and without the code under test."""
    def held(items: list[dict[str, Any]], key: str = "at") -> list[dict[str, Any]]:
        return [i for i in items if i[key] and first <= day_of(i[key]) <= last]

    def ranked(counts: Counter[str], most: int = 10 ** 9) -> list[dict[str, Any]]:
        return [{"id": i, "count": n} for i, n in sorted(counts.items(), key=lambda p: (-p[1], p[0]))][:most]

    asked, thumbs = held(rows.answers), held(rows.feedback)
    made = [c for c in held(rows.cases, "created_at") if not c["merged_into"]]
    days, day = [], datetime.date.fromisoformat(first)
    while day.isoformat() <= last:
        name = day.isoformat()
        today = [a for a in asked if day_of(a["at"]) == name]
        days.append({
            "day": name, "questions": len(today), "abstained": sum(a["abstained"] for a in today),
            "up": sum(f["verdict"] == "up" for f in thumbs if day_of(f["at"]) == name),
            "down": sum(f["verdict"] == "down" for f in thumbs if day_of(f["at"]) == name),
            "cases": sum(day_of(c["created_at"]) == name for c in made)})
        day += datetime.timedelta(days=1)
    into = {c["id"]: c["merged_into"] for c in rows.cases}

    def matter(case: str) -> str:
        return matter(into[case]) if into[case] else case

    waits = []
    for case in made:
        sent = sorted(e["at"] for e in rows.case_entries if e["kind"] == "answer" and matter(e["case"]) == case["id"])
        if sent:
            gone = datetime.datetime.fromisoformat(sent[0]) - datetime.datetime.fromisoformat(case["created_at"])
            waits.append(max(0.0, gone.total_seconds() / 60))
    up, down = sum(f["verdict"] == "up" for f in thumbs), sum(f["verdict"] == "down" for f in thumbs)
    abstained = sum(a["abstained"] for a in asked)
    return {
        "first": first, "last": last, "days": days,
        "markets": ranked(Counter(m for a in asked for m in set(a["markets"])), TOP),
        "products": ranked(Counter(p for a in asked for p in set(a["products"])), TOP),
        "channels": ranked(Counter(a["channel"] for a in asked)), "languages": ranked(Counter(a["language"] for a in asked)),
        "standings": ranked(Counter(a["standing"] for a in asked)),
        "totals": {
            "questions": len(asked), "abstained": abstained, "abstention_rate": round(abstained / len(asked), 4) if asked else None,
            "up": up, "down": down, "satisfaction": round(up / (up + down), 4) if up + down else None, "cases": len(made),
            "answered": len(waits), "median_minutes_to_answer": round(statistics.median(waits), 1) if waits else None,
            "gaps_open": sum(g["status"] != "closed" for g in rows.gaps),
            "gaps_closed": sum(g["status"] == "closed" for g in held(rows.gaps, "closed_at"))}}


def counted(report: Report, first: str, last: str) -> dict[str, Any]:
    """The figures as JSON, without what a recount of these rows does not tell."""
    shown = msgspec.json.decode(msgspec.json.encode(report.figures(first, last)))
    del shown["stale"]
    for name in ("replies_in_force", "replies_expiring", "stale_records"):
        del shown["totals"][name]
    return shown


@pytest.fixture
def report(database: Database, clock: Any) -> Report:
    return Report(database, clock)


def test_an_empty_database_gives_every_day_and_no_rates(report: Report) -> None:
    figures = report.figures("2026-10-24", "2026-11-22")
    assert len(figures.days) == 30 and figures.days[0].day == "2026-10-24" and figures.days[-1].day == "2026-11-22"
    assert all((d.questions, d.abstained, d.up, d.down, d.cases) == (0, 0, 0, 0, 0) for d in figures.days)
    totals = figures.totals
    assert (totals.abstention_rate, totals.satisfaction, totals.median_minutes_to_answer) == (None, None, None)
    assert (totals.questions, totals.cases, totals.answered, totals.gaps_open, totals.replies_in_force) == (0, 0, 0, 0, 0)
    assert figures.markets == figures.products == figures.channels == ()


def test_days_turn_at_midnight_in_china(report: Report, database: Database) -> None:
    rows = Rows()
    for shift in (-MICROSECOND, datetime.timedelta(0)):
        rows.answers.append(answer_row(MIDNIGHT + shift, abstained=True, standing="insufficient"))
        rows.judge(rows.answers[-1], MIDNIGHT + shift, "down")
        rows.cases.append(case_row(MIDNIGHT + shift))
    rows.answers.append(answer_row(MIDNIGHT + datetime.timedelta(days=1) - MICROSECOND))
    rows.answers.append(answer_row(MIDNIGHT + datetime.timedelta(days=1)))
    rows.write(database)
    (day,) = report.figures("2026-11-22", "2026-11-22").days
    assert (day.questions, day.abstained, day.down, day.cases) == (2, 1, 1, 1)
    assert [d.questions for d in report.figures("2026-11-20", "2026-11-24").days] == [0, 1, 2, 1, 0]
    assert counted(report, "2026-11-20", "2026-11-24") == recount(rows, "2026-11-20", "2026-11-24")


def test_answers_that_the_journal_keeps_are_counted(report: Report, journal: Journal, clock: Any) -> None:
    facets = Facets(("EU", "JP"), ("power-bank",), (), "2026-11-22", "market-access")
    for channel, minutes in (("page", 0), ("api", 7 * 60 - 1), ("desk", 7 * 60)):
        clock.now = datetime.datetime(2026, 11, 22, 9, 0, tzinfo=datetime.UTC) + datetime.timedelta(minutes=minutes)
        journal.keep(Answer(new_id(), channel, "问", "zh", "grounded", "", False, (), (), facets, (), "0" * 64), channel, {})
    journal.judge("page", "down")
    journal.judge("page", "up")  # the last thumb counts
    figures = report.figures("2026-11-22", "2026-11-23")
    assert [(d.questions, d.up, d.down) for d in figures.days] == [(2, 0, 0), (1, 1, 0)]
    assert {c.id: c.count for c in figures.channels} == {"api": 1, "desk": 1, "page": 1}
    assert [(m.id, m.count) for m in figures.markets] == [("EU", 3), ("JP", 3)]
    assert figures.totals.satisfaction == 1.0


def test_every_figure_agrees_with_a_plain_recount(report: Report, database: Database) -> None:
    chance = random.Random(4)
    rows = Rows()
    markets, products = [f"M{n}" for n in range(20)], [f"product-{n}" for n in range(30)]
    for _ in range(600):
        at = MIDNIGHT + datetime.timedelta(seconds=chance.randint(-6 * 86400, 6 * 86400))
        standing = chance.choice(["grounded", "partly", "insufficient", "out-of-scope", "unavailable"])
        rows.answers.append(answer_row(
            at, channel=chance.choice(["page", "api", "desk"]), language=chance.choice(["zh", "en"]), standing=standing,
            abstained=standing not in {"grounded", "partly"}, markets=chance.sample(markets, chance.randint(0, 4)),
            products=chance.sample(products, chance.randint(0, 3))))
        if chance.random() < 0.3:
            rows.judge(rows.answers[-1], at + datetime.timedelta(hours=chance.randint(0, 40)), chance.choice(["up", "up", "down"]))
    for _ in range(120):
        rows.cases.append(case_row(MIDNIGHT + datetime.timedelta(minutes=chance.randint(-9000, 9000))))
        made = datetime.datetime.fromisoformat(rows.cases[-1]["created_at"])
        for kind in chance.sample(["note", "answer", "answer", "change"], chance.randint(0, 4)):
            rows.case_entries.append(entry_row(rows.cases[-1]["id"], made + datetime.timedelta(seconds=chance.randint(0, 9999)), kind))
    for duplicate, other in ((5, 1), (6, 5), (40, 90), (41, 90)):
        rows.cases[duplicate]["merged_into"] = rows.cases[other]["id"]
    for _ in range(60):
        status = chance.choice(["open", "assigned", "closed"])
        closed = MIDNIGHT + datetime.timedelta(hours=chance.randint(-200, 200)) if status == "closed" else None
        rows.gaps.append(gap_row(status, closed))
    rows.gaps.append(gap_row("open", MIDNIGHT))  # opened again after it was closed
    rows.write(database)
    for first, last in (("2026-11-15", "2026-11-29"), ("2026-11-22", "2026-11-22"), ("2026-11-20", "2026-11-23"), ("2026-01-01", "2026-01-31")):
        assert counted(report, first, last) == recount(rows, first, last)


def test_the_median_is_of_first_answers_and_never_below_zero(report: Report, database: Database) -> None:
    rows = Rows(cases=[case_row(MIDNIGHT) for _ in range(4)])
    slow, fast, early, _ = (c["id"] for c in rows.cases)
    rows.case_entries = [
        entry_row(slow, MIDNIGHT + datetime.timedelta(minutes=90)), entry_row(slow, MIDNIGHT + datetime.timedelta(minutes=500)),
        entry_row(fast, MIDNIGHT + datetime.timedelta(minutes=10)), entry_row(fast, MIDNIGHT, "note"),
        entry_row(early, MIDNIGHT - datetime.timedelta(minutes=30))]
    rows.write(database)
    totals = report.figures("2026-11-22", "2026-11-22").totals
    assert (totals.cases, totals.answered, totals.median_minutes_to_answer) == (4, 3, 10.0)


def test_a_duplicate_is_no_case_of_its_own_but_its_answer_counts(report: Report, database: Database) -> None:
    rows = Rows(cases=[case_row(MIDNIGHT), case_row(MIDNIGHT - datetime.timedelta(days=9)), case_row(MIDNIGHT)])
    case, duplicate, second = rows.cases
    second["merged_into"], duplicate["merged_into"] = duplicate["id"], case["id"]
    rows.case_entries = [entry_row(second["id"], MIDNIGHT + datetime.timedelta(minutes=7)),
                         entry_row(case["id"], MIDNIGHT + datetime.timedelta(minutes=50))]
    rows.write(database)
    totals = report.figures("2026-11-22", "2026-11-22").totals
    assert (totals.cases, totals.answered, totals.median_minutes_to_answer) == (1, 1, 7.0)


def test_replies_in_force_are_those_valid_today(report: Report, database: Database, staff: Actor, clock: Any) -> None:
    clock.now = MIDNIGHT  # 22 November in China, still the 21st in UTC
    ends = {"ended": "2026-11-21", "last-day": "2026-11-22", "soon": "2026-12-22", "later": "2026-12-23", "open": None, "withdrawn": None}
    with database.writing() as connection:
        for name, end in ends.items():
            connection.execute(replies.insert().values(id=name, created_at=stamp(MIDNIGHT), updated_at=stamp(MIDNIGHT), version=1,
                                                       current=0 if name == "withdrawn" else 2, author=staff.account))
            for number, until in ((1, None), (2, end), (3, "2026-11-22")):
                connection.execute(reply_versions.insert().values(
                    reply=name, number=number, at=stamp(MIDNIGHT), author=staff.account, state="approved", content={"valid_until": until}))
    totals = report.figures("2026-11-22", "2026-11-22").totals
    assert (totals.replies_in_force, totals.replies_expiring) == (4, 2)


def test_figures_hold_no_personal_data(report: Report, database: Database) -> None:
    rows = Rows([answer_row(MIDNIGHT, question="张三 13900001111", account="li.na")], cases=[case_row(MIDNIGHT)])
    rows.judge(rows.answers[0], MIDNIGHT, "up")
    rows.feedback[0]["comment"] = "李四很满意"
    rows.write(database)
    shown = msgspec.json.encode(report.figures("2026-11-22", "2026-11-22")).decode()
    for private in ("张三", "1390000", "li.na", "南京某公司", "1381234", "李四", rows.answers[0]["id"], rows.cases[0]["id"]):
        assert private not in shown


@pytest.mark.parametrize(("first", "last"), [
    ("2026-11-22", "2026-11-21"), ("2026-11-22", "2027-12-27"), ("", "2026-11-22"), ("2026-02-30", "2026-03-01"),
    ("20261122", "2026-11-22"), ("2026-W47-7", "2026-11-22"), ("0001-01-01", "0001-01-02"), ("9999-12-31", "9999-12-31"),
    ("2026-11-22' OR 1=1 --", "2026-11-22"), ("2026-11-22", "2026-11-22T10:00:00"), ("\x002026-11-22", "2026-11-22")])
def test_what_is_no_range_is_refused_in_both_languages(report: Report, first: str, last: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        report.figures(first, last)
    assert refused.value.said.zh and refused.value.said.en and refused.value.how.zh and refused.value.how.en


def test_the_longest_range_is_given_day_by_day(report: Report) -> None:
    figures = report.figures("2025-10-19", "2026-11-22")
    assert len(figures.days) == len({d.day for d in figures.days}) == LONGEST


#: Around midnight, and half of them in the very microseconds beside it.
MOMENTS = st.builds(
    lambda days, us: MIDNIGHT + datetime.timedelta(days=days, microseconds=us),
    st.integers(-4, 4), st.integers(-2, 2) | st.integers(-86400 * 10 ** 6, 86400 * 10 ** 6))
NAMES = st.lists(st.sampled_from(["JP", "EU", "US", "a\"b", "[]", "中国"]), max_size=4)
ASKED = st.tuples(MOMENTS, st.booleans(), NAMES, NAMES, st.sampled_from(["page", "api", "desk"]), st.sampled_from(["", "up", "down"]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.lists(ASKED, max_size=12), made=st.lists(st.tuples(MOMENTS, st.none() | MOMENTS), max_size=6))
def test_counts_hold_for_any_rows(report: Report, database: Database, asked: list[Any], made: list[Any]) -> None:
    rows = Rows()
    for at, abstained, markets, products, channel, verdict in asked:
        rows.answers.append(answer_row(at, abstained=abstained, markets=markets, products=products, channel=channel))
        if verdict:
            rows.judge(rows.answers[-1], at, verdict)
    for at, answered in made:
        rows.cases.append(case_row(at))
        if answered:
            rows.case_entries.append(entry_row(rows.cases[-1]["id"], answered))
    rows.write(database)
    shown = counted(report, "2026-11-20", "2026-11-23")
    assert shown == recount(rows, "2026-11-20", "2026-11-23")
    totals = shown["totals"]
    for name in ("questions", "abstained", "up", "down", "cases"):
        assert sum(d[name] for d in shown["days"]) == totals[name]
    for kind in ("channels", "languages", "standings"):
        assert sum(c["count"] for c in shown[kind]) == totals["questions"]


@dataclass(frozen=True)
class Record:
    id: str
    checked: str | None


@pytest.mark.parametrize(("today", "months", "oldest"), [
    ("2026-11-22", 6, "2026-05-22"), ("2026-05-22", 6, "2025-11-22"), ("2026-08-31", 6, "2026-02-28"), ("2024-08-31", 6, "2024-02-29"),
    ("2026-01-15", 1, "2025-12-15"), ("2026-12-15", 12, "2025-12-15"), ("2026-11-22", 0, "2026-11-22")])
def test_a_record_goes_stale_after_so_many_months(today: str, months: int, oldest: str) -> None:
    before = (datetime.date.fromisoformat(oldest) - datetime.timedelta(days=1)).isoformat()
    records = [Record("b-never", None), Record("on-the-day", oldest), Record("a-day-before", before), Record("future", "2099-01-01")]
    assert stale(records, today, months) == ["a-day-before", "b-never"]


def test_stale_records_are_passed_on_and_counted(report: Report) -> None:
    figures = report.figures("2026-11-22", "2026-11-22", ["cn-ccc", "jp-pse-circle"])
    assert figures.stale == ("cn-ccc", "jp-pse-circle") and figures.totals.stale_records == 2


@pytest.mark.slow
def test_fifty_thousand_answers_are_counted_right(report: Report, database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(7)
    markets, products = [f"M{n}" for n in range(60)], [f"product-{n}" for n in range(700)]
    segment = {"role": "fact", "text": "一条法规要求的说明,长到像真的一样。" * 10, "citations": [1]}
    asked = [answer_row(MIDNIGHT - datetime.timedelta(seconds=chance.randint(0, 399 * 86400)), markets=chance.sample(markets, 2),
                        products=chance.sample(products, 1), abstained=chance.random() < 0.2, answer={"segments": [segment] * 4})
             for _ in range(50_000)]
    with database.writing() as connection:
        connection.execute(answers.insert(), asked)
    begun, worked = time.perf_counter(), time.process_time()
    figures = report.figures("2025-10-19", "2026-11-22")
    took, worked = time.perf_counter() - begun, time.process_time() - worked
    with capsys.disabled():
        print(f"\n{database.url.get_backend_name()}: figures of 50,000 answers in {took:.2f} s ({worked:.2f} s of it our own work)")
    assert figures.totals.questions == 50_000
    assert figures.totals.abstained == sum(a["abstained"] for a in asked)
    assert figures.markets[0].count == max(Counter(m for a in asked for m in a["markets"]).values())


def test_the_answers_are_read_once_and_by_their_index(database: Database) -> None:
    statements: list[tuple[str, Any]] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda _c, _k, text, given, _x, _m: statements.append((text, given)))
    Report(database, lambda: MIDNIGHT).figures("2026-11-01", "2026-11-22")
    over = [(text, given) for text, given in statements if "FROM answers" in text]
    assert len(over) == 1, "one pass over the answers"
    if not database.sqlite:
        return  # which plan PostgreSQL takes depends on what it knows of the table
    with database.reading() as connection:
        plan = json.dumps([list(r) for r in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + over[0][0], over[0][1])])
    assert "ix_answers_at" in plan
