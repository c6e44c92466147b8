"""The desk on real databases: every test that takes `database` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import datetime
import os
import secrets
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


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new, empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'desk.sqlite'}"
        return
    server = sa.make_url(_postgresql_url()).set(drivername="postgresql+psycopg")
    name = f"desk_{secrets.token_hex(6)}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database in its newest form."""
    opened = Database(database_url)
    upgrade(opened)
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
