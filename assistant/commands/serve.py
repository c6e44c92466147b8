"""`serve`: the chat page on HOST and PORT."""

from __future__ import annotations

import argparse
import logging
import threading

import assistant.page.environment  # noqa: F401  (first: the libraries below read what it sets when they are imported)

# isort: split
from assistant.assemble import live_answerer
from assistant.page.server import listen, make_application, serve_forever
from assistant.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """`serve` is set by HOST, PORT and the other variables alone."""


def serve(settings: Settings) -> int:
    """Serve until stopped. Raises IndexMissing, IndexDamaged, PortInUse or SettingsError."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    bound = listen(settings.host, settings.port)
    try:
        live = live_answerer(settings)
        application = make_application(live, settings)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        # Beside serving: the first questions work out what they need themselves, the later ones find it done.
        threading.Thread(target=live.current().view.warm, daemon=True).start()
        print(f"http://{host}:{settings.port}  (Ctrl+C stops)", flush=True)
        serve_forever(application, bound)
    finally:
        bound.close()
    return 0


def run(options: argparse.Namespace, settings: Settings) -> int:
    return serve(settings)
