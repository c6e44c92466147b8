"""The whole REST service in this process, on either database, over the small library."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from assistant.answering.answerer import Answerer
from assistant.assemble import Desk, make_answerer
from assistant.desk.accounts import Accounts
from assistant.desk.audit import Audit
from assistant.desk.cases import Cases
from assistant.desk.database import Database
from assistant.desk.gaps import Gaps
from assistant.desk.journal import Journal
from assistant.desk.people import OPERATOR, Role
from assistant.desk.replies import Replies
from assistant.desk.report import Report
from assistant.index.load import Live, LoadedIndex
from assistant.service.guard import Guard
from assistant.service.server import make_service
from assistant.settings import Settings

ADDRESS = "http://127.0.0.1:7860"
TODAY = "2026-11-22"


@pytest.fixture
def desk(database: Database, clock: Callable, small_root: Path, small: LoadedIndex,  # type: ignore[type-arg]
         monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk over the small library; a cheap hash, because what argon2 costs is no matter here."""
    audit = Audit(database, clock)
    replies = Replies(database, audit, clock)
    # The same index for every test: reading it anew for each would be most of the time.
    monkeypatch.setattr("assistant.index.load.load_index", lambda *_: small)
    live: Live[Answerer] = Live(small_root, lambda index: make_answerer(index, None, replies.in_force))
    accounts = Accounts(database, audit, clock, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    settings = Settings(today=TODAY, index=small_root, database=str(database.url))
    return Desk(settings, live, database, clock, audit, accounts, Journal(database, audit, clock),
                Cases(database, audit, clock), Gaps(database, audit, clock), replies, Report(database, clock))


@pytest.fixture
def service(desk: Desk) -> Guard:
    return Guard(make_service(desk))


@dataclass(frozen=True)
class Person:
    """Somebody with an account and a browser of their own that is signed in."""

    id: str
    name: str
    password: str
    client: TestClient


def browser(service: Guard, **headers: str) -> TestClient:
    """A browser on our own page: it sends its Origin with every request."""
    return TestClient(service, base_url=ADDRESS, headers={"origin": ADDRESS, **headers}, raise_server_exceptions=False)  # type: ignore[arg-type]


@pytest.fixture
def nobody(service: Guard) -> Iterator[TestClient]:
    with browser(service) as client:
        yield client


@pytest.fixture
def person(desk: Desk, service: Guard) -> Callable[[str, Role], Person]:
    """Makes an account and signs it in."""

    def make(name: str, role: Role) -> Person:
        account, password = desk.accounts.create(OPERATOR, name, role)
        client = browser(service)
        reply = client.post("/api/session", json={"name": name, "password": password})
        assert reply.status_code == 200, reply.text
        return Person(account.id, name, password, client)

    return make
