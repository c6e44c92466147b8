"""Many visitors and staff at once against the real server, driven by locust in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.assemble import open_database
from assistant.desk.accounts import Accounts
from assistant.desk.audit import Audit
from assistant.desk.moments import utc_now
from assistant.desk.people import OPERATOR
from assistant.evaluation.bench import BenchError, optional_package
from assistant.evaluation.bench_server import free_port, running, wait_for_page
from assistant.settings import Settings

#: New persons a second until all are there.
ARRIVING = 10
#: A server that uses less of one core than this is waiting for somebody.
BUSY_PERCENT = 20
_FILE = Path(__file__).resolve().parent / "load_users.py"
#: One in five persons is staff; each signs in with an account of their own.
STAFF_SHARE = 5
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Requests:
    """One kind of request. Milliseconds from sending to the last byte, as the person sees them."""

    name: str
    sent: int
    failed: int
    p50_ms: float
    p95_ms: float
    worst_ms: float


@dataclass(frozen=True, slots=True)
class LoadFigures:
    """persons at once for `seconds`; healthz_worst_ms: the slowest health probe, asked once a second beside the load."""

    persons: int
    seconds: int
    sent: int
    failed: int
    per_second: float
    healthz_worst_ms: float
    kinds: tuple[Requests, ...]
    failures: tuple[str, ...]


def _percentile(times: Mapping[str, int], share: float) -> float:
    """The time below which `share` of the requests stayed. times: milliseconds as text → how often."""
    left = share * sum(times.values())
    for took, count in sorted((float(t), n) for t, n in times.items()):
        left -= count
        if left <= 0:
            return took
    return 0.0


def _kind(entry: Mapping[str, object]) -> Requests:
    times = {str(k): int(v) for k, v in dict(entry["response_times"]).items()}  # type: ignore[call-overload]
    return Requests(str(entry["name"]), int(str(entry["num_requests"])), int(str(entry["num_failures"])),
                    _percentile(times, 0.5), _percentile(times, 0.95), round(float(str(entry["max_response_time"])), 1))


class _Probe(threading.Thread):
    """Asks for the server's health once a second until stopped."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self._address, self.stop, self.worst_ms = address, threading.Event(), 0.0

    def run(self) -> None:
        while not self.stop.wait(1.0):
            began = time.perf_counter()
            try:
                _OPENER.open(f"{self._address}/healthz", timeout=30).close()
            except OSError:
                self.worst_ms = float("inf")
            self.worst_ms = max(self.worst_ms, round((time.perf_counter() - began) * 1e3, 1))


def _wait_until_warm(pid: int) -> None:
    """Until the server has worked out what it works out beside serving, or a minute has passed."""
    with optional_package("psutil"):
        import psutil  # type: ignore[import-untyped]  # only bench needs it

    process = psutil.Process(pid)
    limit = time.monotonic() + 60
    while time.monotonic() < limit and process.cpu_percent(1.0) > BUSY_PERCENT:
        pass


def _make_staff(settings: Settings, count: int) -> list[tuple[str, str]]:
    """(name, password) of new accounts."""
    database = open_database(settings)
    try:
        accounts = Accounts(database, Audit(database, utc_now), utc_now)
        return [(f"staff.{i}", accounts.create(OPERATOR, f"staff.{i}", "staff")[1]) for i in range(count)]
    finally:
        database.close()


def measure_load(program: Path, environment: Mapping[str, str], settings: Settings, questions: Sequence[str], persons: int,
                 seconds: int) -> LoadFigures:
    """Serve `program` with `environment` and let `persons` use it for `seconds`. settings: of that environment's database.

    Raises BenchError when the server or locust does not start.
    """
    with tempfile.TemporaryDirectory(prefix="assistant-load-") as name, tempfile.TemporaryFile() as log:
        folder = Path(name)
        (folder / "questions.json").write_text(json.dumps(list(questions)), encoding="utf-8")
        (folder / "staff.json").write_text(json.dumps(_make_staff(settings, max(1, persons // STAFF_SHARE))), encoding="utf-8")
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        with running(program, {**environment, "HOST": "127.0.0.1", "PORT": str(port)}, log) as process:
            wait_for_page(address, process, log)
            _wait_until_warm(process.pid)
            probe = _Probe(address)
            probe.start()
            command = [sys.executable, "-m", "locust", "-f", str(_FILE), "--headless", "--json", "--host", address, "--users",
                       str(persons), "--spawn-rate", str(ARRIVING), "--run-time", f"{seconds}s", "--stop-timeout", "20",
                       "--only-summary", "--exit-code-on-error", "0", "--loglevel", "WARNING"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=seconds + 180, env={
                **environment, "LOAD_QUESTIONS": str(folder / "questions.json"), "LOAD_STAFF": str(folder / "staff.json")})
            probe.stop.set()
    try:
        entries = json.loads(done.stdout[done.stdout.index("["):])
    except ValueError:
        raise BenchError(f"locust printed no figures: {done.stderr.strip()[-300:]}", "Run «pip install locust».") from None
    kinds = tuple(sorted((_kind(e) for e in entries), key=lambda k: k.name))
    failures = tuple(line.strip() for line in done.stderr.splitlines() if "Error" in line or "failed" in line.lower())[:10]
    return LoadFigures(persons, seconds, sum(k.sent for k in kinds), sum(k.failed for k in kinds),
                       round(sum(k.sent for k in kinds) / seconds, 1), probe.worst_ms, kinds, failures)


def load_table(figures: LoadFigures) -> str:
    """The figures for people."""
    lines = [f"{figures.persons} persons for {figures.seconds} s: {figures.sent} requests ({figures.per_second:.1f}/s), "
             f"{figures.failed} failed; slowest health probe {figures.healthz_worst_ms:.0f} ms",
             f"{'request':<20}{'sent':>7}{'failed':>8}{'p50 ms':>9}{'p95 ms':>9}{'worst':>9}"]
    lines += [f"{k.name:<20}{k.sent:>7}{k.failed:>8}{k.p50_ms:>9.0f}{k.p95_ms:>9.0f}{k.worst_ms:>9.0f}" for k in figures.kinds]
    return "\n".join([*lines, *figures.failures])
