"""Beside serving: when another library comes into force, open gaps are asked again."""

from __future__ import annotations

import logging
import threading

from assistant.assemble import Desk
from assistant.desk.gaps import Gap
from assistant.types import Answer

log = logging.getLogger(__name__)
#: Seconds between two looks.
EVERY = 20.0


class Watcher:
    """One thread that ends with the process, or when `stop` is set."""

    def __init__(self, desk: Desk, every: float = EVERY) -> None:
        self._desk, self._every = desk, every
        self.stop = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, daemon=True, name="gaps").start()

    def _run(self) -> None:
        seen = ""
        while not self.stop.wait(self._every):
            try:
                library = self._desk.live.current().library
                if library != seen:
                    ask_again(self._desk)
                    seen = library
            except Exception:
                log.exception("the open gaps could not be asked again")


def ask_again(desk: Desk) -> list[Gap]:
    """Ask every open gap that this library has not been asked; returns those now answered."""
    answerer = desk.live.current()

    def ask(question: str) -> Answer:
        return answerer.answer(question, (), desk.settings.as_of())

    answered = desk.gaps.ask_again(ask, answerer.library)
    if answered:
        log.warning("%d open gaps are answered by the library now in force", len(answered))
    return answered
