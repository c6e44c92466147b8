"""Curated replies as they are shown: each with its newest or current version, and all versions of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from assistant.desk.reply_content import Content, FindStatement, is_stale
from assistant.desk.tables import accounts, replies, reply_versions, state


@dataclass(frozen=True, slots=True)
class Version:
    """One version. state: draft · submitted · approved · rejected · withdrawn (also: taken back before a decision).

    decided_by, decided_at: who decided last and when, None while nobody has.
    """

    number: int
    at: str
    author: str
    author_name: str
    state: str
    content: Content
    decided_by: str | None
    decided_by_name: str
    decided_at: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply. current: number of the version in force, 0 for none; used: answers that it gave.

    state, content: of the newest version while that is open (draft, submitted, rejected); else of the one in force, and
    of the newest where none is. expired, stale: of the version in force, else of the newest.
    """

    id: str
    created_at: str
    updated_at: str
    version: int
    current: int
    state: str
    in_force: bool
    expired: bool
    stale: bool
    author: str
    author_name: str
    gap: str | None
    case: str | None
    content: Content
    used: int


def read_content(data: Any) -> Content:
    """Raises msgspec.ValidationError when the kept form is not ours."""
    return msgspec.convert(data, Content)


def _names(connection: sa.Connection) -> dict[str, str]:
    return {r.id: r.name for r in connection.execute(sa.select(accounts.c.id, accounts.c.name))}


def newest_first(connection: sa.Connection, reply_id: str) -> list[Version]:
    """Every version of one reply."""
    names = _names(connection)
    rows = connection.execute(sa.select(reply_versions).where(reply_versions.c.reply == reply_id)
                              .order_by(reply_versions.c.number.desc()))
    return [Version(r.number, r.at, r.author, names.get(r.author, ""), r.state, read_content(r.content), r.decided_by,
                    names.get(r.decided_by, ""), r.decided_at, r.note) for r in rows]


def shown(connection: sa.Connection, find: FindStatement, as_of: str, reply_id: str = "") -> list[Reply]:
    """Replies as listed, the last changed first; only that one when an id is given."""
    last = sa.select(reply_versions.c.reply, sa.func.max(reply_versions.c.number).label("number")).group_by(
        reply_versions.c.reply).subquery()
    query = (sa.select(replies, reply_versions.c.number, reply_versions.c.state, reply_versions.c.content)
             .join(last, last.c.reply == replies.c.id)
             .join(reply_versions, sa.and_(reply_versions.c.reply == replies.c.id,
                                           reply_versions.c.number.in_([last.c.number, replies.c.current])))
             .order_by(replies.c.updated_at.desc(), replies.c.id, reply_versions.c.number))
    if reply_id:
        query = query.where(replies.c.id == reply_id)
    names = _names(connection)
    used = {r.key: int(r.value) for r in connection.execute(sa.select(state).where(state.c.key.startswith("used:")))}
    versions: dict[str, list[sa.Row[Any]]] = {}
    for row in connection.execute(query):
        versions.setdefault(row.id, []).append(row)
    out = []
    for rows in versions.values():
        newest, in_force = rows[-1], next((r for r in rows if r.number == r.current), None)
        told = newest if in_force is None or newest.state in {"draft", "submitted", "rejected"} else in_force
        judged = read_content((in_force or newest).content)
        out.append(Reply(
            newest.id, newest.created_at, newest.updated_at, newest.version, newest.current, told.state, in_force is not None,
            judged.valid_until is not None and judged.valid_until < as_of, is_stale(judged, find), newest.author,
            names.get(newest.author, ""), newest.gap, newest.case, read_content(told.content), used.get(f"used:{newest.id}", 0)))
    return out
