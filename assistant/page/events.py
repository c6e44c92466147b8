"""What happens when somebody asks: earlier turns in, the turn's HTML out, segment by segment."""

from __future__ import annotations

import asyncio
import datetime
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

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

#: Questions answered at the same time; at least as many as the page lets through.
THREADS = 16
T = TypeVar("T")
History = tuple[Turn, ...]
Shown = tuple[str, Any, Any, Any]  # HTML of the turn, update of the question box, earlier turns, ids taken away
#: At most so many ids can be taken away from a question.
MOST_DROPPED = 20


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


#: Is told of every answer given: the answerer, the answer, the turns before it, the ids taken away.
Keep = Callable[[Answerer, Answer, History, tuple[str, ...]], object]


class Asking:
    """Answers the questions of all sessions; what a session has asked before comes in and goes out with each call."""

    def __init__(self, live: Live[Answerer], settings: Settings, pace: float = PACE, keep: Keep | None = None) -> None:
        self._live, self._settings, self._pace, self._keep = live, settings, pace, keep
        # Threads of our own: readers who wait for a language model must not take those that everything else runs on.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="page")

    @property
    def settings(self) -> Settings:
        """The page names the hotline and the days for which questions are kept."""
        return self._settings

    async def _in_thread(self, work: Callable[..., T], *given: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)

    def _frame(self, answerer: Answerer, answer: Answer, dropped: tuple[str, ...]) -> Frame:
        view, facets = answerer.view, answer.facets
        understood = dict.fromkeys((*facets.markets, *facets.products, *facets.instruments))

        def named(ids: Iterable[str]) -> tuple[tuple[str, str], ...]:
            return tuple((i, view.entry_name(i, answer.language)) for i in ids)

        return Frame(view.passages, self._settings.hotline, newest_check(view.records.values()), named(understood), named(dropped))

    async def ask(self, question: Any, history: Any, taken_away: Any = "") -> AsyncIterator[Shown]:
        """Yields (HTML of the turn, update of the box, history, ids taken away).

        A question not taken stays in the box. taken_away: ids of facets, separated by spaces, that the question is
        asked again without.
        """
        asked = question if isinstance(question, str) else ""
        dropped = tuple(dict.fromkeys((taken_away if isinstance(taken_away, str) else "")[:2000].split()))[:MOST_DROPPED]
        earlier: History = tuple(history or ())
        # Asked again without a facet, a question does not lean on what it was taken for the first time.
        while dropped and len(earlier) > 1 and earlier[-2].content == asked:
            earlier = earlier[:-2]
        turn_id = secrets.token_urlsafe(9)
        yield pending(turn_id, asked[:300]), gr.skip(), gr.skip(), ""
        box: Any = ""
        worded = False
        try:
            # In a thread: answering takes milliseconds, but loading a new index takes a second and a language model many.
            answerer = await self._in_thread(self._live.current)
            coming = answerer.stream(asked, earlier, self._settings.as_of(), dropped=dropped)
            progress = await self._in_thread(next, coming)
            frame = self._frame(answerer, progress.answer, dropped)
            while not progress.final:
                if progress.answer.segments or progress.coming:
                    worded = True
                    yield turn(turn_id, progress.answer, frame, len(progress.answer.segments), progress.coming), box, gr.skip(), ""
                    box = gr.skip()
                progress = await self._in_thread(next, coming)
            answer = progress.answer
            if self._keep:
                await self._in_thread(self._keep, answerer, answer, earlier, dropped)
        except AssistantError as error:
            yield not_answered(turn_id, asked, error, self._settings.hotline), gr.skip(), gr.skip(), ""
            return
        except Exception:
            log.exception("a question could not be answered")
            yield not_answered(turn_id, asked, None, self._settings.hotline), gr.skip(), gr.skip(), ""
            return
        said = (Turn("user", answer.question[:LONGEST_TURN]), Turn("assistant", answer.answer[:LONGEST_TURN]))
        kept = (*earlier, *said)[-REMEMBERED:]
        # What a model wrote has been read as it came.
        for shown in range(1, len(answer.segments)) if not worded else ():
            yield turn(turn_id, answer, frame, shown), box, gr.skip(), ""
            box = gr.skip()
            await asyncio.sleep(self._pace)
        yield turn(turn_id, answer, frame), box, kept, ""


def start_anew() -> tuple[str, History]:
    """An empty conversation."""
    return "", ()
