"""The desk on real databases: every test that takes `database` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import contextlib
import datetime
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from assistant.desk.accounts import Accounts
from assistant.desk.audit import Audit
from assistant.desk.database import Database
from assistant.desk.journal import Journal
from assistant.desk.migrating import upgrade
from assistant.desk.people import OPERATOR, Actor, Role

#: Where PostgreSQL may be used for tests: an address whose user may create databases.
POSTGRESQL = "TEST_POSTGRESQL_URL"


class SettableClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime.datetime(2026, 11, 22, 9, 0, tzinfo=datetime.UTC)

    def __call__(self) -> datetime.datetime:
        return self.now

    def forward(self, **delta: float) -> None:
        self.now += datetime.timedelta(**delta)


def _postgresql_url() -> str:
    url = os.environ.get(POSTGRESQL, "")
    if not url:
        if os.environ.get("CI"):
            pytest.fail(f"{POSTGRESQL} is not set; the desk's tests never skip PostgreSQL in CI.")
        pytest.skip(f"{POSTGRESQL} is not set.")
    return url


def _server() -> sa.Engine:
    """A connection that may create databases."""
    return sa.create_engine(sa.make_url(_postgresql_url()).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")


def _named(engine: sa.Engine, name: str) -> str:
    return engine.url.set(database=name).render_as_string(hide_password=False)


def _migrated(url: str) -> None:
    opened = Database(url)
    upgrade(opened)
    with contextlib.suppress(sa.exc.OperationalError), opened.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)") if opened.sqlite else None
    opened.close()


@pytest.fixture(scope="session")
def sqlite_form(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database in its newest form, to be copied: migrating anew for each test would be most of the time."""
    path = tmp_path_factory.mktemp("form") / "desk.sqlite"
    _migrated(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_form() -> Iterator[str]:
    """The same on PostgreSQL, by name."""
    engine, name = _server(), f"form_{secrets.token_hex(6)}"
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    _migrated(_named(engine, name))
    yield name
    with engine.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@contextlib.contextmanager
def _postgresql(form: str = "template1") -> Iterator[str]:
    engine, name = _server(), f"desk_{secrets.token_hex(6)}"
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {form}"))
    try:
        yield _named(engine, name)
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new database without any tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'desk.sqlite'}"
        return
    with _postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database in its newest form."""
    if request.param == "sqlite":
        opened = Database(f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_form'), tmp_path / 'desk.sqlite')}")
        yield opened
        opened.close()
        return
    with _postgresql(request.getfixturevalue("postgresql_form")) as url:
        opened = Database(url)
        yield opened
        opened.close()


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def audit(database: Database, clock: SettableClock) -> Audit:
    return Audit(database, clock)


@pytest.fixture
def accounts(database: Database, audit: Audit, clock: SettableClock) -> Accounts:
    """With a hash that costs little: what argon2 costs is not what these tests are about."""
    return Accounts(database, audit, clock, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def journal(database: Database, audit: Audit, clock: SettableClock) -> Journal:
    return Journal(database, audit, clock)


def _actor(accounts: Accounts, name: str, role: Role) -> Actor:
    account, _ = accounts.create(OPERATOR, name, role)
    return Actor(account.id, account.name, account.role, "session")


@pytest.fixture
def staff(accounts: Accounts) -> Actor:
    return _actor(accounts, "li.na", "staff")


@pytest.fixture
def other(accounts: Accounts) -> Actor:
    """Another member of staff."""
    return _actor(accounts, "wang.wei", "staff")


@pytest.fixture
def reviewer(accounts: Accounts) -> Actor:
    return _actor(accounts, "zhao.min", "reviewer")


@pytest.fixture
def admin(accounts: Accounts) -> Actor:
    return _actor(accounts, "admin", "admin")
