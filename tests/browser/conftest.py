"""A real server on a free port, and Chromium: what every test of the page needs."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from assistant.settings import ROOT

TODAY = "2026-11-22"
HOTLINE = "外贸服务热线 | 0510-8888 1234 | 工作日 9:00-17:00"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync"]


def _chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found:
        return found
    if os.environ.get("CI"):
        pytest.fail("Chromium is not installed; the tests of the page never skip in CI.")
    pytest.skip("Chromium is not installed.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the server's database."""
    return f"sqlite:///{tmp_path_factory.mktemp('desk') / 'desk.sqlite'}"


@pytest.fixture(scope="module")
def address(real_root: Path, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a server of the real library listens: the command line's own `serve` in a process of its own."""
    port, log = _free_port(), tmp_path_factory.mktemp("server") / "log"
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(port), "ASSISTANT_INDEX": str(real_root),
                   "DATABASE_URL": database_url,
                   "ASSISTANT_TODAY": TODAY, "ASSISTANT_HOTLINE": HOTLINE}
    with log.open("wb") as output:
        server = subprocess.Popen([sys.executable, "-m", "assistant", "serve"], cwd=ROOT, env=environment,
                                  stdout=output, stderr=subprocess.STDOUT)
        url = f"http://127.0.0.1:{port}/"
        try:
            for _ in range(240):
                assert server.poll() is None, log.read_text(encoding="utf-8")
                try:
                    urllib.request.urlopen(url, timeout=5).close()
                    break
                except (urllib.error.URLError, OSError):
                    time.sleep(0.25)
            else:
                pytest.fail(f"the server did not answer: {log.read_text(encoding='utf-8')}")
            yield url
        finally:
            server.terminate()
            server.wait(20)
    assert "Traceback" not in log.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed after the module: while it is open an event loop runs in this thread, which other tests cannot have."""
    path = _chromium()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


class Watch:
    """What a page did that nobody asked for: requests to other hosts, dialogs, script errors."""

    def __init__(self, page: Page, address: str) -> None:
        self.foreign: list[str] = []
        self.dialogs: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda r: None if r.url.startswith((address, "data:", "blob:")) else self.foreign.append(r.url))
        page.on("dialog", lambda d: (self.dialogs.append(d.message), d.dismiss()))
        page.on("pageerror", lambda e: self.errors.append(str(e)))

    def nothing(self) -> None:
        assert (self.foreign, self.dialogs, self.errors) == ([], [], [])


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Opens the page in a context of its own; at the end, no page may have called another host or opened a dialog."""
    contexts: list[BrowserContext] = []
    watches: list[Watch] = []

    def opened(query: str = "", width: int = 1280, height: int = 900, context: BrowserContext | None = None) -> Page:
        if context is None:
            context = browser.new_context(viewport={"width": width, "height": height}, has_touch=width < 800)
            contexts.append(context)
        page = context.new_page()
        watches.append(Watch(page, address))
        page.goto(address + query)
        page.wait_for_selector("#question textarea")
        return page

    yield opened
    for context in contexts:
        context.close()
    for watch in watches:
        watch.nothing()
