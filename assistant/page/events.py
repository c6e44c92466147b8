"""What happens when somebody asks: earlier turns in, the turn's HTML out, segment by segment."""

from __future__ import annotations

import asyncio
import datetime
import logging
import secrets
from collections.abc import AsyncIterator, Iterable
from typing import Any

import gradio as gr

from assistant.answering.answerer import Answerer
from assistant.errors import AssistantError
from assistant.index.load import Live
from assistant.page.render import Frame, not_answered, pending, turn
from assistant.settings import Settings
from assistant.types import Answer, Record, Turn

log = logging.getLogger(__name__)

#: Earlier turns that travel with a question (a question and its answer are two), and how much of each.
REMEMBERED, LONGEST_TURN = 12, 2000
#: Seconds between two segments: enough to be read as they come, half a second for a whole answer.
PACE = 0.04

History = tuple[Turn, ...]
Shown = tuple[str, Any, Any]  # HTML of the turn, update of the question box, earlier turns


def newest_check(records: Iterable[Record]) -> str:
    """The latest ISO date on which a record was checked, empty when none was."""
    days = [r.checked for r in records if r.checked]
    return max(days, default="") if all(_is_day(d) for d in days) else ""


def _is_day(value: str) -> bool:
    try:
        datetime.date.fromisoformat(value)
    except ValueError:
        return False
    return True


class Asking:
    """Answers the questions of all sessions; what a session has asked before comes in and goes out with each call."""

    def __init__(self, live: Live[Answerer], settings: Settings, pace: float = PACE) -> None:
        self._live, self._settings, self._pace = live, settings, pace

    def _answer(self, question: str, history: History) -> tuple[Answer, Frame]:
        answerer = self._live.current()
        answer = answerer.answer(question, history, self._settings.as_of())
        view = answerer.view
        return answer, Frame(view.passages, self._settings.hotline, newest_check(view.records.values()))

    async def ask(self, question: Any, history: Any) -> AsyncIterator[Shown]:
        """Yields (HTML of the turn, update of the box, history). A question not taken stays in the box."""
        asked = question if isinstance(question, str) else ""
        earlier: History = tuple(history or ())
        turn_id = secrets.token_urlsafe(9)
        yield pending(turn_id, asked[:300]), gr.skip(), gr.skip()
        try:
            # In a thread: answering takes milliseconds, but loading a new index takes a second.
            answer, frame = await asyncio.to_thread(self._answer, asked, earlier)
        except AssistantError as error:
            yield not_answered(turn_id, asked, error, self._settings.hotline), gr.skip(), gr.skip()
            return
        except Exception:
            log.exception("a question could not be answered")
            yield not_answered(turn_id, asked, None, self._settings.hotline), gr.skip(), gr.skip()
            return
        said = (Turn("user", answer.question[:LONGEST_TURN]), Turn("assistant", answer.answer[:LONGEST_TURN]))
        kept = (*earlier, *said)[-REMEMBERED:]
        box: Any = ""
        for shown in range(1, len(answer.segments)):
            yield turn(turn_id, answer, frame, shown), box, gr.skip()
            box = gr.skip()
            await asyncio.sleep(self._pace)
        yield turn(turn_id, answer, frame), box, kept


def start_anew() -> tuple[str, History]:
    """An empty conversation."""
    return "", ()
