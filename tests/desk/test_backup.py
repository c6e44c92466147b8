"""A backup is one moment of the database, comes back whole or not at all, and works across databases."""

from __future__ import annotations

import json
import os
import shutil
import stat
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from assistant.desk import archive, backup
from assistant.desk.archive import Archive, BackupRefused
from assistant.desk.audit import Audit
from assistant.desk.backup import restore, write_backup
from assistant.desk.cases import Cases, Draft
from assistant.desk.database import Database
from assistant.desk.migrating import downgrade, newest, revision, upgrade
from assistant.desk.moments import utc_now
from assistant.desk.people import OPERATOR, Actor
from tests.desk.sample import contents, fill, sample
from tests.desk.test_migrations import command

#: What a restore changes on purpose: it ends sessions, and tells the audit log.
TOLD = ("audit", "audit_head", "sessions")


@pytest.fixture
def filled(database: Database) -> Database:
    with database.writing() as connection:
        fill(connection)
    return database


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database beside `database`."""
    opened = Database(f"sqlite:///{tmp_path / 'second.sqlite'}")
    yield opened
    opened.close()


def held(database: Database) -> dict[str, list[dict[str, object]]]:
    with database.reading() as connection:
        return contents(connection)


def same(one: dict[str, list[dict[str, object]]], other: dict[str, list[dict[str, object]]]) -> bool:
    return {k: v for k, v in one.items() if k not in TOLD} == {k: v for k, v in other.items() if k not in TOLD}


def save(database: Database, file: Path) -> Path:
    write_backup(database, utc_now, OPERATOR, file)
    return file


def test_everything_comes_back_in_the_same_and_in_the_other_database(
        filled: Database, second: Database, tmp_path: Path) -> None:
    before = held(filled)
    save(filled, tmp_path / "one.zip")
    manifest = restore(second, utc_now, OPERATOR, tmp_path / "one.zip")
    assert manifest.revision == newest() == revision(second) and manifest.audit_broken is None
    assert same(held(second), before)
    # And the way back: what a SQLite database saved goes into this one.
    save(second, tmp_path / "two.zip")
    restore(filled, utc_now, OPERATOR, tmp_path / "two.zip", replace=True)
    assert same(held(filled), before)
    for database in (filled, second):
        assert Audit(database, utc_now).broken() is None
    assert before["case_entries"] != [] and any(e["answer"] == "NULL" for e in before["case_entries"])


def test_two_databases_with_the_same_rows_give_the_same_hashes(filled: Database, second: Database, tmp_path: Path) -> None:
    upgrade(second)
    with second.writing() as connection:
        fill(connection)
    one = write_backup(filled, utc_now, OPERATOR, tmp_path / "one.zip")
    two = write_backup(second, utc_now, OPERATOR, tmp_path / "two.zip")
    assert one.tables == two.tables
    assert {name: part.rows for name, part in one.tables.items()} == {name: len(rows) for name, rows in sample().items()}


def test_a_backup_is_plain_and_only_its_owner_reads_it(filled: Database, tmp_path: Path) -> None:
    file = save(filled, tmp_path / "one.zip")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as packed:
        rows = [json.loads(line) for line in packed.read("cases.jsonl").splitlines()]
    assert [r["id"] for r in rows] == ["case1", "case5", "case9"] and rows[0]["company"] == "苏州某某公司"
    assert os.listdir(tmp_path).count("one.zip") == 1 and not list(tmp_path.glob(".*.part"))


def test_an_older_form_is_saved_as_it_is_and_comes_back_in_the_newest(
        filled: Database, second: Database, tmp_path: Path) -> None:
    downgrade(filled, "0001")
    before = held(filled)
    manifest = write_backup(filled, utc_now, OPERATOR, tmp_path / "old.zip")
    assert manifest.revision == "0001" and "gaps" not in manifest.tables
    restore(second, utc_now, OPERATOR, tmp_path / "old.zip")
    assert revision(second) == newest()
    assert same({name: rows for name, rows in held(second).items() if name in before}, before)


def test_a_backup_made_while_others_write_is_one_moment(
        database: Database, staff: Actor, second: Database, tmp_path: Path) -> None:
    stop, failed, made = threading.Event(), [], []

    def write(number: int) -> None:
        cases = Cases(database, Audit(database, utc_now), utc_now)
        try:
            while not stop.is_set():
                case = cases.create(staff, Draft(f"问题 {number}", "phone", contact="13812345678"))
                cases.add_note(staff, case.id, "第一条")
                made.append(case.id)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    files = []
    try:
        while len(made) < 10 and not failed:
            time.sleep(0.01)
        for number in range(3):
            before = len(made)
            files.append((before, save(database, tmp_path / f"{number}.zip")))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failed and len(made) > files[-1][0] > files[0][0], "nobody wrote meanwhile"
    acknowledged = list(made)
    for before, file in files:
        restore(second, utc_now, OPERATOR, file, replace=True)
        assert Audit(second, utc_now).broken() is None
        with second.reading() as connection:
            ids = set(connection.scalars(sa.text("SELECT id FROM cases")))
            notes = list(connection.scalars(sa.text('SELECT "case" FROM case_entries')))
            told = set(connection.scalars(sa.text("SELECT object FROM audit WHERE action = 'case.create'")))
            noted = list(connection.scalars(sa.text("SELECT object FROM audit WHERE action = 'case.note'")))
        assert set(acknowledged[:before]) <= ids
        assert ids == told and sorted(notes) == sorted(noted) and set(notes) <= ids
        assert len(ids - set(notes)) <= 4, "at most one case of each writer was between its two steps"


def test_a_database_that_holds_something_is_only_replaced_when_asked(
        filled: Database, second: Database, tmp_path: Path) -> None:
    upgrade(second)
    with second.writing() as connection:
        Audit(second, utc_now).note(connection, OPERATOR, "account.create", "account", "x")
        connection.execute(sa.text("INSERT INTO state VALUES ('mine', '1')"))
    file = save(second, tmp_path / "second.zip")
    before = held(filled)
    with pytest.raises(BackupRefused, match="--replace"):
        restore(filled, utc_now, OPERATOR, file)
    assert held(filled) == before
    restore(filled, utc_now, OPERATOR, file, replace=True)
    after = held(filled)
    assert after["cases"] == [] and [r["key"] for r in after["state"]] == ["mine"]
    line = Audit(filled, utc_now).lines()[0]
    assert line.action == "restore" and line.detail["replaced"] == {
        "seq": before["audit_head"][0]["seq"], "hash": before["audit_head"][0]["hash"]}
    for statement in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit"):
        with pytest.raises(sa.exc.DBAPIError, match="only grows"), filled.writing() as connection:
            connection.execute(sa.text(statement))


def test_a_restore_that_fails_late_changes_nothing(
        filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = save(filled, tmp_path / "one.zip")
    before = held(filled)
    monkeypatch.setattr(backup, "first_broken", lambda _: 3)
    with pytest.raises(BackupRefused, match="audit log"):
        restore(filled, utc_now, OPERATOR, file, replace=True)
    assert held(filled) == before
    with pytest.raises(sa.exc.DBAPIError, match="only grows"), filled.writing() as connection:
        connection.execute(sa.text("DELETE FROM audit"))


def test_a_restore_signs_everybody_out(filled: Database, second: Database, tmp_path: Path) -> None:
    restore(second, utc_now, OPERATOR, save(filled, tmp_path / "one.zip"))
    assert [s["revoked_at"] is not None for s in held(second)["sessions"]] == [True]


def test_an_audit_log_that_was_changed_from_outside_is_saved_and_told(second: Database, tmp_path: Path) -> None:
    upgrade(second)
    with second.writing() as connection:
        fill(connection)
        connection.execute(sa.text("DROP TRIGGER audit_no_update"))
        connection.execute(sa.text("UPDATE audit SET actor = 'nobody' WHERE seq = 4"))
    said = command(second.url.render_as_string(), "backup", str(tmp_path / "one.zip"), code=1)
    assert "line 4" in said
    third = Database(f"sqlite:///{tmp_path / 'third.sqlite'}")
    assert restore(third, utc_now, OPERATOR, tmp_path / "one.zip").audit_broken == 4
    assert Audit(third, utc_now).broken() == 4
    third.close()


# --- files that cannot be used ---

def _packed(source: Path, target: Path, change: Callable[[str, bytes], bytes | None], **more: bytes) -> Path:
    """A copy whose files went through `change`; None leaves one out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = change(name, old.read(name))
            if data is not None:
                new.writestr(name, data)
        for name, data in more.items():
            new.writestr(name, data)
    return target


def _manifest(**changes: object) -> Callable[[str, bytes], bytes]:
    return lambda name, data: json.dumps({**json.loads(data), **changes}).encode() if name == archive.MANIFEST else data


def _truncated(source: Path, target: Path) -> Path:
    target.write_bytes(source.read_bytes()[:-700])
    return target


def _one_bit(source: Path, target: Path) -> Path:
    data = bytearray(source.read_bytes())
    with zipfile.ZipFile(source) as packed:
        info = packed.getinfo("case_entries.jsonl")
    data[info.header_offset + 30 + len(info.filename) + 40] ^= 1
    target.write_bytes(data)
    return target


def _bomb(source: Path, target: Path) -> Path:
    """A table that says it has 100 bytes and unpacks to 50 MB."""
    return _packed(source, target, lambda name, data: b"x" * 50_000_000 if name == "cases.jsonl" else data)


def _lying_bomb(source: Path, target: Path) -> Path:
    """The same, with the small size in the zip's own directory too."""
    _bomb(source, target)
    with zipfile.ZipFile(source) as packed:
        size = packed.getinfo("cases.jsonl").file_size
    data = target.read_bytes()
    target.write_bytes(data.replace((50_000_000).to_bytes(4, "little"), size.to_bytes(4, "little")))
    return target


def _text(source: Path, target: Path) -> Path:
    target.write_text("SQLite format 3")
    return target


def _other_zip(source: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("word/document.xml", "<x/>")
    return target


UNUSABLE: dict[str, tuple[Callable[[Path, Path], Path], str]] = {
    "missing": (lambda source, target: target, "There is no"),
    "a folder": (lambda source, target: source.parent, "cannot be read"),
    "a text": (_text, "not a whole backup"),
    "another zip": (_other_zip, "not a backup of this program"),
    "truncated": (_truncated, "not a whole backup"),
    "one bit": (_one_bit, "case_entries cannot be read"),
    "a row changed": (lambda s, t: _packed(s, t, lambda n, d: d.replace(b"13812345678", b"13812345679")), "not what was written"),
    "a row less": (lambda s, t: _packed(s, t, lambda n, d: b"\n".join(d.split(b"\n")[1:]) if n == "cases.jsonl" else d), "another size"),
    "a table less": (lambda s, t: _packed(s, t, lambda n, d: None if n == "cases.jsonl" else d), "not those that it lists"),
    "a file more": (lambda s, t: _packed(s, t, lambda n, d: d, **{"../etc/passwd": b"x"}), "not those that it lists"),
    "newer format": (lambda s, t: _packed(s, t, _manifest(format=2)), "newer version"),
    "newer revision": (lambda s, t: _packed(s, t, _manifest(revision="9999")), "newer version"),
    "other revision": (lambda s, t: _packed(s, t, _manifest(revision="0001")), "not those of its revision"),
    "no manifest to read": (lambda s, t: _packed(s, t, lambda n, d: b"[1]" if n == archive.MANIFEST else d), "not a backup"),
    "manifest too long": (lambda s, t: _packed(s, t, _manifest(program="x" * (1 << 20))), "not a backup"),
    "bomb": (_bomb, "another size"),
    "lying bomb": (_lying_bomb, "cannot be read"),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the sample."""
    folder = tmp_path_factory.mktemp("sound")
    database = Database(f"sqlite:///{folder / 'desk.sqlite'}")
    upgrade(database)
    with database.writing() as connection:
        fill(connection)
    database.close()
    return save(database, folder / "sound.zip")


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_file_that_cannot_be_used_is_refused_in_a_sentence_and_changes_nothing(
        kind: str, sound: Path, second: Database, tmp_path: Path) -> None:
    upgrade(second)
    with second.writing() as connection:
        fill(connection)
    before = held(second)
    make, said = UNUSABLE[kind]
    file = make(sound, tmp_path / "unusable.zip")
    with pytest.raises(BackupRefused) as caught:
        restore(second, utc_now, OPERATOR, file, replace=True)
    assert said in caught.value.problem and caught.value.remedy
    assert held(second) == before


def test_a_row_that_this_database_cannot_keep_is_refused_in_a_sentence(database: Database, sound: Path, tmp_path: Path) -> None:
    """A hash that fits and a row that does not: only the database can tell."""
    with Archive(sound) as opened:
        tables = {name: list(opened.lines(name)) for name in opened.manifest.tables}
        head = opened.manifest
    tables["feedback"] = [line.replace(b'"answer1"', b'"nowhere"') for line in tables["feedback"]]
    archive.write_archive(tmp_path / "one.zip", head, tables.items())
    with pytest.raises(BackupRefused, match="table feedback"):
        restore(database, utc_now, OPERATOR, tmp_path / "one.zip")
    assert revision(database) == newest() and held(database)["accounts"] == []


def test_a_backup_that_cannot_be_written_leaves_nothing_behind(filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BackupRefused, match="no folder"):
        save(filled, tmp_path / "nowhere" / "one.zip")
    save(filled, tmp_path / "one.zip")
    content = (tmp_path / "one.zip").read_bytes()
    with pytest.raises(BackupRefused, match="already"):
        save(filled, tmp_path / "one.zip")
    assert (tmp_path / "one.zip").read_bytes() == content
    listed = set(tmp_path.iterdir())

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.os, "fsync", full)
    with pytest.raises(BackupRefused, match="No space left"):
        save(filled, tmp_path / "two.zip")
    assert {p.name for p in tmp_path.iterdir()} - {p.name for p in listed} <= {"desk.sqlite-wal", "desk.sqlite-shm"}


def test_a_disk_too_small_is_told_before_anything_is_done(second: Database, sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 90, 10))
    with pytest.raises(BackupRefused, match="disk has 0 MB left"):
        restore(second, utc_now, OPERATOR, sound)


def test_a_database_that_is_empty_newer_or_not_ours_is_refused_in_a_sentence(second: Database, sound: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="is empty"):
        save(second, tmp_path / "one.zip")
    with second.writing() as connection:
        connection.execute(sa.text("CREATE TABLE cases (id INTEGER)"))
    with pytest.raises(BackupRefused, match="not of this program"):
        restore(second, utc_now, OPERATOR, sound, replace=True)
    with second.writing() as connection:
        connection.execute(sa.text("DROP TABLE cases"))
    upgrade(second)
    with second.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    for action in (lambda: save(second, tmp_path / "one.zip"), lambda: restore(second, utc_now, OPERATOR, sound, replace=True)):
        with pytest.raises(BackupRefused, match="newer version"):
            action()


def test_the_commands(tmp_path: Path, second: Database, sound: Path) -> None:
    url = second.url.render_as_string()
    assert "verified" in command(url, "restore", str(sound))
    assert "--replace" in command(url, "restore", str(sound), code=2)
    assert "verified" in command(url, "restore", str(sound), "--replace")
    assert "read back and verified" in command(url, "backup", str(tmp_path / "made.zip"))
    with Archive(tmp_path / "made.zip") as made:
        made.check()
    assert "already" in command(url, "backup", str(tmp_path / "made.zip"), code=2)
