"""A server killed under load loses no case that it said it had kept."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from assistant.assemble import open_database
from assistant.desk.accounts import Accounts
from assistant.desk.audit import Audit
from assistant.desk.case_search import Filters
from assistant.desk.cases import Cases
from assistant.desk.moments import utc_now
from assistant.desk.people import OPERATOR, Actor
from assistant.settings import ROOT, Settings

ROUNDS, WRITERS = 2, 6
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _write(address: str, token: str, number: int, kept: list[str], stop: threading.Event) -> None:
    """Make cases until the server is gone; those that it answered for are put into `kept`."""
    count = 0
    while not stop.is_set():
        count += 1
        body = json.dumps({"question": f"第{number}号第{count}个", "channel": "phone", "contact": "13812345678"}).encode()
        request = urllib.request.Request(f"{address}/api/desk/cases", body, {
            "content-type": "application/json", "authorization": f"Bearer {token}"})
        try:
            with _OPENER.open(request, timeout=10) as reply:
                kept.append(json.loads(reply.read())["id"])
        except (OSError, ValueError, http.client.HTTPException):
            time.sleep(0.01)


def test_no_acknowledged_case_is_lost(database_url: str, small_root: Path) -> None:
    settings = Settings(database=database_url)
    database = open_database(settings)
    audit = Audit(database, utc_now)
    accounts = Accounts(database, audit, utc_now)
    account, _ = accounts.create(OPERATOR, "program", "staff")
    actor = Actor(account.id, account.name, account.role, "session")
    token = accounts.create_key(actor, "load", ("desk:read", "desk:write"))[1]
    kept: list[str] = []
    chance = random.Random(7)
    for _ in range(ROUNDS):
        port = _port()
        address = f"http://127.0.0.1:{port}"
        server = subprocess.Popen([sys.executable, "-m", "assistant", "serve"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={
            **os.environ, "HOST": "127.0.0.1", "PORT": str(port), "ASSISTANT_INDEX": str(small_root), "DATABASE_URL": database_url})
        stop = threading.Event()
        before = len(kept)
        writers = [threading.Thread(target=_write, args=(address, token, n, kept, stop)) for n in range(WRITERS)]
        try:
            for _ in range(480):
                assert server.poll() is None, server.stderr.read() if server.stderr else ""
                try:
                    _OPENER.open(f"{address}/healthz", timeout=5).close()
                    break
                except (urllib.error.URLError, OSError):
                    time.sleep(0.25)
            for writer in writers:
                writer.start()
            limit = time.monotonic() + 60
            while len(kept) < before + 20 and time.monotonic() < limit:
                time.sleep(0.01)
            time.sleep(chance.uniform(0.0, 0.5))
            server.send_signal(signal.SIGKILL)
        finally:
            server.kill()
            server.wait()
            stop.set()
            for writer in writers:
                if writer.is_alive():
                    writer.join()
        assert len(kept) >= before + 20
    cases = Cases(database, audit, utc_now)
    found: set[str] = set()
    page = cases.find(actor, Filters(), "", 200)
    while True:
        found |= {case.id for case in page.cases}
        if page.next is None:
            break
        page = cases.find(actor, Filters(), page.next, 200)
    assert set(kept) <= found
    assert audit.broken() is None
    database.close()
