"""Everything the database holds, out into one file while the server writes, and back into this or another database.

A backup is one snapshot: all tables as they were at one moment. A restore is one transaction: it ends with what the file
holds, compared row for row by hash, or it never happened. SQLite and PostgreSQL read each other's backups.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from assistant import __version__
from assistant.desk.archive import FORMAT, OTHER, Archive, BackupRefused, Manifest, Tally, damaged, write_archive
from assistant.desk.audit import Audit, first_broken
from assistant.desk.database import Database
from assistant.desk.migrating import downgrade_within, history, newest, revision_within, shape, upgrade_within
from assistant.desk.moments import Clock, stamp
from assistant.desk.people import Actor
from assistant.desk.tables import audit_head, sessions

#: Rows read or written at a time.
BATCH = 500


def write_backup(database: Database, clock: Clock, actor: Actor, file: Path) -> Manifest:
    """Write a backup to a file that is not there yet; others go on reading and writing. Raises BackupRefused."""
    with database.reading() as connection:
        at = _known_revision(connection)
        if not at:
            raise BackupRefused("The database is empty.", "See that DATABASE_URL names the right one.")
        empty = Manifest(FORMAT, __version__, at, stamp(clock()), first_broken(connection), {})
        manifest = write_archive(file, empty, ((t.name, _lines(connection, t)) for t in _tables(connection, at)))
    if at == newest():
        with database.writing() as connection:
            Audit(database, clock).note(connection, actor, "backup", "database", "desk", {"rows": manifest.rows})
    return manifest


def restore(database: Database, clock: Clock, actor: Actor, file: Path, replace: bool = False) -> Manifest:
    """Bring back what a backup holds, in the newest form; everybody has to sign in again. Raises BackupRefused.

    A database that holds anything is refused unless replace is true; then all of it is replaced, the audit log too,
    and the new log's next line names where the old one ended. The log refuses to be changed or emptied, by triggers;
    this is the one place that may replace it, and it does so by dropping its table (a downgrade to nothing) and making
    it anew, triggers included, inside the transaction of the restore. No other way around the triggers is needed.
    """
    with Archive(file) as archive:
        manifest = archive.manifest
        if manifest.revision not in {name for name, _ in history()}:
            raise BackupRefused(f"{file.name} was written by a newer version of this program.", "Restore it with that version.")
        if set(manifest.tables) != set(shape(manifest.revision)):
            raise damaged(file, "its tables are not those of its revision")
        archive.check()
        _need_space(database, manifest)
        with database.writing() as connection:
            ended = _cleared(connection, replace)
            upgrade_within(connection, manifest.revision)
            for table in _tables(connection, manifest.revision):
                _fill(connection, table, archive)
            for table in _tables(connection, manifest.revision):
                tally = Tally()
                for _ in tally.passing(_lines(connection, table)):
                    pass
                if tally.part() != manifest.tables[table.name]:
                    raise damaged(file, f"the table {table.name} cannot be kept as it was written")
            upgrade_within(connection)
            if first_broken(connection) != manifest.audit_broken:
                raise damaged(file, "its audit log is not whole")
            # Who was signed in then may have been signed out since.
            connection.execute(sessions.update().where(sessions.c.revoked_at.is_(None)).values(revoked_at=stamp(clock())))
            Audit(database, clock).note(connection, actor, "restore", "database", "desk", {
                "made_at": manifest.made_at, "rows": manifest.rows, **({"replaced": ended} if ended else {})})
    return manifest


def _known_revision(connection: sa.Connection) -> str:
    at = revision_within(connection)
    if at not in {*(name for name, _ in history()), ""}:
        raise BackupRefused("The database was written by a newer version of this program.", "Run that version.")
    return at


def _tables(connection: sa.Connection, at: str) -> list[sa.Table]:
    """The tables of this revision as the database has them, those that others refer to first."""
    metadata = sa.MetaData()
    try:
        metadata.reflect(connection, only=sorted(shape(at)))
    except sa.exc.InvalidRequestError:
        raise BackupRefused("The database lacks a table that it should have.", "Restore a backup into another database.") from None
    return list(metadata.sorted_tables)


def _is_json(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, sa.JSON)


def _lines(connection: sa.Connection, table: sa.Table) -> Iterator[bytes]:
    """The rows in the order of their keys, byte for byte the same from either database."""
    columns = sorted(table.columns, key=lambda c: c.name)
    names = [c.name for c in columns]
    json_at = [i for i, c in enumerate(columns) if _is_json(c)]
    # As text, since NULL and JSON null would both be None.
    chosen = [sa.cast(c, sa.Text).label(c.name) if _is_json(c) else c for c in columns]
    order: list[sa.ColumnElement[Any]] = [
        sa.collate(c, "C") if connection.dialect.name == "postgresql" and isinstance(c.type, sa.String) else c
        for c in table.primary_key.columns]
    query = sa.select(*chosen).order_by(*order).execution_options(yield_per=BATCH)
    for row in connection.execute(query):
        values = dict(zip(names, row, strict=True))
        for i in json_at:
            text = values.pop(names[i])
            if text is not None:
                values[names[i]] = json.loads(text)
        yield json.dumps(dict(sorted(values.items())), separators=(",", ":")).encode() + b"\n"


def _parsed(table: sa.Table, line: bytes, file: Path) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    names = {c.name for c in table.columns}
    json_names = {c.name for c in table.columns if _is_json(c)}
    if not isinstance(row, dict) or not names - json_names <= row.keys() <= names:
        raise damaged(file, f"the table {table.name} has a row of another form")
    for name in json_names:
        value = row.get(name)
        row[name] = value if value is not None else sa.JSON.NULL if name in row else sa.null()
    return row


def _fill(connection: sa.Connection, table: sa.Table, archive: Archive) -> None:
    # What a revision puts into its tables by itself is in the backup too.
    if connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one():
        connection.execute(table.delete())
    key = [c.name for c in table.primary_key.columns]
    # A row may refer to a later one of its own table, so these columns follow when all rows are there.
    own = [c.name for c in table.columns if any(f.column.table is table for f in c.foreign_keys)]
    later: list[dict[str, Any]] = []
    rows = (_parsed(table, line, archive.file) for line in archive.lines(table.name))
    try:
        while batch := list(islice(rows, BATCH)):
            for row in batch:
                later += [{**{f"key_{k}": row[k] for k in key}, "name": name, "value": row[name]} for name in own if row[name]]
                row.update(dict.fromkeys(own))
            connection.execute(table.insert(), batch)
        for name in own:
            query = table.update().where(*(table.c[k] == sa.bindparam(f"key_{k}") for k in key)).values(
                {name: sa.bindparam("value")})
            values = [{k: v for k, v in row.items() if k != "name"} for row in later if row["name"] == name]
            if values:
                connection.execute(query, values)
    except (sa.exc.IntegrityError, sa.exc.DataError, sa.exc.InterfaceError, sa.exc.ProgrammingError) as error:
        raise BackupRefused(f"This database cannot keep a row of the table {table.name} ({type(error.orig).__name__}).",
                            OTHER) from None


def _held(connection: sa.Connection, names: Sequence[str]) -> int:
    """Rows in these tables; the line where the audit log begins is in every database."""
    names = [name for name in names if name != audit_head.name]
    return sum(connection.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar_one() for name in names)


def _cleared(connection: sa.Connection, replace: bool) -> dict[str, Any]:
    """Take the database back to nothing; where its audit log ended, if it held one. Raises BackupRefused."""
    at = _known_revision(connection)
    if not at:
        if set(sa.inspect(connection).get_table_names()) & set(shape("head")):
            raise BackupRefused("The database has tables of the same names that are not of this program.",
                                "Name another database in DATABASE_URL.")
        return {}
    names = sorted(shape(at))
    if connection.dialect.name == "postgresql":  # nobody may add a row between the look and the drop
        connection.execute(sa.text(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE"))
    held = _held(connection, names)
    if held and not replace:
        raise BackupRefused(f"The database holds {held} rows.",
                            "Name an empty one in DATABASE_URL, or add --replace to replace everything in this one.")
    head = connection.execute(sa.select(audit_head.c.seq, audit_head.c.hash)).first()
    downgrade_within(connection, "base")
    return {"seq": head.seq, "hash": head.hash} if held and head is not None else {}


def _need_space(database: Database, manifest: Manifest) -> None:
    if not database.sqlite:
        return
    free = shutil.disk_usage(Path(database.url.database or "").parent).free
    if (needed := sum(part.bytes for part in manifest.tables.values())) > free:
        raise BackupRefused(f"The restore needs up to {needed >> 20} MB and the disk has {free >> 20} MB left.",
                            "Make room first; nothing was changed.")
