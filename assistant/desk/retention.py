"""Removing what is older than it may be kept, and proving it.

Removed: answers with their feedback, what was asked of gaps that are closed, sessions and keys that no longer let
anybody in. Of cases closed for long enough the personal data and every text go, and what figures are counted from stays.
"""

from __future__ import annotations

import datetime
import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from assistant.desk.audit import Audit
from assistant.desk.database import Database
from assistant.desk.migrating import newest, revision
from assistant.desk.moments import Clock, stamp
from assistant.desk.people import Actor
from assistant.desk.tables import answers, api_keys, case_entries, cases, feedback, gap_questions, gaps, sessions
from assistant.errors import SettingsError

BATCH = 500
LONGEST_DAYS = 36_500
#: Fields of a case whose old and new value may stay in its history: none of them can hold what somebody wrote.
_PLAIN = frozenset({"status", "owner", "follow_up", "channel", "products", "markets"})
_KEPT_DETAIL = frozenset({"from", "into", "language"})
SQLITE_LEFT = ("The database's files were rewritten without it. Backups made before hold it still, and so may blocks that "
               "the disk or the file system keeps by itself.")
POSTGRESQL_LEFT = ("The rows are gone for every query and their space will be used again. Until then PostgreSQL's files may "
                   "hold them, as may its WAL archive, replicas, and backups made before.")
NOT_REWRITTEN = "The rows are gone, but the database's files could not be rewritten and may hold the text. Run purge again."
DRY = "Nothing was removed."


@dataclass(frozen=True, slots=True)
class Removed:
    """What became of one table's rows. what: removed · blanked (personal data and texts) · unlinked (from an answer).

    before: rows of the table; rows: those concerned; kept: older ones that an open case still stands on; left: older than
    the cutoff after all, counted again after the commit; sha256: hex, of the ids concerned, sorted, a line each.
    """

    table: str
    what: str
    before: int
    rows: int
    kept: int
    left: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Purge:
    """Proof of one purge. cutoff: UTC moment. rewritten: no file of the database holds the text. remains: where it may be."""

    at: str
    cutoff: str
    days: int
    dry_run: bool
    tables: tuple[Removed, ...]
    rewritten: bool
    remains: str

    @property
    def clean(self) -> bool:
        return self.dry_run or (self.rewritten and not any(t.left for t in self.tables))


class _Undone(Exception):
    """Ends the transaction of a dry run."""


class Retention:
    """Purges by age."""

    def __init__(self, database: Database, audit: Audit, clock: Clock) -> None:
        self._database, self._audit, self._clock = database, audit, clock

    def purge(self, actor: Actor, days: int, dry_run: bool = False) -> Purge:
        """Remove what is older than so many days. dry_run: find out what would be, and undo it. Raises SettingsError."""
        if not 1 <= days <= LONGEST_DAYS:
            raise SettingsError(f"{days} is not a number of days.", f"Use a number from 1 to {LONGEST_DAYS}.")
        if revision(self._database) != newest():
            raise SettingsError("The database has not the form that this program writes.", "Run «python -m assistant migrate» first.")
        now = self._clock()
        at, cutoff = stamp(now), stamp(now - datetime.timedelta(days=days))
        done: list[Removed] = []
        left: dict[str, int] = {}
        try:
            with self._database.writing() as connection:
                done = list(_remove(connection, at, cutoff))
                if dry_run:
                    left = _left(connection, at, cutoff)
                    raise _Undone
                self._audit.note(connection, actor, "purge", "database", "desk", {
                    "cutoff": cutoff, "days": days,
                    "tables": [{"table": r.table, "what": r.what, "rows": r.rows, "sha256": r.sha256} for r in done]})
        except _Undone:
            rewritten, remains = True, DRY
        else:
            rewritten, remains = self._rewrite()
            with self._database.reading() as connection:
                left = _left(connection, at, cutoff)
        tables = tuple(replace(r, left=left[f"{r.table} {r.what}"]) for r in done)
        return Purge(at, cutoff, days, dry_run, tables, rewritten, remains)

    def _rewrite(self) -> tuple[bool, str]:
        """Make the space of removed rows unreadable as far as the database can."""
        if not self._database.sqlite:
            try:
                with self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    for table in (answers, feedback, gaps, gap_questions, cases, case_entries, sessions, api_keys):
                        connection.execute(sa.text(f"VACUUM {table.name}"))
            except sa.exc.DBAPIError:
                return False, NOT_REWRITTEN
            return True, POSTGRESQL_LEFT
        raw = self._database.engine.raw_connection()
        try:
            cursor = raw.cursor()
            cursor.execute("VACUUM")
            # The write-ahead log holds the old pages, and those of the VACUUM, until it is emptied.
            busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.Error:
            busy = 1
        finally:
            raw.close()
        return (False, NOT_REWRITTEN) if busy else (True, SQLITE_LEFT)


def _proof(ids: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[i : i + BATCH] for i in range(0, len(ids), BATCH))


def _count(connection: sa.Connection, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one()


def _closed_before(connection: sa.Connection, cutoff: str, held: bool = False) -> dict[str, bool]:
    """Cases closed before the cutoff, and whether each was purged since. One merged into another is read as a part of it,
    so it goes with the other. held: against writers, until the transaction ends."""
    merged = {row.id: row.merged_into for row in connection.execute(
        sa.select(cases.c.id, cases.c.merged_into).where(cases.c.merged_into.is_not(None)))}
    query = sa.select(cases.c.id, cases.c.closed_at, cases.c.purged_at).where(
        cases.c.status == "closed", cases.c.closed_at < cutoff)
    closed = {row.id: row.purged_at is not None and row.purged_at > row.closed_at
              for row in connection.execute(query.with_for_update() if held else query)}

    def end(case: str) -> str:
        seen: set[str] = set()
        while case in merged and case not in seen:
            seen.add(case)
            case = merged[case]
        return case

    return {case: purged for case, purged in closed.items() if end(case) in closed}


def _in_cases(connection: sa.Connection) -> set[str]:
    """Answers that the history of a case refers to; a purged case refers to none."""
    found = set(connection.scalars(sa.select(case_entries.c.answer_id).where(case_entries.c.answer_id.is_not(None))))
    transcripts = sa.select(case_entries.c.detail).where(case_entries.c.kind == "transcript")
    for detail in connection.scalars(transcripts.execution_options(yield_per=BATCH)):
        found |= {turn.get("answer_id", "") for turn in detail.get("turns", ())}
    return found


def _no_longer(table: sa.Table, at: str) -> sa.ColumnElement[bool]:
    """Sessions or keys that let nobody in."""
    return sa.or_(table.c.revoked_at <= at, table.c.expires_at <= at)


def _of_closed_gaps(cutoff: str) -> sa.ColumnElement[bool]:
    return sa.and_(gap_questions.c.at < cutoff,
                   gap_questions.c.gap.in_(sa.select(gaps.c.id).where(gaps.c.status == "closed")))


def _texts_of_closed_gaps(cutoff: str) -> sa.ColumnElement[bool]:
    return sa.and_(gaps.c.status == "closed", gaps.c.closed_at < cutoff,
                   sa.or_(gaps.c.question != "", gaps.c.asked_answer.is_not(sa.null())))


def _to_no_answer() -> sa.ColumnElement[bool]:
    return sa.and_(gap_questions.c.answer.is_not(None), gap_questions.c.answer.not_in(sa.select(answers.c.id)))


def _without_texts(detail: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in detail.items() if name in _KEPT_DETAIL}
    if "changes" in detail:
        kept["changes"] = [c if c.get("field") in _PLAIN else {"field": c.get("field")} for c in detail["changes"]]
    return kept


def _remove(connection: sa.Connection, at: str, cutoff: str) -> Iterator[Removed]:
    before = {table: _count(connection, table) for table in (
        cases, case_entries, answers, feedback, gaps, gap_questions, sessions, api_keys)}

    def told(table: sa.Table, what: str, ids: Sequence[str], kept: int = 0) -> Removed:
        return Removed(str(table.name), what, before[table], len(ids), kept, 0, _proof(ids))

    due = [case for case, purged in _closed_before(connection, cutoff, held=True).items() if not purged]
    yield told(cases, "blanked", due)
    yield told(case_entries, "blanked", _blank(connection, due, at))

    standing = _in_cases(connection)
    old = connection.scalars(sa.select(answers.c.id).where(answers.c.at < cutoff).with_for_update()).all()
    gone = [answer for answer in old if answer not in standing]
    thumbs: list[str] = []
    removed: list[str] = []
    for batch in _batches(gone):
        thumbs += connection.scalars(feedback.delete().where(feedback.c.answer.in_(batch)).returning(feedback.c.id))
        removed += connection.scalars(answers.delete().where(answers.c.id.in_(batch)).returning(answers.c.id))
    yield told(answers, "removed", removed, len(old) - len(gone))
    yield told(feedback, "removed", thumbs)

    asked = connection.scalars(gap_questions.delete().where(_of_closed_gaps(cutoff)).returning(gap_questions.c.id)).all()
    yield told(gap_questions, "removed", asked)
    blanked = connection.scalars(gaps.update().where(_texts_of_closed_gaps(cutoff)).values(
        question="", asked_answer=sa.null(), version=gaps.c.version + 1).returning(gaps.c.id)).all()
    yield told(gaps, "blanked", blanked)
    unlinked = connection.scalars(
        gap_questions.update().where(_to_no_answer()).values(answer=None).returning(gap_questions.c.id)).all()
    yield told(gap_questions, "unlinked", unlinked)

    for table in (sessions, api_keys):
        ended = connection.scalars(table.delete().where(_no_longer(table, at)).returning(table.c.id)).all()
        yield told(table, "removed", ended)


def _blank(connection: sa.Connection, due: Sequence[str], at: str) -> list[str]:
    """Empty these cases and their histories; the ids of the entries."""
    entries: list[str] = []
    for batch in _batches(due):
        connection.execute(cases.update().where(cases.c.id.in_(batch)).values(
            company="", contact="", product="", question="", purged_at=at, version=cases.c.version + 1))
        rows = connection.execute(
            sa.select(case_entries.c.id, case_entries.c.detail).where(case_entries.c.case.in_(batch))).all()
        if rows:
            connection.execute(
                case_entries.update().where(case_entries.c.id == sa.bindparam("key")).values(
                    text="", answer=sa.null(), answer_id=None, detail=sa.bindparam("kept")),
                [{"key": row.id, "kept": _without_texts(row.detail)} for row in rows])
        entries += [row.id for row in rows]
    return entries


def _left(connection: sa.Connection, at: str, cutoff: str) -> dict[str, int]:
    """What is older than the cutoff all the same, found by what rows hold and not by what was done to them."""
    closed = list(_closed_before(connection, cutoff))
    standing = _in_cases(connection)
    old = {answer for answer in connection.scalars(sa.select(answers.c.id).where(answers.c.at < cutoff))} - standing
    of_old = [a for a in connection.scalars(sa.select(feedback.c.answer).where(feedback.c.at < cutoff)) if a in old]
    filled, written = 0, 0
    for batch in _batches(closed):
        filled += _count(connection, cases, cases.c.id.in_(batch), sa.or_(
            cases.c.company != "", cases.c.contact != "", cases.c.product != "", cases.c.question != ""))
        written += _count(connection, case_entries, case_entries.c.case.in_(batch), sa.or_(
            case_entries.c.text != "", case_entries.c.answer.is_not(sa.null()), case_entries.c.answer_id.is_not(None)))
    return {"cases blanked": filled, "case_entries blanked": written, "answers removed": len(old),
            "feedback removed": len(of_old), "gap_questions removed": _count(connection, gap_questions, _of_closed_gaps(cutoff)),
            "gaps blanked": _count(connection, gaps, _texts_of_closed_gaps(cutoff)),
            "gap_questions unlinked": _count(connection, gap_questions, _to_no_answer()),
            "sessions removed": _count(connection, sessions, _no_longer(sessions, at)),
            "api_keys removed": _count(connection, api_keys, _no_longer(api_keys, at))}
