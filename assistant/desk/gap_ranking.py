"""Gaps as they are shown: with their rank, worked out when they are read, and the names of those who look after them."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from assistant.desk.tables import accounts, gap_questions

#: Days after which a question counts half; those older than LOOKED_BACK days, which count next to nothing, are left out.
HALF_LIFE, LOOKED_BACK = 30, 360
#: Standings of an answer that gives what was asked for.
ANSWERED = frozenset({"grounded", "partly"})


@dataclass(frozen=True, slots=True)
class Gap:
    """One gap as listed. rank: how often it was asked, newer questions counting more; answered_now: when last asked again.

    status: open (nobody's) · assigned · closed. closed_library, asked_library: sha256 of the library, empty for never.
    """

    id: str
    created_at: str
    updated_at: str
    version: int
    status: str
    question: str
    language: str
    markets: list[str]
    products: list[str]
    times: int
    last_at: str
    rank: float
    assignee: str | None
    assignee_name: str
    record: str
    resolution: str
    closed_library: str
    closed_at: str | None
    asked_library: str
    asked_standing: str
    answered_now: bool


@dataclass(frozen=True, slots=True)
class Asking:
    """One time that the gap showed. reason: abstained · thumbs-down · flag."""

    id: str
    at: str
    reason: str
    question: str
    answer_id: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A gap with its latest questions, newest first, and the answer it got when last asked again."""

    gap: Gap
    questions: list[Asking]
    asked_answer: dict[str, Any] | None


def ranked(connection: sa.Connection, rows: Sequence[sa.Row[Any]], now: datetime.datetime) -> list[Gap]:
    """Rows of the table `gaps` as gaps, the highest rank first."""
    today = now.astimezone(datetime.UTC).date()
    day = sa.func.substr(gap_questions.c.at, 1, 10)
    since = (today - datetime.timedelta(days=LOOKED_BACK)).isoformat()
    query = sa.select(gap_questions.c.gap, day, sa.func.count()).where(gap_questions.c.at >= since)
    if len(rows) == 1:
        query = query.where(gap_questions.c.gap == rows[0].id)
    rank: dict[str, float] = defaultdict(float)
    for gap_id, asked, times in connection.execute(query.group_by(gap_questions.c.gap, day)):
        # A clock that was set back makes no question count more than one of today.
        age = max(0, (today - datetime.date.fromisoformat(asked)).days)
        rank[gap_id] += times * 0.5 ** (age / HALF_LIFE)
    names = {r.id: r.name for r in connection.execute(sa.select(accounts.c.id, accounts.c.name))}
    found = [Gap(r.id, r.created_at, r.updated_at, r.version, r.status, r.question, r.language, r.markets, r.products,
                 r.times, r.last_at, round(rank[r.id], 4), r.assignee, names.get(r.assignee, ""), r.record, r.resolution,
                 r.closed_library, r.closed_at, r.asked_library, r.asked_standing, r.asked_standing in ANSWERED)
             for r in rows]
    return sorted(found, key=lambda g: (g.rank, g.last_at, g.id), reverse=True)
