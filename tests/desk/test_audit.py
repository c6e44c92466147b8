"""The audit log only grows, and says when somebody got at it."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from assistant.desk.audit import Audit
from assistant.desk.database import Database
from assistant.desk.people import OPERATOR, VISITOR
from assistant.desk.tables import audit as table
from assistant.desk.tables import audit_head


def _note(database: Database, audit: Audit, object_id: str) -> None:
    with database.writing() as connection:
        audit.note(connection, OPERATOR, "case.open", "case", object_id, {"fields": ["status"]})


def test_lines_are_numbered_and_chained(database: Database, audit: Audit) -> None:
    for i in range(5):
        _note(database, audit, f"c{i}")
    lines = list(audit.all_lines())
    assert [line.seq for line in lines] == [1, 2, 3, 4, 5]
    assert [line.previous for line in lines] == ["", *(line.hash for line in lines[:-1])]
    assert audit.broken() is None
    assert [line.object for line in audit.lines(before=4, limit=2)] == ["c2", "c1"]


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x' WHERE seq = 2", "DELETE FROM audit WHERE seq = 2", "DELETE FROM audit"])
def test_the_database_refuses_to_change_a_line(database: Database, audit: Audit, statement: str) -> None:
    for i in range(3):
        _note(database, audit, f"c{i}")
    with pytest.raises(sa.exc.DBAPIError), database.writing() as connection:
        connection.execute(sa.text(statement))
    assert len(list(audit.all_lines())) == 3


def _without_guard(database: Database) -> None:
    with database.writing() as connection:
        if database.sqlite:
            connection.execute(sa.text("DROP TRIGGER audit_no_update"))
            connection.execute(sa.text("DROP TRIGGER audit_no_delete"))
        else:
            connection.execute(sa.text("DROP TRIGGER audit_no_change ON audit"))


@pytest.mark.parametrize("change, first", [
    (table.update().where(table.c.seq == 3).values(actor="somebody"), 3),
    (table.update().where(table.c.seq == 3).values(detail={}), 3),
    (table.delete().where(table.c.seq == 2), 2),
    (table.delete().where(table.c.seq == 5), 5),
    (table.delete(), 1),
    (audit_head.update().values(seq=4), 6),
])
def test_what_was_changed_behind_the_guard_is_found(database: Database, audit: Audit, change: sa.Executable, first: int) -> None:
    for i in range(5):
        _note(database, audit, f"c{i}")
    _without_guard(database)
    with database.writing() as connection:
        connection.execute(change)
    assert audit.broken() == first


def test_a_line_stands_or_falls_with_its_change(database: Database, audit: Audit) -> None:
    with pytest.raises(RuntimeError), database.writing() as connection:
        audit.note(connection, VISITOR, "case.create", "case", "c1")
        raise RuntimeError
    assert list(audit.all_lines()) == []
    _note(database, audit, "c2")
    assert audit.broken() is None


def test_many_at_once_form_one_chain(database: Database, audit: Audit) -> None:
    threads = [threading.Thread(target=lambda n=n: [_note(database, audit, f"{n}-{i}") for i in range(10)]) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(audit.all_lines())) == 60
    assert audit.broken() is None
