"""A purge removes what is too old and nothing else, and its proof is what the database and its files show."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from assistant.desk.accounts import Accounts
from assistant.desk.audit import Audit
from assistant.desk.cases import Cases, Draft
from assistant.desk.database import Database
from assistant.desk.journal import Journal, Kept
from assistant.desk.migrating import downgrade, upgrade
from assistant.desk.moments import new_id, stamp
from assistant.desk.people import OPERATOR, Actor
from assistant.desk.retention import Purge, Removed, Retention
from assistant.desk.tables import answers, case_entries, cases, feedback, gap_questions, gaps
from assistant.errors import SettingsError
from tests.desk.conftest import SettableClock
from tests.desk.test_migrations import command

PHONE, COMPANY, ASKED = "13812345678", "苏州某某电子有限公司", "充电宝出口日本要做什么认证"


class Bench:
    """The desk's parts on one database, and short ways to put things into it."""

    def __init__(self, database: Database, clock: SettableClock, audit: Audit, journal: Journal, staff: Actor) -> None:
        self.database, self.clock, self.audit, self.journal, self.staff = database, clock, audit, journal, staff
        self.cases, self.retention = Cases(database, audit, clock), Retention(database, audit, clock)

    def answer(self, question: str = ASKED) -> Kept:
        """An answer as the journal keeps it."""
        row = Kept(new_id(), stamp(self.clock()), "page", None, question, [], [], "zh", "checked", False, "2026-11-22", "l",
                   ["jp"], ["power-bank"], "", [], {"answer": f"答:{question}"}, 1.0)
        with self.database.writing() as connection:
            connection.execute(answers.insert().values(msgspec.to_builtins(row)))
        return row

    def case(self, kept: Kept | None = None) -> str:
        """An open case with a note, a contact and, if given, an answer."""
        case = self.cases.create(self.staff, Draft(f"{ASKED},回电{PHONE}", "phone", COMPANY, PHONE, "充电宝", ["power-bank"], ["jp"]), kept)
        self.cases.add_note(self.staff, case.id, f"客户电话 {PHONE},{COMPANY}")
        self.cases.change(self.staff, case.id, case.version, {"question": f"改:{PHONE}", "status": "waiting", "contact": f"{PHONE} 王"})
        return case.id

    def close(self, case: str) -> None:
        version, = self.rows(cases.c.version, cases.c.id == case)
        self.cases.change(self.staff, case, version, {"status": "closed"})

    def rows(self, column: sa.Column[object], *where: sa.ColumnElement[bool]) -> list[object]:
        with self.database.reading() as connection:
            return list(connection.scalars(sa.select(column).where(*where)))

    def purge(self, days: int = 365, dry_run: bool = False) -> Purge:
        return self.retention.purge(OPERATOR, days, dry_run)

    def everything(self) -> str:
        """Every value of every table as one text."""
        with self.database.reading() as connection:
            reflected = sa.MetaData()
            reflected.reflect(connection)
            return "\n".join(repr(tuple(row)) for table in reflected.sorted_tables for row in connection.execute(sa.select(table)))


@pytest.fixture
def bench(database: Database, clock: SettableClock, audit: Audit, journal: Journal, staff: Actor) -> Bench:
    return Bench(database, clock, audit, journal, staff)


def line(done: Purge, table: str, what: str = "removed") -> Removed:
    found, = [t for t in done.tables if (t.table, t.what) == (table, what)]
    return found


def proof(*ids: str) -> str:
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()


def test_old_answers_go_with_their_thumbs_and_new_ones_stay(bench: Bench) -> None:
    old = bench.answer()
    bench.journal.judge(old.id, "down", "答非所问")
    bench.clock.forward(days=300)
    new = bench.answer()
    bench.journal.judge(new.id, "up")
    bench.clock.forward(days=66)
    done = bench.purge()
    assert bench.rows(answers.c.id) == [new.id] and bench.rows(feedback.c.answer) == [new.id]
    found = line(done, "answers")
    assert (found.before, found.rows, found.kept, found.left, found.sha256) == (2, 1, 0, 0, proof(old.id))
    assert line(done, "feedback").rows == 1 and done.clean


@pytest.mark.parametrize(("days", "left"), [(364, 1), (365, 1), (366, 0)])
def test_the_cutoff_is_to_the_moment(bench: Bench, days: int, left: int) -> None:
    bench.answer()
    bench.clock.forward(days=days)
    bench.purge()
    assert len(bench.rows(answers.c.id)) == left


def test_an_answer_in_an_open_case_stays_until_the_case_is_purged(bench: Bench) -> None:
    handed, sent, loose = bench.answer(), bench.answer(), bench.answer()
    case = bench.case(handed)
    bench.cases.add_answer(bench.staff, case, sent, f"已答复 {PHONE}")
    bench.clock.forward(days=400)
    found = line(bench.purge(), "answers")
    assert set(bench.rows(answers.c.id)) == {handed.id, sent.id}
    assert (found.rows, found.kept, found.left, found.sha256) == (1, 2, 0, proof(loose.id))
    assert bench.cases.open(bench.staff, case)[0].company == COMPANY
    bench.close(case)
    bench.clock.forward(days=366)
    assert line(bench.purge(), "answers").rows == 2 and bench.rows(answers.c.id) == []


def test_a_transcript_keeps_all_its_answers(bench: Bench) -> None:
    kept = [bench.answer(f"{ASKED} {n}") for n in range(3)]
    bench.cases.handover(kept, PHONE, "phone")
    bench.clock.forward(days=400)
    assert line(bench.purge(), "answers").kept == 3 and len(bench.rows(answers.c.id)) == 3


def test_a_closed_case_keeps_figures_and_loses_who_and_what_was_said(bench: Bench) -> None:
    kept = bench.answer()
    case = bench.case(kept)
    bench.cases.add_answer(bench.staff, case, kept, f"已答复 {PHONE}")
    bench.close(case)
    with bench.database.reading() as connection:
        before = connection.execute(sa.select(cases)).one()
        entries = connection.execute(sa.select(case_entries)).all()
    bench.clock.forward(days=366)
    done = bench.purge()
    with bench.database.reading() as connection:
        after = connection.execute(sa.select(cases)).one()
        emptied = connection.execute(sa.select(case_entries)).all()
    assert (after.company, after.contact, after.product, after.question, after.purged_at) == ("", "", "", "", done.at)
    same = [n for n in before._fields if n not in {"company", "contact", "product", "question", "purged_at", "version"}]
    assert all(getattr(before, n) == getattr(after, n) for n in same) and after.version == before.version + 1
    assert [(e.id, e.at, e.kind, e.actor) for e in emptied] == [(e.id, e.at, e.kind, e.actor) for e in entries]
    assert all(e.text == "" and e.answer is None and e.answer_id is None for e in emptied)
    changes = [c for e in emptied for c in e.detail.get("changes", [])]
    assert {"field": "status", "old": "open", "new": "waiting"} in changes and {"field": "question"} in changes
    assert not any(text in bench.everything() for text in (PHONE, COMPANY, ASKED))
    assert line(done, "cases", "blanked").sha256 == proof(case) and line(done, "case_entries", "blanked").rows == len(entries)
    again = bench.purge()
    assert all(t.rows == 0 for t in again.tables) and again.clean


def test_open_and_lately_closed_cases_are_left_alone(bench: Bench) -> None:
    still_open, late = bench.case(), bench.case()
    bench.clock.forward(days=300)
    bench.close(late)
    bench.clock.forward(days=100)
    before = bench.everything()
    bench.retention.purge(OPERATOR, 365)
    assert set(bench.rows(cases.c.contact)) == {f"{PHONE} 王"} and {still_open, late} == set(bench.rows(cases.c.id))
    assert before.count(PHONE) == bench.everything().count(PHONE)


def test_a_case_opened_again_after_a_purge_is_purged_again(bench: Bench) -> None:
    case = bench.case()
    bench.close(case)
    bench.clock.forward(days=366)
    bench.purge()
    version, = bench.rows(cases.c.version)
    bench.cases.change(bench.staff, case, version, {"status": "open", "contact": PHONE})
    bench.cases.add_note(bench.staff, case, f"又来电 {PHONE}")
    bench.close(case)
    bench.clock.forward(days=200)
    assert line(bench.purge(), "cases", "blanked").rows == 0 and PHONE in bench.everything()
    bench.clock.forward(days=166)
    assert line(bench.purge(), "cases", "blanked").rows == 1 and PHONE not in bench.everything()


def test_a_merged_case_is_a_part_of_the_one_it_went_into(bench: Bench) -> None:
    first, second = bench.case(), bench.case()
    version, = bench.rows(cases.c.version, cases.c.id == first)
    bench.cases.merge(bench.staff, first, second, version)
    bench.clock.forward(days=400)
    assert line(bench.purge(), "cases", "blanked").rows == 0
    assert len(bench.cases.open(bench.staff, second)[1]) > 4 and bench.everything().count(f"客户电话 {PHONE}") == 2
    bench.close(second)
    bench.clock.forward(days=366)
    assert line(bench.purge(), "cases", "blanked").sha256 == proof(first, second) and PHONE not in bench.everything()


def test_what_was_asked_of_closed_gaps_goes_and_of_open_ones_stays(bench: Bench) -> None:
    answer = bench.answer()
    at = stamp(bench.clock())
    with bench.database.writing() as connection:
        for gap, status in (("open", "open"), ("closed", "closed")):
            connection.execute(gaps.insert().values(
                id=gap, created_at=at, updated_at=at, status=status, question="q", language="zh", place="jp", markets=[],
                products=[], times=1, last_at=at))
            connection.execute(gap_questions.insert().values(
                id=f"of-{gap}", gap=gap, at=at, reason="flag", question=f"{ASKED} {gap}", answer=answer.id, note="n"))
    bench.clock.forward(days=366)
    done = bench.purge()
    assert bench.rows(gap_questions.c.id) == ["of-open"] and bench.rows(gap_questions.c.answer) == [None]
    assert set(bench.rows(gaps.c.id)) == {"open", "closed"}
    assert line(done, "gap_questions").sha256 == proof("of-closed")
    assert line(done, "gap_questions", "unlinked").sha256 == proof("of-open")


def test_ended_sessions_and_keys_go_and_the_others_still_work(bench: Bench, accounts: Accounts) -> None:
    password = accounts.set_password(OPERATOR, bench.staff.account)
    ended, _ = accounts.sign_in("li.na", password, "::1", "b")
    accounts.end_session(bench.staff, accounts.who(ended).session)
    revoked, _ = accounts.create_key(bench.staff, "旧", ("ask",))
    accounts.revoke_key(bench.staff, revoked.id)
    open_session, _ = accounts.sign_in("li.na", password, "::1", "b")
    _, key = accounts.create_key(bench.staff, "新", ("ask",))
    done = bench.purge()
    assert line(done, "sessions").rows == 1 and line(done, "api_keys").sha256 == proof(revoked.id)
    assert accounts.who(open_session).account == accounts.who_by_key(key).account == bench.staff.account


def test_the_audit_log_holds_the_proof_and_stays_whole(bench: Bench) -> None:
    old = bench.answer()
    bench.clock.forward(days=366)
    done = bench.purge()
    written = bench.audit.lines()[0]
    assert (written.action, written.detail["cutoff"], written.detail["days"]) == ("purge", done.cutoff, 365)
    assert {"table": "answers", "what": "removed", "rows": 1, "sha256": proof(old.id)} in written.detail["tables"]
    assert bench.audit.broken() is None


def test_a_dry_run_says_the_same_and_does_nothing(bench: Bench) -> None:
    bench.close(bench.case(bench.answer()))
    bench.answer()
    bench.clock.forward(days=366)
    before = bench.everything()
    would = bench.purge(dry_run=True)
    assert bench.everything() == before and would.dry_run
    assert would.tables == bench.purge().tables and line(would, "answers").rows == 2


def test_what_is_left_is_counted_and_not_assumed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.answer()
    bench.clock.forward(days=366)
    monkeypatch.setattr("assistant.desk.retention._batches", lambda ids: iter(()))
    done = bench.purge()
    assert line(done, "answers").left == 1 and not done.clean


@pytest.mark.parametrize("days", [0, -1, 40_000])
def test_a_number_of_days_that_cannot_be_is_refused(bench: Bench, days: int) -> None:
    with pytest.raises(SettingsError, match="number of days"):
        bench.purge(days)


def test_an_older_form_is_refused_in_a_sentence(database: Database, audit: Audit, clock: SettableClock) -> None:
    downgrade(database, "0001")
    with pytest.raises(SettingsError, match="form"):
        Retention(database, audit, clock).purge(OPERATOR, 365)


def bytes_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.name.startswith("desk.sqlite"))


def test_the_files_of_sqlite_no_longer_hold_the_text(tmp_path: Path, clock: SettableClock) -> None:
    """While another connection is open, as the server's would be: the log of changes is not emptied by closing."""
    database = Database(f"sqlite:///{tmp_path / 'desk.sqlite'}")
    upgrade(database)
    audit = Audit(database, clock)
    actor = Actor(Accounts(database, audit, clock).create(OPERATOR, "li.na", "staff")[0].id, "li.na", "staff", "session")
    bench = Bench(database, clock, audit, Journal(database, audit, clock), actor)
    other = Database(f"sqlite:///{tmp_path / 'desk.sqlite'}")
    with other.reading() as connection:
        connection.execute(sa.select(cases)).all()
    for _ in range(30):
        case = bench.case(bench.answer())
        bench.close(case)
    assert PHONE.encode() in bytes_on_disk(tmp_path) and COMPANY.encode() in bytes_on_disk(tmp_path)
    bench.clock.forward(days=366)
    done = bench.purge()
    for text in (PHONE, COMPANY, ASKED):
        assert text.encode() not in bytes_on_disk(tmp_path)
    assert done.rewritten and done.clean and "rewritten" in done.remains
    other.close()
    database.close()


def test_a_reader_that_holds_the_files_is_told_of(tmp_path: Path, clock: SettableClock) -> None:
    database = Database(f"sqlite:///{tmp_path / 'desk.sqlite'}")
    upgrade(database)
    other = Database(f"sqlite:///{tmp_path / 'desk.sqlite'}")
    # A short wait, so that the test need not wait as long as the program would.
    sa.event.listen(database.engine, "checkout", lambda connection, *_: connection.execute("PRAGMA busy_timeout=200"))
    with other.reading() as connection:
        connection.execute(sa.select(cases)).all()
        done = Retention(database, Audit(database, clock), clock).purge(OPERATOR, 365)
    assert not done.rewritten and not done.clean and "again" in done.remains
    assert Retention(database, Audit(database, clock), clock).purge(OPERATOR, 365).clean
    other.close()
    database.close()


def test_the_command(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'desk.sqlite'}"
    assert "migrate" in command(url, "purge", code=2)
    command(url, "migrate")
    assert "Nothing was removed" in command(url, "purge", "--dry-run")
    done = msgspec.json.decode(command(url, "purge", "--days", "30", "--json"))
    assert done["days"] == 30 and done["rewritten"] and all(t["left"] == 0 for t in done["tables"])
    assert "365 days" in command(url, "purge") and "number of days" in command(url, "purge", "--days", "0", code=2)
