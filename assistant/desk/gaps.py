"""Knowledge gaps: what was asked and could not be answered, grouped by likeness, until a record or a reason closes it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import msgspec
import numpy as np
import sqlalchemy as sa

from assistant.desk.audit import Audit
from assistant.desk.database import Database
from assistant.desk.gap_ranking import ANSWERED, Asking, Gap, Opened, ranked
from assistant.desk.masking import masked
from assistant.desk.moments import Clock, new_id, stamp
from assistant.desk.people import ALLOWED, SYSTEM, VISITOR, Actor
from assistant.desk.refusals import Unacceptable, changed, not_here
from assistant.desk.tables import accounts, gap_questions, gaps
from assistant.folding import squeeze
from assistant.types import Answer, Words

log = logging.getLogger(__name__)
#: Least cosine at which a question joins a gap whose place names a market and a product. Typical questions of the
#: library of November 2026 with its corpus embedder: 91 % of the pairs of one section reach it (the embedder learned from
#: them; of unseen gold questions with a section in common 58 %), and 2.5 % of the pairs of two records that share a
#: market and a product. What is grouped by mistake is still for the same product in the same market.
ALIKE = 0.4
#: The same where the place names no market or no product, and holds all sorts of questions: 71 % of the pairs of one
#: section (unseen: 34 %), 0.3 % of the pairs of two records, 2.6 % of unseen questions about two records.
ALIKE_UNNAMED = 0.5
#: A new question is compared with so many gaps of its place, those asked last.
COMPARED = 200
#: Gaps in one list, and questions shown with one gap.
LISTED = 500
#: Characters kept of a question or note, and of a resolution.
LONGEST, LONGEST_RESOLUTION = 2000, 4000
STATUSES = ("open", "assigned", "closed")

Encode = Callable[[Sequence[str]], np.ndarray]

NO_ASSIGNEE = Words("要先选处理人。", "It needs somebody to look after it.")
CHOOSE = Words("请从名单里选一位在用的工作人员。", "Choose an active member of staff from the list.")
NOT_STAFF = Words("不能交给这个账号。", "This account cannot look after it.")
NO_STATUS = Words("没有这个状态。", "There is no such status.")
STATUS_HOW = Words("请用 open、assigned 或 closed。", "Use open, assigned or closed.")
NO_GROUND = Words("关闭前要写明由哪条资料补上,或者说明原因。",
                  "Before it is closed, name the record that fills it, or say why it needs none.")
NO_GROUND_HOW = Words("请填资料编号或处理说明。", "Fill in the record or the resolution.")
NO_RECORD = Words("资料库里还没有这条资料。", "The library does not hold this record yet.")
NO_RECORD_HOW = Words("请等资料发布后再关闭,或改写处理说明。", "Close it when the record is in force, or write a resolution instead.")


def _kept(text: str, longest: int) -> str:
    """`text` as a database takes it: without NUL and surrogates, cut to a length."""
    return "".join(c for c in text if c != "\0" and not "\ud800" <= c <= "\udfff").strip()[:longest]


def place_of(markets: Iterable[str], products: Iterable[str]) -> str:
    """`JP,US | usb-charger`: the markets and products of a gap, in one spelling."""
    key = " | ".join(",".join(sorted(set(ids))) for ids in (markets, products))
    return key if len(key) <= 400 else key[:383] + " " + hashlib.sha256(key.encode()).hexdigest()[:16]


class Gaps:
    """The queue of gaps. Whoever compares texts passes `encode` (texts → unit rows, shape (texts, dimensions))."""

    def __init__(self, database: Database, audit: Audit, clock: Clock) -> None:
        self._database, self._audit, self._clock = database, audit, clock

    def seen(self, question: str, language: str, markets: Collection[str], products: Collection[str], reason: str,
             encode: Encode, answer_id: str | None = None, note: str = "", actor: Actor = VISITOR) -> Gap:
        """Count a question among the gaps: with the open one it is like, else as a new one.

        The same answer counts once for each reason.
        """
        question, note = masked(_kept(question, LONGEST)), masked(_kept(note, LONGEST))
        place, now = place_of(markets, products), stamp(self._clock())
        least = ALIKE if markets and products else ALIKE_UNNAMED
        with self._database.reading() as connection:
            known = self._questions(connection, place)
        # Encoded before the turn to write is taken, so that others do not wait for it.
        vectors = encode([question, *known.values()])
        rows = dict(zip(known, vectors[1:], strict=True))
        with self._database.writing() as connection:
            self._one_at_a_time(connection, place)
            gap_id = self._of_answer(connection, answer_id)
            if gap_id and self._counted(connection, gap_id, answer_id, reason):
                return self._read(connection, gap_id)
            if not gap_id:
                here = self._questions(connection, place)
                late = [i for i in here if i not in rows]
                if late:
                    rows.update(zip(late, encode([here[i] for i in late]), strict=True))
                scores = {i: 1.0 if squeeze(text) == squeeze(question) else float(rows[i] @ vectors[0])
                          for i, text in here.items()}
                best = max(scores, key=lambda i: scores[i], default="")
                gap_id = best if best and scores[best] >= least else ""
            new = not gap_id
            if new:
                gap_id = new_id()
                connection.execute(gaps.insert().values(
                    id=gap_id, created_at=now, updated_at=now, status="open", question=question, language=language,
                    place=place, markets=sorted(set(markets)), products=sorted(set(products)), times=1, last_at=now))
            else:
                connection.execute(gaps.update().where(gaps.c.id == gap_id).values(times=gaps.c.times + 1, last_at=now))
            connection.execute(gap_questions.insert().values(
                id=new_id(), gap=gap_id, at=now, reason=reason, question=question, answer=answer_id, note=note))
            if new or reason == "flag":
                self._audit.note(connection, actor, "gap.flag" if reason == "flag" else "gap.new", "gap", gap_id)
            return self._read(connection, gap_id)

    def listed(self, status: str = "", text: str = "") -> list[Gap]:
        """At most LISTED gaps, the highest rank first. text: a part of the question, resolution or record."""
        query = sa.select(gaps)
        if status:
            query = query.where(gaps.c.status == status)
        if text:
            query = query.where(sa.or_(*(c.icontains(_kept(text, 200), autoescape=True)
                                         for c in (gaps.c.question, gaps.c.resolution, gaps.c.record))))
        with self._database.reading() as connection:
            found = ranked(connection, connection.execute(query).all(), self._clock())
        return found[:LISTED]

    def get(self, gap_id: str) -> Opened:
        """Raises NotHere."""
        with self._database.reading() as connection:
            gap = self._read(connection, gap_id)
            answer = connection.execute(sa.select(gaps.c.asked_answer).where(gaps.c.id == gap_id)).scalar_one()
            rows = connection.execute(sa.select(gap_questions).where(gap_questions.c.gap == gap_id)
                                      .order_by(gap_questions.c.at.desc(), gap_questions.c.id).limit(LISTED))
            asked = [Asking(r.id, r.at, r.reason, r.question, r.answer, r.note) for r in rows]
        return Opened(gap, asked, answer)

    def change(self, actor: Actor, gap_id: str, version: int, *, assignee: str | None = None, record: str | None = None,
               status: str | None = None, resolution: str | None = None, library: str = "",
               holds: Callable[[str], bool] = lambda record: True) -> Gap:
        """Change what is given; an empty assignee hands it back, an open gap with an assignee is `assigned`.

        library: sha256 of the library in force, kept when the gap is closed; holds: whether it has that record.
        Raises NotAllowed, NotHere, Changed, Unacceptable.
        """
        actor.need("desk")
        if status is not None and status not in STATUSES:
            raise Unacceptable(NO_STATUS, STATUS_HOW)
        now = stamp(self._clock())
        with self._database.writing() as connection:
            row = connection.execute(sa.select(gaps).where(gaps.c.id == gap_id).with_for_update()).first()
            if row is None:
                raise not_here()
            if row.version != version:
                raise changed()
            who = (_kept(assignee, 64) or None) if assignee is not None else (None if status == "open" else row.assignee)
            if who and who != row.assignee:
                self._is_staff(connection, who)
            if status == "assigned" and not who:
                raise Unacceptable(NO_ASSIGNEE, CHOOSE)
            closed = (status or row.status) == "closed"
            new: dict[str, Any] = {
                "assignee": who, "status": "closed" if closed else "assigned" if who else "open",
                "record": row.record if record is None else _kept(record, 200),
                "resolution": row.resolution if resolution is None else _kept(resolution, LONGEST_RESOLUTION)}
            if closed and not (new["record"] or new["resolution"]):
                raise Unacceptable(NO_GROUND, NO_GROUND_HOW)
            if closed and new["record"] and (new["record"], row.status) != (row.record, "closed") and not holds(new["record"]):
                raise Unacceptable(NO_RECORD, NO_RECORD_HOW)
            fields = sorted(name for name, value in new.items() if value != getattr(row, name))
            if closed != (row.status == "closed"):
                new |= {"closed_at": now if closed else None, "closed_library": library[:200] if closed else ""}
            connection.execute(gaps.update().where(gaps.c.id == gap_id).values(**new, updated_at=now, version=version + 1))
            self._audit.note(connection, actor, "gap.change", "gap", gap_id, {"fields": fields, "status": new["status"]})
            return self._read(connection, gap_id)

    def ask_again(self, ask: Callable[[str], Answer], library: str, also_unanswered: bool = False,
                  actor: Actor = SYSTEM) -> list[Gap]:
        """Ask every open gap that this library was not asked yet; returns those that it answers.

        also_unanswered: ask those again, too, that it did not answer (a curated reply may do so by now).
        A gap whose question fails is left for the next time.
        """
        answers: dict[str, Answer] = {}
        failed = 0
        for gap_id, question in self.to_ask(library, also_unanswered).items():
            try:
                answers[gap_id] = ask(question)
            except Exception:
                failed += 1
                log.exception("gap %s could not be asked again", gap_id)
        if not answers and not failed:
            return []
        answered = sorted(i for i, a in answers.items() if a.standing in ANSWERED)
        with self._database.writing() as connection:
            for gap_id in sorted(answers):
                answer = answers[gap_id]
                connection.execute(gaps.update().where(gaps.c.id == gap_id).values(
                    asked_library=library[:200], asked_standing=answer.standing, asked_answer=msgspec.to_builtins(answer)))
            self._audit.note(connection, actor, "gap.ask-again", "library", library[-64:],
                             {"asked": len(answers), "answered": len(answered), "failed": failed})
            rows = connection.execute(sa.select(gaps).where(gaps.c.id.in_(answered))).all() if answered else []
            return ranked(connection, rows, self._clock())

    def to_ask(self, library: str, also_unanswered: bool = False) -> dict[str, str]:
        """Gaps that `ask_again` would ask: id → question."""
        due = gaps.c.asked_library != library
        if also_unanswered:
            due = sa.or_(due, gaps.c.asked_standing.not_in(ANSWERED))
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(gaps.c.id, gaps.c.question).where(gaps.c.status != "closed", due)
                                      .order_by(gaps.c.id))
            return {r.id: r.question for r in rows}

    def _one_at_a_time(self, connection: sa.Connection, place: str) -> None:
        """Wait until nobody else counts a question of this place (SQLite has one writer at any time)."""
        if not self._database.sqlite:
            key = int.from_bytes(hashlib.sha256(place.encode()).digest()[:8], "big", signed=True)
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.cast(key, sa.BigInteger))))

    @staticmethod
    def _questions(connection: sa.Connection, place: str) -> dict[str, str]:
        rows = connection.execute(sa.select(gaps.c.id, gaps.c.question).where(gaps.c.place == place, gaps.c.status != "closed")
                                  .order_by(gaps.c.last_at.desc()).limit(COMPARED))
        return {r.id: r.question for r in rows}

    @staticmethod
    def _of_answer(connection: sa.Connection, answer_id: str | None) -> str:
        """The gap, not yet closed, that this answer was counted with."""
        if not answer_id:
            return ""
        query = sa.select(gaps.c.id).join(gap_questions, gap_questions.c.gap == gaps.c.id).where(
            gap_questions.c.answer == answer_id, gaps.c.status != "closed")
        return connection.execute(query.limit(1)).scalar() or ""

    @staticmethod
    def _counted(connection: sa.Connection, gap_id: str, answer_id: str | None, reason: str) -> bool:
        return connection.execute(sa.select(gap_questions.c.id).where(
            gap_questions.c.gap == gap_id, gap_questions.c.answer == answer_id, gap_questions.c.reason == reason)).first() is not None

    @staticmethod
    def _is_staff(connection: sa.Connection, account: str) -> None:
        row = connection.execute(sa.select(accounts.c.role, accounts.c.status).where(accounts.c.id == account)).first()
        if row is None or row.status != "active" or row.role not in ALLOWED["desk"]:
            raise Unacceptable(NOT_STAFF, CHOOSE)

    def _read(self, connection: sa.Connection, gap_id: str) -> Gap:
        rows = connection.execute(sa.select(gaps).where(gaps.c.id == gap_id)).all()
        if not rows:
            raise not_here()
        return ranked(connection, rows, self._clock())[0]
