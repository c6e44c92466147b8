"""Which form the database has, and changing it: Alembic's revisions in `migrations/versions`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from assistant.desk.database import Database
from assistant.errors import SettingsError

_FOLDER = Path(__file__).resolve().parent / "migrations"


def _config(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """The revision that this program writes."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def revision(database: Database) -> str:
    """The revision the database has, empty for a new one. Raises DatabaseUnavailable."""
    with database.reading() as connection:
        return revision_within(connection)


def upgrade(database: Database, to: str = "head") -> str:
    """Bring the database to a newer revision and return it; what is there already stays.

    Raises SettingsError when the database was written by a newer program.
    """
    with database.writing() as connection:
        upgrade_within(connection, to)
    return revision(database)


def downgrade(database: Database, to: str) -> str:
    """Take the database back to an older revision; tables that it does not have are dropped with what they hold.

    Raises SettingsError for a revision that is not there.
    """
    with database.writing() as connection:
        downgrade_within(connection, to)
    return revision(database)


def upgrade_within(connection: sa.Connection, to: str = "head") -> None:
    """The same as `upgrade` as a part of the caller's transaction."""
    if connection.dialect.name != "sqlite":  # two servers that start together take turns
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(72151)"))
    if revision_within(connection) not in {*(name for name, _ in history()), ""}:
        raise SettingsError("The database was written by a newer version of this program.",
                            "Run that version, or restore a backup of this version into another database.")
    _moved(command.upgrade, connection, to)


def downgrade_within(connection: sa.Connection, to: str) -> None:
    """The same as `downgrade` as a part of the caller's transaction."""
    _moved(command.downgrade, connection, to)


def _moved(how: Callable[[Config, str], None], connection: sa.Connection, to: str) -> None:
    try:
        how(_config(connection), to)
    except CommandError:
        raise SettingsError(f"There is no revision «{to}» to go to.", "«python -m assistant migrate --list» prints them.") from None


def revision_within(connection: sa.Connection) -> str:
    return MigrationContext.configure(connection).get_current_revision() or ""


@functools.cache  # the revisions do not change while the program runs
def shape(at: str) -> Mapping[str, frozenset[str]]:
    """Table → columns that a database of this revision has; «base» has none. Raises SettingsError."""
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        if at != "base":
            upgrade_within(connection, at)
        inspector = sa.inspect(connection)
        found = {table: frozenset(c["name"] for c in inspector.get_columns(table))
                 for table in inspector.get_table_names() if table != "alembic_version"}
    engine.dispose()
    return found


def rows_lost(database: Database, to: str) -> dict[str, int]:
    """Table → rows of which something is lost when the database goes back to this revision. Raises SettingsError."""
    older = shape(to)
    with database.reading() as connection:
        changed = [table for table, columns in shape(revision_within(connection) or "base").items()
                   if not columns <= older.get(table, frozenset())]
        rows = {table: connection.execute(sa.select(sa.func.count()).select_from(sa.table(table))).scalar_one() for table in changed}
    rows.pop("audit_head", None)  # says the same as the last line of the audit log
    return {table: count for table, count in rows.items() if count}


def history() -> list[tuple[str, str]]:
    """(revision, what it brought), oldest first."""
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return [(s.revision, s.doc) for s in reversed(list(scripts))]
