"""A process that is killed at any moment loses no case that it acknowledged."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time

import sqlalchemy as sa

from assistant.desk.audit import Audit
from assistant.desk.database import Database
from assistant.desk.migrating import newest, revision, upgrade
from assistant.desk.moments import utc_now
from assistant.desk.people import Actor
from assistant.desk.tables import case_entries, cases
from assistant.settings import ROOT

ROUNDS = 6

#: argv: address of the database, account. Four threads write cases and notes; an id is printed only after its commit.
WRITER = """
import os, sys, threading
from assistant.desk.audit import Audit
from assistant.desk.cases import Cases, Draft
from assistant.desk.database import Database
from assistant.desk.moments import utc_now
from assistant.desk.people import Actor
database = Database(sys.argv[1])
cases = Cases(database, Audit(database, utc_now), utc_now)
staff = Actor(sys.argv[2], "li.na", "staff", "session")
def say(line):  # in one write, so that the lines of two threads do not mix
    os.write(1, f"{line}\\n".encode())
def write():
    while True:
        case = cases.create(staff, Draft("充电宝出口日本 " * 20, "phone", contact="13812345678"))
        say(f"case {case.id}")
        entry = cases.add_note(staff, case.id, "回电 " * 500)
        say(f"note {entry.id}")
for _ in range(4):
    threading.Thread(target=write).start()
"""


class Writer:
    """The writing process and what it acknowledged, read until it is killed."""

    def __init__(self, database: Database, account: str) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", WRITER, address(database), account], cwd=ROOT, text=True, stdout=subprocess.PIPE,
                                        env={**os.environ, "PYTHONUTF8": "1"})
        self.acknowledged: list[tuple[str, str]] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            kind, _, name = line.partition(" ")
            if line.endswith("\n") and name.strip():
                self.acknowledged.append((kind, name.strip()))

    def kill_after(self, count: int, seconds: float) -> list[tuple[str, str]]:
        """Kill it so many seconds after it acknowledged so many; what it had acknowledged."""
        end = time.monotonic() + 60
        while len(self.acknowledged) < count and self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.002)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGKILL)
        assert self.process.wait() == -signal.SIGKILL, "it ended by itself"
        self._reader.join()
        return self.acknowledged


def kept(database: Database) -> tuple[set[str], set[str]]:
    """Ids of cases and of entries."""
    with database.reading() as connection:
        return set(connection.scalars(sa.select(cases.c.id))), set(connection.scalars(sa.select(case_entries.c.id)))


def address(database: Database) -> str:
    """As DATABASE_URL is written."""
    return database.url.set(drivername=database.url.get_backend_name()).render_as_string(hide_password=False)


def test_no_acknowledged_case_is_lost_by_a_kill(database: Database, staff: Actor) -> None:
    chance = random.Random()
    acknowledged: list[tuple[str, str]] = []
    for _ in range(ROUNDS):
        told = Writer(database, staff.account).kill_after(chance.randint(5, 40), chance.random() * 0.05)
        assert len(told) >= 5, "it was killed before it wrote"
        acknowledged += told
        opened = Database(address(database))
        assert revision(opened) == newest() and upgrade(opened) == newest()
        in_cases, in_entries = kept(opened)
        assert {name for kind, name in acknowledged if kind == "case"} <= in_cases
        assert {name for kind, name in acknowledged if kind == "note"} <= in_entries
        assert Audit(opened, utc_now).broken() is None
        with opened.reading() as connection:
            told_of = set(connection.scalars(sa.text("SELECT object FROM audit WHERE action = 'case.create'")))
        assert told_of == in_cases, "a case and its line in the audit log stand or fall together"
        if opened.sqlite:
            with opened.reading() as connection:
                assert connection.execute(sa.text("PRAGMA integrity_check")).scalar_one() == "ok"
                assert connection.execute(sa.text("PRAGMA foreign_key_check")).all() == []
        opened.close()
