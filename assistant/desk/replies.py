"""Curated replies: written by one person, put in force by another, expiring, withdrawn or rolled back; every version kept.

Stored in the deployment's database, never in the corpus; an approved version answers until it is withdrawn or replaced.
"""

from __future__ import annotations

import datetime
import logging
import threading
from collections.abc import Iterable
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from assistant.desk.audit import Audit
from assistant.desk.database import Database, DatabaseUnavailable
from assistant.desk.moments import Clock, new_id, read_stamp, stamp
from assistant.desk.people import Actor
from assistant.desk.refusals import NotAllowed, Unacceptable, changed, not_here
from assistant.desk.reply_checks import Held, check_content
from assistant.desk.reply_content import Content, kept_form
from assistant.desk.reply_records import curated_reply
from assistant.desk.reply_versions import Reply, Version, newest_first, read_content, shown
from assistant.desk.report import china_day
from assistant.desk.tables import cases, gaps, replies, reply_versions, state
from assistant.types import CuratedReply, Words

log = logging.getLogger(__name__)
#: Keys of the table `state`: the revision of what is in force, and how often a reply answered.
REVISION, USED = "replies", "used:"
#: Characters of a note on a decision.
LONGEST_NOTE = 1000

OWN = Words("自己写的内容要由另一位审批人处理。", "What you wrote is decided by a second person.")
OWN_HOW = Words("请找另一位有审批权限的同事。", "Ask another colleague who may approve.")
NOT_WAITING = Words("这一版不在待审。", "This version is not waiting for a decision.")
NO_DRAFT = Words("没有可以提交的草稿。", "There is no draft to submit.")
NOT_AUTHOR = Words("草稿由写的人提交。", "A draft is submitted by the person who wrote it.")
NOT_AUTHOR_HOW = Words("请让作者提交,或者自己改好保存,再由您提交。", "Ask its author, or save your own version and submit that.")
NOT_EARLIER = Words("这一版没有批准过,或者正在使用。", "This version was never approved, or it is in force already.")
NOTHING_TO_WITHDRAW = Words("这条回复已经撤下了。", "This reply has been withdrawn already.")
SAY_WHY = Words("退回要写原因。", "Say why it is sent back.")
SAY_WHY_HOW = Words("请写一句作者看得懂的话。", "Write one sentence for its author.")
OPEN_AGAIN = Words("请重新打开这条回复看看现在的状态。", "Open the reply again to see where it stands.")
NO_LINK = Words("关联的缺口或工单不存在。", "The gap or case that it belongs to does not exist.")
NO_LINK_HOW = Words("请去掉关联再保存。", "Save it without the link.")


class Replies:
    """The workflow: draft → submitted → approved or rejected → withdrawn. One instance serves many threads."""

    def __init__(self, database: Database, audit: Audit, clock: Clock) -> None:
        self._database, self._audit, self._clock = database, audit, clock
        self._lock = threading.Lock()
        self._in_force: tuple[str, tuple[CuratedReply, ...]] = ("", ())

    # --- what answers ---

    def in_force(self) -> tuple[CuratedReply, ...]:
        """The approved current versions; the same tuple until one of them changes, and while the database does not answer."""
        try:
            with self._database.reading() as connection:
                revision = connection.execute(sa.select(state.c.value).where(state.c.key == REVISION)).scalar() or ""
                if revision == self._in_force[0]:
                    return self._in_force[1]
                current = sa.and_(reply_versions.c.reply == replies.c.id, reply_versions.c.number == replies.c.current)
                rows = connection.execute(sa.select(reply_versions).select_from(replies.join(reply_versions, current))
                                          .order_by(reply_versions.c.reply)).all()
        except DatabaseUnavailable as error:  # the library still answers, and so do the replies known so far
            log.error("curated replies as last read: %s", error.problem)
            return self._in_force[1]
        with self._lock:
            if revision != self._in_force[0]:
                self._in_force = (revision, tuple(self._as_records(rows)))
            return self._in_force[1]

    @staticmethod
    def _as_records(rows: Iterable[sa.Row[Any]]) -> Iterable[CuratedReply]:
        for row in rows:
            try:
                content = read_content(row.content)
            except msgspec.ValidationError:  # one that cannot be read must not keep the others from answering
                log.exception("the curated reply %s cannot be read", row.reply)
                continue
            yield curated_reply(row.reply, content, china_day(read_stamp(row.decided_at)).isoformat())

    def used(self, reply_id: str) -> None:
        """Count one answer that a reply gave."""
        key = f"{USED}{reply_id.removeprefix('reply:')}"[:48]
        with self._database.writing() as connection:
            self._put(connection, key, "1", sa.cast(sa.cast(state.c.value, sa.Integer) + 1, sa.Text))

    def _put(self, connection: sa.Connection, key: str, value: str, otherwise: sa.ColumnElement[str] | None = None) -> None:
        """Write a fact down. otherwise: what to write where the key is there already."""
        insert = sqlite.insert if self._database.sqlite else postgresql.insert
        connection.execute(insert(state).values(key=key, value=value).on_conflict_do_update(
            index_elements=[state.c.key], set_={"value": sa.literal(value) if otherwise is None else otherwise}))

    # --- reading ---

    def listed(self, held: Held, as_of: str, state: str = "", text: str = "") -> list[Reply]:
        """Newest change first. as_of: ISO day on which `expired` is judged; state, text: only such replies."""
        with self._database.reading() as connection:
            found = shown(connection, held.find, as_of)
        return [r for r in found if (not state or r.state == state) and (not text or _holds(r.content, text))]

    def get(self, reply_id: str, held: Held, as_of: str) -> tuple[Reply, list[Version]]:
        """The reply and its versions, newest first. Raises NotHere."""
        with self._database.reading() as connection:
            found = shown(connection, held.find, as_of, reply_id)
            if not found:
                raise not_here()
            return found[0], newest_first(connection, reply_id)

    def export(self, reply_id: str, held: Held) -> tuple[Content, str | None]:
        """What a record file is made from, and the ISO day of its approval: the version in force, else the newest.

        Raises NotHere, Unacceptable for one that was not approved and would not pass the library's checker.
        """
        with self._database.reading() as connection:
            current = connection.execute(sa.select(replies.c.current).where(replies.c.id == reply_id)).scalar()
            if current is None:
                raise not_here()
            versions = newest_first(connection, reply_id)
        version = next((v for v in versions if v.number == current), versions[0])
        if version.state == "approved" and version.decided_at:
            return version.content, china_day(read_stamp(version.decided_at)).isoformat()
        check_content(version.content, held, self._today())
        return version.content, None

    # --- writing ---

    def create(self, actor: Actor, content: Content, held: Held, gap: str | None = None, case: str | None = None) -> str:
        """A new reply as a draft; returns its id. Raises NotAllowed, Unacceptable."""
        actor.need("desk")
        content, reply_id, now = kept_form(content, held.find), new_id(), stamp(self._clock())
        with self._database.writing() as connection:
            for table, linked in ((gaps, gap), (cases, case)):
                if linked and connection.execute(sa.select(table.c.id).where(table.c.id == linked)).first() is None:
                    raise Unacceptable(NO_LINK, NO_LINK_HOW)
            connection.execute(replies.insert().values(id=reply_id, created_at=now, updated_at=now, version=1, current=0,
                                                       author=actor.account, gap=gap or None, case=case or None))
            self._add_version(connection, actor, reply_id, 1, content, now)
            self._audit.note(connection, actor, "reply.create", "reply", reply_id, {"number": 1})
        return reply_id

    def edit(self, actor: Actor, reply_id: str, version: int, content: Content, held: Held) -> None:
        """Replace one's own draft, or begin a new version as a draft; what is in force stays so.

        A version that was waiting, and another person's draft, are taken back by it.
        Raises NotAllowed, NotHere, Changed, Unacceptable.
        """
        actor.need("desk")
        content, now = kept_form(content, held.find), stamp(self._clock())
        with self._database.writing() as connection:
            self._locked(connection, reply_id, version)
            newest = newest_first(connection, reply_id)[0]
            number = newest.number
            if newest.state == "draft" and newest.author == actor.account:
                self._set(connection, reply_id, number, at=now, content=msgspec.to_builtins(content))
            else:
                if newest.state in {"draft", "submitted"}:
                    self._set(connection, reply_id, number, state="withdrawn")
                number += 1
                self._add_version(connection, actor, reply_id, number, content, now)
            self._done(connection, actor, "edit", reply_id, version, number)

    def submit(self, actor: Actor, reply_id: str, version: int, held: Held) -> None:
        """Ask for approval of one's own draft. Raises NotAllowed, NotHere, Changed, Unacceptable (every complaint)."""
        actor.need("desk")
        with self._database.writing() as connection:
            self._locked(connection, reply_id, version)
            newest = newest_first(connection, reply_id)[0]
            if newest.state != "draft":
                raise Unacceptable(NO_DRAFT, OPEN_AGAIN)
            if newest.author != actor.account:
                raise NotAllowed(NOT_AUTHOR, NOT_AUTHOR_HOW)
            # Frozen once more: between draft and submission the library may have changed.
            content = kept_form(newest.content, held.find)
            check_content(content, held, self._today())
            self._set(connection, reply_id, newest.number, state="submitted", content=msgspec.to_builtins(content))
            self._done(connection, actor, "submit", reply_id, version, newest.number)

    def approve(self, actor: Actor, reply_id: str, version: int, number: int, held: Held, note: str = "") -> None:
        """Put the submitted version in force. Raises NotAllowed (also to its author), NotHere, Changed, Unacceptable."""
        with self._database.writing() as connection:
            submitted = self._to_decide(connection, actor, reply_id, version, number)
            check_content(submitted.content, held, self._today())
            self._decide(connection, actor, reply_id, number, "approved", note)
            self._done(connection, actor, "approve", reply_id, version, number, current=number)

    def reject(self, actor: Actor, reply_id: str, version: int, number: int, note: str) -> None:
        """Send the submitted version back. Raises NotAllowed (also to its author), NotHere, Changed, Unacceptable."""
        with self._database.writing() as connection:
            self._to_decide(connection, actor, reply_id, version, number)
            if not note.strip():
                raise Unacceptable(SAY_WHY, SAY_WHY_HOW)
            self._decide(connection, actor, reply_id, number, "rejected", note)
            self._done(connection, actor, "reject", reply_id, version, number)

    def withdraw(self, actor: Actor, reply_id: str, version: int, note: str) -> None:
        """Take the version in force out of force; where none is, give up the newest one. Open to all staff.

        Raises NotAllowed, NotHere, Changed, Unacceptable.
        """
        actor.need("desk")
        with self._database.writing() as connection:
            row = self._locked(connection, reply_id, version)
            newest = newest_first(connection, reply_id)[0]
            number = row.current or newest.number
            if not row.current and newest.state in {"approved", "withdrawn"}:
                raise Unacceptable(NOTHING_TO_WITHDRAW, OPEN_AGAIN)
            if row.current:
                self._decide(connection, actor, reply_id, number, "withdrawn", note)
            else:  # never decided, so that nobody is named as having decided
                self._set(connection, reply_id, number, state="withdrawn", note=note[:LONGEST_NOTE])
            self._done(connection, actor, "withdraw", reply_id, version, number, current=0)

    def rollback(self, actor: Actor, reply_id: str, version: int, number: int, held: Held) -> None:
        """Put an earlier approved version in force again. Raises NotAllowed (also to who wrote it), NotHere, Changed,
        Unacceptable."""
        actor.need("approve")
        with self._database.writing() as connection:
            row = self._locked(connection, reply_id)
            earlier = next((v for v in newest_first(connection, reply_id) if v.number == number), None)
            if earlier is None:
                raise not_here()
            if earlier.author == actor.account:
                raise NotAllowed(OWN, OWN_HOW)
            if row.version != version:
                raise changed()
            if earlier.state != "approved" or row.current == number:
                raise Unacceptable(NOT_EARLIER, OPEN_AGAIN)
            check_content(earlier.content, held, self._today())
            self._done(connection, actor, "rollback", reply_id, version, number, current=number)

    # --- steps ---

    def _today(self) -> datetime.date:
        return china_day(self._clock())

    @staticmethod
    def _locked(connection: sa.Connection, reply_id: str, version: int | None = None) -> sa.Row[Any]:
        """The reply's row, kept from others until the transaction ends."""
        row = connection.execute(sa.select(replies).where(replies.c.id == reply_id).with_for_update()).first()
        if row is None:
            raise not_here()
        if version is not None and row.version != version:
            raise changed()
        return row

    def _to_decide(self, connection: sa.Connection, actor: Actor, reply_id: str, version: int, number: int) -> Version:
        """The version that waits for a decision of this person."""
        actor.need("approve")
        row = self._locked(connection, reply_id)
        found = next((v for v in newest_first(connection, reply_id) if v.number == number), None)
        if found is None:
            raise not_here()
        if found.author == actor.account:
            raise NotAllowed(OWN, OWN_HOW)
        if row.version != version:
            raise changed()
        if found.state != "submitted":
            raise Unacceptable(NOT_WAITING, OPEN_AGAIN)
        return found

    @staticmethod
    def _add_version(connection: sa.Connection, actor: Actor, reply_id: str, number: int, content: Content, now: str) -> None:
        connection.execute(reply_versions.insert().values(reply=reply_id, number=number, at=now, author=actor.account,
                                                          state="draft", content=msgspec.to_builtins(content)))

    @staticmethod
    def _set(connection: sa.Connection, reply_id: str, number: int, **values: Any) -> None:
        connection.execute(reply_versions.update().where(
            reply_versions.c.reply == reply_id, reply_versions.c.number == number).values(**values))

    def _decide(self, connection: sa.Connection, actor: Actor, reply_id: str, number: int, decision: str, note: str) -> None:
        self._set(connection, reply_id, number, state=decision, decided_by=actor.account, decided_at=stamp(self._clock()),
                  note=note[:LONGEST_NOTE])

    def _done(self, connection: sa.Connection, actor: Actor, action: str, reply_id: str, version: int, number: int,
              current: int | None = None) -> None:
        """The reply's row after a step. current: the number that answers from now on, None for no change."""
        values: dict[str, Any] = {"version": version + 1, "updated_at": stamp(self._clock())}
        connection.execute(replies.update().where(replies.c.id == reply_id)
                           .values(values if current is None else {**values, "current": current}))
        if current is not None:
            self._put(connection, REVISION, new_id())
        self._audit.note(connection, actor, f"reply.{action}", "reply", reply_id, {"number": number})


def _holds(content: Content, text: str) -> bool:
    lines = (content.title.zh, content.title.en, *content.questions.zh, *content.questions.en,
             *(line for s in content.statements for line in (s.zh, s.en)))
    return any(text.lower() in line.lower() for line in lines)
