"""The audit log: one line for every change and every look at a case, each bound to the one before by its hash.

Lines hold ids and field names, never what people said or how they can be reached, so a purge need not touch them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from assistant.desk.database import Database
from assistant.desk.moments import Clock, stamp
from assistant.desk.people import Actor
from assistant.desk.tables import audit, audit_head

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """One line as kept. seq: 1, 2, 3 …; at: UTC moment; previous, hash: hex sha256."""

    seq: int
    at: str
    actor: str
    via: str
    action: str
    kind: str
    object: str
    detail: dict[str, Any]
    previous: str
    hash: str


def _digest(line: Mapping[Any, Any]) -> str:
    kept = {k: line[k] for k in ("seq", "at", "actor", "via", "action", "kind", "object", "detail", "previous")}
    return hashlib.sha256(json.dumps(kept, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


class Audit:
    """Adds lines inside the transaction of the change they tell of, and reads them back."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def note(self, connection: sa.Connection, actor: Actor, action: str, kind: str, object_id: str,
             detail: Mapping[str, Any] | None = None) -> None:
        """Add a line; it stands or falls with the caller's transaction. detail: ids, counts, field names only."""
        head = connection.execute(sa.select(audit_head.c.seq, audit_head.c.hash).with_for_update()).one()
        line: dict[str, Any] = {
            "seq": head.seq + 1, "at": stamp(self._clock()), "actor": actor.account, "via": actor.via, "action": action,
            "kind": kind, "object": object_id, "detail": dict(detail or {}), "previous": head.hash}
        line["hash"] = _digest(line)
        connection.execute(audit.insert().values(line))
        connection.execute(audit_head.update().values(seq=line["seq"], hash=line["hash"]))

    def looked(self, actor: Actor, action: str, kind: str, object_id: str) -> None:
        """Add a line of its own for somebody who only looked."""
        with self._database.writing() as connection:
            self.note(connection, actor, action, kind, object_id)

    def lines(self, before: int | None = None, limit: int = 100, object_id: str = "", action: str = "") -> list[Line]:
        """The newest lines first, older than line `before`."""
        query = sa.select(audit).order_by(audit.c.seq.desc()).limit(min(limit, PAGE))
        if before is not None:
            query = query.where(audit.c.seq < before)
        if object_id:
            query = query.where(audit.c.object == object_id)
        if action:
            query = query.where(audit.c.action == action)
        with self._database.reading() as connection:
            return [Line(**row._mapping) for row in connection.execute(query)]

    def all_lines(self) -> Iterator[Line]:
        """Every line, oldest first, from one state of the database."""
        with self._database.reading() as connection:
            result = connection.execution_options(yield_per=PAGE).execute(sa.select(audit).order_by(audit.c.seq))
            for row in result:
                yield Line(**row._mapping)

    def broken(self) -> int | None:
        """The first line that is missing or was changed after it was written, None when the log is whole."""
        with self._database.reading() as connection:
            return first_broken(connection)


def first_broken(connection: sa.Connection) -> int | None:
    """The same as `Audit.broken`, of the state that the caller's transaction sees."""
    seq, previous = 0, ""
    for row in connection.execute(sa.select(audit).order_by(audit.c.seq).execution_options(yield_per=PAGE)):
        if row.seq != seq + 1 or row.previous != previous or _digest(row._mapping) != row.hash:
            return seq + 1
        seq, previous = row.seq, row.hash
    head = connection.execute(sa.select(audit_head.c.seq, audit_head.c.hash)).first()
    return None if head is not None and (head.seq, head.hash) == (seq, previous) else seq + 1
