"""`serve`: the chat page, the desk and REST on HOST and PORT."""

from __future__ import annotations

import argparse
import logging
import sys
import threading

import assistant.page.environment  # noqa: F401  (first: the libraries below read what it sets when they are imported)

# isort: split
from assistant.assemble import make_desk
from assistant.index.manifest import read_manifest
from assistant.service.server import listen, make_application, serve_forever
from assistant.service.watching import Watcher
from assistant.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """`serve` is set by HOST, PORT and the other variables alone."""


def _say_which_embedder(settings: Settings) -> None:
    """The index in force is asked as it was built; who set something else since is told what to do."""
    note = read_manifest(settings.index).embedder
    if not note.made_with(settings.embedding, settings.embedding_options):
        print(f"The index in force was built with the embedder {note.name}, otherwise than is set now, and is asked as it was "
              "built. Run «python -m assistant index»: the server takes the new index over by itself.", file=sys.stderr, flush=True)


def serve(settings: Settings) -> int:
    """Serve until stopped. Raises IndexMissing, IndexDamaged, PortInUse, SettingsError or DatabaseUnavailable."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    bound = listen(settings.host, settings.port)
    try:
        desk = make_desk(settings)
        _say_which_embedder(settings)
        application = make_application(desk)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        # Beside serving: the first questions work out what they need themselves, the later ones find it done.
        threading.Thread(target=desk.live.current().view.warm, daemon=True).start()
        Watcher(desk).start()
        print(f"http://{host}:{settings.port}  (the desk: /desk/; Ctrl+C stops)", flush=True)
        if not desk.accounts.any_admin():
            print("The desk has no administrator yet: python -m assistant accounts create-admin", flush=True)
        serve_forever(application, bound)
    finally:
        bound.close()
    return 0


def run(options: argparse.Namespace, settings: Settings) -> int:
    return serve(settings)
