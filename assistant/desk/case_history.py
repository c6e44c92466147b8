"""The history of a case: one entry after another, none ever changed."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from assistant.desk.case_rows import Entry, entry_of, entry_query
from assistant.desk.journal import Kept
from assistant.desk.moments import Clock, new_id, read_stamp, stamp
from assistant.desk.people import Actor
from assistant.desk.tables import case_entries, cases

_NEXT = datetime.timedelta(microseconds=1)


def kept_answer(kept: Kept) -> dict[str, Any]:
    """The journal's row as JSON: it stays in the case as it was, whatever becomes of the journal."""
    frozen: dict[str, Any] = msgspec.to_builtins(kept)
    return frozen


def turn(kept: Kept) -> dict[str, Any]:
    """One question and its answer as a transcript holds them."""
    return {"answer_id": kept.id, "at": kept.at, "question": kept.question, "answer": kept.answer["answer"],
            "standing": kept.standing, "library": kept.library, "evidence": kept.evidence}


def add_entry(connection: sa.Connection, clock: Clock, actor: Actor, case_id: str, kind: str, text: str,
              detail: Mapping[str, Any] | None = None, answer: dict[str, Any] | None = None,
              answer_id: str | None = None) -> Entry:
    """Add a step after all others of the case; the caller holds the case against other writers."""
    last = connection.scalar(sa.select(sa.func.max(case_entries.c.at)).where(case_entries.c.case == case_id))
    # Later than the one before even where the clock stood still or was set back: a history is read in this order.
    at = max(stamp(clock()), stamp(read_stamp(last) + _NEXT) if last else "")
    entry = Entry(new_id(), at, actor.account, actor.name, kind, text, dict(detail or {}), answer, answer_id)
    connection.execute(case_entries.insert().values(
        id=entry.id, case=case_id, at=at, actor=entry.actor, kind=kind, text=text, detail=entry.detail,
        answer=sa.null() if answer is None else answer, answer_id=answer_id))
    return entry


def readable(connection: sa.Connection, case_id: str) -> list[Entry]:
    """The case's entries and those of all cases that were merged into it, oldest first."""
    together = sa.select(cases.c.id).where(cases.c.id == case_id).cte("together", recursive=True)
    together = together.union(sa.select(cases.c.id).where(cases.c.merged_into == together.c.id))
    query = entry_query().where(case_entries.c.case.in_(sa.select(together.c.id)))
    return [entry_of(row) for row in connection.execute(query.order_by(case_entries.c.at, case_entries.c.id))]
