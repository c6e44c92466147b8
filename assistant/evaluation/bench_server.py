"""The real server as a reader meets it: from the start of `python app.py` to the first answer, and its memory.

Questions travel the page's own road (join the queue, read the event stream), so nothing needs to be opened for bench.
"""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.evaluation.bench import BenchError, optional_package, parting_words

_START_LIMIT_S = 180.0
_ANSWER_LIMIT_S = 60.0
_POLL_S = 0.05
#: A proxy in the environment must not come between bench and a server on the same machine.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_REMEDY = "Run «python app.py» and mend what it says."


@dataclass(frozen=True, slots=True)
class ServerFigures:
    """start_to_page_s: until the page answers. start_to_first_answer_s: until a question asked then is fully answered.

    cpu_s: processor time of the server until then. rss_mb: resident memory (10^6 bytes) of the server and its
    children after `questions` questions.
    """

    start_to_page_s: float
    start_to_first_answer_s: float
    cpu_s: float
    rss_mb: float
    questions: int


def free_port() -> int:
    """A port on the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(program: Path, environment: Mapping[str, str], log: Any) -> Iterator[subprocess.Popen[bytes]]:
    """`python app.py` in the folder `program`; stopped at the end whatever happens."""
    process = subprocess.Popen([sys.executable, "app.py"], cwd=program, env=dict(environment), stdin=subprocess.DEVNULL,
                               stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for_page(address: str, process: subprocess.Popen[bytes], log: Any) -> None:
    """Raises BenchError when the server stops or does not answer in time."""
    limit = time.monotonic() + _START_LIMIT_S
    while time.monotonic() < limit:
        if process.poll() is not None:
            log.seek(0)
            said = parting_words(log.read().decode(errors="replace"), process.returncode)
            raise BenchError(f"The server stopped while starting: {said}", _REMEDY)
        try:
            with _OPENER.open(f"{address}/", timeout=5) as page:
                page.read()
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(_POLL_S)
    raise BenchError(f"The page did not answer within {_START_LIMIT_S:.0f} s.", _REMEDY)


class PageClient:
    """Asks as the page does, each question in a session of its own. Raises BenchError when there is no answer."""

    def __init__(self, address: str) -> None:
        self._address = address
        with self._open("config") as reply:
            config = json.load(reply)
        asks = [d for d in config.get("dependencies", ()) if d.get("api_name") == "ask"]
        if not asks:
            raise BenchError("The page has no event named «ask».", "Give the page's ask event that api_name.")
        self._function = asks[0]["id"]
        kinds = {c["id"]: c["type"] for c in config["components"]}
        self._inputs = [kinds[i] for i in asks[0]["inputs"]]
        self._prefix = config.get("api_prefix", "").strip("/")

    def _open(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._address}/{path}", data, {"Content-Type": "application/json"})
        try:
            return _OPENER.open(request, timeout=_ANSWER_LIMIT_S)
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            raise BenchError(f"The server did not take a request ({error}).", _REMEDY) from None

    def ask(self, question: str) -> str:
        """The HTML of the finished turn."""
        session = secrets.token_hex(6)
        self._open(f"{self._prefix}/queue/join", {
            "data": [question if kind == "textbox" else None for kind in self._inputs],
            "fn_index": self._function, "session_hash": session}).close()
        with self._open(f"{self._prefix}/queue/data?session_hash={session}") as events:
            for line in events:
                if not line.startswith(b"data: "):
                    continue
                event = json.loads(line[6:])
                if event.get("msg") == "process_completed":
                    return self._turn(event)
        raise BenchError("The event stream of a question ended without an answer.", _REMEDY)

    @staticmethod
    def _turn(event: Mapping[str, Any]) -> str:
        turn = next(iter(event.get("output", {}).get("data") or ()), None)
        if not event.get("success") or not isinstance(turn, str) or not turn:
            raise BenchError("The server could not answer a question.", _REMEDY)
        return turn


def _family(pid: int) -> list[Any]:
    """The process and all its children."""
    with optional_package("psutil"):
        import psutil  # type: ignore[import-untyped]  # only bench needs it

    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def measure_server(program: Path, environment: Mapping[str, str], questions: Sequence[str]) -> ServerFigures:
    """Start the server of the folder `program`, ask `questions` one after the other, stop it.

    environment: of the server; HOST and PORT are set here, ASSISTANT_INDEX should name an index already built.
    Raises BenchError when it does not start or does not answer.
    """
    if not questions:
        raise BenchError("There is nothing to ask the server.", "Give at least one gold question.")
    if not (program / "app.py").is_file():
        raise BenchError(f"There is no app.py in {program}.", "Run bench from the folder of the program's sources.")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile() as log:
        began = time.perf_counter()
        with running(program, {**environment, "HOST": "127.0.0.1", "PORT": str(port)}, log) as process:
            wait_for_page(address, process, log)
            page = time.perf_counter() - began
            client = PageClient(address)
            client.ask(questions[0])
            first = time.perf_counter() - began
            processor = sum(sum(p.cpu_times()[:2]) for p in _family(process.pid))
            for question in questions[1:]:
                client.ask(question)
            resident = sum(p.memory_info().rss for p in _family(process.pid)) / 1e6
    return ServerFigures(round(page, 2), round(first, 2), round(processor, 2), round(resident, 1), len(questions))
