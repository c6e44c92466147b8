"""Rows for every table, in any revision that has it, for tests of what happens to data as a whole."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import sqlalchemy as sa

PHONE = "13812345678"
EARLY, LATE = "2025-01-05T08:00:00.000001Z", "2026-11-20T08:00:00.000001Z"
#: What trips up a copy: two scripts, marks, line ends, nothing, JSON null, numbers that are not what they look like.
AWKWARD = {"zh": "充电宝 \u2028 «PSE»\n菱形 😀", "empty": "", "null": None, "list": [1, 1.0, 0.1, 1e-7, True, "1"], "z": {"b": 1, "a": 2}}


def audit_lines(count: int) -> list[dict[str, Any]]:
    """A chain as `Audit.note` writes it."""
    previous, lines = "", []
    for seq in range(1, count + 1):
        line = {"seq": seq, "at": EARLY, "actor": "operator", "via": "command", "action": "case.open", "kind": "case",
                "object": "case1", "detail": {"字段": [seq, None], "b": "1", "a": 0.5}, "previous": previous}
        previous = hashlib.sha256(json.dumps(line, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
        lines.append({**line, "hash": previous})
    return lines


def sample() -> dict[str, list[dict[str, Any]]]:
    """Table → rows, those that others refer to first."""
    lines = audit_lines(7)
    accounts = [{"id": f"account{i}", "name": f"员工{i}", "role": "staff", "status": "active", "password_hash": "$argon2$",
                 "created_at": EARLY, "version": i} for i in (1, 2)]
    answers = [{"id": f"answer{i}", "at": EARLY if i < 3 else LATE, "channel": "page", "account": None if i % 2 else "account1",
                "question": AWKWARD["zh"], "history": [], "dropped": ["x"], "language": "zh", "standing": "checked",
                "abstained": i == 2, "as_of": "2026-11-22", "library": "l", "markets": ["jp"], "products": [], "intent": "",
                "evidence": [AWKWARD], "answer": AWKWARD, "took_ms": 12.0 if i == 1 else 0.1 + i} for i in (1, 2, 3)]
    case = {"created_at": EARLY, "updated_at": EARLY, "status": "closed", "origin": "call", "channel": "phone",
            "company": "苏州某某公司", "contact": PHONE, "product": "充电宝", "products": ["power-bank"], "markets": ["jp"],
            "question": f"请回电 {PHONE}", "closed_at": EARLY}
    return {
        "accounts": accounts,
        "sessions": [{"id": "s1", "account": "account1", "token_hash": "t1", "created_at": EARLY, "seen_at": EARLY,
                      "expires_at": EARLY, "revoked_at": None, "agent": "浏览器"}],
        "api_keys": [{"id": "k1", "account": "account2", "key_hash": "h1", "label": "统计", "prefix": "ca_1", "scopes": ["ask"],
                      "created_at": EARLY, "expires_at": "2999-01-01T00:00:00.000000Z", "used_at": None, "revoked_at": None}],
        "audit": lines,
        "audit_head": [{"id": 1, "seq": 7, "hash": lines[-1]["hash"]}],
        "answers": answers,
        "feedback": [{"id": "f1", "at": EARLY, "answer": "answer1", "verdict": "down", "comment": "太笼统"}],
        # By their ids the second comes first and refers to one that comes after it.
        "cases": [{**case, "id": "case9", "version": 1, "owner": None, "merged_into": None, "follow_up": None},
                  {**case, "id": "case1", "version": 3, "owner": "account1", "merged_into": "case9", "follow_up": "2025-02-01"},
                  {**case, "id": "case5", "version": 1, "owner": None, "merged_into": "case1", "follow_up": None}],
        "case_entries": [
            {"id": "e1", "case": "case1", "at": EARLY, "actor": "account1", "kind": "note", "text": f"电话 {PHONE}",
             "detail": {"changes": [{"field": "contact"}]}, "answer": sa.null(), "answer_id": None},
            {"id": "e2", "case": "case1", "at": EARLY, "actor": "account1", "kind": "answer", "text": "", "detail": AWKWARD,
             "answer": AWKWARD, "answer_id": "answer1"},
            {"id": "e3", "case": "case5", "at": EARLY, "actor": "account1", "kind": "note", "text": "", "detail": {},
             "answer": sa.JSON.NULL, "answer_id": None}],
        "gaps": [{"id": "g1", "created_at": EARLY, "updated_at": EARLY, "version": 1, "status": "closed", "question": "q",
                  "language": "zh", "place": "jp", "markets": ["jp"], "products": [], "times": 2, "last_at": EARLY,
                  "assignee": "account1", "record": "r", "resolution": "", "closed_library": "l", "closed_at": EARLY,
                  "asked_library": "", "asked_standing": "", "asked_answer": sa.null()}],
        "gap_questions": [{"id": "q1", "gap": "g1", "at": EARLY, "reason": "flag", "question": "q", "answer": "answer2", "note": ""}],
        "replies": [{"id": "r1", "created_at": EARLY, "updated_at": EARLY, "version": 1, "current": 1, "author": "account1",
                     "gap": "g1", "case": "case1"}],
        "reply_versions": [{"reply": "r1", "number": n, "at": EARLY, "author": "account1", "state": "approved", "content": AWKWARD,
                            "decided_by": "account2", "decided_at": EARLY, "note": ""} for n in (1, 2, 10)],
        "state": [{"key": "replies", "value": "7"}]}


def fill(connection: sa.Connection) -> None:
    """Put the sample into those of its tables that the database has."""
    reflected = sa.MetaData()
    reflected.reflect(connection)
    connection.execute(reflected.tables["audit_head"].delete())
    for name, rows in sample().items():
        if name in reflected.tables:
            for row in rows:
                connection.execute(reflected.tables[name].insert().values(row))


def contents(connection: sa.Connection) -> dict[str, list[dict[str, Any]]]:
    """Table → rows as JSON-like values; a NULL in a JSON column reads as «NULL», a JSON null as None."""
    reflected = sa.MetaData()
    reflected.reflect(connection)
    found = {}
    for name, table in reflected.tables.items():
        if name == "alembic_version":
            continue
        texts = {c.name for c in table.columns if isinstance(c.type, sa.JSON)}
        rows = connection.execute(sa.select(*(sa.cast(c, sa.Text) if c.name in texts else c for c in table.columns)))
        columns = [c.name for c in table.columns]
        found[name] = sorted((
            {c: ("NULL" if v is None else json.loads(v)) if c in texts else v for c, v in zip(columns, row, strict=True)}
            for row in rows), key=repr)
    return found
