"""The form of the database goes up and down with data in it, and is what the program's tables say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from assistant.desk.audit import Audit
from assistant.desk.database import Database
from assistant.desk.migrating import downgrade, history, newest, revision, shape, upgrade
from assistant.desk.moments import utc_now
from assistant.desk.tables import metadata
from assistant.errors import SettingsError
from assistant.settings import ROOT
from tests.desk.sample import contents, fill


def test_a_new_database_gets_every_table(database: Database) -> None:
    assert revision(database) == newest() == history()[-1][0]
    with database.reading() as connection:
        assert set(sa.inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}
    assert set(shape("head")) == set(metadata.tables) and shape("base") == {}


def test_the_revisions_lead_to_the_tables_that_the_program_uses(database: Database) -> None:
    with database.reading() as connection:
        # Alembic takes every empty default on SQLite for another one.
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": not database.sqlite})
        assert compare_metadata(context, metadata) == []


def test_data_survives_the_way_down_and_up(database: Database) -> None:
    downgrade(database, "0001")
    with database.writing() as connection:
        fill(connection)
    with database.reading() as connection:
        before = contents(connection)
    assert len(before) == 9 and all(before.values())
    for number in range(2):
        upgrade(database)
        with database.reading() as connection:
            after = contents(connection)
        assert {name: after[name] for name in before} == before, number
        downgrade(database, "0001")
        with database.reading() as connection:
            assert contents(connection) == before, number
    upgrade(database)
    assert Audit(database, utc_now).broken() is None


def test_the_way_down_to_nothing_leaves_nothing(database: Database) -> None:
    with database.writing() as connection:
        fill(connection)
    assert downgrade(database, "base") == ""
    with database.reading() as connection:
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
    assert upgrade(database) == newest()


def test_the_audit_log_only_grows_after_every_way(database: Database) -> None:
    downgrade(database, "base")
    upgrade(database)
    with database.writing() as connection:
        fill(connection)
    for statement in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit"):
        with pytest.raises(sa.exc.DBAPIError, match="only grows"), database.writing() as connection:
            connection.execute(sa.text(statement))
    assert Audit(database, utc_now).broken() is None


def test_a_database_of_a_newer_program_is_refused_in_a_sentence(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError) as caught:
        upgrade(database)
    assert "newer version" in caught.value.problem and caught.value.remedy
    assert revision(database) == "9999"


@pytest.mark.parametrize("way", [upgrade, downgrade])
def test_a_revision_that_is_not_there_is_refused_in_a_sentence(database: Database, way: object) -> None:
    with pytest.raises(SettingsError, match="no revision «4711»"):
        way(database, "4711")  # type: ignore[operator]
    assert revision(database) == newest()


def command(url: str, *argv: str, code: int = 0) -> str:
    """What the command printed."""
    done = subprocess.run([sys.executable, "-m", "assistant", *argv], cwd=ROOT, text=True, capture_output=True,
                          env={**os.environ, "DATABASE_URL": url, "PYTHONUTF8": "1"})
    assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def test_the_command_goes_up_and_back_but_loses_nothing_unasked(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'desk.sqlite'}"
    assert "* " not in command(url, "migrate", "--list")
    assert f"revision base, now {newest()}" in command(url, "migrate")
    assert f"* {newest()}" in command(url, "migrate", "--list")
    database = Database(url)
    with database.writing() as connection:
        fill(connection)
    refused = command(url, "migrate", "--to", "0001", code=2)
    assert "reply_versions 3" in refused and "--drop" in refused
    assert revision(database) == newest()
    assert "now 0001" in command(url, "migrate", "--to", "0001", "--drop")
    assert "no revision «0000»" in command(url, "migrate", "--to", "0000", code=2)
    assert f"revision 0001, now {newest()}" in command(url, "migrate", "--to", "head")
    database.close()
