"""Cases: one for each matter of a caller, with everything that was noted and answered, and who may change what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from assistant.desk import case_rows
from assistant.desk.audit import Audit
from assistant.desk.case_history import add_entry, kept_answer, readable, turn
from assistant.desk.case_rows import Case, Entry, case_of, case_query, checked, looks_after
from assistant.desk.case_search import Filters, cursor, search
from assistant.desk.database import Database
from assistant.desk.journal import Kept
from assistant.desk.masking import masked_contact
from assistant.desk.moments import Clock, new_id, stamp
from assistant.desk.people import ALLOWED, VISITOR, Actor
from assistant.desk.refusals import Unacceptable, changed, not_allowed, not_here
from assistant.desk.tables import accounts, case_entries, cases
from assistant.types import Words

#: Cases on one page, and in one workbook.
PAGE, LARGEST_EXPORT = 200, 10_000

TAKE_FIRST = Words("这个工单由别人负责。", "Somebody else looks after this case.")
TAKE_FIRST_HOW = Words("接手后才能修改。", "Take it over before you change it.")
MERGED = Words("这个工单已经并入另一个工单。", "This case was merged into another one.")
MERGED_HOW = Words("请打开并入的那个工单。", "Open the case it was merged into.")
ITSELF = Words("工单不能并入自己。", "A case cannot be merged into itself.")
ANOTHER = Words("请选另一个工单。", "Choose another case.")
NO_OWNER = Words("没有这个可用的账号。", "There is no active member of staff with this id.")
CHOOSE_OWNER = Words("请从列表里选负责人。", "Choose the owner from the list.")
TOO_MANY = Words("结果太多,一次最多导出 10,000 个。", "These are too many; a file holds 10,000 at most.")
NARROW = Words("请加筛选条件后再导出。", "Add filters and export again.")
NO_CONTACT = Words("没有留联系方式。", "There is no contact.")
CONTACT_HOW = Words("请留一个电话、微信或邮箱,热线才能回复。", "Leave a telephone number, WeChat name or mail address to be answered at.")
NOTHING_HANDED = Words("没有可以转交的内容。", "There is nothing to hand over.")
ASK_OR_WRITE = Words("请先提问,或在留言里写下问题。", "Ask a question first, or write it as a note.")


@dataclass(frozen=True, slots=True)
class Draft:
    """A case as somebody at the desk writes it down. Fields as in Case."""

    question: str
    channel: str
    company: str = ""
    contact: str = ""
    product: str = ""
    products: Sequence[str] = ()
    markets: Sequence[str] = ()
    follow_up: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One page of cases. next: what to pass as `before` for the page after it, None on the last one."""

    cases: list[Case]
    next: str | None


class Cases:
    """Reads and changes cases. A contact is readable for the case's owner, reviewers and administrators."""

    def __init__(self, database: Database, audit: Audit, clock: Clock) -> None:
        self._database, self._audit, self._clock = database, audit, clock

    # --- reading ---

    def find(self, actor: Actor, filters: Filters, before: str = "", limit: int = 50) -> Found:
        """A page of cases, last changed first; contacts always with stars, since a list is no access that is audited.

        Raises Unacceptable for filters that cannot be.
        """
        actor.need("desk")
        limit = max(1, min(limit, PAGE))
        with self._database.reading() as connection:
            rows = connection.execute(search(actor, filters, before).limit(limit + 1)).all()
        shown = [case_of(row, whole=False) for row in rows[:limit]]
        return Found(shown, cursor(shown[-1].updated_at, shown[-1].id) if len(rows) > limit else None)

    def export(self, actor: Actor, filters: Filters) -> list[Case]:
        """Every case found, with the contacts the actor may read; the audit log names those. Raises Unacceptable."""
        actor.need("desk")
        with self._database.writing() as connection:
            rows = connection.execute(search(actor, filters).limit(LARGEST_EXPORT + 1)).all()
            if len(rows) > LARGEST_EXPORT:
                raise Unacceptable(TOO_MANY, NARROW)
            shown = [case_of(row, looks_after(actor, row.owner)) for row in rows]
            self._audit.note(connection, actor, "case.export", "case", "", {
                "count": len(shown), "contacts": [c.id for c in shown if c.contact and not c.contact_masked]})
        return shown

    def open(self, actor: Actor, case_id: str) -> tuple[Case, list[Entry]]:
        """The case and its history with that of the cases merged into it, oldest first; audited. Raises NotHere."""
        actor.need("desk")
        with self._database.writing() as connection:
            case = self._shown(connection, actor, case_id)
            entries = readable(connection, case_id)
            self._audit.note(connection, actor, "case.open", "case", case_id)
        return case, entries

    def holding(self, answer_id: str) -> list[str]:
        """Ids of the cases in whose history this answer stands."""
        in_transcript = sa.and_(case_entries.c.kind == "transcript",
                                sa.cast(case_entries.c.detail, sa.Text).contains(f'"{answer_id}"', autoescape=True))
        with self._database.reading() as connection:
            return list(connection.scalars(sa.select(case_entries.c.case).distinct().where(
                sa.or_(case_entries.c.answer_id == answer_id, in_transcript)).order_by(case_entries.c.case)))

    # --- writing ---

    def create(self, actor: Actor, draft: Draft, kept: Kept | None = None) -> Case:
        """A new case, looked after by whoever wrote it down. kept: the answer it came from. Raises Unacceptable."""
        actor.need("desk")
        values = checked(asdict(draft))
        with self._database.writing() as connection:
            case_id = self._insert(connection, values, origin="call", owner=actor.account)
            if kept:
                self._transcript(connection, actor, case_id, [kept])
            self._audit.note(connection, actor, "case.create", "case", case_id, {"answers": [kept.id] if kept else []})
            return self._shown(connection, actor, case_id)

    def handover(self, kept: Sequence[Kept], contact: str, channel: str, company: str = "", note: str = "",
                 language: str = "zh") -> str:
        """A visitor gives the conversation to the hotline and agrees to it; the id of the case. kept: oldest first.

        Raises Unacceptable without a contact, or with neither an answer nor a note.
        """
        note = case_rows.line(note, case_rows.LONGEST_QUESTION)
        if not contact.strip():
            raise Unacceptable(NO_CONTACT, CONTACT_HOW)
        if not kept and not note:
            raise Unacceptable(NOTHING_HANDED, ASK_OR_WRITE)
        values = checked({
            "channel": channel, "company": company, "contact": contact,
            # The first question of a conversation stands alone; later ones often do not.
            "question": (kept[0].question if kept else note)[:case_rows.LONGEST_QUESTION],
            "markets": list(dict.fromkeys(m for k in kept for m in k.markets))[: case_rows.MOST_IDS],
            "products": list(dict.fromkeys(p for k in kept for p in k.products))[: case_rows.MOST_IDS]})
        with self._database.writing() as connection:
            case_id = self._insert(connection, values, origin="chat", owner=None, consent_at=stamp(self._clock()))
            if kept:
                self._transcript(connection, VISITOR, case_id, kept, language)
            if note:
                add_entry(connection, self._clock, VISITOR, case_id, "note", note)
            self._audit.note(connection, VISITOR, "case.handover", "case", case_id, {"answers": [k.id for k in kept]})
        return case_id

    def change(self, actor: Actor, case_id: str, version: int, changes: Mapping[str, Any]) -> Case:
        """Change fields (`case_rows.CHANGEABLE`) of the version that was read.

        Raises NotHere, NotAllowed for another's case, Changed when somebody else was first, Unacceptable.
        """
        wanted = checked(changes)
        with self._database.writing() as connection:
            row = self._own(connection, actor, case_id)
            self._same(row, version)
            if wanted.get("contact") == masked_contact(row.contact):
                wanted.pop("contact", None)  # a form sent back what it was shown: the stars must not replace it
            new = {name: value for name, value in wanted.items() if value != getattr(row, name)}
            if new.get("owner"):
                self._may_own(connection, new["owner"])
            if new:
                self._write(connection, actor, row, new)
                self._audit.note(connection, actor, "case.change", "case", case_id, {"fields": sorted(new)})
            else:  # it is shown all the same
                self._audit.note(connection, actor, "case.open", "case", case_id)
            return self._shown(connection, actor, case_id)

    def take(self, actor: Actor, case_id: str, version: int) -> Case:
        """Become the owner, also of a case that another looks after. Raises NotHere, Changed, Unacceptable."""
        actor.need("desk")
        with self._database.writing() as connection:
            row = self._locked(connection, case_id)
            self._same(row, version)
            if row.owner != actor.account:
                self._may_own(connection, actor.account)
                self._write(connection, actor, row, {"owner": actor.account})
                self._audit.note(connection, actor, "case.take", "case", case_id, {"from": row.owner})
            else:
                self._audit.note(connection, actor, "case.open", "case", case_id)
            return self._shown(connection, actor, case_id)

    def add_note(self, actor: Actor, case_id: str, text: str) -> Entry:
        """Raises NotHere, NotAllowed, Unacceptable for an empty or overlong text."""
        text = case_rows.written(text)
        with self._database.writing() as connection:
            self._own(connection, actor, case_id)
            entry = add_entry(connection, self._clock, actor, case_id, "note", text)
            self._touch(connection, case_id)
            self._audit.note(connection, actor, "case.note", "case", case_id)
        return entry

    def add_answer(self, actor: Actor, case_id: str, kept: Kept, text: str) -> Entry:
        """What was sent to the caller, with the answer it came from and its evidence; the case becomes answered.

        Raises NotHere, NotAllowed, Unacceptable for an empty or overlong text.
        """
        text = case_rows.written(text)
        with self._database.writing() as connection:
            row = self._own(connection, actor, case_id)
            entry = add_entry(connection, self._clock, actor, case_id, "answer", text, {}, kept_answer(kept), kept.id)
            if row.status != "answered":
                self._write(connection, actor, row, {"status": "answered"})
            else:
                self._touch(connection, case_id)
            self._audit.note(connection, actor, "case.answer", "case", case_id, {"answer": kept.id})
        return entry

    def merge(self, actor: Actor, case_id: str, into: str, version: int) -> Case:
        """Close a duplicate; its history is read with that of `into` from now on. Returns the duplicate as it is now.

        Raises NotHere, NotAllowed unless both may be changed, Changed, Unacceptable.
        """
        if case_id == into:
            raise Unacceptable(ITSELF, ANOTHER)
        with self._database.writing() as connection:
            # Two people who merge the same pair both ways take the rows in the same order.
            rows = {i: self._own(connection, actor, i) for i in sorted((case_id, into))}
            self._same(rows[case_id], version)
            now = stamp(self._clock())
            add_entry(connection, self._clock, actor, case_id, "merge", "", {"from": case_id, "into": into})
            connection.execute(cases.update().where(cases.c.id == case_id).values(
                status="closed", closed_at=rows[case_id].closed_at or now, merged_into=into, updated_at=now,
                version=version + 1))
            self._touch(connection, into)
            self._audit.note(connection, actor, "case.merge", "case", case_id, {"into": into})
            return self._shown(connection, actor, case_id)

    # --- parts ---

    def _shown(self, connection: sa.Connection, actor: Actor, case_id: str) -> Case:
        row = connection.execute(case_query().where(cases.c.id == case_rows.known_form(case_id))).first()
        if row is None:
            raise not_here()
        return case_of(row, looks_after(actor, row.owner))

    def _locked(self, connection: sa.Connection, case_id: str) -> sa.Row[Any]:
        """The row, held against other writers until the transaction ends. Raises NotHere, Unacceptable if merged."""
        query = sa.select(cases).where(cases.c.id == case_rows.known_form(case_id))
        row = connection.execute(query.with_for_update()).first()
        if row is None:
            raise not_here()
        if row.merged_into:
            raise Unacceptable(MERGED, MERGED_HOW)
        return row

    def _own(self, connection: sa.Connection, actor: Actor, case_id: str) -> sa.Row[Any]:
        """The locked row of a case that the actor may change. Raises NotHere, NotAllowed, Unacceptable."""
        actor.need("desk")
        row = self._locked(connection, case_id)
        if row.owner is not None and not looks_after(actor, row.owner):
            raise not_allowed(TAKE_FIRST, TAKE_FIRST_HOW)
        return row

    @staticmethod
    def _same(row: sa.Row[Any], version: int) -> None:
        if row.version != version:
            raise changed()

    @staticmethod
    def _may_own(connection: sa.Connection, account: str) -> None:
        query = sa.select(accounts.c.role, accounts.c.status).where(accounts.c.id == account)
        found = connection.execute(query).first()
        if found is None or found.status != "active" or found.role not in ALLOWED["desk"]:
            raise Unacceptable(NO_OWNER, CHOOSE_OWNER)

    def _insert(self, connection: sa.Connection, values: Mapping[str, Any], origin: str, owner: str | None,
                consent_at: str | None = None) -> str:
        case_id, now = new_id(), stamp(self._clock())
        if owner:
            self._may_own(connection, owner)
        connection.execute(cases.insert().values(
            id=case_id, created_at=now, updated_at=now, version=1, status="open", owner=owner, origin=origin,
            consent_at=consent_at, **values))
        return case_id

    def _write(self, connection: sa.Connection, actor: Actor, row: sa.Row[Any], new: Mapping[str, Any]) -> None:
        """The new values, and in the history what they replaced."""
        now = stamp(self._clock())
        values: dict[str, Any] = {**new, "version": row.version + 1, "updated_at": now}
        if "status" in new:
            values["closed_at"] = now if new["status"] == "closed" else None
        connection.execute(cases.update().where(cases.c.id == row.id).values(values))
        told = [{"field": name} if name in case_rows.PERSONAL else
                {"field": name, "old": getattr(row, name), "new": value} for name, value in new.items()]
        add_entry(connection, self._clock, actor, row.id, "change", "", {"changes": told})

    def _touch(self, connection: sa.Connection, case_id: str) -> None:
        # Without a new version: a note must not undo what somebody else is typing into the fields.
        connection.execute(cases.update().where(cases.c.id == case_id).values(updated_at=stamp(self._clock())))

    def _transcript(self, connection: sa.Connection, actor: Actor, case_id: str, kept: Sequence[Kept],
                    language: str = "") -> None:
        turns = [turn(k) for k in kept]
        text = "\n\n".join(f"{t['question']}\n{t['answer']}" for t in turns)
        add_entry(connection, self._clock, actor, case_id, "transcript", text,
                  {"language": language or kept[0].language, "turns": turns}, None, kept[-1].id)
